//! What a collector needs of a layout directory. Only what lies where a blob lies, under a name that is a digest, is
//! a blob: anything else in there belongs to somebody else and is neither listed nor removed.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, SystemTime};

use ocidian_content::store::Leftover;
use ocidian_content::{BlobAdmin, Error, Result, Stored};
use ocidian_spec::Digest;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::LayoutDir;
use crate::files::{Directory, io_error, store};
use crate::lock;
use crate::publish::STAGE;

/// Most blobs that are listed, for the memory that it takes.
const MOST: usize = 10_000_000;
/// Most entries of a leftover that are looked at for its size.
const MOST_LEFT: usize = 1_000_000;

impl BlobAdmin for LayoutDir {
    fn exclude_writers(&self) -> Result<Box<dyn Send>> {
        Ok(Box::new(lock::no_writers(self.directory(), self.cancel())?))
    }

    fn blobs(&self) -> Result<Vec<Stored>> {
        let layout = self.directory();
        let Some(blobs) = open(layout, layout.handle(), "blobs", OFlags::empty())? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for algorithm in names(layout, &blobs)? {
            // Through symlinks, as blobs are read.
            let Ok(Some(directory)) = open(layout, &blobs, &algorithm, OFlags::empty()) else { continue };
            for encoded in names(layout, &directory)? {
                let Ok(digest) = format!("{algorithm}:{encoded}").parse::<Digest>() else { continue };
                // One that is gone by now was removed by somebody else.
                let Ok(stat) = rustix::fs::statat(&directory, &*encoded, AtFlags::empty()) else { continue };
                if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                    continue;
                }
                if found.len() == MOST {
                    return Err(Error::Limit { what: "blobs", limit: MOST as u64 });
                }
                found.push(Stored {
                    digest,
                    size: u64::try_from(stat.st_size).unwrap_or(0),
                    modified: modified(&stat),
                });
            }
        }
        found.sort_by(|a, b| a.digest.cmp(&b.digest));
        Ok(found)
    }

    fn remove_blob(&self, digest: &Digest) -> Result<()> {
        let layout = self.directory();
        let path = layout.path().join("blobs").join(digest.algorithm().as_str()).join(digest.encoded());
        // A directory of blobs that is a symlink is shared with others: nothing is removed through it.
        let nofollow = OFlags::NOFOLLOW;
        let Some(blobs) = open(layout, layout.handle(), "blobs", nofollow)? else { return Ok(()) };
        let Some(directory) = open(layout, &blobs, digest.algorithm().as_str(), nofollow)? else {
            return Ok(());
        };
        match rustix::fs::unlinkat(&directory, digest.encoded(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(io_error(&path, "remove", errno.into())),
        }
    }

    fn leftovers(&self) -> Result<Vec<Leftover>> {
        let layout = self.directory();
        let mut found: Vec<Leftover> = Vec::new();
        for name in names(layout, layout.handle())?.into_iter().filter(|name| name.starts_with(STAGE)) {
            let stat = rustix::fs::statat(layout.handle(), &*name, AtFlags::SYMLINK_NOFOLLOW);
            if stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory) {
                let size = size_of(&layout.path().join(&name));
                found.push(Leftover { name, size });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn remove_leftover(&self, leftover: &Leftover) -> Result<()> {
        let layout = self.directory();
        if !leftover.name.starts_with(STAGE) || leftover.name.contains('/') {
            return Err(store(layout.path(), format!("{:?} is no writer's leftover", leftover.name)));
        }
        // Who edits index.json alone stages it without the lock of writers.
        let _index = lock::index(layout, self.cancel())?;
        let path = layout.path().join(&leftover.name);
        match std::fs::remove_dir_all(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io_error(&path, "remove", e)),
            _ => Ok(()),
        }
    }
}

/// The names in a directory that are text; others cannot be a digest's or ours.
fn names(layout: &Directory, directory: &impl AsFd) -> Result<Vec<String>> {
    let failed = |errno: Errno| io_error(layout.path(), "list the blobs of", errno.into());
    let mut names = Vec::new();
    for entry in Dir::read_from(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if let Ok(name) = entry.file_name().to_str()
            && !name.starts_with("..")
            && name != "."
        {
            names.push(name.to_owned());
        }
        if names.len() > MOST {
            return Err(Error::Limit { what: "blobs", limit: MOST as u64 });
        }
    }
    Ok(names)
}

/// Opens a directory below another; `None` where there is none of that name.
fn open(layout: &Directory, within: &impl AsFd, name: &str, how: OFlags) -> Result<Option<OwnedFd>> {
    let path = || layout.path().join("blobs").join(if name == "blobs" { "" } else { name });
    match rustix::fs::openat(
        within,
        name,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | how,
        Mode::empty(),
    ) {
        Ok(handle) => Ok(Some(handle)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::LOOP | Errno::NOTDIR) => {
            Err(store(&path(), "it is not a directory (a symlink is not followed to write)"))
        }
        Err(errno) => Err(io_error(&path(), "open", errno.into())),
    }
}

fn modified(stat: &Stat) -> Option<SystemTime> {
    let seconds = u64::try_from(stat.st_mtime).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// What the files of a staging directory take; those have no directories in them but those of a flat directory.
fn size_of(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let sizes = entries.take(MOST_LEFT).flatten().filter_map(|entry| entry.metadata().ok());
    sizes.filter(|metadata| metadata.is_file()).map(|metadata| metadata.len()).sum()
}
