//! The runtime-spec document, `config.json`: what this toolkit writes, and enough to read one back.
//!
//! Only the members that a conversion sets are typed; all others are kept as they are found. What
//! is written is sorted where order has no meaning, so that equal values give equal bytes.

mod linux;
mod process;

pub use linux::{
    Cpu, Device, DeviceRule, IdMapping, Linux, Memory, Namespace, NamespaceKind, Pids, Resources,
};
pub use process::{Capabilities, Process, Rlimit, User};

use serde::{Deserialize, Serialize};

use crate::annotations::Annotations;
use crate::error::{Error, Result};
use crate::json::{self, Members};

/// The lowest version of runtime-spec that has all that a conversion writes. A higher one would
/// only shut runtimes out: crun 1.8 refuses 1.3.0.
pub const OCI_VERSION: &str = "1.0.2";

/// A container's configuration. runtime-spec `config.md`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// The version of runtime-spec that the document follows: `config.md`, "Specification version".
    pub oci_version: String,
    /// The container's root file system: `config.md`, "Root".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Root>,
    /// Additional mounts, in the order in which they are made: `config.md`, "Mounts".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mounts: Option<Vec<Mount>>,
    /// What runs: `config.md`, "Process".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// The host name, in a UTS namespace of its own: `config.md`, "Hostname".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Programs run at points of the container's life: `config.md`, "POSIX-platform Hooks".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hooks: Option<Hooks>,
    /// Metadata: `config.md`, "Annotations".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// What only Linux has: `config-linux.md`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linux: Option<Linux>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

impl Spec {
    /// Reads a document, after the scan that refuses duplicate names and bottomless nesting.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        const DOCUMENT: &str = "runtime configuration";
        json::scan(bytes, json::DOCUMENT, DOCUMENT)?;
        serde_json::from_slice(bytes)
            .map_err(|error| Error::Document { document: DOCUMENT, reason: error.to_string() })
    }

    /// The document as text for a `config.json`: indented, because people edit it, with a newline
    /// at its end. Equal documents give equal bytes.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| Error::Document {
            document: "runtime configuration",
            reason: error.to_string(),
        })?;
        text.push(b'\n');
        Ok(text)
    }
}

/// The container's root file system. `config.md`, "Root".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Root {
    /// Where it is: absolute, or relative to the bundle.
    pub path: String,
    /// Whether it is mounted read-only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readonly: Option<bool>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

/// A mount. `config.md`, "Mounts".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Mount {
    /// Where it is mounted: an absolute path inside the container.
    pub destination: String,
    /// The file system's type; for a bind mount, anything.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A device, or for a bind mount a path: absolute, or relative to the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Options, as `mount(8)` and the runtime take them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

/// Programs run at points of the container's life. `config.md`, "POSIX-platform Hooks".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the stages are those of config.md, under their own names")]
pub struct Hooks {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prestart: Option<Vec<Hook>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_runtime: Option<Vec<Hook>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_container: Option<Vec<Hook>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_container: Option<Vec<Hook>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poststart: Option<Vec<Hook>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poststop: Option<Vec<Hook>>,
    #[serde(skip)]
    pub other: Members,
}

/// A program that the runtime runs. `config.md`, "POSIX-platform Hooks".
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Hook {
    /// An absolute path on the host; for `startContainer`, in the container.
    pub path: String,
    /// Its arguments, its own name first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// Its environment, `NAME=VALUE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<Vec<String>>,
    /// Seconds until it is ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<i64>,
    /// Members that this crate does not know, and nulls.
    #[serde(skip)]
    pub other: Members,
}

#[cfg(test)]
mod tests;
