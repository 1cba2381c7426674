//! Everything that can be wrong with a document, a digest or a name.

use crate::digest::Digest;

/// The result of reading or making one of the specifications' types.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with a document, a digest or a name. Each says which and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a digest by image-spec `descriptor.md`, "Digests".
    #[error("invalid digest {text:?}: {reason}")]
    Digest {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A digest whose algorithm is legal but unknown here, so that nothing can be verified by it.
    #[error("cannot verify {digest}: the algorithm is unknown (known: sha256, sha512, blake3)")]
    UnknownAlgorithm {
        /// The digest in question.
        digest: Digest,
    },
    /// Not a media type by RFC 6838.
    #[error("invalid media type {text:?}")]
    MediaType {
        /// What was given.
        text: String,
    },
    /// Not a reference by the distribution project's grammar.
    #[error("invalid reference {text:?}: {reason}")]
    Reference {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not a platform of the form `os/arch[/variant]`.
    #[error("invalid platform {text:?}: expected os/arch[/variant], for example linux/amd64")]
    Platform {
        /// What was given.
        text: String,
    },
    /// The bytes are longer or shorter than their descriptor says.
    #[error("{digest} is {actual} bytes long, but its descriptor says {expected}")]
    Size {
        /// The digest that the descriptor names.
        digest: Digest,
        /// Bytes, by the descriptor.
        expected: u64,
        /// Bytes that there are.
        actual: u64,
    },
    /// The bytes do not have the digest that their descriptor says.
    #[error("content does not match its digest: expected {expected}, found {actual}")]
    Mismatch {
        /// By the descriptor.
        expected: Digest,
        /// By the bytes.
        actual: Digest,
    },
    /// A descriptor's embedded `data` is not what the descriptor says.
    #[error("the embedded data of {digest} is unusable: {reason}")]
    Embedded {
        /// The digest that the descriptor names.
        digest: Digest,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not JSON that this toolkit reads, or not the document that it should be.
    #[error("not a valid {document}: {reason}")]
    Document {
        /// Which kind of document was expected, in words: "image manifest".
        document: &'static str,
        /// What is wrong, with line and column where they are known.
        reason: String,
    },
}

/// At most this many bytes of a wrong text are repeated in an error.
const QUOTED: usize = 256;

/// The beginning of `text`, where it is too long to repeat: a hostile document's names may be
/// megabytes long, and an error is one line.
pub(crate) fn clip(text: &str) -> String {
    if text.len() <= QUOTED {
        return text.to_owned();
    }
    let end = (0..=QUOTED).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}
