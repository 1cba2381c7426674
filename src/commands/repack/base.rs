//! The image that a bundle was unpacked from, found again.
//!
//! Where it was named then, another may stand by now, so it is the digest that counts. Where it is gone, manifest and
//! config are those that the bundle keeps, verified as if they came from anywhere.

use anyhow::Context as _;
use ocidian_content::error::Class;
use ocidian_content::{Error, MemoryStore, Role, Selection, Store, document};
use ocidian_image_layout::open;
use ocidian_spec::{ImageManifest, ImageSource, MediaType, Raw};
use ocidian_unpack::UnpackedBundle;

use crate::report::Voice;

/// The image, and where it is.
pub(super) struct Found {
    pub(super) store: Box<dyn Store>,
    pub(super) selection: Selection,
    /// Whether its layers can be read.
    pub(super) complete: bool,
}

/// Finds the image at `source`, which a person `named` or the bundle remembers.
pub(super) fn find(
    bundle: &UnpackedBundle,
    source: &ImageSource,
    named: bool,
    voice: Voice,
) -> anyhow::Result<Found> {
    let digest = &bundle.state().manifest().digest;
    match there(bundle, source) {
        Ok(found) => {
            if !found.complete {
                voice.warn(&format!("{source} lacks layers of {digest}; {}", consequence()));
            }
            Ok(found)
        }
        Err(error) if error.class() != Class::NotFound => Err(error.into()),
        Err(error) if named => {
            let told = format!("{source} is not where the image is that the bundle was unpacked from");
            Err(anyhow::Error::from(error).context(told))
        }
        Err(_) => {
            voice.warn(&format!(
                "{digest} is not in {source} any more; {}; --base says where it is",
                consequence()
            ));
            kept(bundle).with_context(|| format!("{digest} is not in {source} any more"))
        }
    }
}

fn consequence() -> &'static str {
    "what may have changed cannot be compared and is in the new layer, and the new image's other layers are only there \
     if they are where it goes"
}

fn there(bundle: &UnpackedBundle, source: &ImageSource) -> Result<Found, Error> {
    let store = open(source)?.store;
    let descriptor = bundle.state().manifest();
    let manifest: Raw<ImageManifest> = document::read(store.as_ref(), Role::Manifest, descriptor)?;
    // Only the manifest may be left of it.
    document::config(store.as_ref(), manifest.value())?;
    let mut complete = true;
    for layer in &manifest.value().layers {
        complete &= store.stat(Role::Blob, layer)?.is_some();
    }
    Ok(Found { store, selection: selection(manifest), complete })
}

/// What the bundle itself keeps.
fn kept(bundle: &UnpackedBundle) -> anyhow::Result<Found> {
    let (manifest, config) =
        bundle.state().documents().context("the bundle does not keep its manifest and config")?;
    let descriptor = bundle.state().manifest().clone();
    let manifest: Raw<ImageManifest> = Raw::verify(manifest.to_vec(), descriptor)?;
    let store = MemoryStore::new();
    store.insert(MediaType::ImageManifest, manifest.bytes())?;
    store.insert(MediaType::ImageConfig, config)?;
    Ok(Found { store: Box::new(store), selection: selection(manifest), complete: false })
}

fn selection(manifest: Raw<ImageManifest>) -> Selection {
    // What an index or a store says of it is not the image's.
    Selection { chain: Vec::new(), manifest, name: None, notes: Vec::new() }
}
