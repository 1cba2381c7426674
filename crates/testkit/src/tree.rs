//! A directory tree as it is on disk, compared entry by entry.
//!
//! The walk is relative to handles and holds one directory open at a time, going back up by `..`
//! with a check of where that led: a tree of 1,000 components needs neither long paths nor many
//! descriptors. Nothing is normalised here: what a comparison leaves out, [`Ignore`] says.

mod diff;
mod node;
mod walk;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

pub use diff::{Aspect, Difference, Ignore, diff};
pub use node::{Kind, Node, Time};

/// Every entry below a directory, the directory itself included as the empty path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    nodes: BTreeMap<Vec<u8>, Node>,
}

impl Snapshot {
    /// Reads the tree at `root`, which must be a directory. Whatever cannot be read is an error:
    /// a comparison that leaves something out without being told to would prove nothing.
    pub fn of(root: &Path) -> Result<Self> {
        let nodes = walk::walk(root).with_context(|| format!("reading the tree {}", root.display()))?;
        Ok(Self { nodes })
    }

    /// The entry at `path`, which is relative and has no leading slash.
    pub fn get(&self, path: impl AsRef<[u8]>) -> Option<&Node> {
        self.nodes.get(path.as_ref())
    }

    /// All entries in the order of their paths' bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_slice(), node))
    }

    /// How many entries there are, the root included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing at all, not even the root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

#[cfg(test)]
mod tests;
