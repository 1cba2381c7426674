//! What Ocidian's own tests are made of: trees compared entry by entry, real images made by other
//! tools, small layouts made by hand, a store that fails on command.
//!
//! A test that lacks a tool or a right says so on stderr and passes, except where `CI=true`: there
//! everything has to be present, so a skip is a failure.

pub mod cache;
pub mod images;
pub mod layout;
pub mod peers;
pub mod run;
pub mod store;
pub mod tree;
pub mod user;
