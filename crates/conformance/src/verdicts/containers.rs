//! Runtime bundles: the section for Linux.

use serde_json::json;

use super::pointer::{remove, set};
use crate::validation::Conformity::{Invalid, Odd, Valid};
use crate::validation::ValidationCase as Case;

const LINUX: &str = "config-linux.md, Linux Container Configuration";
const NAMESPACES: &str = "config-linux.md, Namespaces";
const MAPPINGS: &str = "config-linux.md, User namespace mappings";
const DEVICES: &str = "config-linux.md, Devices";
const CONTROL_GROUPS: &str = "config-linux.md, Control groups";
const BLOCK_IO: &str = "config-linux.md, Block IO";
const RDMA: &str = "config-linux.md, RDMA";
const INTEL_RDT: &str = "config-linux.md, IntelRdt";
const PROPAGATION: &str = "config-linux.md, Rootfs Mount Propagation";
const SECCOMP: &str = "config-linux.md, Seccomp";
const MASKED: &str = "config-linux.md, Masked Paths";
const READONLY: &str = "config-linux.md, Readonly Paths";
const PERSONALITY: &str = "config-linux.md, Personality";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::bundle(
            ["linux-cgroups-path", "a path of control groups that is a number", LINUX, "It is a string."],
            Invalid,
            |b| b.config(|c| set(c, "/linux/cgroupsPath", 7)),
        )
        .breaks("bundle-linux"),
        Case::bundle(
            [
                "linux-namespace-type",
                "a namespace of a type that does not exist",
                NAMESPACES,
                "The schema lists the types.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/linux/namespaces/0/type", "net")),
        )
        .breaks("bundle-namespaces"),
        Case::bundle(
            [
                "linux-namespace-twice",
                "two namespaces of one type",
                NAMESPACES,
                "Runtimes must generate an error.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/linux/namespaces/0/type", "mount")),
        )
        .breaks("bundle-namespace-repeated"),
        Case::bundle(
            ["linux-namespace-path", "a namespace with a relative path", NAMESPACES, "It must be absolute."],
            Invalid,
            |b| b.config(|c| set(c, "/linux/namespaces/0/path", "ns/pid")),
        )
        .breaks("bundle-namespace-path"),
        Case::bundle(
            ["linux-mapping-size", "a mapping without a size", MAPPINGS, "It is required."],
            Invalid,
            |b| b.config(|c| remove(c, "/linux/uidMappings/0", "size")),
        )
        .breaks("bundle-id-mappings"),
        Case::bundle(
            [
                "linux-mapping-unused",
                "mappings without a user namespace",
                MAPPINGS,
                "They describe the user namespace.",
            ],
            Odd,
            |b| {
                b.config(|c| {
                    remove(c, "/linux", "gidMappings")?;
                    set(c, "/linux/namespaces", json!([{ "type": "uts" }]))
                })
            },
        )
        .warned("bundle-id-mappings-unused"),
        Case::bundle(
            ["linux-device-type", "a device of an unknown type", DEVICES, "Types are c, b, u and p."],
            Invalid,
            |b| b.config(|c| set(c, "/linux/devices/0/type", "char")),
        )
        .breaks("bundle-devices"),
        Case::bundle(
            ["linux-device-path", "a device with a relative path", DEVICES, "It is a full path."],
            Invalid,
            |b| b.config(|c| set(c, "/linux/devices/0/path", "fuse")),
        )
        .breaks("bundle-device-path"),
        Case::bundle(
            ["linux-device-number", "a device without a minor number", DEVICES, "Both numbers are required."],
            Invalid,
            |b| b.config(|c| remove(c, "/linux/devices/0", "minor")),
        )
        .breaks("bundle-device-number"),
        Case::bundle(
            ["linux-device-fifo", "a FIFO among the devices", DEVICES, "A FIFO has no numbers."],
            Valid,
            |b| b.config(|c| set(c, "/linux/devices/0", json!({ "path": "/dev/pipe", "type": "p" }))),
        ),
        Case::bundle(
            [
                "linux-device-twice",
                "one device at two paths",
                DEVICES,
                "Type and numbers should not be used for multiple devices.",
            ],
            Odd,
            |b| {
                b.config(|c| {
                    set(
                        c,
                        "/linux/devices",
                        json!(
                            ["/a", "/b"]
                                .map(|at| json!({ "path": at, "type": "c", "major": 10, "minor": 229 }))
                        ),
                    )
                })
            },
        )
        .warned("bundle-device-repeated"),
        Case::bundle(
            ["linux-memory-limit", "a limit of memory that is a string", CONTROL_GROUPS, "It is an integer."],
            Invalid,
            |b| b.config(|c| set(c, "/linux/resources/memory/limit", "1M")),
        )
        .breaks("bundle-resources"),
        Case::bundle(
            [
                "linux-huge-pages",
                "a size of huge pages in bytes",
                CONTROL_GROUPS,
                "The schema asks for KB, MB or GB.",
            ],
            Invalid,
            |b| {
                b.config(|c| {
                    set(c, "/linux/resources/hugepageLimits", json!([{ "pageSize": "2097152", "limit": 1 }]))
                })
            },
        )
        .breaks("bundle-resources"),
        Case::bundle(
            [
                "linux-block-io-weight",
                "a device's weight without a weight",
                BLOCK_IO,
                "At least one of weight and leafWeight must be specified.",
            ],
            Invalid,
            |b| {
                b.config(|c| {
                    set(
                        c,
                        "/linux/resources/blockIO",
                        json!({ "weightDevice": [{ "major": 8, "minor": 0 }] }),
                    )
                })
            },
        )
        .breaks("bundle-block-io-weight"),
        Case::bundle(
            [
                "linux-rdma",
                "an RDMA limit without a limit",
                RDMA,
                "At least one of hcaHandles and hcaObjects must be specified.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/linux/resources/rdma", json!({ "mlx5_1": {} }))),
        )
        .breaks("bundle-rdma"),
        Case::bundle(
            ["linux-intel-rdt", "a bandwidth that does not begin with MB:", INTEL_RDT, "It must start so."],
            Invalid,
            |b| b.config(|c| set(c, "/linux/intelRdt", json!({ "memBwSchema": "L3:0=20" }))),
        )
        .breaks("bundle-intel-rdt"),
        Case::bundle(
            [
                "linux-propagation",
                "a propagation that does not exist",
                PROPAGATION,
                "It is shared, slave, private or unbindable.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/linux/rootfsPropagation", "none")),
        )
        .breaks("bundle-propagation"),
        Case::bundle(
            [
                "linux-seccomp-action",
                "an action of seccomp that does not exist",
                SECCOMP,
                "The specification lists them.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/linux/seccomp/defaultAction", "DENY")),
        )
        .breaks("bundle-seccomp"),
        Case::bundle(
            [
                "linux-seccomp-names",
                "a rule of seccomp that names no system call",
                SECCOMP,
                "It must name one.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/linux/seccomp/syscalls/0/names", json!([]))),
        )
        .breaks("bundle-seccomp-names"),
        Case::bundle(
            [
                "linux-seccomp-listener",
                "seccomp's listenerMetadata without listenerPath",
                SECCOMP,
                "It must not be set then.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/linux/seccomp/listenerMetadata", "x")),
        )
        .breaks("bundle-seccomp-listener"),
        Case::bundle(
            ["linux-masked-path", "a relative masked path", MASKED, "It must be absolute."],
            Invalid,
            |b| b.config(|c| set(c, "/linux/maskedPaths/0", "proc/kcore")),
        )
        .breaks("bundle-masked-paths"),
        Case::bundle(
            ["linux-readonly-path", "a relative read-only path", READONLY, "It must be absolute."],
            Invalid,
            |b| b.config(|c| set(c, "/linux/readonlyPaths/0", "proc/sys")),
        )
        .breaks("bundle-readonly-paths"),
        Case::bundle(
            [
                "linux-personality",
                "a personality that does not exist",
                PERSONALITY,
                "It is LINUX or LINUX32.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/linux/personality", json!({ "domain": "BSD" }))),
        )
        .breaks("bundle-personality"),
    ]
}
