//! The few files of the host that are read or written by path: all of them the caller's own choice.

use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, fchmod, fstat, fsync, ftruncate, openat, renameat, statat, unlinkat,
};
use rustix::io::{Errno, read, write};

use crate::baseline::{Moment, ctime};
use crate::error::{Failure, Tried};

/// Nobody but the bundle's owner has to look at what the tree was.
pub(crate) const BASELINE_MODE: u32 = 0o600;
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
    let file = PendingFile::beside(dup(dir)?, OsStr::new(name))?;
    file.write(bytes, mode)?;
    file.publish()
}

/// A file that is open for writing, but not yet there. Dropped, it never was.
#[derive(Debug)]
pub(crate) struct PendingFile {
    file: OwnedFd,
    /// `None` where it is written into what is there and no regular file: a device, a FIFO, a link. That
    /// is not ours to replace.
    renamed: Option<(Temporary, OsString)>,
}

impl PendingFile {
    /// A file at a path of the caller's.
    pub(crate) fn at(path: &Path) -> Result<Self, Failure> {
        let name = path.file_name();
        let name = name.ok_or_else(|| Failure::Refused("the path has no file name".to_owned()))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = openat(CWD, directory_of(path), flags, Mode::empty());
        let dir = dir.tried("cannot open the directory that it goes into")?;
        match statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile => {
                let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::CLOEXEC;
                let file = openat(&dir, name, flags, Mode::empty()).tried("cannot open what is there")?;
                Ok(Self { file, renamed: None })
            }
            _ => Self::beside(dir, name),
        }
    }

    /// A file in `dir`, under a temporary name that says nothing of its own: that may be as long as any.
    pub(crate) fn beside(dir: OwnedFd, name: &OsStr) -> Result<Self, Failure> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let key = RandomState::new();
        for attempt in 0..100_u32 {
            let temporary = format!(".ocidian-{:016x}", key.hash_one(attempt));
            match openat(&dir, temporary.as_str(), flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => {
                    let temporary = Temporary { dir, name: temporary };
                    return Ok(Self { file, renamed: Some((temporary, name.to_owned())) });
                }
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(Failure::System { what: "cannot make a file", errno }),
            }
        }
        Err(Failure::Refused("cannot find a free temporary name".to_owned()))
    }

    /// Whether it is made in `dir`.
    pub(crate) fn is_in(&self, dir: BorrowedFd<'_>) -> Result<bool, Failure> {
        let Some((temporary, _)) = &self.renamed else { return Ok(false) };
        let identity = |stat: rustix::fs::Stat| (stat.st_dev, stat.st_ino);
        let ours = fstat(&temporary.dir).map(identity).tried("cannot look at where a file goes")?;
        let theirs = fstat(dir).map(identity).tried("cannot look at a directory")?;
        Ok(ours == theirs)
    }

    /// Writes all that it is to hold, flushed where it is a file of ours. What can fail fails here.
    pub(crate) fn write(&self, bytes: &[u8], mode: u32) -> Result<(), Failure> {
        if self.renamed.is_some() {
            let written = write_all(&self.file, bytes)
                .and_then(|()| fchmod(&self.file, Mode::from_raw_mode(mode)))
                .and_then(|()| fsync(&self.file));
            return written.tried("cannot write a file");
        }
        // A link may lead to a file that was longer.
        let stat = fstat(&self.file).tried("cannot look at what is there")?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            ftruncate(&self.file, 0).tried("cannot write into what is there")?;
        }
        write_all(&self.file, bytes).tried("cannot write into what is there")
    }

    /// Waits until the kernel's clock, which stands still for some milliseconds at a time, has gone on; when that
    /// was. The clock is the file system's: it is read off this file.
    pub(crate) fn next_tick(&self) -> Result<Moment, Failure> {
        let touch = || {
            // To the mode that it has.
            fchmod(&self.file, Mode::RUSR | Mode::WUSR)?;
            fstat(&self.file).map(|stat| ctime(&stat))
        };
        let what = "cannot read the file system's clock";
        let first = touch().tried(what)?;
        // A file system that keeps whole seconds is waited for, one that keeps no time is not.
        for _ in 0..1500 {
            let now = touch().tried(what)?;
            if now > first {
                return Ok(now);
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Ok(first)
    }

    /// What writes to it, piece by piece.
    pub(crate) fn writer(&self) -> Result<std::fs::File, Failure> {
        Ok(std::fs::File::from(dup(self.file.as_fd())?))
    }

    /// Gives it its mode and flushes it, once it was written piece by piece.
    pub(crate) fn settle(&self, mode: u32) -> Result<(), Failure> {
        let settled = fchmod(&self.file, Mode::from_raw_mode(mode)).and_then(|()| fsync(&self.file));
        settled.tried("cannot write a file")
    }

    /// Puts it in its place, over a regular file that may be there.
    pub(crate) fn publish(self) -> Result<(), Failure> {
        match self.renamed {
            Some((temporary, name)) => temporary.rename(&name).tried("cannot write a file"),
            None => Ok(()),
        }
    }
}

/// A file under a temporary name, which goes unless it is renamed.
#[derive(Debug)]
struct Temporary {
    dir: OwnedFd,
    /// Empty once it is renamed.
    name: String,
}

impl Temporary {
    fn rename(mut self, name: &OsStr) -> Result<(), Errno> {
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

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests' own directories")]
mod tests {
    use std::fs;
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(dir: &Path) -> Vec<OsString> {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn any_name_is_taken_and_nothing_is_there_before_its_time() {
        let place = tempfile::tempdir().unwrap();
        let long = "n".repeat(255).into_bytes();
        for name in [b"plain".to_vec(), b"not \xff utf-8\n".to_vec(), long] {
            let path = place.path().join(OsString::from_vec(name));
            fs::write(&path, "before").unwrap();
            let file = PendingFile::at(&path).unwrap();
            file.write(b"after", 0o644).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"before");
            file.publish().unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"after");
            fs::remove_file(&path).unwrap();
            PendingFile::at(&path).unwrap().write(b"dropped", 0o644).unwrap();
            assert_eq!(names(place.path()), Vec::<OsString>::new());
        }
    }

    #[test]
    fn what_cannot_be_written_is_known_at_once() {
        let place = tempfile::tempdir().unwrap();
        for path in ["missing/file", ".", "..", "/"] {
            PendingFile::at(&place.path().join(path)).unwrap_err();
        }
    }

    #[test]
    fn what_is_there_and_no_file_is_written_into() {
        let place = tempfile::tempdir().unwrap();
        let (link, behind) = (place.path().join("link"), place.path().join("behind"));
        fs::write(&behind, "something longer").unwrap();
        symlink("behind", &link).unwrap();
        let file = PendingFile::at(&link).unwrap();
        assert_eq!(fs::read(&behind).unwrap(), b"something longer", "not before there is something to write");
        file.write(b"after", 0o644).unwrap();
        file.publish().unwrap();
        assert_eq!(fs::read(&behind).unwrap(), b"after");
        assert!(link.is_symlink());
        let full = PendingFile::at(Path::new("/dev/full")).unwrap();
        let failure = full.write(b"x", 0o644).unwrap_err();
        assert!(matches!(failure, Failure::System { errno: Errno::NOSPC, .. }), "{failure}");
    }
}
