//! The OCI specifications' types: digests, descriptors, manifests, configs, references.
//!
//! Nothing here does I/O. Three promises hold for whoever uses it:
//!
//! - **Nothing is lost.** A document that is read and written keeps every member, those that this
//!   crate does not know, numbers beyond any integer and explicit nulls included; an edit changes
//!   the members that it names and nothing else. Equal values give equal bytes.
//! - **Nothing is read in two ways.** Duplicate names at any depth, negative sizes, text after the
//!   end, and a manifest that could be taken for an index are errors. Names in the wrong case are
//!   unknown members.
//! - **Nothing unverified is used.** A [`Raw`] document exists only where its bytes had the size
//!   and the digest of its descriptor.
//!
//! The types follow image-spec 1.1.1 and its main branch of 2026, and Docker's media types where
//! they mean the same. JSON is read and written with `serde_json`; members kept as raw text do
//! not pass through other formats.
//!
//! # Example
//!
//! A manifest comes with its descriptor, is verified, edited, and written again:
//!
//! ```
//! use ocidian_spec::{Descriptor, Document, ImageManifest, MediaType, Raw};
//!
//! # fn main() -> ocidian_spec::Result<()> {
//! let empty = r#"{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}"#;
//! let bytes = format!(r#"{{"schemaVersion":2,"config":{empty},"layers":[],"com.example":1.10}}"#);
//! let descriptor = Descriptor::of(MediaType::ImageManifest, bytes.as_bytes());
//!
//! let raw = Raw::<ImageManifest>::verify(bytes.into_bytes(), descriptor)?;
//! assert_eq!(raw.value().config.size, 2);
//!
//! let mut manifest = raw.into_value();
//! manifest.annotations.get_or_insert_default().insert("team".into(), "blue".into());
//! let edited = String::from_utf8_lossy(&manifest.to_json()?).into_owned();
//! assert!(edited.ends_with(r#""layers":[],"annotations":{"team":"blue"},"com.example":1.10}"#));
//! # Ok(())
//! # }
//! ```

pub mod annotations;
pub mod config;
pub mod descriptor;
pub mod digest;
pub mod docker;
pub mod document;
pub mod error;
pub mod hash;
pub mod index;
pub mod json;
pub mod layout;
pub mod manifest;
pub mod media_type;
pub mod platform;
pub mod raw;
pub mod reference;
pub mod runtime;

pub use annotations::Annotations;
pub use config::{ExecConfig, History, ImageConfig, RootFs};
pub use descriptor::Descriptor;
pub use digest::{Algorithm, ChainId, DiffId, Digest};
pub use docker::DockerArchiveManifest;
pub use document::Document;
pub use error::{Error, Result};
pub use hash::Hasher;
pub use index::ImageIndex;
pub use json::Members;
pub use layout::ImageLayout;
pub use manifest::ImageManifest;
pub use media_type::{Compression, Kind, MediaType};
pub use platform::Platform;
pub use raw::{Raw, RawDocument};
pub use reference::{ImageSource, RefName, Reference, Selector};
