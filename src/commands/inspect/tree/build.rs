//! The graph as a tree: each document opened once, referrers hung below what they refer to.

use std::collections::{HashMap, HashSet};

use ocidian_content::walk::{Content, Limits, Order};
use ocidian_content::{Error, Result, Role as Position, Store, Walk, document, names};
use ocidian_spec::annotations::CREATED;
use ocidian_spec::{Descriptor, Digest, ImageConfig, ImageIndex, ImageManifest, Kind, Raw};

use super::{Node, Role, State};
use crate::commands::platforms;

/// Nodes of a tree, all of which are kept until it is written.
const NODES: u64 = 250_000;
/// Descriptors of a store in which referrers are looked for, none of which is kept.
const DESCRIPTORS: u64 = 2_000_000;

/// Builds trees over one store.
pub(super) struct Builder<'a> {
    store: &'a dyn Store,
    limits: Limits,
    referrers: HashMap<Digest, Vec<Descriptor>>,
    /// What was shown, and whether it was as a document that is looked into.
    shown: HashSet<(Digest, bool)>,
    nodes: u64,
    first_error: Option<Error>,
}

impl<'a> Builder<'a> {
    /// Finds out what refers to what.
    pub(super) fn new(store: &'a dyn Store) -> Result<Self> {
        let mut referrers: HashMap<Digest, Vec<Descriptor>> = HashMap::new();
        let entries = store.list()?.into_iter().map(|(_, entry)| entry);
        let limits = Limits { descriptors: DESCRIPTORS, ..Limits::default() };
        for node in Walk::new(store, entries, Order::ParentsFirst).without_subjects().limits(limits) {
            let node = match node {
                Ok(node) => node,
                Err(limit @ Error::Limit { .. }) => return Err(limit),
                // Told where it stands in the tree, if it does.
                Err(_) => continue,
            };
            let subject = match &node.content {
                Content::Index(index) => index.value().subject.as_ref(),
                Content::Manifest(manifest) => manifest.value().subject.as_ref(),
                Content::Opaque | Content::Missing => None,
            };
            if let Some(subject) = subject {
                referrers.entry(subject.digest.clone()).or_default().push(node.descriptor);
            }
        }
        let limits = Limits { descriptors: NODES, ..Limits::default() };
        Ok(Self { store, limits, referrers, shown: HashSet::new(), nodes: 0, first_error: None })
    }

    /// The trees below `roots`. With `all`, what only refers to something that is shown is no root of its own.
    pub(super) fn roots(&mut self, roots: Vec<Descriptor>, all: bool) -> Result<Vec<Node>> {
        let refers: HashSet<&Digest> = self.referrers.values().flatten().map(|of| &of.digest).collect();
        let later: Vec<bool> = roots
            .iter()
            .map(|root| all && names::name_of(root).is_none() && refers.contains(&root.digest))
            .collect();
        let mut shown = Vec::new();
        for waiting in [false, true] {
            for (at, root) in roots.iter().enumerate().filter(|(at, _)| later.get(*at) == Some(&waiting)) {
                // By now all that it could refer to is shown, and it with that.
                if !(waiting && self.shown.contains(&(root.digest.clone(), true))) {
                    shown.push((at, self.document(root, None, 0)?));
                }
            }
        }
        shown.sort_by_key(|(at, _)| *at);
        Ok(shown.into_iter().map(|(_, node)| node).collect())
    }

    /// The first thing that was found damaged, as the command's own error.
    pub(super) fn finish(self) -> Result<()> {
        self.first_error.map_or(Ok(()), Err)
    }

    fn count(&mut self) -> Result<()> {
        self.nodes += 1;
        if self.nodes > self.limits.descriptors {
            return Err(Error::Limit { what: "descriptors", limit: self.limits.descriptors });
        }
        Ok(())
    }

    /// A manifest or an index, with all below it.
    fn document(&mut self, descriptor: &Descriptor, role: Option<Role>, depth: usize) -> Result<Node> {
        if depth > self.limits.depth {
            return Err(Error::Limit { what: "levels", limit: self.limits.depth as u64 });
        }
        let kind = descriptor.media_type.kind();
        let role = role.unwrap_or(match kind {
            Kind::Index => Role::Index,
            Kind::Manifest => Role::Manifest,
            _ => Role::Other,
        });
        let mut node = self.blob(descriptor, role, Position::Manifest)?;
        if depth == 0 {
            node.name = names::name_of(descriptor).map(|name| name.to_string());
        }
        if node.state != State::Present || !matches!(kind, Kind::Index | Kind::Manifest) {
            return Ok(node);
        }
        let below = match kind {
            Kind::Index => self.index(&mut node, descriptor, depth),
            _ => self.manifest(&mut node, descriptor),
        };
        match below {
            Err(limit @ Error::Limit { .. }) => return Err(limit),
            Err(error) => self.damaged(&mut node, error),
            Ok(()) => {}
        }
        for referrer in self.referrers.get(&descriptor.digest).cloned().unwrap_or_default() {
            node.children.push(self.document(&referrer, Some(Role::Referrer), depth + 1)?);
        }
        Ok(node)
    }

    fn index(&mut self, node: &mut Node, descriptor: &Descriptor, depth: usize) -> Result<()> {
        let index: Raw<ImageIndex> = document::read(self.store, Position::Manifest, descriptor)?;
        node.artifact_type = index.value().artifact_type.clone().or(node.artifact_type.take());
        node.created = index.value().annotations.as_ref().and_then(|all| all.get(CREATED)).cloned();
        for child in &index.value().manifests {
            node.children.push(self.document(child, None, depth + 1)?);
        }
        Ok(())
    }

    fn manifest(&mut self, node: &mut Node, descriptor: &Descriptor) -> Result<()> {
        let manifest: Raw<ImageManifest> = document::read(self.store, Position::Manifest, descriptor)?;
        let manifest = manifest.value();
        node.artifact_type = manifest.artifact_type.clone().or(node.artifact_type.take());
        let mut config = self.blob(&manifest.config, Role::Config, Position::Blob)?;
        let held = matches!(config.state, State::Present | State::Repeated);
        if held && manifest.config.media_type.kind() == Kind::Config {
            match document::config(self.store, manifest) {
                Ok(document) => describe(node, document.value()),
                Err(error) => self.damaged(&mut config, error),
            }
        }
        if node.created.is_none() {
            node.created = manifest.annotations.as_ref().and_then(|all| all.get(CREATED)).cloned();
        }
        node.children.push(config);
        for layer in &manifest.layers {
            let layer = self.blob(layer, Role::Layer, Position::Blob)?;
            node.children.push(layer);
        }
        Ok(())
    }

    /// The descriptor alone, and whether what it names is there.
    fn blob(&mut self, descriptor: &Descriptor, role: Role, position: Position) -> Result<Node> {
        self.count()?;
        let mut node = Node {
            role,
            name: None,
            digest: descriptor.digest.to_string(),
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            artifact_type: descriptor.artifact_type.clone(),
            platform: descriptor.platform.clone(),
            created: None,
            annotations: descriptor.annotations.clone().unwrap_or_default(),
            state: State::Present,
            error: None,
            children: Vec::new(),
        };
        match self.store.stat(position, descriptor) {
            Ok(Some(size)) if size == descriptor.size => {}
            Ok(Some(actual)) => {
                let (digest, expected) = (descriptor.digest.clone(), descriptor.size);
                let source = ocidian_spec::Error::Size { digest, expected, actual };
                self.damaged(&mut node, Error::Blob { descriptor: Box::new(descriptor.clone()), source });
            }
            // Embedded content needs no blob.
            Ok(None) if descriptor.data.is_some() => {}
            Ok(None) => node.state = State::Absent,
            Err(error) => self.damaged(&mut node, error),
        }
        let opened = position == Position::Manifest
            && matches!(descriptor.media_type.kind(), Kind::Index | Kind::Manifest);
        if node.state == State::Present && !self.shown.insert((descriptor.digest.clone(), opened)) {
            node.state = State::Repeated;
        }
        Ok(node)
    }

    fn damaged(&mut self, node: &mut Node, error: Error) {
        node.state = State::Damaged;
        node.error = Some(error.to_string());
        self.first_error.get_or_insert(error);
    }
}

/// What only the config says of an image.
fn describe(node: &mut Node, config: &ImageConfig) {
    node.created.clone_from(&config.created);
    node.platform.get_or_insert_with(|| platforms::of_config(config));
}
