//! What a copy will do, found out from documents alone before a byte is written.

use std::collections::{HashMap, HashSet};

use ocidian_spec::{Descriptor, Digest, Kind, RawDocument, RefName};

use super::overlay::Overlay;
use super::platforms::{Narrowed, Platforms, narrow, replaced};
use super::report::{Absent, Why};
use super::roots::{Root, Target};
use super::transfer::Task;
use super::{Options, fallback, mentioned, subjects};
use crate::error::{Error, Result};
use crate::names;
use crate::store::{BlobSource, Destination, Role, Store, When};
use crate::walk::{Content, Edge, Limits, Node, Order, Walk};

/// An entry on its way.
pub(super) struct Planned {
    pub(super) source: Descriptor,
    /// What it becomes, conversions aside.
    pub(super) descriptor: Descriptor,
    pub(super) target: Target,
    pub(super) why: Why,
    pub(super) kept: Vec<Descriptor>,
    pub(super) left_out: Vec<Descriptor>,
}

impl Planned {
    pub(super) fn unchanged(descriptor: Descriptor, target: Target, why: Why) -> Self {
        let source = descriptor.clone();
        Self { source, descriptor, target, why, kept: Vec::new(), left_out: Vec::new() }
    }

    /// Whether the caller's conversion makes it another image.
    pub(super) fn is_converted(&self, options: &Options<'_>) -> bool {
        options.convert.is_some() && self.why == Why::Asked
    }

    /// The name at the destination, as far as one name goes.
    pub(super) fn name(&self) -> Option<RefName> {
        match &self.target {
            Target::Name { name, .. } => name.clone(),
            Target::AsListed => names::name_of(&self.source),
        }
    }
}

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
        let alone = roots.len() == 1;
        let mut gone = HashSet::new();
        for root in roots {
            plan.root(root, options, alone, &mut gone)?;
        }
        if matches!(options.platforms, Platforms::Only(_)) {
            plan.leave_out_referrers(gone)?;
        }
        if options.referrers {
            plan.referrers(options)?;
        }
        fallback::merge(&mut plan, options)?;
        plan.walk(to, options)?;
        plan.check(to)?;
        Ok(plan)
    }

    /// Takes a root up, narrowed where platforms were chosen. What is left out goes to `gone`.
    fn root(
        &mut self,
        root: Root,
        options: &Options<'_>,
        alone: bool,
        gone: &mut HashSet<Digest>,
    ) -> Result<()> {
        let Root { descriptor, target } = root;
        let held = is_held(self.store, &descriptor)?;
        if !held && alone {
            return Err(Error::BlobNotFound { digest: descriptor.digest, store: self.store.name() });
        }
        if !held {
            self.absent.push(Absent::entry(descriptor, false));
            return Ok(());
        }
        let Platforms::Only(wanted) = &options.platforms else {
            self.roots.push(Planned::unchanged(descriptor, target, Why::Asked));
            return Ok(());
        };
        let Narrowed { descriptor: narrowed, made, kept, left_out, missing, known } =
            narrow(self.store, &descriptor, wanted)?;
        if let (true, Some(missing)) = (alone, missing.first()) {
            return Err(Error::PlatformNotFound { wanted: missing.to_string(), known });
        }
        gone.extend(left_out.iter().map(|child| child.digest.clone()));
        let Some(narrowed) = narrowed else {
            gone.insert(descriptor.digest.clone());
            let text = names::name_of(&descriptor).map(|name| format!(" ({name})")).unwrap_or_default();
            let text = format!("{}{text} was left out: it is for {}", descriptor.digest, listed(&known));
            self.notes.push(text);
            return Ok(());
        };
        self.hold_one(&kept)?;
        if narrowed.digest != descriptor.digest {
            gone.insert(descriptor.digest.clone());
        }
        for document in &made {
            self.add(document)?;
        }
        let why = Why::Asked;
        self.roots.push(Planned { source: descriptor, descriptor: narrowed, target, why, kept, left_out });
        Ok(())
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

    /// An index none of whose images is there is none that anyone asked for.
    fn hold_one(&self, kept: &[Descriptor]) -> Result<()> {
        for child in kept {
            if is_held(self.store, child)? {
                return Ok(());
            }
        }
        match kept.first() {
            Some(child) => {
                Err(Error::BlobNotFound { digest: child.digest.clone(), store: self.store.name() })
            }
            None => Ok(()),
        }
    }

    /// Leaves out the entries that refer to what was left out.
    fn leave_out_referrers(&mut self, mut gone: HashSet<Digest>) -> Result<()> {
        for root in &self.roots {
            gone.remove(&root.descriptor.digest);
            for kept in &root.kept {
                gone.remove(&kept.digest);
            }
        }
        let dropped = subjects::below(self.store, &self.roots, gone)?;
        self.roots.retain(|root| {
            let drop = dropped.contains(&root.source.digest);
            if drop {
                self.notes.push(format!(
                    "{} was left out: what it refers to is not copied as it was",
                    root.source.digest
                ));
            }
            !drop
        });
        if self.roots.is_empty() {
            return Err(Error::NoImage { store: format!("what is left of {}", self.store.name()) });
        }
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

    /// Lists what has to be brought over.
    fn walk(&mut self, to: &dyn Destination, options: &Options<'_>) -> Result<()> {
        // What is converted brings its own blobs.
        let here = |root: &&Planned| !root.is_converted(options);
        let roots: Vec<Descriptor> =
            self.roots.iter().filter(here).map(|root| root.descriptor.clone()).collect();
        let (mut missing, mut opaque) = (Vec::new(), Vec::new());
        for node in Walk::new(&self.source, roots, Order::ChildrenFirst) {
            if options.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let Node { descriptor, role, edge, parent, content, .. } = node?;
            let Some(task) = task(&self.source, role, &descriptor, &content)? else {
                let dispensable = edge == Edge::Subject;
                missing.push(Absent { descriptor, role, parent, dispensable });
                continue;
            };
            let layer = matches!(descriptor.media_type.kind(), Kind::Layer(_));
            if role == Role::Manifest && matches!(content, Content::Opaque) && !layer {
                opaque.push(descriptor);
            }
            match (role, edge) {
                (Role::Blob, _) => self.blobs.push(task),
                // Its own put writes it, and nothing that is put before it needs it.
                (Role::Manifest, Edge::Root) => {}
                (Role::Manifest, _) => self.documents.push(task),
            }
        }
        self.mentioned(&opaque)?;
        self.missed(missing, to)
    }

    /// Adds what documents of unknown types mention.
    fn mentioned(&mut self, opaque: &[Descriptor]) -> Result<()> {
        let mut known: HashSet<Digest> = HashSet::new();
        if !opaque.is_empty() {
            let tasks = self.blobs.iter().chain(&self.documents).map(|task| &task.descriptor);
            known.extend(
                tasks.chain(self.roots.iter().map(|root| &root.descriptor)).map(|d| d.digest.clone()),
            );
        }
        let mut found = Vec::new();
        for document in opaque {
            let tasks = mentioned::by(&self.source, document)?;
            found.extend(tasks.into_iter().filter(|task| known.insert(task.descriptor.digest.clone())));
        }
        let (blobs, documents) = found.into_iter().partition(|task: &Task| task.role == Role::Blob);
        self.blobs.extend::<Vec<_>>(blobs);
        // Before what mentions them.
        self.documents.splice(0..0, documents as Vec<_>);
        Ok(())
    }

    /// Notes what the source does not hold, unless the destination does.
    fn missed(&mut self, missing: Vec<Absent>, to: &dyn Destination) -> Result<()> {
        // A referrer may have been missed already, by its subject's list.
        let known = |absent: &Absent| (absent.descriptor.digest.clone(), absent.role);
        let mut at: HashMap<(Digest, Role), usize> =
            self.absent.iter().enumerate().map(|(at, absent)| (known(absent), at)).collect();
        for absent in missing {
            let there = match to.adopt(absent.role, &absent.descriptor, self.store) {
                Err(Error::BlobNotFound { .. }) => false,
                adopted => adopted?,
            };
            if there {
                continue;
            }
            match at.get(&known(&absent)).and_then(|at| self.absent.get_mut(*at)) {
                Some(known) => {
                    known.dispensable &= absent.dispensable;
                    known.parent = absent.parent;
                }
                None => {
                    at.insert(known(&absent), self.absent.len());
                    self.absent.push(absent);
                }
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

    /// Replaces what a root becomes, and where it is put.
    pub(super) fn replace(&mut self, at: usize, document: &RawDocument, target: Target) -> Result<()> {
        self.add(document)?;
        if let Some(root) = self.roots.get_mut(at) {
            root.descriptor = replaced(&root.descriptor, document.descriptor());
            root.target = target;
        }
        Ok(())
    }
}

/// The task of a node; `None` where the source has no such bytes.
fn task(
    source: &dyn BlobSource,
    role: Role,
    descriptor: &Descriptor,
    content: &Content,
) -> Result<Option<Task>> {
    let plain = Descriptor::new(descriptor.media_type.clone(), descriptor.digest.clone(), descriptor.size);
    let stored = match (content, &descriptor.data) {
        (Content::Missing, _) => false,
        (_, None) => true,
        (_, Some(_)) => source.stat(role, descriptor)?.is_some(),
    };
    if stored {
        return Ok(Some(Task { role, descriptor: plain }));
    }
    let carried = matches!(descriptor.embedded(), Ok(Some(_)));
    let data = descriptor.data.clone();
    Ok(carried.then_some(Task { role, descriptor: Descriptor { data, ..plain } }))
}

fn is_held(store: &dyn Store, document: &Descriptor) -> Result<bool> {
    Ok(store.stat(Role::Manifest, document)?.is_some() || matches!(document.embedded(), Ok(Some(_))))
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "no platform that is known".to_owned() } else { known.join(", ") }
}
