//! The walk over the graph below some descriptors: iterative, each (digest, role) once, bounded.
//!
//! A digest is visited once per role, so that a graph which doubles at each level costs what its documents
//! cost. What a store does not hold is reported and is no error: whether it may be absent is for the caller.

use std::collections::HashSet;

use ocidian_spec::{Descriptor, Digest, ImageIndex, ImageManifest, Kind, Raw};

use crate::document;
use crate::error::{Error, Result};
use crate::store::{BlobSource, Role};

/// Bounds on what one root leads to. Each root has them to itself, for a store of many images is no hostile image; all of them
/// together have a million documents and blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Levels of documents.
    pub depth: usize,
    /// Descriptors, those that are met again included.
    pub descriptors: u64,
    /// Bytes of manifests and indexes read.
    pub documents: u64,
    /// Bytes of all that is visited, by the descriptors.
    pub bytes: u64,
}

impl Default for Limits {
    /// 64 levels, 100,000 descriptors, 1 GiB of documents, no bound on the content.
    fn default() -> Self {
        Self { depth: 64, descriptors: 100_000, documents: 1 << 30, bytes: u64::MAX }
    }
}

/// Of all roots together, the most that is remembered.
pub const VISITED: usize = 1_000_000;

/// In which order a document and what it names come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// For showing and marking.
    ParentsFirst,
    /// For copying: nothing is published before what it needs.
    ChildrenFirst,
}

/// How a node is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// One of those that the walk began with.
    Root,
    /// A child of an index.
    Child,
    /// What a document refers to.
    Subject,
    /// A manifest's config.
    Config,
    /// One of a manifest's layers.
    Layer,
}

/// What is found behind a descriptor.
#[derive(Debug, Clone)]
pub enum Content {
    /// An index, verified.
    Index(Box<Raw<ImageIndex>>),
    /// A manifest, verified.
    Manifest(Box<Raw<ImageManifest>>),
    /// A blob, or a document of a type that is not looked into. The store holds it; it is not verified yet.
    Opaque,
    /// The store does not hold it.
    Missing,
}

/// A step of the walk.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it was reached by.
    pub descriptor: Descriptor,
    /// By its position.
    pub role: Role,
    /// How it was reached.
    pub edge: Edge,
    /// Levels below the roots, which are at 0.
    pub depth: usize,
    /// The digest of the document that names it.
    pub parent: Option<Digest>,
    /// What is there.
    pub content: Content,
}

/// The walk. An error about one document (it does not verify, it cannot be parsed) does not end it: the next
/// step goes on beside it. A reached limit does end it.
pub struct Walk<'a> {
    source: &'a dyn BlobSource,
    order: Order,
    limits: Limits,
    subjects: bool,
    blobs: bool,
    pending: Vec<Step>,
    /// With whether it was looked into.
    seen: HashSet<(Digest, Role, bool)>,
    met: u64,
    documents: u64,
    bytes: u64,
}

enum Step {
    Enter(Box<Pending>),
    Leave(Box<Node>),
}

struct Pending {
    descriptor: Descriptor,
    edge: Edge,
    depth: usize,
    parent: Option<Digest>,
}

impl<'a> Walk<'a> {
    /// A walk from `roots`, which are manifests by their position.
    pub fn new(
        source: &'a dyn BlobSource,
        roots: impl IntoIterator<Item = Descriptor>,
        order: Order,
    ) -> Self {
        let root = |descriptor| Pending { descriptor, edge: Edge::Root, depth: 0, parent: None };
        let mut pending: Vec<Step> =
            roots.into_iter().map(|descriptor| Step::Enter(Box::new(root(descriptor)))).collect();
        pending.reverse();
        Self {
            source,
            order,
            limits: Limits::default(),
            subjects: true,
            blobs: true,
            met: 0,
            pending,
            seen: HashSet::new(),
            documents: 0,
            bytes: 0,
        }
    }

    /// With other limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Without following `subject`.
    pub fn without_subjects(mut self) -> Self {
        self.subjects = false;
        self
    }

    /// Without visiting configs and layers, for who asks about documents alone.
    pub fn without_blobs(mut self) -> Self {
        self.blobs = false;
        self
    }

    /// Enters a node: `None` where it was visited before or comes later.
    fn enter(&mut self, step: Pending) -> Result<Option<Node>> {
        let Pending { descriptor, edge, depth, parent } = step;
        let role = match edge {
            Edge::Config | Edge::Layer => Role::Blob,
            Edge::Root | Edge::Child | Edge::Subject => Role::Manifest,
        };
        if edge == Edge::Root {
            (self.met, self.documents, self.bytes) = (1, 0, 0);
        }
        if !self.is_new(&descriptor, role) {
            return Ok(None);
        }
        if self.seen.len() > VISITED {
            return Err(Error::Limit {
                what: "documents and blobs in all its entries",
                limit: VISITED as u64,
            });
        }
        self.bytes = self.bytes.saturating_add(descriptor.size);
        if self.bytes > self.limits.bytes {
            return Err(Error::Limit { what: "bytes", limit: self.limits.bytes });
        }
        let content = self.look(role, &descriptor)?;
        let mut children = Vec::new();
        let name = |edge, of: &Descriptor| Pending {
            descriptor: of.clone(),
            edge,
            depth: depth + 1,
            parent: Some(descriptor.digest.clone()),
        };
        let subject = match &content {
            Content::Index(index) => {
                children.extend(index.value().manifests.iter().map(|child| name(Edge::Child, child)));
                index.value().subject.as_ref()
            }
            Content::Manifest(manifest) => {
                if self.blobs {
                    children.push(name(Edge::Config, &manifest.value().config));
                    children.extend(manifest.value().layers.iter().map(|layer| name(Edge::Layer, layer)));
                }
                manifest.value().subject.as_ref()
            }
            Content::Opaque | Content::Missing => None,
        };
        children.extend(subject.filter(|_| self.subjects).map(|subject| name(Edge::Subject, subject)));
        self.met = self.met.saturating_add(children.len() as u64);
        if self.met > self.limits.descriptors {
            return Err(Error::Limit { what: "descriptors", limit: self.limits.descriptors });
        }
        if !children.is_empty() && depth >= self.limits.depth {
            return Err(Error::Limit { what: "levels", limit: self.limits.depth as u64 });
        }
        let node = Node { descriptor: descriptor.clone(), role, edge, depth, parent, content };
        let later = self.order == Order::ChildrenFirst && !children.is_empty();
        let (now, later) = if later { (None, Some(node)) } else { (Some(node), None) };
        self.pending.extend(later.map(|node| Step::Leave(Box::new(node))));
        self.pending.extend(children.into_iter().rev().map(|child| Step::Enter(Box::new(child))));
        Ok(now)
    }

    /// Whether it was not visited before, or only under a type that is not looked into: to call a manifest a layer first
    /// must not hide what it names.
    fn is_new(&mut self, descriptor: &Descriptor, role: Role) -> bool {
        let document = is_document(descriptor, role);
        let seen = |document| (descriptor.digest.clone(), role, document);
        !self.seen.contains(&seen(true)) && self.seen.insert(seen(document))
    }

    fn look(&mut self, role: Role, descriptor: &Descriptor) -> Result<Content> {
        let kind = match role {
            Role::Manifest => descriptor.media_type.kind(),
            Role::Blob => Kind::Other,
        };
        let document = is_document(descriptor, role);
        // A document that its descriptor carries is read from there: what it names may well be stored.
        let carried = || document && matches!(descriptor.embedded(), Ok(Some(_)));
        if self.source.stat(role, descriptor)?.is_none() && !carried() {
            return Ok(Content::Missing);
        }
        if document {
            self.documents = self.documents.saturating_add(descriptor.size);
            if self.documents > self.limits.documents {
                return Err(Error::Limit { what: "bytes of documents", limit: self.limits.documents });
            }
        }
        Ok(match kind {
            Kind::Index => Content::Index(Box::new(document::read(self.source, role, descriptor)?)),
            Kind::Manifest => Content::Manifest(Box::new(document::read(self.source, role, descriptor)?)),
            _ => Content::Opaque,
        })
    }
}

/// Whether it is looked into.
fn is_document(descriptor: &Descriptor, role: Role) -> bool {
    role == Role::Manifest && matches!(descriptor.media_type.kind(), Kind::Index | Kind::Manifest)
}

impl Iterator for Walk<'_> {
    type Item = Result<Node>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.pending.pop()? {
                Step::Leave(node) => return Some(Ok(*node)),
                Step::Enter(step) => match self.enter(*step) {
                    Ok(Some(node)) => return Some(Ok(node)),
                    Ok(None) => {}
                    Err(limit @ Error::Limit { .. }) => {
                        self.pending.clear();
                        return Some(Err(limit));
                    }
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    }
}
