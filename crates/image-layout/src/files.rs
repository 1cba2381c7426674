//! Files below a directory handle, opened so that nothing in the directory can block, redirect or flood the
//! reader: no component is followed if it is a symlink, only a regular file is read, and a bounded amount of it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use ocidian_content::{Error, Result};
use rustix::fs::{Mode, OFlags};

/// A directory that is held open.
#[derive(Debug)]
pub(crate) struct Directory {
    handle: OwnedFd,
    path: PathBuf,
}

impl Directory {
    /// Opens the directory; the path itself may lead through symlinks, since a person wrote it.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(handle) => Ok(Self { handle, path: path.to_owned() }),
            Err(errno) => Err(io_error(path, "open", errno.into())),
        }
    }

    /// The path that it was opened by.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The handle.
    pub(crate) fn handle(&self) -> &OwnedFd {
        &self.handle
    }

    /// Opens the regular file at `components`, with its size; `None` where there is none.
    pub(crate) fn file(&self, components: &[&str]) -> Result<Option<(File, u64)>> {
        let Some((name, directories)) = components.split_last() else { return Ok(None) };
        let path = || directories.iter().fold(self.path.clone(), |path, part| path.join(part)).join(name);
        let Some(parent) = self.directory(directories)? else { return Ok(None) };
        let within = parent.as_ref().map_or(self.handle.as_fd(), AsFd::as_fd);
        // Non-blocking, so that a FIFO without a writer is opened, and then seen to be one.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(within, *name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(not_regular(&path(), "a symlink")),
            Err(rustix::io::Errno::NXIO) => return Err(not_regular(&path(), "a socket or a device")),
            Err(errno) => return Err(io_error(&path(), "open", errno.into())),
        };
        let metadata = file.metadata().map_err(|e| io_error(&path(), "stat", e))?;
        if !metadata.is_file() {
            return Err(not_regular(&path(), kind_of(metadata.file_type())));
        }
        Ok(Some((file, metadata.len())))
    }

    /// Opens a directory below; `None` for itself where `components` is empty, the outer one where it is absent.
    #[expect(clippy::option_option, reason = "absent and this very directory are different answers")]
    pub(crate) fn directory(&self, components: &[&str]) -> Result<Option<Option<OwnedFd>>> {
        let mut at: Option<OwnedFd> = None;
        let mut path = self.path.clone();
        for name in components {
            path.push(name);
            let within = at.as_ref().map_or(self.handle.as_fd(), AsFd::as_fd);
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match rustix::fs::openat(within, *name, flags, Mode::empty()) {
                Ok(handle) => at = Some(handle),
                Err(rustix::io::Errno::NOENT) => return Ok(None),
                Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => {
                    let reason = "it is not a directory (a symlink is not followed here)".to_owned();
                    return Err(store(&path, reason));
                }
                Err(errno) => return Err(io_error(&path, "open", errno.into())),
            }
        }
        Ok(Some(at))
    }

    /// Reads a whole file of at most `limit` bytes; `None` where there is none.
    pub(crate) fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>> {
        let Some((file, size)) = self.file(&[name])? else { return Ok(None) };
        let path = self.path.join(name);
        read_bounded(file, size, limit, || path.display().to_string()).map(Some)
    }
}

/// Reads at most `limit` bytes, and refuses more.
pub(crate) fn read_bounded(
    reader: impl Read,
    size: u64,
    limit: usize,
    name: impl Fn() -> String,
) -> Result<Vec<u8>> {
    let too_long = || Error::Store { store: name(), reason: format!("it is longer than {limit} bytes") };
    if usize::try_from(size).map_or(true, |size| size > limit) {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    reader
        .take(limit as u64 + 1) // it may be growing
        .read_to_end(&mut bytes)
        .map_err(|e| Error::from_io(|| format!("read {}", name()), e))?;
    if bytes.len() > limit { Err(too_long()) } else { Ok(bytes) }
}

/// An error about a store, or a file of it.
pub(crate) fn store(path: &Path, reason: impl Into<String>) -> Error {
    Error::Store { store: path.display().to_string(), reason: reason.into() }
}

/// What the operating system said about a path.
pub(crate) fn io_error(path: &Path, verb: &str, source: io::Error) -> Error {
    Error::Io { context: format!("{verb} {}", path.display()), source }
}

fn not_regular(path: &Path, what: &str) -> Error {
    store(path, format!("it is {what}, and only a regular file is read here"))
}

/// What a file that is not regular is.
pub(crate) fn kind_of(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}
