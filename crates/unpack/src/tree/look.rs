//! Looking up one name in one directory, through every layer that shows it.

use std::ffi::CStr;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{AtFlags, FileType, Mode, Stat, openat, readlinkat, statat};
use rustix::io::Errno;

use super::{Dir, HANDLE, Tree};
use crate::error::{Failure, Tried};

/// What a name stands for.
#[derive(Debug)]
pub(crate) enum Found {
    /// Nothing.
    Missing,
    /// A directory.
    Dir(Dir),
    /// A symlink with its target.
    Symlink(Vec<u8>),
    /// Anything else.
    Other,
}

/// What a name stands for in the lower layers alone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Below {
    /// Nothing.
    Missing,
    /// A directory, seen in these layers, topmost first.
    Dir(Vec<usize>),
    /// Anything else, in that layer.
    Leaf(usize),
}

impl Tree {
    /// What `name` stands for in `dir`.
    pub(crate) fn look(&self, dir: &Dir, name: &[u8]) -> Result<Found, Failure> {
        let mut upper = None;
        if let Some(handle) = &dir.handle {
            match openat(handle, name, HANDLE, Mode::empty()) {
                Ok(fd) => upper = Some(fd),
                Err(Errno::NOENT) => {}
                Err(Errno::NOTDIR | Errno::LOOP) => return self.leaf(handle.as_fd(), name),
                Err(errno) => return Err(Failure::System { what: "cannot look it up", errno }),
            }
        }
        let path = dir.child(name);
        if dir.lowers.is_empty() || (upper.is_some() && self.dirs().get(&path).is_some_and(|s| s.opaque)) {
            return Ok(upper.map_or(Found::Missing, |fd| {
                Found::Dir(Dir { handle: Some(fd), lowers: Vec::new(), path })
            }));
        }
        Ok(match (self.look_below(dir, name)?, upper) {
            (Below::Dir(lowers), handle) => Found::Dir(Dir { handle, lowers, path }),
            (_, Some(fd)) => Found::Dir(Dir { handle: Some(fd), lowers: Vec::new(), path }),
            (Below::Leaf(layer), None) => {
                let parent = self.open_in_layer(layer, &dir.path)?;
                self.leaf(parent.as_fd(), name)?
            }
            (Below::Missing, None) => Found::Missing,
        })
    }

    /// What `name` stands for in the lower layers of `dir`, whatever the layer being written says.
    pub(crate) fn look_below(&self, dir: &Dir, name: &[u8]) -> Result<Below, Failure> {
        let path = dir.child(name);
        let mut found = Vec::new();
        for &layer in &dir.lowers {
            if let Some(state) = self.dirs_of(layer).and_then(|map| map.get(&path)) {
                found.push(layer);
                if state.opaque {
                    break;
                }
                continue;
            }
            let parent = self.open_in_layer(layer, &dir.path)?;
            match statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => {}
                Err(errno) => return Err(Failure::System { what: "cannot look into a lower layer", errno }),
                Ok(stat) if is_whiteout(&stat) => break,
                Ok(_) if found.is_empty() => return Ok(Below::Leaf(layer)),
                Ok(_) => break,
            }
        }
        Ok(if found.is_empty() { Below::Missing } else { Below::Dir(found) })
    }

    /// What is known not to be a directory: a symlink, a whiteout, anything else.
    fn leaf(&self, parent: BorrowedFd<'_>, name: &[u8]) -> Result<Found, Failure> {
        match readlinkat(parent, name, Vec::new()) {
            Ok(target) => return Ok(Found::Symlink(CStr::to_bytes(&target).to_vec())),
            Err(Errno::INVAL) => {}
            Err(errno) => return Err(Failure::System { what: "cannot read the link", errno }),
        }
        if self.is_overlay() {
            let stat = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).tried("cannot look it up")?;
            if is_whiteout(&stat) {
                return Ok(Found::Missing);
            }
        }
        Ok(Found::Other)
    }
}

/// Overlayfs's mark for "nothing here": a character device 0/0.
pub(crate) fn is_whiteout(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}
