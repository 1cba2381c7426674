//! What can go wrong in a store, sorted by what the caller can do about it.

use std::io;

use ocidian_spec::{Descriptor, Digest};

/// The result of an operation on a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong in a store. [`Error::class`] sorts it for an exit code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The blob is named by a document, but its content is not in this store.
    #[error(
        "{store} does not hold blob {digest}: the layout is sparse (or incomplete); copy the image again, or choose a platform that it holds"
    )]
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
    #[error("no image for platform {wanted}; there is {}", shortened(.known))]
    PlatformNotFound {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Several images fit; all of them.
    #[error("{store} has several images that fit: {}; name one with :TAG, @DIGEST or --platform", shortened(.candidates))]
    Ambiguous {
        /// Which store.
        store: String,
        /// What fits: its digest as a person would type it, then its name and platform.
        candidates: Vec<String>,
    },
    /// There is nothing in the store that could be chosen.
    #[error("{store} holds no image")]
    NoImage {
        /// Which store.
        store: String,
    },
    /// What was chosen is an artifact, an attestation, or of a type that nobody here knows.
    #[error("{digest} is no image: {reason}")]
    NotAnImage {
        /// What was chosen.
        digest: Digest,
        /// What it is instead, with its media type.
        reason: String,
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
    /// A collector will not guess what a document that it cannot read may need.
    #[error("{store}: nothing was removed, for what an image of it needs is unknown ({advice}): {source}")]
    Unreadable {
        /// Which store.
        store: String,
        /// Which document, and why it cannot be read.
        source: Box<Self>,
        /// What to do.
        advice: &'static str,
    },
    /// The work was stopped by its [`Cancel`](crate::Cancel).
    #[error("stopped on request")]
    Cancelled,
    /// What a caller's own step said, a conversion on the way of a copy for instance.
    #[error("{error}")]
    Other {
        /// How it is sorted.
        class: Class,
        /// What it said.
        error: Box<dyn std::error::Error + Send + Sync>,
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
            Self::BlobNotFound { .. }
            | Self::RefNotFound { .. }
            | Self::PlatformNotFound { .. }
            | Self::NoImage { .. } => Class::NotFound,
            Self::Other { class, .. } => *class,
            Self::Unreadable { source, .. } => match source.class() {
                Class::NotFound => Class::Failed, // the store was found
                class => class,
            },
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

    /// Whether another writer came first, so that reading again and trying again may do.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
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
    if known.is_empty() { "; it has no tags".to_owned() } else { format!("; it has: {}", shortened(known)) }
}

/// A list that stays readable however long it is.
fn shortened(list: &[String]) -> String {
    const SHOWN: usize = 20;
    if list.is_empty() {
        return "none".to_owned();
    }
    let shown = list.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = list.len().saturating_sub(SHOWN);
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
