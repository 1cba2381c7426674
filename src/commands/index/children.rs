//! What is to be a child of an index: images as their own indexes and configs describe them.

use ocidian_build::Carrier;
use ocidian_content::{
    BlobSink, BlobSource, Cancel, Error, PlatformChoice, Progress, Role, Store, document, select,
};
use ocidian_image_layout::Opened;
use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, REF_NAME};
use ocidian_spec::{Descriptor, ImageIndex, ImageSource, Kind, Platform, Raw, Selector};

use crate::commands::place::{Place, meant};
use crate::commands::platforms;
use crate::report::Voice;

/// What one of the images that were typed brings into the index.
pub(super) struct Brought {
    pub(super) children: Vec<Descriptor>,
    /// Where they are, if that is not the layout of the index.
    elsewhere: Option<Box<dyn Store>>,
}

/// What `image` brings: itself, or the children of its index, narrowed to `wanted`.
pub(super) fn of(
    image: &ImageSource,
    wanted: &[Platform],
    into: &Place,
    voice: Voice,
) -> anyhow::Result<Brought> {
    let Opened { store, selector, .. } = ocidian_image_layout::open(image)?;
    let children = choose(image, store.as_ref(), &selector, wanted, voice)?;
    let same = is_same(store.as_ref(), into);
    Ok(Brought { children, elsewhere: (!same).then_some(store) })
}

/// Brings all that the children lead to into the layout, and makes sure of those that are there already: someone may
/// have removed and collected them since they were looked at.
pub(super) fn bring(
    brought: &[Brought],
    layout: &dyn BlobSource,
    sink: &dyn BlobSink,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> anyhow::Result<()> {
    for Brought { children, elsewhere } in brought {
        if let Some(store) = elsewhere {
            let carrier = Carrier { source: store.as_ref(), sink, complete: false, progress, cancel };
            carrier.graphs(children.iter().cloned())?;
            continue;
        }
        for child in children {
            if layout.stat(Role::Manifest, child)?.is_none() {
                let (digest, store) = (child.digest.clone(), layout.name());
                return Err(Error::BlobNotFound { digest, store }.into());
            }
        }
    }
    Ok(())
}

fn choose(
    image: &ImageSource,
    store: &dyn Store,
    selector: &Selector,
    wanted: &[Platform],
    voice: Voice,
) -> anyhow::Result<Vec<Descriptor>> {
    if !wanted.is_empty() {
        let mut children = Vec::new();
        for platform in wanted {
            let chosen = select(store, selector, &PlatformChoice::Exactly(platform.clone()))?;
            children.push(child(store, chosen.manifest.descriptor())?);
        }
        return Ok(children);
    }
    let entry = meant(store, selector)?;
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
