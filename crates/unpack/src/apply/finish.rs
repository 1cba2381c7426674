//! The last pass: modes, default ACLs and times of directories, children first.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, XattrFlags, fchmod, fsetxattr, openat, utimensat};
use rustix::io::Errno;

use super::Applier;
use super::attributes::directory_times;
use super::resolve::components;
use crate::error::{Failure, Tried};
use crate::tree::{DirState, HANDLE, LISTING};

impl Applier {
    /// Makes every directory what it is to be. Nothing may be put after this. `upper` is the directory
    /// whose attributes a mounted stack shows as its root's.
    pub(crate) fn finish(&mut self, upper: Option<&OwnedFd>) -> Result<(), Failure> {
        self.chain.clear();
        if let (Some(upper), Some(state)) = (upper, self.tree.state(b"").cloned()) {
            self.copy_attributes_of_root(upper)?;
            self.finish_directory(upper, b".", b"", &DirState { current: None, ..state })?;
        }
        for (layer, dirs) in self.tree.take_dirs().into_iter().enumerate() {
            let mut walker = Walker::new(self.tree.layer_root(layer)?);
            for (path, state) in dirs.into_children_first() {
                if self.cancel.is_cancelled() {
                    return Err(Failure::Cancelled);
                }
                let at = path.iter().rposition(|b| *b == b'/');
                let parent = at.map_or(&b""[..], |at| &path[..at]);
                let name = if path.is_empty() { b"." } else { &path[at.map_or(0, |at| at + 1)..] };
                let parent = walker.reach(parent)?;
                if path.is_empty() && !self.tree.is_overlay() {
                    // Last of all: from now on it may be somebody else who can go in there.
                    let (uid, gid) = self.root_owner;
                    self.owner.own(parent.as_fd(), b".", uid, gid)?;
                }
                self.finish_directory(parent, name, &path, &state)?;
            }
        }
        Ok(())
    }

    fn finish_directory(
        &mut self,
        parent: &OwnedFd,
        name: &[u8],
        path: &[u8],
        state: &DirState,
    ) -> Result<(), Failure> {
        if state.default_acl.is_some() || state.current != Some(state.mode) {
            let dir = openat(parent, name, LISTING, Mode::empty()).tried("cannot open the directory")?;
            if let Some(acl) = &state.default_acl {
                match fsetxattr(&dir, "system.posix_acl_default", acl, XattrFlags::empty()) {
                    Ok(()) => {}
                    Err(Errno::OPNOTSUPP | Errno::PERM) => {
                        self.warnings.add("the default ACL cannot be set here; left out", path);
                    }
                    Err(errno) => return Err(Failure::System { what: "cannot set the default ACL", errno }),
                }
            }
            fchmod(&dir, Mode::from_raw_mode(state.mode)).tried("cannot set a directory's mode")?;
        }
        let times = directory_times(state.mtime, state.atime);
        utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW).tried("cannot set a directory's times")
    }
}

/// Goes from directory to directory by canonical path, with one handle: up by `..`, which can only be
/// what it was on the way down, for nobody but the caller can enter the tree yet, and down by name. In the order
/// of the books that makes a walk over the tree, however deep.
struct Walker {
    names: Vec<Vec<u8>>,
    at: OwnedFd,
}

impl Walker {
    fn new(root: OwnedFd) -> Self {
        Self { names: Vec::new(), at: root }
    }

    fn reach(&mut self, path: &[u8]) -> Result<&OwnedFd, Failure> {
        let common = self.names.iter().zip(components(path)).take_while(|(have, want)| have == want).count();
        while self.names.len() > common {
            self.at = openat(&self.at, "..", HANDLE, Mode::empty()).tried("cannot go back up")?;
            self.names.pop();
        }
        for name in components(path).skip(common) {
            self.at = openat(&self.at, name, HANDLE, Mode::empty()).tried("cannot reach a directory")?;
            self.names.push(name.to_vec());
        }
        Ok(&self.at)
    }
}
