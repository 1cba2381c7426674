//! What may have changed, compared with the image that the bundle was unpacked from.
//!
//! The tree side is read once, in the order of the tree: attributes, and a digest of each content. Then the image's
//! tree is worked out, and where all that it knows agrees, the entries themselves are read again from their layers for
//! the rest, extended attributes and content. In doubt an entry is in the new layer: one too many is harmless.

use std::collections::{BTreeMap, BTreeSet};

use ocidian_layer::tar::Limits;
use ocidian_layer::{EntryKind, Metadata};
use ocidian_spec::Digest;
use ocidian_unpack::UnpackedBundle;
use ocidian_unpack::files::{FileKind, ImageTree, Node, Source};
use ocidian_unpack::xattrs::is_host_owned;

use super::visit::visit;
use super::{Base, RepackOptions, scan_options, true_kind};
use crate::build::Maker;
use crate::digests;
use crate::error::{Error, Result};
use crate::scan::{AttributeReader, describe};

/// An entry of the tree as it is.
struct Look {
    path: Vec<u8>,
    kind: EntryKind,
    metadata: Metadata,
    digest: Option<Digest>,
}

/// Which of `paths` are not what the image has there.
pub(super) fn differing(
    bundle: &UnpackedBundle,
    base: Base<'_>,
    paths: Vec<Vec<u8>>,
    options: &RepackOptions,
    maker: &Maker<'_>,
) -> Result<Vec<Vec<u8>>> {
    let looks = look(bundle, &paths, options, maker)?;
    drop(paths);
    let tree = ImageTree::read(base.store, base.image, Limits::default(), maker.progress, maker.cancel)?;
    let mut differing = Vec::new();
    // Entries that agree so far, by where the image has them: layer and offset. Names of one file share a place.
    let mut open: BTreeMap<(usize, u64), Vec<Look>> = BTreeMap::new();
    for look in looks {
        match tree.lookup_link(&look.path).ok().filter(|node| agrees(&look, node)) {
            None => differing.push(look.path),
            Some(node) => match place(node) {
                // Most files have one name, and a vector that grows begins with room for four.
                Some(place) => open
                    .entry((place.layer(), place.offset()))
                    .or_insert_with(|| Vec::with_capacity(1))
                    .push(look),
                // No entry mentions it, so it has no attributes of its own.
                None if look.metadata.xattrs.is_empty() => {}
                None => differing.push(look.path),
            },
        }
    }
    let layers: BTreeSet<usize> = open.keys().map(|(layer, _)| *layer).collect();
    let rootless = bundle.state().rootless();
    for layer in layers {
        tree.read_layer(layer, |entry, content| {
            let Some(looks) = open.remove(&(layer, entry.offset)) else { return Ok(()) };
            let digest = digests::of_entry(&entry.kind, content)?;
            let theirs = xattrs(&entry.metadata, options, rootless);
            for look in looks {
                if look.digest != digest || xattrs(&look.metadata, options, rootless) != theirs {
                    differing.push(look.path);
                }
            }
            Ok::<(), Error>(())
        })?;
    }
    // None can be left: every place was found when the tree was made of them. If one is, it is in doubt.
    differing.extend(open.into_values().flatten().map(|look| look.path));
    Ok(differing)
}

/// Reads what is in the tree.
fn look(
    bundle: &UnpackedBundle,
    paths: &[Vec<u8>],
    options: &RepackOptions,
    maker: &Maker<'_>,
) -> Result<Vec<Look>> {
    let scan = crate::scan::ScanOptions { epoch: None, ..scan_options(bundle, options) };
    let mut attributes = AttributeReader::new(&scan.xattrs);
    let (mut looks, mut buffer) = (Vec::with_capacity(paths.len()), Vec::new());
    visit(bundle, paths, maker.cancel, |walker, node| {
        let Some(described) = describe(walker, node, &mut attributes, &scan)? else { return Ok(()) };
        let kind = true_kind(bundle, walker.path(), described.kind);
        let digest = digests::of_file(&kind, described.content.as_ref(), walker, &mut buffer, maker.cancel)?;
        looks.push(Look { path: walker.path().to_vec(), kind, metadata: described.metadata, digest });
        Ok(())
    })?;
    Ok(looks)
}

/// Whether all agrees that the image's tree knows.
fn agrees(look: &Look, node: &Node) -> bool {
    let Metadata { mode, uid, gid, mtime, .. } = look.metadata;
    let same_kind = match (&look.kind, node.kind()) {
        (EntryKind::File { size, .. }, FileKind::File { size: other, .. }) => size == other,
        (EntryKind::Directory, FileKind::Directory(_)) | (EntryKind::Fifo, FileKind::Fifo) => true,
        (EntryKind::Symlink(target), FileKind::Symlink(other)) => target.as_slice() == &**other,
        (EntryKind::CharDevice(device), FileKind::CharDevice(other))
        | (EntryKind::BlockDevice(device), FileKind::BlockDevice(other)) => device == other,
        _ => false,
    };
    // Linux knows no other mode of a link, whatever an archive says.
    let same_mode = mode == node.mode() || matches!(look.kind, EntryKind::Symlink(_));
    same_kind && same_mode && (uid, gid, mtime) == (node.uid(), node.gid(), node.mtime())
}

/// The entry to read again for the rest.
fn place(node: &Node) -> Option<Source> {
    match node.kind() {
        FileKind::File { source, .. } => Some(*source),
        _ => node.entry(),
    }
}

/// The attributes that count on both sides: not the host's, and of those that an ordinary user cannot set none.
fn xattrs(metadata: &Metadata, options: &RepackOptions, rootless: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
    let counts = |name: &[u8]| {
        let wanted = !is_host_owned(name) || options.xattrs.iter().any(|wanted| wanted.as_bytes() == name);
        wanted && !(rootless && (name.starts_with(b"security.") || name.starts_with(b"trusted.")))
    };
    let mut xattrs: Vec<_> = metadata.xattrs.iter().filter(|(name, _)| counts(name)).cloned().collect();
    xattrs.sort_unstable();
    xattrs
}
