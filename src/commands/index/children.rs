//! What is to be a child of an index: images as their own indexes and configs describe them.

use ocidian_content::{PlatformChoice, Role, Store, document, select};
use ocidian_image_layout::Opened;
use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, REF_NAME};
use ocidian_spec::{Descriptor, ImageIndex, ImageSource, Kind, Platform, Raw};

use crate::commands::place::{Place, meant};
use crate::commands::platforms;
use crate::exit::Usage;
use crate::report::Voice;

/// The children that `image` brings: itself, or those of its index, narrowed to `wanted`.
pub(super) fn of(
    image: &ImageSource,
    wanted: &[Platform],
    into: &Place,
    voice: Voice,
) -> anyhow::Result<Vec<Descriptor>> {
    let Opened { store, selector, .. } = ocidian_image_layout::open(image)?;
    let store = store.as_ref();
    if !is_same(store, into) {
        let told = format!("{image} is not in the layout of the index; copy it there first");
        return Err(Usage(told).into());
    }
    if !wanted.is_empty() {
        let mut children = Vec::new();
        for platform in wanted {
            let chosen = select(store, &selector, &PlatformChoice::Exactly(platform.clone()))?;
            children.push(child(store, chosen.manifest.descriptor())?);
        }
        return Ok(children);
    }
    let entry = meant(store, &selector)?;
    if entry.media_type.kind() != Kind::Index {
        return Ok(vec![child(store, &entry)?]);
    }
    let index: Raw<ImageIndex> = document::read(store, Role::Manifest, &entry)?;
    let mut children = Vec::new();
    for listed in &index.value().manifests {
        if store.stat(Role::Manifest, listed)?.is_none() {
            voice.warn(&format!("{image} does not hold its {}; it is left out", listed.digest));
            continue;
        }
        children.push(child(store, listed)?);
    }
    Ok(children)
}

/// The descriptor as an index has it: without the names that a layout gave it, with the platform of its config.
fn child(store: &dyn Store, descriptor: &Descriptor) -> anyhow::Result<Descriptor> {
    // Verified: what is damaged is not spread.
    let document = document::raw(store, Role::Manifest, descriptor)?;
    let mut child = document.descriptor().clone();
    if let Some(annotations) = &mut child.annotations {
        annotations.remove(REF_NAME);
        annotations.remove(CONTAINERD_IMAGE_NAME);
    }
    child.annotations = child.annotations.filter(|annotations| !annotations.is_empty());
    if child.platform.is_none() && child.media_type.kind() == Kind::Manifest {
        child.platform = platforms::of(store, descriptor)?.into_iter().next();
    }
    Ok(child)
}

fn is_same(store: &dyn Store, into: &Place) -> bool {
    let canonical = |path: &std::path::Path| path.canonicalize().ok();
    let (a, b) = (canonical(std::path::Path::new(&store.name())), canonical(into.layout.path()));
    a.is_some() && a == b
}
