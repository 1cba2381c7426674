//! Content-addressed stores of images: the traits that every place of an image implements, verified
//! reading, selection by name and platform, and the walk over the graph.
//!
//! Verify a blob:
//!
//! ```
//! use std::io::Read;
//! use ocidian_content::{BlobSource, MemoryStore, Role};
//! use ocidian_spec::MediaType;
//!
//! let store = MemoryStore::new();
//! let descriptor = store.insert(MediaType::Other("text/plain".to_owned()), b"hello")?;
//!
//! let mut text = String::new();
//! // Only content of the descriptor's size and digest reaches the end of this without an error.
//! store.open(Role::Blob, &descriptor)?.read_to_string(&mut text)?;
//! assert_eq!(text, "hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod children;
pub mod copy;
pub mod document;
pub mod entries;
pub mod error;
pub mod gc;
pub mod memory;
pub mod names;
mod platform;
pub mod progress;
pub mod reader;
pub mod referrers;
pub mod select;
pub mod space;
pub mod store;
mod survey;
pub mod tally;
pub mod update;
pub mod walk;

pub use copy::{copy, copy_into};
pub use error::{Class, Error, Result};
pub use gc::gc;
pub use memory::MemoryStore;
pub use progress::{Cancel, Event, Progress, Silent};
pub use reader::BlobReader;
pub use select::{PlatformChoice, Selection, select};
pub use space::Space;
pub use store::{
    BlobAdmin, BlobSink, BlobSource, BlobWrite, Demands, Destination, Expect, Leftover, RefSink, RefSource,
    Role, Store, Stored, When,
};
pub use tally::Tally;
pub use update::update;
pub use walk::Walk;
