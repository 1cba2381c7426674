//! What became of a bundle, for people and for programs.

use std::io::{self, Write};
use std::time::Duration;

use ocidian_build::build::MadeLayer;
use ocidian_build::repack::Repacked;
use ocidian_spec::{Descriptor, DiffId, Digest, MediaType};
use serde::Serialize;

use crate::commands::made::Made;
use crate::commands::output::Output;
use crate::report::{Voice, escape, size};

/// What became of a bundle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    image: String,
    digest: Digest,
    media_type: MediaType,
    size: u64,
    layer: Option<Layer>,
    removed: usize,
    compared: usize,
    taken: usize,
    seconds: f64,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    digest: Digest,
    diff_id: DiffId,
    size: u64,
    uncompressed_size: u64,
    entries: u64,
}

impl Report {
    pub(super) fn new(
        output: &Output,
        root: &Descriptor,
        repacked: &Repacked,
        complete: bool,
        mut notes: Vec<String>,
    ) -> Self {
        let layer = |made: &MadeLayer| Layer {
            digest: made.descriptor.digest.clone(),
            diff_id: made.diff_id.clone(),
            size: made.descriptor.size,
            uncompressed_size: made.size,
            entries: made.entries,
        };
        notes.extend(repacked.layer.iter().flat_map(|layer| layer.warnings.iter().cloned()));
        if !complete && repacked.taken > 0 {
            let entries = size::count(repacked.taken as u64, "entry", "entries");
            notes.push(format!("{entries} may be as before, but could not be compared"));
        }
        Self {
            image: output.shown(&root.digest),
            digest: root.digest.clone(),
            media_type: root.media_type.clone(),
            size: root.size,
            layer: repacked.layer.as_ref().map(layer),
            removed: repacked.removed,
            compared: repacked.compared,
            taken: repacked.taken,
            seconds: 0.0,
            notes,
        }
    }

    pub(super) fn took(&mut self, time: Duration) {
        self.seconds = time.as_secs_f64();
    }

    pub(super) fn print(&self, made: &Made<'_>, voice: Voice) -> anyhow::Result<()> {
        self.notes.iter().for_each(|note| voice.warn(note));
        made.tell(voice, &self.image, &self.digest.to_string(), self, |out| self.write(out))
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}: {}", escape::text(&self.image), self.digest)?;
        match &self.layer {
            None => writeln!(out, "nothing changed, so there is no new layer ({:.1} s)", self.seconds),
            Some(layer) => writeln!(
                out,
                "a new layer of {}, {} of them removed, {} stored as {} in {:.1} s",
                size::count(layer.entries, "entry", "entries"),
                self.removed,
                size::bytes(layer.uncompressed_size),
                size::bytes(layer.size),
                self.seconds,
            ),
        }
    }
}
