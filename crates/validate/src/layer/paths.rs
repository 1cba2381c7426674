//! What a layer does to a path, asked once all layers were read: by whoever looks for the target of a link from above.

use ocidian_layer::EntryPath;

use super::seen::{Kind, Seen};
use super::whiteouts;

/// The paths of a layer that was read to its end.
#[derive(Debug)]
pub(crate) struct Paths(Seen);

/// What a layer does to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum There {
    /// It puts something there, or may: the way leads through a symbolic link, and so somewhere else.
    Perhaps,
    /// It takes away whatever lower layers have there.
    Hidden,
    /// Nothing.
    Untouched,
}

impl Paths {
    pub(super) fn new(seen: Seen) -> Self {
        Self(seen)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What the layer does to `target`.
    pub(crate) fn there(&self, target: &EntryPath) -> There {
        let known = self.0.get(target.as_bytes());
        // AUFS kept what was linked in a directory of its own, of which nothing is remembered.
        if known.kind != Kind::None || whiteouts::is_named(target.as_bytes()) {
            return There::Perhaps;
        }
        let mut hidden = known.hidden;
        let mut path = target.as_bytes();
        while let Some((parent, _)) = split(path) {
            path = parent;
            let known = self.0.get(path);
            match known.kind {
                Kind::Symlink => return There::Perhaps,
                Kind::Other => hidden = true,
                Kind::Directory | Kind::None => hidden |= known.hidden,
            }
            hidden |= self.0.get(&whiteouts::opaque_in(path)).kind != Kind::None;
        }
        if hidden { There::Hidden } else { There::Untouched }
    }
}

/// The parent of a path that is not the root, which is the empty path, and its name.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.is_empty() {
        return None;
    }
    Some(match path.iter().rposition(|b| *b == b'/') {
        Some(at) => (path.get(..at)?, path.get(at + 1..)?),
        None => (b"", path),
    })
}
