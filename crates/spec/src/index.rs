//! Image indexes. image-spec `image-index.md`.

use serde::{Deserialize, Serialize};

use crate::annotations::Annotations;
use crate::descriptor::Descriptor;
use crate::json::Members;
use crate::media_type::MediaType;

/// An image index: a layout's `index.json`, or a multi-platform image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageIndex {
    /// Always 2.
    pub schema_version: u32,
    /// Its own media type, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The artifact's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// What it lists, in its order.
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations of the index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}
