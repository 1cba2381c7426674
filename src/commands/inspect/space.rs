//! `inspect --space`, and `inspect` of a store with several images: the room that each takes, alone and shared.
//!
//! All is shown before anything is judged, as in `--tree`: where a document is damaged the command fails with it
//! once the figures are out.

use std::collections::HashSet;
use std::io::{self, Write};

use ocidian_content::Space;
use ocidian_content::space::ImageSpace;
use ocidian_image_layout::Opened;
use ocidian_spec::{Digest, MediaType};
use serde::Serialize;

use crate::cli::Format;
use crate::commands::{ls, stored};
use crate::report::size::{bytes, count};
use crate::report::table::Table;
use crate::report::text::Fields;
use crate::report::{self, Voice, json};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    images: Vec<Image>,
    total: Total,
    /// What `gc` would remove; only of a layout directory.
    unreached: Option<Unreached>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    names: Vec<String>,
    digest: Digest,
    media_type: MediaType,
    artifact_type: Option<MediaType>,
    #[serde(flatten)]
    room: Room,
}

/// The room that an image takes; `ls --size` has it too.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Room {
    blobs: u64,
    pub(crate) size: u64,
    own: u64,
    pub(crate) shared: u64,
    absent: u64,
}

/// Of all images, blobs that several share once.
#[derive(Debug, Serialize)]
struct Total {
    images: u64,
    names: u64,
    blobs: u64,
    size: u64,
    shared: u64,
}

/// Blobs that nothing needs.
#[derive(Debug, Serialize)]
struct Unreached {
    blobs: u64,
    size: u64,
}

/// Measures the store, and shows what the selector means of it.
pub(super) fn run(opened: &Opened, format: Format, voice: Voice) -> anyhow::Result<()> {
    let store = opened.store.as_ref();
    let shown: HashSet<Digest> =
        ls::listed(store, &opened.selector)?.into_iter().map(|entry| entry.digest).collect();
    let space = Space::of(store, stored::list(opened).as_deref())?;
    let unreached = stored::unreached(opened).map(|(blobs, size)| Unreached { blobs, size });
    let report = Report::of(&space, &shown, unreached);
    report::to_stdout(|out| match format {
        Format::Json => json::write(out, &report),
        Format::Text => report.write(out),
    })?;
    match space.damaged {
        Some((count, error)) => {
            if count > 1 {
                voice.warn(&format!("{count} documents cannot be read; the first is told"));
            }
            Err(error.into())
        }
        None => Ok(()),
    }
}

impl Room {
    pub(crate) fn of(image: &ImageSpace) -> Self {
        Self {
            blobs: image.blobs,
            size: image.size,
            own: image.own,
            shared: image.shared(),
            absent: image.absent,
        }
    }
}

impl Report {
    fn of(space: &Space, shown: &HashSet<Digest>, unreached: Option<Unreached>) -> Self {
        let own = space.images.iter().fold(0, |sum: u64, image| sum.saturating_add(image.own));
        let total = Total {
            images: space.images.len() as u64,
            names: space.images.iter().map(|image| image.names.len() as u64).sum(),
            blobs: space.blobs,
            size: space.size,
            shared: space.size.saturating_sub(own),
        };
        let images = space.images.iter().filter(|image| shown.contains(&image.descriptor.digest));
        Self { images: images.map(Image::of).collect(), total, unreached }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Total { images, names, blobs, size, shared } = self.total;
        let mut fields = Fields::new(out);
        let names = count(names, "tag", "tags");
        fields.one("Images", &format!("{} with {names}", count(images, "image", "images")))?;
        fields.one("Size", &format!("{} in {}", bytes(size), count(blobs, "blob", "blobs")))?;
        fields.one("Shared", &format!("{} in blobs of several images", bytes(shared)))?;
        if let Some(Unreached { blobs, size }) = self.unreached {
            fields.one("Unreached", &format!("{} in {}", bytes(size), count(blobs, "blob", "blobs")))?;
        }
        if self.images.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        let mut table = Table::new(["OWN", "SHARED", "SIZE", "TYPE", "DIGEST", "TAGS"]);
        let mut images: Vec<&Image> = self.images.iter().collect();
        // What frees most comes first.
        images.sort_by_key(|image| std::cmp::Reverse((image.room.own, image.room.size)));
        for image in images {
            image.row(&mut table);
        }
        table.write(out, "")
    }
}

impl Image {
    fn of(image: &ImageSpace) -> Self {
        Self {
            names: image.names.iter().map(ToString::to_string).collect(),
            digest: image.descriptor.digest.clone(),
            media_type: image.descriptor.media_type.clone(),
            artifact_type: image.descriptor.artifact_type.clone(),
            room: Room::of(image),
        }
    }

    fn row(&self, table: &mut Table<6>) {
        let room = &self.room;
        let mut names = if self.names.is_empty() { "-".to_owned() } else { self.names.join(", ") };
        if room.absent > 0 {
            names.push_str(&format!("  ({} absent)", count(room.absent, "blob", "blobs")));
        }
        let what = ls::what(self.artifact_type.as_ref(), &self.media_type);
        let [own, shared, size] = [room.own, room.shared, room.size].map(bytes);
        table.row([&own, &shared, &size, &what, &self.digest.to_string(), &names]);
    }
}
