//! A file of a lower layer, with all that it has, into the present one.
//!
//! The order is that of every file: owner, xattrs, mode, times. Attributes are taken as they are on the
//! lower file, which this same run made: whatever was to be left out is not there.

use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags, chownat, fchmod,
    fgetxattr, fsetxattr, fstat, lgetxattr, llistxattr, lsetxattr, mknodat, openat, readlinkat, symlinkat,
    utimensat,
};
use rustix::io::Errno;

use super::attributes::list_xattrs;
use super::by_handle::{chmod_leaf, path_below};
use super::copy_content::{Allowance, copy_content};
use crate::error::{Failure, Tried};

const VALUE_MAX: usize = 65_536;

/// Owner and xattrs of a directory; mode and times follow at the end.
pub(super) fn copy_attributes(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    stat: &Stat,
    except: &[&[u8]],
) -> Result<(), Failure> {
    let made = fstat(to).tried("cannot look at a copy")?;
    if (made.st_uid, made.st_gid) != (stat.st_uid, stat.st_gid) {
        rustix::fs::fchown(to, Some(Uid::from_raw(stat.st_uid)), Some(Gid::from_raw(stat.st_gid)))
            .tried("cannot set the owner of a copy")?;
    }
    let mut value = vec![0; VALUE_MAX];
    for name in list_xattrs(from)? {
        if except.contains(&name.as_slice()) || name == b"system.posix_acl_default" {
            continue;
        }
        let len =
            fgetxattr(from, name.as_slice(), &mut value[..]).tried("cannot read an xattr of a lower file")?;
        match fsetxattr(to, name.as_slice(), &value[..len], XattrFlags::empty()) {
            Ok(()) | Err(Errno::PERM) => {}
            Err(errno) => return Err(Failure::System { what: "cannot copy an xattr", errno }),
        }
    }
    Ok(())
}

/// Copies what is no directory, with all that it has.
pub(super) fn copy_file(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    name: &[u8],
    stat: &Stat,
    allowance: &mut Allowance<'_>,
) -> Result<(), Failure> {
    let mode = Mode::from_raw_mode(stat.st_mode & 0o7777);
    let file_type = FileType::from_raw_mode(stat.st_mode);
    match file_type {
        FileType::RegularFile => return copy_regular(from, to, name, stat, allowance),
        FileType::Symlink => {
            let target = readlinkat(from, name, Vec::new()).tried("cannot read a lower link")?;
            symlinkat(target.as_c_str(), to, name).tried("cannot copy a lower link")?;
        }
        _ => mknodat(to, name, file_type, mode, stat.st_rdev).tried("cannot copy a lower device or FIFO")?,
    }
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    chownat(to, name, Some(Uid::from_raw(stat.st_uid)), Some(Gid::from_raw(stat.st_gid)), flags)
        .tried("cannot set the owner of a copy")?;
    copy_leaf_xattrs(from, to, name)?;
    if file_type != FileType::Symlink {
        chmod_leaf(to, name, mode)?;
    }
    utimensat(to, name, &stat_times(stat), flags).tried("cannot set the times of a copy")
}

fn copy_regular(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    name: &[u8],
    stat: &Stat,
    allowance: &mut Allowance<'_>,
) -> Result<(), Failure> {
    let read = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let source = openat(from, name, read, Mode::empty()).tried("cannot open a lower file")?;
    let write = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let copy =
        openat(to, name, write, Mode::RUSR | Mode::WUSR).tried("cannot make a copy of a lower file")?;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    copy_content(&source, &copy, size, allowance)?;
    copy_attributes(source.as_fd(), copy.as_fd(), stat, &[])?;
    fchmod(&copy, Mode::from_raw_mode(stat.st_mode & 0o7777)).tried("cannot set the mode of a copy")?;
    rustix::fs::futimens(&copy, &stat_times(stat)).tried("cannot set the times of a copy")
}

fn copy_leaf_xattrs(from: BorrowedFd<'_>, to: BorrowedFd<'_>, name: &[u8]) -> Result<(), Failure> {
    let (source, copy) = (path_below(from, name), path_below(to, name));
    let mut names = vec![0; VALUE_MAX];
    let len = match llistxattr(source.as_slice(), &mut names[..]) {
        Ok(len) => len,
        Err(Errno::OPNOTSUPP) => 0,
        Err(errno) => return Err(Failure::System { what: "cannot list the xattrs of a lower file", errno }),
    };
    let mut value = vec![0; VALUE_MAX];
    for name in names[..len].split(|b| *b == 0).filter(|name| !name.is_empty()) {
        let len = lgetxattr(source.as_slice(), name, &mut value[..])
            .tried("cannot read an xattr of a lower file")?;
        lsetxattr(copy.as_slice(), name, &value[..len], XattrFlags::empty()).tried("cannot copy an xattr")?;
    }
    Ok(())
}

fn stat_times(stat: &Stat) -> Timestamps {
    let spec = |seconds, nanoseconds: u64| Timespec {
        tv_sec: seconds,
        tv_nsec: i64::try_from(nanoseconds).unwrap_or(0),
    };
    Timestamps {
        last_access: spec(stat.st_atime, stat.st_atime_nsec),
        last_modification: spec(stat.st_mtime, stat.st_mtime_nsec),
    }
}
