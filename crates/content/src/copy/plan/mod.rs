//! What a copy will do, found out from documents alone before a byte is written.

mod chosen;
mod tasks;

use std::collections::HashSet;

use ocidian_spec::{Descriptor, Digest, RawDocument};

use super::options::Options;
use super::overlay::Overlay;
use super::planned::Planned;
use super::platforms::{Platforms, replaced};
use super::report::{Absent, Why};
use super::roots::{Root, Target};
use super::transfer::Task;
use super::{fallback, subjects};
use crate::error::{Error, Result};
use crate::store::{Destination, Role, Store, When};
use crate::walk::Limits;

pub(super) struct Plan<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) source: Overlay<'a>,
    pub(super) roots: Vec<Planned>,
    /// Configs and layers: in any order, before any document.
    pub(super) blobs: Vec<Task>,
    /// Documents that are no roots, children first.
    pub(super) documents: Vec<Task>,
    pub(super) absent: Vec<Absent>,
    pub(super) notes: Vec<String>,
    /// Bytes of made-up documents, which are in memory.
    made: u64,
}

impl<'a> Plan<'a> {
    pub(super) fn make(
        store: &'a dyn Store,
        roots: Vec<Root>,
        to: &dyn Destination,
        options: &Options<'_>,
    ) -> Result<Self> {
        let mut plan = Self {
            store,
            source: Overlay::new(store),
            roots: Vec::new(),
            blobs: Vec::new(),
            documents: Vec::new(),
            absent: Vec::new(),
            notes: Vec::new(),
            made: 0,
        };
        match &options.platforms {
            Platforms::All => plan.all(roots, &options.cancel)?,
            Platforms::Only(wanted) => plan.narrowed(roots, wanted, &options.cancel)?,
        }
        if options.referrers {
            plan.referrers(options)?;
        }
        if let Some(existing) = options.existing.filter(|_| options.convert.is_none()) {
            for joined in fallback::join(&plan.source, &plan.roots, existing)? {
                plan.replace(joined)?;
            }
        }
        plan.check_names(to)?;
        plan.walk(to, options)?;
        plan.check(to)?;
        Ok(plan)
    }

    /// Keeps a document that was made up.
    pub(super) fn add(&mut self, document: &RawDocument) -> Result<()> {
        let limit = Limits::default().documents;
        self.made = self.made.saturating_add(document.bytes().len() as u64);
        if self.made > limit {
            return Err(Error::Limit { what: "bytes of new indexes", limit });
        }
        self.source.add(document);
        Ok(())
    }

    /// Adds what refers to the roots and all below them.
    fn referrers(&mut self, options: &Options<'_>) -> Result<()> {
        let roots: Vec<Descriptor> = self.roots.iter().map(|root| root.descriptor.clone()).collect();
        if options.convert.is_some() {
            self.notes.push(
                "referrers are not copied: what they refer to is converted, so it has another digest"
                    .to_owned(),
            );
            return Ok(());
        }
        let (subjects, referrers) = subjects::referrers(self.store, &self.source, roots)?;
        let known: HashSet<Digest> = self.roots.iter().map(|root| root.source.digest.clone()).collect();
        let target = || Target::Name { name: None, when: When::Any };
        for referrer in referrers.into_iter().filter(|referrer| !known.contains(&referrer.digest)) {
            if is_held(self.store, &referrer)? {
                self.roots.push(Planned::unchanged(referrer, target(), Why::Referrer));
            } else {
                self.absent.push(Absent::entry(referrer, true));
            }
        }
        for root in fallback::tags(self.store, &subjects, &self.roots)? {
            self.roots.push(root);
        }
        let changed: Vec<Digest> = self
            .roots
            .iter()
            .filter(|root| root.why == Why::Asked && root.source.digest != root.descriptor.digest)
            .map(|root| root.source.digest.clone())
            .collect();
        let lost = self.store.referrers_of(&changed)?.len();
        if lost > 0 {
            self.notes.push(format!(
                "{lost} referrers of whole indexes are not copied: an index of some platforms has another digest"
            ));
        }
        Ok(())
    }

    /// Refuses names that the destination cannot have.
    fn check_names(&self, to: &dyn Destination) -> Result<()> {
        if to.demands().single {
            return Ok(());
        }
        for root in &self.roots {
            match &root.target {
                Target::Name { name: Some(name), .. } => to.accepts(name)?,
                Target::Name { name: None, .. } => {}
                Target::AsListed => to.accepts_entry(&root.descriptor).map_err(by_itself)?,
            }
        }
        Ok(())
    }

    /// Refuses what the destination cannot hold.
    fn check(&mut self, to: &dyn Destination) -> Result<()> {
        let demands = to.demands();
        if let Some(absent) = self.absent.iter().find(|absent| demands.complete && !absent.dispensable) {
            return Err(Error::BlobNotFound {
                digest: absent.descriptor.digest.clone(),
                store: self.store.name(),
            });
        }
        if demands.single && self.roots.len() > 1 {
            let reason = format!(
                "it holds one image, and {} entries would be copied; name one, without what refers to it",
                self.roots.len()
            );
            return Err(Error::Store { store: "the destination".to_owned(), reason });
        }
        if let (true, Some(absent)) = (self.roots.is_empty(), self.absent.first()) {
            let digest = absent.descriptor.digest.clone();
            return Err(Error::BlobNotFound { digest, store: self.store.name() });
        }
        Ok(())
    }

    /// Puts a joined list in the place of its root.
    fn replace(&mut self, joined: fallback::Joined) -> Result<()> {
        self.add(&joined.document)?;
        if let Some(root) = self.roots.get_mut(joined.at) {
            root.descriptor = replaced(&root.descriptor, joined.document.descriptor());
            root.target = joined.target;
        }
        Ok(())
    }
}

/// An error about a name that was not asked for says how to ask for another.
fn by_itself(error: Error) -> Error {
    match error {
        Error::Store { store, reason } => {
            Error::Store { store, reason: format!("{reason}; copy that image by itself, under such a name") }
        }
        error => error,
    }
}

/// Whether there is such a document, be it in its descriptor.
fn is_held(store: &dyn Store, document: &Descriptor) -> Result<bool> {
    Ok(store.stat(Role::Manifest, document)?.is_some() || matches!(document.embedded(), Ok(Some(_))))
}
