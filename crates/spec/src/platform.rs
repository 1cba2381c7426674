//! Platforms. image-spec `image-index.md`, "platform".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::json::Members;

/// What an image runs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Platform {
    /// GOARCH: `amd64`.
    pub architecture: String,
    /// GOOS: `linux`.
    pub os: String,
    /// For Windows: `10.0.14393.1066`.
    #[serde(rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// For Windows: `win32k`.
    #[serde(rename = "os.features", skip_serializing_if = "Option::is_none")]
    pub os_features: Option<Vec<String>>,
    /// The variant of the CPU: `v7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

impl Platform {
    /// A platform of its two required members.
    pub fn new(os: impl Into<String>, architecture: impl Into<String>) -> Self {
        Self {
            architecture: architecture.into(),
            os: os.into(),
            os_version: None,
            os_features: None,
            variant: None,
            other: Members::default(),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::Platform { text: text.to_owned() };
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(wrong());
        }
        match parts[..] {
            [os, architecture] => Ok(Self::new(os, architecture)),
            [os, architecture, variant] => {
                Ok(Self { variant: Some(variant.to_owned()), ..Self::new(os, architecture) })
            }
            _ => Err(wrong()),
        }
    }
}
