//! The `oci-layout` file. image-spec `image-layout.md`.

use crate::json::object;

object! {
    /// What marks a directory as an image layout, and its version.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ImageLayout: "an object" {
        /// `1.0.0`.
        pub image_layout_version: String => required "imageLayoutVersion",
    }
}

impl Default for ImageLayout {
    /// The only version that there is, [`ImageLayout::VERSION`].
    fn default() -> Self {
        Self { image_layout_version: Self::VERSION.to_owned(), other: Default::default() }
    }
}

impl ImageLayout {
    /// The version of the layout, which is not the specification's.
    pub const VERSION: &str = "1.0.0";
}
