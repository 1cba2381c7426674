//! What differs between two trees, as lines that a person can act on.

use std::collections::BTreeSet;
use std::fmt;

use super::{Kind, Node, Snapshot};

/// What a comparison leaves out. The default leaves nothing out.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    /// Kinds of difference that do not count.
    pub aspects: BTreeSet<Aspect>,
    /// Times of directories alone.
    pub directory_mtime: bool,
    /// Entries at and below these paths.
    pub paths: Vec<Vec<u8>>,
    /// Extended attributes whose names begin so.
    pub xattrs: Vec<Vec<u8>>,
}

impl Ignore {
    /// Leaves nothing out.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Leaves out one more kind of difference.
    pub fn aspect(mut self, aspect: Aspect) -> Self {
        self.aspects.insert(aspect);
        self
    }

    /// Leaves out one more path with what is below it.
    pub fn path(mut self, path: impl AsRef<[u8]>) -> Self {
        self.paths.push(path.as_ref().to_vec());
        self
    }

    /// Leaves out extended attributes whose names begin with `prefix`.
    pub fn xattr(mut self, prefix: impl AsRef<[u8]>) -> Self {
        self.xattrs.push(prefix.as_ref().to_vec());
        self
    }

    pub(super) fn leaves_out(&self, path: &[u8]) -> bool {
        self.paths.iter().any(|under| match path.strip_prefix(under.as_slice()) {
            Some(rest) => rest.is_empty() || under.is_empty() || rest.starts_with(b"/"),
            None => false,
        })
    }
}

/// In what two entries differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Aspect {
    /// Only one of the trees has it.
    Presence,
    /// Their types.
    Kind,
    /// Permission bits.
    Mode,
    /// Owner or group.
    Owner,
    /// A file's size.
    Size,
    /// A file's content.
    Content,
    /// A symlink's target.
    Target,
    /// A device's numbers.
    Device,
    /// The time of the last change.
    Mtime,
    /// An extended attribute.
    Xattr,
    /// Which other names are the same file.
    Links,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where, relative to the roots.
    pub path: Vec<u8>,
    /// In what.
    pub aspect: Aspect,
    /// What the first tree has.
    pub left: String,
    /// What the second tree has.
    pub right: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}: {:?}: {} | {}", self.path.escape_ascii(), self.aspect, self.left, self.right)
    }
}

/// All differences between two trees but those of `ignore`, in the order of the paths.
pub fn diff(left: &Snapshot, right: &Snapshot, ignore: &Ignore) -> Vec<Difference> {
    let mut found = Vec::new();
    let paths: BTreeSet<&Vec<u8>> = left.nodes.keys().chain(right.nodes.keys()).collect();
    for path in paths {
        if ignore.leaves_out(path) {
            continue;
        }
        let mut note = |aspect, left: String, right: String| {
            if left != right && !ignore.aspects.contains(&aspect) {
                found.push(Difference { path: path.clone(), aspect, left, right });
            }
        };
        match (left.nodes.get(path), right.nodes.get(path)) {
            (Some(a), Some(b)) => compare(a, b, ignore, &mut note),
            (a, b) => {
                let name = |node: Option<&Node>| node.map_or("absent", |node| node.kind.name()).to_owned();
                note(Aspect::Presence, name(a), name(b));
            }
        }
    }
    found
}

fn compare(a: &Node, b: &Node, ignore: &Ignore, note: &mut impl FnMut(Aspect, String, String)) {
    match (&a.kind, &b.kind) {
        (Kind::File { size, digest }, Kind::File { size: other, digest: other_digest }) => {
            note(Aspect::Size, size.to_string(), other.to_string());
            note(Aspect::Content, digest.clone(), other_digest.clone());
        }
        (Kind::Symlink(target), Kind::Symlink(other)) => {
            note(Aspect::Target, text(target), text(other));
        }
        (Kind::CharDevice(major, minor), Kind::CharDevice(other, another))
        | (Kind::BlockDevice(major, minor), Kind::BlockDevice(other, another)) => {
            note(Aspect::Device, format!("{major}:{minor}"), format!("{other}:{another}"));
        }
        (a, b) => note(Aspect::Kind, a.name().to_owned(), b.name().to_owned()),
    }
    note(Aspect::Mode, format!("{:04o}", a.mode), format!("{:04o}", b.mode));
    note(Aspect::Owner, format!("{}:{}", a.uid, a.gid), format!("{}:{}", b.uid, b.gid));
    if !(ignore.directory_mtime && a.kind == Kind::Directory) {
        note(Aspect::Mtime, a.mtime.to_string(), b.mtime.to_string());
    }
    note(Aspect::Links, group(a), group(b));
    let names: BTreeSet<&Vec<u8>> = a.xattrs.keys().chain(b.xattrs.keys()).collect();
    for name in names {
        if ignore.xattrs.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let show = |node: &Node| match node.xattrs.get(name) {
            Some(value) => format!("{}={}", text(name), text(value)),
            None => format!("{} absent", text(name)),
        };
        note(Aspect::Xattr, show(a), show(b));
    }
}

fn group(node: &Node) -> String {
    match &node.link_group {
        Some(first) => format!("same file as /{}", text(first)),
        None => "no link".to_owned(),
    }
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
