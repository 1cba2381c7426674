//! Exit codes: what went wrong, as a number that scripts can act on.
//!
//! The code follows the class that a library gave its error, found anywhere in the chain; the words
//! never decide it. A reader that closed its end of a pipe has what it wanted, so that is no error.

use std::error::Error as StdError;
use std::io;
use std::process::ExitCode;

use ocidian_content::error::Class;

use crate::report::escape;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked to.
    Done = 0,
    /// It failed for a reason that no other code tells.
    Failed = 1,
    /// It was used wrongly.
    Usage = 2,
    /// What it was asked for does not exist.
    NotFound = 3,
    /// It was not allowed in: a store refused to be read.
    Denied = 4,
    /// Content failed verification: a digest, size or diff_id is wrong.
    Verification = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Used wrongly, in a way that only shows after the command line was parsed.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Usage {}

/// What was validated does not hold to the rules. The report has said so: there is nothing to add.
#[derive(Debug)]
pub(crate) struct Invalid;

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it does not hold to the rules")
    }
}

impl StdError for Invalid {}

/// `validate` could not look at its target: a code of its own, whatever the reason, because 1 says what was found.
#[derive(Debug)]
pub(crate) struct NotRun;

impl std::fmt::Display for NotRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot validate")
    }
}

/// What was compared is not the same. The report has said how: there is nothing to add.
#[derive(Debug)]
pub(crate) struct Differ;

impl std::fmt::Display for Differ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("they differ")
    }
}

impl StdError for Differ {}

/// `diff` could not look at what it was to compare: the code says why, but is never 1, which says that they differ.
#[derive(Debug)]
pub(crate) struct NotCompared;

impl std::fmt::Display for NotCompared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot compare")
    }
}

/// The code for an error: that of the first cause which has one of its own.
pub(crate) fn of(error: &anyhow::Error) -> Exit {
    if error.is::<NotRun>() {
        return Exit::Usage;
    }
    let otherwise = if error.is::<NotCompared>() { Exit::Usage } else { Exit::Failed };
    error.chain().map(of_cause).find(|exit| *exit != Exit::Failed).unwrap_or(otherwise)
}

fn of_cause(cause: &(dyn StdError + 'static)) -> Exit {
    if cause.is::<Usage>() {
        return Exit::Usage;
    }
    if let Some(error) = cause.downcast_ref::<ocidian_content::Error>() {
        if let ocidian_content::Error::Io { source, .. } = error
            && source.kind() == io::ErrorKind::PermissionDenied
        {
            return Exit::Denied;
        }
        return of_class(error.class());
    }
    if let Some(error) = cause.downcast_ref::<ocidian_unpack::Error>() {
        return match error {
            ocidian_unpack::Error::Content(error) => of_cause(error),
            _ => of_class(error.class()),
        };
    }
    if let Some(error) = cause.downcast_ref::<ocidian_build::Error>() {
        return match error {
            ocidian_build::Error::Content(error) => of_cause(error),
            ocidian_build::Error::Files(error) => of_cause(error),
            ocidian_build::Error::Layer { source, .. } => of_cause(source),
            _ => of_class(error.class()),
        };
    }
    if let Some(error) = cause.downcast_ref::<ocidian_unpack::files::Error>() {
        return match error {
            ocidian_unpack::files::Error::Unpack(error) => of_cause(error.as_ref()),
            _ => of_class(error.class()),
        };
    }
    if let Some(error) = cause.downcast_ref::<ocidian_layer::Error>() {
        return match error {
            ocidian_layer::Error::DiffId { .. } => Exit::Verification,
            ocidian_layer::Error::Io(error) => of_io(error),
            _ => Exit::Failed,
        };
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return of_io(error);
    }
    Exit::Failed
}

fn of_class(class: Class) -> Exit {
    match class {
        Class::NotFound => Exit::NotFound,
        Class::Verification => Exit::Verification,
        Class::Failed => Exit::Failed,
    }
}

/// A library's error that travelled through [`io::Error`] is not in its chain of sources.
fn of_io(error: &io::Error) -> Exit {
    match error.get_ref() {
        Some(inner) => of_cause(inner),
        None => Exit::Failed,
    }
}

/// Whether stdout's reader went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// The error with its causes as one line. A cause that the message before it already ends with is
/// not said twice, and nothing that came from an image reaches the terminal unescaped.
pub(crate) fn line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if line.is_empty() {
            line = cause;
        } else if !cause.is_empty() && !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    escape::text(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};
    use ocidian_content::Error;
    use ocidian_spec::{Descriptor, Digest, MediaType};

    use super::*;

    fn mismatch() -> ocidian_spec::Error {
        ocidian_spec::Error::Mismatch { expected: Digest::sha256(b"a"), actual: Digest::sha256(b"b") }
    }

    fn io_of(kind: io::ErrorKind) -> Error {
        Error::Io { context: "cannot read x".to_owned(), source: kind.into() }
    }

    #[test]
    fn a_class_decides_wherever_it_stands_in_the_chain() {
        let descriptor = Box::new(Descriptor::new(MediaType::ImageConfig, Digest::sha256(b"a"), 1));
        let blob = || Error::Blob { descriptor: descriptor.clone(), source: mismatch() };
        let unknown = || Error::RefNotFound { name: "x".into(), store: "s".into(), known: vec![] };
        let absent = || Error::BlobNotFound { digest: Digest::sha256(b"a"), store: "s".into() };
        let files = |error| ocidian_unpack::files::Error::from(ocidian_unpack::Error::Content(error));
        let diff_id =
            || ocidian_layer::Error::DiffId { expected: Digest::sha256(b"a"), actual: Digest::sha256(b"b") };
        let layer = |source| ocidian_unpack::Error::Layer { layer: 1, digest: Digest::sha256(b"l"), source };
        let table: [(anyhow::Error, Exit); 15] = [
            (anyhow!("no"), Exit::Failed),
            (Usage("no".to_owned()).into(), Exit::Usage),
            (unknown().into(), Exit::NotFound),
            (anyhow::Error::from(unknown()).context("above"), Exit::NotFound),
            (blob().into(), Exit::Verification),
            (io::Error::from(blob()).into(), Exit::Verification),
            (diff_id().into(), Exit::Verification),
            (layer(diff_id()).into(), Exit::Verification),
            (layer(io::Error::from(blob()).into()).into(), Exit::Verification),
            (ocidian_unpack::Error::Content(blob()).into(), Exit::Verification),
            (files(absent()).into(), Exit::NotFound),
            (ocidian_build::Error::from(files(absent())).into(), Exit::NotFound),
            (ocidian_build::Error::Content(absent()).into(), Exit::NotFound),
            (io_of(io::ErrorKind::PermissionDenied).into(), Exit::Denied),
            (io_of(io::ErrorKind::NotFound).into(), Exit::NotFound),
        ];
        for (error, exit) in table {
            assert_eq!(of(&error), exit, "{error:#}");
        }
    }

    #[test]
    fn one_line_without_repetition_or_control_characters() {
        let error = anyhow::Error::from(Error::Io {
            context: "cannot read a\nb\x1b[31m".to_owned(),
            source: io::ErrorKind::NotFound.into(),
        });
        assert_eq!(line(&error), r"cannot read a\nb\x1b[31m: entity not found");
        let error = Err::<(), _>(anyhow!("inner")).context("outer").unwrap_err();
        assert_eq!(line(&error), "outer: inner");
    }

    #[test]
    fn a_broken_pipe_is_found_below_a_context() {
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&anyhow::Error::from(pipe()).context("cannot write")));
        assert!(!is_broken_pipe(&anyhow!("broken pipe")));
    }
}
