//! What can go wrong while an image is made or edited, sorted by what the caller can do about it.

use std::io;
use std::path::PathBuf;

use ocidian_content::error::Class;
use ocidian_layer::tar::WriteError;
use ocidian_spec::Digest;

use crate::scan::ScanError;

/// The result of making or editing an image.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong while an image is made or edited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A store could not be read or written, or holds what its descriptors do not say.
    #[error(transparent)]
    Content(#[from] ocidian_content::Error),
    /// The image cannot be edited, or not so.
    #[error("{digest} cannot be edited: {reason}")]
    NotEditable {
        /// The manifest, or the index.
        digest: Digest,
        /// Why not, and what to do.
        reason: String,
    },
    /// What was asked for contradicts itself or the image.
    #[error("{0}")]
    Refused(String),
    /// A layer is malformed, damaged, or not what the config says.
    #[error("{layer}: {source}")]
    Layer {
        /// Which: its place and digest, or the file that it comes from.
        layer: String,
        /// What is wrong.
        source: ocidian_layer::Error,
    },
    /// A directory could not be read as it is.
    #[error(transparent)]
    Scan(ScanError),
    /// A layer could not be written.
    #[error(transparent)]
    Tar(#[from] WriteError),
    /// The image's files could not be worked out, or a bundle could not be read or written.
    #[error(transparent)]
    Files(#[from] ocidian_unpack::files::Error),
    /// The operating system said no.
    #[error("{}: {what}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried, in words.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// The caller asked to stop.
    #[error("interrupted; nothing was changed")]
    Cancelled,
}

impl Error {
    /// Sorts the error.
    pub fn class(&self) -> Class {
        match self {
            Self::Content(error) => error.class(),
            Self::Files(error) => error.class(),
            Self::Layer { source: ocidian_layer::Error::DiffId { .. }, .. } => Class::Verification,
            Self::Scan(ScanError::System { errno, .. }) if *errno == rustix::io::Errno::NOENT => {
                Class::NotFound
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => Class::NotFound,
            _ => Class::Failed,
        }
    }
}

impl From<ocidian_unpack::Error> for Error {
    fn from(error: ocidian_unpack::Error) -> Self {
        match error {
            ocidian_unpack::Error::Cancelled => Self::Cancelled,
            error => Self::Files(error.into()),
        }
    }
}

impl From<ScanError> for Error {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Cancelled => Self::Cancelled,
            error => Self::Scan(error),
        }
    }
}

impl From<ocidian_spec::Error> for Error {
    fn from(error: ocidian_spec::Error) -> Self {
        Self::Content(error.into())
    }
}

/// For a conversion that a copy makes on its way.
impl From<Error> for ocidian_content::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Content(error) => error,
            Error::Cancelled => Self::Cancelled,
            error => Self::Other { class: error.class(), error: Box::new(error) },
        }
    }
}
