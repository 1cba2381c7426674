//! The OCI specifications' types: digests, descriptors, manifests, configs, references.
//!
//! Nothing here does I/O. Documents are lossless: what this crate does not know survives a read
//! and a write, and an edit changes the members that it names and nothing else.

pub mod annotations;
pub mod config;
pub mod descriptor;
pub mod digest;
pub mod docker;
pub mod document;
pub mod error;
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
pub use digest::{Algorithm, ChainId, DiffId, Digest, Hasher};
pub use docker::DockerArchiveManifest;
pub use document::Document;
pub use error::{Error, Result};
pub use index::ImageIndex;
pub use json::Members;
pub use layout::ImageLayout;
pub use manifest::ImageManifest;
pub use media_type::{Compression, Kind, MediaType};
pub use platform::Platform;
pub use raw::{Raw, RawDocument};
pub use reference::{ImageSource, RefName, Reference, Selector};
