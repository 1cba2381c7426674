//! Putting one entry: over what is there, with its attributes in the order that keeps them.
//!
//! A directory over a directory takes the new attributes; in every other case what is there goes
//! first. A name is tried before it is looked up: in the lowest layer nothing is ever in the way.

use std::sync::Arc;

use ocidian_layer::{Entry, EntryKind, EntryPath, Metadata};
use rustix::fd::BorrowedFd;
use rustix::fs::{AtFlags, FileType, Mode, linkat, mkdirat, mknodat, symlinkat};
use rustix::io::Errno;

use super::Applier;
use super::by_handle::chmod_leaf;
use super::owner::Ownership;
use super::resolve::Parents;
use super::seen::Mark;
use crate::error::{Failure, Tried};
use crate::record::Kind;
use crate::tree::{Below, Dir, DirState, Found};

/// The directory that an entry goes into, and its name there.
pub(super) struct Spot<'a> {
    pub(super) dir: Arc<Dir>,
    pub(super) name: &'a [u8],
    pub(super) path: Vec<u8>,
    pub(super) mark: Mark,
}

impl Applier {
    /// Where an entry goes; its parents are made.
    pub(super) fn spot<'a>(&mut self, path: &'a EntryPath) -> Result<Spot<'a>, Failure> {
        let (parent, name) =
            path.split().ok_or_else(|| Failure::Refused("the root can only be a directory".to_owned()))?;
        let dir = self
            .enter(parent, Parents::Make)?
            .ok_or_else(|| Failure::Refused("its parent directory cannot be made".to_owned()))?;
        let path = dir.child(name);
        let mark = self.seen.mark(&dir.path, &path);
        if mark.again {
            self.writers.wait_for(mark.fingerprint);
        }
        Ok(Spot { dir, name, path, mark })
    }

    /// Makes something that is no directory: tries, makes room, tries again.
    pub(super) fn create<T>(
        &mut self,
        spot: &Spot<'_>,
        what: &'static str,
        mut make: impl FnMut(&Ownership, BorrowedFd<'_>) -> Result<T, Errno>,
    ) -> Result<T, Failure> {
        let handle = spot.dir.handle()?;
        if self.tree.is_overlay() {
            // What it stands over may be a lower layer's, a link that led the way to here: nothing is
            // in the way, and yet the way is another.
            self.chain.forget(&spot.path);
        }
        match make(&self.owner, handle) {
            Err(Errno::EXIST) => {
                self.vacate(&spot.dir, spot.name)?;
                make(&self.owner, handle).tried(what)
            }
            made => made.tried(what),
        }
    }

    pub(super) fn put_directory(&mut self, entry: &Entry) -> Result<(), Failure> {
        if entry.path.is_root() {
            return self.put_root(&entry.metadata);
        }
        let spot = self.spot(&entry.path)?;
        let handle = spot.dir.handle()?;
        let meta = &entry.metadata;
        let current = self.owner.working_mode(meta.mode);
        if !self.tree.is_overlay() {
            match mkdirat(handle, spot.name, Mode::from_raw_mode(current)) {
                Ok(()) => return self.finish_fresh_directory(&spot, meta, false),
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(Failure::System { what: "cannot make the directory", errno }),
            }
        }
        match self.tree.look(&spot.dir, spot.name)? {
            Found::Dir(existing) => {
                if existing.handle.is_none() {
                    mkdirat(handle, spot.name, Mode::from_raw_mode(current))
                        .tried("cannot make the directory")?;
                    return self.finish_fresh_directory(&spot, meta, false);
                }
                self.renew_directory(&spot, meta)
            }
            Found::Symlink(_) if self.keep_dirlinks && self.leads_to_directory(&entry.path)? => {
                self.record_again(&spot.path);
                Ok(())
            }
            Found::Symlink(_) | Found::Other | Found::Missing => {
                self.vacate(&spot.dir, spot.name)?;
                let below = self.clear_whiteout(&spot.dir, spot.name)?;
                mkdirat(handle, spot.name, Mode::from_raw_mode(current))
                    .tried("cannot make the directory")?;
                self.finish_fresh_directory(&spot, meta, matches!(below, Below::Dir(_)))
            }
        }
    }

    fn leads_to_directory(&mut self, path: &EntryPath) -> Result<bool, Failure> {
        match self.enter(path.as_bytes(), Parents::Leave) {
            Ok(found) => Ok(found.is_some()),
            Err(Failure::System { errno: Errno::LOOP, .. }) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Attributes of a directory that was made just now.
    fn finish_fresh_directory(
        &mut self,
        spot: &Spot<'_>,
        meta: &Metadata,
        opaque: bool,
    ) -> Result<(), Failure> {
        let handle = spot.dir.handle()?;
        self.owner.own_fresh_directory(handle, spot.name, meta.uid, meta.gid)?;
        let default_acl = self.set_directory_xattrs(handle, spot.name, &spot.path, meta, true)?;
        let state = DirState { fresh: true, ..self.directory_state(meta, default_acl) };
        self.adopt_directory(&spot.dir, spot.name, state, opaque)?;
        self.record(&spot.path, meta, Kind::Directory);
        Ok(())
    }

    /// New attributes for a directory that is there.
    pub(super) fn renew_directory(&mut self, spot: &Spot<'_>, meta: &Metadata) -> Result<(), Failure> {
        let handle = spot.dir.handle()?;
        self.owner.own(handle, spot.name, meta.uid, meta.gid)?;
        let default_acl = self.set_directory_xattrs(handle, spot.name, &spot.path, meta, false)?;
        let state = self.directory_state(meta, default_acl);
        self.renew_state(&spot.path, state);
        self.record(&spot.path, meta, Kind::Directory);
        Ok(())
    }

    fn directory_state(&self, meta: &Metadata, default_acl: Option<Box<[u8]>>) -> DirState {
        DirState {
            mode: meta.mode,
            // An ACL changes the mode's group bits, and a umask whatever it likes.
            current: (self.owner.exact_creation() && !meta.has_acl())
                .then(|| self.owner.working_mode(meta.mode)),
            mtime: meta.mtime,
            atime: meta.atime,
            default_acl,
            opaque: false,
            layer: self.tree.layer(),
            implied: false,
            fresh: false,
        }
    }

    /// A directory that exists already keeps the mode that it has, and is what it was to those below.
    fn renew_state(&mut self, path: &[u8], mut state: DirState) {
        if let Some(old) = self.tree.dirs().get(path) {
            state.current = state.current.and(old.current);
            state.opaque = old.opaque;
            state.fresh = old.fresh && old.layer == state.layer;
        }
        self.tree.dirs_mut().insert(path, state);
    }

    /// Enters a directory that was made just now into the books.
    pub(super) fn adopt_directory(
        &mut self,
        parent: &Dir,
        name: &[u8],
        state: DirState,
        opaque: bool,
    ) -> Result<(), Failure> {
        let path = parent.child(name);
        self.tree.dirs_mut().insert(&path, state);
        if opaque { self.make_opaque(parent.handle()?, name, &path) } else { Ok(()) }
    }

    /// The root itself, which is there from the beginning.
    pub(super) fn begin_root(&mut self) -> Result<(), Failure> {
        let layer = self.tree.layer();
        let below = layer.checked_sub(1).filter(|_| self.tree.is_overlay());
        let state = match (self.tree.dirs().get(b""), below.and_then(|layer| self.tree.dirs_of(layer))) {
            (Some(_), _) => return Ok(()),
            (None, Some(lower)) => {
                lower.get(b"").cloned().map(|state| DirState { opaque: false, layer, ..state })
            }
            (None, None) => None,
        };
        let fresh = state.is_none();
        let mut state = state.unwrap_or(DirState {
            mode: 0o755,
            current: Some(0o700),
            mtime: self.time,
            atime: None,
            default_acl: None,
            opaque: false,
            layer,
            implied: true,
            fresh: false,
        });
        state.current = Some(0o700);
        self.tree.dirs_mut().insert(b"", state);
        let root = self.tree.root()?;
        self.clear_acls(root.handle()?)?;
        match (self.tree.is_overlay(), fresh) {
            // While it is the caller's, nobody whom an owner is mapped to can go in and move things about.
            (false, _) => self.owner.maps(0, 0),
            (true, true) => self.owner.own(root.handle()?, b".", 0, 0),
            (true, false) => self.copy_root_attributes(&root),
        }
    }

    fn put_root(&mut self, meta: &Metadata) -> Result<(), Failure> {
        let root = self.tree.root()?;
        let handle = root.handle()?;
        if self.tree.is_overlay() {
            self.owner.own(handle, b".", meta.uid, meta.gid)?;
        } else {
            self.owner.maps(meta.uid, meta.gid)?;
            self.root_owner = (meta.uid, meta.gid);
        }
        let default_acl = self.set_directory_xattrs(handle, b".", b"", meta, false)?;
        let state = self.directory_state(meta, default_acl);
        self.renew_state(b"", state);
        self.record(b"", meta, Kind::Directory);
        Ok(())
    }

    pub(super) fn put_symlink(&mut self, entry: &Entry, target: &[u8]) -> Result<(), Failure> {
        let spot = self.spot(&entry.path)?;
        self.create(&spot, "cannot make the symbolic link", |_, handle| {
            symlinkat(target, handle, spot.name)
        })?;
        let handle = spot.dir.handle()?;
        self.owner.own_fresh(handle, spot.name, &entry.metadata)?;
        self.set_leaf_xattrs(handle, spot.name, &spot.path, &entry.metadata, FileType::Symlink)?;
        self.set_times(handle, spot.name, &entry.metadata)?;
        self.record(&spot.path, &entry.metadata, Kind::Symlink(target.to_vec()));
        Ok(())
    }

    pub(super) fn put_hardlink(&mut self, entry: &Entry, target: &EntryPath) -> Result<(), Failure> {
        let missing = || Failure::Refused(format!("the target of its hard link, {target:?}, does not exist"));
        let (parent, target_name) = target
            .split()
            .ok_or_else(|| Failure::Refused("a hard link to the root is not allowed".to_owned()))?;
        // The target may be a lower layer's, which the overlay form has to copy up first.
        let parents = Parents::Leave;
        let source = self.enter(parent, parents)?.ok_or_else(missing)?;
        if self.writers.are_there() {
            self.writers.wait_for(self.seen.fingerprint(&source.child(target_name)));
        }
        match self.tree.look(&source, target_name)? {
            Found::Missing => return Err(missing()),
            Found::Dir(_) => {
                return Err(Failure::Refused(format!("its hard link's target, {target:?}, is a directory")));
            }
            Found::Symlink(_) | Found::Other => {}
        }
        let source = self.in_this_layer(source, target_name)?;
        let source_path = source.child(target_name);
        let spot = self.spot(&entry.path)?;
        if spot.path == source_path {
            self.record_again(&spot.path);
            return Ok(());
        }
        let from = source.handle()?;
        self.create(&spot, "cannot make the hard link", |_, handle| {
            linkat(from, target_name, handle, spot.name, AtFlags::empty())
        })?;
        self.stand_ins.link(&source_path, &spot.path);
        if let Some(recorder) = &mut self.recorder {
            recorder.link(&source_path, &spot.path);
        }
        Ok(())
    }

    /// Devices and FIFOs, or what stands in for a device where none can be made.
    pub(super) fn put_node(&mut self, entry: &Entry) -> Result<(), Failure> {
        let (file_type, device) = match entry.kind {
            EntryKind::CharDevice(device) => (FileType::CharacterDevice, Some(device)),
            EntryKind::BlockDevice(device) => (FileType::BlockDevice, Some(device)),
            _ => (FileType::Fifo, None),
        };
        let zero = device.is_some_and(|device| device.major == 0 && device.minor == 0);
        let real = self.owner.makes_devices();
        if self.tree.is_overlay() && real && file_type == FileType::CharacterDevice && zero {
            let reason = "a character device 0/0 means \"nothing here\" to overlayfs; use --form rootfs";
            return Err(Failure::Refused(reason.to_owned()));
        }
        let spot = self.spot(&entry.path)?;
        let meta = &entry.metadata;
        let kind = Kind::node(file_type, device);
        if let Some(device) = device
            && !real
        {
            return self.put_stand_in(&spot, meta, file_type, device, kind);
        }
        let number = device.map_or(0, |device| rustix::fs::makedev(device.major, device.minor));
        let mode = Mode::from_raw_mode(meta.mode);
        self.create(&spot, "cannot make the device or FIFO", |_, handle| {
            mknodat(handle, spot.name, file_type, mode, number)
        })?;
        let handle = spot.dir.handle()?;
        let owned = self.owner.own_fresh(handle, spot.name, meta)?;
        self.set_leaf_xattrs(handle, spot.name, &spot.path, meta, file_type)?;
        if !self.owner.exact_creation() || meta.has_acl() || (owned && meta.mode & 0o6000 != 0) {
            chmod_leaf(handle, spot.name, mode)?;
        }
        self.set_times(handle, spot.name, meta)?;
        self.record(&spot.path, meta, kind);
        Ok(())
    }

    /// What is there already is this layer's from now on.
    fn record_again(&mut self, path: &[u8]) {
        if let Some(recorder) = &mut self.recorder {
            recorder.link(path, path);
        }
    }

    pub(super) fn record(&mut self, path: &[u8], meta: &Metadata, kind: Kind) {
        if let Some(recorder) = &mut self.recorder {
            recorder.put(path, meta, kind);
        }
    }
}

/// What metadata say about access control lists.
pub(super) trait Acls {
    fn has_acl(&self) -> bool;
}

impl Acls for Metadata {
    fn has_acl(&self) -> bool {
        self.xattrs.iter().any(|(name, _)| name.starts_with(b"system.posix_acl_"))
    }
}
