//! `inspect --layers`: where an image's size went, layer by layer. Reads and verifies every layer, unpacks none.

mod text;

use ocidian_content::{Cancel, document};
use ocidian_layer::tar::Limits;
use ocidian_spec::{Descriptor, DiffId, Digest, History, MediaType, Platform};
use ocidian_unpack::Image;
use ocidian_unpack::files::{ImageUsage, LargeFile, LayerUsage};
use serde::Serialize;

use super::history;
use crate::cli::{Format, Inspect};
use crate::commands::{open, platforms};
use crate::report::{self, Voice, escape, json};

/// An image, weighed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    name: Option<String>,
    digest: Digest,
    platform: Platform,
    created: Option<String>,
    layers: Vec<Layer>,
    total: Total,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    digest: Digest,
    media_type: MediaType,
    /// As it is stored.
    size: u64,
    diff_id: String,
    /// Of its tar.
    uncompressed_size: u64,
    created: Option<String>,
    created_by: Option<String>,
    comment: Option<String>,
    files: Names,
    directories: Directories,
    content: u64,
    hidden: u64,
    hides: u64,
    largest: Vec<Large>,
}

/// Files of all kinds but directories.
#[derive(Debug, Serialize)]
struct Names {
    added: u64,
    changed: u64,
    removed: u64,
}

#[derive(Debug, Serialize)]
struct Directories {
    added: u64,
    removed: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Large {
    path: String,
    size: u64,
    /// From 1.
    hidden_by: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Total {
    size: u64,
    uncompressed_size: u64,
    files: u64,
    directories: u64,
    content: u64,
    hidden: u64,
    efficiency: f64,
}

pub(super) fn run(args: &Inspect, voice: Voice) -> anyhow::Result<()> {
    let chosen = open::choose(&args.image, voice)?;
    let (store, manifest) = (chosen.store.as_ref(), &chosen.selection.manifest);
    let config = document::config(store, manifest.value())?;
    let image = Image { manifest, config: &config };
    let progress = voice.progress();
    // Nothing is made, so a signal may end the process where it stands.
    let usage = ImageUsage::read(store, image, Limits::default(), args.top, &*progress, &Cancel::new())?;
    drop(progress);
    let name = chosen.selection.name.as_ref().map(ToString::to_string);
    let report = Report::of(name, image, usage);
    report::to_stdout(|out| match args.format {
        Format::Json => json::write(out, &report),
        Format::Text => text::write(out, &report),
    })
}

impl Report {
    fn of(name: Option<String>, image: Image<'_>, usage: ImageUsage) -> Self {
        let (manifest, config) = (image.manifest.value(), image.config.value());
        let total = Total::of(&manifest.layers, &usage);
        let steps = history::of_layers(config, manifest.layers.len());
        let step = |at: Option<usize>| at.and_then(|at| config.history.as_ref()?.get(at));
        let layers = manifest.layers.iter().zip(&config.rootfs.diff_ids).zip(usage.layers).zip(steps);
        let layers = layers.map(|(((layer, diff_id), usage), at)| Layer::of(layer, diff_id, usage, step(at)));
        Self {
            name,
            digest: image.manifest.descriptor().digest.clone(),
            platform: platforms::of_config(config),
            created: config.created.clone(),
            layers: layers.collect(),
            total,
        }
    }
}

impl Layer {
    fn of(layer: &Descriptor, diff_id: &DiffId, usage: LayerUsage, step: Option<&History>) -> Self {
        Self {
            digest: layer.digest.clone(),
            media_type: layer.media_type.clone(),
            size: layer.size,
            diff_id: diff_id.to_string(),
            uncompressed_size: usage.uncompressed,
            created: step.and_then(|step| step.created.clone()),
            created_by: step.and_then(|step| step.created_by.clone()),
            comment: step.and_then(|step| step.comment.clone()),
            files: Names { added: usage.added, changed: usage.changed, removed: usage.removed },
            directories: Directories { added: usage.directories_added, removed: usage.directories_removed },
            content: usage.content,
            hidden: usage.hidden,
            hides: usage.hides,
            largest: usage.largest.into_iter().map(Large::of).collect(),
        }
    }
}

impl Large {
    fn of(file: LargeFile) -> Self {
        Self {
            path: escape::bytes(file.path.as_bytes()),
            size: file.size,
            hidden_by: file.hidden_by.map(|at| at + 1),
        }
    }
}

impl Total {
    fn of(layers: &[Descriptor], usage: &ImageUsage) -> Self {
        let (content, hidden) = (usage.content(), usage.hidden());
        let efficiency =
            if content == 0 { 1.0 } else { content.saturating_sub(hidden) as f64 / content as f64 };
        Self {
            size: layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size)),
            uncompressed_size: usage
                .layers
                .iter()
                .fold(0, |sum, layer| sum.saturating_add(layer.uncompressed)),
            files: usage.files(),
            directories: usage.directories(),
            content,
            hidden,
            efficiency,
        }
    }
}
