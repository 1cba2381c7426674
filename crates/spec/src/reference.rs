//! Names: registry references, a layout's tags, and what a person types for an image.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::digest::Digest;
use crate::error::{Error, Result};

/// A registry reference: `registry/repository[:tag][@digest]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Host with an optional port; `docker.io` where none was written.
    pub registry: String,
    /// Path components.
    pub repository: String,
    /// The tag, where one was written.
    pub tag: Option<String>,
    /// The digest, where one was written.
    pub digest: Option<Digest>,
}

/// A name in a layout: the value of `org.opencontainers.image.ref.name` (or containerd's).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefName(String);

impl RefName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RefName {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::Reference { text: text.to_owned(), reason: "a tag may not be empty" });
        }
        Ok(Self(text.to_owned()))
    }
}

/// Which image of a store is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// The only one.
    Sole,
    /// The one of that name.
    Name(RefName),
    /// The one of that digest.
    Digest(Digest),
}

/// What a person typed for an image, by the grammar that all verbs share. Text only: whether a
/// bare word is a path is for the caller to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSource {
    /// `oci:PATH[:TAG]`, `oci:PATH@DIGEST`
    Oci {
        /// The layout directory.
        path: PathBuf,
        /// Which image.
        select: Selector,
    },
    /// `oci-archive:FILE[:TAG]`
    OciArchive {
        /// The archive, or `-`.
        path: PathBuf,
        /// Which image.
        select: Selector,
    },
    /// `docker-archive:FILE[:NAME:TAG]`
    DockerArchive {
        /// The archive, or `-`.
        path: PathBuf,
        /// Which image.
        select: Selector,
    },
    /// `dir:PATH`
    Dir {
        /// The directory.
        path: PathBuf,
    },
    /// `docker://HOST/REPO[:TAG][@DIGEST]`
    Registry(Reference),
    /// Anything else.
    Bare(String),
}
