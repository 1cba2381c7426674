//! Images made and edited, over the traits of `ocidian-content` alone: whatever store an image is in, an edit
//! of it is the same, and nothing shows before the destination is finished.
//!
//! An edit changes what it names. All else (members that nobody here knows, annotations, the order of things)
//! stays as it was, and so the digest of an image that is edited back is what it was. What is made depends on
//! the input alone: not on the clock, the host, the order of a directory or the number of threads.
//!
//! Give an image a label:
//!
//! ```
//! use ocidian_build::mutate::Settings;
//! use ocidian_build::{Created, Image, Mutation};
//! use ocidian_content::{BlobSink, MemoryStore, PlatformChoice, RefSink, RefSource, When, select};
//! use ocidian_spec::{ImageManifest, MediaType, RefName, Selector};
//! # use ocidian_spec::{Document, RawDocument};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let store = MemoryStore::new(); // or a layout
//! # let config = br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
//! # let manifest = ImageManifest::new(store.insert(MediaType::ImageConfig, config)?, Vec::new());
//! # let bytes = manifest.to_json()?;
//! # let descriptor = store.insert(MediaType::ImageManifest, &bytes)?;
//! # let name: RefName = "app".parse()?;
//! # store.put(Some(&name), &RawDocument::verify(bytes, descriptor)?, When::Any)?;
//! // `store` holds an image `app`; its sink is where the result goes.
//! let sink = Box::new(store.sink());
//! let selection = select(&store, &Selector::Name(name.clone()), &PlatformChoice::Host)?;
//! let mut image = Image::open(&store, &selection)?;
//!
//! let set = Settings { labels: vec![("team".into(), "blue".into())], ..Settings::default() };
//! Mutation { set, ..Mutation::default() }.apply(&mut image, &Created::default())?;
//!
//! let before = image.original().descriptor().digest.clone();
//! let written = image.write(&*sink)?;
//! // An error where someone else moved the name meanwhile.
//! sink.put(Some(&name), &written.root, When::Is(before))?;
//! sink.finish()?;
//! assert_eq!(store.resolve(&name)?[0].digest, written.manifest.digest);
//! # Ok(())
//! # }
//! ```

pub mod blob;
pub mod build;
pub mod carry;
pub mod convert;
pub mod created;
pub mod diff;
mod digests;
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
