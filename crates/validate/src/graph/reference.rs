//! A descriptor as the walk needs it: what it names, what it says of it, and where it stands.

use ocidian_content::Role;
use ocidian_spec::{Compression, Digest, Kind, MediaType};

use crate::documents::Platform;
use crate::finding::{Place, Subject};
use crate::format;
use crate::json::Value;

/// What a blob is taken for, by where its descriptor stands and by the media type there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// An index; Docker's, if `true`.
    Index(bool),
    /// A manifest; Docker's, if `true`.
    Manifest(bool),
    /// The config of an image.
    Config,
    /// A layer.
    Layer(Compression),
    /// Anything else.
    Opaque,
}

impl Part {
    pub(crate) fn is_manifest(self) -> bool {
        matches!(self, Self::Manifest(_))
    }

    /// Whether the walk looks into it. (A config is looked into with its manifest.)
    pub(crate) fn is_document(self) -> bool {
        matches!(self, Self::Index(_) | Self::Manifest(_))
    }

    pub(crate) fn role(self) -> Role {
        if self.is_document() { Role::Manifest } else { Role::Blob }
    }
}

/// How a descriptor is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// In `manifests`.
    Entry,
    Subject,
    Config,
    Layer,
}

#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) digest: Digest,
    pub(super) part: Part,
    pub(super) edge: Option<Edge>,
    /// As the descriptor has it; `None` where there is no descriptor.
    pub(super) media_type: Option<MediaType>,
    /// What the descriptor says, where that is a size.
    pub(super) size: Option<u64>,
    pub(super) platform: Option<Platform>,
    /// Whether there is a platform, whatever it is.
    pub(super) has_platform: bool,
    pub(super) artifact_type: Option<String>,
    /// Whether the content is in the descriptor, too.
    pub(super) embedded: bool,
    pub(super) from: Subject,
    pointer: String,
}

impl Reference {
    /// Reads the descriptor at `pointer`, which is handed in because to find it out takes as long as the array is;
    /// `None` where its digest leads nowhere.
    pub(super) fn read(descriptor: Value<'_>, from: &Subject, edge: Edge, pointer: String) -> Option<Self> {
        let digest = format::parse_digest(&descriptor.text("digest")?)?;
        let media_type: MediaType = descriptor.text("mediaType").unwrap_or_default().parse().ok()?;
        let part = match (edge, media_type.kind()) {
            (Edge::Entry | Edge::Subject, Kind::Index) => {
                Part::Index(media_type == MediaType::DockerManifestList)
            }
            (Edge::Entry | Edge::Subject, Kind::Manifest) => {
                Part::Manifest(media_type == MediaType::DockerManifest)
            }
            (Edge::Config, Kind::Config) => Part::Config,
            (Edge::Layer, Kind::Layer(compression)) => Part::Layer(compression),
            _ => Part::Opaque,
        };
        let platform = descriptor.get("platform");
        Some(Self {
            digest,
            part,
            edge: Some(edge),
            size: descriptor.get("size").and_then(Value::as_i128).and_then(|size| u64::try_from(size).ok()),
            platform: platform.and_then(Platform::read),
            has_platform: platform.is_some(),
            artifact_type: descriptor.text("artifactType").map(|text| text.chars().take(256).collect()),
            embedded: descriptor.get("data").is_some_and(|data| !data.is_null()),
            media_type: Some(media_type),
            from: from.clone(),
            pointer,
        })
    }

    /// Content that no descriptor names.
    pub(super) fn bare(digest: Digest, part: Part) -> Self {
        let from = Subject::Blob(digest.clone());
        Self {
            digest,
            part,
            edge: None,
            media_type: None,
            size: None,
            platform: None,
            has_platform: false,
            artifact_type: None,
            embedded: false,
            from,
            pointer: String::new(),
        }
    }

    /// Where it stands.
    pub(super) fn place(&self) -> Place {
        Place::Pointer(self.pointer.clone())
    }

    /// Where a member of it stands.
    pub(super) fn place_of(&self, member: &str) -> Place {
        Place::Pointer(format!("{}/{member}", self.pointer))
    }
}
