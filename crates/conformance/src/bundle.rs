//! A runtime bundle writer that can write anything, wrong things above all.
//!
//! A [`BundleBuilder`] makes a correct bundle of one process on Linux unless told otherwise.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::edit::{CannotEdit, Edits, Outcome};
use crate::layout::{Layout, Node};

/// Makes one runtime bundle.
#[derive(Default)]
pub struct BundleBuilder {
    edits: Edits,
    config: Option<Option<Node>>,
    without_rootfs: bool,
    extra: BTreeMap<String, Node>,
}

impl BundleBuilder {
    /// Changes config.json.
    pub fn config<O: Outcome>(&mut self, edit: impl FnOnce(&mut Value) -> O + 'static) {
        self.edits.push(edit);
    }

    /// Puts something else where config.json was, or nothing.
    pub fn replace_config(&mut self, node: Option<Node>) {
        self.config = Some(node);
    }

    /// Leaves the root file system out.
    pub fn without_rootfs(&mut self) {
        self.without_rootfs = true;
    }

    /// Adds a file.
    pub fn extra(&mut self, path: &str, node: Node) {
        self.extra.insert(path.to_owned(), node);
    }

    /// The bundle.
    ///
    /// # Errors
    /// [`CannotEdit`]: a change was to something that is not there.
    pub fn finish(self) -> Result<Layout, CannotEdit> {
        let mut config = config();
        self.edits.apply(&mut config)?;
        let mut files = BTreeMap::new();
        match self.config {
            None => files.insert("config.json".to_owned(), Node::File(config.to_string().into_bytes())),
            Some(Some(node)) => files.insert("config.json".to_owned(), node),
            Some(None) => None,
        };
        if !self.without_rootfs {
            files.insert("rootfs".to_owned(), Node::Directory);
        }
        files.extend(self.extra);
        Ok(Layout::of(files))
    }
}

/// A config that uses a little of everything, all of it right.
fn config() -> Value {
    json!({
        "ociVersion": "1.2.0",
        "root": { "path": "rootfs", "readonly": true },
        "hostname": "case",
        "process": {
            "terminal": false,
            "user": { "uid": 0, "gid": 0, "additionalGids": [5] },
            "args": ["sh"],
            "env": ["PATH=/bin", "TERM=xterm"],
            "cwd": "/",
            "capabilities": { "bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"] },
            "rlimits": [{ "type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024 }],
            "noNewPrivileges": true,
        },
        "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"] },
        ],
        "hooks": { "createRuntime": [{ "path": "/bin/true", "args": ["true"], "timeout": 5 }] },
        "annotations": { "org.example.case": "yes" },
        "linux": {
            "namespaces": [{ "type": "pid" }, { "type": "mount" }, { "type": "uts" }, { "type": "user" }],
            "uidMappings": [{ "containerID": 0, "hostID": 100_000, "size": 65_536 }],
            "gidMappings": [{ "containerID": 0, "hostID": 100_000, "size": 65_536 }],
            "devices": [{ "path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438 }],
            "cgroupsPath": "/case",
            "resources": { "memory": { "limit": 1_048_576 }, "pids": { "limit": 10 } },
            "seccomp": {
                "defaultAction": "SCMP_ACT_ALLOW",
                "architectures": ["SCMP_ARCH_X86_64"],
                "syscalls": [{ "names": ["reboot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }],
            },
            "maskedPaths": ["/proc/kcore"],
            "readonlyPaths": ["/proc/sys"],
            "rootfsPropagation": "private",
        },
    })
}
