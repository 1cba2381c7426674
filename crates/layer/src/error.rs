//! What can be wrong with a layer, each with the offset in the uncompressed tar.

use std::io;

use ocidian_spec::{Algorithm, Compression, Digest};

use crate::path::{PathError, shown};

/// The result of reading a layer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can be wrong with a layer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The tar is malformed.
    #[error("malformed tar at byte {offset}: {reason}")]
    Tar {
        /// Where in the uncompressed tar.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// A path that cannot stand in a layer.
    #[error("entry \"{}\" at byte {offset}: {what}{} is not allowed: {source}", shown(.entry), if_other(.path, .entry))]
    Path {
        /// Where in the uncompressed tar.
        offset: u64,
        /// The entry's name as the archive has it; a start of it where it is very long.
        entry: Vec<u8>,
        /// Which path of the entry: "its name", "its hard link target".
        what: &'static str,
        /// The path that is not allowed, as the archive has it; a start of it where it is very long.
        path: Vec<u8>,
        /// Why.
        source: PathError,
    },
    /// A limit that the caller set was reached.
    #[error("the layer has more than {limit} {what} (at byte {offset})")]
    Limit {
        /// Where in the uncompressed tar.
        offset: u64,
        /// What was counted: "entries", "bytes".
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// The compressed stream is damaged, cut off, or not of that kind.
    #[error("damaged {compression:?} stream at uncompressed byte {offset}: {reason}")]
    Compressed {
        /// Which compression was expected.
        compression: Compression,
        /// How far decompression came.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// A diff_id by an algorithm that is unknown here: nothing could be verified by it.
    #[error(
        "cannot compute a diff_id by {algorithm}: the algorithm is unknown (known: sha256, sha512, blake3)"
    )]
    Algorithm {
        /// Which algorithm.
        algorithm: Algorithm,
    },
    /// The uncompressed tar is not what the config says.
    #[error("the layer's diff_id is {actual}, but the config says {expected}")]
    DiffId {
        /// By the config.
        expected: Digest,
        /// By the bytes.
        actual: Digest,
    },
    /// The stream below could not be read; a store's own error may be inside.
    #[error(transparent)]
    Io(io::Error),
}

/// The path that is wrong, where it is not the entry's name, which was said already.
fn if_other(path: &[u8], entry: &[u8]) -> String {
    if path.is_empty() || path == entry { String::new() } else { format!(" \"{}\"", shown(path)) }
}

impl From<io::Error> for Error {
    /// An error of this crate that travelled through [`io::Error`], as a decoder's do, comes out again.
    fn from(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Io)
    }
}
