//! The files of an image, without unpacking it.
//!
//! Every layer is read once, and verified, to build the tree that an unpack would make; of each file
//! the tree remembers only where its content is. Content is then read again from the one layer that
//! has it, and verified again, because a store may change between two reads.

mod apply;
mod error;
mod layers;
mod ledger;
mod lookup;
mod node;
mod tree;
mod usage;

use std::collections::BTreeMap;
use std::io::{self, Write};

use ocidian_content::{BlobSource, Cancel, Progress};
use ocidian_layer::tar::Limits;
use ocidian_layer::{Change, Entry, EntryKind};

pub use error::{Error, Result};
pub use node::{FileKind, Node, Source};
pub use usage::{ImageUsage, LargeFile, LayerUsage};

use self::layers::{Changes, Layers};
use self::tree::Tree;
use crate::convert::{Attributes, ImageFiles};
use crate::image::Image;

/// What a conversion asks for: kept in passing where small, or each would cost a layer read again.
const KEPT: [&[u8]; 2] = [b"etc/passwd", b"etc/group"];
const KEPT_CAP: u64 = 1 << 20;

/// The files of an image, as an unpack of it would make them.
pub struct ImageTree<'a> {
    layers: Layers<'a>,
    limits: Limits,
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
        let layers = Layers::new(store, image, cancel)?;
        let (mut tree, mut kept) = (Tree::default(), BTreeMap::new());
        layers.read_all(limits, progress, |changes| {
            tree.begin_layer();
            while let Some(change) = changes.next()? {
                changes.apply(&mut tree, &change)?;
                if let Change::Put(entry) = &change
                    && let EntryKind::File { size: size @ ..=KEPT_CAP, .. } = entry.kind
                    && let Some(name) = KEPT.iter().find(|name| **name == entry.path.as_bytes())
                {
                    kept.insert(*name, (tree.source(entry.offset), keep(changes, size)?));
                }
            }
            Ok(())
        })?;
        Ok(Self { layers, limits, tree, kept })
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

    /// Goes through the entries of a layer once more, in their order; the layer is verified again. `visit` can
    /// have the content of the one it is given.
    pub fn read_layer<E: From<Error> + From<crate::Error>>(
        &self,
        layer: usize,
        mut visit: impl FnMut(&Entry, &mut Content<'_, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.read_changes(layer, |change, content| match change {
            Change::Put(entry) => visit(entry, content),
            Change::Whiteout(_) | Change::Opaque(_) => Ok(()),
        })
    }

    /// As [`read_layer`](Self::read_layer), with the whiteouts.
    pub fn read_changes<E: From<Error> + From<crate::Error>>(
        &self,
        layer: usize,
        mut visit: impl FnMut(&Change, &mut Content<'_, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let found = self.layers.read_again(layer, self.limits, |changes| {
            while let Some(change) = changes.next()? {
                let size = match &change {
                    Change::Put(Entry { kind: EntryKind::File { size, .. }, .. }) => *size,
                    _ => 0,
                };
                visit(&change, &mut Content { changes, size })?;
            }
            Ok::<(), E>(())
        })?;
        found.ok_or_else(|| Error::Changed { layer: layer + 1 }.into())
    }

    fn copy(&self, source: Source, size: u64, out: &mut dyn Write) -> Result<()> {
        let index = source.layer();
        let found = self.layers.read_again(index, self.limits, |changes| {
            while let Some(change) = changes.next()? {
                if matches!(&change, Change::Put(entry) if entry.offset == source.offset()) {
                    return copy_data(changes, size, out).map(|()| true);
                }
            }
            Ok(false)
        })?;
        found.filter(|found| *found).map(drop).ok_or(Error::Changed { layer: index + 1 })
    }
}

/// The content of an entry that [`ImageTree::read_layer`] came to.
pub struct Content<'a, 'b> {
    changes: &'a mut Changes<'b>,
    size: u64,
}

impl Content<'_, '_> {
    /// Writes it to `out`, holes as zeros.
    pub fn copy(&mut self, out: &mut dyn Write) -> Result<()> {
        copy_data(self.changes, self.size, out)
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

/// The content of the entry that was put last, of at most [`KEPT_CAP`] bytes.
fn keep(changes: &mut Changes<'_>, size: u64) -> Result<Vec<u8>, crate::Error> {
    let within = |at: u64| at.min(size) as usize;
    let mut bytes = Vec::new();
    while let Some(extent) = changes.data()? {
        bytes.resize(within(extent.offset), 0);
        bytes.extend_from_slice(extent.bytes);
    }
    bytes.resize(within(size), 0);
    Ok(bytes)
}

/// Copies the content of the entry that was put last.
fn copy_data(changes: &mut Changes<'_>, size: u64, out: &mut dyn Write) -> Result<()> {
    let mut at = 0;
    while let Some(extent) = changes.data()? {
        zeros(extent.offset.saturating_sub(at), out)?;
        out.write_all(extent.bytes).map_err(Error::Write)?;
        at = extent.offset.saturating_add(extent.bytes.len() as u64);
    }
    zeros(size.saturating_sub(at), out)
}

fn zeros(count: u64, out: &mut dyn Write) -> Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0), count), out).map(drop).map_err(Error::Write)
}

#[cfg(test)]
mod tests;
