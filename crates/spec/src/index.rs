//! Image indexes. image-spec `image-index.md`.

use crate::annotations::Annotations;
use crate::descriptor::Descriptor;
use crate::json::{UniqueMap, object};
use crate::media_type::MediaType;

object! {
    /// An image index: a layout's `index.json`, or a multi-platform image.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ImageIndex: "an image index" {
        /// Always 2.
        pub schema_version: u32 => required "schemaVersion",
        /// Its own media type, where it says so.
        pub media_type: Option<MediaType> => optional "mediaType",
        /// The artifact's type.
        pub artifact_type: Option<MediaType> => optional "artifactType",
        /// What it lists, in its order.
        pub manifests: Vec<Descriptor> => list "manifests",
        /// The manifest that this one refers to.
        pub subject: Option<Descriptor> => optional "subject",
        /// Annotations of the index.
        pub annotations: Option<Annotations> => optional "annotations" as UniqueMap,
    }
}

impl ImageIndex {
    /// An index of these manifests, nothing else.
    pub fn new(manifests: Vec<Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(MediaType::ImageIndex),
            artifact_type: None,
            manifests,
            subject: None,
            annotations: None,
            other: Default::default(),
        }
    }
}
