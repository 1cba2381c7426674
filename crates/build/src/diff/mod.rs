//! Why two images, or two trees, are not the same.
//!
//! Nothing is guessed from digests. Documents are compared as values, layers as sequences of entries, trees as what an
//! unpack of them makes, with the content of files by digest. What differs is said by its name: an [`Aspect`] of a file,
//! or of a layer a [`Cause`], which may be that nothing differs but the way it was written down.
//!
//! Layers that are the same tar in both images are read once at most, and only where something else in one of them
//! stands against what they have. Memory holds a name for each file, never content.

pub mod document;
pub mod facts;
mod images;
mod layer;
mod listing;
mod scan;

pub use document::{DocumentChange, Verdict};
pub use facts::{Aspect, Difference, Rules};
pub use images::{ImageDiff, Pair, images};
pub use layer::{Cause, LayerDiff, LayerId};
pub use listing::{Listing, PathChange, PathDiff, compare};
pub use scan::{bundle, directory};
