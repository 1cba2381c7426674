//! The tree being written, seen through all layers.
//!
//! One model serves both forms. In the overlay form a layer is written into a directory of its own
//! and looked at through the stack of those below it; the plain form is a stack of one. A directory
//! is always a handle plus the canonical path (no symlinks) by which its state is kept; nothing is
//! ever done by a path that the kernel resolves.
//!
//! Why not `pathrs`: parents must be resolved through a stack of directories that no kernel call
//! knows, and handles must be kept while entries stay below them. One resolver that takes a component
//! at a time does both, and needs no `openat2`, which container sandboxes often deny.

mod dirs;
mod look;
mod paths;
mod remove;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, openat};

pub(crate) use dirs::{DirMap, DirState, forget_below};
pub(crate) use look::{Below, Found, is_whiteout};
pub(crate) use remove::{empty, remove};

use crate::error::{Failure, Tried};
use crate::options::Form;

/// Flags of a handle that serves only to reach what is below it.
pub(crate) const HANDLE: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Flags of a directory whose entries or attributes are to be read.
pub(crate) const LISTING: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A directory of the tree, as all layers so far show it.
#[derive(Debug)]
pub(crate) struct Dir {
    /// Where it can be written; `None` while only lower layers have it.
    pub(crate) handle: Option<OwnedFd>,
    /// The lower layers in which it is seen, topmost first. Always empty in the plain form.
    pub(crate) lowers: Vec<usize>,
    /// Its path without symlinks; empty for the root.
    pub(crate) path: Vec<u8>,
}

impl Dir {
    /// The handle, where the directory was entered to be written.
    pub(crate) fn handle(&self) -> Result<BorrowedFd<'_>, Failure> {
        self.handle.as_ref().map(AsFd::as_fd).ok_or_else(|| {
            Failure::Refused("the directory is not in the layer being written (this is a bug)".to_owned())
        })
    }

    /// The path of an entry of it.
    pub(crate) fn child(&self, name: &[u8]) -> Vec<u8> {
        join(&self.path, name)
    }
}

/// `parent/name`, or `name` below the root.
pub(crate) fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(parent.len() + 1 + name.len());
    path.extend_from_slice(parent);
    if !parent.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// The tree being written, and what is known of its directories.
#[derive(Debug)]
pub(crate) struct Tree {
    form: Form,
    /// In the overlay form the directory that holds one directory a layer, else the root itself.
    base: OwnedFd,
    /// The root of what is being written.
    root: OwnedFd,
    /// The layer being written, from 0.
    layer: usize,
    /// What the directories are to be in the end: one map a layer in the overlay form, else one.
    dirs: Vec<DirMap>,
}

impl Tree {
    /// A tree over `base`: an empty directory.
    pub(crate) fn new(base: OwnedFd, form: Form) -> Result<Self, Failure> {
        let root = openat(&base, ".", HANDLE, Mode::empty()).tried("cannot open the target")?;
        let dirs = match form {
            Form::Rootfs => vec![DirMap::default()],
            Form::Overlay => Vec::new(),
        };
        Ok(Self { form, base, root, layer: 0, dirs })
    }

    /// Whether each layer has a directory of its own.
    pub(crate) fn is_overlay(&self) -> bool {
        self.form == Form::Overlay
    }

    /// The layer being written, from 0.
    pub(crate) fn layer(&self) -> usize {
        self.layer
    }

    /// Goes on to a layer; in the overlay form its directory is made.
    pub(crate) fn begin_layer(&mut self, layer: usize) -> Result<(), Failure> {
        self.layer = layer;
        if self.is_overlay() {
            let name = layer.to_string();
            rustix::fs::mkdirat(&self.base, name.as_str(), Mode::from_raw_mode(0o700))
                .tried("cannot make the layer's directory")?;
            self.root =
                openat(&self.base, name.as_str(), HANDLE, Mode::empty()).tried("cannot open the layer")?;
            self.dirs.push(DirMap::default());
        }
        Ok(())
    }

    /// The root, as all layers so far show it.
    pub(crate) fn root(&self) -> Result<Dir, Failure> {
        let handle = crate::host::dup(self.root.as_fd())?;
        let lowers = match self.form {
            Form::Rootfs => Vec::new(),
            Form::Overlay => {
                let opaque = self.dirs().get(b"").is_some_and(|state| state.opaque);
                if opaque { Vec::new() } else { self.root_lowers() }
            }
        };
        Ok(Dir { handle: Some(handle), lowers, path: Vec::new() })
    }

    fn root_lowers(&self) -> Vec<usize> {
        let mut lowers = Vec::new();
        for layer in (0..self.layer).rev() {
            lowers.push(layer);
            if self.dirs.get(layer).and_then(|map| map.get(b"")).is_some_and(|state| state.opaque) {
                break;
            }
        }
        lowers
    }

    /// The directories of what is being written.
    pub(crate) fn dirs(&self) -> &DirMap {
        // There is one from `new` (plain) or `begin_layer` (overlay) on.
        self.dirs.last().unwrap_or(DirMap::none())
    }

    /// The directories of what is being written, to change.
    pub(crate) fn dirs_mut(&mut self) -> &mut DirMap {
        if self.dirs.is_empty() {
            self.dirs.push(DirMap::default());
        }
        let last = self.dirs.len() - 1;
        &mut self.dirs[last]
    }

    /// The directory above one that is not the root's own entry, without walking down to it again: in the
    /// plain form `..` can only be that, for nobody but the caller can enter the tree yet. `None` in the overlay form.
    pub(crate) fn above(&self, dir: &Dir, path: &[u8]) -> Result<Option<Dir>, Failure> {
        let Some(handle) = dir.handle.as_ref().filter(|_| !self.is_overlay()) else { return Ok(None) };
        let handle = openat(handle, "..", HANDLE, Mode::empty()).tried("cannot go back up")?;
        Ok(Some(Dir { handle: Some(handle), lowers: Vec::new(), path: path.to_vec() }))
    }

    /// What the directory at that canonical path is to be, as the topmost layer that has it says.
    pub(crate) fn state(&self, path: &[u8]) -> Option<&DirState> {
        self.dirs.iter().rev().find_map(|map| map.get(path))
    }

    /// Whether only the present layer can have put anything into the directory at that canonical path.
    /// Plain form: what a lower layer has is in the same place.
    pub(crate) fn is_fresh(&self, path: &[u8]) -> bool {
        let made = |state: &DirState| state.fresh && state.layer == self.layer;
        !self.is_overlay() && (self.layer == 0 || self.dirs().get(path).is_some_and(made))
    }

    /// The directories of a lower layer.
    pub(crate) fn dirs_of(&self, layer: usize) -> Option<&DirMap> {
        self.dirs.get(layer)
    }

    /// All maps with the root each belongs to, to be finished.
    pub(crate) fn take_dirs(&mut self) -> Vec<DirMap> {
        std::mem::take(&mut self.dirs)
    }

    /// The root of a lower layer.
    pub(crate) fn layer_root(&self, layer: usize) -> Result<OwnedFd, Failure> {
        let opened = match self.form {
            Form::Rootfs => openat(&self.base, ".", HANDLE, Mode::empty()),
            Form::Overlay => openat(&self.base, layer.to_string().as_str(), HANDLE, Mode::empty()),
        };
        opened.tried("cannot open a layer's directory")
    }

    /// A directory of a layer by its canonical path.
    pub(crate) fn open_in_layer(&self, layer: usize, path: &[u8]) -> Result<OwnedFd, Failure> {
        let mut at = self.layer_root(layer)?;
        for name in path.split(|b| *b == b'/').filter(|name| !name.is_empty()) {
            at = openat(&at, name, HANDLE, Mode::empty()).tried("cannot open a lower directory")?;
        }
        Ok(at)
    }
}
