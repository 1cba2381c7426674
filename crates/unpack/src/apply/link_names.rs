//! The overlay form: a hard link to a lower layer's file brings along every name of that file.
//!
//! Left alone, the names would part company: a change through one would not show through the others,
//! though in the image they are one file. Which names belong together, a layer tells only when all of
//! it is looked at, which is done once for each lower layer that is linked to, not for each link. What
//! is kept is as much as the layer has names of files with several, and only until the next layer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rustix::fd::AsFd;
use rustix::fs::{AtFlags, Dir as Listing, Mode, linkat, openat, statat};

use super::Applier;
use super::copy_content::Allowance;
use super::copy_file::copy_file;
use super::resolve::{Parents, components};
use crate::error::{Failure, Tried};
use crate::tree::{Below, Dir, Found, LISTING, join};

/// The names of those files of a layer that have several, by inode.
type Names = HashMap<u64, Vec<Name>>;

/// A name, and the canonical path of the directory it is in, which many share.
#[derive(Debug)]
struct Name {
    dir: Arc<[u8]>,
    name: Box<[u8]>,
}

/// What the present layer has had to find out about those below it.
#[derive(Debug, Default)]
pub(super) struct LinkNames(BTreeMap<usize, Arc<Names>>);

impl Applier {
    /// The directory `dir` with `name` in the present layer, copied up with all its names if a lower
    /// layer has it.
    pub(super) fn in_this_layer(&mut self, dir: Arc<Dir>, name: &[u8]) -> Result<Arc<Dir>, Failure> {
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
        let parent = self.enter_canonical(&dir.path, Parents::Make)?;
        let from = self.tree.open_in_layer(layer, &dir.path)?;
        let stat = statat(&from, name, AtFlags::SYMLINK_NOFOLLOW).tried("cannot look at a lower file")?;
        let (cancel, max) = (&self.cancel, self.max_bytes);
        let mut allowance = Allowance { cancel, taken: &mut self.sparse_bytes, max };
        copy_file(from.as_fd(), parent.handle()?, name, &stat, &mut allowance)?;
        if stat.st_nlink > 1 {
            self.link_other_names(layer, stat.st_ino, &parent, name)?;
        }
        Ok(parent)
    }

    /// Gives the copy `copy` in `parent` every other name under which the lower file is still seen.
    fn link_other_names(
        &mut self,
        layer: usize,
        inode: u64,
        parent: &Dir,
        copy: &[u8],
    ) -> Result<(), Failure> {
        let names = self.names_in(layer)?;
        for Name { dir, name } in names.get(&inode).into_iter().flatten() {
            self.go_on()?;
            // The copy itself is no longer seen in the lower layer.
            if self.shows(dir, name, layer)? {
                let to = self.enter_canonical(dir, Parents::Make)?;
                linkat(parent.handle()?, copy, to.handle()?, &**name, AtFlags::empty())
                    .tried("cannot link another name of a lower file")?;
            }
        }
        Ok(())
    }

    fn names_in(&mut self, layer: usize) -> Result<Arc<Names>, Failure> {
        if let Some(names) = self.link_names.0.get(&layer) {
            return Ok(Arc::clone(names));
        }
        let names = Arc::new(self.gather_names(layer)?);
        self.link_names.0.insert(layer, Arc::clone(&names));
        Ok(names)
    }

    fn gather_names(&self, layer: usize) -> Result<Names, Failure> {
        let mut names = Names::new();
        let mut pending = vec![Vec::new()];
        while let Some(path) = pending.pop() {
            let handle = self.tree.open_in_layer(layer, &path)?;
            let listing =
                openat(&handle, ".", LISTING, Mode::empty()).tried("cannot open a lower directory")?;
            let dir: Arc<[u8]> = path.as_slice().into();
            for entry in Listing::new(listing).tried("cannot list a lower directory")? {
                self.go_on()?;
                let entry = entry.tried("cannot list a lower directory")?;
                let name = entry.file_name().to_bytes();
                if name == b"." || name == b".." {
                    continue;
                }
                let child = join(&path, name);
                if self.tree.dirs_of(layer).is_some_and(|dirs| dirs.get(&child).is_some()) {
                    pending.push(child);
                    continue;
                }
                let stat =
                    statat(&handle, name, AtFlags::SYMLINK_NOFOLLOW).tried("cannot look at a lower file")?;
                if stat.st_nlink > 1 {
                    let name = Name { dir: Arc::clone(&dir), name: name.into() };
                    names.entry(stat.st_ino).or_default().push(name);
                }
            }
        }
        Ok(names)
    }

    fn go_on(&self) -> Result<(), Failure> {
        if self.cancel.is_cancelled() { Err(Failure::Cancelled) } else { Ok(()) }
    }

    /// Whether `dir/name`, as the stack shows it now, is what that lower layer has there.
    fn shows(&mut self, dir: &[u8], name: &[u8], layer: usize) -> Result<bool, Failure> {
        let mut at = Arc::new(self.tree.root()?);
        for component in components(dir) {
            match self.tree.look(&at, component)? {
                Found::Dir(next) => at = Arc::new(next),
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
}
