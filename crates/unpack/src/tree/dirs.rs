//! What every directory is to be in the end.
//!
//! Modes beyond the plain permission bits, default ACLs and times are set last of all, children
//! first: writing below a directory changes its times, a setgid bit or a default ACL changes what is
//! made below it, and an ordinary user cannot write below a read-only one. The map is also what knows
//! a directory again that a layer does not mention, so that it keeps its times.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::LazyLock;

use ocidian_layer::Timestamp;

use super::paths::PathMap;

/// What a directory is to be in the end.
#[derive(Debug, Clone)]
pub(crate) struct DirState {
    /// Its mode in the end, 0 to 0o7777.
    pub(crate) mode: u32,
    /// The mode that it has while it is written, where that is known for certain.
    pub(crate) current: Option<u32>,
    /// Modification time in the end.
    pub(crate) mtime: Timestamp,
    /// Access time in the end; the modification time where there is none.
    pub(crate) atime: Option<Timestamp>,
    /// `system.posix_acl_default` in the end.
    pub(crate) default_acl: Option<Box<[u8]>>,
    /// Overlay form: it hides what lower layers have below it.
    pub(crate) opaque: bool,
    /// The layer that put it, or needed it as a parent.
    pub(crate) layer: usize,
    /// No layer put it; it is there because something below it is.
    pub(crate) implied: bool,
    /// It was made by `layer`, so nothing of lower layers is in it.
    pub(crate) fresh: bool,
}

/// Directories by canonical path.
pub(crate) type DirMap = PathMap<DirState>;

impl DirMap {
    /// An empty one that lives as long as one likes.
    pub(crate) fn none() -> &'static Self {
        static NONE: LazyLock<DirMap> = LazyLock::new(DirMap::default);
        &NONE
    }
}

/// Removes every key that lies below `path` (not `path` itself).
pub(crate) fn forget_below<V>(map: &mut BTreeMap<Box<[u8]>, V>, path: &[u8]) {
    if path.is_empty() {
        map.retain(|key, _| key.is_empty());
        return;
    }
    let from = [path, b"/"].concat();
    // '0' follows '/': between the two lie exactly the paths below.
    let to = [path, b"0"].concat();
    let range = (Bound::Included(from.as_slice()), Bound::Excluded(to.as_slice()));
    let below: Vec<Box<[u8]>> = map.range::<[u8], _>(range).map(|(key, _)| key.clone()).collect();
    for key in below {
        map.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgetting_takes_the_subtree_and_nothing_else() {
        let mut map: BTreeMap<Box<[u8]>, ()> = BTreeMap::new();
        for path in ["", "a", "a-b", "a/b", "a/b/c", "a0", "ab", "b/a/x"] {
            map.insert(path.as_bytes().into(), ());
        }
        forget_below(&mut map, b"a");
        let left: Vec<String> = map.keys().map(|k| String::from_utf8_lossy(k).into_owned()).collect();
        assert_eq!(left, ["", "a", "a-b", "a0", "ab", "b/a/x"]);
        forget_below(&mut map, b"");
        assert_eq!(map.len(), 1);
    }
}
