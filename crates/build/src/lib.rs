//! Images made and edited, over the traits of `ocidian-content` alone: whatever store an image is in, an edit
//! of it is the same, and nothing shows before the destination is finished.
//!
//! An edit changes what it names. All else (members that nobody here knows, annotations, the order of things)
//! stays as it was, and so the digest of an image that is edited back is what it was. What is made depends on
//! the input alone: not on the clock, the host, the order of a directory or the number of threads.

pub mod blob;
pub mod build;
pub mod carry;
pub mod convert;
pub mod created;
pub mod error;
pub mod history;
pub mod ignore;
pub mod image;
pub mod insert;
pub mod mutate;
pub mod rebase;
pub mod repack;
pub mod scan;
pub mod squash;

pub use carry::Carrier;
pub use created::Created;
pub use error::{Error, Result};
pub use image::{Image, NewLayer, Written};
pub use mutate::Mutation;
