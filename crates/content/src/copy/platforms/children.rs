//! What the children of indexes are, as far as platforms go, and how near each is to what is wanted.

use std::collections::HashMap;

use ocidian_spec::annotations::DOCKER_REFERENCE_DIGEST;
use ocidian_spec::{Descriptor, Digest, ImageManifest, Kind, Platform, Raw};

use crate::document;
use crate::error::{Error, Result};
use crate::platform::rank;
use crate::select::platform_of;
use crate::store::{BlobSource, Role};
use crate::survey::is_attestation;
use crate::walk::{Content, Order, Walk};

pub(super) struct Children<'a> {
    source: &'a dyn BlobSource,
    wanted: &'a [Platform],
    /// For each that is wanted, how near the nearest is.
    best: Vec<Option<u32>>,
    /// The platforms that there are.
    pub(super) known: Vec<String>,
    /// What children are that do not say it of themselves.
    looked_up: HashMap<Digest, Child>,
}

/// What a child is, as far as platforms go.
#[derive(Clone)]
pub(super) enum Child {
    Image(Platform),
    /// An image that nothing here says the platform of.
    Unknown,
    /// No image.
    Other {
        about: Option<Digest>,
    },
}

impl<'a> Children<'a> {
    /// Finds the nearest image for each platform, wherever below the root it is.
    pub(super) fn survey(
        source: &'a dyn BlobSource,
        root: &Descriptor,
        wanted: &'a [Platform],
    ) -> Result<Self> {
        let mut made = Self {
            source,
            wanted,
            best: vec![None; wanted.len()],
            known: Vec::new(),
            looked_up: HashMap::new(),
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

    pub(super) fn child(&mut self, child: &Descriptor) -> Result<Child> {
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

    pub(super) fn fits(&self, platform: &Platform) -> bool {
        let near = |(wanted, best): (&Platform, &Option<u32>)| {
            best.is_some() && rank(wanted, platform, false) == *best
        };
        self.wanted.iter().zip(&self.best).any(near)
    }

    /// Of what is wanted, what there is no image for.
    pub(super) fn missing(&self) -> Vec<Platform> {
        let none = self.wanted.iter().zip(&self.best).filter(|(_, best)| best.is_none());
        none.map(|(wanted, _)| wanted.clone()).collect()
    }
}

/// The indexes below a root, and what they list.
pub(super) fn documents<'a>(source: &'a dyn BlobSource, root: &Descriptor, order: Order) -> Walk<'a> {
    Walk::new(source, [root.clone()], order).without_subjects().without_blobs()
}
