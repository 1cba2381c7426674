//! The changes that were made to a bundle since it was unpacked, as one layer.
//!
//! What may have changed is found by stat alone, against what `unpack` wrote down. Where a stat says that something
//! did change it is in the layer; where it says that something may have, it is compared with the base image, whose
//! layers are read again, in content and attributes. Without that image it is in the layer too: the result is right
//! all the same, only larger. The layer holds whiteouts first, then what was changed or is new, sorted.

mod compare;
mod find;
mod layer;
mod visit;

use ocidian_content::BlobSource;
use ocidian_layer::{EntryKind, EntryPath};
use ocidian_unpack::{Image, Renewal, UnpackedBundle};

use crate::build::{MadeLayer, Maker};
use crate::error::{Error, Result};
use crate::scan::ScanOptions;

/// How changes are looked for.
#[derive(Debug, Clone, Default)]
pub struct RepackOptions {
    /// Compares every file with the base image, whatever its stat says.
    pub paranoid: bool,
    /// What is left alone, with all below it: neither its changes nor its removal are in the layer.
    pub masks: Vec<EntryPath>,
    /// Extended attributes that belong to the host and are stored all the same.
    pub xattrs: Vec<String>,
    /// The latest time, in seconds: `SOURCE_DATE_EPOCH`.
    pub epoch: Option<i64>,
    /// Whether to write down what the tree is now, so that the bundle can become one of the new image.
    pub renew: bool,
}

/// The image that a bundle is of, where its layers can be read.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// Where they are.
    pub store: &'a dyn BlobSource,
    /// Which they are.
    pub image: Image<'a>,
}

/// What became of a bundle.
#[derive(Debug)]
pub struct Repacked {
    /// The layer; `None` where nothing changed.
    pub layer: Option<MadeLayer>,
    /// Names that are gone.
    pub removed: usize,
    /// Entries that were compared with the base image.
    pub compared: usize,
    /// Entries that would have been, and are in the layer because there was nothing to compare them with.
    pub taken: usize,
    /// What the tree is now, where that was asked for, to be published once the image is.
    pub renewal: Option<Renewal>,
}

/// Makes a layer of what changed in a bundle.
///
/// # Errors
/// [`Error::Refused`] where the bundle is of a form that cannot be repacked; [`Error::Scan`] where the tree changes
/// meanwhile.
pub fn repack(
    bundle: &UnpackedBundle,
    base: Option<Base<'_>>,
    options: &RepackOptions,
    maker: &Maker<'_>,
) -> Result<Repacked> {
    if !bundle.state().is_plain() {
        let told = "the bundle is of the overlay form, whose changes lie in its directory upper; only a plain one can \
                    be repacked";
        return Err(Error::Refused(told.to_owned()));
    }
    let mut renewal = options.renew.then(|| bundle.renew()).transpose()?;
    let found = find::find(bundle, options, renewal.as_mut(), maker.cancel)?;
    let mut put = found.changed;
    let (mut compared, mut taken) = (0, 0);
    match base {
        Some(base) if !found.possible.is_empty() => {
            compared = found.possible.len();
            put.extend(compare::differing(bundle, base, found.possible, options, maker)?);
        }
        Some(_) => {}
        None => {
            taken = found.possible.len();
            put.extend(found.possible);
        }
    }
    put.sort_unstable_by(|one, other| ocidian_unpack::baseline::order(one, other));
    let removed = found.removed.len();
    let layer = match found.removed.is_empty() && put.is_empty() {
        true => None,
        false => Some(layer::write(bundle, &found.removed, &put, options, found.warnings, maker)?),
    };
    Ok(Repacked { layer, removed, compared, taken, renewal })
}

/// How entries are read: as the bundle was made.
fn scan_options(bundle: &UnpackedBundle, options: &RepackOptions) -> ScanOptions {
    ScanOptions {
        ids: bundle.state().ids().clone(),
        rootless: bundle.state().rootless(),
        xattrs: options.xattrs.clone(),
        epoch: options.epoch,
        ..ScanOptions::default()
    }
}

/// What an entry is in the image: an empty file may stand in for a device.
fn true_kind(bundle: &UnpackedBundle, path: &[u8], kind: EntryKind) -> EntryKind {
    match (kind, bundle.state().device(path)) {
        (EntryKind::File { size: 0, .. }, Some(device)) => device.clone(),
        (kind, _) => kind,
    }
}

/// Whether `path` is `above`, or below it.
fn is_within(path: &[u8], above: &[u8]) -> bool {
    match path.strip_prefix(above) {
        Some(rest) => rest.is_empty() || above.is_empty() || rest.starts_with(b"/"),
        None => false,
    }
}
