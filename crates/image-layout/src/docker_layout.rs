//! The layout in a docker-archive of the new form: where the manifests are that `manifest.json` does not name.
//!
//! `manifest.json` says which images there are. Where `index.json` leads to a manifest of the very config and layers
//! that it names, that entry is the image, with all of its platforms and its digest; where it does not, the archive is
//! read as if there were no layout. So the two can never be played against each other.

use ocidian_content::walk::{Content, Order};
use ocidian_content::{Error, Walk, names};
use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, REF_NAME};
use ocidian_spec::{Descriptor, Digest};

use crate::OciArchive;

/// An entry of `index.json`.
#[derive(Debug)]
pub(crate) struct Original {
    pub(crate) entry: Descriptor,
    /// Config and layers of each image below it.
    images: Vec<(Digest, Vec<Digest>)>,
}

/// Every entry, with what it leads to. What cannot be read leads to nothing.
pub(crate) fn originals(layout: &OciArchive) -> Vec<Original> {
    layout.index().manifests.iter().map(|entry| original(layout, entry)).collect()
}

fn original(layout: &OciArchive, entry: &Descriptor) -> Original {
    let mut images = Vec::new();
    for node in Walk::new(layout, [entry.clone()], Order::ParentsFirst).without_subjects() {
        match node {
            Ok(node) => {
                if let Content::Manifest(manifest) = node.content {
                    let manifest = manifest.into_value();
                    let layers = manifest.layers.into_iter().map(|layer| layer.digest).collect();
                    images.push((manifest.config.digest, layers));
                }
            }
            Err(Error::Limit { .. }) => break,
            Err(_) => {}
        }
    }
    Original { entry: entry.clone(), images }
}

impl Original {
    /// Whether an image of that config and those layers is below it.
    fn leads_to(&self, config: &Digest, layers: &[Digest]) -> bool {
        self.images.iter().any(|(c, l)| c == config && l == layers)
    }

    fn is_named(&self, tag: &str) -> bool {
        let name = self.entry.annotation(CONTAINERD_IMAGE_NAME).or_else(|| self.entry.annotation(REF_NAME));
        name.is_some_and(|name| names::same(name, tag))
    }
}

/// The entry of an image, if there is one: rather one of that name than another.
pub(crate) fn find<'a>(
    originals: &'a [Original],
    tag: Option<&str>,
    config: &Digest,
    layers: &[Digest],
) -> Option<&'a Original> {
    let mut fits = originals.iter().filter(|original| original.leads_to(config, layers));
    let named = |original: &&Original| tag.is_some_and(|tag| original.is_named(tag));
    let first = fits.clone().next();
    fits.find(named).or(first)
}

/// What `index.json` has besides the images that `manifest.json` names, by name or by what they are.
pub(crate) fn besides<'a>(
    originals: &'a [Original],
    taken: &'a [Descriptor],
    tags: &'a [&str],
) -> impl Iterator<Item = Descriptor> {
    let known = |original: &&Original| {
        taken.iter().any(|entry| entry.digest == original.entry.digest)
            || tags.iter().any(|tag| original.is_named(tag))
    };
    originals.iter().filter(move |original| !known(original)).map(|original| original.entry.clone())
}
