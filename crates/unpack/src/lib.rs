//! OCI changesets onto a root file system, and the runtime-spec bundle.
//!
//! Layers are hostile until proven otherwise: every blob is checked against its digest and its
//! diff_id, nothing is ever done by a path that the kernel resolves, and a failure leaves nothing.
//!
//! Make a bundle of an image:
//!
//! ```
//! use ocidian_content::{Cancel, MemoryStore, Silent};
//! use ocidian_unpack::convert::RuntimeOptions;
//! use ocidian_unpack::{Image, UnpackOptions, unpack_bundle};
//! # use ocidian_content::Role;
//! # use ocidian_spec::{Descriptor, Digest, ImageConfig, ImageManifest, MediaType, Raw};
//! # let store = MemoryStore::new();
//! # fn raw<T: ocidian_spec::Document>(media_type: MediaType, json: String) -> Result<Raw<T>, ocidian_spec::Error> {
//! #     let digest = Digest::sha256(json.as_bytes());
//! #     let descriptor = Descriptor::new(media_type, digest, json.len() as u64);
//! #     Raw::verify(json.into_bytes(), descriptor)
//! # }
//! # let config: Raw<ImageConfig> = raw(MediaType::ImageConfig, r#"{"os": "linux", "architecture": "amd64",
//! #     "config": {"Cmd": ["/hello"]}, "rootfs": {"type": "layers", "diff_ids": []}}"#.to_owned())?;
//! # let digest = &config.descriptor().digest;
//! # let size = config.descriptor().size;
//! # let manifest: Raw<ImageManifest> = raw(MediaType::ImageManifest, format!(r#"{{"schemaVersion": 2, "layers": [],
//! #     "config": {{"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "{digest}", "size": {size}}}}}"#))?;
//! # let place = tempfile::tempdir()?;
//! # let target = place.path().join("bundle");
//! let image = Image { manifest: &manifest, config: &config };
//! let options = UnpackOptions { rootless: ocidian_unpack::must_be_rootless(), ..UnpackOptions::default() };
//! let runtime = RuntimeOptions { readonly: true, ..RuntimeOptions::default() };
//! unpack_bundle(&store, image, "an example", &target, &options, &runtime, &Silent, &Cancel::new())?;
//! assert!(target.join("config.json").is_file());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Rootfs`] applies layers one by one; [`unpack_rootfs`] makes a root file system alone.

mod apply;
pub mod baseline;
mod bundle;
pub mod convert;
mod counted;
pub mod error;
pub mod files;
mod host;
pub mod ids;
mod image;
mod mtree;
mod namespace;
pub mod options;
mod process;
mod record;
pub mod rootfs;
mod stack;
mod staging;
mod state;
mod tree;
mod unpack;
mod unpacked;
pub mod walk;
mod warnings;
pub mod xattrs;

pub use bundle::unpack_bundle;
pub use error::{Error, Failure, Result};
pub use ids::{IdMap, IdMapError, IdRange};
pub use image::Image;
pub use namespace::user_namespace;
pub use options::{Form, UnpackOptions};
pub use process::must_be_rootless;
pub use rootfs::Rootfs;
pub use staging::is_leftover;
pub use state::BundleState;
pub use unpack::{Unpacked, unpack_rootfs};
pub use unpacked::{Renewal, UnpackedBundle};
