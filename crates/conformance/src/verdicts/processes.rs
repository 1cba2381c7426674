//! Runtime bundles: the process, mounts and hooks.

use serde_json::json;

use super::pointer::{remove, set};
use crate::validation::Conformity::{Invalid, Odd, Valid};
use crate::validation::ValidationCase as Case;

const PROCESS: &str = "config.md, Process";
const USER: &str = "config.md, User";
const LINUX_PROCESS: &str = "config.md, Linux Process";
const POSIX_PROCESS: &str = "config.md, POSIX process";
const MOUNTS: &str = "config.md, Mounts";
const POSIX_MOUNTS: &str = "config.md, POSIX-platform Mounts";
const HOOKS: &str = "config.md, POSIX-platform Hooks";

const RLIMIT: &str = "RLIMIT_NOFILE";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::bundle(
            [
                "process-missing",
                "a document without a process",
                PROCESS,
                "It is required when the container is started.",
            ],
            Odd,
            |b| b.config(|c| remove(c, "", "process")),
        )
        .noted("bundle-process-missing"),
        Case::bundle(
            ["process-terminal", "a terminal that is a string", PROCESS, "It is a boolean."],
            Invalid,
            |b| b.config(|c| set(c, "/process/terminal", "no")),
        )
        .breaks("bundle-process"),
        Case::bundle(
            ["process-console-width", "a console without a width", PROCESS, "Height and width are required."],
            Invalid,
            |b| b.config(|c| set(c, "/process/consoleSize", json!({ "height": 25 }))),
        )
        .breaks("bundle-process"),
        Case::bundle(
            ["process-cwd", "a relative working directory", PROCESS, "It must be absolute."],
            Invalid,
            |b| b.config(|c| set(c, "/process/cwd", "srv")),
        )
        .breaks("bundle-cwd"),
        Case::bundle(
            ["process-cwd-missing", "a process without a working directory", PROCESS, "It is required."],
            Invalid,
            |b| b.config(|c| remove(c, "/process", "cwd")),
        )
        .breaks("bundle-cwd"),
        Case::bundle(
            ["process-args-empty", "a process without arguments", PROCESS, "At least one entry is required."],
            Invalid,
            |b| b.config(|c| set(c, "/process/args", json!([]))),
        )
        .breaks("bundle-args"),
        Case::bundle(
            [
                "process-args-missing",
                "a process that does not say what to run",
                PROCESS,
                "At least one entry is required.",
            ],
            Invalid,
            |b| b.config(|c| remove(c, "/process", "args")),
        )
        .breaks("bundle-args"),
        Case::bundle(
            ["process-args-number", "an argument that is a number", PROCESS, "Arguments are strings."],
            Invalid,
            |b| b.config(|c| set(c, "/process/args/0", 1)),
        )
        .breaks("bundle-args"),
        Case::bundle(
            [
                "process-env",
                "an environment entry without an equals sign",
                PROCESS,
                "Entries are as in environ: NAME=VALUE.",
            ],
            Odd,
            |b| b.config(|c| set(c, "/process/env/0", "TERM")),
        )
        .warned("bundle-env"),
        Case::bundle(
            [
                "process-env-values",
                "environment entries with an empty value and with two equals signs",
                PROCESS,
                "All after the first equals sign is the value.",
            ],
            Valid,
            |b| b.config(|c| set(c, "/process/env", json!(["A=", "B=c=d"]))),
        ),
        Case::bundle(
            ["process-user-gid", "a user without a group", USER, "uid and gid are required."],
            Invalid,
            |b| b.config(|c| remove(c, "/process/user", "gid")),
        )
        .breaks("bundle-user"),
        Case::bundle(
            ["process-user-negative", "a negative uid", USER, "Ids are integers of 32 bits without a sign."],
            Invalid,
            |b| b.config(|c| set(c, "/process/user/uid", -1)),
        )
        .breaks("bundle-user"),
        Case::bundle(
            [
                "process-capabilities-array",
                "capabilities as a list",
                LINUX_PROCESS,
                "They are an object of lists.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/process/capabilities", json!(["CAP_KILL"]))),
        )
        .breaks("bundle-capabilities"),
        Case::bundle(
            [
                "process-capability-unknown",
                "a capability that Linux does not have",
                LINUX_PROCESS,
                "Runtimes must warn, and should not fail.",
            ],
            Odd,
            |b| b.config(|c| set(c, "/process/capabilities/bounding/0", "NET_ADMIN")),
        )
        .warned("bundle-capability"),
        Case::bundle(
            [
                "process-rlimit-type",
                "a resource limit of an unknown type",
                POSIX_PROCESS,
                "Runtimes must generate an error.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/process/rlimits/0/type", "RLIMIT_FILES")),
        )
        .breaks("bundle-rlimits"),
        Case::bundle(
            [
                "process-rlimit-hard",
                "a resource limit without a hard value",
                POSIX_PROCESS,
                "Type, soft and hard are required.",
            ],
            Invalid,
            |b| b.config(|c| remove(c, "/process/rlimits/0", "hard")),
        )
        .breaks("bundle-rlimits"),
        Case::bundle(
            [
                "process-rlimit-infinite",
                "a resource limit of 2^64 - 1",
                POSIX_PROCESS,
                "It is how no limit is written.",
            ],
            Valid,
            |b| b.config(|c| set(c, "/process/rlimits/0/hard", u64::MAX)),
        ),
        Case::bundle(
            [
                "process-rlimit-twice",
                "a resource that is limited twice",
                POSIX_PROCESS,
                "Runtimes must generate an error.",
            ],
            Invalid,
            |b| {
                b.config(|c| {
                    set(
                        c,
                        "/process/rlimits",
                        json!([RLIMIT, RLIMIT].map(|of| json!({ "type": of, "soft": 1, "hard": 1 }))),
                    )
                })
            },
        )
        .breaks("bundle-rlimit-repeated"),
        Case::bundle(
            [
                "process-rlimit-soft",
                "a soft limit beyond the hard one",
                POSIX_PROCESS,
                "The hard limit is the ceiling of the soft one.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/process/rlimits/0/soft", 4096)),
        )
        .breaks("bundle-rlimit-soft"),
        Case::bundle(
            [
                "process-scheduler",
                "a scheduling policy that does not exist",
                LINUX_PROCESS,
                "The specification lists the valid ones.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/process/scheduler", json!({ "policy": "SCHED_FAST" }))),
        )
        .breaks("bundle-scheduler"),
        Case::bundle(
            ["process-io-priority", "an I/O priority of 8", LINUX_PROCESS, "It ranges from 0 to 7."],
            Invalid,
            |b| {
                b.config(|c| {
                    set(c, "/process/ioPriority", json!({ "class": "IOPRIO_CLASS_BE", "priority": 8 }))
                })
            },
        )
        .breaks("bundle-io-priority"),
        Case::bundle(
            ["mount-destination-missing", "a mount without a destination", MOUNTS, "It is required."],
            Invalid,
            |b| b.config(|c| remove(c, "/mounts/0", "destination")),
        )
        .breaks("bundle-mounts"),
        Case::bundle(
            [
                "mount-destination",
                "a mount with a relative destination",
                MOUNTS,
                "On Linux it should be absolute; relative ones are deprecated.",
            ],
            Odd,
            |b| b.config(|c| set(c, "/mounts/0/destination", "proc")),
        )
        .warned("bundle-mount-destination"),
        Case::bundle(
            [
                "mount-destination-solaris",
                "a mount with a relative destination on Solaris",
                MOUNTS,
                "On other platforms it must be absolute.",
            ],
            Invalid,
            |b| {
                b.config(|c| {
                    remove(c, "", "linux")?;
                    set(c, "/solaris", json!({}))?;
                    set(c, "/mounts/0/destination", "proc")
                })
            },
        )
        .breaks("bundle-mount-absolute"),
        Case::bundle(
            [
                "mount-mappings",
                "a mount with a mapping of users alone",
                POSIX_MOUNTS,
                "It must be specified along with gidMappings.",
            ],
            Invalid,
            |b| {
                b.config(|c| {
                    set(c, "/mounts/0/uidMappings", json!([{ "containerID": 0, "hostID": 1, "size": 1 }]))?;
                    set(c, "/mounts/0/options", json!(["idmap"]))
                })
            },
        )
        .breaks("bundle-mount-mappings"),
        Case::bundle(
            [
                "mount-idmap",
                "a mount with mappings and without idmap",
                POSIX_MOUNTS,
                "The options should contain idmap or ridmap.",
            ],
            Odd,
            |b| {
                b.config(|c| {
                    let mapping = json!([{ "containerID": 0, "hostID": 1, "size": 1 }]);
                    set(c, "/mounts/0/uidMappings", mapping.clone())?;
                    set(c, "/mounts/0/gidMappings", mapping)
                })
            },
        )
        .warned("bundle-mount-idmap"),
        Case::bundle(["hook-pathless", "a hook without a path", HOOKS, "It is required."], Invalid, |b| {
            b.config(|c| remove(c, "/hooks/createRuntime/0", "path"))
        })
        .breaks("bundle-hooks"),
        Case::bundle(
            ["hook-path", "a hook with a relative path", HOOKS, "It must be absolute."],
            Invalid,
            |b| b.config(|c| set(c, "/hooks/createRuntime/0/path", "true")),
        )
        .breaks("bundle-hook-path"),
        Case::bundle(
            ["hook-timeout", "a hook with a timeout of 0", HOOKS, "If set, it must be greater than zero."],
            Invalid,
            |b| b.config(|c| set(c, "/hooks/createRuntime/0/timeout", 0)),
        )
        .breaks("bundle-hook-timeout"),
        Case::bundle(["hook-prestart", "a prestart hook", HOOKS, "They are deprecated."], Odd, |b| {
            b.config(|c| set(c, "/hooks/prestart", json!([{ "path": "/bin/true" }])))
        })
        .noted("bundle-hook-prestart"),
    ]
}
