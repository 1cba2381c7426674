//! Where a case runs, and what must not change there.
//!
//! ```text
//! SANDBOX/layouts/ID/     the image layout, not to be written
//! SANDBOX/work/bundle     the target
//! SANDBOX/work/outside/   the sentinel, and the tool's working directory
//! SANDBOX/stderr          what the tool said
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::OFlags;

use crate::layout::Layout;
use crate::runner::compare::xattrs;

/// The sentinel that layers try to reach by an absolute name. A link to it resolves inside the
/// image's root, so nothing here may ever change.
pub const ABSOLUTE_OUTSIDE: &str = "/tmp/ocidian-conformance-outside";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// One case's directory, removed when dropped.
pub(super) struct Sandbox(PathBuf);

impl Sandbox {
    pub(super) fn create(dir: &Path, id: &str, layout: &Layout) -> io::Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let sandbox = Self(dir.join(format!("ocidian-conformance-{}-{number}", std::process::id())));
        fs::create_dir(&sandbox.0)?;
        fs::create_dir(sandbox.0.join("layouts"))?;
        fs::create_dir(sandbox.0.join("work"))?;
        layout.write(&sandbox.layout(id))?;
        plant_sentinels(&sandbox.outside())?;
        Ok(sandbox)
    }

    pub(super) fn layout(&self, id: &str) -> PathBuf {
        self.0.join("layouts").join(id)
    }

    pub(super) fn bundle(&self) -> PathBuf {
        self.0.join("work/bundle")
    }

    pub(super) fn outside(&self) -> PathBuf {
        self.0.join("work/outside")
    }

    pub(super) fn stderr(&self) -> PathBuf {
        self.0.join("stderr")
    }

    /// All that must not change: everything but the target.
    pub(super) fn snapshot(&self) -> io::Result<Snapshot> {
        let mut snapshot = Snapshot::new();
        take(&self.0.join("layouts"), &mut snapshot, None)?;
        take(&self.0.join("work"), &mut snapshot, Some(&self.bundle()))?;
        Ok(snapshot)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = remove(&self.0);
    }
}

/// The sentinel of [`ABSOLUTE_OUTSIDE`], held by one runner at a time.
pub(super) struct AbsoluteOutside {
    /// Locked as long as it is open. Never removed: who waits for it has it open.
    _lock: File,
}

impl AbsoluteOutside {
    pub(super) fn create(stop: &AtomicBool) -> io::Result<Self> {
        let path = format!("{ABSOLUTE_OUTSIDE}.lock");
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        // Another user's may be there: it can be locked, though not written.
        let lock = match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                options.write(true).create(true).truncate(false).open(&path)?
            }
            other => other?,
        };
        while let Err(error) = lock.try_lock() {
            match error {
                TryLockError::Error(error) => return Err(error),
                TryLockError::WouldBlock if stop.load(Ordering::Relaxed) => {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                TryLockError::WouldBlock => sleep(Duration::from_millis(20)),
            }
        }
        let outside = Self { _lock: lock };
        outside.restore()?;
        Ok(outside)
    }

    /// Makes it anew, whatever a tool did to it.
    pub(super) fn restore(&self) -> io::Result<()> {
        remove(Path::new(ABSOLUTE_OUTSIDE))
            .map_err(|error| io::Error::new(error.kind(), format!("{ABSOLUTE_OUTSIDE}: {error}")))?;
        plant_sentinels(Path::new(ABSOLUTE_OUTSIDE))
    }

    pub(super) fn snapshot(&self) -> io::Result<Snapshot> {
        let mut snapshot = Snapshot::new();
        take(Path::new(ABSOLUTE_OUTSIDE), &mut snapshot, None)?;
        Ok(snapshot)
    }
}

impl Drop for AbsoluteOutside {
    fn drop(&mut self) {
        let _ = remove(Path::new(ABSOLUTE_OUTSIDE));
    }
}

/// Removes a tree, by path: `remove_dir_all` keeps a handle a level, and runs out of them in a deep
/// one. Directories that their owner may not read are opened up first.
fn remove(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {
            if metadata.mode() & 0o700 != 0o700 {
                fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
            }
            for child in fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()? {
                remove(&child.path())?;
            }
            fs::remove_dir(path)
        }
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn plant_sentinels(dir: &Path) -> io::Result<()> {
    fs::create_dir(dir)?;
    fs::write(dir.join("sentinel"), "untouched\n")?;
    fs::set_permissions(dir.join("sentinel"), fs::Permissions::from_mode(0o640))?;
    fs::create_dir(dir.join("directory"))?;
    fs::write(dir.join("directory/sentinel"), "untouched\n")?;
    symlink("sentinel", dir.join("link"))
}

/// What is where: by path, everything that a tool could have changed.
pub(super) type Snapshot = BTreeMap<PathBuf, Fact>;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// Type, mode, owner, group, size, links and device number.
    numbers: [u64; 6],
    /// Modification and change time; zero for directories in which the target comes and goes.
    times: [i64; 4],
    content: Vec<u8>,
    xattrs: Vec<(String, Vec<u8>)>,
}

/// Takes down `path` and all below it, except `target`.
fn take(path: &Path, snapshot: &mut Snapshot, target: Option<&Path>) -> io::Result<()> {
    if target == Some(path) {
        return Ok(());
    }
    let Ok(metadata) = path.symlink_metadata() else { return Ok(()) };
    let holds_target = target.and_then(Path::parent) == Some(path);
    let directory = metadata.is_dir();
    let content = if metadata.is_symlink() {
        fs::read_link(path)?.into_os_string().into_encoded_bytes()
    } else if metadata.is_file() {
        fs::read(path)?
    } else {
        Vec::new()
    };
    let counted = |value: u64| if directory { 0 } else { value };
    snapshot.insert(
        path.to_owned(),
        Fact {
            numbers: [
                metadata.mode().into(),
                metadata.uid().into(),
                metadata.gid().into(),
                counted(metadata.size()),
                counted(metadata.nlink()),
                metadata.rdev(),
            ],
            times: if holds_target {
                [0; 4]
            } else {
                [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()]
            },
            content,
            xattrs: xattrs(path)?,
        },
    );
    if directory {
        for entry in fs::read_dir(path)? {
            take(&entry?.path(), snapshot, target)?;
        }
    }
    Ok(())
}

/// What changed outside of the target, in words.
pub(super) fn differences(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let gone_or_changed = before.iter().filter_map(|(path, fact)| match after.get(path) {
        None => Some(format!("outside the target: {} was removed", path.display())),
        Some(now) if now != fact => Some(format!("outside the target: {} was changed", path.display())),
        Some(_) => None,
    });
    let new = after
        .keys()
        .filter(|path| !before.contains_key(*path))
        .map(|path| format!("outside the target: {} was made", path.display()));
    gone_or_changed.chain(new).collect()
}
