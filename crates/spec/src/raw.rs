//! Documents together with the bytes that they were parsed from.
//!
//! The bytes are what counts: a copy writes them, never the parsed value. Nothing is parsed before
//! its size and digest were found to be right (image-spec `descriptor.md`, "Verification").

use crate::descriptor::Descriptor;
use crate::document::Document;
use crate::error::{Error, Result, clip};
use crate::hash::Hasher;
use crate::json;
use crate::media_type::MediaType;

/// Verified bytes with their descriptor, of whatever type.
#[derive(Debug, Clone, PartialEq)]
pub struct RawDocument {
    bytes: Vec<u8>,
    descriptor: Descriptor,
}

impl RawDocument {
    /// Checks size, then digest.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Mismatch`], or [`Error::UnknownAlgorithm`].
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
#[derive(Debug, Clone, PartialEq)]
pub struct Raw<T> {
    document: RawDocument,
    value: T,
}

impl<T: Document> Raw<T> {
    /// Checks size, then digest, then parses, then that descriptor and document agree on what the
    /// document is: another `mediaType` in the document than in the descriptor is an error, as are
    /// the other kind's members, whatever `mediaType` says (CVE-2021-41190).
    ///
    /// # Errors
    /// As [`RawDocument::verify`] and [`Document::parse`]; else [`Error::Document`].
    pub fn verify(bytes: Vec<u8>, descriptor: Descriptor) -> Result<Self> {
        RawDocument::verify(bytes, descriptor)?.parse()
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

    /// The parsed value, to edit; the bytes, which it then no longer stands for, are dropped.
    pub fn into_value(self) -> T {
        self.value
    }
}

impl RawDocument {
    /// Parses bytes that were verified already, with the checks of [`Raw::verify`].
    ///
    /// # Errors
    /// As [`Document::parse`]; [`Error::Document`] where descriptor and document disagree.
    pub fn parse<T: Document>(self) -> Result<Raw<T>> {
        let wrong = |reason| Error::Document { document: T::NAME, reason };
        let said = &self.descriptor.media_type;
        let quoted = |media_type: &MediaType| format!("{:?}", clip(media_type.as_str()));
        if said.kind() != T::KIND {
            return Err(wrong(format!("its descriptor says that it is {}", quoted(said))));
        }
        let value = T::parse(self.bytes(), json::DOCUMENT)?;
        match value.media_type() {
            Some(own) if own != said => Err(wrong(format!(
                "its mediaType is {}, but its descriptor says {}",
                quoted(own),
                quoted(said)
            ))),
            _ => Ok(Raw { document: self, value }),
        }
    }
}
