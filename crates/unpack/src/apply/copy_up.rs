//! The overlay form: taking from a lower layer what the present one has to hold itself.
//!
//! A parent that the layer only passes through is a copy of the directory below, attributes and all,
//! so that the mounted stack shows the same.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, fstat, mkdirat, openat, statat, unlinkat};
use rustix::io::Errno;

use super::Applier;
use super::copy_file::copy_attributes;
use crate::error::{Failure, Tried};
use crate::tree::{Below, Dir, DirState, HANDLE, LISTING};

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
}
