//! What is in the tree: files of every kind, and the names that directories have for them.

use std::collections::BTreeMap;

use ocidian_layer::{Device, Timestamp};

/// Which node: its place in the vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(pub(super) u32);

/// A file of whatever kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub(super) kind: FileKind,
    pub(super) mode: u16,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mtime: Timestamp,
    pub(super) links: u32,
    pub(super) entry: Option<Source>,
}

impl Node {
    /// What it is.
    pub fn kind(&self) -> &FileKind {
        &self.kind
    }

    /// Permission bits, 0 to 0o7777.
    pub fn mode(&self) -> u32 {
        u32::from(self.mode)
    }

    /// Owner, in the image's ids.
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// Group, in the image's ids.
    pub fn gid(&self) -> u32 {
        self.gid
    }

    /// Modification time.
    pub fn mtime(&self) -> Timestamp {
        self.mtime
    }

    /// How many names it has; 1 for a directory.
    pub fn links(&self) -> u32 {
        self.links
    }

    /// The entry that gave it its attributes, and made it if it is no directory; `None` where no layer
    /// mentions it. Names of one file have one entry.
    pub fn entry(&self) -> Option<Source> {
        self.entry
    }
}

/// What a node is, with what only this kind has.
#[derive(Debug, Clone, PartialEq)]
pub enum FileKind {
    /// A regular file.
    File {
        /// Bytes, holes included.
        size: u64,
        /// Where its content is.
        source: Source,
    },
    /// A directory.
    Directory(Directory),
    /// A symbolic link with its target.
    Symlink(Box<[u8]>),
    /// A character device.
    CharDevice(Device),
    /// A block device.
    BlockDevice(Device),
    /// A FIFO.
    Fifo,
}

impl FileKind {
    /// In words, with an article.
    pub fn name(&self) -> &'static str {
        match self {
            Self::File { .. } => "a regular file",
            Self::Directory(_) => "a directory",
            Self::Symlink(_) => "a symbolic link",
            Self::CharDevice(_) => "a character device",
            Self::BlockDevice(_) => "a block device",
            Self::Fifo => "a FIFO",
        }
    }
}

/// Where a file's content is: a layer, and the entry's offset in its tar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    pub(super) layer: u32,
    pub(super) offset: u64,
}

impl Source {
    /// The layer's place in the manifest, from 0.
    pub fn layer(&self) -> usize {
        self.layer as usize
    }

    /// Byte offset of the entry in the uncompressed tar.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

/// What a directory holds; see [`ImageTree::list`](super::ImageTree::list).
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    pub(super) names: BTreeMap<Box<[u8]>, Name>,
    pub(super) parent: NodeId,
    /// The layer that made it or gave it its attributes, from 1; 0 for none.
    pub(super) made: u32,
    /// The last layer that put something below it, from 1; 0 for none.
    pub(super) above: u32,
    /// Its path for the ledger; 0 without one.
    pub(super) place: u64,
}

impl Directory {
    pub(super) const fn empty(parent: NodeId) -> Self {
        Self { names: BTreeMap::new(), parent, made: 0, above: 0, place: 0 }
    }
}

/// One name in a directory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Name {
    pub(super) node: NodeId,
    /// The last layer that put it, from 1; 0 where it was only implied.
    pub(super) put: u32,
    /// The layer since which it is there, from 1.
    pub(super) since: u32,
}
