//! Whose things are: owners on the host, and what an ordinary user does instead of giving them.
//!
//! An ordinary user cannot give a file away nor make a device. The true owner is then kept in the
//! xattr `user.rootlesscontainers` (a protobuf of two numbers, as umoci and PRoot read it), and a device
//! becomes an empty file (see [`super::stand_in`]). In a user namespace owners can be given, as far as it
//! maps them, but devices cannot be made either.

use ocidian_layer::Metadata;
use rustix::fd::BorrowedFd;
use rustix::fs::{AtFlags, Gid, Mode, Uid, chownat, fchown, mkdirat, openat, statat, unlinkat};
use rustix::io::Errno;

use crate::error::{Failure, Tried};
use crate::ids::IdMap;
use crate::process::Identity;
use crate::tree::HANDLE;
use crate::xattrs::encode_owner;

/// How owners are given, and what modes files are made with. The same in every thread that makes files.
#[derive(Debug, Clone)]
pub(crate) struct Ownership {
    ids: IdMap,
    rootless: bool,
    identity: Identity,
    /// Whether files come out with exactly the mode that they are made with.
    exact: bool,
    /// Whether they take their group from the directory that they are made in, as on `grpid` mounts.
    group_of_directory: bool,
}

impl Ownership {
    pub(crate) fn new(ids: IdMap, rootless: bool, identity: Identity, exact: bool) -> Self {
        Self { ids, rootless, identity, exact, group_of_directory: false }
    }

    /// Finds out whose group new files get, by making one in a directory of another group. Who cannot give
    /// groups away has no use for the answer.
    pub(crate) fn probe(&mut self, base: BorrowedFd<'_>) -> Result<(), Failure> {
        const NAME: &str = ".ocidian-probe";
        if self.rootless || !self.identity.is_root() {
            return Ok(());
        }
        let what = "cannot find out whose group new files get";
        mkdirat(base, NAME, Mode::RWXU).tried(what)?;
        let probed = self.probe_in(base, NAME);
        unlinkat(base, NAME, AtFlags::REMOVEDIR).tried(what)?;
        self.group_of_directory = probed.tried(what)?;
        Ok(())
    }

    fn probe_in(&self, base: BorrowedFd<'_>, name: &str) -> Result<bool, Errno> {
        let other = self.ids.host_gid(1).unwrap_or(self.identity.gid);
        // A group that this namespace does not map cannot be given to anything later either.
        if other == self.identity.gid
            || chownat(base, name, None, Some(Gid::from_raw(other)), AtFlags::SYMLINK_NOFOLLOW).is_err()
        {
            return Ok(false);
        }
        let dir = openat(base, name, HANDLE, Mode::empty())?;
        mkdirat(&dir, name, Mode::RWXU)?;
        let made = statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW);
        unlinkat(&dir, name, AtFlags::REMOVEDIR)?;
        Ok(made?.st_gid == other)
    }

    /// Whether the kernel will say no to much of what a layer asks for.
    pub(super) fn is_limited(&self) -> bool {
        self.rootless || !self.identity.is_initial_root()
    }

    pub(super) fn is_rootless(&self) -> bool {
        self.rootless
    }

    pub(super) fn makes_devices(&self) -> bool {
        !self.is_limited()
    }

    /// Whether a mode given at creation is the mode that a file gets.
    pub(super) fn exact_creation(&self) -> bool {
        self.exact
    }

    /// The mode of a directory while it is written: without setuid, setgid and sticky, and open to its owner.
    pub(super) fn working_mode(&self, mode: u32) -> u32 {
        let plain = mode & 0o777;
        if self.identity.is_root() && self.exact { plain } else { plain | 0o700 }
    }

    fn host(&self, uid: u32, gid: u32) -> Result<(u32, u32), Failure> {
        if self.rootless {
            return Ok((self.identity.uid, self.identity.gid));
        }
        Ok((self.ids.host_uid(uid)?, self.ids.host_gid(gid)?))
    }

    /// The image's ids for an owner on the host; what is nobody's in the image is root's.
    pub(super) fn image_owner(&self, uid: u32, gid: u32) -> (u32, u32) {
        if self.rootless { (0, 0) } else { (self.ids.image_uid(uid), self.ids.image_gid(gid)) }
    }

    fn differs(&self, host: (u32, u32)) -> bool {
        !self.rootless && (self.group_of_directory || host != (self.identity.uid, self.identity.gid))
    }

    /// Gives what was made just now to its owner; whether that took a call.
    pub(super) fn own_fresh(
        &self,
        dir: BorrowedFd<'_>,
        name: &[u8],
        meta: &Metadata,
    ) -> Result<bool, Failure> {
        let host = self.host(meta.uid, meta.gid)?;
        if !self.differs(host) {
            return Ok(false);
        }
        chown(dir, name, host)?;
        Ok(true)
    }

    pub(super) fn own_fresh_directory(
        &self,
        dir: BorrowedFd<'_>,
        name: &[u8],
        uid: u32,
        gid: u32,
    ) -> Result<(), Failure> {
        let host = self.host(uid, gid)?;
        if self.differs(host) { chown(dir, name, host) } else { Ok(()) }
    }

    /// Whether an owner can be given at all: an error where the maps do not cover it.
    pub(super) fn maps(&self, uid: u32, gid: u32) -> Result<(), Failure> {
        self.host(uid, gid).map(|_| ())
    }

    /// Gives what was there before to its owner, whosever it was.
    pub(super) fn own(&self, dir: BorrowedFd<'_>, name: &[u8], uid: u32, gid: u32) -> Result<(), Failure> {
        if self.rootless {
            return Ok(());
        }
        chown(dir, name, self.host(uid, gid)?)
    }

    /// Gives an open file that was made just now to its owner.
    pub(super) fn own_open(&self, file: BorrowedFd<'_>, meta: &Metadata) -> Result<(), Failure> {
        let (uid, gid) = self.host(meta.uid, meta.gid)?;
        if !self.differs((uid, gid)) {
            return Ok(());
        }
        fchown(file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
            .map_err(|errno| unmapped(errno, uid, gid))
    }

    /// What `user.rootlesscontainers` is to say, if anything.
    pub(super) fn rootless_xattr(&self, meta: &Metadata) -> Option<Vec<u8>> {
        (self.rootless && (meta.uid, meta.gid) != (0, 0)).then(|| encode_owner(meta.uid, meta.gid))
    }
}

fn chown(dir: BorrowedFd<'_>, name: &[u8], (uid, gid): (u32, u32)) -> Result<(), Failure> {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    chownat(dir, name, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)), flags)
        .map_err(|errno| unmapped(errno, uid, gid))
}

fn unmapped(errno: Errno, uid: u32, gid: u32) -> Failure {
    match errno {
        Errno::INVAL => {
            Failure::Refused(format!("this user namespace does not map owner {uid}:{gid}; use --rootless"))
        }
        errno => Failure::System { what: "cannot set the owner", errno },
    }
}
