//! The `oci-layout` file. image-spec `image-layout.md`.

use serde::{Deserialize, Serialize};

use crate::json::Members;

/// What marks a directory as an image layout, and its version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageLayout {
    /// `1.0.0`.
    pub image_layout_version: String,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}
