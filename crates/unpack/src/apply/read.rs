//! Reading the tree as the image shows it, before its modes are final: the image's own `passwd` and
//! `group`, which are as hostile as the rest of it.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use super::Applier;
use super::resolve::{Parents, components};
use crate::convert::{Attributes, ImageFiles};
use crate::error::{Failure, Tried};
use crate::tree::{Below, Dir, Found, join};

/// As Linux has it.
const MAX_LINKS: u32 = 40;

/// A directory and a name in it, or the directory itself and no name.
type Location = (Arc<Dir>, Vec<u8>);

/// The files of a tree that is being written.
pub(crate) struct TreeFiles<'a>(RefCell<&'a mut Applier>);

impl<'a> TreeFiles<'a> {
    pub(crate) fn new(applier: &'a mut Applier) -> Self {
        Self(RefCell::new(applier))
    }
}

impl ImageFiles for TreeFiles<'_> {
    fn read(&self, path: &str, cap: u64) -> io::Result<Option<Vec<u8>>> {
        let mut applier = self.0.borrow_mut();
        let Some((dir, name)) = applier.locate(path.as_bytes()).map_err(io::Error::other)? else {
            return Ok(None);
        };
        if name.is_empty() {
            return Ok(None);
        }
        applier.read_file(&dir, &name, cap).map_err(io::Error::other)
    }

    fn stat(&self, path: &str) -> io::Result<Option<Attributes>> {
        let mut applier = self.0.borrow_mut();
        let Some((dir, name)) = applier.locate(path.as_bytes()).map_err(io::Error::other)? else {
            return Ok(None);
        };
        applier.attributes(&dir, &name).map_err(io::Error::other)
    }
}

impl Applier {
    /// Where a path leads, the last link followed too; `None` where it leads nowhere.
    fn locate(&mut self, path: &[u8]) -> Result<Option<Location>, Failure> {
        let mut path = path.to_vec();
        for _ in 0..MAX_LINKS {
            let names: Vec<&[u8]> = components(&path).collect();
            let Some((&name, parents)) = names.split_last() else {
                return Ok(self.enter(b"", Parents::Leave)?.map(|root| (root, Vec::new())));
            };
            let Some(dir) = self.enter(&parents.join(&b'/'), Parents::Leave)? else { return Ok(None) };
            if name == b".." {
                return Ok(self.enter(&path, Parents::Leave)?.map(|dir| (dir, Vec::new())));
            }
            match self.tree.look(&dir, name)? {
                Found::Missing => return Ok(None),
                Found::Dir(found) => return Ok(Some((Arc::new(found), Vec::new()))),
                Found::Other => return Ok(Some((dir, name.to_vec()))),
                Found::Symlink(target) if target.starts_with(b"/") => path = target,
                Found::Symlink(target) => path = join(&dir.path, &target),
            }
        }
        Ok(None)
    }

    /// The directory, of whichever layer, that holds what `name` stands for.
    fn holder(&self, dir: &Dir, name: &[u8]) -> Result<Option<OwnedFd>, Failure> {
        if let Some(handle) = &dir.handle {
            match statat(handle, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => return crate::host::dup(handle.as_fd()).map(Some),
                Err(Errno::NOENT) => {}
                Err(errno) => return Err(Failure::System { what: "cannot look it up", errno }),
            }
        }
        match self.tree.look_below(dir, name)? {
            Below::Leaf(layer) => self.tree.open_in_layer(layer, &dir.path).map(Some),
            _ => Ok(None),
        }
    }

    fn read_file(&self, dir: &Dir, name: &[u8], cap: u64) -> Result<Option<Vec<u8>>, Failure> {
        let Some(holder) = self.holder(dir, name)? else { return Ok(None) };
        // A FIFO must not block, nor a device be touched.
        let stat = statat(&holder, name, AtFlags::SYMLINK_NOFOLLOW).tried("cannot look at it")?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Ok(None);
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&holder, name, flags, Mode::empty()).tried("cannot open it")?;
        let mut bytes = Vec::new();
        let mut chunk = vec![0; 1 << 16];
        loop {
            match rustix::io::read(&file, &mut chunk[..]) {
                Ok(0) => return Ok(Some(bytes)),
                Ok(n) => bytes.extend_from_slice(&chunk[..n]),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(Failure::System { what: "cannot read it", errno }),
            }
            if bytes.len() as u64 > cap {
                return Err(Failure::Refused(format!("it is larger than {cap} bytes")));
            }
        }
    }

    fn attributes(&self, dir: &Dir, name: &[u8]) -> Result<Option<Attributes>, Failure> {
        let stat: Stat = if name.is_empty() {
            let layer = dir.lowers.first().copied();
            let fd = match (&dir.handle, layer) {
                (Some(handle), _) => crate::host::dup(handle.as_fd())?,
                (None, Some(layer)) => self.tree.open_in_layer(layer, &dir.path)?,
                (None, None) => return Ok(None),
            };
            fstat(&fd).tried("cannot look at it")?
        } else {
            let Some(holder) = self.holder(dir, name)? else { return Ok(None) };
            statat(&holder, name, AtFlags::SYMLINK_NOFOLLOW).tried("cannot look at it")?
        };
        // What a directory is to be in the end is in the books, not yet on disk.
        let directory = name.is_empty();
        let state = directory.then(|| self.tree.state(&dir.path)).flatten();
        let mode = state.map_or(stat.st_mode & 0o7777, |state| state.mode);
        let (uid, gid) = self.owner.image_owner(stat.st_uid, stat.st_gid);
        Ok(Some(Attributes { directory, mode, uid, gid }))
    }
}
