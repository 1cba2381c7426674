//! An image's manifest and config, reported.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ocidian_content::{Result, Role, Store, document};
use ocidian_spec::{
    Annotations, Descriptor, ExecConfig, History, ImageConfig, ImageManifest, Kind, MediaType, Platform, Raw,
};
use serde::Serialize;

use super::history;
use crate::commands::platforms;
use crate::report::text::{Fields, shortened};
use crate::report::{escape, size};

/// One image, or an artifact in an image's clothes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImageReport {
    digest: String,
    media_type: MediaType,
    size: u64,
    artifact_type: Option<MediaType>,
    platform: Option<Platform>,
    created: Option<String>,
    author: Option<String>,
    /// Of all layers as they are stored.
    layers_size: u64,
    config: Option<Blob>,
    layers: Vec<Layer>,
    history: Vec<Step>,
    run: Option<Run>,
    subject: Option<String>,
    annotations: Annotations,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    digest: String,
    media_type: MediaType,
    size: u64,
    present: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    #[serde(flatten)]
    blob: Blob,
    diff_id: Option<String>,
    /// Which step of the history made it, where history and layers agree in number.
    history: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    created: Option<String>,
    created_by: Option<String>,
    author: Option<String>,
    comment: Option<String>,
    empty_layer: bool,
}

/// How the image wants to be run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    env: Vec<String>,
    user: Option<String>,
    working_dir: Option<String>,
    exposed_ports: Vec<String>,
    volumes: Vec<String>,
    labels: BTreeMap<String, String>,
    stop_signal: Option<String>,
}

impl ImageReport {
    /// Reads the config, where there is one, and looks for the layers.
    pub(super) fn read(store: &dyn Store, manifest: &Raw<ImageManifest>) -> Result<Self> {
        let descriptor = manifest.descriptor();
        let value = manifest.value();
        let config_blob = Blob::find(store, &value.config)?;
        let is_config = value.config.media_type.kind() == Kind::Config;
        let config =
            if is_config && config_blob.present { Some(document::config(store, value)?) } else { None };
        let config = config.as_ref().map(Raw::value);
        let history: Vec<Step> =
            config.and_then(|c| c.history.as_ref()).into_iter().flatten().map(Step::of).collect();
        Ok(Self {
            digest: descriptor.digest.to_string(),
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            artifact_type: value.artifact_type.clone(),
            platform: config.map(platforms::of_config).or_else(|| descriptor.platform.clone()),
            created: config.and_then(|c| c.created.clone()),
            author: config.and_then(|c| c.author.clone()),
            layers_size: value.layers.iter().fold(0, |sum: u64, layer| sum.saturating_add(layer.size)),
            config: Some(config_blob),
            layers: layers(store, value, config)?,
            history,
            run: config.and_then(|c| c.config.as_ref()).map(Run::of),
            subject: value.subject.as_ref().map(|subject| subject.digest.to_string()),
            annotations: value.annotations.clone().unwrap_or_default(),
        })
    }

    /// For people.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut fields = Fields::new(out);
        fields.one("Digest", &self.digest)?;
        fields.one("Media type", self.media_type.as_str())?;
        fields.maybe("Artifact", self.artifact_type.as_ref().map(MediaType::as_str))?;
        fields.maybe("Platform", self.platform.as_ref().map(full_platform).as_deref())?;
        fields.maybe("Created", self.created.as_deref())?;
        fields.maybe("Author", self.author.as_deref())?;
        if let Some(config) = &self.config {
            let absent = if config.present { "" } else { ", absent" };
            fields.one("Config", &format!("{} ({}{absent})", config.digest, size::bytes(config.size)))?;
        }
        if let Some(run) = &self.run {
            run.write(&mut fields)?;
        }
        fields.maybe("Subject", self.subject.as_deref())?;
        fields.many("Annotations", self.annotations.iter().map(|(key, value)| format!("{key}={value}")))?;
        let count = size::count(self.layers.len() as u64, "layer", "layers");
        fields.one("Layers", &format!("{count}, {}", size::bytes(self.layers_size)))?;
        for layer in &self.layers {
            let absent = if layer.blob.present { "" } else { "  absent" };
            writeln!(out, "  {}  {:>8}{absent}", layer.blob.digest, size::bytes(layer.blob.size))?;
            let step = layer.history.and_then(|at| self.history.get(at));
            if let Some(by) = step.and_then(|step| step.created_by.as_deref()).filter(|by| !by.is_empty()) {
                writeln!(out, "    {}", escape::text(&shortened(by, 100)))?;
            }
        }
        Ok(())
    }
}

impl Blob {
    fn find(store: &dyn Store, descriptor: &Descriptor) -> Result<Self> {
        Ok(Self {
            digest: descriptor.digest.to_string(),
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            // Embedded content needs no blob.
            present: descriptor.data.is_some() || store.stat(Role::Blob, descriptor)?.is_some(),
        })
    }
}

impl Step {
    fn of(history: &History) -> Self {
        Self {
            created: history.created.clone(),
            created_by: history.created_by.clone(),
            author: history.author.clone(),
            comment: history.comment.clone(),
            empty_layer: history.empty_layer.unwrap_or(false),
        }
    }
}

impl Run {
    fn of(config: &ExecConfig) -> Self {
        Self {
            entrypoint: config.entrypoint.clone(),
            cmd: config.cmd.clone(),
            env: config.env.clone().unwrap_or_default(),
            user: config.user.clone(),
            working_dir: config.working_dir.clone(),
            exposed_ports: config.exposed_ports.iter().flat_map(BTreeMap::keys).cloned().collect(),
            volumes: config.volumes.iter().flat_map(BTreeMap::keys).cloned().collect(),
            labels: config.labels.clone().unwrap_or_default(),
            stop_signal: config.stop_signal.clone(),
        }
    }

    fn write<W: Write>(&self, fields: &mut Fields<'_, W>) -> io::Result<()> {
        // As a list: `["sh", "-c", "a b"]` and `["sh", "-c", "a", "b"]` are not the same.
        let list = |list: &Option<Vec<String>>| list.as_ref().and_then(|l| serde_json::to_string(l).ok());
        fields.maybe("Entrypoint", list(&self.entrypoint).as_deref())?;
        fields.maybe("Cmd", list(&self.cmd).as_deref())?;
        fields.maybe("User", self.user.as_deref())?;
        fields.maybe("Working dir", self.working_dir.as_deref())?;
        fields.many("Env", &self.env)?;
        fields.many("Ports", &self.exposed_ports)?;
        fields.many("Volumes", &self.volumes)?;
        fields.maybe("Stop signal", self.stop_signal.as_deref())?;
        fields.many("Labels", self.labels.iter().map(|(key, value)| format!("{key}={value}")))
    }
}

fn layers(store: &dyn Store, manifest: &ImageManifest, config: Option<&ImageConfig>) -> Result<Vec<Layer>> {
    let steps = config.map(|config| history::of_layers(config, manifest.layers.len())).unwrap_or_default();
    let layer = |(at, descriptor): (usize, &Descriptor)| {
        Ok(Layer {
            blob: Blob::find(store, descriptor)?,
            diff_id: config.and_then(|c| c.rootfs.diff_ids.get(at)).map(ToString::to_string),
            history: steps.get(at).copied().flatten(),
        })
    };
    manifest.layers.iter().enumerate().map(layer).collect()
}

/// With what only Windows images have.
fn full_platform(platform: &Platform) -> String {
    match &platform.os_version {
        Some(version) => format!("{platform} (version {version})"),
        None => platform.to_string(),
    }
}
