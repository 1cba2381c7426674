//! A tree on this machine, read as a layer of it would be.

use std::path::Path;

use ocidian_content::Cancel;
use ocidian_layer::EntryKind;
use ocidian_unpack::UnpackedBundle;
use ocidian_unpack::walk::{Walker, identity};

use super::facts::Facts;
use super::listing::Listing;
use crate::digests;
use crate::error::{Error, Result};
use crate::scan::{AttributeReader, ScanError, ScanOptions, describe};

/// All that is below `path`, with the owners that it has here. Sockets are left out.
///
/// # Errors
/// [`Error::Scan`] where something cannot be read, or changes meanwhile.
pub fn directory(path: &Path, cancel: &Cancel) -> Result<Listing> {
    let walker = Walker::new(path).map_err(ScanError::from)?;
    scan(walker, &ScanOptions::default(), |_, kind| kind, cancel)
}

/// All that is in a bundle's root file system, with the owners that it has in the container.
///
/// # Errors
/// [`Error::Refused`] where the tree is an overlay stack; those of [`directory`].
pub fn bundle(bundle: &UnpackedBundle, cancel: &Cancel) -> Result<Listing> {
    let state = bundle.state();
    if !state.is_plain() {
        let told = "the bundle is of the overlay form; mount it and compare its directory rootfs";
        return Err(Error::Refused(told.to_owned()));
    }
    let options =
        ScanOptions { ids: state.ids().clone(), rootless: state.rootless(), ..ScanOptions::default() };
    let walker = Walker::within(bundle.rootfs()?, &bundle.rootfs_path()).map_err(ScanError::from)?;
    // An empty file may stand in for a device.
    let true_kind = |path: &[u8], kind| match (&kind, state.device(path)) {
        (EntryKind::File { size: 0, .. }, Some(device)) => device.clone(),
        _ => kind,
    };
    scan(walker, &options, true_kind, cancel)
}

fn scan(
    mut walker: Walker,
    options: &ScanOptions,
    true_kind: impl Fn(&[u8], EntryKind) -> EntryKind,
    cancel: &Cancel,
) -> Result<Listing> {
    let mut attributes = AttributeReader::new(&options.xattrs);
    let (mut items, mut buffer) = (Vec::new(), Vec::new());
    while let Some(node) = walker.step().map_err(ScanError::from)? {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let Some(described) = describe(&walker, &node, &mut attributes, options)? else { continue };
        let kind = true_kind(walker.path(), described.kind);
        let digest = digests::of_file(&kind, described.content.as_ref(), &walker, &mut buffer, cancel)?;
        let names = !node.is_directory() && described.stat.st_nlink > 1;
        let facts = Facts { kind, metadata: described.metadata, digest };
        items.push((walker.path().to_vec(), facts, names.then(|| identity(&described.stat))));
    }
    Ok(Listing::new(items))
}
