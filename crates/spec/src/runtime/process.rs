//! What runs in the container, and as whom. runtime-spec `config.md`, "Process".

use crate::json::object;

object! {
    /// The container's process. `config.md`, "Process".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Process: "a process" {
        /// Whether it gets a terminal.
        pub terminal: Option<bool> => optional "terminal",
        /// As whom it runs; root where this is absent.
        pub user: Option<User> => optional "user",
        /// What runs, as for `execvp`.
        pub args: Option<Vec<String>> => optional "args",
        /// Its environment, `NAME=VALUE`.
        pub env: Option<Vec<String>> => optional "env",
        /// Its working directory: an absolute path inside the container.
        pub cwd: String => required "cwd",
        /// Its capabilities; none where this is absent.
        pub capabilities: Option<Capabilities> => optional "capabilities",
        /// Its resource limits.
        pub rlimits: Option<Vec<Rlimit>> => optional "rlimits",
        /// Whether it is kept from gaining privileges, by setuid programs for instance.
        pub no_new_privileges: Option<bool> => optional "noNewPrivileges",
    }
}

object! {
    /// As whom a process runs, in the container's ids. `config.md`, "POSIX-platform User".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct User: "a user" {
        /// The user.
        pub uid: u32 => required "uid",
        /// The group.
        pub gid: u32 => required "gid",
        /// The file mode creation mask.
        pub umask: Option<u32> => optional "umask",
        /// Supplementary groups.
        pub additional_gids: Option<Vec<u32>> => optional "additionalGids",
    }
}

object! {
    /// A process's capabilities, each by its full name (`CAP_KILL`). `config.md`, "Linux Process".
    #[derive(Debug, Clone, PartialEq, Default)]
    #[expect(missing_docs, reason = "the sets are those of capabilities(7), under their own names")]
    pub struct Capabilities: "sets of capabilities" {
        pub bounding: Option<Vec<String>> => optional "bounding",
        pub effective: Option<Vec<String>> => optional "effective",
        pub inheritable: Option<Vec<String>> => optional "inheritable",
        pub permitted: Option<Vec<String>> => optional "permitted",
        pub ambient: Option<Vec<String>> => optional "ambient",
    }
}

object! {
    /// A resource limit. `config.md`, "POSIX Process".
    #[derive(Debug, Clone, PartialEq)]
    pub struct Rlimit: "a resource limit" {
        /// Which: `RLIMIT_NOFILE`.
        pub kind: String => required "type",
        /// The soft limit, in the resource's own unit.
        pub soft: u64 => required "soft",
        /// The hard limit.
        pub hard: u64 => required "hard",
    }
}
