//! `ls`: what a layout or archive names, or what is in a directory of an image.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use ocidian_content::space::ImageSpace;
use ocidian_content::{Error, Result, Role, Space, Store, names};
use ocidian_image_layout::Opened;
use ocidian_spec::{Annotations, Descriptor, Kind, MediaType, Platform, Selector};
use serde::Serialize;

use super::inspect::Room;
use super::{platforms, stored};
use crate::cli::{Format, Ls};
use crate::exit::Usage;
use crate::report::table::Table;
use crate::report::{self, Voice, escape, json, size};

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
    /// With --size, the room that it takes with all that it leads to.
    space: Option<Room>,
}

pub(crate) fn run(args: &Ls, voice: Voice) -> anyhow::Result<()> {
    if let Some(path) = &args.path {
        return super::ls_path::run(args, path, voice);
    }
    if args.choice.platform.is_some() {
        return Err(Usage("--platform chooses an image, which needs a PATH to list".to_owned()).into());
    }
    let opened = ocidian_image_layout::open(&args.image)?;
    let store = opened.store.as_ref();
    let listed = listed(store, &opened.selector)?;
    if args.names {
        return report::to_stdout(|out| write_names(out, &listed));
    }
    let mut told = HashSet::new();
    let mut warn = |error: &Error| {
        // It names a blob, which may be many tags' and many images'.
        let text = error.to_string();
        if !told.contains(&text) {
            voice.warn(&text);
            told.insert(text);
        }
    };
    let mut entries: Vec<Entry> =
        listed.iter().map(|entry| Entry::of(store, entry, &mut warn)).collect::<Result<_>>()?;
    if args.size {
        measure(&opened, &mut entries, voice)?;
    }
    report::to_stdout(|out| match args.format.format {
        Format::Json => json::write(out, &entries),
        Format::Text if args.size => write_sizes(out, &entries),
        Format::Text => write_table(out, &entries),
    })
}

fn measure(opened: &Opened, entries: &mut [Entry], voice: Voice) -> Result<()> {
    let space = Space::of(opened.store.as_ref(), stored::list(opened).as_deref())?;
    let rooms: HashMap<String, &ImageSpace> =
        space.images.iter().map(|image| (image.descriptor.digest.to_string(), image)).collect();
    for entry in entries {
        entry.space = rooms.get(&entry.digest).copied().map(Room::of);
    }
    if let Some((_, error)) = &space.damaged {
        voice.warn(&format!("sizes leave out what is damaged: {error}"));
    }
    Ok(())
}

/// The entries that `selector` means; an error that lists what there is where there are none.
pub(super) fn listed(store: &dyn Store, selector: &Selector) -> Result<Vec<Descriptor>> {
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
    fn of(store: &dyn Store, entry: &Descriptor, mut warn: impl FnMut(&Error)) -> Result<Self> {
        // A list is most wanted where something is wrong: one damaged image must not hide the others.
        let platforms = platforms::of(store, entry).unwrap_or_else(|error| {
            warn(&error);
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
            space: None,
        })
    }

    fn platforms(&self) -> String {
        self.platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    fn what(&self) -> String {
        if self.present { what(self.artifact_type.as_ref(), &self.media_type) } else { "absent".to_owned() }
    }
}

/// What an entry is, in a word where there is one.
pub(super) fn what(artifact_type: Option<&MediaType>, media_type: &MediaType) -> String {
    match (artifact_type, media_type.kind()) {
        (Some(artifact), _) => artifact.to_string(),
        (None, Kind::Index) => "index".to_owned(),
        (None, Kind::Manifest) => "image".to_owned(),
        (None, _) => media_type.to_string(),
    }
}

fn write_table(out: &mut impl Write, entries: &[Entry]) -> io::Result<()> {
    let mut table = Table::new(["TAG", "TYPE", "DIGEST", "PLATFORM"]);
    for entry in entries {
        let name = entry.name.as_deref().unwrap_or("-");
        table.row([name, &entry.what(), &entry.digest, &entry.platforms()]);
    }
    table.write(out, "")
}

fn write_sizes(out: &mut impl Write, entries: &[Entry]) -> io::Result<()> {
    let mut table = Table::new(["TAG", "TYPE", "SIZE", "SHARED", "DIGEST", "PLATFORM"]);
    for entry in entries {
        let name = entry.name.as_deref().unwrap_or("-");
        let room = |of: fn(&Room) -> u64| entry.space.as_ref().map(of).map(size::bytes).unwrap_or_default();
        let (size, shared) = (room(|room| room.size), room(|room| room.shared));
        table.row([name, &entry.what(), &size, &shared, &entry.digest, &entry.platforms()]);
    }
    table.write(out, "")
}

fn write_names(out: &mut impl Write, entries: &[Descriptor]) -> io::Result<()> {
    for name in entries.iter().filter_map(names::name_of) {
        writeln!(out, "{}", escape::text(name.as_str()))?;
    }
    Ok(())
}
