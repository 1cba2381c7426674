//! An index, reported.

use std::io::{self, Write};

use ocidian_content::{Result, Role, Store, document};
use ocidian_spec::annotations::DOCKER_REFERENCE_TYPE;
use ocidian_spec::{Annotations, Descriptor, ImageIndex, MediaType, Platform, Raw};
use serde::Serialize;

use crate::report::table::Table;
use crate::report::text::Fields;

/// A multi-platform image, or whatever else an index lists.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IndexReport {
    digest: String,
    media_type: MediaType,
    size: u64,
    artifact_type: Option<MediaType>,
    annotations: Annotations,
    manifests: Vec<Child>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Child {
    digest: String,
    media_type: MediaType,
    size: u64,
    platform: Option<Platform>,
    artifact_type: Option<MediaType>,
    annotations: Annotations,
    present: bool,
}

impl IndexReport {
    /// Reads the index and looks for what it lists.
    pub(super) fn read(store: &dyn Store, descriptor: &Descriptor) -> Result<Self> {
        let index: Raw<ImageIndex> = document::read(store, Role::Manifest, descriptor)?;
        let index = index.value();
        let manifests = index.manifests.iter().map(|child| {
            Ok(Child {
                digest: child.digest.to_string(),
                media_type: child.media_type.clone(),
                size: child.size,
                platform: child.platform.clone(),
                artifact_type: child.artifact_type.clone(),
                annotations: child.annotations.clone().unwrap_or_default(),
                present: store.stat(Role::Manifest, child)?.is_some(),
            })
        });
        Ok(Self {
            digest: descriptor.digest.to_string(),
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            artifact_type: index.artifact_type.clone(),
            annotations: index.annotations.clone().unwrap_or_default(),
            manifests: manifests.collect::<Result<_>>()?,
        })
    }

    /// For people.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut fields = Fields::new(out);
        fields.one("Index", &self.digest)?;
        fields.one("Media type", self.media_type.as_str())?;
        fields.maybe("Artifact type", self.artifact_type.as_ref().map(MediaType::as_str))?;
        fields.many("Annotations", self.annotations.iter().map(|(key, value)| format!("{key}={value}")))?;
        fields.one("Manifests", &self.manifests.len().to_string())?;
        let mut table = Table::plain();
        for child in &self.manifests {
            let absent = if child.present { "" } else { "absent" };
            table.row([&child.what(), &child.digest, absent]);
        }
        table.write(out, "  ")
    }
}

impl Child {
    /// The platform, or what it is instead.
    fn what(&self) -> String {
        match (self.annotations.get(DOCKER_REFERENCE_TYPE), &self.platform, &self.artifact_type) {
            (Some(reference), ..) => reference.clone(),
            (None, Some(platform), _) => platform.to_string(),
            (None, None, Some(artifact)) => artifact.to_string(),
            (None, None, None) => self.media_type.to_string(),
        }
    }
}
