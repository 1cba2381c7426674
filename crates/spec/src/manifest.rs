//! Image manifests. image-spec `manifest.md`.

use serde::{Deserialize, Serialize};

use crate::annotations::Annotations;
use crate::descriptor::Descriptor;
use crate::json::Members;
use crate::media_type::MediaType;

/// An image manifest, or an artifact's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    /// Always 2.
    pub schema_version: u32,
    /// Its own media type, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The artifact's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The config, or the empty descriptor.
    pub config: Descriptor,
    /// The layers, lowest first.
    pub layers: Vec<Descriptor>,
    /// The manifest that this one refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}
