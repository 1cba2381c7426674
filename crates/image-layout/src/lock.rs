//! The two lock files of a layout. They are never renamed or removed, so that all who open one lock the same
//! inode; readers take no lock, since every file that they see was renamed into place whole.

use std::fs::File;

use ocidian_content::Result;
use rustix::fs::{Mode, OFlags};

use crate::files::{Directory, io_error, store};

/// Held while `index.json` is read, changed and replaced.
const INDEX: &str = ".ocidian-index.lock";
/// Held by writers, shared, from their first look at a blob to its publication; exclusively by a collector.
const WRITERS: &str = ".ocidian-writers.lock";

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

fn take(layout: &Directory, name: &str, lock: fn(&File) -> std::io::Result<()>) -> Result<Lock> {
    let path = layout.path().join(name);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o666); // the umask decides, as for every other file here
    let file = rustix::fs::openat(layout.handle(), name, flags, mode)
        .map(File::from)
        .map_err(|errno| io_error(&path, "open", errno.into()))?;
    if !file.metadata().map_err(|e| io_error(&path, "stat", e))?.is_file() {
        return Err(store(&path, "it is not a regular file, so it cannot be locked"));
    }
    lock(&file).map_err(|e| io_error(&path, "lock", e))?;
    Ok(Lock(file))
}
