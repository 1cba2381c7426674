//! A layer as a stream of changes.

use crate::entry::Entry;
use crate::path::EntryPath;

/// One change that a layer makes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Puts an entry.
    Put(Entry),
    /// Hides what lower layers have at that path.
    Whiteout(EntryPath),
    /// Hides all that lower layers have below that directory.
    Opaque(EntryPath),
}

/// A stream of changes.
pub struct Changeset;
