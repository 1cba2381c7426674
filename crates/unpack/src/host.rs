//! The few files of the host that are read or written by path: all of them the caller's own choice.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, fsync, openat, renameat, unlinkat};
use rustix::io::{Errno, read, write};

use crate::error::{Failure, Tried};

/// As much as a file in /proc that is read here can hold.
const SMALL: usize = 65_536;

/// A small file of the host, whole.
pub(crate) fn read_small(path: &str) -> Result<String, Failure> {
    let fd = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).tried("cannot open a file in /proc")?;
    let mut bytes = vec![0; SMALL];
    let mut len = 0;
    while len < SMALL {
        match read(&fd, &mut bytes[len..]).tried("cannot read a file in /proc")? {
            0 => break,
            n => len += n,
        }
    }
    Ok(String::from_utf8_lossy(&bytes[..len]).into_owned())
}

/// Writes all of `bytes`.
pub(crate) fn write_all(fd: &OwnedFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(0) => return Err(Errno::IO),
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Writes a new file in `dir`, flushed; whoever reads it finds all of it or none.
pub(crate) fn write_file(dir: impl AsFd, name: &str, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let dir = dir.as_fd();
    let temporary = format!(".{name}.ocidian-tmp");
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(dir, temporary.as_str(), flags, Mode::from_raw_mode(mode)).tried("cannot make a file")?;
    let written = write_all(&file, bytes)
        .and_then(|()| rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)))
        .and_then(|()| fsync(&file))
        .and_then(|()| renameat(dir, temporary.as_str(), dir, name));
    if written.is_err() {
        // The write's own error is the one to report.
        let _ = unlinkat(dir, temporary.as_str(), rustix::fs::AtFlags::empty());
    }
    written.tried("cannot write a file")
}

/// Writes a file at a path of the caller's.
pub(crate) fn write_at(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let name = path.file_name().and_then(OsStr::to_str);
    let name = name.ok_or_else(|| Failure::Refused("the path has no file name".to_owned()))?;
    let dir = openat(CWD, directory_of(path), OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .tried("cannot open the directory that it goes into")?;
    write_file(&dir, name, bytes, 0o644)
}

/// The directory that a path names an entry of.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().as_bytes().is_empty()).unwrap_or(Path::new("."))
}
