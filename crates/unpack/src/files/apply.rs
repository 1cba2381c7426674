//! Changes onto the tree in memory: the rules that `crate::apply` follows on disk.

use ocidian_layer::{Change, Entry, EntryKind, EntryPath, Metadata};
use rustix::io::Errno;

use super::node::{FileKind, NodeId, Source};
use super::tree::{Put, ROOT, Tree};
use crate::error::Failure;

/// As Linux has it.
const MAX_LINKS: u32 = 40;

/// What to do about a parent that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parents {
    /// Make it; replace what is no directory.
    Make,
    /// Leave everything as it is.
    Leave,
}

impl Tree {
    /// Applies one change of the present layer.
    pub(super) fn apply(&mut self, change: &Change) -> Result<(), Failure> {
        match change {
            Change::Put(entry) => self.put_entry(entry),
            Change::Whiteout(_) | Change::Opaque(_) if self.is_lowest() => Ok(()),
            Change::Whiteout(path) => self.whiteout(path),
            Change::Opaque(path) => {
                if let Some(directory) = self.enter(path.as_bytes(), Parents::Leave)? {
                    self.prune(directory);
                }
                Ok(())
            }
        }
    }

    fn put_entry(&mut self, entry: &Entry) -> Result<(), Failure> {
        self.time = entry.metadata.mtime;
        let from = Some(self.source(entry.offset));
        let Some((parent, name)) = entry.path.split() else {
            self.renew(ROOT, &entry.metadata, from);
            return Ok(());
        };
        let kind = match &entry.kind {
            EntryKind::Hardlink(target) => return self.put_hardlink(parent, name, target),
            EntryKind::Directory => Tree::empty_directory(ROOT),
            EntryKind::File { size, .. } => FileKind::File { size: *size, source: self.source(entry.offset) },
            EntryKind::Symlink(target) => FileKind::Symlink(target.as_slice().into()),
            EntryKind::CharDevice(device) => FileKind::CharDevice(*device),
            EntryKind::BlockDevice(device) => FileKind::BlockDevice(*device),
            EntryKind::Fifo => FileKind::Fifo,
        };
        let directory = self.make_parents(parent)?;
        match (kind, self.child(directory, name)) {
            (FileKind::Directory(_), Some(existing)) if self.is_directory(existing) => {
                self.renew(existing, &entry.metadata, from);
            }
            (kind, _) => {
                let kind = match kind {
                    FileKind::Directory(_) => Tree::empty_directory(directory),
                    kind => kind,
                };
                self.remove(directory, name);
                self.make(directory, name, kind, &entry.metadata, from)?;
            }
        }
        self.mark(directory, name);
        Ok(())
    }

    fn put_hardlink(&mut self, parent: &[u8], name: &[u8], target: &EntryPath) -> Result<(), Failure> {
        let missing = || Failure::Refused(format!("the target of its hard link, {target:?}, does not exist"));
        let (from, from_name) = target.split().ok_or_else(missing)?;
        let from = self.enter(from, Parents::Leave)?.ok_or_else(missing)?;
        let node = self.child(from, from_name).ok_or_else(missing)?;
        if self.is_directory(node) {
            return Err(Failure::Refused(format!("its hard link's target, {target:?}, is a directory")));
        }
        let directory = self.make_parents(parent)?;
        // It may be a name of that file already: then there is nothing to do.
        if self.child(directory, name) != Some(node) {
            self.remove(directory, name);
            // To make room may have taken the target away.
            if self.child(from, from_name) != Some(node) || self.is_directory(node) {
                return Err(missing());
            }
            self.link(directory, name, node);
        }
        self.mark(directory, name);
        Ok(())
    }

    fn whiteout(&mut self, path: &EntryPath) -> Result<(), Failure> {
        let (parent, name) =
            path.split().ok_or_else(|| Failure::Refused("the root cannot be hidden".to_owned()))?;
        let Some(directory) = self.enter(parent, Parents::Leave)? else { return Ok(()) };
        let Some(node) = self.child(directory, name) else { return Ok(()) };
        if self.hide(directory, name, node) {
            self.prune(node);
        }
        Ok(())
    }

    /// Removes below a directory all that the present layer has not put.
    fn prune(&mut self, top: NodeId) {
        let mut pending = vec![top];
        while let Some(directory) = pending.pop() {
            let names: Vec<(Vec<u8>, NodeId)> = self
                .children(directory)
                .into_iter()
                .flatten()
                .map(|(name, node)| (name.to_vec(), node))
                .collect();
            for (name, node) in names {
                if self.hide(directory, &name, node) {
                    pending.push(node);
                }
            }
        }
    }

    /// Hides one name; whether a directory stays, whose content is to be hidden in turn.
    fn hide(&mut self, directory: NodeId, name: &[u8], node: NodeId) -> bool {
        match self.put(directory, name) {
            Put::No => self.remove(directory, name),
            Put::Yes => {}
            Put::Above if self.made(node) => {}
            // A lower layer's directory that stays for what is below it is an implied one from now on.
            Put::Above => self.renew(node, &self.implied(), None),
        }
        self.put(directory, name) != Put::No && self.is_directory(node)
    }

    fn make_parents(&mut self, path: &[u8]) -> Result<NodeId, Failure> {
        let entered = self.enter(path, Parents::Make)?;
        entered.ok_or_else(|| Failure::Refused("its parent directory cannot be made".to_owned()))
    }

    /// The directory at an archive's path, symlinks followed.
    fn enter(&mut self, path: &[u8], parents: Parents) -> Result<Option<NodeId>, Failure> {
        let mut at = ROOT;
        let mut links = 0;
        for name in components(path) {
            let Some(next) = self.step(at, name, parents, &mut links)? else { return Ok(None) };
            at = next;
        }
        Ok(Some(at))
    }

    /// One component further, through a symlink if it is one.
    fn step(
        &mut self,
        at: NodeId,
        name: &[u8],
        parents: Parents,
        links: &mut u32,
    ) -> Result<Option<NodeId>, Failure> {
        let found = self.child(at, name);
        match found.map(|id| (id, self.node(id).kind())) {
            Some((id, FileKind::Directory(_))) => Ok(Some(id)),
            Some((_, FileKind::Symlink(target))) => {
                let target = target.clone();
                self.follow(at, &target, parents, links)
            }
            _ if parents == Parents::Leave => Ok(None),
            _ => {
                self.remove(at, name);
                self.make(at, name, Tree::empty_directory(at), &self.implied(), None).map(Some)
            }
        }
    }

    fn follow(
        &mut self,
        from: NodeId,
        target: &[u8],
        parents: Parents,
        links: &mut u32,
    ) -> Result<Option<NodeId>, Failure> {
        *links += 1;
        if *links > MAX_LINKS {
            return Err(Failure::System { what: "cannot follow the links in its path", errno: Errno::LOOP });
        }
        let mut at = if target.starts_with(b"/") { ROOT } else { from };
        for name in components(target) {
            let next = match name {
                b".." => Some(self.parent(at)),
                name => self.step(at, name, parents, links)?,
            };
            let Some(next) = next else { return Ok(None) };
            at = next;
        }
        Ok(Some(at))
    }

    fn make(
        &mut self,
        directory: NodeId,
        name: &[u8],
        kind: FileKind,
        metadata: &Metadata,
        from: Option<Source>,
    ) -> Result<NodeId, Failure> {
        let made = self.create(directory, name, kind, metadata, from);
        made.ok_or_else(|| Failure::Refused("the image has too many files".to_owned()))
    }

    /// The attributes of a directory that no layer mentions: 0755, root's, as old as what needs it.
    fn implied(&self) -> Metadata {
        Metadata { mode: 0o755, mtime: self.time, ..Metadata::default() }
    }

    pub(super) fn is_directory(&self, id: NodeId) -> bool {
        matches!(self.node(id).kind(), FileKind::Directory(_))
    }
}

/// The names in a path.
pub(super) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|b| *b == b'/').filter(|name| !name.is_empty() && *name != b".")
}
