//! All or nothing: where a target is made before it is there.
//!
//! A new target is made in a sibling directory under a recognisable name and renamed into place; an
//! empty directory that exists is filled in place, because it may be a mount point, and emptied on
//! failure. Whatever ends the work early, dropping the [`Staging`] removes what was made.

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, Dir as Listing, Gid, Mode, OFlags, RenameFlags, Stat, Uid, XattrFlags, chmod, fchmod,
    fchown, fgetxattr, fremovexattr, fsetxattr, fstat, mkdirat, openat, renameat, renameat_with, statat,
    unlinkat,
};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use crate::error::{Error, Failure, Result, Tried};
use crate::host::directory_of;
use crate::ids::IdMap;
use crate::tree::{HANDLE, LISTING, empty, remove};

const ACLS: [&str; 2] = ["system.posix_acl_access", "system.posix_acl_default"];

/// A target in the making.
#[derive(Debug)]
pub(crate) struct Staging {
    path: PathBuf,
    dir: OwnedFd,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// A directory of a temporary name, to be renamed.
    Sibling { parent: OwnedFd, temporary: String, name: OsString },
    /// The target itself, and what it was before it was filled.
    Itself(Before),
    /// Nothing is to be removed any more.
    Done,
}

/// The attributes of a directory that is filled in place: an image's root takes them over.
#[derive(Debug)]
struct Before {
    stat: Stat,
    acls: Vec<(&'static str, Vec<u8>)>,
}

impl Before {
    fn of(dir: BorrowedFd<'_>) -> Result<Self, Failure> {
        let stat = fstat(dir).tried("cannot look at the target")?;
        let mut acls = Vec::new();
        let mut value = vec![0; 65_536];
        for name in ACLS {
            match fgetxattr(dir, name, &mut value[..]) {
                Ok(len) => acls.push((name, value[..len].to_vec())),
                Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
                Err(errno) => return Err(Failure::System { what: "cannot read the target's ACL", errno }),
            }
        }
        Ok(Self { stat, acls })
    }

    fn restore(&self, dir: BorrowedFd<'_>) -> Result<(), Failure> {
        let now = fstat(dir).tried("cannot look at the target")?;
        let (uid, gid) = (self.stat.st_uid, self.stat.st_gid);
        if (now.st_uid, now.st_gid) != (uid, gid) {
            fchown(dir, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
                .tried("cannot give the target back")?;
        }
        for (name, value) in &self.acls {
            fsetxattr(dir, *name, value, XattrFlags::empty()).tried("cannot give the target its ACL back")?;
        }
        fchmod(dir, Mode::from_raw_mode(self.stat.st_mode & 0o7777))
            .tried("cannot give the target its mode back")
    }
}

impl Staging {
    /// Begins a target at `path`: nothing must be there, or an empty directory.
    pub(crate) fn begin(path: &Path) -> Result<Self> {
        let at = |source| Error::Target { path: path.to_owned(), source };
        match openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(dir) if is_empty(dir.as_fd()).map_err(at)? => {
                let before = Before::of(dir.as_fd()).map_err(at)?;
                make_private(dir.as_fd()).map_err(at)?;
                // Whoever could write there until now may just have done so.
                if !is_empty(dir.as_fd()).map_err(at)? {
                    before.restore(dir.as_fd()).map_err(at)?;
                    return Err(Error::TargetExists { path: path.to_owned() });
                }
                Ok(Self { path: path.to_owned(), dir, place: Place::Itself(before) })
            }
            Ok(_) | Err(Errno::NOTDIR) => Err(Error::TargetExists { path: path.to_owned() }),
            Err(Errno::NOENT) => Self::begin_sibling(path),
            Err(errno) => Err(at(Failure::System { what: "cannot open the target", errno })),
        }
    }

    fn begin_sibling(path: &Path) -> Result<Self> {
        let at = |source| Error::Target { path: path.to_owned(), source };
        let name =
            path.file_name().ok_or_else(|| at(Failure::Refused("it names no directory".to_owned())))?;
        let parent = directory_of(path);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent = openat(CWD, parent, flags, Mode::empty()).map_err(|errno| {
            at(Failure::System { what: "cannot open the directory that it goes into", errno })
        })?;
        // A dangling symlink is something too; the rename would replace it.
        if statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            return Err(Error::TargetExists { path: path.to_owned() });
        }
        let key = RandomState::new();
        for attempt in 0..100_u32 {
            let temporary = format!(".ocidian-{:016x}", key.hash_one(attempt));
            match mkdirat(&parent, temporary.as_str(), Mode::RWXU) {
                Ok(()) => {
                    let opened = open_made(parent.as_fd(), &temporary);
                    if opened.is_err() {
                        // The failure itself is the one to report.
                        let _ = unlinkat(&parent, temporary.as_str(), AtFlags::REMOVEDIR);
                    }
                    let dir = opened.map_err(at)?;
                    let place = Place::Sibling { parent, temporary, name: name.to_owned() };
                    return Ok(Self { path: path.to_owned(), dir, place });
                }
                Err(Errno::EXIST) => {}
                Err(errno) => {
                    return Err(at(Failure::System { what: "cannot make a directory beside it", errno }));
                }
            }
        }
        Err(at(Failure::Refused("cannot find a free temporary name beside it".to_owned())))
    }

    /// The directory to fill.
    pub(crate) fn dir(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    /// Lets in who has to come in. A bundle stays its owner's alone, because images hold setuid programs
    /// that are for the container's users and not for the host's; only where owners are mapped does the
    /// container's root, who is somebody else on the host, have to pass through.
    pub(crate) fn settle(&self, ids: &IdMap) -> Result<()> {
        let mode = if *ids == IdMap::identity() { 0o700 } else { 0o711 };
        fchmod(&self.dir, Mode::from_raw_mode(mode))
            .tried("cannot set the mode of the target")
            .map_err(|source| Error::Target { path: self.path.clone(), source })
    }

    /// Puts what was made into its place.
    pub(crate) fn commit(mut self) -> Result<()> {
        if let Place::Sibling { parent, temporary, name } = &self.place {
            let renamed =
                match renameat_with(parent, temporary.as_str(), parent, name, RenameFlags::NOREPLACE) {
                    // Not every file system knows how not to replace; a plain rename replaces an empty directory at most.
                    Err(Errno::INVAL | Errno::NOSYS) => renameat(parent, temporary.as_str(), parent, name),
                    renamed => renamed,
                };
            match renamed {
                Ok(()) => {}
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {
                    return Err(Error::TargetExists { path: self.path.clone() });
                }
                Err(errno) => {
                    let source = Failure::System { what: "cannot rename it into place", errno };
                    return Err(Error::Target { path: self.path.clone(), source });
                }
            }
        }
        tracing::debug!(path = %self.path.display(), "in place");
        self.place = Place::Done;
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let removed = match &self.place {
            Place::Done => return,
            Place::Sibling { parent, temporary, .. } => {
                remove(parent.as_fd(), temporary.as_bytes(), || {}).map(|_| ())
            }
            // The image's root may have closed it to its own owner.
            Place::Itself(before) => fchmod(&self.dir, Mode::RWXU)
                .and_then(|()| openat(&self.dir, ".", LISTING, Mode::empty()))
                .tried("cannot open the target")
                .and_then(empty)
                .and_then(|()| before.restore(self.dir.as_fd())),
        };
        if let Err(failure) = removed {
            tracing::error!("{}: could not remove all of what was made: {failure}", self.path.display());
        }
    }
}

/// Opens a directory that was made just now, whatever the umask took from its mode.
fn open_made(parent: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Failure> {
    let handle = openat(parent, name, HANDLE, Mode::empty()).tried("cannot open what was made")?;
    if fstat(&handle).tried("cannot look at what was made")?.st_uid != geteuid().as_raw() {
        return Err(Failure::Refused(
            "somebody else put a directory of theirs in the place of ours".to_owned(),
        ));
    }
    let dir = match openat(&handle, ".", LISTING, Mode::empty()) {
        Err(Errno::ACCESS) => {
            // By the handle: a name in a directory that others can write may mean something else by now.
            let by_handle = format!("/proc/self/fd/{}", handle.as_raw_fd());
            chmod(by_handle.as_str(), Mode::RWXU).tried("cannot open what was made")?;
            openat(&handle, ".", LISTING, Mode::empty())
        }
        opened => opened,
    }
    .tried("cannot open what was made")?;
    make_private(dir.as_fd())?;
    Ok(dir)
}

/// The caller's alone while it is filled, and without what it hands down: a setgid bit or a default ACL
/// would be on everything made below.
fn make_private(dir: BorrowedFd<'_>) -> Result<(), Failure> {
    let stat = fstat(dir).tried("cannot look at the target")?;
    let (uid, gid) = (geteuid(), getegid());
    if stat.st_uid != uid.as_raw() {
        fchown(dir, Some(uid), Some(gid)).tried("it is somebody else's, and cannot be made yours")?;
    }
    for name in ACLS {
        match fremovexattr(dir, name) {
            Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
            Err(errno) => return Err(Failure::System { what: "cannot take an ACL from the target", errno }),
        }
    }
    fchmod(dir, Mode::RWXU).tried("cannot set the mode of the target")
}

fn is_empty(dir: BorrowedFd<'_>) -> Result<bool, Failure> {
    let listing = openat(dir, ".", LISTING, Mode::empty()).tried("cannot list the target")?;
    for entry in Listing::new(listing).tried("cannot list the target")? {
        let name = entry.tried("cannot list the target")?;
        if !matches!(name.file_name().to_bytes(), b"." | b"..") {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a name in a directory is one that an interrupted unpack may have left.
pub fn is_leftover(name: &std::ffi::OsStr) -> bool {
    let name = name.as_bytes();
    name.strip_prefix(b".ocidian-")
        .is_some_and(|rest| rest.len() == 16 && rest.iter().all(u8::is_ascii_hexdigit))
}
