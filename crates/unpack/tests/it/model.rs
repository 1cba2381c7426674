//! What layers mean, in memory: a flat map from paths to names of inodes, and each name knows which
//! layer put it. Slow and short on purpose; nothing here is shared with the engine.

use std::collections::{BTreeMap, BTreeSet};

use ocidian_testkit::tree::{Kind, Snapshot};

use super::changes::{Layers, Meta, Op, What};

/// Why layers cannot be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// More symbolic links in one place than can be followed.
    Loop,
    /// A hard link to what is not there, or is a directory, or went as room was made for the link.
    Link,
}

/// How the layers are to be read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct How {
    /// As an ordinary user: this is who everything belongs to.
    pub(crate) rootless: Option<(u32, u32)>,
    /// A symlink to a directory stays where a layer says directory.
    pub(crate) keep_dirlinks: bool,
    /// Each layer's whiteouts before all that it puts.
    pub(crate) whiteouts_first: bool,
}

#[derive(Debug, Clone)]
struct Inode {
    what: What,
    meta: Meta,
}

#[derive(Debug, Clone, Copy)]
struct Name {
    inode: usize,
    /// The layer that brought it.
    layer: usize,
    /// Whether that layer mentions it; else it is a parent of what it mentions.
    mentioned: bool,
}

/// A root file system.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    how: How,
    inodes: Vec<Inode>,
    names: BTreeMap<String, Name>,
    layer: usize,
}

/// The tree that `layers` make.
pub(crate) fn apply(layers: &Layers, how: How) -> Result<Tree, Refused> {
    let mut tree = Tree::new(how);
    for (number, layer) in layers.iter().enumerate() {
        tree.layer = number;
        if how.whiteouts_first {
            let (puts, hides): (Vec<_>, Vec<_>) = layer.iter().partition(|op| matches!(op, Op::Put { .. }));
            hides.into_iter().chain(puts).try_for_each(|op| tree.apply(op))?;
        } else {
            layer.iter().try_for_each(|op| tree.apply(op))?;
        }
    }
    Ok(tree)
}

/// The same layers with each hard link to "the n-th file" given that file's path, where there is one.
pub(crate) fn settle(mut layers: Layers, how: How) -> Layers {
    let mut tree = Tree::new(how);
    for (number, layer) in layers.iter_mut().enumerate() {
        tree.layer = number;
        for op in layer {
            if let Op::Put { what: What::Link(target, pick), .. } = op {
                let files: Vec<&String> = tree.names.keys().filter(|path| !tree.is_dir(path)).collect();
                if let (Some(n), false) = (pick.take(), files.is_empty()) {
                    files[n % files.len()].clone_into(target);
                }
            }
            if tree.apply(op).is_err() {
                return layers;
            }
        }
    }
    layers
}

impl Tree {
    fn new(how: How) -> Self {
        let mut tree = Self { how, inodes: Vec::new(), names: BTreeMap::new(), layer: 0 };
        tree.imply("");
        tree
    }

    fn apply(&mut self, op: &Op) -> Result<(), Refused> {
        match op {
            Op::Put { path, what, meta } => self.put(path, what, meta),
            // The lowest layer has nothing to hide.
            Op::Whiteout(_) | Op::Opaque(_) if self.layer == 0 => Ok(()),
            Op::Whiteout(path) => {
                let (parent, name) = split(path);
                if let Some(parent) = self.walk("", parent, false)? {
                    self.hide(&join(&parent, name));
                }
                Ok(())
            }
            Op::Opaque(path) => {
                if let Some(dir) = self.walk("", path, false)? {
                    for child in self.children(&dir) {
                        self.hide(&child);
                    }
                }
                Ok(())
            }
        }
    }

    fn put(&mut self, path: &str, what: &What, meta: &Meta) -> Result<(), Refused> {
        if path.is_empty() {
            self.set("", what, meta);
            return Ok(());
        }
        let (parent, name) = split(path);
        if let What::Link(target, _) = what {
            let (target_parent, target_name) = split(target);
            let found = self.walk("", target_parent, false)?.ok_or(Refused::Link)?;
            let source = join(&found, target_name);
            let linkable = |tree: &Self| tree.names.contains_key(&source) && !tree.is_dir(&source);
            if !linkable(self) {
                return Err(Refused::Link);
            }
            let place = join(&self.make(parent)?, name);
            if !linkable(self) {
                return Err(Refused::Link);
            }
            let inode = self.names[&source].inode;
            if place != source {
                self.remove(&place);
                if !self.names.contains_key(&source) {
                    return Err(Refused::Link);
                }
            }
            self.names.insert(place, Name { inode, layer: self.layer, mentioned: true });
            return Ok(());
        }
        let place = join(&self.make(parent)?, name);
        match (what, self.inode(&place).map(|inode| inode.what.clone())) {
            (What::Dir, Some(What::Dir)) => self.set(&place, what, meta),
            (What::Dir, Some(What::Symlink(_)))
                if self.how.keep_dirlinks && matches!(self.walk("", path, false), Ok(Some(_))) =>
            {
                self.names.get_mut(&place).unwrap().layer = self.layer;
            }
            _ => {
                self.remove(&place);
                self.set(&place, what, meta);
            }
        }
        Ok(())
    }

    /// Something of this layer's at a canonical path.
    fn set(&mut self, path: &str, what: &What, meta: &Meta) {
        let mut meta = meta.clone();
        let takes_xattrs = matches!(what, What::Dir | What::File(_));
        if !takes_xattrs {
            meta.xattrs.clear();
        }
        if let Some((uid, gid)) = self.how.rootless {
            if takes_xattrs && (meta.uid, meta.gid) != (0, 0) {
                meta.xattrs.insert("user.rootlesscontainers".to_owned(), owner(meta.uid, meta.gid));
            }
            (meta.uid, meta.gid) = (uid, gid);
        }
        if let What::Symlink(_) = what {
            meta.mode = 0o777;
        }
        self.insert(path, what.clone(), meta, true);
    }

    fn insert(&mut self, path: &str, what: What, meta: Meta, mentioned: bool) {
        self.inodes.push(Inode { what, meta });
        let inode = self.inodes.len() - 1;
        self.names.insert(path.to_owned(), Name { inode, layer: self.layer, mentioned });
    }

    /// A directory that no layer mentions.
    fn imply(&mut self, path: &str) {
        let (uid, gid) = self.how.rootless.unwrap_or((0, 0));
        let meta = Meta { mode: 0o755, uid, gid, ..Meta::default() };
        self.insert(path, What::Dir, meta, false);
    }

    fn make(&mut self, path: &str) -> Result<String, Refused> {
        Ok(self.walk("", path, true)?.unwrap())
    }

    /// Where a path leads, as in a chroot; what is no directory on the way is made one if `make`.
    fn walk(&mut self, from: &str, path: &str, make: bool) -> Result<Option<String>, Refused> {
        let (mut at, mut links) = (from.to_owned(), 0);
        for name in path.split('/') {
            let Some(next) = self.step(at, name, make, &mut links)? else { return Ok(None) };
            at = next;
        }
        Ok(Some(at))
    }

    fn step(
        &mut self,
        at: String,
        name: &str,
        make: bool,
        links: &mut u32,
    ) -> Result<Option<String>, Refused> {
        match name {
            "" | "." => return Ok(Some(at)),
            ".." => return Ok(Some(split(&at).0.to_owned())),
            _ => {}
        }
        let child = join(&at, name);
        match self.inode(&child).map(|inode| inode.what.clone()) {
            Some(What::Dir) => Ok(Some(child)),
            Some(What::Symlink(target)) => {
                *links += 1;
                if *links > 40 {
                    return Err(Refused::Loop);
                }
                let mut at = if target.starts_with('/') { String::new() } else { at };
                for name in target.split('/') {
                    let Some(next) = self.step(at, name, make, links)? else { return Ok(None) };
                    at = next;
                }
                Ok(Some(at))
            }
            _ if !make => Ok(None),
            _ => {
                self.remove(&child);
                self.imply(&child);
                Ok(Some(child))
            }
        }
    }

    /// Hides what lower layers have at and below a canonical path; whether something stays.
    fn hide(&mut self, path: &str) -> bool {
        let Some(name) = self.names.get(path).copied() else { return false };
        let kept = self.children(path).iter().filter(|child| self.hide(child)).count();
        if name.layer == self.layer {
            return true;
        }
        if kept > 0 {
            self.imply(path);
            return true;
        }
        self.names.remove(path);
        false
    }

    fn children(&self, dir: &str) -> Vec<String> {
        self.names.keys().filter(|path| !path.is_empty() && split(path).0 == dir).cloned().collect()
    }

    fn remove(&mut self, path: &str) {
        let below = format!("{path}/");
        self.names.retain(|name, _| name != path && !name.starts_with(&below));
    }

    fn inode(&self, path: &str) -> Option<&Inode> {
        self.names.get(path).map(|name| &self.inodes[name.inode])
    }

    fn is_dir(&self, path: &str) -> bool {
        self.inode(path).is_some_and(|inode| inode.what == What::Dir)
    }

    /// The parents that no layer mentions; their times are anybody's guess.
    pub(crate) fn implied(&self) -> BTreeSet<String> {
        self.names.iter().filter(|(_, name)| !name.mentioned).map(|(path, _)| path.clone()).collect()
    }

    /// Every entry as a line a path.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(path, name): (&String, &Name)| {
            let Inode { what, meta } = &self.inodes[name.inode];
            let first = self.names.iter().find(|(_, other)| other.inode == name.inode).unwrap().0;
            let (kind, first) = match what {
                What::Dir => ("directory".to_owned(), None),
                What::File(bytes) => (file(bytes.len() as u64, &digest(bytes)), Some(first.as_str())),
                What::Symlink(target) => (symlink(target.as_bytes()), Some(first.as_str())),
                What::Fifo => ("FIFO".to_owned(), Some(first.as_str())),
                What::Link(..) => unreachable!("links are names, not inodes"),
            };
            let xattrs: BTreeMap<Vec<u8>, Vec<u8>> =
                meta.xattrs.iter().map(|(name, value)| (name.clone().into_bytes(), value.clone())).collect();
            let mtime = name.mentioned.then_some(meta.mtime);
            describe(path, &kind, (meta.mode, meta.uid, meta.gid), mtime, first, &xattrs)
        };
        self.names.iter().map(line).collect()
    }

    /// The tree as an mtree manifest has it, without the times of implied parents.
    pub(crate) fn manifest(&self) -> Vec<String> {
        let line = |(path, name): (&String, &Name)| {
            let Inode { what, meta } = &self.inodes[name.inode];
            let Meta { mode, uid, gid, mtime, .. } = *meta;
            let (kind, rest) = match what {
                What::Dir => ("dir", String::new()),
                What::File(bytes) => {
                    let digest = ocidian_spec::Digest::sha256(bytes);
                    ("file", format!(" size={} sha256digest={}", bytes.len(), digest.encoded()))
                }
                What::Symlink(target) => ("link", format!(" link={target}")),
                What::Fifo => ("fifo", String::new()),
                What::Link(..) => unreachable!("links are names, not inodes"),
            };
            let (seconds, fraction) = (mtime.div_euclid(1_000_000_000), mtime.rem_euclid(1_000_000_000));
            let time = if name.mentioned { format!(" time={seconds}.{fraction:09}") } else { String::new() };
            format!("{} type={kind} uid={uid} gid={gid} mode={mode:04o}{time}{rest}", join(".", path))
        };
        self.names.iter().map(|(path, name)| line((path, name)).replacen("./ ", ". ", 1)).collect()
    }
}

/// A tree on disk as such lines, without the times of these parents.
pub(crate) fn lines_of(snapshot: &Snapshot, implied: &BTreeSet<String>) -> Vec<String> {
    let line = |(path, node): (&[u8], &ocidian_testkit::tree::Node)| {
        let kind = match &node.kind {
            Kind::File { size, digest } => file(*size, digest),
            Kind::Symlink(target) => symlink(target),
            other => other.name().to_owned(),
        };
        let mtime = node.mtime.seconds * 1_000_000_000 + i64::from(node.mtime.nanoseconds);
        let first = node.link_group.as_deref().map(String::from_utf8_lossy);
        let path = String::from_utf8_lossy(path);
        let mtime = (!implied.contains(&*path)).then_some(mtime);
        describe(&path, &kind, (node.mode, node.uid, node.gid), mtime, first.as_deref(), &node.xattrs)
    };
    snapshot.iter().map(line).collect()
}

fn describe(
    path: &str,
    kind: &str,
    (mode, uid, gid): (u32, u32, u32),
    mtime: Option<i64>,
    first: Option<&str>,
    xattrs: &BTreeMap<Vec<u8>, Vec<u8>>,
) -> String {
    let mut line = format!("/{path} {kind} {mode:04o} {uid}:{gid}");
    if let Some(mtime) = mtime {
        line.push_str(&format!(" at {mtime}"));
    }
    if let Some(first) = first.filter(|first| *first != path) {
        line.push_str(&format!(" is /{first}"));
    }
    for (name, value) in xattrs {
        line.push_str(&format!(" {}={}", name.escape_ascii(), value.escape_ascii()));
    }
    line
}

fn file(size: u64, digest: &str) -> String {
    format!("file of {size} bytes, {digest}")
}

fn symlink(target: &[u8]) -> String {
    format!("link to {}", target.escape_ascii())
}

fn digest(bytes: &[u8]) -> String {
    ocidian_spec::Digest::sha256(bytes).to_string()
}

/// What `user.rootlesscontainers` holds: a protobuf of two varints, zeros left out.
fn owner(uid: u32, gid: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (field, id) in [(1_u8, uid), (2, gid)] {
        let mut digits: Vec<u8> = (0..5).map(|at| (id >> (7 * at)) as u8 & 0x7f).collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if let Some((last, others)) = digits.split_last() {
            bytes.push(field << 3);
            bytes.extend(others.iter().map(|digit| digit | 0x80));
            bytes.push(*last);
        }
    }
    bytes
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}
