//! Layers made from what is on disk: a directory read as it is, a tar checked and taken as it is.
//!
//! A layer goes into its sink while it is read, compressed on the way; it is a layer of the image only once it
//! was read to the end. Dropped before, nothing of it is left.

mod behind;
mod directory;
mod tar;

use std::io::{self, Write};

use ocidian_content::{BlobSink, BlobWrite, Cancel, Event, Expect, Progress, Role};
use ocidian_layer::{Compressor, EntryPath, LayerSummary, LayerWriter, Threads, Timestamp};
use ocidian_spec::{Algorithm, Compression, Descriptor, DiffId, MediaType};

use behind::Behind;
pub use directory::directory_layer;
pub(crate) use directory::{explain, put};
pub use tar::{TarSource, tar_layer};

use crate::error::{Error, Result};

/// What every layer that is made goes through.
#[derive(Clone, Copy)]
pub struct Maker<'a> {
    /// Where blobs go.
    pub sink: &'a dyn BlobSink,
    /// How they are compressed.
    pub compressor: Compressor,
    /// By how many threads.
    pub threads: Threads,
    /// Whether the manifest is of Docker's media types.
    pub docker: bool,
    /// Who watches.
    pub progress: &'a dyn Progress,
    /// Who may stop it.
    pub cancel: &'a Cancel,
}

/// A layer that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeLayer {
    /// The blob, with its media type.
    pub descriptor: Descriptor,
    /// Of its uncompressed tar.
    pub diff_id: DiffId,
    /// Bytes of its uncompressed tar.
    pub size: u64,
    /// Entries, whiteouts included.
    pub entries: u64,
    /// The latest time of any of them.
    pub newest: Option<Timestamp>,
    /// What a person should know, a line each.
    pub warnings: Vec<String>,
}

/// The layer's blob in the making: a tar goes in.
pub(crate) struct LayerBlob<'a> {
    through: Through,
    maker: Maker<'a>,
    /// What the layer is made of, for messages.
    name: &'a str,
    /// Bytes of the tar, and those that were told of.
    written: u64,
    told: u64,
}

/// How the tar gets into the blob.
enum Through {
    /// Compressed, and hashed before.
    Compressor(Box<LayerWriter<Box<dyn BlobWrite>>>),
    /// As it is: the blob's digest is the diff_id, and hashing it once does.
    Nothing(Behind<Box<dyn BlobWrite>>),
}

/// Bytes between two words about them.
const TICK: u64 = 1 << 20;

impl<'a> Maker<'a> {
    /// Begins a layer that is made of `name`, the `index`th of `count`.
    pub(crate) fn begin(&self, name: &'a str, index: usize, count: usize) -> Result<LayerBlob<'a>> {
        self.progress.event(Event::Make { name, index, count });
        let blob = self.sink.begin(Role::Blob, Expect::Hash(Algorithm::Sha256))?;
        let through = if self.compressor == Compressor::NONE {
            Through::Nothing(Behind::new(blob, self.threads))
        } else {
            let writer = LayerWriter::new(blob, self.compressor, self.threads)
                .map_err(|source| Error::Layer { layer: name.to_owned(), source })?;
            Through::Compressor(Box::new(writer))
        };
        Ok(LayerBlob { through, maker: *self, name, written: 0, told: 0 })
    }

    fn media_type(&self) -> MediaType {
        let compression: Compression = self.compressor.compression();
        if self.docker { MediaType::DockerLayer(compression) } else { MediaType::ImageLayer(compression) }
    }
}

impl LayerBlob<'_> {
    /// Ends the blob.
    pub(crate) fn finish(self) -> Result<(Descriptor, LayerSummary)> {
        let name = self.name;
        let (blob, diff_id) = match self.through {
            Through::Nothing(behind) => (behind.finish().map_err(|error| failed(name, error))?, None),
            Through::Compressor(writer) => {
                let (blob, summary) = writer.finish().map_err(|source| match source {
                    ocidian_layer::Error::Io(error) => failed(name, error),
                    source => Error::Layer { layer: name.to_owned(), source },
                })?;
                (blob, Some(summary.diff_id))
            }
        };
        let size = self.written;
        self.maker.progress.event(Event::Bytes(size - self.told));
        let descriptor = blob.commit(None)?;
        let diff_id = diff_id.unwrap_or_else(|| DiffId(descriptor.digest.clone()));
        self.maker.progress.event(Event::End);
        Ok((Descriptor { media_type: self.maker.media_type(), ..descriptor }, LayerSummary { diff_id, size }))
    }
}

impl Write for LayerBlob<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = match &mut self.through {
            Through::Compressor(writer) => writer.write(bytes)?,
            Through::Nothing(behind) => behind.write(bytes)?,
        };
        self.written += length as u64;
        if self.written - self.told >= TICK {
            self.maker.progress.event(Event::Bytes(self.written - self.told));
            self.told = self.written;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.through {
            Through::Compressor(writer) => writer.flush(),
            Through::Nothing(behind) => behind.flush(),
        }
    }
}

/// An error of what a layer is written to.
pub(crate) fn failed(name: &str, error: io::Error) -> Error {
    Error::Content(ocidian_content::Error::from_io(|| format!("write the layer of {name}"), error))
}

/// The directories above `place` that no entry mentions, from the top on.
pub(crate) fn parents(place: &EntryPath) -> Vec<EntryPath> {
    let mut parents = Vec::new();
    let bytes = place.as_bytes();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
        // A start of a path that was found to be one.
        parents.extend(bytes.get(..at).and_then(|start| EntryPath::new(start).ok()));
    }
    parents
}
