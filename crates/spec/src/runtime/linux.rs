//! What only Linux has: namespaces, id mappings, limits. runtime-spec `config-linux.md`.

use serde::{Deserialize, Serialize};

use crate::json::{Members, object};

object! {
    /// The Linux part of a document. `config-linux.md`.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Linux: "the Linux part" {
        /// Users of the user namespace: "User namespace mappings".
        pub uid_mappings: Option<Vec<LinuxIdMapping>> => optional "uidMappings",
        /// Groups of the user namespace: "User namespace mappings".
        pub gid_mappings: Option<Vec<LinuxIdMapping>> => optional "gidMappings",
        /// The namespaces that the container has of its own, or joins: "Namespaces".
        pub namespaces: Option<Vec<Namespace>> => optional "namespaces",
        /// Devices to make: "Devices".
        pub devices: Option<Vec<Device>> => optional "devices",
        /// The container's place in the cgroup hierarchy: "Cgroups Path".
        pub cgroups_path: Option<String> => optional "cgroupsPath",
        /// Limits by cgroups: "Control groups".
        pub resources: Option<Resources> => optional "resources",
        /// System call filters, as they were found: "Seccomp".
        pub seccomp: Option<Members> => optional "seccomp",
        /// `private`, `shared`, `slave`, `unbindable`: "Rootfs Mount Propagation".
        pub rootfs_propagation: Option<String> => optional "rootfsPropagation",
        /// Paths that cannot be read in the container: "Masked Paths".
        pub masked_paths: Option<Vec<String>> => optional "maskedPaths",
        /// Paths that cannot be written: "Readonly Paths".
        pub readonly_paths: Option<Vec<String>> => optional "readonlyPaths",
    }
}

/// A range of ids of the container and those that stand for them on the host: what a caller asks
/// for, where [`LinuxIdMapping`] is what a document has. "User namespace mappings".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdMapping {
    /// The first id in the container.
    pub container_id: u32,
    /// The first id on the host.
    pub host_id: u32,
    /// How many.
    pub size: u32,
}

impl IdMapping {
    /// Whether the container's `id` is in the range.
    pub fn contains(&self, id: u32) -> bool {
        id.checked_sub(self.container_id).is_some_and(|offset| offset < self.size)
    }
}

object! {
    /// An [`IdMapping`] in a document. "User namespace mappings".
    #[derive(Debug, Clone, PartialEq)]
    pub struct LinuxIdMapping: "an id mapping" {
        /// The first id in the container.
        pub container_id: u32 => required "containerID",
        /// The first id on the host.
        pub host_id: u32 => required "hostID",
        /// How many.
        pub size: u32 => required "size",
    }
}

impl From<IdMapping> for LinuxIdMapping {
    fn from(IdMapping { container_id, host_id, size }: IdMapping) -> Self {
        Self { container_id, host_id, size, other: Members::default() }
    }
}

object! {
    /// A namespace. "Namespaces".
    #[derive(Debug, Clone, PartialEq)]
    pub struct Namespace: "a namespace" {
        /// Of which kind.
        pub kind: NamespaceKind => required "type",
        /// One to join; a new one where this is absent.
        pub path: Option<String> => optional "path",
    }
}

/// The kinds of namespaces. "Namespaces".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the kinds are those of namespaces(7), under their own names")]
pub enum NamespaceKind {
    Pid,
    Network,
    Mount,
    Ipc,
    Uts,
    User,
    Cgroup,
    Time,
}

object! {
    /// A device to make in the container. "Devices".
    #[derive(Debug, Clone, PartialEq)]
    pub struct Device: "a device" {
        /// `c`, `b`, `u` or `p`.
        pub kind: String => required "type",
        /// Where, inside the container.
        pub path: String => required "path",
        /// Major number.
        pub major: Option<i64> => optional "major",
        /// Minor number.
        pub minor: Option<i64> => optional "minor",
        /// Permission bits.
        pub file_mode: Option<u32> => optional "fileMode",
        /// Owner, in the container's ids.
        pub uid: Option<u32> => optional "uid",
        /// Group, in the container's ids.
        pub gid: Option<u32> => optional "gid",
    }
}

object! {
    /// Limits by cgroups. "Control groups".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Resources: "resources" {
        /// Which devices may be used; later rules win: "Allowed Device list".
        pub devices: Option<Vec<DeviceRule>> => optional "devices",
        /// Of memory: "Memory".
        pub memory: Option<Memory> => optional "memory",
        /// Of processor time: "CPU".
        pub cpu: Option<Cpu> => optional "cpu",
        /// Of the number of processes: "PIDs".
        pub pids: Option<Pids> => optional "pids",
    }
}

object! {
    /// Whether devices may be used. "Allowed Device list".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct DeviceRule: "a rule for devices" {
        /// Whether they may.
        pub allow: bool => required "allow",
        /// `a`, `c` or `b`; all where this is absent.
        pub kind: Option<String> => optional "type",
        /// Major number; all where this is absent.
        pub major: Option<i64> => optional "major",
        /// Minor number; all where this is absent.
        pub minor: Option<i64> => optional "minor",
        /// Any of `r`, `w` and `m`.
        pub access: Option<String> => optional "access",
    }
}

object! {
    /// Limits of memory. "Memory".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Memory: "limits of memory" {
        /// Bytes; -1 for no limit.
        pub limit: Option<i64> => optional "limit",
    }
}

object! {
    /// Limits of processor time. "CPU".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Cpu: "limits of processor time" {
        /// Microseconds of processor time in a period.
        pub quota: Option<i64> => optional "quota",
        /// Microseconds.
        pub period: Option<u64> => optional "period",
        /// A share, relative to other containers.
        pub shares: Option<u64> => optional "shares",
        /// The processors that may be used: `0-3,7`.
        pub cpus: Option<String> => optional "cpus",
    }
}

object! {
    /// Limits of the number of processes. "PIDs".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Pids: "limits of processes" {
        /// How many; 0 or less for no limit.
        pub limit: i64 => required "limit",
    }
}
