//! A directory as a layer.

use std::path::Path;

use ocidian_layer::tar::{WriteError, Writer};
use ocidian_layer::{Change, Entry, EntryKind, Metadata};

use super::{LayerBlob, MadeLayer, Maker, failed, parents};
use crate::error::{Error, Result};
use crate::scan::{Scan, ScanOptions};

/// Makes a layer of the directory `source`, the `index`th of `count` that are made.
///
/// Where the directory itself is an entry ([`ScanOptions::root`]) and goes below the root, the directories above it
/// are entries too, of root's and 0755: whoever unpacks the layer then has them the same.
///
/// # Errors
/// [`Error::Scan`] and [`Error::Tar`], where the directory is not one that a layer can hold, or changes meanwhile.
pub fn directory_layer(
    maker: &Maker<'_>,
    source: &Path,
    options: &ScanOptions,
    index: usize,
    count: usize,
) -> Result<MadeLayer> {
    let name = source.display().to_string();
    let mut scan = Scan::new(source, options, maker.cancel.clone())?;
    let mut tar = Writer::new(maker.begin(&name, index, count)?);
    let mut entries = 0;
    while let Some(entry) = scan.next_entry()? {
        if entries == 0 && options.root {
            for path in parents(&options.place) {
                let metadata = Metadata { mode: 0o755, mtime: entry.metadata.mtime, ..Metadata::default() };
                let parent = Entry { path, kind: EntryKind::Directory, metadata, offset: 0 };
                put(&mut tar, &Change::Put(parent), &name)?;
                entries += 1;
            }
        }
        put(&mut tar, &Change::Put(entry), &name)?;
        entries += 1;
        scan.content(|bytes| tar.data(bytes).map_err(|error| explain(error, &name)))?;
    }
    let blob = tar.finish().map_err(|error| explain(error, &name))?;
    let (descriptor, summary) = blob.finish()?;
    Ok(MadeLayer {
        descriptor,
        diff_id: summary.diff_id,
        size: summary.size,
        entries,
        newest: scan.newest(),
        warnings: scan.warnings(),
    })
}

/// Writes a change, and says what it was of where that fails.
pub(crate) fn put(tar: &mut Writer<LayerBlob<'_>>, change: &Change, name: &str) -> Result<()> {
    tar.put(change).map_err(|error| explain(error, name))
}

pub(crate) fn explain(error: WriteError, name: &str) -> Error {
    match error {
        WriteError::Io(error) => failed(name, error),
        error => Error::Tar(error),
    }
}
