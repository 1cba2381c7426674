//! The crate as its users see it, over trees made for the purpose.

// Helpers outside of `#[test]` functions may panic too: they are tests all the same.
#![allow(clippy::unwrap_used)]

mod convert;
mod diff;
mod edit;
mod made;
mod scan;
mod scan_ignore;
mod squash;
