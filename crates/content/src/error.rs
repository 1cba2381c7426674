//! What can go wrong in a store, sorted by what the caller can do about it.

use std::io;

use ocidian_spec::{Descriptor, Digest};

/// The result of an operation on a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong in a store. [`Error::class`] sorts it for an exit code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The blob is not in this store.
    #[error("blob {digest} is not in {store}")]
    BlobNotFound {
        /// Which blob.
        digest: Digest,
        /// Which store, as a person would name it.
        store: String,
    },
    /// No image of that name; the names that there are.
    #[error("{store} has no image {name:?}{}", known_names(.known))]
    RefNotFound {
        /// What was asked for.
        name: String,
        /// Which store.
        store: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// No image for that platform; the platforms that there are.
    #[error("no image for platform {wanted}; there is {}", .known.join(", "))]
    PlatformNotFound {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Several images fit; all of them.
    #[error("{store} has several images that fit: {}; name one with :TAG, @DIGEST or --platform", .candidates.join(", "))]
    Ambiguous {
        /// Which store.
        store: String,
        /// What fits, as a person would type it.
        candidates: Vec<String>,
    },
    /// Content or a document is not what its descriptor or the specification says.
    #[error(transparent)]
    Spec(#[from] ocidian_spec::Error),
    /// A blob that is verified wrong, with the descriptor that it was read by.
    #[error("blob {} ({}): {source}", .descriptor.digest, .descriptor.media_type)]
    Blob {
        /// By which it was read.
        descriptor: Box<Descriptor>,
        /// What is wrong.
        source: ocidian_spec::Error,
    },
    /// A store that is not what it should be: no `oci-layout`, a future version, a torn archive.
    #[error("{store}: {reason}")]
    Store {
        /// Which store.
        store: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A limit of the walk over the graph was reached.
    #[error("the image's graph has more than {limit} {what}")]
    Limit {
        /// What was counted: "levels", "descriptors", "bytes".
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// A conditional put whose condition does not hold.
    #[error("{name} was changed by another writer")]
    Conflict {
        /// The name that was to be put.
        name: String,
    },
    /// The operating system said no.
    #[error("{context}: {source}")]
    Io {
        /// What was tried, with the path.
        context: String,
        /// What it said.
        source: io::Error,
    },
}

/// What a caller can do about an error; the command line's exit codes follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Anything else.
    Failed,
    /// What was asked for does not exist.
    NotFound,
    /// Content failed verification.
    Verification,
}

impl Error {
    /// Sorts the error.
    pub fn class(&self) -> Class {
        match self {
            Self::BlobNotFound { .. } | Self::RefNotFound { .. } | Self::PlatformNotFound { .. } => {
                Class::NotFound
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => Class::NotFound,
            Self::Spec(error) | Self::Blob { source: error, .. } => match error {
                ocidian_spec::Error::Size { .. } | ocidian_spec::Error::Mismatch { .. } => {
                    Class::Verification
                }
                _ => Class::Failed,
            },
            _ => Class::Failed,
        }
    }

    /// An error of this crate that travelled through [`io::Error`], as those of [`crate::BlobReader`] do.
    pub fn from_io(context: impl FnOnce() -> String, error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(source) => Self::Io { context: context(), source },
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

fn known_names(known: &[String]) -> String {
    const SHOWN: usize = 20;
    if known.is_empty() {
        return "; it has no tags".to_owned();
    }
    let more = known.len().saturating_sub(SHOWN);
    let list = known[..known.len() - more].join(", ");
    if more == 0 { format!("; it has: {list}") } else { format!("; it has: {list} and {more} more") }
}
