//! What the present layer has put, by fingerprint: 64 keyed bits a path, not the path.
//!
//! Keyed at random, so that no image can be made whose paths collide.

use std::hash::{BuildHasher, RandomState};

use ocidian_layer::Fingerprints;

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

/// A path that was put.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mark {
    /// The path's.
    pub(crate) fingerprint: u64,
    /// Whether the layer has put it before, as far as that is kept.
    pub(crate) again: bool,
}

/// The paths that the present layer has put.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Whether there can be anything for a whiteout to hide.
    active: bool,
    /// Whether paths are kept though there is not.
    always: bool,
    key: RandomState,
    put: Fingerprints,
    above: Fingerprints,
    /// Directories below which nothing is left of lower layers, nor can be again.
    pruned: Fingerprints,
    /// The parent whose ancestors were marked last: entries come a directory at a time.
    last_parent: Option<Vec<u8>>,
}

impl Seen {
    /// `active`: whether there can be anything for a whiteout to hide. `always`: whether to tell of a path
    /// that it is put again, even where there is not.
    pub(crate) fn new(active: bool, always: bool) -> Self {
        Self { active, always, ..Self::default() }
    }

    /// What a path is known by.
    pub(crate) fn fingerprint(&self, path: &[u8]) -> u64 {
        self.key.hash_one(path)
    }

    /// Remembers that `path` was put, in the directory whose canonical path `parent` is.
    pub(crate) fn mark(&mut self, parent: &[u8], path: &[u8]) -> Mark {
        if !self.active && !self.always {
            return Mark::default();
        }
        let fingerprint = self.fingerprint(path);
        let again = !self.put.insert(fingerprint);
        if self.active {
            self.mark_above(parent);
        }
        Mark { fingerprint, again }
    }

    fn mark_above(&mut self, parent: &[u8]) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_put_marks_itself_and_the_way_to_it() {
        let mut seen = Seen::new(true, false);
        seen.mark(b"a/b", b"a/b/c");
        assert_eq!(seen.get(b"a/b/c"), Put::Yes);
        assert_eq!(seen.get(b"a/b"), Put::Above);
        assert_eq!(seen.get(b"a"), Put::Above);
        assert_eq!(seen.get(b"a/x"), Put::No);
        seen.mark(b"", b"a");
        assert_eq!(seen.get(b"a"), Put::Yes);
    }

    #[test]
    fn what_is_put_again_is_told_where_it_is_asked_for() {
        for (active, always) in [(true, false), (false, true), (false, false)] {
            let mut seen = Seen::new(active, always);
            let again = ["a", "b", "a"].map(|path| seen.mark(b"", path.as_bytes()).again);
            assert_eq!(again, [false, false, active || always]);
        }
    }

    #[test]
    fn a_directory_is_pruned_once() {
        let mut seen = Seen::new(true, false);
        assert!(seen.prune(b""));
        assert!(seen.prune(b"a"));
        assert!(!seen.prune(b"a"));
        assert!(!seen.prune(b""));
    }
}
