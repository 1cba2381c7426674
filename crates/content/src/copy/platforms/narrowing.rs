//! New indexes with the children that are wanted, nested ones first.

use std::collections::{HashMap, HashSet};

use ocidian_spec::{Descriptor, Digest, Document, ImageIndex, Kind, Raw, RawDocument};

use super::children::{Child, Children, documents};
use super::{made, replaced};
use crate::error::{Error, Result};
use crate::store::BlobSource;
use crate::walk::{Content, Order};

pub(super) struct Narrowing<'a> {
    source: &'a dyn BlobSource,
    pub(super) children: Children<'a>,
    outcomes: HashMap<Digest, Outcome>,
    pub(super) made: Vec<RawDocument>,
    pub(super) kept: Listed,
    pub(super) left: Listed,
}

/// What a document became.
#[derive(Clone)]
pub(super) enum Outcome {
    Whole,
    Changed(Box<Descriptor>),
    Nothing,
}

/// Descriptors, each digest once.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) list: Vec<Descriptor>,
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
    pub(super) fn new(source: &'a dyn BlobSource, children: Children<'a>) -> Self {
        Self {
            source,
            children,
            outcomes: HashMap::new(),
            made: Vec::new(),
            kept: Listed::default(),
            left: Listed::default(),
        }
    }

    /// An image that stands alone.
    pub(super) fn alone(&mut self, root: &Descriptor) -> Result<Outcome> {
        let keep = match self.children.child(root)? {
            Child::Image(platform) => self.children.fits(&platform),
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
    pub(super) fn indexes(&mut self, root: &Descriptor) -> Result<Outcome> {
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
                    let keep = match self.children.child(child)? {
                        Child::Image(platform) => self.children.fits(&platform),
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
