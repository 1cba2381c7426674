//! What a caller may want otherwise than the image and the defaults have it.

use std::collections::BTreeSet;

use ocidian_spec::Annotations;
use ocidian_spec::runtime::{IdMapping, NamespaceKind};

use super::flags::{CapabilityFlag, Cpus, EnvFlag, HookFlag, MountFlag};

/// What a caller may want otherwise. The default changes nothing.
#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// What runs, instead of the image's Entrypoint and Cmd; no words are as none given.
    pub args: Option<Vec<String>>,
    /// Variables set or removed, in order.
    pub env: Vec<EnvFlag>,
    /// The working directory, instead of the image's.
    pub cwd: Option<String>,
    /// The user, instead of the image's: `USER[:GROUP]`, names or numbers.
    pub user: Option<String>,
    /// The host name.
    pub hostname: Option<String>,
    /// Whether the process gets a terminal.
    pub terminal: bool,
    /// Whether the root file system is read-only.
    pub readonly: bool,
    /// More mounts; one in the place of a default one, or of a volume, stands instead of it.
    pub mounts: Vec<MountFlag>,
    /// Whether the image's volumes are left out.
    pub no_volumes: bool,
    /// Capabilities given beyond the default ones.
    pub cap_add: Vec<CapabilityFlag>,
    /// Capabilities taken away.
    pub cap_drop: Vec<CapabilityFlag>,
    /// Whether setuid programs and file capabilities work in the container.
    pub new_privileges: bool,
    /// Programs for the runtime to run, in order.
    pub hooks: Vec<HookFlag>,
    /// Annotations; they win over those from the image.
    pub annotations: Annotations,
    /// Limit of memory, in bytes.
    pub memory: Option<u64>,
    /// Limit of processor time.
    pub cpus: Option<Cpus>,
    /// Whether files of /proc and /sys that tell of the host can be read.
    pub no_masked_paths: bool,
    /// Whether files of /proc that change the host can be written.
    pub no_readonly_paths: bool,
    /// Namespaces that the container shares with whoever starts it. The mount namespace is always
    /// its own, and the user namespace is as [`user_namespace`](Self::user_namespace) says.
    pub shared: BTreeSet<NamespaceKind>,
    /// The user namespace, if the container has one of its own.
    pub user_namespace: Option<UserNamespace>,
    /// Where the root file system is: absolute, or relative to the bundle.
    pub root_path: String,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self {
            args: None,
            env: Vec::new(),
            cwd: None,
            user: None,
            hostname: None,
            terminal: false,
            readonly: false,
            mounts: Vec::new(),
            no_volumes: false,
            cap_add: Vec::new(),
            cap_drop: Vec::new(),
            new_privileges: false,
            hooks: Vec::new(),
            annotations: Annotations::new(),
            memory: None,
            cpus: None,
            no_masked_paths: false,
            no_readonly_paths: false,
            shared: BTreeSet::new(),
            user_namespace: None,
            root_path: "rootfs".to_owned(),
        }
    }
}

impl RuntimeOptions {
    pub(super) fn shares(&self, kind: NamespaceKind) -> bool {
        kind != NamespaceKind::Mount && self.shared.contains(&kind)
    }
}

/// A user namespace: whom the container's ids stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserNamespace {
    /// Users.
    pub uid: Vec<IdMapping>,
    /// Groups.
    pub gid: Vec<IdMapping>,
    /// Whether an ordinary user starts it, who can do nothing outside of it.
    pub rootless: bool,
}

impl UserNamespace {
    /// What an ordinary user without ranges of his own can have: himself as root.
    pub fn of_one(uid: u32, gid: u32) -> Self {
        let one = |host_id| vec![IdMapping { container_id: 0, host_id, size: 1 }];
        Self { uid: one(uid), gid: one(gid), rootless: true }
    }

    pub(super) fn has_uid(&self, id: u32) -> bool {
        self.uid.iter().any(|mapping| mapping.contains(id))
    }

    pub(super) fn has_gid(&self, id: u32) -> bool {
        self.gid.iter().any(|mapping| mapping.contains(id))
    }
}
