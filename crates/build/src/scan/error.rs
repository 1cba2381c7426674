//! Why a directory could not be read as it is, by the path that it is about.

use std::io;
use std::path::PathBuf;

use ocidian_layer::path::PathError;
use ocidian_unpack::walk::WalkError;
use rustix::io::Errno;

/// Why a directory could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The operating system said no.
    #[error("cannot {what} {}: {}", .path.display(), io::Error::from(*.errno))]
    System {
        /// What was tried, as a verb.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        errno: Errno,
    },
    /// Something else is there than was a moment before, or a file is longer, shorter or newer.
    #[error("{} changed while it was being read; do it again when nothing writes there", .path.display())]
    Changed {
        /// What changed.
        path: PathBuf,
    },
    /// It was there a moment before.
    #[error("{} vanished while its directory was being read; do it again when nothing writes there", .path.display())]
    Vanished {
        /// What vanished.
        path: PathBuf,
    },
    /// The image that is being made would be part of itself.
    #[error(
        "the destination {} is inside the source; exclude it, or name a destination elsewhere", .path.display()
    )]
    Inside {
        /// The destination.
        path: PathBuf,
    },
    /// A path that no layer can hold.
    #[error("{} cannot be in a layer: {source}", .path.display())]
    Path {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: PathError,
    },
    /// An owner for whom there is no id in the image.
    #[error(
        "{}: {what} {id} is not in the --{what}-map, so nobody in the image stands for it; extend it, or use --owner",
        .path.display()
    )]
    Owner {
        /// Whose owner.
        path: PathBuf,
        /// `uid` or `gid`.
        what: &'static str,
        /// The host's id.
        id: u32,
    },
    /// A device with numbers that no layer can hold.
    #[error("{}: the device {major}:{minor} is none that a layer can hold", .path.display())]
    Device {
        /// Which one.
        path: PathBuf,
        /// Its major number.
        major: u32,
        /// Its minor number.
        minor: u32,
    },
    /// Some other reason not to go on.
    #[error(transparent)]
    Walk(WalkError),
    /// Work was asked to stop.
    #[error("interrupted")]
    Cancelled,
}

impl From<WalkError> for ScanError {
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::System { what, path, errno } => Self::System { what, path, errno },
            WalkError::Vanished { path } => Self::Vanished { path },
            WalkError::Changed { path } => Self::Changed { path },
            other => Self::Walk(other),
        }
    }
}
