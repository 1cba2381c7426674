//! Why a file of an image cannot be found or read.

use std::io;

use ocidian_content::error::Class;

/// The result of looking into an image.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a file of an image cannot be found or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing of that name.
    #[error("the image has no {:?}: {reason}", .path.escape_ascii().to_string())]
    NotFound {
        /// What was asked for.
        path: Vec<u8>,
        /// What is not there, or is no directory.
        reason: String,
    },
    /// Following it comes to no end.
    #[error("{:?} in the image: too many symbolic links in the path", .path.escape_ascii().to_string())]
    Loop {
        /// What was asked for.
        path: Vec<u8>,
    },
    /// It has no content.
    #[error("{:?} in the image is {what}, not a regular file", .path.escape_ascii().to_string())]
    NotAFile {
        /// What was asked for.
        path: Vec<u8>,
        /// What it is, in words.
        what: &'static str,
    },
    /// The layer with its content could not be read, or is not what the image says.
    #[error(transparent)]
    Unpack(Box<crate::Error>),
    /// The layer no longer has the entry that it had when the tree was read.
    #[error("layer {layer} was changed between two reads of it")]
    Changed {
        /// Its place in the manifest, from 1.
        layer: usize,
    },
    /// What the content was to be written to did not take it.
    #[error("cannot write it: {0}")]
    Write(#[source] io::Error),
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Unpack(Box::new(error))
    }
}

impl Error {
    pub(super) fn not_a_directory(path: &[u8]) -> Self {
        Self::NotFound { path: path.to_vec(), reason: "it is not a directory".to_owned() }
    }

    /// Sorts the error.
    pub fn class(&self) -> Class {
        match self {
            Self::NotFound { .. } => Class::NotFound,
            Self::Unpack(error) => error.class(),
            Self::Changed { .. } => Class::Verification,
            _ => Class::Failed,
        }
    }
}
