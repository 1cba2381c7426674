//! Edits of an image's config and annotations: what is named changes, all else stays.
//!
//! The order is fixed, so that no combination is ambiguous: a whole config first, then what is cleared, then what is
//! taken out of lists, then what is set. Lists keep their order, and what is set again keeps its place.

use std::collections::BTreeMap;

use ocidian_spec::{Document, ExecConfig, ImageConfig, Members, Platform, json};
use serde_json::value::{RawValue, to_raw_value};

use crate::created::Created;
use crate::error::{Error, Result};
use crate::history::Line;
use crate::image::{Image, annotate};

/// A field of the config, or the annotations, that can be cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "config.md says what they are")]
pub enum Field {
    Entrypoint,
    Cmd,
    Env,
    User,
    WorkingDir,
    Labels,
    ExposedPorts,
    Volumes,
    StopSignal,
    Author,
    Created,
    /// Those of the manifest.
    Annotations,
}

/// What an annotation is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// The manifest.
    #[default]
    Manifest,
    /// The manifest's descriptor of the config.
    ConfigDescriptor,
    /// What stands for the manifest in the index above it, or in the store.
    ManifestDescriptor,
    /// The outermost index above the image.
    Index,
}

/// Values of the config to set. What is `None` or empty is left as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "config.md says what they are")]
pub struct Settings {
    pub entrypoint: Option<Vec<String>>,
    pub cmd: Option<Vec<String>>,
    /// Names and values.
    pub env: Vec<(String, String)>,
    pub user: Option<String>,
    pub working_dir: Option<String>,
    pub labels: Vec<(String, String)>,
    pub exposed_ports: Vec<String>,
    pub volumes: Vec<String>,
    pub stop_signal: Option<String>,
    pub author: Option<String>,
}

/// Names to take out of a config's lists. One that is not there is no error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "config.md says what they are")]
pub struct Removals {
    pub env: Vec<String>,
    pub labels: Vec<String>,
    pub exposed_ports: Vec<String>,
    pub volumes: Vec<String>,
}

/// An edit of config and annotations.
#[derive(Debug, Clone, Default)]
pub struct Mutation {
    /// A whole config, as JSON; see [`whole`].
    pub config: Option<Vec<u8>>,
    /// What to clear.
    pub clear: Vec<Field>,
    /// What to take out.
    pub remove: Removals,
    /// What to set.
    pub set: Settings,
    /// The platform to say that the image is for.
    pub platform: Option<Platform>,
    /// When to say that it was made, whatever else decides that.
    pub created: Option<String>,
    /// Annotations to set, or without a value to remove.
    pub annotations: Vec<(Target, String, Option<String>)>,
    /// A line of history for what made no layer.
    pub history: Option<Line>,
}

impl Mutation {
    /// Edits the image.
    ///
    /// # Errors
    /// [`Error::Refused`]: a config of other layers, or an annotation on an index where there is none.
    pub fn apply(&self, image: &mut Image, created: &Created) -> Result<()> {
        let config = &mut image.config;
        if let Some(text) = &self.config {
            *config = whole(text, config)?;
        }
        for field in &self.clear {
            match field {
                Field::Annotations => image.manifest.annotations = None,
                field => clear(config, *field),
            }
        }
        self.remove.apply(config);
        self.set.apply(config)?;
        if let Some(platform) = &self.platform {
            set_platform(config, platform);
        }
        if image.config != *image.original_config().value() || self.history.is_some() {
            let made = created.decide(image.config.created.as_deref(), None);
            image.config.created = made;
        }
        if let Some(created) = &self.created {
            image.config.created = Some(created.clone());
        }
        if let Some(line) = &self.history {
            let line = line.clone().into_history(image.config.created.as_deref(), false);
            image.push_history(line);
        }
        self.annotations.iter().try_for_each(|(target, key, value)| {
            let place = match target {
                Target::Manifest => &mut image.manifest.annotations,
                Target::ConfigDescriptor => &mut image.manifest.config.annotations,
                Target::ManifestDescriptor => &mut image.descriptor.annotations,
                Target::Index => match image.index_mut() {
                    Some(index) => &mut index.annotations,
                    None => {
                        let reason =
                            format!("annotation {key:?}: the image is in no index that could have it");
                        return Err(Error::Refused(reason));
                    }
                },
            };
            annotate(place, key, value.as_deref());
            Ok(())
        })
    }
}

/// A whole config for an image of the layers that `image` has. Where the text has no `rootfs` or no `history`, those
/// of `image` stay.
///
/// # Errors
/// [`Error::Content`] where it is no config, [`Error::Refused`] where its diff_ids are not the image's.
pub fn whole(text: &[u8], image: &ImageConfig) -> Result<ImageConfig> {
    json::scan(text, json::DOCUMENT, ImageConfig::NAME)?;
    let unreadable = |error: serde_json::Error| Error::Refused(format!("the config cannot be read: {error}"));
    let mut members: Members = serde_json::from_slice(text).map_err(unreadable)?;
    if !members.contains_key("rootfs") {
        members.insert("rootfs".to_owned(), to_raw_value(&image.rootfs).map_err(unreadable)?);
    }
    if let (Some(history), false) = (&image.history, members.contains_key("history")) {
        members.insert("history".to_owned(), to_raw_value(history).map_err(unreadable)?);
    }
    let config = ImageConfig::parse(&serde_json::to_vec(&members).map_err(unreadable)?, json::DOCUMENT)?;
    if config.rootfs.diff_ids != image.rootfs.diff_ids {
        let reason =
            "the config's rootfs.diff_ids are not those of the image's layers; leave rootfs out to keep them";
        return Err(Error::Refused(reason.to_owned()));
    }
    Ok(config)
}

/// Says that the image is for `platform`: of what it does not name nothing is left.
pub fn set_platform(config: &mut ImageConfig, platform: &Platform) {
    let platform = platform.clone();
    config.os = platform.os;
    config.architecture = platform.architecture;
    config.variant = platform.variant;
    config.os_version = platform.os_version;
    config.os_features = platform.os_features;
}

fn clear(config: &mut ImageConfig, field: Field) {
    match field {
        Field::Author => config.author = None,
        Field::Created => config.created = None,
        _ => {}
    }
    let Some(exec) = &mut config.config else { return };
    match field {
        Field::Entrypoint => exec.entrypoint = None,
        Field::Cmd => exec.cmd = None,
        Field::Env => exec.env = None,
        Field::User => exec.user = None,
        Field::WorkingDir => exec.working_dir = None,
        Field::Labels => exec.labels = None,
        Field::ExposedPorts => exec.exposed_ports = None,
        Field::Volumes => exec.volumes = None,
        Field::StopSignal => exec.stop_signal = None,
        Field::Author | Field::Created | Field::Annotations => {}
    }
}

impl Removals {
    fn apply(&self, config: &mut ImageConfig) {
        let Some(exec) = &mut config.config else { return };
        if let Some(env) = &mut exec.env {
            env.retain(|entry| !self.env.iter().any(|name| name == name_of(entry)));
        }
        if let Some(labels) = &mut exec.labels {
            labels.retain(|key, _| !self.labels.contains(key));
        }
        if let Some(ports) = &mut exec.exposed_ports {
            ports.retain(|port, _| !self.exposed_ports.contains(port));
        }
        if let Some(volumes) = &mut exec.volumes {
            volumes.retain(|volume, _| !self.volumes.contains(volume));
        }
    }
}

impl Settings {
    /// Sets the values in a config.
    pub fn apply(&self, config: &mut ImageConfig) -> Result<()> {
        if let Some(author) = &self.author {
            config.author = Some(author.clone());
        }
        if *self == (Self { author: self.author.clone(), ..Self::default() }) {
            return Ok(());
        }
        let exec = config.config.get_or_insert_with(ExecConfig::default);
        for (place, value) in [(&mut exec.entrypoint, &self.entrypoint), (&mut exec.cmd, &self.cmd)] {
            if let Some(words) = value {
                *place = Some(words.clone());
            }
        }
        let texts = [
            (&mut exec.user, &self.user),
            (&mut exec.working_dir, &self.working_dir),
            (&mut exec.stop_signal, &self.stop_signal),
        ];
        for (place, value) in texts {
            if let Some(text) = value {
                *place = Some(text.clone());
            }
        }
        for (name, value) in &self.env {
            set_env(exec.env.get_or_insert_default(), name, value);
        }
        for (key, value) in &self.labels {
            exec.labels.get_or_insert_default().insert(key.clone(), value.clone());
        }
        add_names(&mut exec.exposed_ports, &self.exposed_ports)?;
        add_names(&mut exec.volumes, &self.volumes)
    }
}

/// Sets a variable where it stands; readers differ on which of two would count, so that one is left.
fn set_env(env: &mut Vec<String>, name: &str, value: &str) {
    let entry = format!("{name}={value}");
    let mut places = env.iter_mut().filter(|entry| name_of(entry) == name);
    let Some(first) = places.next() else {
        env.push(entry);
        return;
    };
    *first = entry;
    let mut seen = false;
    env.retain(|entry| name_of(entry) != name || !std::mem::replace(&mut seen, true));
}

fn name_of(entry: &str) -> &str {
    entry.split_once('=').map_or(entry, |(name, _)| name)
}

/// Adds names to one of the objects that stand for sets in Go.
fn add_names(set: &mut Option<BTreeMap<String, Box<RawValue>>>, names: &[String]) -> Result<()> {
    for name in names {
        let empty = RawValue::from_string("{}".to_owned());
        let empty = empty.map_err(|error| Error::Refused(format!("{name:?}: {error}")))?;
        set.get_or_insert_default().entry(name.clone()).or_insert(empty);
    }
    Ok(())
}
