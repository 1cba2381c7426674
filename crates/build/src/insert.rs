//! A file or a directory put at a path of an image, and names hidden there, as one layer.
//!
//! The directories above the path are not part of it: they stay as the image has them. Markers come before what
//! they stand beside.

use std::path::PathBuf;

use ocidian_layer::tar::Writer;
use ocidian_layer::{Change, Entry, EntryPath};

use crate::build::{LayerBlob, MadeLayer, Maker, explain, put};
use crate::error::{Error, Result};
use crate::scan::{Scan, ScanOptions};

/// What is to be put where, and what hidden.
#[derive(Debug, Clone, Default)]
pub struct Insertion {
    /// A file, or a directory with all that is in it. A symlink is put as one.
    pub source: Option<PathBuf>,
    /// Where it goes; a directory becomes the one at that path.
    pub place: EntryPath,
    /// Whether what the image has in the directory at that path is hidden.
    pub opaque: bool,
    /// Paths to hide.
    pub whiteouts: Vec<EntryPath>,
}

/// Makes the layer. Of `options` the place and the root are decided here.
///
/// # Errors
/// [`Error::Refused`] where nothing is asked for, or the root is to be hidden; those of reading the source.
pub fn insert_layer(maker: &Maker<'_>, insertion: &Insertion, options: &ScanOptions) -> Result<MadeLayer> {
    let Insertion { source, place, opaque, whiteouts } = insertion;
    if source.is_none() && !opaque && whiteouts.is_empty() {
        return Err(Error::Refused("there is nothing to insert and nothing to hide".to_owned()));
    }
    if whiteouts.iter().any(EntryPath::is_root) {
        return Err(Error::Refused(
            "the root cannot be hidden; --opaque / hides all that is in it".to_owned(),
        ));
    }
    let name = source.as_ref().map_or_else(|| "whiteouts".to_owned(), |source| source.display().to_string());
    let is_directory = match source {
        Some(path) => {
            let stat = path.symlink_metadata();
            let failed = |source| Error::Io { path: path.clone(), what: "cannot look at it", source };
            stat.map_err(failed)?.is_dir()
        }
        None => true,
    };
    if !is_directory && (*opaque || place.is_root()) {
        let what = if *opaque {
            "--opaque hides what is in a directory, and"
        } else {
            "the root is a directory, and"
        };
        return Err(Error::Refused(format!("{what} {name} is none")));
    }
    // What is there already is the image's to describe.
    let options = ScanOptions { place: place.clone(), root: !place.is_root(), ..options.clone() };
    let mut tar = Writer::new(maker.begin(&name, 0, 1)?);
    let mut hidden = whiteouts.clone();
    hidden.sort();
    hidden.dedup();
    let mut entries = hidden.len() as u64;
    for path in hidden {
        put(&mut tar, &Change::Whiteout(path), &name)?;
    }
    if *opaque {
        put(&mut tar, &Change::Opaque(place.clone()), &name)?;
        entries += 1;
    }
    let mut newest = None;
    let mut warnings = Vec::new();
    if let Some(source) = source {
        let mut scan = match is_directory {
            true => Scan::new(source, &options, maker.cancel.clone())?,
            false => Scan::one(source, &options, maker.cancel.clone())?,
        };
        entries += copy(&mut scan, &mut tar, &name)?;
        newest = scan.newest();
        warnings = scan.warnings();
    }
    if entries == 0 && !place.is_root() {
        // A socket, which was left out.
        return Err(Error::Refused(format!("{name}: {}", warnings.join("; "))));
    }
    let blob = tar.finish().map_err(|error| explain(error, &name))?;
    let (descriptor, summary) = blob.finish()?;
    let (diff_id, size) = (summary.diff_id, summary.size);
    Ok(MadeLayer { descriptor, diff_id, size, entries, newest, warnings })
}

fn copy(scan: &mut Scan<'_>, tar: &mut Writer<LayerBlob<'_>>, name: &str) -> Result<u64> {
    let mut entries = 0;
    while let Some(entry) = scan.next_entry()? {
        put(tar, &Change::Put(Entry { offset: 0, ..entry }), name)?;
        entries += 1;
        scan.content(|bytes| tar.data(bytes).map_err(|error| explain(error, name)))?;
    }
    Ok(entries)
}
