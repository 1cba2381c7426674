//! Content descriptors. image-spec `descriptor.md`.

use serde::{Deserialize, Serialize};

use crate::annotations::Annotations;
use crate::digest::Digest;
use crate::json::Members;
use crate::media_type::MediaType;
use crate::platform::Platform;

/// What a blob is, how large, and by which digest it is found and checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The blob's media type.
    pub media_type: MediaType,
    /// The blob's digest.
    pub digest: Digest,
    /// The blob's size in bytes; at most `i64::MAX`.
    pub size: u64,
    /// Where else the blob may be downloaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urls: Option<Vec<String>>,
    /// Annotations of the descriptor (not of what it points to).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// The content itself, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The platform, in an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The type of the artifact that it points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

impl Descriptor {
    /// A descriptor of the three required members.
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            urls: None,
            annotations: None,
            data: None,
            platform: None,
            artifact_type: None,
            other: Members::default(),
        }
    }

    /// The annotation of that key, if there is one.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }
}
