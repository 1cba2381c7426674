//! Whiteouts: hiding what lower layers brought, wherever in the archive they stand.
//!
//! In the plain form that means removing all that the present layer has not put itself; in the
//! overlay form it means a mark that overlayfs reads. A directory of a lower layer that stays only
//! because this layer put something below it becomes what an implied parent is.

use std::sync::Arc;

use ocidian_layer::{EntryPath, Metadata};
use rustix::fs::{AtFlags, Dir as Listing, FileType, Mode, mknodat, openat, statat};
use rustix::io::Errno;

use super::Applier;
use super::put::Spot;
use super::resolve::Parents;
use super::seen::{Mark, Put};
use crate::error::{Failure, Tried};
use crate::tree::{Below, Dir, Found, LISTING, is_whiteout};

impl Applier {
    /// Hides what lower layers have at `path`.
    pub(super) fn whiteout(&mut self, path: &EntryPath) -> Result<(), Failure> {
        self.entries += 1;
        let Some((parent, name)) = path.split() else {
            return Err(Failure::Refused("the root cannot be hidden".to_owned()));
        };
        if self.tree.layer() == 0 {
            return Ok(());
        }
        let Some(dir) = self.enter(parent, Parents::Leave)? else { return Ok(()) };
        let hidden = dir.child(name);
        if let Some(recorder) = &mut self.recorder {
            recorder.hide(&hidden, true);
        }
        if self.tree.is_overlay() {
            return self.overlay_whiteout(&dir, parent, name);
        }
        match self.seen.get(&hidden) {
            Put::No => {
                self.vacate(&dir, name)?;
                Ok(())
            }
            // A mark outlives what it was made for, where the layer itself puts something in its place.
            put => match self.tree.look(&dir, name)? {
                Found::Dir(_) => {
                    if put == Put::Above {
                        self.reset_directory(Arc::clone(&dir), name)?;
                    }
                    self.prune(hidden)
                }
                _ => Ok(()),
            },
        }
    }

    /// Hides all that lower layers have below the directory at `path`.
    pub(super) fn opaque(&mut self, path: &EntryPath) -> Result<(), Failure> {
        self.entries += 1;
        if self.tree.layer() == 0 {
            return Ok(());
        }
        let Some(dir) = self.enter(path.as_bytes(), Parents::Leave)? else { return Ok(()) };
        if let Some(recorder) = &mut self.recorder {
            recorder.hide(&dir.path, false);
        }
        if !self.tree.is_overlay() {
            return self.prune(dir.path.clone());
        }
        if dir.lowers.is_empty() {
            return Ok(());
        }
        let path = dir.path.clone();
        drop(dir);
        match path.iter().rposition(|b| *b == b'/') {
            _ if path.is_empty() => self.overlay_opaque_root(),
            at => {
                let parent = at.map_or(&b""[..], |at| &path[..at]);
                let name = &path[at.map_or(0, |at| at + 1)..];
                self.enter_canonical(&path, Parents::Make)?;
                self.prune(path.clone())?;
                let parent = self.enter_canonical(parent, Parents::Make)?;
                self.make_opaque(parent.handle()?, name, &path)
            }
        }
    }

    /// Removes below a directory all that this layer has not put; in the overlay form these are copies
    /// of what lower layers have, and whiteouts. A directory is gone through once a layer.
    fn prune(&mut self, top: Vec<u8>) -> Result<(), Failure> {
        self.writers.wait_for_all();
        let mut pending = vec![top];
        while let Some(path) = pending.pop() {
            if !self.seen.prune(&path) {
                continue;
            }
            if self.cancel.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            let dir = self.enter_canonical(&path, Parents::Leave)?;
            for name in list(&dir)? {
                let child = dir.child(&name);
                let put = self.seen.get(&child);
                if put == Put::No {
                    self.vacate(&dir, &name)?;
                } else if let Found::Dir(_) = self.tree.look(&dir, &name)? {
                    if put == Put::Above {
                        self.reset_directory(Arc::clone(&dir), &name)?;
                    }
                    pending.push(child);
                }
            }
        }
        Ok(())
    }

    /// Makes a lower layer's directory what an implied parent is, if it is not this layer's own.
    fn reset_directory(&mut self, dir: Arc<Dir>, name: &[u8]) -> Result<(), Failure> {
        let meta = Metadata { mode: 0o755, mtime: self.time, ..Metadata::default() };
        let path = dir.child(name);
        if self.tree.dirs().get(&path).is_some_and(|state| state.layer == self.tree.layer()) {
            return Ok(());
        }
        let recorder = self.recorder.take();
        let renewed =
            self.renew_directory(&Spot { dir, name, path: path.clone(), mark: Mark::default() }, &meta);
        self.recorder = recorder;
        if let Some(state) = self.tree.dirs_mut().get_mut(&path) {
            state.implied = true;
        }
        renewed
    }

    fn overlay_whiteout(&mut self, dir: &Arc<Dir>, parent: &[u8], name: &[u8]) -> Result<(), Failure> {
        let below = self.tree.look_below(dir, name)?;
        if below == Below::Missing {
            return Ok(());
        }
        let path = dir.child(name);
        let upper = match &dir.handle {
            None => None,
            Some(handle) => match statat(handle, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if is_whiteout(&stat) => return Ok(()),
                Ok(stat) => Some(FileType::from_raw_mode(stat.st_mode)),
                Err(Errno::NOENT) => None,
                Err(errno) => return Err(Failure::System { what: "cannot look up what to hide", errno }),
            },
        };
        match (upper, self.seen.get(&path)) {
            (Some(FileType::Directory), Put::Yes | Put::Above) => {
                self.reset_directory(Arc::clone(dir), name)?;
                // What was copied up into it goes too.
                self.prune(path.clone())?;
                match below {
                    Below::Dir(_) => self.make_opaque(dir.handle()?, name, &path),
                    _ => Ok(()),
                }
            }
            // Nothing is there and yet it was put: a link that --keep-dirlinks kept.
            (Some(_), Put::Above) | (_, Put::Yes) => Ok(()),
            _ => {
                let dir = self.enter(parent, Parents::Make)?;
                let dir =
                    dir.ok_or_else(|| Failure::Refused("its parent directory cannot be made".to_owned()))?;
                self.chain.forget(&path);
                // A copy, which the way here may have made just now.
                self.vacate(&dir, name)?;
                mknodat(dir.handle()?, name, FileType::CharacterDevice, Mode::empty(), 0)
                    .tried("cannot make an overlay whiteout (on an overlayfs itself none can be made: try a volume or a tmpfs)")
            }
        }
    }

    /// Overlayfs merges the roots of its layers whatever they say, so each name is hidden.
    fn overlay_opaque_root(&mut self) -> Result<(), Failure> {
        if !self.seen.prune(b"") {
            return Ok(());
        }
        let root = Arc::new(self.tree.root()?);
        let mut names = std::collections::BTreeSet::new();
        for &layer in &root.lowers {
            let dir =
                Dir { handle: Some(self.tree.layer_root(layer)?), lowers: Vec::new(), path: Vec::new() };
            names.extend(list(&dir)?);
        }
        names.iter().try_for_each(|name| self.overlay_whiteout(&root, b"", name))
    }
}

/// The names in a directory.
fn list(dir: &Dir) -> Result<Vec<Vec<u8>>, Failure> {
    let fd = openat(dir.handle()?, ".", LISTING, Mode::empty()).tried("cannot open a directory")?;
    let mut names = Vec::new();
    for entry in Listing::new(fd).tried("cannot list a directory")? {
        let entry = entry.tried("cannot list a directory")?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(name.to_vec());
        }
    }
    Ok(names)
}
