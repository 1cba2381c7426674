//! Who we are to the kernel, and a file-creation context of our own.

use rustix::process::{getegid, geteuid};

/// The identity that files are made with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    initial: bool,
    ids: u64,
}

impl Identity {
    /// The caller's.
    pub(crate) fn of_caller() -> Self {
        let ids = mapped_ids();
        Self { uid: geteuid().as_raw(), gid: getegid().as_raw(), initial: ids == u64::from(u32::MAX), ids }
    }

    /// Root, of whatever user namespace.
    pub(crate) fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// Root of the machine: the one who may make devices.
    pub(crate) fn is_initial_root(&self) -> bool {
        self.is_root() && self.initial
    }

    /// Whether owners cannot be given: an ordinary user, or root of a namespace that maps hardly anyone.
    pub(crate) fn is_ordinary(&self) -> bool {
        !self.is_root() || self.ids < 65_536
    }
}

/// Whether the calling process must unpack rootless: it is an ordinary user's, or root's in a user
/// namespace that maps fewer ids than an image may use.
pub fn must_be_rootless() -> bool {
    Identity::of_caller().is_ordinary()
}

/// How many user ids there are in this user namespace.
fn mapped_ids() -> u64 {
    let Ok(map) = crate::host::read_small("/proc/self/uid_map") else { return u64::from(u32::MAX) };
    let size = |line: &str| line.split_whitespace().nth(2)?.parse::<u64>().ok();
    map.lines().filter_map(size).sum()
}

/// Gives the calling thread, and those that it starts from now on, a umask of their own, zero; `false` where the kernel refuses that, and every
/// mode must be set after creation. The caller's umask is never touched.
pub(crate) fn own_umask() -> bool {
    if nix::sched::unshare(nix::sched::CloneFlags::CLONE_FS).is_err() {
        return false;
    }
    nix::sys::stat::umask(nix::sys::stat::Mode::empty());
    true
}
