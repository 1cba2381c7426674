//! The overlay form: taking from a lower layer what the present one has to hold itself.
//!
//! A parent that the layer only passes through is a copy of the directory below, attributes and all,
//! so that the mounted stack shows the same. A hard link to a lower layer's file brings along every
//! name of that file: else the names would part company.

use std::rc::Rc;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Dir as Listing, Mode, Stat, fstat, linkat, mkdirat, openat, statat, unlinkat};
use rustix::io::Errno;

use super::Applier;
use super::copy_content::Allowance;
use super::copy_file::{copy_attributes, copy_file};
use super::resolve::Parents;
use crate::error::{Failure, Tried};
use crate::tree::{Below, Dir, DirState, Found, HANDLE, LISTING, join};

impl Applier {
    /// Makes the directory `name`, which only lower layers have, in the present one.
    pub(super) fn copy_up_directory(
        &mut self,
        parent: &Dir,
        name: &[u8],
        lower: &Dir,
    ) -> Result<Dir, Failure> {
        let (Some(&layer), handle) = (lower.lowers.first(), parent.handle()?) else {
            return Err(Failure::Refused("a lower directory vanished".to_owned()));
        };
        let from = self.tree.open_in_layer(layer, &lower.path)?;
        let stat = fstat(&from).tried("cannot look at a lower directory")?;
        let state = self.tree.dirs_of(layer).and_then(|dirs| dirs.get(&lower.path)).cloned();
        let state = state.ok_or_else(|| Failure::Refused("a lower directory is unknown".to_owned()))?;
        mkdirat(handle, name, Mode::from_raw_mode(0o700)).tried("cannot make a copy of a lower directory")?;
        let made =
            openat(handle, name, LISTING, Mode::empty()).tried("cannot open a copy of a lower directory")?;
        let from = openat(&from, ".", LISTING, Mode::empty()).tried("cannot open a lower directory")?;
        copy_attributes(from.as_fd(), made.as_fd(), &stat, &self.overlay_names())?;
        // `layer` stays that of the lower directory: this layer has not put it.
        self.tree.dirs_mut().insert(&lower.path, DirState { current: None, opaque: false, ..state });
        let handle =
            openat(handle, name, HANDLE, Mode::empty()).tried("cannot open a copy of a lower directory")?;
        Ok(Dir { handle: Some(handle), lowers: lower.lowers.clone(), path: lower.path.clone() })
    }

    /// The root of the present layer takes the attributes that the lower layers' root has.
    pub(super) fn copy_root_attributes(&mut self, root: &Dir) -> Result<(), Failure> {
        let Some(&layer) = root.lowers.first() else { return Ok(()) };
        let from = self.tree.layer_root(layer)?;
        let from = openat(&from, ".", LISTING, Mode::empty()).tried("cannot open a lower layer")?;
        let stat = fstat(&from).tried("cannot look at a lower layer")?;
        let to = openat(root.handle()?, ".", LISTING, Mode::empty()).tried("cannot open the layer")?;
        copy_attributes(from.as_fd(), to.as_fd(), &stat, &self.overlay_names())?;
        if let Some(state) = self.tree.dirs_mut().get_mut(b"") {
            state.current = None;
        }
        Ok(())
    }

    /// Gives a directory outside the layers what the root of the topmost has.
    pub(super) fn copy_attributes_of_root(&self, to: &OwnedFd) -> Result<(), Failure> {
        let from = self.tree.layer_root(self.tree.layer())?;
        let from = openat(&from, ".", LISTING, Mode::empty()).tried("cannot open a layer")?;
        let stat = fstat(&from).tried("cannot look at a layer")?;
        copy_attributes(from.as_fd(), to.as_fd(), &stat, &self.overlay_names())
    }

    fn overlay_names(&self) -> [&'static [u8]; 2] {
        [b"trusted.overlay.opaque", b"user.overlay.opaque"]
    }

    /// Removes an overlay whiteout at `name`, and says what it hid.
    pub(super) fn clear_whiteout(&mut self, dir: &Dir, name: &[u8]) -> Result<Below, Failure> {
        if !self.tree.is_overlay() {
            return Ok(Below::Missing);
        }
        let handle = dir.handle()?;
        match statat(handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if crate::tree::is_whiteout(&stat) => {
                unlinkat(handle, name, AtFlags::empty()).tried("cannot remove a whiteout")?;
            }
            Ok(_) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(Failure::System { what: "cannot look for a whiteout", errno }),
        }
        self.tree.look_below(dir, name)
    }

    /// The directory `dir` with `name` in the present layer, copied up with all its names if a lower
    /// layer has it.
    pub(super) fn in_this_layer(&mut self, dir: Rc<Dir>, name: &[u8]) -> Result<Rc<Dir>, Failure> {
        if !self.tree.is_overlay() {
            return Ok(dir);
        }
        if let Some(handle) = &dir.handle
            && statat(handle, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
        {
            return Ok(dir);
        }
        let Below::Leaf(layer) = self.tree.look_below(&dir, name)? else {
            return Err(Failure::Refused("the target of its hard link vanished".to_owned()));
        };
        let path = dir.child(name);
        let parent = self.enter_canonical(&dir.path, Parents::Make)?;
        let from = self.tree.open_in_layer(layer, &dir.path)?;
        let stat = statat(&from, name, AtFlags::SYMLINK_NOFOLLOW).tried("cannot look at a lower file")?;
        let (cancel, max) = (&self.cancel, self.max_bytes);
        let mut allowance = Allowance { cancel, taken: &mut self.sparse_bytes, max };
        copy_file(from.as_fd(), parent.handle()?, name, &stat, &mut allowance)?;
        if stat.st_nlink > 1 {
            self.link_other_names(layer, &stat, &path, &parent, name)?;
        }
        Ok(parent)
    }

    /// Gives the copy every other name under which the lower file is still seen.
    fn link_other_names(
        &mut self,
        layer: usize,
        stat: &Stat,
        path: &[u8],
        parent: &Dir,
        name: &[u8],
    ) -> Result<(), Failure> {
        let mut pending = vec![Vec::new()];
        while let Some(at) = pending.pop() {
            for (child_name, is_dir, inode) in self.list_layer(layer, &at)? {
                let child = join(&at, &child_name);
                if is_dir {
                    pending.push(child);
                    continue;
                }
                if inode != stat.st_ino || child == path || !self.shows(&at, &child_name, layer)? {
                    continue;
                }
                let to = self.enter_canonical(&at, Parents::Make)?;
                linkat(parent.handle()?, name, to.handle()?, child_name.as_slice(), AtFlags::empty())
                    .tried("cannot link another name of a lower file")?;
            }
        }
        Ok(())
    }

    /// Whether `dir/name`, as the stack shows it now, is what that lower layer has there.
    fn shows(&mut self, dir: &[u8], name: &[u8], layer: usize) -> Result<bool, Failure> {
        let mut at = Rc::new(self.tree.root()?);
        for component in super::resolve::components(dir) {
            match self.tree.look(&at, component)? {
                Found::Dir(next) => at = Rc::new(next),
                _ => return Ok(false),
            }
        }
        if let Some(handle) = &at.handle
            && statat(handle, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
        {
            return Ok(false);
        }
        Ok(self.tree.look_below(&at, name)? == Below::Leaf(layer))
    }

    fn list_layer(&self, layer: usize, path: &[u8]) -> Result<Vec<(Vec<u8>, bool, u64)>, Failure> {
        let dir = self.tree.open_in_layer(layer, path)?;
        let dir = openat(&dir, ".", LISTING, Mode::empty()).tried("cannot open a lower directory")?;
        let mut entries = Vec::new();
        for entry in Listing::new(dir).tried("cannot list a lower directory")? {
            let entry = entry.tried("cannot list a lower directory")?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                let is_dir =
                    self.tree.dirs_of(layer).is_some_and(|dirs| dirs.get(&join(path, name)).is_some());
                entries.push((name.to_vec(), is_dir, entry.ino()));
            }
        }
        Ok(entries)
    }
}
