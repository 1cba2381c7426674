//! What the image does not decide: mounts, namespaces, and what of /proc and /sys is hidden.

use ocidian_spec::Members;
use ocidian_spec::runtime::{DeviceRule, Mount, NamespaceKind};

use super::RuntimeOptions;

/// Not the host's name, which would leak, nor a random one, which would differ between runs.
pub(super) const HOSTNAME: &str = "ocidian";

/// Those that a container has of its own, besides a user namespace.
pub(super) const NAMESPACES: &[NamespaceKind] = &[
    NamespaceKind::Pid,
    NamespaceKind::Network,
    NamespaceKind::Mount,
    NamespaceKind::Ipc,
    NamespaceKind::Uts,
    NamespaceKind::Cgroup,
];

/// What tells of the host or reaches into it.
pub(super) const MASKED_PATHS: &[&str] = &[
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];

/// What changes the host when written.
pub(super) const READONLY_PATHS: &[&str] =
    &["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// The group that terminals belong to everywhere.
const TTY: u32 = 5;

/// The mounts that every container has.
///
/// In a user namespace the kernel mounts a file system only for whoever owns the namespace that it
/// shows: where that one is shared with the host, what the host has mounted is bound instead.
pub(super) fn mounts(options: &RuntimeOptions) -> Vec<Mount> {
    let namespace = options.user_namespace.as_ref();
    let foreign = |kind| namespace.is_some() && options.shares(kind);
    let proc_options = &["nosuid", "noexec", "nodev"];
    let mut terminals = vec!["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
    if namespace.is_none_or(|namespace| namespace.has_gid(TTY)) {
        terminals.push("gid=5");
    }
    let mut mounts = vec![
        if foreign(NamespaceKind::Pid) {
            bind("/proc", proc_options)
        } else {
            mount("/proc", "proc", "proc", proc_options)
        },
        mount("/dev", "tmpfs", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        mount("/dev/pts", "devpts", "devpts", &terminals),
        mount("/dev/shm", "tmpfs", "shm", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
    ];
    // A host need not have this one mounted, and hardly a container needs it.
    if !foreign(NamespaceKind::Ipc) {
        mounts.push(mount("/dev/mqueue", "mqueue", "mqueue", &["nosuid", "noexec", "nodev"]));
    }
    if foreign(NamespaceKind::Network) {
        // The host's cgroups come along with it.
        mounts.push(bind("/sys", &["nosuid", "noexec", "nodev", "ro"]));
    } else {
        mounts.push(mount("/sys", "sysfs", "sysfs", &["nosuid", "noexec", "nodev", "ro"]));
        mounts.push(mount(
            "/sys/fs/cgroup",
            "cgroup",
            "cgroup",
            &["nosuid", "noexec", "nodev", "relatime", "ro"],
        ));
    }
    mounts
}

/// No device but those that the runtime itself makes.
pub(super) fn device_rules() -> Vec<DeviceRule> {
    vec![DeviceRule { allow: false, access: Some("rwm".to_owned()), ..DeviceRule::default() }]
}

/// The same in a document's own type.
pub(super) fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn bind(path: &str, options: &[&str]) -> Mount {
    let options = [&["rbind"], options].concat();
    mount(path, "none", path, &options)
}

fn mount(destination: &str, kind: &str, source: &str, options: &[&str]) -> Mount {
    Mount {
        destination: destination.to_owned(),
        kind: Some(kind.to_owned()),
        source: Some(source.to_owned()),
        options: Some(strings(options)),
        other: Members::default(),
    }
}
