//! The images that a set of entries leads to, through nested indexes, without loading any of them.

use std::collections::HashSet;

use ocidian_spec::{Descriptor, Digest, ImageIndex, Kind, Raw, annotations};

use crate::document;
use crate::error::{Error, Result};
use crate::names;
use crate::store::{Role, Store};
use crate::walk::Limits;

/// Every descriptor below the entries, once each, in the order of the indexes.
pub(crate) struct Survey {
    nodes: Vec<Node>,
    images: Vec<usize>,
    absent_index: Option<usize>,
    passed_over: Option<usize>,
}

struct Node {
    descriptor: Descriptor,
    parent: Option<usize>,
    root: usize,
}

/// Whether a descriptor is BuildKit's kind of attestation, which is never an image to run.
pub(crate) fn is_attestation(descriptor: &Descriptor) -> bool {
    descriptor.annotation(annotations::DOCKER_REFERENCE_TYPE).is_some()
        || descriptor.platform.as_ref().is_some_and(|p| p.os == "unknown" && p.architecture == "unknown")
}

impl Survey {
    /// Follows the indexes below `entries`, within the limits of every walk.
    pub(crate) fn of(store: &dyn Store, entries: Vec<Descriptor>) -> Result<Self> {
        let limits = Limits::default();
        let mut survey =
            Self { nodes: Vec::new(), images: Vec::new(), absent_index: None, passed_over: None };
        let mut seen: HashSet<Digest> = HashSet::new();
        let mut pending: Vec<(Descriptor, Option<usize>, usize)> =
            entries.into_iter().rev().map(|entry| (entry, None, 0)).collect();
        let mut read = 0_u64;
        while let Some((descriptor, parent, depth)) = pending.pop() {
            if !seen.insert(descriptor.digest.clone()) {
                continue;
            }
            let at = survey.nodes.len();
            if at as u64 >= limits.descriptors {
                return Err(Error::Limit { what: "descriptors", limit: limits.descriptors });
            }
            if depth >= limits.depth {
                return Err(Error::Limit { what: "levels", limit: limits.depth as u64 });
            }
            let root = parent.and_then(|parent| survey.nodes.get(parent)).map_or(at, |parent| parent.root);
            survey.nodes.push(Node { descriptor: descriptor.clone(), parent, root });
            match descriptor.media_type.kind() {
                _ if is_attestation(&descriptor) => {
                    survey.passed_over.get_or_insert(at);
                }
                Kind::Manifest => survey.images.push(at),
                Kind::Index if store.stat(Role::Manifest, &descriptor)?.is_none() => {
                    survey.absent_index.get_or_insert(at);
                }
                Kind::Index => {
                    read += descriptor.size;
                    if read > limits.documents {
                        return Err(Error::Limit { what: "bytes of indexes", limit: limits.documents });
                    }
                    let index: Raw<ImageIndex> = document::read(store, Role::Manifest, &descriptor)?;
                    let children = &index.value().manifests;
                    let room = limits.descriptors.saturating_sub(pending.len() as u64);
                    if children.len() as u64 > room {
                        return Err(Error::Limit { what: "descriptors", limit: limits.descriptors });
                    }
                    pending.extend(children.iter().rev().map(|child| (child.clone(), Some(at), depth + 1)));
                }
                _ => {
                    survey.passed_over.get_or_insert(at);
                }
            }
        }
        Ok(survey)
    }

    /// The nodes that are image manifests by their descriptors.
    pub(crate) fn images(&self) -> &[usize] {
        &self.images
    }

    /// The descriptor of a node.
    pub(crate) fn descriptor(&self, at: usize) -> &Descriptor {
        &self.nodes[at].descriptor
    }

    /// The store's entry above a node.
    pub(crate) fn entry(&self, at: usize) -> &Descriptor {
        self.descriptor(self.root(at))
    }

    /// Which entry a node is under.
    pub(crate) fn root(&self, at: usize) -> usize {
        self.nodes[at].root
    }

    /// The node of that digest.
    pub(crate) fn find(&self, digest: &Digest) -> Option<usize> {
        self.nodes.iter().position(|node| node.descriptor.digest == *digest)
    }

    /// The descriptors from the entry down to the node.
    pub(crate) fn chain(&self, at: usize) -> Vec<Descriptor> {
        let mut chain = Vec::new();
        let mut next = Some(at);
        while let Some(node) = next.and_then(|at| self.nodes.get(at)) {
            chain.push(node.descriptor.clone());
            next = node.parent;
        }
        chain.reverse();
        chain
    }

    /// Whether the store holds the node's document.
    pub(crate) fn holds(&self, store: &dyn Store, at: usize) -> Result<bool> {
        Ok(store.stat(Role::Manifest, self.descriptor(at))?.is_some())
    }

    /// Whether the nodes stand under entries of different names (or of none).
    pub(crate) fn differently_named(&self, nodes: &[usize]) -> bool {
        let mut names = nodes.iter().map(|at| names::name_of(self.entry(*at)));
        let first = names.next();
        names.any(|name| Some(name) != first)
    }

    /// An index that is listed, but not held.
    pub(crate) fn absent_index(&self) -> Option<&Digest> {
        self.absent_index.map(|at| &self.descriptor(at).digest)
    }

    /// Something that is no image.
    pub(crate) fn passed_over(&self) -> Option<&Descriptor> {
        self.passed_over.map(|at| self.descriptor(at))
    }
}
