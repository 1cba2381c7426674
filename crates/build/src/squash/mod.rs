//! Several layers made one: what they change together of the layers below them.
//!
//! Two trees are worked out in memory, with the layers that are squashed and without. Where they differ, the new layer
//! says so: a whiteout for a name that is gone (an opaque marker where all of a directory is), an entry for one
//! that is new or other. An entry comes from the layer that put it, with all that this one said of it. So nothing
//! that an upper layer hides is in the result, whatever way led there: links, symlinks on the way to a parent, or
//! directories that became files.
//!
//! Layers are read three times, and memory holds a name for each file, never content. The order of the new tar is
//! fixed: markers, directories, then all else in the order of the layers that it came from.

mod plan;

use std::collections::HashMap;

use ocidian_content::BlobSource;
use ocidian_layer::tar::{Limits, Writer};
use ocidian_layer::{Change, Entry, EntryKind, EntryPath, Metadata};
use ocidian_spec::{Document, ImageConfig, ImageManifest, Raw};
use ocidian_unpack::files::ImageTree;

use self::plan::{Place, Plan};
use crate::build::{LayerBlob, MadeLayer, Maker, explain, put};
use crate::error::{Error, Result};
use crate::history::{self, Line};
use crate::image::{Image, NewLayer, make};

/// Makes one layer of those from `from` on, counted from 0, and puts it in their place. The lines of history that
/// made them stay, as lines that made none, and `line` comes after them.
///
/// # Errors
/// [`Error::Refused`] where there are fewer than two such layers; those of reading the image.
pub fn squash(
    image: &mut Image,
    store: &dyn BlobSource,
    from: usize,
    maker: &Maker<'_>,
    limits: Limits,
    line: Line,
) -> Result<()> {
    let layers = image.manifest.layers.len();
    if layers.saturating_sub(from) < 2 {
        let upper = layers.saturating_sub(from);
        return Err(Error::Refused(format!(
            "there is nothing to squash: the image has {layers} layers, {upper} of them from layer {} on",
            from.saturating_add(1)
        )));
    }
    let made = layer(image.original(), image.original_config(), store, from, maker, limits)?;
    let below = history::split(&image.config, from);
    image.manifest.layers.truncate(from);
    image.config.rootfs.diff_ids.truncate(from);
    if let Some((mut lines, above)) = below {
        lines.extend(above.into_iter().map(|line| ocidian_spec::History { empty_layer: Some(true), ..line }));
        image.config.history = Some(lines);
    }
    let line = line.into_history(image.config.created.as_deref(), true);
    image.push_layer(NewLayer { descriptor: made.descriptor, diff_id: made.diff_id }, line);
    Ok(())
}

/// The layer that changes as much as all from `from` on do.
fn layer(
    manifest: &Raw<ImageManifest>,
    config: &Raw<ImageConfig>,
    store: &dyn BlobSource,
    from: usize,
    maker: &Maker<'_>,
    limits: Limits,
) -> Result<MadeLayer> {
    let image = ocidian_unpack::Image { manifest, config };
    let whole = ImageTree::read(store, image, limits, maker.progress, maker.cancel)?;
    let plan = match from {
        0 => Plan::new(None, &whole)?,
        _ => {
            let (manifest, config) = truncated(manifest, config, from)?;
            let image = ocidian_unpack::Image { manifest: &manifest, config: &config };
            let below = ImageTree::read(store, image, limits, &ocidian_content::Silent, maker.cancel)?;
            Plan::new(Some(&below), &whole)?
        }
    };
    let name = format!("layers {} to {}", from + 1, manifest.value().layers.len());
    write(&whole, &plan, maker, &name)
}

/// The image of the lowest `count` layers.
fn truncated(
    manifest: &Raw<ImageManifest>,
    config: &Raw<ImageConfig>,
    count: usize,
) -> Result<(Raw<ImageManifest>, Raw<ImageConfig>)> {
    let mut lower = config.value().clone();
    lower.rootfs.diff_ids.truncate(count);
    let config = parsed(&lower, config.descriptor())?;
    let mut lower = manifest.value().clone();
    lower.layers.truncate(count);
    lower.config = config.descriptor().clone();
    Ok((parsed(&lower, manifest.descriptor())?, config))
}

fn parsed<T: Document>(value: &T, like: &ocidian_spec::Descriptor) -> Result<Raw<T>> {
    Ok(make(value, like)?.parse()?)
}

fn write(tree: &ImageTree<'_>, plan: &Plan, maker: &Maker<'_>, name: &str) -> Result<MadeLayer> {
    let attributes = attributes(tree, plan)?;
    let mut out = Out { tar: Writer::new(maker.begin(name, 0, 1)?), name, entries: 0, newest: None };
    for marker in &plan.markers {
        out.put(marker)?;
    }
    for directory in &plan.directories {
        let metadata = match directory.entry.and_then(|entry| attributes.get(&entry)) {
            Some(metadata) => metadata.clone(),
            None => directory.implied.clone(),
        };
        out.entry(directory.path.clone(), EntryKind::Directory, metadata)?;
    }
    for layer in plan.layers() {
        tree.read_layer(layer, |entry, content| {
            let Some(paths) = plan.files.get(&Place { layer, offset: entry.offset }) else {
                return Ok(());
            };
            let Some((first, others)) = paths.split_first() else { return Ok(()) };
            out.entry(first.clone(), entry.kind.clone(), entry.metadata.clone())?;
            if matches!(entry.kind, EntryKind::File { .. }) {
                let mut data = Data { out: &mut out, failed: None };
                let copied = content.copy(&mut data);
                if let Some(error) = data.failed.take() {
                    return Err(error);
                }
                copied?;
            }
            for other in others {
                out.entry(other.clone(), EntryKind::Hardlink(first.clone()), entry.metadata.clone())?;
            }
            Ok::<(), Error>(())
        })?;
    }
    for (path, target, metadata) in &plan.links {
        out.entry(path.clone(), EntryKind::Hardlink(target.clone()), metadata.clone())?;
    }
    let Out { tar, entries, newest, .. } = out;
    let blob = tar.finish().map_err(|error| explain(error, name))?;
    let (descriptor, summary) = blob.finish()?;
    let (diff_id, size) = (summary.diff_id, summary.size);
    Ok(MadeLayer { descriptor, diff_id, size, entries, newest, warnings: Vec::new() })
}

/// What the layers say of the directories that are in the plan: they have to come before what is in them.
fn attributes(tree: &ImageTree<'_>, plan: &Plan) -> Result<HashMap<Place, Metadata>> {
    let mut attributes: HashMap<Place, Metadata> = HashMap::new();
    let mut wanted: Vec<Place> = plan.directories.iter().filter_map(|directory| directory.entry).collect();
    wanted.sort_unstable();
    let mut layers: Vec<usize> = wanted.iter().map(|place| place.layer).collect();
    layers.dedup();
    for layer in layers {
        tree.read_layer(layer, |entry, _| {
            let place = Place { layer, offset: entry.offset };
            if wanted.binary_search(&place).is_ok() {
                attributes.insert(place, entry.metadata.clone());
            }
            Ok::<(), Error>(())
        })?;
    }
    Ok(attributes)
}

/// The layer in the making.
struct Out<'a> {
    tar: Writer<LayerBlob<'a>>,
    name: &'a str,
    entries: u64,
    newest: Option<ocidian_layer::Timestamp>,
}

impl Out<'_> {
    fn put(&mut self, change: &Change) -> Result<()> {
        self.entries += 1;
        put(&mut self.tar, change, self.name)
    }

    fn entry(&mut self, path: EntryPath, kind: EntryKind, metadata: Metadata) -> Result<()> {
        self.newest = self.newest.max(Some(metadata.mtime));
        self.put(&Change::Put(Entry { path, kind, metadata, offset: 0 }))
    }
}

/// A file's content on its way into the layer.
struct Data<'a, 'b> {
    out: &'a mut Out<'b>,
    failed: Option<Error>,
}

impl std::io::Write for Data<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.out.tar.data(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                self.failed = Some(explain(error, self.out.name));
                Err(std::io::Error::other("the layer cannot be written"))
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
