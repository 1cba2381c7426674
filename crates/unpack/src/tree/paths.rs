//! A map by path that holds of each path its last name only.
//!
//! A tar entry of a few hundred bytes, compressed, can need a parent of two thousand levels, and each of
//! them is kept here: whole paths would take megabytes an entry. So the map is a tree of names. Its
//! nodes are found by a fingerprint of the path, 64 bits keyed at random, for a walk from the root would
//! cost two thousand steps a look. Nothing here recurses.

use std::collections::HashMap;
use std::hash::BuildHasher;

/// Values by canonical path; the root's is empty.
#[derive(Debug)]
pub(crate) struct PathMap<V> {
    index: HashMap<u64, u32>,
    nodes: Vec<Node<V>>,
    /// Nodes that were forgotten and serve again.
    free: Vec<u32>,
}

/// One path. Siblings are a list in both directions, so that one can go without a search.
#[derive(Debug)]
struct Node<V> {
    fingerprint: u64,
    name: Box<[u8]>,
    parent: Option<Id>,
    child: Option<Id>,
    previous: Option<Id>,
    next: Option<Id>,
    /// `None` where the path is only on the way to others.
    value: Option<V>,
}

/// The place of a node, plus one: then none takes no more room than one.
type Id = std::num::NonZeroU32;

impl<V> Default for PathMap<V> {
    fn default() -> Self {
        Self { index: HashMap::new(), nodes: Vec::new(), free: Vec::new() }
    }
}

impl<V> PathMap<V> {
    pub(crate) fn get(&self, path: &[u8]) -> Option<&V> {
        self.node(self.find(path)?)?.value.as_ref()
    }

    pub(crate) fn get_mut(&mut self, path: &[u8]) -> Option<&mut V> {
        let id = self.find(path)?;
        self.node_mut(id)?.value.as_mut()
    }

    pub(crate) fn insert(&mut self, path: &[u8], value: V) {
        // Up to what is known, then down again.
        let mut end = Some(path.len());
        let mut missing = Vec::new();
        let mut at = None;
        while let Some(len) = end {
            at = self.find(&path[..len]);
            if at.is_some() {
                break;
            }
            missing.push(len);
            end = above(&path[..len]).map(<[u8]>::len);
        }
        for len in missing.into_iter().rev() {
            at = self.add(at, &path[..len]);
        }
        if let Some(node) = at.and_then(|id| self.node_mut(id)) {
            node.value = Some(value);
        }
    }

    /// Forgets the path and all below it.
    pub(crate) fn forget(&mut self, path: &[u8]) {
        let Some(top) = self.find(path) else { return };
        self.unlink(top);
        let mut pending = vec![top];
        while let Some(id) = pending.pop() {
            let Some(node) = self.node_mut(id) else { continue };
            (node.value, node.name) = (None, Box::default());
            let (fingerprint, mut child) = (node.fingerprint, node.child.take());
            while let Some(id) = child {
                pending.push(id);
                child = self.node(id).and_then(|node| node.next);
            }
            self.index.remove(&fingerprint);
            self.free.push(id.get() - 1);
        }
    }

    /// Children before their parents, with one path at a time.
    pub(crate) fn into_children_first(self) -> impl Iterator<Item = (Box<[u8]>, V)> {
        let mut walk = ChildrenFirst { at: self.find(b""), map: self, path: Vec::new() };
        walk.descend();
        walk
    }

    fn fingerprint(&self, path: &[u8]) -> u64 {
        self.index.hasher().hash_one(path)
    }

    fn find(&self, path: &[u8]) -> Option<Id> {
        self.index.get(&self.fingerprint(path)).and_then(|at| Id::new(at + 1))
    }

    fn node(&self, id: Id) -> Option<&Node<V>> {
        self.nodes.get(id.get() as usize - 1)
    }

    fn node_mut(&mut self, id: Id) -> Option<&mut Node<V>> {
        self.nodes.get_mut(id.get() as usize - 1)
    }

    /// A new node below `parent`; `None` only where there are 2³² already.
    fn add(&mut self, parent: Option<Id>, path: &[u8]) -> Option<Id> {
        let name = &path[above(path).filter(|above| !above.is_empty()).map_or(0, |above| above.len() + 1)..];
        let next = parent.and_then(|id| self.node(id)).and_then(|node| node.child);
        let fingerprint = self.fingerprint(path);
        let node =
            Node { fingerprint, name: name.into(), parent, child: None, previous: None, next, value: None };
        let at = match self.free.pop() {
            Some(at) => {
                *self.nodes.get_mut(at as usize)? = node;
                at
            }
            None => {
                let at = u32::try_from(self.nodes.len()).ok().filter(|at| *at < u32::MAX)?;
                self.nodes.push(node);
                at
            }
        };
        let id = Id::new(at + 1)?;
        self.index.insert(fingerprint, at);
        if let Some(next) = next.and_then(|id| self.node_mut(id)) {
            next.previous = Some(id);
        }
        if let Some(parent) = parent.and_then(|id| self.node_mut(id)) {
            parent.child = Some(id);
        }
        Some(id)
    }

    /// Takes a node out of the list of its siblings.
    fn unlink(&mut self, id: Id) {
        let Some(&Node { parent, previous, next, .. }) = self.node(id) else { return };
        if let Some(next) = next.and_then(|id| self.node_mut(id)) {
            next.previous = previous;
        }
        match previous {
            Some(previous) => {
                if let Some(previous) = self.node_mut(previous) {
                    previous.next = next;
                }
            }
            None => {
                if let Some(parent) = parent.and_then(|id| self.node_mut(id)) {
                    parent.child = next;
                }
            }
        }
    }
}

/// The path of the directory that a path is in; none for the root.
fn above(path: &[u8]) -> Option<&[u8]> {
    if path.is_empty() {
        return None;
    }
    Some(path.iter().rposition(|b| *b == b'/').map_or(&b""[..], |at| &path[..at]))
}

struct ChildrenFirst<V> {
    map: PathMap<V>,
    at: Option<Id>,
    /// The path of `at`.
    path: Vec<u8>,
}

impl<V> ChildrenFirst<V> {
    /// From a node to the deepest of its first descendants.
    fn descend(&mut self) {
        while let Some(child) = self.at.and_then(|id| self.map.node(id)).and_then(|node| node.child) {
            self.at = Some(child);
            self.enter();
        }
    }

    fn enter(&mut self) {
        if let Some(node) = self.at.and_then(|id| self.map.node(id)) {
            if !self.path.is_empty() {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(&node.name);
        }
    }
}

impl<V> Iterator for ChildrenFirst<V> {
    type Item = (Box<[u8]>, V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let node = self.map.node_mut(self.at?)?;
            let (value, next, parent) = (node.value.take(), node.next, node.parent);
            let path = value.as_ref().map(|_| self.path.as_slice().into());
            self.path.truncate(above(&self.path).map_or(0, <[u8]>::len));
            match next {
                Some(_) => {
                    self.at = next;
                    self.enter();
                    self.descend();
                }
                None => self.at = parent,
            }
            if let Some(item) = path.zip(value) {
                return Some(item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn drained(map: PathMap<usize>) -> Vec<(String, usize)> {
        map.into_children_first()
            .map(|(path, value)| (String::from_utf8_lossy(&path).into_owned(), value))
            .collect()
    }

    proptest! {
        #[test]
        fn it_is_a_map(steps in prop::collection::vec(("([abc](/[abc]){0,3})?", any::<bool>()), 0..40)) {
            let mut map = PathMap::default();
            let mut model = BTreeMap::new();
            for (n, (path, insert)) in steps.into_iter().enumerate() {
                if insert {
                    map.insert(path.as_bytes(), n);
                    model.insert(path, n);
                } else {
                    map.forget(path.as_bytes());
                    let below = format!("{path}/");
                    model.retain(|key, _| !path.is_empty() && *key != path && !key.starts_with(&below));
                }
                for (path, value) in &model {
                    prop_assert_eq!(map.get(path.as_bytes()), Some(value));
                }
            }
            let drained = drained(map);
            let mut left = BTreeSet::new();
            for (path, _) in &drained {
                let above = |up: &String| up.is_empty() || path.starts_with(&format!("{up}/"));
                prop_assert!(!left.iter().any(above), "a parent before {}", path);
                left.insert(path.clone());
            }
            prop_assert_eq!(drained.len(), model.len());
            prop_assert_eq!(drained.into_iter().collect::<BTreeMap<_, _>>(), model);
        }
    }

    #[test]
    fn a_deep_path_takes_its_names_not_its_paths() {
        const DEPTH: usize = 20_000;
        let path = vec!["a"; DEPTH].join("/");
        let mut map = PathMap::default();
        map.insert(path.as_bytes(), 7);
        assert_eq!(map.nodes.len(), DEPTH + 1);
        assert!(map.nodes.iter().all(|node| node.name.len() <= 1));
        assert_eq!((map.get(path.as_bytes()), map.get(b"a")), (Some(&7), None));

        map.forget(b"a");
        assert!(map.get(path.as_bytes()).is_none());
        map.insert(path.as_bytes(), 8);
        assert_eq!(map.nodes.len(), DEPTH + 1, "room is used again");
        assert_eq!(drained(map), [(path, 8)]);
    }

    #[test]
    fn a_directory_takes_little_more_than_what_is_known_of_it() {
        assert!(size_of::<Node<crate::tree::DirState>>() <= 150);
    }
}
