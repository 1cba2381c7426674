//! Changes that a case makes to a document. One that cannot be made is a mistake in the case, and told as an error.

use std::io;

use serde_json::Value;

/// What a case wants to change is not there: the case is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotEdit {
    /// The JSON pointer of what was to be changed.
    pub pointer: String,
    /// What it needs there.
    pub needs: &'static str,
}

impl std::fmt::Display for CannotEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the case is wrong: it changes {:?} of a document, and there is no {}",
            self.pointer, self.needs
        )
    }
}

impl std::error::Error for CannotEdit {}

impl From<CannotEdit> for io::Error {
    fn from(error: CannotEdit) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

/// What a change comes to: nothing, where it always succeeds, or whether it could be made.
pub trait Outcome {
    /// Whether it could.
    ///
    /// # Errors
    /// [`CannotEdit`]: it could not.
    fn made(self) -> Result<(), CannotEdit>;
}

impl Outcome for () {
    fn made(self) -> Result<(), CannotEdit> {
        Ok(())
    }
}

impl Outcome for Result<(), CannotEdit> {
    fn made(self) -> Self {
        self
    }
}

type Edit = Box<dyn FnOnce(&mut Value) -> Result<(), CannotEdit>>;

/// Changes to one document, in order.
#[derive(Default)]
pub(crate) struct Edits(Vec<Edit>);

impl Edits {
    pub(crate) fn push<O: Outcome>(&mut self, edit: impl FnOnce(&mut Value) -> O + 'static) {
        self.0.push(Box::new(|document| edit(document).made()));
    }

    pub(crate) fn apply(self, document: &mut Value) -> Result<(), CannotEdit> {
        self.0.into_iter().try_for_each(|edit| edit(document))
    }
}
