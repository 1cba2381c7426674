//! Why a tar could not be written, by the entry that it is about.

use std::io;

use crate::path::{EntryPath, PathError, shown};

/// Why a tar could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A path that no layer can hold.
    #[error("entry \"{}\": {what} cannot be in a layer: {source}", shown(.path.as_bytes()))]
    Path {
        /// The entry, or what was to be hidden.
        path: EntryPath,
        /// Which path of it: "its name", "its hard link target".
        what: &'static str,
        /// Why not.
        source: PathError,
    },
    /// The root is put as something else than a directory.
    #[error("the root of a layer can only be a directory")]
    Root,
    /// Extended attributes that PAX cannot say, or no reader would take.
    #[error("entry \"{}\": its extended attributes cannot be in a layer: {reason}", shown(.path.as_bytes()))]
    Xattrs {
        /// The entry.
        path: EntryPath,
        /// Why not.
        reason: String,
    },
    /// A file's content ended before its size was reached.
    #[error("file \"{}\": {written} bytes were read, but it has {size}", shown(.path.as_bytes()))]
    TooShort {
        /// The file.
        path: EntryPath,
        /// The size that its header says.
        size: u64,
        /// Bytes that came.
        written: u64,
    },
    /// A file's content went on beyond its size.
    #[error("file \"{}\": more was read than the {size} bytes that it has", shown(.path.as_bytes()))]
    TooLong {
        /// The file.
        path: EntryPath,
        /// The size that its header says.
        size: u64,
    },
    /// Content without a file that has any.
    #[error("content where no file is being written")]
    NoFile,
    /// Writing on after a failure.
    #[error("writing this tar already failed")]
    Failed,
    /// What the tar is written to failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}
