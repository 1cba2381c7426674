//! Why an image's config or a flag cannot be converted.

use std::io;

/// Why an image's config cannot be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The user is none of the image's, or no user at all.
    #[error("user {user:?}: {reason}")]
    User {
        /// As the image's config or the caller has it.
        user: String,
        /// What is wrong, and where it was looked for.
        reason: String,
    },
    /// A file of the image that is needed could not be read.
    #[error("{path} in the image: {source}")]
    File {
        /// Its path in the image.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A NUL byte, which no argument, path or name of a process can hold.
    #[error("{member} has a NUL byte")]
    Nul {
        /// Where in the document.
        member: &'static str,
    },
}

/// Why text is no value of a flag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?}: {reason}")]
pub struct FlagError {
    text: String,
    reason: String,
}

impl FlagError {
    pub(super) fn new(text: &str, reason: impl Into<String>) -> Self {
        Self { text: text.to_owned(), reason: reason.into() }
    }
}
