//! An image's files, read without unpacking it: what `cat`, `ls` and `runtime-config` have in common.

use ocidian_content::{Cancel, document};
use ocidian_layer::tar::Limits;
use ocidian_spec::{ImageConfig, Raw};
use ocidian_unpack::Image;
use ocidian_unpack::files::ImageTree;

use super::open::Chosen;
use crate::report::Voice;

/// Reads the image's config and all its layers, and hands both on.
pub(super) fn with_tree<T>(
    chosen: &Chosen,
    voice: Voice,
    work: impl FnOnce(&Raw<ImageConfig>, &ImageTree<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let store = chosen.store.as_ref();
    let manifest = &chosen.selection.manifest;
    let config = document::config(store, manifest.value())?;
    let image = Image { manifest, config: &config };
    let progress = voice.progress();
    // Nothing is made, so a signal may end the process where it stands.
    let tree = ImageTree::read(store, image, Limits::default(), &*progress, &Cancel::new())?;
    drop(progress);
    work(&config, &tree)
}
