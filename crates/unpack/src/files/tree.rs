//! A tree in memory: nodes in a vector, directories with sorted names, no content.
//!
//! A directory's names stand apart from what they name, so that hard links are names of one node.
//! Nothing recurses: a hostile layer decides the depth.

use ocidian_layer::{Metadata, Timestamp};

use super::ledger::Ledger;
use super::node::{Directory, FileKind, Name, Node, NodeId, Source};

/// What the present layer has to do with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// Nothing: it is a lower layer's.
    No,
    /// It put something below it.
    Above,
    /// It put it.
    Yes,
}

/// A tree that layers are applied to, the lowest first.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The root is the first; `None` where a node is gone.
    nodes: Vec<Option<Node>>,
    free: Vec<NodeId>,
    /// The present layer, from 1.
    layer: u32,
    /// That of the last entry, which parents that no entry mentions take.
    pub(super) time: Timestamp,
    /// Where it is noted what layers add and take away, if anyone wants to know.
    pub(super) ledger: Option<Box<Ledger>>,
}

/// The root: what a layer that does not mention it leaves it as.
pub(super) const ROOT: NodeId = NodeId(0);

impl Tree {
    /// An empty tree that notes what layers do to it.
    pub(super) fn with_ledger(ledger: Ledger) -> Self {
        Self { ledger: Some(Box::new(ledger)), ..Self::default() }
    }

    /// Goes on to the next layer.
    pub(super) fn begin_layer(&mut self) {
        self.layer += 1;
        if let Some(ledger) = &mut self.ledger {
            ledger.begin_layer();
        }
    }

    /// Whether no layer is below the present one.
    pub(super) fn is_lowest(&self) -> bool {
        self.layer <= 1
    }

    /// Where content at `offset` of the present layer is.
    pub(super) fn source(&self, offset: u64) -> Source {
        Source { layer: self.layer.saturating_sub(1), offset }
    }

    /// The node; a placeholder where it is gone, which no name leads to.
    pub(super) fn node(&self, id: NodeId) -> &Node {
        static GONE: Node = Node {
            kind: FileKind::Directory(Directory::empty(ROOT)),
            mode: 0o755,
            uid: 0,
            gid: 0,
            mtime: Timestamp { seconds: 0, nanoseconds: 0 },
            links: 1,
            entry: None,
        };
        self.nodes.get(id.0 as usize).and_then(Option::as_ref).unwrap_or(&GONE)
    }

    fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        if id == ROOT && self.nodes.is_empty() {
            // The root is there before any layer is.
            self.nodes.push(Some(self.node(ROOT).clone()));
        }
        self.nodes.get_mut(id.0 as usize).and_then(Option::as_mut)
    }

    fn directory(&self, id: NodeId) -> Option<&Directory> {
        match &self.node(id).kind {
            FileKind::Directory(directory) => Some(directory),
            _ => None,
        }
    }

    fn directory_mut(&mut self, id: NodeId) -> Option<&mut Directory> {
        match self.node_mut(id).map(|node| &mut node.kind) {
            Some(FileKind::Directory(directory)) => Some(directory),
            _ => None,
        }
    }

    /// What `name` stands for in a directory.
    pub(super) fn child(&self, directory: NodeId, name: &[u8]) -> Option<NodeId> {
        self.directory(directory)?.names.get(name).map(|name| name.node)
    }

    /// The names in a directory; `None` where it is none.
    pub(super) fn children(&self, directory: NodeId) -> Option<impl Iterator<Item = (&[u8], NodeId)>> {
        let names = &self.directory(directory)?.names;
        Some(names.iter().map(|(name, entry)| (&**name, entry.node)))
    }

    /// The directory that a directory is in; the root's is itself.
    pub(super) fn parent(&self, directory: NodeId) -> NodeId {
        self.directory(directory).map_or(ROOT, |directory| directory.parent)
    }

    /// An empty directory's kind.
    pub(super) fn empty_directory(parent: NodeId) -> FileKind {
        FileKind::Directory(Directory::empty(parent))
    }

    /// Gives a name that is free to a new node. `None` where there are too many nodes.
    pub(super) fn create(
        &mut self,
        directory: NodeId,
        name: &[u8],
        kind: FileKind,
        metadata: &Metadata,
        entry: Option<Source>,
    ) -> Option<NodeId> {
        // Before the root may be the first to be made.
        self.directory_mut(directory)?;
        let mut node = Node { kind, mode: 0, uid: 0, gid: 0, mtime: metadata.mtime, links: 0, entry: None };
        set(&mut node, self.layer, metadata, entry);
        if let FileKind::Directory(made) = &mut node.kind {
            made.place = self.place(directory, name);
        }
        let id = match self.free.pop() {
            Some(id) => {
                *self.nodes.get_mut(id.0 as usize)? = Some(node);
                id
            }
            None => {
                let id = NodeId(u32::try_from(self.nodes.len()).ok()?);
                self.nodes.push(Some(node));
                id
            }
        };
        self.link(directory, name, id);
        Some(id)
    }

    /// Gives a name that is free to a node.
    pub(super) fn link(&mut self, directory: NodeId, name: &[u8], node: NodeId) {
        let since = self.layer;
        let Some(names) = self.directory_mut(directory).map(|directory| &mut directory.names) else { return };
        names.insert(name.into(), Name { node, put: 0, since });
        if let Some(node) = self.node_mut(node) {
            node.links = node.links.saturating_add(1);
        }
        let (place, kind) = (self.place(directory, name), self.directory(node).is_some());
        if let Some(ledger) = &mut self.ledger {
            ledger.name_added(place, kind);
        }
    }

    /// New attributes for a node, from that entry.
    pub(super) fn renew(&mut self, id: NodeId, metadata: &Metadata, entry: Option<Source>) {
        let layer = self.layer;
        if let Some(node) = self.node_mut(id) {
            set(node, layer, metadata, entry);
        }
    }

    /// Whether the present layer made a directory or gave it its attributes.
    pub(super) fn made(&self, id: NodeId) -> bool {
        self.directory(id).is_some_and(|directory| directory.made == self.layer)
    }

    /// Marks a name as put by the present layer, and the way to it.
    pub(super) fn mark(&mut self, directory: NodeId, name: &[u8]) {
        let layer = self.layer;
        let entry = self.directory_mut(directory).and_then(|directory| directory.names.get_mut(name));
        if let Some(entry) = entry {
            entry.put = layer;
        }
        let mut at = directory;
        while at != ROOT {
            match self.directory_mut(at) {
                Some(directory) if directory.above != layer => {
                    directory.above = layer;
                    at = directory.parent;
                }
                _ => break,
            }
        }
    }

    /// What the present layer has to do with a name.
    pub(super) fn put(&self, directory: NodeId, name: &[u8]) -> Put {
        let Some(entry) = self.directory(directory).and_then(|directory| directory.names.get(name)) else {
            return Put::No;
        };
        if entry.put == self.layer {
            Put::Yes
        } else if self.directory(entry.node).is_some_and(|directory| directory.above == self.layer) {
            Put::Above
        } else {
            Put::No
        }
    }

    /// Removes a name with all below it.
    pub(super) fn remove(&mut self, directory: NodeId, name: &[u8]) {
        let Some(parent) = self.directory_mut(directory) else { return };
        let (place, Some(entry)) = (parent.place, parent.names.remove(name)) else { return };
        self.note_removal(place, name, entry);
        let mut pending = vec![entry.node];
        while let Some(id) = pending.pop() {
            let Some(slot) = self.nodes.get_mut(id.0 as usize) else { continue };
            if let Some(node) = slot.as_mut().filter(|node| node.links > 1) {
                node.links -= 1;
                continue;
            }
            let Some(gone) = slot.take() else { continue };
            self.free.push(id);
            match gone.kind {
                FileKind::Directory(directory) => {
                    for (name, entry) in directory.names {
                        self.note_removal(directory.place, &name, entry);
                        pending.push(entry.node);
                    }
                }
                FileKind::File { size, source } => {
                    if let Some(ledger) = &mut self.ledger {
                        ledger.content_gone(source, size);
                    }
                }
                _ => {}
            }
        }
    }

    /// The path of a name, for the ledger.
    fn place(&self, directory: NodeId, name: &[u8]) -> u64 {
        let above = self.directory(directory).map_or(0, |directory| directory.place);
        self.ledger.as_ref().map_or(0, |ledger| ledger.place(above, name))
    }

    fn note_removal(&mut self, directory: u64, name: &[u8], entry: Name) {
        let (kind, own) = (self.directory(entry.node).is_some(), entry.since == self.layer);
        if let Some(ledger) = &mut self.ledger {
            ledger.name_removed(ledger.place(directory, name), kind, own);
        }
    }

    /// Every path with its node, parents first.
    pub(super) fn walk(&self) -> impl Iterator<Item = (Vec<u8>, NodeId)> {
        let mut pending = vec![(Vec::new(), ROOT)];
        std::iter::from_fn(move || {
            let (path, id) = pending.pop()?;
            let at = pending.len();
            for (name, child) in self.children(id).into_iter().flatten() {
                pending.push((crate::tree::join(&path, name), child));
            }
            // The first name is to come off first.
            pending.get_mut(at..).unwrap_or_default().reverse();
            Some((path, id))
        })
    }
}

fn set(node: &mut Node, layer: u32, metadata: &Metadata, entry: Option<Source>) {
    node.entry = entry;
    if let FileKind::Directory(directory) = &mut node.kind {
        directory.made = layer;
    }
    // Both have twelve bits.
    node.mode = (metadata.mode & 0o7777) as u16;
    node.uid = metadata.uid;
    node.gid = metadata.gid;
    node.mtime = metadata.mtime;
}
