//! Two images: their layers pair by pair, and the trees that they make.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ocidian_content::{BlobSource, Cancel, Progress};
use ocidian_layer::tar::Limits;
use ocidian_layer::{EntryKind, Metadata};
use ocidian_spec::Digest;
use ocidian_unpack::Image;
use ocidian_unpack::files::{FileKind, ImageTree, Node, Source};

use super::facts::{Facts, Rules};
use super::layer::{self, Cause, LayerDiff, LayerId};
use super::listing::{self, Listing, PathDiff};
use crate::digests;
use crate::error::{Error, Result};

/// Where an image is, and what it is.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// The store that has its blobs.
    pub store: &'a dyn BlobSource,
    /// Manifest and config.
    pub image: Image<'a>,
}

/// How two images differ below their documents.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageDiff {
    /// All layers, from the lowest up.
    pub layers: Vec<LayerDiff>,
    /// The paths that differ in the end; `None` where that was not asked for.
    pub files: Option<Vec<PathDiff>>,
}

type Place = (usize, u64);
/// What the tree does not remember of an entry, by where it is.
type Rest = HashMap<Place, (Option<Digest>, Vec<(Vec<u8>, Vec<u8>)>)>;

impl<'a> Pair<'a> {
    /// All that is in the tree.
    ///
    /// # Errors
    /// Those of reading the layers.
    pub fn listing(self, progress: &dyn Progress, cancel: &Cancel) -> Result<Listing> {
        let tree = self.tree(progress, cancel)?;
        let mut rest = Rest::new();
        for layer in 0..self.image.manifest.value().layers.len() {
            fill(&tree, layer, |_| true, &mut rest)?;
        }
        Ok(list(&tree, &rest))
    }

    fn tree(self, progress: &dyn Progress, cancel: &Cancel) -> Result<ImageTree<'a>> {
        Ok(ImageTree::read(self.store, self.image, Limits::default(), progress, cancel)?)
    }

    fn layers(self) -> Vec<LayerId> {
        let descriptors = self.image.manifest.value().layers.iter();
        let diff_ids = self.image.config.value().rootfs.diff_ids.iter();
        descriptors
            .zip(diff_ids)
            .map(|(descriptor, diff_id)| LayerId { descriptor: descriptor.clone(), diff_id: diff_id.clone() })
            .collect()
    }
}

/// Compares two images, their files too unless there are no `rules` for them.
///
/// # Errors
/// Those of reading the layers; none is read where all blobs are the same.
pub fn images(
    a: Pair<'_>,
    b: Pair<'_>,
    rules: Option<&Rules>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<ImageDiff> {
    let (one, other) = (a.layers(), b.layers());
    let mut layers = Vec::new();
    for place in 0..one.len().max(other.len()) {
        let (a, b) = (one.get(place).cloned(), other.get(place).cloned());
        let causes = match (&a, &b) {
            (Some(a), Some(b)) if a.diff_id == b.diff_id && a.descriptor.digest != b.descriptor.digest => {
                vec![Cause::Compressor]
            }
            _ => Vec::new(),
        };
        layers.push(LayerDiff { a, b, causes, paths: Vec::new() });
    }
    let blob = |layer: &Option<LayerId>| layer.as_ref().map(|layer| layer.descriptor.digest.clone());
    let all_shared = layers.iter().all(is_shared);
    // What the configs say of compressed blobs is only known to be true once they were read.
    let same_blobs = all_shared && layers.iter().all(|layer| blob(&layer.a) == blob(&layer.b));
    if same_blobs || (all_shared && rules.is_none()) {
        return Ok(ImageDiff { layers, files: rules.map(|_| Vec::new()) });
    }
    let (one, other) = (a.tree(progress, cancel)?, b.tree(progress, cancel)?);
    let (mut rest_a, mut rest_b) = (Rest::new(), Rest::new());
    let wanted = if rules.is_some() { contested(&one, &other, &layers) } else { BTreeSet::new() };
    for (place, layer) in layers.iter_mut().enumerate() {
        match (layer.a.is_some(), layer.b.is_some()) {
            (true, true) if is_shared(layer) => {
                if wanted.range((place, 0)..(place + 1, 0)).next().is_some() {
                    fill(&one, place, |offset| wanted.contains(&(place, offset)), &mut rest_a)?;
                }
            }
            (true, true) => {
                let (records_a, records_b) = (layer::read(&one, place)?, layer::read(&other, place)?);
                (layer.causes, layer.paths) = layer::compare(&records_a, &records_b);
                keep(records_a, place, &mut rest_a);
                keep(records_b, place, &mut rest_b);
            }
            _ if rules.is_none() => {}
            (true, false) => fill(&one, place, |_| true, &mut rest_a)?,
            _ => fill(&other, place, |_| true, &mut rest_b)?,
        }
    }
    for (place, rest) in &rest_a {
        if layers.get(place.0).is_some_and(is_shared) {
            rest_b.insert(*place, rest.clone());
        }
    }
    let files = rules.map(|rules| listing::compare(&list(&one, &rest_a), &list(&other, &rest_b), rules));
    Ok(ImageDiff { layers, files })
}

/// Whether both have the same tar there.
fn is_shared(layer: &LayerDiff) -> bool {
    matches!((&layer.a, &layer.b), (Some(a), Some(b)) if a.diff_id == b.diff_id)
}

/// The entries of layers that both have which stand against another one somewhere, and so have to be looked at.
fn contested(a: &ImageTree<'_>, b: &ImageTree<'_>, layers: &[LayerDiff]) -> BTreeSet<Place> {
    let shared = |place: &Place| layers.get(place.0).is_some_and(is_shared);
    let others: BTreeMap<Vec<u8>, Option<Place>> =
        b.entries().map(|(path, node)| (path, place(node))).collect();
    let mut wanted = BTreeSet::new();
    for (path, node) in a.entries() {
        let Some(other) = others.get(&path) else { continue };
        let own = place(node);
        if own != *other || own.is_some_and(|own| !shared(&own)) {
            wanted.extend(own.iter().chain(other).filter(|place| shared(place)));
        }
    }
    wanted
}

fn fill(tree: &ImageTree<'_>, layer: usize, wanted: impl Fn(u64) -> bool, rest: &mut Rest) -> Result<()> {
    tree.read_layer(layer, |entry, content| {
        if wanted(entry.offset) {
            let digest = digests::of_entry(&entry.kind, content)?;
            rest.insert((layer, entry.offset), (digest, entry.metadata.xattrs.clone()));
        }
        Ok::<(), Error>(())
    })
}

fn keep(records: Vec<layer::Record>, layer: usize, rest: &mut Rest) {
    for record in records {
        if let Some(facts) = record.facts {
            rest.insert((layer, record.offset), (facts.digest, facts.metadata.xattrs));
        }
    }
}

fn list(tree: &ImageTree<'_>, rest: &Rest) -> Listing {
    // A root that no layer mentions is nobody's.
    let entries = tree.entries().filter(|(path, node)| !path.is_empty() || node.entry().is_some());
    Listing::new(entries.map(|(path, node)| {
        let (digest, xattrs) = place(node).and_then(|place| rest.get(&place)).cloned().unwrap_or_default();
        let metadata = Metadata {
            mode: node.mode(),
            uid: node.uid(),
            gid: node.gid(),
            mtime: node.mtime(),
            atime: None,
            xattrs,
        };
        let facts = Facts { kind: kind(node), metadata, digest };
        (path, facts, (node.links() > 1).then(|| place(node)).flatten())
    }))
}

fn kind(node: &Node) -> EntryKind {
    match node.kind() {
        FileKind::File { size, .. } => EntryKind::File { size: *size, sparse: false },
        FileKind::Directory(_) => EntryKind::Directory,
        FileKind::Symlink(target) => EntryKind::Symlink(target.to_vec()),
        FileKind::CharDevice(device) => EntryKind::CharDevice(*device),
        FileKind::BlockDevice(device) => EntryKind::BlockDevice(*device),
        FileKind::Fifo => EntryKind::Fifo,
    }
}

/// The entry that has what the tree does not remember.
fn place(node: &Node) -> Option<Place> {
    let source: Option<Source> = match node.kind() {
        FileKind::File { source, .. } => Some(*source),
        _ => node.entry(),
    };
    source.map(|source| (source.layer(), source.offset()))
}
