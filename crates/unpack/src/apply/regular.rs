//! A regular file, made: created exclusively, written, given its attributes. The one way in which it is
//! done, whichever thread does it.
//!
//! The order on a file is owner, xattrs, mode, times: chown clears file capabilities and setuid, an
//! ordinary user cannot set `user.*` on a read-only file, and everything before touches the times.

use ocidian_layer::Metadata;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, Timespec, Timestamps, fchmod, futimens, openat};
use rustix::io::{Errno, pwrite};

use super::owner::Ownership;
use crate::error::{Failure, Tried};

const CREATE: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What was tried where it cannot be created.
pub(super) const CANNOT_MAKE: &str = "cannot make the file";

/// Creates it: with the mode that it is to have, where nothing can change that on the way.
pub(super) fn create(
    owner: &Ownership,
    dir: BorrowedFd<'_>,
    name: &[u8],
    meta: &Metadata,
) -> Result<OwnedFd, Errno> {
    let mode = if needs_chmod(owner, meta) { (meta.mode & 0o777) | 0o600 } else { meta.mode };
    openat(dir, name, CREATE, Mode::from_raw_mode(mode))
}

/// Writes some of its content.
pub(super) fn write(file: BorrowedFd<'_>, mut bytes: &[u8], mut at: u64) -> Result<(), Failure> {
    while !bytes.is_empty() {
        match pwrite(file, bytes, at) {
            Ok(0) => return Err(Failure::System { what: "cannot write the file", errno: Errno::IO }),
            Ok(n) => {
                bytes = bytes.get(n..).unwrap_or_default();
                at += n as u64;
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Failure::System { what: "cannot write the file", errno }),
        }
    }
    Ok(())
}

/// Gives it its attributes; `xattrs` sets the extended ones.
pub(super) fn finish(
    owner: &Ownership,
    file: &OwnedFd,
    meta: &Metadata,
    xattrs: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    owner.own_open(file.as_fd(), meta)?;
    xattrs()?;
    if needs_chmod(owner, meta) {
        fchmod(file, Mode::from_raw_mode(meta.mode)).tried("cannot set the mode")?;
    }
    futimens(file, &times(meta)).tried("cannot set the times")
}

fn needs_chmod(owner: &Ownership, meta: &Metadata) -> bool {
    let special = meta.mode & 0o7000 != 0;
    let attributed = !meta.xattrs.is_empty() || owner.is_rootless();
    special || attributed || !owner.exact_creation()
}

/// The times of an entry; the access time is the modification time where there is none.
pub(super) fn times(meta: &Metadata) -> Timestamps {
    let spec = |time: ocidian_layer::Timestamp| Timespec {
        tv_sec: time.seconds,
        tv_nsec: i64::from(time.nanoseconds),
    };
    Timestamps { last_access: spec(meta.atime.unwrap_or(meta.mtime)), last_modification: spec(meta.mtime) }
}
