//! The last pass: modes, default ACLs and times of directories, children first.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, XattrFlags, chmodat, fsetxattr, openat, utimensat};
use rustix::io::Errno;

use super::Applier;
use super::attributes::directory_times;
use crate::error::{Failure, Tried};
use crate::tree::{DirState, HANDLE, LISTING};

/// Handles of the way down; deeper levels are reopened.
const HELD: usize = 12;

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
            let mut descent = Descent::new(self.tree.layer_root(layer)?);
            for (path, state) in dirs.into_children_first() {
                if self.cancel.is_cancelled() {
                    return Err(Failure::Cancelled);
                }
                let at = path.iter().rposition(|b| *b == b'/');
                let parent = at.map_or(&b""[..], |at| &path[..at]);
                let name = if path.is_empty() { b"." } else { &path[at.map_or(0, |at| at + 1)..] };
                let parent = descent.reach(parent)?;
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
        if let Some(acl) = &state.default_acl {
            let dir = openat(parent, name, LISTING, Mode::empty()).tried("cannot open the directory")?;
            match fsetxattr(&dir, "system.posix_acl_default", acl, XattrFlags::empty()) {
                Ok(()) => {}
                Err(Errno::OPNOTSUPP | Errno::PERM) => {
                    self.warnings.add("the default ACL cannot be set here; left out", path);
                }
                Err(errno) => return Err(Failure::System { what: "cannot set the default ACL", errno }),
            }
        }
        if state.current != Some(state.mode) {
            let mode = Mode::from_raw_mode(state.mode);
            chmodat(parent, name, mode, AtFlags::empty()).tried("cannot set a directory's mode")?;
        }
        let times = directory_times(state.mtime, state.atime);
        utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW).tried("cannot set a directory's times")
    }
}

/// Reaches directories by canonical path, keeping the handles of the way.
struct Descent {
    root: OwnedFd,
    levels: Vec<(Vec<u8>, OwnedFd)>,
    /// What lies deeper than the levels kept.
    deepest: Option<OwnedFd>,
}

impl Descent {
    fn new(root: OwnedFd) -> Self {
        Self { root, levels: Vec::new(), deepest: None }
    }

    fn reach(&mut self, path: &[u8]) -> Result<&OwnedFd, Failure> {
        let names: Vec<&[u8]> = super::resolve::components(path).collect();
        let common = self.levels.iter().zip(&names).take_while(|((have, _), want)| have == *want).count();
        self.levels.truncate(common);
        self.deepest = None;
        for name in &names[common..] {
            let above = self.deepest.as_ref().or(self.levels.last().map(|(_, fd)| fd)).unwrap_or(&self.root);
            let next = openat(above, *name, HANDLE, Mode::empty()).tried("cannot reach a directory")?;
            if self.deepest.is_none() && self.levels.len() < HELD {
                self.levels.push((name.to_vec(), next));
            } else {
                self.deepest = Some(next);
            }
        }
        Ok(self.deepest.as_ref().or(self.levels.last().map(|(_, fd)| fd)).unwrap_or(&self.root))
    }
}
