//! What the present layer has put, by fingerprint: 64 keyed bits a path, not the path.
//!
//! Keyed at random, so that no image can be made whose paths collide.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// What a layer has to do with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// Nothing: whatever is there is a lower layer's.
    No,
    /// It put something below it, not the directory itself.
    Above,
    /// It put it.
    Yes,
}

/// The paths that the present layer has put.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    active: bool,
    key: RandomState,
    put: HashSet<u64, BuildHasherDefault<Identity>>,
    above: HashSet<u64, BuildHasherDefault<Identity>>,
    /// Directories below which nothing is left of lower layers, nor can be again.
    pruned: HashSet<u64, BuildHasherDefault<Identity>>,
    /// The parent whose ancestors were marked last: entries come a directory at a time.
    last_parent: Option<Vec<u8>>,
}

impl Seen {
    /// `active`: whether there can be anything for a whiteout to hide.
    pub(crate) fn new(active: bool) -> Self {
        Self { active, ..Self::default() }
    }

    /// Remembers that `name` was put in the directory `parent`, whose canonical path that is.
    pub(crate) fn mark(&mut self, parent: &[u8], path: &[u8]) {
        if !self.active {
            return;
        }
        self.put.insert(self.key.hash_one(path));
        if self.last_parent.as_deref() == Some(parent) {
            return;
        }
        let mut ancestor = parent;
        while !ancestor.is_empty() {
            if !self.above.insert(self.key.hash_one(ancestor)) {
                break;
            }
            ancestor = ancestor.iter().rposition(|b| *b == b'/').map_or(&b""[..], |at| &ancestor[..at]);
        }
        self.last_parent = Some(parent.to_vec());
    }

    /// What the layer has to do with `path`.
    pub(crate) fn get(&self, path: &[u8]) -> Put {
        if !self.active {
            return Put::Yes;
        }
        let fingerprint = self.key.hash_one(path);
        if self.put.contains(&fingerprint) {
            Put::Yes
        } else if self.above.contains(&fingerprint) {
            Put::Above
        } else {
            Put::No
        }
    }

    /// Whether the directory at `path` is to be pruned. Once is enough for a layer: from then on all that
    /// comes to lie there is the layer's own, and an archive may ask as often as it has entries.
    pub(crate) fn prune(&mut self, path: &[u8]) -> bool {
        self.pruned.insert(self.key.hash_one(path))
    }
}

/// Passes a fingerprint on as the hash that it already is.
#[derive(Debug, Default)]
pub(crate) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_put_marks_itself_and_the_way_to_it() {
        let mut seen = Seen::new(true);
        seen.mark(b"a/b", b"a/b/c");
        assert_eq!(seen.get(b"a/b/c"), Put::Yes);
        assert_eq!(seen.get(b"a/b"), Put::Above);
        assert_eq!(seen.get(b"a"), Put::Above);
        assert_eq!(seen.get(b"a/x"), Put::No);
        seen.mark(b"", b"a");
        assert_eq!(seen.get(b"a"), Put::Yes);
    }

    #[test]
    fn a_directory_is_pruned_once() {
        let mut seen = Seen::new(true);
        assert!(seen.prune(b""));
        assert!(seen.prune(b"a"));
        assert!(!seen.prune(b"a"));
        assert!(!seen.prune(b""));
    }
}
