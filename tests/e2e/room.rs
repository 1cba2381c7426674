//! Somewhere to unpack to.

use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

/// A tmpfs in a mount namespace of this thread's and its children's own: fast, of a size of its own,
/// and whatever is mounted below goes with it. Needs root.
pub(crate) struct Room(tempfile::TempDir);

impl Room {
    /// One that is as large as memory allows.
    pub(crate) fn new() -> Self {
        Self::with("size=80%")
    }

    /// One with mount options of tmpfs.
    pub(crate) fn with(options: &str) -> Self {
        let nothing = None::<&str>;
        let holder = tempfile::tempdir().unwrap();
        unshare(CloneFlags::CLONE_NEWNS).unwrap();
        mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing).unwrap();
        mount(Some("tmpfs"), holder.path(), Some("tmpfs"), MsFlags::empty(), Some(options)).unwrap();
        Self(holder)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Else the directory that it is mounted on could not be removed.
        let _ = umount2(self.0.path(), MntFlags::MNT_DETACH);
    }
}
