//! `ls`: what a layout or archive names, or what is in a directory of an image.

use std::io::{self, Write};

use ocidian_content::{Error, Result, Role, Store, names};
use ocidian_image_layout::Opened;
use ocidian_spec::{Annotations, Descriptor, Kind, MediaType, Platform, Selector};
use serde::Serialize;

use super::platforms;
use crate::cli::{Format, Ls};
use crate::exit::Usage;
use crate::report::table::Table;
use crate::report::{self, Voice, escape, json};

/// A line of the list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: Option<String>,
    digest: String,
    media_type: MediaType,
    size: u64,
    artifact_type: Option<MediaType>,
    platforms: Vec<Platform>,
    annotations: Annotations,
    present: bool,
}

pub(crate) fn run(args: &Ls, voice: Voice) -> anyhow::Result<()> {
    if let Some(path) = &args.path {
        return super::ls_path::run(args, path, voice);
    }
    if args.choice.platform.is_some() {
        return Err(Usage("--platform chooses an image, which needs a PATH to list".to_owned()).into());
    }
    let Opened { store, selector, .. } = ocidian_image_layout::open(&args.image)?;
    let store = store.as_ref();
    let listed = listed(store, &selector)?;
    if args.names {
        return report::to_stdout(|out| write_names(out, &listed));
    }
    let entries: Vec<Entry> =
        listed.iter().map(|entry| Entry::of(store, entry, voice)).collect::<Result<_>>()?;
    report::to_stdout(|out| match args.format.format {
        Format::Json => json::write(out, &entries),
        Format::Text => write_table(out, &entries),
    })
}

fn listed(store: &dyn Store, selector: &Selector) -> Result<Vec<Descriptor>> {
    let all: Vec<Descriptor> = store.list()?.into_iter().map(|(_, entry)| entry).collect();
    let (wanted, found) = match selector {
        Selector::Sole => return Ok(all),
        Selector::Name(name) => (name.to_string(), store.resolve(name)?),
        Selector::Digest(digest) => {
            (format!("@{digest}"), all.iter().filter(|entry| entry.digest == *digest).cloned().collect())
        }
    };
    if found.is_empty() {
        let known = all.iter().filter_map(names::name_of).map(|name| name.to_string()).collect();
        return Err(Error::RefNotFound { name: wanted, store: store.name(), known });
    }
    Ok(found)
}

impl Entry {
    fn of(store: &dyn Store, entry: &Descriptor, voice: Voice) -> Result<Self> {
        // A list is most wanted where something is wrong: one damaged image must not hide the others.
        let platforms = platforms::of(store, entry).unwrap_or_else(|error| {
            voice.warn(&error.to_string());
            Vec::new()
        });
        Ok(Self {
            name: names::name_of(entry).map(|name| name.to_string()),
            digest: entry.digest.to_string(),
            media_type: entry.media_type.clone(),
            size: entry.size,
            artifact_type: entry.artifact_type.clone(),
            platforms,
            annotations: entry.annotations.clone().unwrap_or_default(),
            present: store.stat(Role::Manifest, entry)?.is_some(),
        })
    }

    fn what(&self) -> String {
        if !self.present {
            return "absent".to_owned();
        }
        if let Some(artifact) = &self.artifact_type {
            return artifact.to_string();
        }
        match self.media_type.kind() {
            Kind::Index => "index".to_owned(),
            Kind::Manifest => "image".to_owned(),
            _ => self.media_type.to_string(),
        }
    }
}

fn write_table(out: &mut impl Write, entries: &[Entry]) -> io::Result<()> {
    let mut table = Table::new(["TAG", "TYPE", "DIGEST", "PLATFORM"]);
    for entry in entries {
        let platforms: Vec<String> = entry.platforms.iter().map(ToString::to_string).collect();
        let name = entry.name.as_deref().unwrap_or("-");
        table.row([name, &entry.what(), &entry.digest, &platforms.join(",")]);
    }
    table.write(out, "")
}

fn write_names(out: &mut impl Write, entries: &[Descriptor]) -> io::Result<()> {
    for name in entries.iter().filter_map(names::name_of) {
        writeln!(out, "{}", escape::text(name.as_str()))?;
    }
    Ok(())
}
