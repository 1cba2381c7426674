//! Where an archive goes: a file, replaced as a whole or not at all, or standard output.
//!
//! A file is written beside its name, fsynced, and renamed over what is there. Two who add to one archive at once
//! take turns at that: whoever comes second finds another file under the name than the one that it opened, and
//! adds to that instead. The lock is on the file that is replaced, so that nothing is left beside it.

use std::fs::{File, Metadata};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ocidian_content::{Cancel, Error, Result};
use rustix::fs::{CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::files::{io_error, kind_of, store};
use crate::lock::{self, How};
use crate::publish::stage_in;

/// What stands for standard output.
const STDOUT: &str = "-";
/// How often the file may be replaced between being looked at and being locked.
const TRIES: usize = 32;

const BUFFER: usize = 256 << 10;

/// Where an archive goes.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    File(PathBuf),
    Stdout,
}

/// Which file a name led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    file: (u64, u64),
    size: u64,
    changed: (i64, i64),
}

/// The file that is there, locked against others who would replace it.
#[derive(Debug)]
pub(crate) struct Current {
    file: File,
    pub(crate) identity: Identity,
    pub(crate) empty: bool,
}

impl Target {
    /// Looks at what a person named.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        if path == Path::new(STDOUT) {
            if io::stdout().is_terminal() {
                let reason = "an archive is not written to a terminal; redirect it, or name a file";
                return Err(store(Path::new("standard output"), reason));
            }
            return Ok(Self::Stdout);
        }
        // What a symlink leads to is replaced, not the link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match path.metadata() {
            Ok(metadata) if metadata.is_file() => Ok(Self::File(path)),
            Ok(metadata) => {
                let what = kind_of(metadata.file_type());
                Err(store(
                    &path,
                    format!("it is {what}; name a file, or write to {STDOUT:?} and redirect that"),
                ))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Self::File(path)),
            Err(e) => Err(io_error(&path, "open", e)),
        }
    }

    /// As a person would name it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdout => "standard output".to_owned(),
        }
    }

    /// A directory to stage in: beside the file, so that a rename does not cross file systems.
    pub(crate) fn stage(&self) -> Result<TempDir> {
        match self {
            Self::File(path) => stage_in(parent(path)),
            Self::Stdout => stage_in(&std::env::temp_dir()),
        }
    }

    /// The file that is there now, locked, for which it waits unless asked to stop; `None` where there is none.
    pub(crate) fn current(&self, cancel: &Cancel) -> Result<Option<Current>> {
        let Self::File(path) = self else { return Ok(None) };
        for _ in 0..TRIES {
            let Some(found) = open(path)? else { return Ok(None) };
            let file = lock::wait(found.file, path, How::Alone, cancel)?;
            if open(path)?.is_some_and(|now| now.identity == found.identity) {
                return Ok(Some(Current { file, ..found }));
            }
        }
        Err(store(path, "other writers keep replacing it; try again"))
    }

    /// Writes the archive, by `write`, in place of what is there.
    pub(crate) fn replace(
        &self,
        stage: &Path,
        current: Option<&Current>,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let Self::File(path) = self else {
            let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
            write(&mut out)?;
            return out
                .flush()
                .map_err(|e| Error::Io { context: "write to standard output".to_owned(), source: e });
        };
        let staged = stage.join("archive");
        let file = File::create_new(&staged).map_err(|e| io_error(&staged, "create", e))?;
        let mut out = BufWriter::with_capacity(BUFFER, file);
        write(&mut out)?;
        let file = out.into_inner().map_err(|e| io_error(path, "write", e.into_error()))?;
        if let Some(current) = current {
            let permissions = current.file.metadata().map_err(|e| io_error(path, "stat", e))?.permissions();
            file.set_permissions(permissions).map_err(|e| io_error(&staged, "set the mode of", e))?;
        }
        file.sync_all().map_err(|e| io_error(path, "sync", e))?;
        rename(&staged, path, current.is_some())?;
        let directory = File::open(parent(path)).map_err(|e| io_error(parent(path), "open", e))?;
        directory.sync_all().map_err(|e| io_error(parent(path), "sync", e))
    }
}

/// Renames over what is there, or over nothing.
fn rename(from: &Path, to: &Path, over: bool) -> Result<()> {
    let over_nothing = || rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE);
    let done = if over { Err(Errno::INVAL) } else { over_nothing() };
    match done {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => {
            Err(store(to, "somebody else has made it meanwhile; run this again to add to what is there"))
        }
        // Some file systems know no conditions.
        Err(Errno::INVAL | Errno::NOSYS) => std::fs::rename(from, to).map_err(|e| io_error(to, "replace", e)),
        Err(errno) => Err(io_error(to, "replace", errno.into())),
    }
}

/// Opens the regular file at `path`; `None` where there is nothing.
fn open(path: &Path) -> Result<Option<Current>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(io_error(path, "open", errno.into())),
    };
    let metadata = file.metadata().map_err(|e| io_error(path, "stat", e))?;
    if !metadata.is_file() {
        return Err(store(path, format!("it is {}, not an archive", kind_of(metadata.file_type()))));
    }
    let identity = Identity::of(&metadata);
    Ok(Some(Current { file, identity, empty: metadata.len() == 0 }))
}

impl Identity {
    /// Whether it is that inode of that device.
    pub(crate) fn is(&self, device: u64, inode: u64) -> bool {
        self.file == (device, inode)
    }

    fn of(metadata: &Metadata) -> Self {
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        Self { file: (metadata.dev(), metadata.ino()), size: metadata.len(), changed }
    }
}

/// The directory that a path is in.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}
