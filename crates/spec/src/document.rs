//! What the specification's whole documents have in common.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::docker::DockerArchiveManifest;
use crate::error::{Error, Result, clip};
use crate::json::{self, Members};
use crate::media_type::{Kind, MediaType};
use crate::{ImageConfig, ImageIndex, ImageLayout, ImageManifest};

/// The one version of manifests and indexes that there is: image-spec `manifest.md` and
/// `image-index.md`, "schemaVersion". Docker's version 1 is another document altogether.
const SCHEMA_VERSION: u32 = 2;

/// A type that is a whole document of the specification.
pub trait Document: DeserializeOwned + Serialize {
    /// What it is called in an error: "image manifest".
    const NAME: &'static str;

    /// The kind that a descriptor of it has; `Other` where it is never found by a descriptor.
    const KIND: Kind;

    /// The media type that the document says it has, where it does.
    fn media_type(&self) -> Option<&MediaType> {
        None
    }

    /// The version of its schema, where its kind has one.
    fn schema_version(&self) -> Option<u32> {
        None
    }

    /// A member that only another kind of document has.
    fn foreign_member(&self) -> Option<&'static str> {
        None
    }

    /// Parses bytes that need no verification (`index.json`), after the scan.
    ///
    /// # Errors
    /// [`Error::Document`]: the text fails [`json::scan`], is not of this type, has a `schemaVersion`
    /// other than 2, says that it is of another type, or has a member that makes it one to other
    /// readers, whatever it says (CVE-2021-41190).
    fn parse(bytes: &[u8], limits: json::Limits) -> Result<Self> {
        let wrong = |reason| Error::Document { document: Self::NAME, reason };
        json::scan(bytes, limits, Self::NAME)?;
        let value: Self = serde_json::from_slice(bytes).map_err(|e| wrong(clip(&e.to_string())))?;
        if let Some(version) = value.schema_version().filter(|version| *version != SCHEMA_VERSION) {
            return Err(wrong(format!("schemaVersion is {version}; only {SCHEMA_VERSION} is supported")));
        }
        if let Some(own) = value.media_type().filter(|own| own.kind() != Self::KIND) {
            return Err(wrong(format!("its mediaType is {:?}", clip(own.as_str()))));
        }
        match value.foreign_member() {
            Some(member) => Err(wrong(format!("{member:?} belongs to another kind of document"))),
            None => Ok(value),
        }
    }

    /// The document as JSON without spaces: known members in the specification's order, then all
    /// others by name. Equal values give equal bytes.
    ///
    /// # Errors
    /// [`Error::Document`], which no document that was read or that is made of the fields gives.
    fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::Document { document: Self::NAME, reason: e.to_string() })
    }
}

fn first_of(other: &Members, names: [&'static str; 2]) -> Option<&'static str> {
    names.into_iter().find(|name| other.has_value(name))
}

impl Document for ImageManifest {
    const NAME: &'static str = "image manifest";
    const KIND: Kind = Kind::Manifest;

    fn media_type(&self) -> Option<&MediaType> {
        self.media_type.as_ref()
    }

    fn schema_version(&self) -> Option<u32> {
        Some(self.schema_version)
    }

    fn foreign_member(&self) -> Option<&'static str> {
        first_of(&self.other, ["manifests", "fsLayers"])
    }
}

impl Document for ImageIndex {
    const NAME: &'static str = "image index";
    const KIND: Kind = Kind::Index;

    fn media_type(&self) -> Option<&MediaType> {
        self.media_type.as_ref()
    }

    fn schema_version(&self) -> Option<u32> {
        Some(self.schema_version)
    }

    fn foreign_member(&self) -> Option<&'static str> {
        first_of(&self.other, ["config", "layers"])
    }
}

impl Document for ImageConfig {
    const NAME: &'static str = "image config";
    const KIND: Kind = Kind::Config;
}

impl Document for ImageLayout {
    const NAME: &'static str = "oci-layout file";
    const KIND: Kind = Kind::Other;
}

impl Document for Vec<DockerArchiveManifest> {
    const NAME: &'static str = "docker-archive manifest.json";
    const KIND: Kind = Kind::Other;
}
