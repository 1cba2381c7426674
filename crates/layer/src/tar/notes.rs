//! What a reader gets over but a validator tells: faults that leave the archive's framing whole, and things
//! that readers are known to take differently.
//!
//! An ordinary reader keeps none of this, and stops at the faults.

use crate::error::{Error, Result};

/// Most notes that are kept of one entry: its PAX header alone could give cause for a hundred thousand.
const MAX_NOTES: usize = 32;

/// Something that a reader got over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Offset in the tar of what it is about.
    pub offset: u64,
    /// Of what kind.
    pub oddity: Oddity,
    /// What was found.
    pub message: String,
}

/// Kinds of [`Note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Oddity {
    /// A number in a header cannot be read. A fault: an ordinary reader stops.
    Number,
    /// A PAX record cannot be read. A fault.
    PaxRecord,
    /// A global PAX header says what cannot hold for every entry. A fault.
    GlobalName,
    /// Two extended headers of one type for one entry. A fault.
    Repeated,
    /// A GNU long name is empty. A fault.
    EmptyName,
    /// A sparse file's map contradicts itself or the size. A fault.
    SparseMap,
    /// A field that an entry needs is blank.
    Blank,
    /// A key occurs twice in one PAX header.
    RepeatedKey,
    /// A global PAX header that changes entries.
    Global,
    /// A GNU long name and a PAX record say different names.
    TwoNames,
    /// A PAX header stands before a GNU long name, so that it may be taken to be about that.
    Order,
    /// PAX and header give different sizes although the header could hold the right one.
    SizeDisagrees,
    /// A size on an entry that has no content.
    SizeWithoutContent,
}

/// Notes, where anybody wants them.
#[derive(Debug, Default)]
pub(super) struct Notes(Option<Vec<Note>>);

impl Notes {
    pub(super) fn wanted() -> Self {
        Self(Some(Vec::new()))
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn say(&mut self, oddity: Oddity, offset: u64, message: impl FnOnce() -> String) {
        if let Some(notes) = &mut self.0
            && notes.len() < MAX_NOTES
        {
            notes.push(Note { offset, oddity, message: message() });
        }
    }

    /// Gets over a fault, if notes are wanted; what is no fault of the tar's stays an error.
    pub(super) fn get_over(&mut self, oddity: Oddity, error: Error) -> Result<()> {
        match error {
            Error::Tar { offset, reason } if self.are_wanted() => {
                self.say(oddity, offset, || reason);
                Ok(())
            }
            error => Err(error),
        }
    }

    /// The value, or its default where notes are wanted.
    pub(super) fn or_default<T: Default>(&mut self, oddity: Oddity, value: Result<T>) -> Result<T> {
        value.or_else(|error| self.get_over(oddity, error).map(|()| T::default()))
    }

    pub(super) fn take(&mut self) -> Vec<Note> {
        self.0.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
