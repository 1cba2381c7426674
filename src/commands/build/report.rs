//! What was built, for people and for programs.

use std::io::{self, Write};
use std::time::Duration;

use ocidian_build::build::MadeLayer;
use ocidian_spec::{Descriptor, DiffId, Digest, MediaType, Platform};
use serde::Serialize;

use crate::commands::made::Made;
use crate::commands::output::Output;
use crate::report::{Voice, escape, size};

/// What was built.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::commands) struct Report {
    image: String,
    digest: Digest,
    media_type: MediaType,
    size: u64,
    images: Vec<BuiltImage>,
    seconds: f64,
    notes: Vec<String>,
}

/// The image for one platform.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct BuiltImage {
    pub(in crate::commands) platform: Platform,
    manifest: Digest,
    config: Digest,
    /// The new ones.
    layers: Vec<BuiltLayer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BuiltLayer {
    source: String,
    digest: Digest,
    diff_id: DiffId,
    size: u64,
    uncompressed_size: u64,
    entries: u64,
}

impl BuiltImage {
    pub(in crate::commands) fn new(
        platform: Platform,
        manifest: Digest,
        config: Digest,
        layers: Vec<(String, MadeLayer)>,
    ) -> Self {
        let layer = |(source, layer): (String, MadeLayer)| BuiltLayer {
            source,
            digest: layer.descriptor.digest,
            diff_id: layer.diff_id,
            size: layer.descriptor.size,
            uncompressed_size: layer.size,
            entries: layer.entries,
        };
        Self { platform, manifest, config, layers: layers.into_iter().map(layer).collect() }
    }
}

impl Report {
    pub(in crate::commands) fn new(
        output: &Output,
        root: &Descriptor,
        images: Vec<BuiltImage>,
        notes: Vec<String>,
        time: Duration,
    ) -> Self {
        Self {
            image: output.shown(&root.digest),
            digest: root.digest.clone(),
            media_type: root.media_type.clone(),
            size: root.size,
            images,
            seconds: time.as_secs_f64(),
            notes,
        }
    }

    pub(in crate::commands) fn print(&self, made: &Made<'_>, voice: Voice) -> anyhow::Result<()> {
        self.notes.iter().for_each(|note| voice.warn(note));
        made.tell(voice, &self.image, &self.digest.to_string(), self, |out| self.write(out))
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let layers = || self.images.iter().flat_map(|image| &image.layers);
        writeln!(out, "{}: {}", escape::text(&self.image), self.digest)?;
        writeln!(
            out,
            "{}, {}, {} stored as {} in {:.1} s",
            size::count(layers().count() as u64, "new layer", "new layers"),
            size::count(layers().map(|layer| layer.entries).sum(), "entry", "entries"),
            size::bytes(layers().map(|layer| layer.uncompressed_size).sum()),
            size::bytes(layers().map(|layer| layer.size).sum()),
            self.seconds,
        )
    }
}
