//! Removing a subtree by handles alone, with two of them however deep it is.
//!
//! The way back up is `..`, checked against the directory that was left; nothing else writes there,
//! and if something did, the check refuses rather than climbs out. A directory is listed anew after
//! each subdirectory: all that came before it is gone by then, so that the work stays linear.

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Dir as Listing, Mode, chmod, fstat, openat, unlinkat};
use rustix::io::Errno;

use super::{HANDLE, LISTING};
use crate::error::{Failure, Tried};

/// Removes `name` from `parent`, with all below it; `false` where it is not there. Calls `hold` before it
/// removes what is in a directory: nobody may write there from then on.
pub(crate) fn remove(parent: BorrowedFd<'_>, name: &[u8], hold: impl FnOnce()) -> Result<bool, Failure> {
    match unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) => return Ok(true),
        Err(Errno::NOENT) => return Ok(false),
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(errno) => return Err(Failure::System { what: "cannot remove what was there", errno }),
    }
    hold();
    empty(open_to_empty(parent, name)?)?;
    unlinkat(parent, name, AtFlags::REMOVEDIR).tried("cannot remove the directory that was there")?;
    Ok(true)
}

/// Removes all below `top`, not `top` itself.
pub(crate) fn empty(top: OwnedFd) -> Result<(), Failure> {
    let mut at = top;
    // The directories that were entered: by which name, and which inode it was left at.
    let mut way: Vec<(Vec<u8>, (u64, u64))> = Vec::new();
    loop {
        match clear_up_to_directory(&at)? {
            Some(name) => {
                let child = open_to_empty(at.as_fd(), &name)?;
                way.push((name, identity(&at)?));
                at = child;
            }
            None => {
                let Some((name, parent)) = way.pop() else { return Ok(()) };
                let up = openat(&at, "..", LISTING, Mode::empty()).tried("cannot go back up")?;
                if identity(&up)? != parent {
                    return Err(Failure::Refused("the tree was moved while it was being removed".to_owned()));
                }
                unlinkat(&up, name.as_slice(), AtFlags::REMOVEDIR).tried("cannot remove a directory")?;
                at = up;
            }
        }
    }
}

/// Unlinks entries until a directory that is not empty comes, which it names.
fn clear_up_to_directory(at: &OwnedFd) -> Result<Option<Vec<u8>>, Failure> {
    let mut listing = Listing::read_from(at).tried("cannot list a directory")?;
    while let Some(entry) = listing.read() {
        let entry = entry.tried("cannot list a directory")?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        let flags = if entry.file_type().is_dir() { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        match unlinkat(at, name, flags) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::ISDIR) => return Ok(Some(name.to_vec())),
            Err(errno) => return Err(Failure::System { what: "cannot remove an entry", errno }),
        }
    }
    Ok(None)
}

/// Opens a directory that its mode may close to an ordinary user.
fn open_to_empty(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Failure> {
    let opened = match openat(parent, name, LISTING, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::ACCESS) => {
            let handle =
                openat(parent, name, HANDLE, Mode::empty()).tried("cannot open a directory to remove it")?;
            let by_handle = format!("/proc/self/fd/{}", handle.as_raw_fd());
            chmod(by_handle.as_str(), Mode::RWXU).tried("cannot open a directory to remove it")?;
            openat(parent, name, LISTING, Mode::empty()).tried("cannot open a directory to remove it")?
        }
        Err(errno) => return Err(Failure::System { what: "cannot open a directory to remove it", errno }),
    };
    let stat = fstat(&opened).tried("cannot open a directory to remove it")?;
    if stat.st_mode & 0o700 != 0o700 {
        rustix::fs::fchmod(&opened, Mode::RWXU).tried("cannot open a directory to remove it")?;
    }
    Ok(opened)
}

fn identity(fd: &OwnedFd) -> Result<(u64, u64), Failure> {
    let stat = fstat(fd).tried("cannot look at a directory")?;
    Ok((stat.st_dev, stat.st_ino))
}
