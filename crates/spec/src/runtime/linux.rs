//! What only Linux has: namespaces, id mappings, limits. runtime-spec `config-linux.md`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json::Members;

/// The Linux part of a document. `config-linux.md`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Linux {
    /// Users of the user namespace: "User namespace mappings".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid_mappings: Option<Vec<IdMapping>>,
    /// Groups of the user namespace: "User namespace mappings".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid_mappings: Option<Vec<IdMapping>>,
    /// The namespaces that the container has of its own, or joins: "Namespaces".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Vec<Namespace>>,
    /// Devices to make: "Devices".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<Device>>,
    /// The container's place in the cgroup hierarchy: "Cgroups Path".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroups_path: Option<String>,
    /// Limits by cgroups: "Control groups".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// System call filters, as they were found: "Seccomp".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp: Option<Box<RawValue>>,
    /// `private`, `shared`, `slave`, `unbindable`: "Rootfs Mount Propagation".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rootfs_propagation: Option<String>,
    /// Paths that cannot be read in the container: "Masked Paths".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked_paths: Option<Vec<String>>,
    /// Paths that cannot be written: "Readonly Paths".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readonly_paths: Option<Vec<String>>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

impl PartialEq for Linux {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            uid_mappings,
            gid_mappings,
            namespaces,
            devices,
            cgroups_path,
            resources,
            seccomp,
            rootfs_propagation,
            masked_paths,
            readonly_paths,
            other: members,
        } = self;
        *uid_mappings == other.uid_mappings
            && *gid_mappings == other.gid_mappings
            && *namespaces == other.namespaces
            && *devices == other.devices
            && *cgroups_path == other.cgroups_path
            && *resources == other.resources
            && seccomp.as_ref().map(|raw| raw.get()) == other.seccomp.as_ref().map(|raw| raw.get())
            && *rootfs_propagation == other.rootfs_propagation
            && *masked_paths == other.masked_paths
            && *readonly_paths == other.readonly_paths
            && *members == other.other
    }
}

/// A range of ids of the container and those that stand for them on the host. "User namespace
/// mappings".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMapping {
    /// The first id in the container.
    #[serde(rename = "containerID")]
    pub container_id: u32,
    /// The first id on the host.
    #[serde(rename = "hostID")]
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

/// A namespace. "Namespaces".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Namespace {
    /// Of which kind.
    #[serde(rename = "type")]
    pub kind: NamespaceKind,
    /// One to join; a new one where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
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

/// A device to make in the container. "Devices".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// `c`, `b`, `u` or `p`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where, inside the container.
    pub path: String,
    /// Major number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<i64>,
    /// Minor number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<i64>,
    /// Permission bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_mode: Option<u32>,
    /// Owner, in the container's ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Group, in the container's ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

/// Limits by cgroups. "Control groups".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Resources {
    /// Which devices may be used; later rules win: "Allowed Device list".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<DeviceRule>>,
    /// Of memory: "Memory".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// Of processor time: "CPU".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// Of the number of processes: "PIDs".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<Pids>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

/// Whether devices may be used. "Allowed Device list".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DeviceRule {
    /// Whether they may.
    pub allow: bool,
    /// `a`, `c` or `b`; all where this is absent.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Major number; all where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<i64>,
    /// Minor number; all where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<i64>,
    /// Any of `r`, `w` and `m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

/// Limits of memory. "Memory".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Memory {
    /// Bytes; -1 for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

/// Limits of processor time. "CPU".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cpu {
    /// Microseconds of processor time in a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<i64>,
    /// Microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<u64>,
    /// A share, relative to other containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shares: Option<u64>,
    /// The processors that may be used: `0-3,7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<String>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

/// Limits of the number of processes. "PIDs".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pids {
    /// How many; 0 or less for no limit.
    pub limit: i64,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}
