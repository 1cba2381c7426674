//! The two lock files of a layout. They are never renamed, and removed only with the layout that they are in, by
//! whoever holds both, so that all who hold one lock hold the same inode; readers take no lock, since every file
//! that they see was renamed into place whole.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;

use ocidian_content::Result;
use rustix::fs::{Mode, OFlags};

use crate::files::{Directory, io_error, store};

/// Held while `index.json` is read, changed and replaced.
pub(crate) const INDEX: &str = ".ocidian-index.lock";
/// Held by writers, shared, from their first look at a blob to its publication; exclusively by a collector.
pub(crate) const WRITERS: &str = ".ocidian-writers.lock";

/// A lock, released when dropped.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held for its lock")] File);

/// Waits for the only right to change `index.json`.
pub(crate) fn index(layout: &Directory) -> Result<Lock> {
    take(layout, INDEX, File::lock)
}

/// Joins the writers.
pub(crate) fn writers(layout: &Directory) -> Result<Lock> {
    take(layout, WRITERS, File::lock_shared)
}

/// Waits until there are no writers, and keeps them away.
pub(crate) fn no_writers(layout: &Directory) -> Result<Lock> {
    take(layout, WRITERS, File::lock)
}

/// As [`no_writers`], but `None` where there are any.
pub(crate) fn no_writers_now(layout: &Directory) -> Result<Option<Lock>> {
    let file = open(layout, WRITERS)?;
    match file.try_lock() {
        Ok(()) => Ok(is_linked(layout, WRITERS, &file)?.then_some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(io_error(&layout.path().join(WRITERS), "lock", e)),
    }
}

fn take(layout: &Directory, name: &str, lock: fn(&File) -> std::io::Result<()>) -> Result<Lock> {
    loop {
        let file = open(layout, name)?;
        lock(&file).map_err(|e| io_error(&layout.path().join(name), "lock", e))?;
        // Else the layout went while we waited; opening it again says so, unless it came back.
        if is_linked(layout, name, &file)? {
            return Ok(Lock(file));
        }
    }
}

fn is_linked(layout: &Directory, name: &str, file: &File) -> Result<bool> {
    let metadata = file.metadata().map_err(|e| io_error(&layout.path().join(name), "stat", e))?;
    Ok(metadata.nlink() > 0)
}

fn open(layout: &Directory, name: &str) -> Result<File> {
    let path = layout.path().join(name);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o666); // the umask decides, as for every other file here
    let file = rustix::fs::openat(layout.handle(), name, flags, mode)
        .map(File::from)
        .map_err(|errno| io_error(&path, "open", errno.into()))?;
    if !file.metadata().map_err(|e| io_error(&path, "stat", e))?.is_file() {
        return Err(store(&path, "it is not a regular file, so it cannot be locked"));
    }
    Ok(file)
}
