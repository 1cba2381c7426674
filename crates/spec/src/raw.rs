//! Documents together with the bytes that they were parsed from.

use serde::de::DeserializeOwned;

use crate::descriptor::Descriptor;
use crate::digest::Hasher;
use crate::error::{Error, Result};
use crate::json;
use crate::media_type::{Kind, MediaType};
use crate::{ImageConfig, ImageIndex, ImageManifest};

/// A type that is a whole document of the specification.
pub trait Document: DeserializeOwned {
    /// What it is called in an error: "image manifest".
    const NAME: &'static str;
    /// The kind that a descriptor of it has.
    const KIND: Kind;
    /// The media type that the document says it has, where it does.
    fn media_type(&self) -> Option<&MediaType>;
    /// Parses bytes that need no verification (`index.json`), after the scan.
    fn parse(bytes: &[u8], limits: json::Limits) -> Result<Self> {
        json::scan(bytes, limits, Self::NAME)?;
        serde_json::from_slice(bytes)
            .map_err(|e| Error::Document { document: Self::NAME, reason: e.to_string() })
    }
}

impl Document for ImageManifest {
    const NAME: &'static str = "image manifest";
    const KIND: Kind = Kind::Manifest;
    fn media_type(&self) -> Option<&MediaType> {
        self.media_type.as_ref()
    }
}

impl Document for ImageIndex {
    const NAME: &'static str = "image index";
    const KIND: Kind = Kind::Index;
    fn media_type(&self) -> Option<&MediaType> {
        self.media_type.as_ref()
    }
}

impl Document for ImageConfig {
    const NAME: &'static str = "image config";
    const KIND: Kind = Kind::Config;
    fn media_type(&self) -> Option<&MediaType> {
        None
    }
}

/// Verified bytes with their descriptor, of whatever type.
#[derive(Debug, Clone)]
pub struct RawDocument {
    bytes: Vec<u8>,
    descriptor: Descriptor,
}

impl RawDocument {
    /// Checks size, then digest.
    pub fn verify(bytes: Vec<u8>, descriptor: Descriptor) -> Result<Self> {
        let actual = bytes.len() as u64;
        if actual != descriptor.size {
            return Err(Error::Size { digest: descriptor.digest.clone(), expected: descriptor.size, actual });
        }
        let mut hasher = Hasher::for_digest(&descriptor.digest)?;
        hasher.update(&bytes);
        let actual = hasher.finish();
        if actual != descriptor.digest {
            return Err(Error::Mismatch { expected: descriptor.digest.clone(), actual });
        }
        Ok(Self { bytes, descriptor })
    }

    /// The bytes as they were stored.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What they were verified against.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }
}

/// A parsed document with the bytes it was parsed from. Its only constructor checks size, then
/// digest, then parses.
#[derive(Debug, Clone)]
pub struct Raw<T> {
    document: RawDocument,
    value: T,
}

impl<T: Document> Raw<T> {
    /// Checks size, then digest, then parses; a document that says another media type than its
    /// descriptor is an error (CVE-2021-41190).
    pub fn verify(bytes: Vec<u8>, descriptor: Descriptor) -> Result<Self> {
        let document = RawDocument::verify(bytes, descriptor)?;
        let value = T::parse(document.bytes(), json::DOCUMENT)?;
        Ok(Self { document, value })
    }

    /// The bytes as they were stored: what a copy writes.
    pub fn bytes(&self) -> &[u8] {
        self.document.bytes()
    }

    /// What they were verified against.
    pub fn descriptor(&self) -> &Descriptor {
        self.document.descriptor()
    }

    /// The document without its type.
    pub fn document(&self) -> &RawDocument {
        &self.document
    }

    /// The parsed value.
    pub fn value(&self) -> &T {
        &self.value
    }
}
