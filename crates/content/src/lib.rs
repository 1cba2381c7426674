//! Content-addressed stores of images: the traits that every place of an image implements, verified
//! reading, selection by name and platform, and the walk over the graph.

pub mod error;
pub mod progress;
pub mod reader;
pub mod store;

pub use error::{Error, Result};
pub use progress::{Cancel, Event, Progress, Silent};
pub use reader::BlobReader;
pub use store::{BlobSink, BlobSource, BlobWrite, Expect, RefSink, RefSource, Role, When};
