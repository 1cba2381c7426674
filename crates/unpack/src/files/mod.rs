//! The files of an image, without unpacking it.
//!
//! Every layer is read once, and verified, to build the tree that an unpack would make; of each file
//! the tree remembers only where its content is. Content is then read again from the one layer that
//! has it, and verified again, because a store may change between two reads.

mod apply;
mod error;
mod lookup;
mod tree;

use std::collections::BTreeMap;
use std::io::{self, Write};

use ocidian_content::{BlobSource, Cancel, Event, Progress, Role};
use ocidian_layer::tar::Limits;
use ocidian_layer::{Change, Changeset, EntryKind, LayerStream};

pub use error::{Error, Result};
pub use tree::{FileKind, Node, Source};

use self::tree::Tree;
use crate::convert::{Attributes, ImageFiles};
use crate::image::{Image, Layer, layers};

/// What a conversion asks for: kept in passing where small, or each would cost a layer read again.
const KEPT: [&[u8]; 2] = [b"etc/passwd", b"etc/group"];
const KEPT_CAP: u64 = 1 << 20;

/// The files of an image, as an unpack of it would make them.
pub struct ImageTree<'a> {
    store: &'a dyn BlobSource,
    layers: Vec<Layer<'a>>,
    limits: Limits,
    cancel: Cancel,
    tree: Tree,
    kept: BTreeMap<&'static [u8], (Source, Vec<u8>)>,
}

impl<'a> ImageTree<'a> {
    /// Reads every layer, and checks it against its digest and its diff_id. `limits` are for each
    /// layer on its own, but for `max_bytes`, which is for all together.
    pub fn read(
        store: &'a dyn BlobSource,
        image: Image<'a>,
        limits: Limits,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Self, crate::Error> {
        let layers = layers(image)?;
        let cancel = cancel.clone();
        let mut this = Self { store, layers, limits, cancel, tree: Tree::default(), kept: BTreeMap::new() };
        let count = this.layers.len();
        let mut left = limits.max_bytes;
        for (index, layer) in this.layers.clone().into_iter().enumerate() {
            progress.event(Event::Begin { descriptor: layer.descriptor, index, count });
            let size = this.read_layer(index, layer, Limits { max_bytes: left, ..limits })?;
            left = left.map(|left| left.saturating_sub(size));
            progress.event(Event::Bytes(layer.descriptor.size));
            progress.event(Event::End);
        }
        Ok(this)
    }

    /// What is at `path`, from the root on whether it begins with `/` or not. Symlinks are followed
    /// inside the root, the last one too.
    pub fn lookup(&self, path: &[u8]) -> Result<&Node> {
        self.tree.lookup(path, true).map(|id| self.tree.node(id))
    }

    /// As [`lookup`](Self::lookup), but a symlink at the end of `path` is found itself.
    pub fn lookup_link(&self, path: &[u8]) -> Result<&Node> {
        self.tree.lookup(path, false).map(|id| self.tree.node(id))
    }

    /// The names in the directory at `path`, sorted by their bytes, with what they stand for.
    pub fn list(&self, path: &[u8]) -> Result<impl Iterator<Item = (&[u8], &Node)>> {
        let directory = self.tree.lookup(path, true)?;
        let names = self.tree.children(directory).ok_or_else(|| Error::not_a_directory(path))?;
        Ok(names.map(|(name, id)| (name, self.tree.node(id))))
    }

    /// Every file with its path, without a leading `/`, parents first; the root, whose path is empty,
    /// before all.
    pub fn entries(&self) -> impl Iterator<Item = (Vec<u8>, &Node)> {
        self.tree.walk().map(|(path, id)| (path, self.tree.node(id)))
    }

    /// Writes a regular file's content to `out`, holes as zeros, and returns how much it is. Its
    /// layer is read again to its end: on an error, what was written is not to be trusted.
    pub fn content(&self, path: &[u8], out: &mut dyn Write) -> Result<u64> {
        let node = self.lookup(path)?;
        let FileKind::File { size, source } = node.kind() else {
            return Err(Error::NotAFile { path: path.to_vec(), what: node.kind().name() });
        };
        let kept = self.kept.values().find(|(of, _)| of == source);
        match kept {
            Some((_, bytes)) => out.write_all(bytes).map_err(Error::Write)?,
            None => self.copy(*source, *size, out)?,
        }
        Ok(*size)
    }

    fn read_layer(&mut self, index: usize, layer: Layer<'a>, limits: Limits) -> Result<u64, crate::Error> {
        let mut changes = self.open(index, layer, limits)?;
        self.tree.begin_layer();
        while let Some(change) = self.next(index, layer, &mut changes)? {
            let at = changes.offset();
            self.tree.apply(&change).map_err(|failure| entry_error(index, layer, &change, at, failure))?;
            if let Change::Put(entry) = &change
                && let EntryKind::File { size: size @ ..=KEPT_CAP, .. } = entry.kind
                && let Some(name) = KEPT.iter().find(|name| **name == entry.path.as_bytes())
            {
                let source = self.tree.source(entry.offset);
                let mut bytes = Vec::new();
                copy_data(&mut changes, size, &mut bytes)
                    .map_err(|error| error.into_unpack(|error| layer.error(index, error)))?;
                self.kept.insert(name, (source, bytes));
            }
        }
        verify(index, layer, changes)
    }

    fn copy(&self, source: Source, size: u64, out: &mut dyn Write) -> Result<()> {
        let index = source.layer();
        let changed = || Error::Changed { layer: index + 1 };
        let layer = *self.layers.get(index).ok_or_else(changed)?;
        let mut changes = self.open(index, layer, self.limits)?;
        loop {
            match self.next(index, layer, &mut changes)? {
                Some(Change::Put(entry)) if entry.offset == source.offset() => break,
                Some(_) => {}
                None => return Err(changed()),
            }
        }
        copy_data(&mut changes, size, out).map_err(|error| match error {
            CopyError::Write(error) => Error::Write(error),
            CopyError::Layer(error) => layer.error(index, error).into(),
        })?;
        verify(index, layer, changes)?;
        Ok(())
    }

    fn open(
        &self,
        index: usize,
        layer: Layer<'a>,
        limits: Limits,
    ) -> Result<Changeset<LayerStream>, crate::Error> {
        let blob = self.store.open(Role::Blob, layer.descriptor)?;
        let (blob, compression) =
            layer.compression_of(blob).map_err(|error| layer.error(index, error.into()))?;
        let stream = LayerStream::spawn(blob, compression, layer.diff_id.0.algorithm());
        Ok(Changeset::new(stream.map_err(|error| layer.error(index, error))?, limits))
    }

    fn next(
        &self,
        index: usize,
        layer: Layer<'a>,
        changes: &mut Changeset<LayerStream>,
    ) -> Result<Option<Change>, crate::Error> {
        if self.cancel.is_cancelled() {
            return Err(crate::Error::Cancelled);
        }
        changes.next_change().map_err(|error| layer.error(index, error))
    }
}

impl ImageFiles for ImageTree<'_> {
    fn read(&self, path: &str, cap: u64) -> io::Result<Option<Vec<u8>>> {
        let size = match self.lookup(path.as_bytes()).map(Node::kind) {
            Ok(FileKind::File { size, .. }) => *size,
            Ok(_) | Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(io::Error::other(error)),
        };
        if size > cap {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it is {size} bytes long, more than the {cap} that are read"),
            ));
        }
        let mut bytes = Vec::new();
        self.content(path.as_bytes(), &mut bytes).map_err(io::Error::other)?;
        Ok(Some(bytes))
    }

    fn stat(&self, path: &str) -> io::Result<Option<Attributes>> {
        match self.lookup(path.as_bytes()) {
            Ok(node) => Ok(Some(Attributes {
                directory: matches!(node.kind(), FileKind::Directory(_)),
                mode: node.mode(),
                uid: node.uid(),
                gid: node.gid(),
            })),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

enum CopyError {
    Write(io::Error),
    Layer(ocidian_layer::Error),
}

impl CopyError {
    /// Where what is written to cannot fail.
    fn into_unpack(self, of_layer: impl FnOnce(ocidian_layer::Error) -> crate::Error) -> crate::Error {
        of_layer(match self {
            Self::Layer(error) => error,
            Self::Write(error) => error.into(),
        })
    }
}

/// Copies the content of the entry that was put last.
fn copy_data(changes: &mut Changeset<LayerStream>, size: u64, out: &mut dyn Write) -> Result<(), CopyError> {
    let mut at = 0;
    while let Some(extent) = changes.data().map_err(CopyError::Layer)? {
        zeros(extent.offset.saturating_sub(at), out).map_err(CopyError::Write)?;
        out.write_all(extent.bytes).map_err(CopyError::Write)?;
        at = extent.offset.saturating_add(extent.bytes.len() as u64);
    }
    zeros(size.saturating_sub(at), out).map_err(CopyError::Write)
}

fn zeros(count: u64, out: &mut dyn Write) -> io::Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0), count), out).map(|_| ())
}

/// Reads a layer to its end; the size of its tar, if it is what the image says.
fn verify(index: usize, layer: Layer<'_>, changes: Changeset<LayerStream>) -> Result<u64, crate::Error> {
    let wrong = |error| layer.error(index, error);
    let (stream, _) = changes.finish().map_err(wrong)?;
    let summary = stream.finish().map_err(wrong)?;
    if summary.diff_id != *layer.diff_id {
        let (expected, actual) = (layer.diff_id.0.clone(), summary.diff_id.0);
        return Err(wrong(ocidian_layer::Error::DiffId { expected, actual }));
    }
    Ok(summary.size)
}

/// A whiteout does not say where it began, so `read`, where reading it ended, has to do.
fn entry_error(
    index: usize,
    layer: Layer<'_>,
    change: &Change,
    read: u64,
    source: crate::Failure,
) -> crate::Error {
    let (path, offset) = match change {
        Change::Put(entry) => (&entry.path, entry.offset),
        Change::Whiteout(path) | Change::Opaque(path) => (path, read),
    };
    let (path, digest) = (path.to_string(), layer.descriptor.digest.clone());
    crate::Error::Entry { layer: index + 1, digest, path, offset, source }
}

#[cfg(test)]
mod tests;
