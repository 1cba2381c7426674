//! What an edit made, for people and for programs.

use std::io::Write;

use ocidian_spec::{Descriptor, Digest, MediaType};
use serde::Serialize;

use crate::commands::made::Made;
use crate::report::{Voice, escape};

/// What an edit made.
pub(super) struct Done {
    /// As it can be named.
    pub(super) image: String,
    pub(super) root: Descriptor,
    pub(super) manifest: Descriptor,
    pub(super) config: Descriptor,
    /// What the name stood for before.
    pub(super) was: Vec<Digest>,
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    image: &'a str,
    digest: &'a Digest,
    media_type: &'a MediaType,
    size: u64,
    manifest: &'a Digest,
    config: &'a Digest,
    was: &'a [Digest],
    notes: &'a [String],
}

impl Done {
    pub(super) fn print(&self, made: &Made<'_>, voice: Voice) -> anyhow::Result<()> {
        self.notes.iter().for_each(|note| voice.note(note));
        let Self { image, root, manifest, config, was, notes } = self;
        let report = Report {
            image,
            digest: &root.digest,
            media_type: &root.media_type,
            size: root.size,
            manifest: &manifest.digest,
            config: &config.digest,
            was,
            notes,
        };
        made.tell(voice, image, &root.digest.to_string(), &report, |out| {
            let told = match was.as_slice() {
                [] => String::new(),
                [one] if *one == root.digest => " (as before)".to_owned(),
                several => {
                    let list: Vec<String> = several.iter().map(ToString::to_string).collect();
                    format!(" (was {})", list.join(", "))
                }
            };
            writeln!(out, "{}: {}{told}", escape::text(image), root.digest)
        })
    }
}
