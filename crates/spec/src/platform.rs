//! Platforms. image-spec `image-index.md`, "platform".
//!
//! What is written is kept; what it means is compared ([`Platform::normalized`]), by containerd's
//! rules, because they decide what people get elsewhere: an image for a lesser CPU of the family
//! will do, the closest one is best, and `unknown/unknown` (attestations) is never anybody's.

mod compare;

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result, clip};
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

    /// Reads `os/arch[/variant]`, and keeps it as it is written.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::Platform { text: clip(text) };
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        let mut parts = text.split('/');
        let mut part = || match parts.next() {
            Some(part) if part.is_empty() || !part.bytes().all(legal) => Err(wrong()),
            part => Ok(part),
        };
        let (os, architecture, variant, end) = (part()?, part()?, part()?, part()?);
        match (os, architecture, end) {
            (Some(os), Some(architecture), None) => {
                Ok(Self { variant: variant.map(str::to_owned), ..Self::new(os, architecture) })
            }
            _ => Err(wrong()),
        }
    }
}
