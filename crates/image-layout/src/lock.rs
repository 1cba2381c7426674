//! The two lock files of a layout. They are never renamed, and removed only with the layout that they are in, by
//! whoever holds both, so that all who hold one lock hold the same inode; readers take no lock, since every file
//! that they see was renamed into place whole.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use ocidian_content::{Cancel, Error, Result};
use rustix::fs::{Mode, OFlags};

use crate::files::{Directory, io_error, store};

/// Held while `index.json` is read, changed and replaced.
pub(crate) const INDEX: &str = ".ocidian-index.lock";
/// Held by writers, shared, from their first look at a blob to its publication; exclusively by a collector.
pub(crate) const WRITERS: &str = ".ocidian-writers.lock";

/// How often who waits looks whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// A lock, released when dropped.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held for its lock")] File);

/// How a file is locked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    /// With others who do so too.
    Shared,
    /// By nobody else.
    Alone,
}

/// Waits for the only right to change `index.json`.
pub(crate) fn index(layout: &Directory, cancel: &Cancel) -> Result<Lock> {
    take(layout, INDEX, How::Alone, cancel)
}

/// Joins the writers.
pub(crate) fn writers(layout: &Directory, cancel: &Cancel) -> Result<Lock> {
    take(layout, WRITERS, How::Shared, cancel)
}

/// Waits until there are no writers, and keeps them away.
pub(crate) fn no_writers(layout: &Directory, cancel: &Cancel) -> Result<Lock> {
    take(layout, WRITERS, How::Alone, cancel)
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

fn take(layout: &Directory, name: &str, how: How, cancel: &Cancel) -> Result<Lock> {
    loop {
        let file = wait(open(layout, name)?, &layout.path().join(name), how, cancel)?;
        // Else the layout went while we waited; opening it again says so, unless it came back.
        if is_linked(layout, name, &file)? {
            return Ok(Lock(file));
        }
    }
}

/// Waits for the lock on the file at `path`, unless asked to stop. What is free is taken all the same, so that who was
/// asked to stop can clean up.
///
/// Nothing but a signal without `SA_RESTART` ends a wait for a lock. So a thread waits; where nobody waits for the thread
/// any longer, it lets go of the lock as soon as it has it.
pub(crate) fn wait(file: File, path: &Path, how: How, cancel: &Cancel) -> Result<File> {
    let failed = |e| io_error(path, "lock", e);
    let tried = match how {
        How::Shared => file.try_lock_shared(),
        How::Alone => file.try_lock(),
    };
    match tried {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(e)) => return Err(failed(e)),
    }
    let (done, locked) = mpsc::channel();
    let waiting = move || {
        let outcome = match how {
            How::Shared => file.lock_shared(),
            How::Alone => file.lock(),
        };
        let _ = done.send(outcome.map(|()| file));
    };
    thread::Builder::new().name("lock".to_owned()).spawn(waiting).map_err(failed)?;
    loop {
        match locked.recv_timeout(LOOK) {
            Ok(outcome) => return outcome.map_err(failed),
            Err(RecvTimeoutError::Timeout) if !cancel.is_cancelled() => {}
            Err(_) => return Err(Error::Cancelled),
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
