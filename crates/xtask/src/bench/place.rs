//! The file system that is worked on.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use nix::fcntl::posix_fallocate;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::statfs::{BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, TMPFS_MAGIC, XFS_SUPER_MAGIC, statfs};
use ocidian_testkit::run;
use tempfile::TempDir;

/// How directories made here begin.
const PREFIX: &str = "ocidian-bench-";

/// A directory to work below. What is mounted is mounted in a namespace of this process and so
/// goes when it goes, however it ends.
pub(crate) struct Place {
    directory: PathBuf,
    kind: &'static str,
    name: String,
    mounted: Option<TempDir>,
}

/// A path that was made in a [`Place`], removed with all below it when dropped.
pub(crate) struct Kept {
    _holder: TempDir,
    /// Where nothing was when it was given out.
    pub(crate) path: PathBuf,
}

/// Where skopeo and buildah note each blob that they saw, and wait for the disk each time.
const BLOB_CACHE: &str = "/var/lib/containers/cache";

impl Place {
    /// The directory given, else an ext4 in a file, else a tmpfs that has to hold `need` bytes.
    pub(crate) fn new(directory: Option<&Path>, ext4: bool, need: u64) -> Result<Self> {
        if let Some(directory) = directory {
            return Self::below(directory);
        }
        match (private_mounts(), ext4) {
            (Ok(()), false) => {
                enough_memory(need)?;
                Self::tmpfs()
            }
            (Ok(()), true) => Self::ext4(),
            (Err(error), true) => {
                Err(error.context("only root can mount an ext4; name a directory with --dir"))
            }
            (Err(error), false) => {
                let shared = Path::new("/dev/shm");
                eprintln!("no tmpfs of our own ({error:#}), so {} is used", shared.display());
                enough_memory(need)?;
                let place = Self::below(shared)?;
                ensure!(
                    place.kind == "tmpfs",
                    "{} is no tmpfs; name a directory with --dir",
                    shared.display()
                );
                Ok(place)
            }
        }
    }

    fn below(directory: &Path) -> Result<Self> {
        let directory = directory.canonicalize().with_context(|| directory.display().to_string())?;
        ensure!(directory.is_dir(), "{} is no directory", directory.display());
        let kind = kind(&directory)?;
        let name = format!("{} ({kind})", directory.display());
        Ok(Self { directory, kind, name, mounted: None })
    }

    fn tmpfs() -> Result<Self> {
        let point = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        mount(Some("tmpfs"), point.path(), Some("tmpfs"), MsFlags::empty(), Some("size=75%,mode=0755"))
            .context("mounting a tmpfs")?;
        Self::mounted("tmpfs", "tmpfs", point)
    }

    fn ext4() -> Result<Self> {
        let point = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let holder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(crate::tools::target())?;
        let file = holder.path().join("ext4");
        // Of blocks that are there already, and stay: whoever writes to one first would else pay for it below.
        posix_fallocate(std::fs::File::create(&file)?, 0, 8 << 30)
            .with_context(|| format!("8 GiB in {}", holder.path().display()))?;
        // All of it now: a kernel thread that fills in tables later would be measured with the rest.
        let now = "nodiscard,lazy_itable_init=0,lazy_journal_init=0";
        run::stdout(Command::new("mkfs.ext4").args(["-q", "-F", "-O", "has_journal", "-E", now]).arg(&file))?;
        let options = "data=ordered,relatime";
        run::stdout(
            Command::new("mount").args(["-o", &format!("loop,{options}")]).arg(&file).arg(point.path()),
        )?;
        // The name goes now; the loop device holds the file, and the mount the device.
        let name =
            format!("ext4 with its journal ({options}), on a loop file of 8 GiB on {}", kind(holder.path())?);
        Self::mounted("ext4", &name, point)
    }

    fn mounted(kind: &'static str, name: &str, point: TempDir) -> Result<Self> {
        let place =
            Self { directory: point.path().to_owned(), kind, name: name.to_owned(), mounted: Some(point) };
        // What is measured here is this file system, for everybody, and nobody else sees it.
        if Path::new(BLOB_CACHE).is_dir() {
            let own = place.directory.join("blob-cache");
            std::fs::create_dir(&own)?;
            let none: Option<&str> = None;
            mount(Some(&own), BLOB_CACHE, none, MsFlags::MS_BIND, none).context(BLOB_CACHE)?;
        }
        Ok(place)
    }

    /// What to call it in the report.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The file system's type.
    pub(crate) fn kind(&self) -> &str {
        self.kind
    }

    /// Bytes that fit on it now.
    pub(crate) fn room(&self) -> Result<u64> {
        let stat = statfs(&self.directory)?;
        let room = stat.blocks_available() * u64::try_from(stat.block_size()).unwrap_or(4096);
        Ok(if self.kind == "tmpfs" { room.min(memory_available()) } else { room })
    }

    /// A path in it where nothing is.
    pub(crate) fn keep(&self, name: &str) -> Result<Kept> {
        let holder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&self.directory)?;
        let path = holder.path().join(name);
        Ok(Kept { _holder: holder, path })
    }

    /// Calls `run` with a path in it where nothing is, and removes what was made there.
    pub(crate) fn fresh<T>(&self, run: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let kept = self.keep("bundle")?;
        let outcome = run(&kept.path);
        // `rm` rather than the standard library: a container store has mounts and odd modes in it.
        let holder = kept.path.parent().context("a parent")?;
        let removed = run::stdout(Command::new("rm").args(["-rf", "--one-file-system"]).arg(holder));
        // Why a run failed says more than what it left.
        let outcome = outcome?;
        removed?;
        Ok(outcome)
    }

    /// Lets what was written reach the disk, so that the next program does not pay for it.
    pub(crate) fn settle(&self) -> Result<()> {
        if self.kind != "tmpfs" {
            nix::unistd::syncfs(std::fs::File::open(&self.directory)?)?;
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(point) = &self.mounted {
            // Lazily: nothing of ours is open in it any more, and a straggler of a rival must not keep it.
            let _ = nix::mount::umount2(point.path(), nix::mount::MntFlags::MNT_DETACH);
        }
    }
}

/// From here on, mounts are this process's own.
fn private_mounts() -> Result<()> {
    if !nix::unistd::geteuid().is_root() {
        bail!("not root");
    }
    unshare(CloneFlags::CLONE_NEWNS).context("a mount namespace")?;
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).context("private mounts")
}

fn enough_memory(need: u64) -> Result<()> {
    let here = memory_available();
    ensure!(
        here >= need,
        "about {:.0} GB of memory are needed for a tmpfs, {:.1} are available; name a directory with --dir, or \
         choose smaller images with --image",
        need as f64 / 1e9,
        here as f64 / 1e9
    );
    Ok(())
}

fn memory_available() -> u64 {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    super::machine::meminfo(&meminfo, "MemAvailable:").unwrap_or(u64::MAX)
}

fn kind(path: &Path) -> Result<&'static str> {
    let kind = statfs(path)?.filesystem_type();
    let known = [
        (TMPFS_MAGIC, "tmpfs"),
        (EXT4_SUPER_MAGIC, "ext4"),
        (XFS_SUPER_MAGIC, "xfs"),
        (BTRFS_SUPER_MAGIC, "btrfs"),
    ];
    Ok(known.iter().find(|(magic, _)| *magic == kind).map_or("another file system", |(_, name)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_none_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        for path in [file, directory.path().join("nothing")] {
            let error = Place::new(Some(&path), false, 0).map(drop).unwrap_err();
            assert!(format!("{error:#}").contains(path.to_str().unwrap()), "{error:#}");
        }
    }

    #[test]
    fn nothing_stays_of_what_was_kept() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::new(Some(directory.path()), false, 0).unwrap();
        let kept = place.keep("kept").unwrap();
        std::fs::create_dir_all(kept.path.join("below")).unwrap();
        drop(kept);
        let failed: Result<()> = place.fresh(|path| {
            std::fs::write(path, "")?;
            bail!("why")
        });
        assert_eq!(failed.unwrap_err().to_string(), "why");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
