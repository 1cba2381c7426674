//! An image's own layers onto another base.
//!
//! The layers of the old base are taken out and those of the new one put in their place, with their lines of
//! history; what the image itself added stays as it is. Layers are told apart by their diff_ids, so that a base
//! which is compressed otherwise is still the same base. The config stays the image's own: what it took over from
//! the old base, such as `PATH`, it keeps.

use ocidian_spec::annotations::{BASE_DIGEST, BASE_NAME};
use ocidian_spec::{Digest, History, ImageConfig, ImageManifest};

use crate::convert::{Family, of_family};
use crate::created::{self, Created};
use crate::error::{Error, Result};
use crate::history;
use crate::image::{Image, annotate};

/// An image that another is built on.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// Its manifest.
    pub manifest: &'a ImageManifest,
    /// Its config.
    pub config: &'a ImageConfig,
    /// Its manifest's digest.
    pub digest: &'a Digest,
    /// What it is called, for messages and annotations.
    pub name: &'a str,
}

/// Puts `new` in the place of `old`. The layers of `new` are the caller's to bring.
///
/// # Errors
/// [`Error::Refused`] where the image is not built on `old`, or `new` is for another platform.
pub fn rebase(image: &mut Image, old: Base<'_>, new: Base<'_>, created: &Created) -> Result<()> {
    let (own, below) = (&image.config.rootfs.diff_ids, &old.config.rootfs.diff_ids);
    check_base(new)?;
    if let Some(at) = (0..below.len()).find(|at| own.get(*at) != below.get(*at)) {
        let what = match own.get(at) {
            Some(own) => format!("its layer {} is {own}, not {}", at + 1, show(below.get(at))),
            None => format!("it has {} layers, the base {}", own.len(), below.len()),
        };
        let digest = &image.original().descriptor().digest;
        return Err(Error::Refused(format!("{digest} is not built on {}: {what}", old.name)));
    }
    let (own, other) = (image.config.platform(), new.config.platform());
    if (&own.os, &own.architecture) != (&other.os, &other.architecture) {
        return Err(Error::Refused(format!("{} is for {other}, but the image for {own}", new.name)));
    }
    let count = below.len();
    let history = lines(&image.config, old.config, new.config, count);
    let family = if image.is_docker() { Family::Docker } else { Family::Oci };
    let brought = new.manifest.layers.iter().cloned().map(|mut layer| {
        layer.media_type = of_family(&layer.media_type, family);
        layer
    });
    image.manifest.layers.splice(..count.min(image.manifest.layers.len()), brought);
    image.config.rootfs.diff_ids.splice(..count, new.config.rootfs.diff_ids.iter().cloned());
    match history {
        Some(lines) => image.config.history = Some(lines),
        None => image.notes.push(
            "its history, or that of a base, does not have a line for each layer, so it was left as it is"
                .to_owned(),
        ),
    }
    let newer = new.config.created.as_deref().and_then(created::parse);
    image.config.created = created.decide(image.config.created.as_deref(), newer);
    let says = |key| image.manifest.annotations.as_ref().is_some_and(|all| all.contains_key(key));
    let (digest, name) = (says(BASE_DIGEST), says(BASE_NAME));
    if digest {
        annotate(&mut image.manifest.annotations, BASE_DIGEST, Some(&new.digest.to_string()));
    }
    if name {
        annotate(&mut image.manifest.annotations, BASE_NAME, Some(new.name));
    }
    Ok(())
}

fn check_base(base: Base<'_>) -> Result<()> {
    let (layers, diff_ids) = (base.manifest.layers.len(), base.config.rootfs.diff_ids.len());
    if layers != diff_ids {
        let reason = format!("its config has {diff_ids} diff_ids for {layers} layers");
        return Err(Error::NotEditable { digest: base.digest.clone(), reason });
    }
    Ok(())
}

/// The new base's lines and then the image's own; `None` where nobody can tell which those are.
fn lines(image: &ImageConfig, old: &ImageConfig, new: &ImageConfig, count: usize) -> Option<Vec<History>> {
    if !history::adds_up(new) || !history::adds_up(image) {
        return None;
    }
    let (all, below) =
        (image.history.as_deref().unwrap_or_default(), old.history.as_deref().unwrap_or_default());
    let own = match all.strip_prefix(below) {
        // The base's lines for what made no layer are the base's too.
        Some(own) if history::adds_up(old) => own.to_vec(),
        _ => history::split(image, count)?.1,
    };
    let mut lines = new.history.clone().unwrap_or_default();
    lines.extend(own);
    Some(lines)
}

fn show(diff_id: Option<&ocidian_spec::DiffId>) -> String {
    diff_id.map(ToString::to_string).unwrap_or_default()
}
