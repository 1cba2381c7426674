//! What a scan meets, for those who want to know more of a text than whether it is good.

use std::fmt;
use std::ops::Range;

/// What a scan meets, in the order of the text. Offsets count bytes.
pub trait Events {
    /// An object (else an array) begins.
    fn open(&mut self, at: usize, object: bool);
    /// The innermost object or array ends before `end`.
    fn close(&mut self, end: usize);
    /// The name of a member, with its quotes.
    fn name(&mut self, name: Range<usize>);
    /// A string (with its quotes), a number, `true`, `false` or `null`.
    fn scalar(&mut self, value: Range<usize>);
    /// The name that begins at `at` stood in its object before. Whether to let that pass.
    fn duplicate(&mut self, at: usize) -> bool;
}

/// Nobody wants to know.
pub(super) struct Silent;

impl Events for Silent {
    fn open(&mut self, _: usize, _: bool) {}
    fn close(&mut self, _: usize) {}
    fn name(&mut self, _: Range<usize>) {}
    fn scalar(&mut self, _: Range<usize>) {}
    fn duplicate(&mut self, _: usize) -> bool {
        false
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Of which kind.
    pub kind: FaultKind,
    /// In words.
    pub what: String,
    /// The byte, from 0.
    pub at: usize,
    /// The line, from 1; 0 where that says nothing.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
    /// The place as a JSON pointer, cut short where it is long.
    pub pointer: String,
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Longer than the limit, or of more names than are kept.
    Size,
    /// Deeper than the limit.
    Depth,
    /// Not UTF-8.
    Utf8,
    /// Not JSON.
    Syntax,
    /// A name twice in one object.
    Duplicate,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if self.line > 0 {
            write!(f, " at line {} column {}", self.line, self.column)?;
        }
        if self.pointer.is_empty() { Ok(()) } else { write!(f, ", in {}", self.pointer) }
    }
}
