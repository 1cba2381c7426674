//! The graph as a tree: each document opened once, referrers hung below what they refer to.

use std::collections::{HashMap, HashSet};

use ocidian_content::walk::{Content, Limits, Order};
use ocidian_content::{Error, Result, Role as Position, Store, Walk, document, names};
use ocidian_spec::{Descriptor, Digest, ImageConfig, ImageIndex, ImageManifest, Kind, Raw};

use super::{Node, Role, State};
use crate::commands::platforms;

/// Builds trees over one store.
pub(super) struct Builder<'a> {
    store: &'a dyn Store,
    limits: Limits,
    referrers: HashMap<Digest, Vec<Descriptor>>,
    opened: HashSet<Digest>,
    nodes: u64,
    first_error: Option<Error>,
}

impl<'a> Builder<'a> {
    /// Finds out what refers to what.
    pub(super) fn new(store: &'a dyn Store) -> Result<Self> {
        let mut referrers: HashMap<Digest, Vec<Descriptor>> = HashMap::new();
        let entries = store.list()?.into_iter().map(|(_, entry)| entry);
        for node in Walk::new(store, entries, Order::ParentsFirst).without_subjects() {
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
        let limits = Limits::default();
        Ok(Self { store, limits, referrers, opened: HashSet::new(), nodes: 0, first_error: None })
    }

    /// The trees below `roots`. With `all`, what refers to another root is shown there and not as a root.
    pub(super) fn roots(&mut self, roots: Vec<Descriptor>, all: bool) -> Result<Vec<Node>> {
        let listed: HashSet<Digest> = roots.iter().map(|root| root.digest.clone()).collect();
        let elsewhere: HashSet<Digest> = self
            .referrers
            .iter()
            .filter(|(subject, _)| all && listed.contains(subject))
            .flat_map(|(subject, of)| of.iter().map(move |d| (subject, &d.digest)))
            .filter(|(subject, referrer)| subject != referrer)
            .map(|(_, referrer)| referrer.clone())
            .collect();
        let shown =
            roots.iter().filter(|root| names::name_of(root).is_some() || !elsewhere.contains(&root.digest));
        shown.map(|root| self.document(root, None, 0)).collect()
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
        if !self.opened.insert(descriptor.digest.clone()) {
            node.state = State::Repeated;
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
        if config.state == State::Present && manifest.config.media_type.kind() == Kind::Config {
            match document::config(self.store, manifest) {
                Ok(document) => describe(node, document.value()),
                Err(error) => self.damaged(&mut config, error),
            }
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
