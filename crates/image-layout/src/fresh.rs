//! Making a layout, and unmaking it where nothing came of it.
//!
//! A writer that finds no layout makes an empty one, which has its name once it is one, and stages in it, so that
//! others can write to the same one at the same time. If it ends without publishing, the layout goes again, unless
//! somebody has put something in or is about to: whoever joins looks, once it holds the writers' lock, whether the
//! layout is still there.

use std::path::Path;

use ocidian_content::{Cancel, Class, Result};
use rustix::fs::{AtFlags, CWD, RenameFlags, unlinkat};
use rustix::io::Errno;

use crate::documents::{self, INDEX_JSON, OCI_LAYOUT};
use crate::files::{Directory, io_error, store};
use crate::lock::{self, Lock};
use crate::publish::{self, publish};
use crate::target::parent;
use crate::{LayoutDir, dir};

/// How often a layout may go between being found and being joined.
const TRIES: usize = 32;

/// What was not there before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Made {
    directory: bool,
    layout: bool,
}

/// Makes an empty layout in a new or an empty directory, unless there is a layout.
pub(crate) fn create(path: &Path, cancel: &Cancel) -> Result<LayoutDir> {
    until_done(path, |made| make(path, made, cancel))
}

/// Joins the writers of the layout at `path`, which is made if it is not there.
pub(crate) fn join(path: &Path, cancel: &Cancel) -> Result<(LayoutDir, Lock, Made)> {
    let mut all = Made::default();
    let (layout, writing) = until_done(path, |made| {
        let joined = join_once(path, made, cancel);
        all = *made;
        joined
    })?;
    Ok((layout, writing, all))
}

fn join_once(path: &Path, made: &mut Made, cancel: &Cancel) -> Result<Option<(LayoutDir, Lock)>> {
    let Some(layout) = make(path, made, cancel)? else { return Ok(None) };
    let writing = lock::writers(layout.directory(), cancel)?;
    let there = layout.directory().file(&[OCI_LAYOUT])?.is_some();
    Ok(there.then_some((layout, writing)))
}

/// Tries again where the layout goes under our hands: `None`, or the error that nothing is there.
fn until_done<T>(path: &Path, mut attempt: impl FnMut(&mut Made) -> Result<Option<T>>) -> Result<T> {
    // A directory above is never removed, so without one nothing went: there was nothing.
    let above = path.parent().is_none_or(|parent| parent == Path::new("") || parent.is_dir());
    let mut made = Made::default();
    let mut last = None;
    for _ in 0..TRIES {
        match attempt(&mut made) {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => last = None,
            Err(error) if error.class() == Class::NotFound && above => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| store(path, "other writers keep making and removing it; try again")))
}

/// Makes it, or finds it made; `None` where it went meanwhile.
fn make(path: &Path, made: &mut Made, cancel: &Cancel) -> Result<Option<LayoutDir>> {
    if !path.exists() && make_beside(path)? {
        *made = Made { directory: true, layout: true };
    }
    let directory = Directory::open(path)?;
    if directory.file(&[OCI_LAYOUT])?.is_none() {
        dir::refuse_foreign(&directory)?;
        let _lock = lock::index(&directory, cancel)?;
        // Somebody else may have made it while we waited.
        if directory.file(&[OCI_LAYOUT])?.is_none() {
            made.layout = true;
            if let Err(error) = fill(&directory) {
                remove_empty(&directory, *made);
                return Err(error);
            }
        }
    }
    Ok(LayoutDir::of(directory)?.map(|layout| layout.with_cancel(cancel.clone())))
}

/// Makes a new directory a layout before it has its name; `false` where something else got the name first.
fn make_beside(path: &Path) -> Result<bool> {
    let place = parent(path);
    if !place.is_dir() {
        let missing = std::io::Error::from_raw_os_error(Errno::NOENT.raw_os_error());
        return Err(io_error(path, "create", missing));
    }
    let stage = publish::stage_in(place)?;
    let beside = stage.path().join("layout");
    std::fs::create_dir(&beside).map_err(|e| io_error(&beside, "create", e))?;
    fill(&Directory::open(&beside)?)?;
    match rustix::fs::renameat_with(CWD, &beside, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        // Some file systems know no conditions. There, the directory is made empty and filled in place.
        Err(Errno::INVAL | Errno::NOSYS) => match std::fs::create_dir(path) {
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(io_error(path, "create", e));
            }
            _ => return Ok(false),
        },
        Err(Errno::EXIST) => return Ok(false),
        Err(errno) => return Err(io_error(path, "create", errno.into())),
    }
    let place = Directory::open(place)?;
    publish::sync(place.handle(), &place, "")?;
    Ok(true)
}

/// Removes the layout again if it is empty and nobody is writing to it. What cannot be removed stays: it is an
/// empty layout, not a broken one.
pub(crate) fn unmake(layout: &LayoutDir, made: Made) {
    let directory = layout.directory();
    if made.directory && !made.layout {
        // Somebody else made a layout of it, which may be gone again.
        let _ = std::fs::remove_dir(directory.path());
    }
    if !made.layout {
        return;
    }
    let Ok(Some(_alone)) = lock::no_writers_now(directory) else { return };
    let Ok(_index) = lock::index(directory, layout.cancel()) else { return };
    let empty = layout.index().is_ok_and(|index| index.manifests.is_empty());
    if empty && only_ours(layout.path()) {
        remove_empty(directory, made);
    }
}

/// Whether nothing but the files of an empty layout is there.
fn only_ours(path: &Path) -> bool {
    let known = |name: &str| [OCI_LAYOUT, INDEX_JSON, "blobs", lock::INDEX, lock::WRITERS].contains(&name);
    std::fs::read_dir(path).is_ok_and(|mut entries| {
        entries.all(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(known)))
    })
}

/// Directories first, which go only if nobody has put a blob there; the lock that others wait for last.
fn remove_empty(directory: &Directory, made: Made) {
    let remove = |name: &str, flags| match unlinkat(directory.handle(), name, flags) {
        Ok(()) | Err(Errno::NOENT) => true,
        Err(_) => false,
    };
    if !remove("blobs/sha256", AtFlags::REMOVEDIR) || !remove("blobs", AtFlags::REMOVEDIR) {
        return;
    }
    for name in [OCI_LAYOUT, INDEX_JSON, lock::INDEX, lock::WRITERS] {
        remove(name, AtFlags::empty());
    }
    if made.directory {
        let _ = std::fs::remove_dir(directory.path());
    }
}

fn fill(directory: &Directory) -> Result<()> {
    publish::make_directory(directory, &["blobs", "sha256"])?;
    if directory.file(&[INDEX_JSON])?.is_none() {
        publish(directory, INDEX_JSON, documents::EMPTY_INDEX)?;
    }
    // Last: what has an oci-layout is a layout, all of it.
    publish(directory, OCI_LAYOUT, documents::LAYOUT)
}
