//! The crate as its users see it, over archives made byte by byte.

// Helpers outside of `#[test]` functions may panic too: they are tests all the same.
#![allow(clippy::unwrap_used)]

mod changes;
mod compression;
mod encoding;
mod hostile;
mod make;
mod peers;
mod pieces;
mod rules;
mod sparse;
mod stream;
mod write;
