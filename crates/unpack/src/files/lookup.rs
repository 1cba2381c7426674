//! From a path that a person or a conversion asks for to a node, as the kernel would after a chroot.

use super::apply::components;
use super::error::{Error, Result};
use super::node::{FileKind, NodeId};
use super::tree::{ROOT, Tree};

/// As Linux has it.
const MAX_LINKS: u32 = 40;

impl Tree {
    /// The node at `path`; a symlink at its end is followed where `last` says so.
    pub(super) fn lookup(&self, path: &[u8], last: bool) -> Result<NodeId> {
        let not_found = |reason: String| Error::NotFound { path: path.to_vec(), reason };
        // What is left of the way, the next name last.
        let mut way: Vec<&[u8]> = components(path).collect();
        way.reverse();
        let (mut at, mut links) = (ROOT, 0);
        while let Some(name) = way.pop() {
            if !self.is_directory(at) {
                return Err(not_found(format!(
                    "what is before \"{}\" is not a directory",
                    name.escape_ascii()
                )));
            }
            if name == b".." {
                at = self.parent(at);
                continue;
            }
            let found = self.child(at, name);
            let found = found.ok_or_else(|| not_found(format!("there is no \"{}\"", name.escape_ascii())))?;
            match self.node(found).kind() {
                FileKind::Symlink(target) if last || !way.is_empty() => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Error::Loop { path: path.to_vec() });
                    }
                    if target.starts_with(b"/") {
                        at = ROOT;
                    }
                    let rest = way.len();
                    way.extend(components(target));
                    way.get_mut(rest..).unwrap_or_default().reverse();
                }
                _ => at = found,
            }
        }
        Ok(at)
    }
}
