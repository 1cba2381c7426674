//! Making files of a layout visible: written and fsynced out of sight, then renamed into place, the directory
//! fsynced, so that who looks sees the old file or the new one, whatever stops us.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use ocidian_content::Result;
use ocidian_spec::RawDocument;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::documents::blob_path;
use crate::files::{Directory, io_error, store};

/// What every file of ours in a layout begins with: locks, and leftovers of a killed writer.
pub(crate) const OWN_PREFIX: &str = ".ocidian-";
pub(crate) const STAGE: &str = ".ocidian-stage-";

/// Writes a document's blob, unless a file of its size is there. Atomic.
pub(crate) fn put_blob(layout: &Directory, document: &RawDocument) -> Result<()> {
    let digest = &document.descriptor().digest;
    if let Some((file, size)) = layout.blob(digest, &blob_path(digest))? {
        let bytes = document.bytes();
        let same = size == bytes.len() as u64
            && crate::files::read_bounded(file, size, bytes.len(), || digest.to_string())? == bytes;
        if same {
            return Ok(());
        }
    }
    let directory = blob_directory(layout, digest.algorithm().as_str())?;
    replace(layout, &directory, digest.encoded(), document.bytes(), || Ok(true))?;
    sync(&directory, layout, digest.algorithm().as_str())
}

/// Replaces a file of the layout's root: written beside it, fsynced, renamed over it, the directory fsynced.
pub(crate) fn publish(layout: &Directory, name: &str, bytes: &[u8]) -> Result<()> {
    publish_after(layout, name, bytes, || Ok(true)).map(drop)
}

/// As [`publish`], with something to be done when all is written, and before it shows. It shows only if that says so;
/// whether it does.
pub(crate) fn publish_after(
    layout: &Directory,
    name: &str,
    bytes: &[u8],
    first: impl FnOnce() -> Result<bool>,
) -> Result<bool> {
    let shown = replace(layout, layout.handle(), name, bytes, first)?;
    if shown {
        sync(layout.handle(), layout, name)?;
    }
    Ok(shown)
}

/// Makes a directory of the layout, and those above it, where they are not there. Each is made and opened below
/// the handle of the one before, so that a symlink among them leads nowhere.
pub(crate) fn make_directory(layout: &Directory, components: &[&str]) -> Result<OwnedFd> {
    let mut path = layout.path().to_owned();
    let mut made = None;
    for name in components {
        path.push(name);
        let within = made.as_ref().map_or(layout.handle().as_fd(), OwnedFd::as_fd);
        match rustix::fs::mkdirat(within, *name, Mode::from_raw_mode(0o777)) {
            Ok(()) => rustix::fs::fsync(within).map_err(|errno| io_error(&path, "sync", errno.into()))?,
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(io_error(&path, "create", errno.into())),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        made = match rustix::fs::openat(within, *name, flags, Mode::empty()) {
            Ok(handle) => Some(handle),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(store(&path, "it is not a directory (a symlink is not followed to write)"));
            }
            Err(errno) => return Err(io_error(&path, "open", errno.into())),
        };
    }
    made.ok_or_else(|| store(&path, "it is the layout itself"))
}

/// A directory of its own to write in, inside the layout, so that a rename never crosses file systems.
pub(crate) fn stage(layout: &Directory) -> Result<TempDir> {
    stage_in(layout.path())
}

/// As [`stage`], in any directory.
pub(crate) fn stage_in(directory: &Path) -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix(STAGE)
        .tempdir_in(directory)
        .map_err(|e| io_error(directory, "make a staging directory in", e))
}

fn replace(
    layout: &Directory,
    directory: &impl AsFd,
    name: &str,
    bytes: &[u8],
    first: impl FnOnce() -> Result<bool>,
) -> Result<bool> {
    let stage = stage(layout)?;
    let path = stage.path().join("file");
    let mut file = File::create_new(&path).map_err(|e| io_error(&path, "create", e))?;
    let keep_mode = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW);
    // A symlink is replaced too, but has no mode to keep.
    if let Some(stat) = keep_mode.ok().filter(|stat| FileType::from_raw_mode(stat.st_mode).is_file()) {
        let mode = Mode::from_raw_mode(stat.st_mode & 0o777);
        rustix::fs::fchmod(&file, mode).map_err(|errno| io_error(&path, "set the mode of", errno.into()))?;
    }
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| io_error(&layout.path().join(name), "write", e))?;
    if !first()? {
        return Ok(false);
    }
    rustix::fs::renameat(rustix::fs::CWD, &path, directory, name)
        .map_err(|errno| io_error(&layout.path().join(name), "replace", errno.into()))?;
    Ok(true)
}

/// The directory of an algorithm's blobs.
pub(crate) fn blob_directory(layout: &Directory, algorithm: &str) -> Result<OwnedFd> {
    make_directory(layout, &["blobs", algorithm])
}

/// Makes renames in the directory last.
pub(crate) fn sync(directory: &impl AsFd, layout: &Directory, name: &str) -> Result<()> {
    rustix::fs::fsync(directory).map_err(|errno| io_error(&layout.path().join(name), "sync", errno.into()))
}
