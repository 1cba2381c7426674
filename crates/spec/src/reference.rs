//! Names: registry references, a layout's tags, and what a person types for an image.
//!
//! Three grammars that look alike and are not: a [`Reference`] is the distribution project's, a
//! [`RefName`] is whatever a layout holds, an [`ImageSource`] is the command line's.

mod grammar;
mod ref_name;
mod registry;
mod source;

pub use ref_name::RefName;
pub use registry::Reference;
pub use source::{ImageSource, Selector};
