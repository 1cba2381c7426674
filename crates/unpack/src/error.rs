//! What can go wrong between a layer and a file system, sorted by what the caller can do about it.

use std::path::PathBuf;

use ocidian_content::error::Class;
use ocidian_spec::{Digest, MediaType};
use rustix::io::Errno;

/// The result of an unpack.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong while a root file system or a bundle is made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The image could not be read, or is not what its descriptors say.
    #[error(transparent)]
    Content(#[from] ocidian_content::Error),
    /// A layer is malformed, damaged, or not what the config says.
    #[error("layer {layer} ({digest}): {source}")]
    Layer {
        /// Its place in the manifest, from 1.
        layer: usize,
        /// The blob.
        digest: Digest,
        /// What is wrong.
        source: ocidian_layer::Error,
    },
    /// An entry of a layer could not be applied.
    #[error("layer {layer} ({digest}), entry {path:?} at byte {offset}: {source}")]
    Entry {
        /// The layer's place in the manifest, from 1.
        layer: usize,
        /// The blob.
        digest: Digest,
        /// The entry's path.
        path: String,
        /// Where the entry begins in the uncompressed tar.
        offset: u64,
        /// What is wrong.
        source: Failure,
    },
    /// The tree could not be finished or made.
    #[error("{}: {source}", .path.display())]
    Target {
        /// The target that the caller gave.
        path: PathBuf,
        /// What is wrong.
        source: Failure,
    },
    /// There is something at the target already.
    #[error("{} exists and is not an empty directory; remove it or choose another place", .path.display())]
    TargetExists {
        /// The target that the caller gave.
        path: PathBuf,
    },
    /// The manifest is an artifact's, or of layers that cannot be unpacked.
    #[error("this is not an image that can be unpacked: {reason}")]
    NotAnImage {
        /// Why not.
        reason: String,
    },
    /// A layer of a type that no one here can read.
    #[error(
        "layer {layer} ({digest}) is of the unknown type {media_type}; only tar layers (plain, gzip, zstd) can be unpacked"
    )]
    LayerType {
        /// Its place in the manifest, from 1.
        layer: usize,
        /// The blob.
        digest: Digest,
        /// Its media type.
        media_type: MediaType,
    },
    /// The config names more or fewer layers than the manifest.
    #[error("the config {config} has {diff_ids} diff_ids, but the manifest has {layers} layers")]
    DiffIds {
        /// The config's digest.
        config: Digest,
        /// How many the config names.
        diff_ids: usize,
        /// How many layers there are.
        layers: usize,
    },
    /// The runtime document could not be made.
    #[error(transparent)]
    Convert(#[from] crate::convert::ConvertError),
    /// The caller asked to stop.
    #[error("interrupted; nothing was left behind")]
    Cancelled,
}

impl Error {
    /// Sorts the error.
    pub fn class(&self) -> Class {
        match self {
            Self::Content(error) => error.class(),
            Self::Layer { source: ocidian_layer::Error::DiffId { .. }, .. } => Class::Verification,
            _ => Class::Failed,
        }
    }
}

/// Why one operation on the tree failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The operating system said no.
    #[error("{what}: {}", explain(*.errno))]
    System {
        /// What was tried, in words.
        what: &'static str,
        /// What it said.
        errno: Errno,
    },
    /// The entry asks for what cannot be done.
    #[error("{0}")]
    Refused(String),
    /// The layer could not be read on; carries no context of its own.
    #[error(transparent)]
    Layer(#[from] ocidian_layer::Error),
    /// The caller asked to stop.
    #[error("interrupted")]
    Cancelled,
}

/// Attaches to an [`Errno`] what was tried.
pub(crate) trait Tried<T> {
    fn tried(self, what: &'static str) -> Result<T, Failure>;
}

impl<T> Tried<T> for Result<T, Errno> {
    fn tried(self, what: &'static str) -> Result<T, Failure> {
        self.map_err(|errno| Failure::System { what, errno })
    }
}

fn explain(errno: Errno) -> String {
    match errno {
        Errno::NOSPC => "no space left on the device".to_owned(),
        Errno::LOOP => "too many symbolic links in the path".to_owned(),
        Errno::NAMETOOLONG => "the path or a name in it is too long".to_owned(),
        other => std::io::Error::from(other).to_string(),
    }
}
