//! What refers to what in a store, as numbers.

use std::collections::HashMap;

use ocidian_spec::{Descriptor, Digest, ImageIndex, ImageManifest, Kind, Raw};

use crate::document;
use crate::error::{Error, Result};
use crate::store::{Role, Store, Stored};

/// Levels of documents.
const DEPTH: usize = 64;
/// Descriptors in all documents together.
const DESCRIPTORS: u64 = 2_000_000;
/// Bytes of manifests and indexes.
const DOCUMENTS: u64 = 1 << 30;
/// Edges that are followed: a store whose entries all lead to the same large index is not counted out.
const STEPS: u64 = 20_000_000;

/// What refers to what.
pub(super) struct Graph<'a> {
    store: &'a dyn Store,
    stored: Option<HashMap<&'a Digest, u64>>,
    known: HashMap<Digest, u32>,
    pub(super) nodes: Vec<Node>,
    pending: Vec<(u32, Descriptor, usize)>,
    descriptors: u64,
    documents: u64,
    pub(super) damaged: Option<(u64, Error)>,
}

pub(super) struct Node {
    /// As it is stored; `None` where it is absent.
    pub(super) size: Option<u64>,
    below: Vec<u32>,
    /// Whether it is read or will be.
    queued: bool,
}

impl<'a> Graph<'a> {
    pub(super) fn new(store: &'a dyn Store, stored: Option<&'a [Stored]>) -> Self {
        let sizes = |stored: &'a [Stored]| stored.iter().map(|blob| (&blob.digest, blob.size)).collect();
        Self {
            store,
            stored: stored.map(sizes),
            known: HashMap::new(),
            nodes: Vec::new(),
            pending: Vec::new(),
            descriptors: 0,
            documents: 0,
            damaged: None,
        }
    }

    pub(super) fn node(&self, at: u32) -> Option<&Node> {
        self.nodes.get(at as usize)
    }

    /// Takes in an entry of the store.
    pub(super) fn add(&mut self, entry: &Descriptor) -> Result<u32> {
        self.manifest(entry, 0)
    }

    /// Reads all that is pending, and what that leads to.
    pub(super) fn read(&mut self) -> Result<()> {
        // The first entry first, so that the first damage is that of the list's order.
        self.pending.reverse();
        while let Some((at, descriptor, depth)) = self.pending.pop() {
            if self.node(at).is_none_or(|node| node.size.is_none()) {
                continue;
            }
            if depth >= DEPTH {
                return Err(Error::Limit { what: "levels", limit: DEPTH as u64 });
            }
            self.documents = self.documents.saturating_add(descriptor.size);
            if self.documents > DOCUMENTS {
                return Err(Error::Limit { what: "bytes of documents", limit: DOCUMENTS });
            }
            match self.below(&descriptor, depth) {
                Ok(below) => {
                    if let Some(node) = self.nodes.get_mut(at as usize) {
                        node.below = below;
                    }
                }
                Err(limit @ Error::Limit { .. }) => return Err(limit),
                Err(error) => self.damage(error),
            }
        }
        Ok(())
    }

    /// What a document names, but for its subject.
    fn below(&mut self, descriptor: &Descriptor, depth: usize) -> Result<Vec<u32>> {
        if descriptor.media_type.kind() == Kind::Index {
            let index: Raw<ImageIndex> = document::read(self.store, Role::Manifest, descriptor)?;
            let children = &index.value().manifests;
            return children.iter().map(|child| self.manifest(child, depth + 1)).collect();
        }
        let manifest: Raw<ImageManifest> = document::read(self.store, Role::Manifest, descriptor)?;
        let manifest = manifest.value();
        let blobs = std::iter::once(&manifest.config).chain(&manifest.layers);
        blobs.map(|blob| self.intern(Role::Blob, blob)).collect()
    }

    fn manifest(&mut self, descriptor: &Descriptor, depth: usize) -> Result<u32> {
        let at = self.intern(Role::Manifest, descriptor)?;
        if matches!(descriptor.media_type.kind(), Kind::Index | Kind::Manifest)
            && let Some(node) = self.nodes.get_mut(at as usize).filter(|node| !node.queued)
        {
            node.queued = true;
            self.pending.push((at, descriptor.clone(), depth));
        }
        Ok(at)
    }

    /// The number of what a descriptor names.
    fn intern(&mut self, role: Role, descriptor: &Descriptor) -> Result<u32> {
        self.descriptors += 1;
        if self.descriptors > DESCRIPTORS {
            return Err(Error::Limit { what: "descriptors", limit: DESCRIPTORS });
        }
        if let Some(at) = self.known.get(&descriptor.digest) {
            return Ok(*at);
        }
        let size = match &self.stored {
            Some(stored) => stored.get(&descriptor.digest).copied(),
            None => self.store.stat(role, descriptor).unwrap_or_else(|error| {
                self.damage(error);
                None
            }),
        };
        let at = self.nodes.len() as u32; // fewer than DESCRIPTORS
        self.nodes.push(Node { size, below: Vec::new(), queued: false });
        self.known.insert(descriptor.digest.clone(), at);
        Ok(at)
    }

    fn damage(&mut self, error: Error) {
        match &mut self.damaged {
            Some((count, _)) => *count += 1,
            None => self.damaged = Some((1, error)),
        }
    }
}

/// Follows edges, each node once a question.
pub(super) struct Follow<'a> {
    graph: &'a [Node],
    /// The question at which a node was met last, from 1.
    met: Vec<u32>,
    question: u32,
    steps: u64,
    pending: Vec<u32>,
}

impl<'a> Follow<'a> {
    pub(super) fn new(graph: &'a Graph<'_>) -> Self {
        let met = vec![0; graph.nodes.len()];
        Self { graph: &graph.nodes, met, question: 0, steps: 0, pending: Vec::new() }
    }

    /// Calls `see` for `root` and all below it.
    pub(super) fn each(&mut self, root: u32, mut see: impl FnMut(u32)) -> Result<()> {
        self.question += 1;
        self.pending.push(root);
        while let Some(at) = self.pending.pop() {
            self.steps += 1;
            if self.steps > STEPS {
                return Err(Error::Limit { what: "descriptors below all its entries", limit: STEPS });
            }
            match self.met.get_mut(at as usize) {
                Some(met) if *met != self.question => *met = self.question,
                _ => continue,
            }
            see(at);
            self.pending.extend(self.graph.get(at as usize).into_iter().flat_map(|node| &node.below));
        }
        Ok(())
    }
}
