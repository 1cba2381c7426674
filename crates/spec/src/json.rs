//! JSON as this toolkit reads it: scanned first, then read member by member, nothing dropped.
//!
//! Two readers of one text must not see two documents, so whatever readers differ on is an error
//! (duplicate names, bytes that are not UTF-8, text after the end), and whatever we do not know is
//! kept as the text that it was: a number through an `f64` would come back as another number.

mod events;
mod members;
#[macro_use]
mod object;
mod read;
mod scan;
mod unescape;

pub use events::{Events, Fault, FaultKind};
pub use members::Members;
pub(crate) use object::{Reader, Writer, list, object, optional, required};
pub(crate) use read::{Size, UniqueMap, text};
pub use scan::{scan, scan_with};

/// Bounds on a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub size: usize,
    /// Levels of nesting.
    pub depth: usize,
}

/// For any document: 16 MiB, 512 levels.
pub const DOCUMENT: Limits = Limits { size: 16 << 20, depth: 512 };
/// For a layout's `index.json`: 64 MiB, 512 levels.
pub const INDEX_JSON: Limits = Limits { size: 64 << 20, depth: 512 };
