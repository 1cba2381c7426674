//! Image manifests. image-spec `manifest.md`.

use crate::annotations::Annotations;
use crate::descriptor::Descriptor;
use crate::json::{UniqueMap, object};
use crate::media_type::MediaType;

object! {
    /// An image manifest, or an artifact's.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ImageManifest: "an image manifest" {
        /// Always 2.
        pub schema_version: u32 => required "schemaVersion",
        /// Its own media type, where it says so.
        pub media_type: Option<MediaType> => optional "mediaType",
        /// The artifact's type.
        pub artifact_type: Option<MediaType> => optional "artifactType",
        /// The config, or the empty descriptor.
        pub config: Descriptor => required "config",
        /// The layers, lowest first.
        pub layers: Vec<Descriptor> => list "layers",
        /// The manifest that this one refers to.
        pub subject: Option<Descriptor> => optional "subject",
        /// Annotations of the manifest.
        pub annotations: Option<Annotations> => optional "annotations" as UniqueMap,
    }
}

impl ImageManifest {
    /// The manifest of an image: its config and layers, nothing else.
    pub fn new(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(MediaType::ImageManifest),
            artifact_type: None,
            config,
            layers,
            subject: None,
            annotations: None,
            other: Default::default(),
        }
    }
}
