//! Linux's capabilities, by name and number.

/// A capability of Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// Its name as `config.json` has it: `CAP_KILL`.
    pub name: &'static str,
    /// Its bit in the kernel's sets, in `/proc/PID/status` and in `security.capability`.
    pub bit: u8,
}

impl Capability {
    /// The capability of that very name.
    pub fn named(name: &str) -> Option<Self> {
        CAPABILITIES.iter().copied().find(|capability| capability.name == name)
    }
}

/// All that Linux has, by bit number: what runtime-spec's `config.md`, "Linux Process", takes for the valid values of
/// `process.capabilities`, "defined in the capabilities(7) man page"; the numbers are those of `linux/capability.h`.
pub const CAPABILITIES: &[Capability] = &[
    Capability { name: "CAP_CHOWN", bit: 0 },
    Capability { name: "CAP_DAC_OVERRIDE", bit: 1 },
    Capability { name: "CAP_DAC_READ_SEARCH", bit: 2 },
    Capability { name: "CAP_FOWNER", bit: 3 },
    Capability { name: "CAP_FSETID", bit: 4 },
    Capability { name: "CAP_KILL", bit: 5 },
    Capability { name: "CAP_SETGID", bit: 6 },
    Capability { name: "CAP_SETUID", bit: 7 },
    Capability { name: "CAP_SETPCAP", bit: 8 },
    Capability { name: "CAP_LINUX_IMMUTABLE", bit: 9 },
    Capability { name: "CAP_NET_BIND_SERVICE", bit: 10 },
    Capability { name: "CAP_NET_BROADCAST", bit: 11 },
    Capability { name: "CAP_NET_ADMIN", bit: 12 },
    Capability { name: "CAP_NET_RAW", bit: 13 },
    Capability { name: "CAP_IPC_LOCK", bit: 14 },
    Capability { name: "CAP_IPC_OWNER", bit: 15 },
    Capability { name: "CAP_SYS_MODULE", bit: 16 },
    Capability { name: "CAP_SYS_RAWIO", bit: 17 },
    Capability { name: "CAP_SYS_CHROOT", bit: 18 },
    Capability { name: "CAP_SYS_PTRACE", bit: 19 },
    Capability { name: "CAP_SYS_PACCT", bit: 20 },
    Capability { name: "CAP_SYS_ADMIN", bit: 21 },
    Capability { name: "CAP_SYS_BOOT", bit: 22 },
    Capability { name: "CAP_SYS_NICE", bit: 23 },
    Capability { name: "CAP_SYS_RESOURCE", bit: 24 },
    Capability { name: "CAP_SYS_TIME", bit: 25 },
    Capability { name: "CAP_SYS_TTY_CONFIG", bit: 26 },
    Capability { name: "CAP_MKNOD", bit: 27 },
    Capability { name: "CAP_LEASE", bit: 28 },
    Capability { name: "CAP_AUDIT_WRITE", bit: 29 },
    Capability { name: "CAP_AUDIT_CONTROL", bit: 30 },
    Capability { name: "CAP_SETFCAP", bit: 31 },
    Capability { name: "CAP_MAC_OVERRIDE", bit: 32 },
    Capability { name: "CAP_MAC_ADMIN", bit: 33 },
    Capability { name: "CAP_SYSLOG", bit: 34 },
    Capability { name: "CAP_WAKE_ALARM", bit: 35 },
    Capability { name: "CAP_BLOCK_SUSPEND", bit: 36 },
    Capability { name: "CAP_AUDIT_READ", bit: 37 },
    Capability { name: "CAP_PERFMON", bit: 38 },
    Capability { name: "CAP_BPF", bit: 39 },
    Capability { name: "CAP_CHECKPOINT_RESTORE", bit: 40 },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_up_to_the_last_has_one_name() {
        assert!(CAPABILITIES.iter().map(|it| it.bit).eq(0..=40));
        assert!(CAPABILITIES.iter().all(|it| Capability::named(it.name) == Some(*it)));
        assert_eq!(Capability::named("CAP_KILL").map(|it| it.bit), Some(5));
        assert_eq!(Capability::named("CAP_CHECKPOINT_RESTORE").map(|it| it.bit), Some(40));
        for unknown in ["", "KILL", "cap_kill", "CAP_KILL "] {
            assert_eq!(Capability::named(unknown), None);
        }
    }
}
