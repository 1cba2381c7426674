//! An image's layers read as changes, each verified at its end: what looking at files and weighing them have in
//! common.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ocidian_content::{BlobSource, Cancel, Event, Progress, Role};
use ocidian_layer::tar::{Extent, Limits};
use ocidian_layer::{Change, Changeset, LayerStream};

use super::tree::Tree;
use crate::counted::{Counted, TICK};
use crate::error::{Error, Failure, Result};
use crate::image::{Image, Layer, layers};

/// The layers of one image, from the lowest up.
pub(super) struct Layers<'a> {
    store: &'a dyn BlobSource,
    layers: Vec<Layer<'a>>,
    cancel: Cancel,
}

impl<'a> Layers<'a> {
    /// The layers of an image that can be unpacked.
    pub(super) fn new(store: &'a dyn BlobSource, image: Image<'a>, cancel: &Cancel) -> Result<Self> {
        Ok(Self { store, layers: layers(image)?, cancel: cancel.clone() })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.layers.len()
    }

    /// Reads all of them, and checks each against its digest and its diff_id; the size of each one's tar.
    /// `limits` are for each layer on its own, but for `max_bytes`, which is for all together.
    pub(super) fn read_all(
        &self,
        limits: Limits,
        progress: &dyn Progress,
        mut work: impl FnMut(&mut Changes<'_>) -> Result<()>,
    ) -> Result<Vec<u64>> {
        let mut left = limits.max_bytes;
        let mut sizes = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            progress.event(Event::Begin { descriptor: layer.descriptor, index, count: self.len() });
            let within = Limits { max_bytes: left, ..limits };
            let (_, size) = self.read(index, *layer, within, progress, &mut work)?;
            left = left.map(|left| left.saturating_sub(size));
            sizes.push(size);
            progress.event(Event::End);
        }
        Ok(sizes)
    }

    /// Reads one of them again; `None` where there is none of that place.
    pub(super) fn read_again<T, E: From<Error>>(
        &self,
        index: usize,
        limits: Limits,
        work: impl FnOnce(&mut Changes<'_>) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let Some(layer) = self.layers.get(index) else { return Ok(None) };
        self.read(index, *layer, limits, &ocidian_content::Silent, work).map(|(done, _)| Some(done))
    }

    fn read<T, E: From<Error>>(
        &self,
        index: usize,
        layer: Layer<'a>,
        limits: Limits,
        progress: &dyn Progress,
        work: impl FnOnce(&mut Changes<'_>) -> Result<T, E>,
    ) -> Result<(T, u64), E> {
        let wrong = |error| layer.error(index, error);
        let read = Arc::new(AtomicU64::new(0));
        let blob = self.store.open(Role::Blob, layer.descriptor).map_err(Error::from)?;
        let blob = Counted { inner: blob, count: Arc::clone(&read) };
        let (blob, compression) = layer.compression_of(blob).map_err(|error| wrong(error.into()))?;
        let mut stream = LayerStream::spawn(blob, compression, layer.diff_id.0.algorithm()).map_err(wrong)?;
        let mut changes = Changes {
            index,
            layer,
            changes: Changeset::new(&mut stream, limits),
            cancel: &self.cancel,
            progress,
            read: &read,
            told: 0,
            malformed: false,
        };
        let done = work(&mut changes);
        let Changes { changes, told, malformed, .. } = changes;
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                drop(changes);
                // What is wrong with the content of a blob that is not what its digest says, is that.
                if malformed && let Err(error @ Error::Content(_)) = stream.finish().map_err(wrong) {
                    return Err(error.into());
                }
                return Err(error);
            }
        };
        changes.finish().map_err(wrong)?;
        let summary = stream.finish().map_err(wrong)?;
        if summary.diff_id != *layer.diff_id {
            let (expected, actual) = (layer.diff_id.0.clone(), summary.diff_id.0);
            return Err(wrong(ocidian_layer::Error::DiffId { expected, actual }).into());
        }
        progress.event(Event::Bytes(read.load(Ordering::Relaxed).saturating_sub(told)));
        Ok((done, summary.size))
    }
}

/// The changes of one layer.
pub(super) struct Changes<'a> {
    index: usize,
    layer: Layer<'a>,
    changes: Changeset<&'a mut LayerStream>,
    cancel: &'a Cancel,
    progress: &'a dyn Progress,
    read: &'a AtomicU64,
    told: u64,
    /// Whether the tar is not what a tar has to be: then the blob may be why.
    malformed: bool,
}

impl Changes<'_> {
    /// The next one. `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Change>> {
        if self.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let read = self.read.load(Ordering::Relaxed);
        if read - self.told >= TICK {
            self.progress.event(Event::Bytes(read - self.told));
            self.told = read;
        }
        self.changes.next_change().map_err(|error| {
            self.malformed = is_malformed(&error);
            self.layer.error(self.index, error)
        })
    }

    /// The next piece of content of the file that came last. `None` at its end.
    pub(super) fn data(&mut self) -> Result<Option<Extent<'_>>> {
        self.changes.data().map_err(|error| {
            self.malformed = is_malformed(&error);
            self.layer.error(self.index, error)
        })
    }

    /// Applies a change to a tree. A whiteout does not say where it began, so where reading it ended has to do
    /// as the place of what is refused.
    pub(super) fn apply(&self, tree: &mut Tree, change: &Change) -> Result<()> {
        tree.apply(change).map_err(|source: Failure| {
            let (path, offset) = match change {
                Change::Put(entry) => (&entry.path, entry.offset),
                Change::Whiteout(path) | Change::Opaque(path) => (path, self.changes.offset()),
            };
            let (path, digest) = (path.to_string(), self.layer.descriptor.digest.clone());
            Error::Entry { layer: self.index + 1, digest, path, offset, source }
        })
    }
}

fn is_malformed(error: &ocidian_layer::Error) -> bool {
    !matches!(error, ocidian_layer::Error::Limit { .. } | ocidian_layer::Error::Io(_))
}
