//! Content-addressed stores of images: the traits that every place of an image implements, verified
//! reading, selection by name and platform, the walk over the graph, and what is written once against all
//! stores: [copying](copy()), [collecting](gc()) and [counting](Space).
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
//!
//! Copy an image from one store to another, one platform of it, then remove what nothing needs any more. Stores on
//! disk are in `ocidian-image-layout`; here they are in memory.
//!
//! ```
//! use ocidian_content::copy::{Options, Platforms, Root, copy, selected};
//! use ocidian_content::{MemoryStore, RefSink, When, gc};
//! use ocidian_spec::{Descriptor, Document, ImageIndex, ImageManifest, MediaType, Selector};
//!
//! # let source = MemoryStore::new();
//! # let mut children = Vec::new();
//! # for platform in ["linux/amd64", "linux/arm64"] {
//! #     let config = source.insert(MediaType::ImageConfig, platform.as_bytes())?;
//! #     let manifest = ImageManifest::new(config, Vec::new()).to_json()?;
//! #     let child = source.insert(MediaType::ImageManifest, &manifest)?;
//! #     children.push(Descriptor { platform: Some(platform.parse()?), ..child });
//! # }
//! # let index = source.insert(MediaType::ImageIndex, &ImageIndex::new(children).to_json()?)?;
//! # source.push_entry(index);
//! // `source` lists one index, of two platforms.
//! let (index, _) = selected(&source, &Selector::Sole)?;
//! let destination = MemoryStore::new();
//! let roots = vec![Root::named(index.clone(), Some("app:1".parse()?))];
//! let options = Options { platforms: Platforms::Only(vec!["linux/arm64".parse()?]), ..Options::default() };
//! // A sink that is dropped instead of finished leaves nothing; `copy` finishes it.
//! let report = copy(&source, roots, Box::new(destination.sink()), &options)?;
//! assert_eq!((report.copied.blobs, report.roots[0].left_out.len()), (3, 1));
//! assert_ne!(report.roots[0].descriptor.digest, index.digest, "an index of one platform is another index");
//!
//! destination.remove(&"app:1".parse()?, When::Any)?;
//! let collected = gc(&destination, &gc::Options { dry_run: true, ..gc::Options::default() })?;
//! assert_eq!(collected.freed_tally(), report.copied);
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
pub use update::{retried, update};
pub use walk::Walk;
