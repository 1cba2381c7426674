//! The runtime-spec document, `config.json`: what this toolkit writes, and enough to read one back.
//!
//! Only the members that a conversion sets are typed; all others are kept as they are found, so that
//! a document that somebody edited loses nothing. Equal values give equal bytes.

mod capability;
mod linux;
mod process;

pub use capability::{CAPABILITIES, Capability};
pub use linux::{
    Cpu, Device, DeviceRule, IdMapping, Linux, LinuxIdMapping, Memory, Namespace, NamespaceKind, Pids,
    Resources,
};
pub use process::{Capabilities, Process, Rlimit, User};

use crate::annotations::Annotations;
use crate::error::{Error, Result, clip};
use crate::json::{self, UniqueMap, object};

/// The lowest version of runtime-spec that has all that a conversion writes. A higher one would
/// only shut runtimes out: crun 1.8 refuses 1.3.0.
pub const OCI_VERSION: &str = "1.0.2";

object! {
    /// A container's configuration. runtime-spec `config.md`.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Spec: "a runtime configuration" {
        /// The version of runtime-spec that the document follows: `config.md`, "Specification version".
        pub oci_version: String => required "ociVersion",
        /// The container's root file system: `config.md`, "Root".
        pub root: Option<Root> => optional "root",
        /// Additional mounts, in the order in which they are made: `config.md`, "Mounts".
        pub mounts: Option<Vec<Mount>> => optional "mounts",
        /// What runs: `config.md`, "Process".
        pub process: Option<Process> => optional "process",
        /// The host name, in a UTS namespace of its own: `config.md`, "Hostname".
        pub hostname: Option<String> => optional "hostname",
        /// Programs run at points of the container's life: `config.md`, "POSIX-platform Hooks".
        pub hooks: Option<Hooks> => optional "hooks",
        /// Metadata: `config.md`, "Annotations".
        pub annotations: Option<Annotations> => optional "annotations" as UniqueMap,
        /// What only Linux has: `config-linux.md`.
        pub linux: Option<Linux> => optional "linux",
    }
}

impl Spec {
    const NAME: &'static str = "runtime configuration";

    /// Reads a document, after the scan that refuses duplicate names and bottomless nesting.
    ///
    /// # Errors
    /// [`Error::Document`]: the text fails [`json::scan`], or is no runtime configuration.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        json::scan(bytes, json::DOCUMENT, Self::NAME)?;
        serde_json::from_slice(bytes)
            .map_err(|error| Error::Document { document: Self::NAME, reason: clip(&error.to_string()) })
    }

    /// The document as text for a `config.json`: indented, because people edit it, with a newline
    /// at its end. Known members come in the specification's order, then all others by name. Equal
    /// documents give equal bytes.
    ///
    /// # Errors
    /// [`Error::Document`], which no document that was read or that is made of the fields gives.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::Document { document: Self::NAME, reason: error.to_string() })?;
        text.push(b'\n');
        Ok(text)
    }
}

object! {
    /// The container's root file system. `config.md`, "Root".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Root: "a root file system" {
        /// Where it is: absolute, or relative to the bundle.
        pub path: String => required "path",
        /// Whether it is mounted read-only.
        pub readonly: Option<bool> => optional "readonly",
    }
}

object! {
    /// A mount. `config.md`, "Mounts".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Mount: "a mount" {
        /// Where it is mounted: an absolute path inside the container.
        pub destination: String => required "destination",
        /// The file system's type; for a bind mount, anything.
        pub kind: Option<String> => optional "type",
        /// A device, or for a bind mount a path: absolute, or relative to the bundle.
        pub source: Option<String> => optional "source",
        /// Options, as `mount(8)` and the runtime take them.
        pub options: Option<Vec<String>> => optional "options",
    }
}

object! {
    /// Programs run at points of the container's life. `config.md`, "POSIX-platform Hooks".
    #[derive(Debug, Clone, PartialEq, Default)]
    #[expect(missing_docs, reason = "the stages are those of config.md, under their own names")]
    pub struct Hooks: "hooks" {
        pub prestart: Option<Vec<Hook>> => optional "prestart",
        pub create_runtime: Option<Vec<Hook>> => optional "createRuntime",
        pub create_container: Option<Vec<Hook>> => optional "createContainer",
        pub start_container: Option<Vec<Hook>> => optional "startContainer",
        pub poststart: Option<Vec<Hook>> => optional "poststart",
        pub poststop: Option<Vec<Hook>> => optional "poststop",
    }
}

object! {
    /// A program that the runtime runs. `config.md`, "POSIX-platform Hooks".
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct Hook: "a hook" {
        /// An absolute path on the host; for `startContainer`, in the container.
        pub path: String => required "path",
        /// Its arguments, its own name first.
        pub args: Option<Vec<String>> => optional "args",
        /// Its environment, `NAME=VALUE`.
        pub env: Option<Vec<String>> => optional "env",
        /// Seconds until it is ended.
        pub timeout: Option<i64> => optional "timeout",
    }
}

#[cfg(test)]
mod tests;
