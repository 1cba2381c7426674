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

pub mod dir;
mod documents;
mod files;
mod lock;
pub mod writer;

pub use dir::LayoutDir;
pub use writer::LayoutWriter;
