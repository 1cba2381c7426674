//! What a layout directory holds, whether or not anything names it.

use std::path::Path;
use std::time::Duration;

use ocidian_content::gc::{self, gc};
use ocidian_content::{BlobAdmin, Stored};
use ocidian_image_layout::{LayoutDir, Opened, StoreKind};

/// Every blob of a layout directory: quicker than to ask for each. `None` for a store of another kind, and where
/// listing fails: then each blob is asked for, and what is wrong is told of that one.
pub(super) fn list(opened: &Opened) -> Option<Vec<Stored>> {
    layout(opened)?.blobs().ok()
}

/// How many blobs of a layout directory nothing needs, by the collector's rules, and their bytes. `None` for a store
/// of another kind, and where the collector could not tell.
pub(super) fn unreached(opened: &Opened) -> Option<(u64, u64)> {
    let options = gc::Options { dry_run: true, grace: Duration::ZERO, ..gc::Options::default() };
    let freed = gc(&layout(opened)?, &options).ok()?.freed_tally();
    Some((freed.blobs, freed.bytes))
}

fn layout(opened: &Opened) -> Option<LayoutDir> {
    if opened.kind != StoreKind::LayoutDir {
        return None;
    }
    LayoutDir::open(Path::new(&opened.store.name())).ok()
}
