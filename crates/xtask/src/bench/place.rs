//! The file system that is unpacked onto.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use ocidian_testkit::run;
use tempfile::TempDir;

/// A directory to unpack below. What is mounted is mounted in a namespace of this process and so
/// goes when it goes, however it ends.
pub(crate) struct Place {
    directory: PathBuf,
    name: String,
    holders: Vec<TempDir>,
}

impl Place {
    /// The directory given, else an ext4 in a file, else a tmpfs.
    pub(crate) fn new(directory: Option<&Path>, ext4: bool) -> Result<Self> {
        if let Some(directory) = directory {
            let name = directory.display().to_string();
            return Ok(Self { directory: directory.canonicalize()?, name, holders: Vec::new() });
        }
        if !nix::unistd::geteuid().is_root() {
            bail!("only root can mount a tmpfs; name a directory with --dir");
        }
        let point = tempfile::tempdir()?;
        let directory = point.path().to_owned();
        unshare(CloneFlags::CLONE_NEWNS).context("a mount namespace")?;
        let none: Option<&str> = None;
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).context("private mounts")?;
        if !ext4 {
            mount(Some("tmpfs"), &directory, Some("tmpfs"), MsFlags::empty(), Some("size=75%,mode=0755"))
                .context("mounting a tmpfs")?;
            return Ok(Self { directory, name: "tmpfs".to_owned(), holders: vec![point] });
        }
        let holder = tempfile::tempdir_in(crate::tools::target())?;
        let file = holder.path().join("ext4");
        std::fs::File::create(&file)?.set_len(8 << 30)?;
        run::stdout(Command::new("mkfs.ext4").arg("-q").arg("-F").arg(&file))?;
        run::stdout(Command::new("mount").args(["-o", "loop"]).arg(&file).arg(&directory))?;
        Ok(Self { directory, name: "ext4 on a loop file".to_owned(), holders: vec![point, holder] })
    }

    /// What to call it in the report.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A path in it where nothing is, that stays as long as the place.
    pub(crate) fn keep(&mut self, name: &str) -> Result<PathBuf> {
        // In a directory of its own: one that was named on the command line is not ours to fill.
        let holder = tempfile::tempdir_in(&self.directory)?;
        let path = holder.path().join(name);
        self.holders.insert(0, holder);
        Ok(path)
    }

    /// Calls `run` with a path in it where nothing is, and removes what was made there.
    pub(crate) fn fresh<T>(&self, run: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let holder = self.directory.join("run");
        std::fs::create_dir(&holder).with_context(|| holder.display().to_string())?;
        let outcome = run(&holder.join("bundle"));
        // `rm` rather than the standard library: a container store has mounts and odd modes in it.
        run::stdout(Command::new("rm").args(["-rf", "--one-file-system"]).arg(&holder))?;
        outcome
    }
}
