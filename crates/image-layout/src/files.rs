//! Files below a directory handle, opened so that nothing in the directory can block or flood the reader: only a
//! regular file is read, be it behind a symlink, and a bounded amount of it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use ocidian_content::{Error, Result};
use ocidian_spec::Digest;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

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

    /// Opens the regular file at `components`, with its size; `None` where there is none. Symlinks are
    /// followed: Bazel and Nix make layouts of them, and what is read is verified wherever it came from.
    pub(crate) fn file(&self, components: &[&str]) -> Result<Option<(File, u64)>> {
        let below = components.join("/");
        let path = || self.path.join(&below);
        // Looked at first, because opening some devices does something.
        let kind = match rustix::fs::statat(&self.handle, &*below, AtFlags::empty()) {
            Ok(stat) => FileType::from_raw_mode(stat.st_mode),
            Err(Errno::NOENT) => return self.absent(&below),
            Err(Errno::LOOP) => return Err(not_regular(&path(), "a symlink that leads to itself")),
            Err(errno) => return Err(io_error(&path(), "open", errno.into())),
        };
        if kind != FileType::RegularFile {
            return Err(not_regular(&path(), name_of(kind)));
        }
        // Non-blocking, so that a FIFO that has taken the file's place meanwhile is seen to be one.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.handle, &*below, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(io_error(&path(), "open", errno.into())),
        };
        let metadata = file.metadata().map_err(|e| io_error(&path(), "stat", e))?;
        if !metadata.is_file() {
            return Err(not_regular(&path(), kind_of(metadata.file_type())));
        }
        Ok(Some((file, metadata.len())))
    }

    /// Opens a blob's file as [`file`](Self::file) does; errors name the blob.
    pub(crate) fn blob(&self, digest: &Digest, components: &[&str]) -> Result<Option<(File, u64)>> {
        self.file(components).map_err(|error| match error {
            Error::Store { store, reason } => {
                Error::Store { store: format!("blob {digest}"), reason: format!("{store}: {reason}") }
            }
            other => other,
        })
    }

    /// Nothing is there, or a symlink that should lead somewhere.
    fn absent<T>(&self, below: &str) -> Result<Option<T>> {
        match rustix::fs::statat(&self.handle, below, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
                Err(not_regular(&self.path.join(below), "a symlink to nothing"))
            }
            _ => Ok(None),
        }
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
        name_of(FileType::Directory)
    } else if kind.is_fifo() {
        name_of(FileType::Fifo)
    } else if kind.is_socket() {
        name_of(FileType::Socket)
    } else {
        name_of(FileType::CharacterDevice)
    }
}

pub(crate) fn name_of(kind: FileType) -> &'static str {
    match kind {
        FileType::Directory => "a directory",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        _ => "a device",
    }
}
