//! An index narrowed to some platforms: a new index with the children that were asked for, in their order, all else of
//! it as it was.
//!
//! Always an index, also for one platform: whoever wants the manifest itself [selects](crate::select()) it and copies
//! that. A platform means what it means everywhere here: the nearest that there is, so `linux/arm` is `v7` where there
//! is one. What attests or refers to an image that is left out is left out with it. A child that names no platform and is
//! no image is for all of them.

mod children;
mod narrowing;

use ocidian_spec::{Descriptor, Hasher, Kind, Platform, RawDocument};

use self::children::Children;
use self::narrowing::{Narrowing, Outcome};
use crate::error::Result;
use crate::select::distinct;
use crate::store::BlobSource;

/// Which platforms of an index are copied.
#[derive(Debug, Clone, Default)]
pub enum Platforms {
    /// All, and every digest is kept.
    #[default]
    All,
    /// Those, in a new index where that leaves any out.
    Only(Vec<Platform>),
}

/// What is left of an index, or of an image that stands alone.
#[derive(Debug, Clone)]
pub struct Narrowed {
    /// What it became; `None` where nothing of it is for any of the platforms.
    pub descriptor: Option<Descriptor>,
    /// The documents that are new, nested ones first.
    pub made: Vec<RawDocument>,
    /// The images and other children that were kept.
    pub kept: Vec<Descriptor>,
    /// Those that were left out, with what refers to them.
    pub left_out: Vec<Descriptor>,
    /// Of what was asked for, what there is no image for.
    pub missing: Vec<Platform>,
    /// The platforms that there are.
    pub known: Vec<String>,
}

/// Narrows what `root` stands for to the `wanted` platforms.
pub fn narrow(source: &dyn BlobSource, root: &Descriptor, wanted: &[Platform]) -> Result<Narrowed> {
    let children = Children::survey(source, root, wanted)?;
    let mut narrowing = Narrowing::new(source, children);
    let outcome = match root.media_type.kind() {
        Kind::Index => narrowing.indexes(root)?,
        _ => narrowing.alone(root)?,
    };
    let descriptor = match outcome {
        Outcome::Whole => Some(root.clone()),
        Outcome::Changed(made) => Some(replaced(root, &made)),
        Outcome::Nothing => None,
    };
    let Narrowing { children, made, kept, left, .. } = narrowing;
    Ok(Narrowed {
        descriptor,
        made,
        kept: kept.list,
        left_out: left.list,
        missing: children.missing(),
        known: distinct(children.known.into_iter()),
    })
}

/// The descriptor of another document in the place of this one.
pub(super) fn replaced(old: &Descriptor, new: &Descriptor) -> Descriptor {
    Descriptor {
        media_type: new.media_type.clone(),
        digest: new.digest.clone(),
        size: new.size,
        data: None,
        urls: None,
        ..old.clone()
    }
}

/// New bytes in the place of an old document, named by the same algorithm.
pub(super) fn made(old: &Descriptor, bytes: Vec<u8>) -> Result<RawDocument> {
    let mut hasher = Hasher::for_digest(&old.digest)?;
    hasher.update(&bytes);
    let descriptor = Descriptor::new(old.media_type.clone(), hasher.finish(), bytes.len() as u64);
    Ok(RawDocument::verify(bytes, descriptor)?)
}
