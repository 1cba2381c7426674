//! A walk that comes by some entries of a tree alone.

use ocidian_content::Cancel;
use ocidian_unpack::UnpackedBundle;
use ocidian_unpack::baseline::order;
use ocidian_unpack::walk::{Node, Walker};

use super::is_within;
use crate::error::{Error, Result};
use crate::scan::ScanError;

/// Comes by the entries at `paths`, which are in the order of a walk, and enters no directory for nothing.
pub(super) fn visit(
    bundle: &UnpackedBundle,
    paths: &[Vec<u8>],
    cancel: &Cancel,
    mut each: impl FnMut(&Walker, &Node) -> Result<()>,
) -> Result<()> {
    let mut walker =
        Walker::within(bundle.rootfs()?, &bundle.rootfs_path()).map_err(ScanError::from)?.lenient();
    let mut left = paths;
    while let Some((next, rest)) = left.split_first() {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let Some(node) = walker.step().map_err(ScanError::from)? else { return Err(vanished(bundle, next)) };
        if next == walker.path() {
            each(&walker, &node)?;
            left = rest;
        } else if order(next, walker.path()).is_lt() {
            return Err(vanished(bundle, next));
        }
        if node.is_directory() && !left.first().is_some_and(|next| is_within(next, walker.path())) {
            walker.skip();
        }
    }
    Ok(())
}

fn vanished(bundle: &UnpackedBundle, path: &[u8]) -> Error {
    use std::os::unix::ffi::OsStrExt as _;
    let path = bundle.rootfs_path().join(std::ffi::OsStr::from_bytes(path));
    ScanError::Vanished { path }.into()
}
