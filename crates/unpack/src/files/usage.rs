//! Where an image's size went: what each layer adds, changes and removes, and what upper layers hide of it again.
//!
//! Bytes are those of files' content as the tar has them: what a hole leaves out is no weight, and a hard link has
//! none. What is no longer in the tree once all layers are applied is hidden, and still has to be stored and moved.

use ocidian_content::{BlobSource, Cancel, Progress};
use ocidian_layer::tar::Limits;
use ocidian_layer::{Change, EntryKind, EntryPath};

use super::layers::{Changes, Layers};
use super::ledger::{Account, Ledger};
use super::tree::Tree;
use crate::error::Result;
use crate::image::Image;

/// An image, weighed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUsage {
    /// A layer each, from the lowest up.
    pub layers: Vec<LayerUsage>,
}

/// One layer, weighed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerUsage {
    /// Bytes of its tar.
    pub uncompressed: u64,
    /// Names of files of all kinds but directories that the tree has with it and had not without it.
    pub added: u64,
    /// Names of such files that were there and that it put again.
    pub changed: u64,
    /// Names of such files that were there and that the tree has no more.
    pub removed: u64,
    /// Directories that came, those that no entry mentions included.
    pub directories_added: u64,
    /// Directories that went.
    pub directories_removed: u64,
    /// Bytes of files' content that it brings.
    pub content: u64,
    /// Those of them that are not in the image, because an upper layer, or the layer itself, hides them again.
    pub hidden: u64,
    /// Bytes of lower layers that it hides.
    pub hides: u64,
    /// Its largest files, the largest first; of equal ones the first in the tar.
    pub largest: Vec<LargeFile>,
}

/// A file that weighs much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LargeFile {
    /// As the layer names it.
    pub path: EntryPath,
    /// Bytes that are stored of its content.
    pub size: u64,
    /// The layer that hides it, by its place from 0.
    pub hidden_by: Option<usize>,
}

impl ImageUsage {
    /// Reads every layer once, checks it against its digest and its diff_id, and keeps the paths of its `top`
    /// largest files. `limits` are for each layer on its own, but for `max_bytes`, which is for all together.
    ///
    /// Memory grows with the files of the image, not with their content.
    pub fn read(
        store: &dyn BlobSource,
        image: Image<'_>,
        limits: Limits,
        top: usize,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Self> {
        let layers = Layers::new(store, image, cancel)?;
        let mut tree = Tree::with_ledger(Ledger::new(top));
        let sizes = layers.read_all(limits, progress, |changes| {
            tree.begin_layer();
            while let Some(change) = changes.next()? {
                changes.apply(&mut tree, &change)?;
                if let Change::Put(entry) = change
                    && let EntryKind::File { size, sparse } = entry.kind
                {
                    let stored = if sparse { stored(changes)? } else { size };
                    let source = tree.source(entry.offset);
                    if let Some(ledger) = &mut tree.ledger {
                        ledger.content_put(source, entry.path, stored, size);
                    }
                }
            }
            Ok(())
        })?;
        let accounts = tree.ledger.take().map(|ledger| ledger.into_accounts()).unwrap_or_default();
        Ok(Self { layers: accounts.into_iter().zip(sizes).map(LayerUsage::of).collect() })
    }

    /// Bytes of content that the layers bring, hidden or not.
    pub fn content(&self) -> u64 {
        self.sum(|layer| layer.content)
    }

    /// Bytes of content that are not in the image.
    pub fn hidden(&self) -> u64 {
        self.sum(|layer| layer.hidden)
    }

    /// Files of all kinds but directories in the image, by their names.
    pub fn files(&self) -> u64 {
        self.sum(|layer| layer.added).saturating_sub(self.sum(|layer| layer.removed))
    }

    /// Directories in the image, the root left out.
    pub fn directories(&self) -> u64 {
        self.sum(|layer| layer.directories_added).saturating_sub(self.sum(|layer| layer.directories_removed))
    }

    fn sum(&self, of: impl Fn(&LayerUsage) -> u64) -> u64 {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(of(layer)))
    }
}

impl LayerUsage {
    fn of((account, uncompressed): (Account, u64)) -> Self {
        let large = |((size, _), large): ((u64, _), super::ledger::Large)| LargeFile {
            path: large.path,
            size,
            hidden_by: large.hidden_by,
        };
        Self {
            uncompressed,
            added: account.added.files,
            changed: account.again.files,
            removed: account.gone.files.saturating_sub(account.again.files),
            directories_added: account.added.directories,
            directories_removed: account.gone.directories.saturating_sub(account.again.directories),
            content: account.content,
            hidden: account.hidden,
            hides: account.hides,
            largest: account.largest.into_iter().rev().map(large).collect(),
        }
    }
}

/// How much is stored of the file with holes that was put last.
fn stored(changes: &mut Changes<'_>) -> Result<u64> {
    let mut bytes = 0_u64;
    while let Some(extent) = changes.data()? {
        bytes = bytes.saturating_add(extent.bytes.len() as u64);
    }
    Ok(bytes)
}
