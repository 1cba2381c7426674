//! What an edit made, for people and for programs.

use std::io::Write;

use anyhow::Context as _;
use ocidian_spec::{Descriptor, Digest, MediaType};
use serde::Serialize;

use crate::cli::{Format, ResultArgs};
use crate::report::{self, Voice, escape, json};

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
    pub(super) fn print(&self, args: &ResultArgs, voice: Voice) -> anyhow::Result<()> {
        self.notes.iter().for_each(|note| voice.note(note));
        if let Some(path) = &args.digestfile {
            std::fs::write(path, self.root.digest.to_string()).with_context(|| {
                format!("{} is done, but its digest could not be written to {}", self.image, path.display())
            })?;
        }
        let Self { image, root, manifest, config, was, notes } = self;
        match args.format.format {
            Format::Json => {
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
                report::to_stdout(|out| json::write(out, &report))
            }
            Format::Text if voice.is_quiet() => Ok(()),
            Format::Text => {
                let told = match was.as_slice() {
                    [] => String::new(),
                    [one] if *one == root.digest => " (as before)".to_owned(),
                    several => {
                        let list: Vec<String> = several.iter().map(ToString::to_string).collect();
                        format!(" (was {})", list.join(", "))
                    }
                };
                report::to_stdout(|out| writeln!(out, "{}: {}{told}", escape::text(image), root.digest))
            }
        }
    }
}
