//! Tar: a deterministic [`Writer`], and a strict, streaming [`Reader`] with one rule for everything on which readers disagree.
//!
//! It never seeks and never holds content: file data is handed out as slices of the stream's own
//! buffer. What it holds of an entry is bounded (about 1.2 MiB, and a sparse file's map).
//!
//! **The rules.** Where GNU tar, bsdtar, Go's and Python's readers agree, so does this one. Where they
//! see different entries in the same bytes, it takes the reading below or refuses the archive.
//!
//! - *Names*: a PAX `path` or `linkpath` wins over a GNU long name (`L`, `K`) whichever comes first, as
//!   in GNU tar; either wins over the header's own. `GNU.sparse.name` wins over all of them.
//! - *Sizes*: a PAX `size` overrides the size of the entry itself, never that of an `L`, `K` or `g`
//!   between the two. Only regular files and types unknown here have content: links, directories,
//!   devices and FIFOs never do, whatever their size says.
//! - *PAX* records are framed by their length; the last of equal keys wins; an empty value falls back
//!   to the header's own, but is kept as the value of an extended attribute. Malformed records are
//!   errors. `g` records hold until changed; `path`, `linkpath`, `size` and `GNU.sparse.*` in one are
//!   errors, because half of the readers apply them.
//! - *Repeats*: two `x`, two `L` or two `K` for one entry are errors.
//! - *Extended attributes*: `SCHILY.xattr.` wins over `LIBARCHIVE.xattr.` of the same name.
//! - *Old directories*: a regular file whose name ends in `/` is a directory; with a size, it is an error.
//! - *Numbers*: leading spaces, octal digits, then spaces and NULs; digits after those are an error, because
//!   some readers skip what others stop at.
//! - *The end*: two zero blocks end the archive, and [`Trailer`] tells what came after. None is accepted,
//!   and so is one at the very end; one with more after it is an error, because GNU tar stops there and
//!   others read on.

mod blocks;
mod contents;
mod entry;
mod extended;
mod header;
mod notes;
mod number;
mod pax;
mod reader;
mod sparse;
mod trailer;
mod write;

pub use contents::Extent;
pub use entry::{RawEntry, typeflag};
pub use notes::{Note, Oddity};
pub use reader::{Limits, Reader};
pub use trailer::{EndOfArchive, Trailer};
pub use write::{WriteError, Writer};

use crate::error::Error;

/// Size of a tar block, in bytes.
pub const BLOCK: usize = 512;

fn malformed(offset: u64, reason: impl Into<String>) -> Error {
    Error::Tar { offset, reason: reason.into() }
}
