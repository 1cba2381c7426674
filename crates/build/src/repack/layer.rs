//! What changed, written as a layer: whiteouts first, then entries.

use ocidian_layer::tar::Writer;
use ocidian_layer::{Change, Entry, EntryKind, EntryPath, Timestamp};
use ocidian_unpack::UnpackedBundle;
use ocidian_unpack::walk::identity;

use super::visit::visit;
use super::{RepackOptions, scan_options, true_kind};
use crate::build::{MadeLayer, Maker, explain, put};
use crate::error::Result;
use crate::scan::{AttributeReader, Described, Links, describe, image_path, read_whole};

pub(super) fn write(
    bundle: &UnpackedBundle,
    removed: &[EntryPath],
    changed: &[Vec<u8>],
    options: &RepackOptions,
    warnings: Vec<String>,
    maker: &Maker<'_>,
) -> Result<MadeLayer> {
    let name = bundle.rootfs_path().display().to_string();
    let scan = scan_options(bundle, options);
    let mut attributes = AttributeReader::new(&scan.xattrs);
    let (mut links, mut buffer) = (Links::default(), Vec::new());
    let mut newest = None::<Timestamp>;
    let mut entries = removed.len() as u64;
    let mut tar = Writer::new(maker.begin(&name, 0, 1)?);
    for path in removed {
        put(&mut tar, &Change::Whiteout(path.clone()), &name)?;
    }
    visit(bundle, changed, maker.cancel, |walker, node| {
        let Some(described) = describe(walker, node, &mut attributes, &scan)? else { return Ok(()) };
        let Described { mut kind, metadata, mut content, stat } = described;
        let path = image_path(walker, &scan.place)?;
        kind = true_kind(bundle, walker.path(), kind);
        if !node.is_directory()
            && let Some(first) = links.first(identity(&stat), stat.st_nlink, &path)
        {
            kind = EntryKind::Hardlink(first);
            content = None;
        }
        if !matches!(kind, EntryKind::File { .. }) {
            content = None;
        }
        newest = Some(newest.map_or(metadata.mtime, |newest| newest.max(metadata.mtime)));
        entries += 1;
        put(&mut tar, &Change::Put(Entry { path, kind, metadata, offset: 0 }), &name)?;
        match content {
            Some(file) => read_whole(&file, walker, &mut buffer, maker.cancel, |bytes| {
                tar.data(bytes).map_err(|error| explain(error, &name))
            }),
            None => Ok(()),
        }
    })?;
    let blob = tar.finish().map_err(|error| explain(error, &name))?;
    let (descriptor, summary) = blob.finish()?;
    Ok(MadeLayer { descriptor, diff_id: summary.diff_id, size: summary.size, entries, newest, warnings })
}
