//! The few files of the host that are read or written by path: all of them the caller's own choice.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fsync, openat, renameat, statat, unlinkat};
use rustix::io::{Errno, read, write};

use crate::error::{Failure, Tried};

/// As much as a file in /proc that is read here can hold.
const SMALL: usize = 65_536;

/// A small file of the host, whole.
pub(crate) fn read_small(path: &str) -> Result<String, Failure> {
    let fd = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .tried("cannot open a file in /proc")?;
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
pub(crate) fn write_file(dir: BorrowedFd<'_>, name: &str, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let dir = dup(dir)?;
    PendingFile::write(dir, name, bytes, mode)?.publish()
}

/// A file that is written, but not yet there. Dropped, it never was.
#[derive(Debug)]
pub(crate) enum PendingFile {
    /// Under a temporary name, to be renamed.
    Renamed { temporary: Temporary, name: String },
    /// Into what is there and no regular file: a device, a FIFO, a link. That is not ours to replace.
    Into { file: OwnedFd, bytes: Vec<u8> },
}

impl PendingFile {
    /// A file at a path of the caller's.
    pub(crate) fn at(path: &Path, bytes: Vec<u8>) -> Result<Self, Failure> {
        let name = path.file_name().and_then(OsStr::to_str);
        let name = name.ok_or_else(|| Failure::Refused("the path has no file name".to_owned()))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = openat(CWD, directory_of(path), flags, Mode::empty());
        let dir = dir.tried("cannot open the directory that it goes into")?;
        match statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile => {
                let flags = OFlags::WRONLY | OFlags::TRUNC | OFlags::NOCTTY | OFlags::CLOEXEC;
                let file = openat(&dir, name, flags, Mode::empty()).tried("cannot open what is there")?;
                Ok(Self::Into { file, bytes })
            }
            _ => Self::write(dir, name, &bytes, 0o644),
        }
    }

    fn write(dir: OwnedFd, name: &str, bytes: &[u8], mode: u32) -> Result<Self, Failure> {
        let temporary = format!(".{name}.ocidian-{}", rustix::process::getpid());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(mode);
        let file = openat(&dir, temporary.as_str(), flags, mode).tried("cannot make a file")?;
        let temporary = Temporary { dir, name: temporary };
        write_all(&file, bytes)
            .and_then(|()| rustix::fs::fchmod(&file, mode))
            .and_then(|()| fsync(&file))
            .tried("cannot write a file")?;
        Ok(Self::Renamed { temporary, name: name.to_owned() })
    }

    /// Puts it in its place, over a regular file that may be there.
    pub(crate) fn publish(self) -> Result<(), Failure> {
        match self {
            Self::Renamed { temporary, name } => temporary.rename(&name).tried("cannot write a file"),
            Self::Into { file, bytes } => write_all(&file, &bytes).tried("cannot write into what is there"),
        }
    }
}

/// A file under a temporary name, which goes unless it is renamed.
#[derive(Debug)]
pub(crate) struct Temporary {
    dir: OwnedFd,
    /// Empty once it is renamed.
    name: String,
}

impl Temporary {
    fn rename(mut self, name: &str) -> Result<(), Errno> {
        renameat(&self.dir, self.name.as_str(), &self.dir, name)?;
        self.name.clear();
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.name.is_empty() {
            // The error that brought us here is the one to report.
            let _ = unlinkat(&self.dir, self.name.as_str(), AtFlags::empty());
        }
    }
}

/// One more handle of the same.
pub(crate) fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd, Failure> {
    rustix::io::fcntl_dupfd_cloexec(fd, 3).tried("cannot keep a handle")
}

/// The directory that a path names an entry of.
pub(crate) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().as_bytes().is_empty()).unwrap_or(Path::new("."))
}
