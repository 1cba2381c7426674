//! An index narrowed to some platforms: a new index with the children that were asked for, in their order, all else of
//! it as it was.
//!
//! Always an index, also for one platform: whoever wants the manifest itself [selects](crate::select()) it and copies
//! that. A platform means what it means everywhere here: the nearest that there is, so `linux/arm` is `v7` where there
//! is one. What attests or refers to an image that is left out is left out with it. A child that names no platform and is
//! no image is for all of them.

use std::collections::{HashMap, HashSet};

use ocidian_spec::annotations::DOCKER_REFERENCE_DIGEST;
use ocidian_spec::{
    Descriptor, Digest, Document, Hasher, ImageIndex, ImageManifest, Kind, Platform, Raw, RawDocument,
};

use crate::document;
use crate::error::{Error, Result};
use crate::platform::rank;
use crate::select::{distinct, platform_of};
use crate::store::{BlobSource, Role};
use crate::survey::is_attestation;
use crate::walk::{Content, Order, Walk};

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
    let mut narrowing = Narrowing::survey(source, root, wanted)?;
    let outcome = match root.media_type.kind() {
        Kind::Index => narrowing.indexes(root)?,
        _ => narrowing.alone(root)?,
    };
    let descriptor = match outcome {
        Outcome::Whole => Some(root.clone()),
        Outcome::Changed(made) => Some(replaced(root, &made)),
        Outcome::Nothing => None,
    };
    let missing = wanted.iter().zip(&narrowing.best).filter(|(_, best)| best.is_none());
    Ok(Narrowed {
        descriptor,
        missing: missing.map(|(wanted, _)| wanted.clone()).collect(),
        known: distinct(narrowing.known.into_iter()),
        made: narrowing.made,
        kept: narrowing.kept.list,
        left_out: narrowing.left.list,
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

struct Narrowing<'a> {
    source: &'a dyn BlobSource,
    wanted: &'a [Platform],
    /// For each that is wanted, how near the nearest is.
    best: Vec<Option<u32>>,
    known: Vec<String>,
    /// What children are that do not say it of themselves.
    looked_up: HashMap<Digest, Child>,
    outcomes: HashMap<Digest, Outcome>,
    made: Vec<RawDocument>,
    kept: Listed,
    left: Listed,
}

/// What a document became.
#[derive(Clone)]
enum Outcome {
    Whole,
    Changed(Box<Descriptor>),
    Nothing,
}

/// What a child is, as far as platforms go.
#[derive(Clone)]
enum Child {
    Image(Platform),
    /// An image that nothing here says the platform of.
    Unknown,
    /// No image.
    Other {
        about: Option<Digest>,
    },
}

/// Descriptors, each digest once.
#[derive(Default)]
struct Listed {
    list: Vec<Descriptor>,
    digests: HashSet<Digest>,
}

impl Listed {
    fn add(&mut self, descriptor: &Descriptor) {
        if self.digests.insert(descriptor.digest.clone()) {
            self.list.push(descriptor.clone());
        }
    }
}

impl<'a> Narrowing<'a> {
    /// Finds the nearest image for each platform, wherever below the root it is.
    fn survey(source: &'a dyn BlobSource, root: &Descriptor, wanted: &'a [Platform]) -> Result<Self> {
        let mut made = Self {
            source,
            wanted,
            best: vec![None; wanted.len()],
            known: Vec::new(),
            looked_up: HashMap::new(),
            outcomes: HashMap::new(),
            made: Vec::new(),
            kept: Listed::default(),
            left: Listed::default(),
        };
        if root.media_type.kind() != Kind::Index {
            made.look_at(root)?;
        }
        for node in documents(source, root, Order::ParentsFirst) {
            if let Content::Index(index) = node?.content {
                index.value().manifests.iter().try_for_each(|child| made.look_at(child))?;
            }
        }
        Ok(made)
    }

    fn look_at(&mut self, child: &Descriptor) -> Result<()> {
        if child.media_type.kind() == Kind::Index {
            return Ok(());
        }
        if let Child::Image(platform) = self.child(child)? {
            for (wanted, best) in self.wanted.iter().zip(&mut self.best) {
                if let Some(rank) = rank(wanted, &platform, false) {
                    *best = Some(best.map_or(rank, |best| best.min(rank)));
                }
            }
            self.known.push(platform.to_string());
        }
        Ok(())
    }

    fn child(&mut self, child: &Descriptor) -> Result<Child> {
        if is_attestation(child) {
            let named = child.annotation(DOCKER_REFERENCE_DIGEST).and_then(|text| text.parse().ok());
            let about = if named.is_some() { named } else { self.subject(child)? };
            return Ok(Child::Other { about });
        }
        if let Some(platform) = &child.platform {
            return Ok(Child::Image(platform.clone()));
        }
        if let Some(known) = self.looked_up.get(&child.digest) {
            return Ok(known.clone());
        }
        let found = match child.media_type.kind() {
            Kind::Manifest => match platform_of(self.source, child)? {
                Some(found) => found.known().cloned().map_or(Child::Unknown, Child::Image),
                None => Child::Other { about: self.subject(child)? },
            },
            _ => Child::Other { about: None },
        };
        self.looked_up.insert(child.digest.clone(), found.clone());
        Ok(found)
    }

    fn subject(&self, child: &Descriptor) -> Result<Option<Digest>> {
        let held = || Ok::<_, Error>(self.source.stat(Role::Manifest, child)?.is_some());
        if child.media_type.kind() != Kind::Manifest || !held()? {
            return Ok(None);
        }
        let manifest: Raw<ImageManifest> = document::read(self.source, Role::Manifest, child)?;
        Ok(manifest.into_value().subject.map(|subject| subject.digest))
    }

    fn fits(&self, platform: &Platform) -> bool {
        let near = |(wanted, best): (&Platform, &Option<u32>)| {
            best.is_some() && rank(wanted, platform, false) == *best
        };
        self.wanted.iter().zip(&self.best).any(near)
    }

    /// An image that stands alone.
    fn alone(&mut self, root: &Descriptor) -> Result<Outcome> {
        let keep = match self.child(root)? {
            Child::Image(platform) => self.fits(&platform),
            Child::Unknown => false,
            Child::Other { .. } => true,
        };
        let (list, outcome) = match keep {
            true => (&mut self.kept, Outcome::Whole),
            false => (&mut self.left, Outcome::Nothing),
        };
        list.add(root);
        Ok(outcome)
    }

    /// Every index below the root, nested ones first.
    fn indexes(&mut self, root: &Descriptor) -> Result<Outcome> {
        for node in documents(self.source, root, Order::ChildrenFirst) {
            let node = node?;
            if let Content::Index(index) = node.content {
                let outcome = self.index(*index)?;
                self.outcomes.insert(node.descriptor.digest, outcome);
            }
        }
        let absent = || Error::BlobNotFound { digest: root.digest.clone(), store: self.source.name() };
        self.outcomes.get(&root.digest).cloned().ok_or_else(absent)
    }

    fn index(&mut self, index: Raw<ImageIndex>) -> Result<Outcome> {
        let children = &index.value().manifests;
        let mut kept: Vec<Option<Descriptor>> = Vec::with_capacity(children.len());
        let mut others = Vec::new();
        let mut images = (0_usize, 0_usize);
        for (at, child) in children.iter().enumerate() {
            let keep = match child.media_type.kind() {
                Kind::Index => match self.outcomes.get(&child.digest) {
                    Some(Outcome::Changed(made)) => Some(replaced(child, made)),
                    Some(Outcome::Nothing) => None,
                    // An index that is absent may have it, for all that anyone here knows.
                    Some(Outcome::Whole) | None => Some(child.clone()),
                },
                _ => {
                    let keep = match self.child(child)? {
                        Child::Image(platform) => self.fits(&platform),
                        Child::Unknown => false,
                        Child::Other { about } => {
                            others.push((at, about));
                            kept.push(Some(child.clone()));
                            continue;
                        }
                    };
                    if keep {
                        self.kept.add(child)
                    } else {
                        self.left.add(child)
                    }
                    keep.then(|| child.clone())
                }
            };
            if keep.is_some() {
                images.0 += 1
            } else {
                images.1 += 1
            }
            kept.push(keep);
        }
        let nothing = images.0 == 0 && images.1 > 0;
        for (at, about) in others {
            let gone = about.is_some_and(|about| {
                self.left.digests.contains(&about) && !self.kept.digests.contains(&about)
            });
            let Some(child) = children.get(at) else { continue };
            if !gone && !nothing {
                self.kept.add(child);
                continue;
            }
            self.left.add(child);
            if let Some(kept) = kept.get_mut(at) {
                *kept = None;
            }
        }
        if nothing {
            return Ok(Outcome::Nothing);
        }
        let unchanged = |(old, new): (&Descriptor, &Option<Descriptor>)| {
            new.as_ref().is_some_and(|new| new.digest == old.digest)
        };
        if children.iter().zip(&kept).all(unchanged) {
            return Ok(Outcome::Whole);
        }
        let old = index.descriptor().clone();
        let mut narrowed = index.into_value();
        narrowed.manifests = kept.into_iter().flatten().collect();
        let made = made(&old, narrowed.to_json()?)?;
        let outcome = Outcome::Changed(Box::new(made.descriptor().clone()));
        self.made.push(made);
        Ok(outcome)
    }
}

/// New bytes in the place of an old document, named by the same algorithm.
pub(super) fn made(old: &Descriptor, bytes: Vec<u8>) -> Result<RawDocument> {
    let mut hasher = Hasher::for_digest(&old.digest)?;
    hasher.update(&bytes);
    let descriptor = Descriptor::new(old.media_type.clone(), hasher.finish(), bytes.len() as u64);
    Ok(RawDocument::verify(bytes, descriptor)?)
}

fn documents<'a>(source: &'a dyn BlobSource, root: &Descriptor, order: Order) -> Walk<'a> {
    Walk::new(source, [root.clone()], order).without_subjects().without_blobs()
}
