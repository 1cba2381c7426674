//! Why a target could not be validated at all. What is wrong with it is a finding, never an error.

use std::io;

/// The result of validating.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a target could not be validated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A store could not be read, or does not have what was named.
    #[error(transparent)]
    Content(#[from] ocidian_content::Error),
    /// The operating system said no.
    #[error("{context}: {source}")]
    Io {
        /// What was tried, with the path.
        context: String,
        /// What it said.
        source: io::Error,
    },
    /// Nothing that can be validated as it is.
    #[error("{target}: {reason}")]
    Target {
        /// What was to be validated.
        target: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

impl Error {
    /// What the operating system said about `context`; errors of stores that travelled through [`io::Error`] come
    /// out again.
    pub(crate) fn io(context: impl FnOnce() -> String, error: io::Error) -> Self {
        match error.downcast::<ocidian_content::Error>() {
            Ok(error) => Self::Content(error),
            Err(source) => Self::Io { context: context(), source },
        }
    }
}
