//! Stores of images on disk: layout directories, layouts in a tar, and what `docker save` writes.
//!
//! Open a layout and choose an image of it:
//!
//! ```
//! use ocidian_content::{PlatformChoice, RefSource, select};
//! use ocidian_image_layout::LayoutDir;
//! use ocidian_spec::Selector;
//!
//! # let place = tempfile::tempdir()?;
//! # let path = place.path().join("layout");
//! let layout = LayoutDir::create(&path)?; // or LayoutDir::open
//! assert!(layout.list()?.is_empty());
//! let none = select(&layout, &Selector::Sole, &PlatformChoice::Host);
//! assert!(none.unwrap_err().to_string().contains("holds no image"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Copy images from any form to any other. The destination is made, or added to, by `finish` and not before:
//!
//! ```
//! use ocidian_content::copy::{Options, copy, listed};
//! use ocidian_image_layout::{CreateOptions, create, open};
//! # use ocidian_image_layout::LayoutDir;
//! # let place = tempfile::tempdir()?;
//! # LayoutDir::create(&place.path().join("layout"))?;
//! # let at = |form: &str, name: &str| format!("{form}:{}", place.path().join(name).display());
//!
//! let source = open(&at("oci", "layout").parse()?)?.store;
//! let destination = create(&at("oci-archive", "images.tar").parse()?, &CreateOptions::default())?;
//! let report = copy(&*source, listed(&*source)?, destination, &Options::default())?;
//! assert!(report.absent.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admin;
mod archive;
mod archive_sink;
pub mod create;
pub mod dir;
pub mod docker_archive;
pub mod docker_archive_writer;
mod docker_layout;
mod docker_list;
mod docker_old;
mod documents;
mod edits;
mod files;
pub mod flat_dir;
pub mod flat_dir_writer;
mod fresh;
mod lock;
pub mod oci_archive;
pub mod oci_archive_writer;
pub mod open;
mod overlap;
mod publish;
pub mod raw;
mod spool;
mod staging;
mod tarball;
mod target;
pub mod writer;

pub use create::{CreateOptions, create, explicit};
pub use dir::LayoutDir;
pub use docker_archive::DockerArchive;
pub use docker_archive_writer::DockerArchiveWriter;
pub use flat_dir::FlatDir;
pub use flat_dir_writer::FlatDirWriter;
pub use oci_archive::OciArchive;
pub use oci_archive_writer::OciArchiveWriter;
pub use open::{Opened, StoreKind, open, open_with};
pub use overlap::refuse_overlap;
pub use raw::LayoutFiles;
pub use writer::LayoutWriter;

/// What a caller puts up with when an archive is opened.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Most bytes of uncompressed archive, so that a bomb stops before the disk is full. `None`: as many as
    /// there are.
    pub max_bytes: Option<u64>,
}
