//! What runs in the container, and as whom. runtime-spec `config.md`, "Process".

use serde::{Deserialize, Serialize};

use crate::json::Members;

/// The container's process. `config.md`, "Process".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// Whether it gets a terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal: Option<bool>,
    /// As whom it runs.
    #[serde(default)]
    pub user: User,
    /// What runs, as for `execvp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// Its environment, `NAME=VALUE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<Vec<String>>,
    /// Its working directory: an absolute path inside the container.
    pub cwd: String,
    /// Its capabilities; none where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
    /// Its resource limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rlimits: Option<Vec<Rlimit>>,
    /// Whether it is kept from gaining privileges, by setuid programs for instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_new_privileges: Option<bool>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

/// As whom a process runs, in the container's ids. `config.md`, "POSIX-platform User".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The file mode creation mask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub umask: Option<u32>,
    /// Supplementary groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_gids: Option<Vec<u32>>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

/// A process's capabilities, each by its full name (`CAP_KILL`). `config.md`, "Linux Process".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the sets are those of capabilities(7), under their own names")]
pub struct Capabilities {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounding: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inheritable: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permitted: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ambient: Option<Vec<String>>,
    #[serde(skip)]
    pub other: Members,
}

/// A resource limit. `config.md`, "POSIX Process".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rlimit {
    /// Which: `RLIMIT_NOFILE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The soft limit, in the resource's own unit.
    pub soft: u64,
    /// The hard limit.
    pub hard: u64,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}
