//! Platforms. image-spec `image-index.md`, "platform".

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::json::{Members, object};

object! {
    /// What an image runs on.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Platform: "a platform" {
        /// GOARCH: `amd64`.
        pub architecture: String => required "architecture",
        /// GOOS: `linux`.
        pub os: String => required "os",
        /// For Windows: `10.0.14393.1066`.
        pub os_version: Option<String> => optional "os.version",
        /// For Windows: `win32k`.
        pub os_features: Option<Vec<String>> => optional "os.features",
        /// The variant of the CPU: `v7`.
        pub variant: Option<String> => optional "variant",
    }
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
