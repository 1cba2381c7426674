//! What is measured on.

use serde::{Deserialize, Serialize};

/// A machine, as far as it decides what is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Processors that this process may use.
    pub(crate) cores: usize,
    /// The processor's name.
    pub(crate) model: String,
    /// Whether it hashes SHA-256 by instructions of its own.
    pub(crate) sha: bool,
    /// Bytes of memory.
    pub(crate) memory: u64,
    /// The kernel's release.
    pub(crate) kernel: String,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::of(cores, &read("/proc/cpuinfo"), &read("/proc/meminfo"), &read("/proc/sys/kernel/osrelease"))
    }

    fn of(cores: usize, cpuinfo: &str, meminfo: &str, release: &str) -> Self {
        let value = |key: &str| {
            let line = cpuinfo.lines().find(|line| line.starts_with(key))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        // x86's word, and ARM's.
        let flags = value("flags").or_else(|| value("Features")).unwrap_or_default();
        Self {
            cores,
            model: value("model name").unwrap_or_else(|| "an unknown processor".to_owned()),
            sha: flags.split_whitespace().any(|flag| flag == "sha_ni" || flag == "sha2"),
            memory: self::meminfo(meminfo, "MemTotal:").unwrap_or(0),
            // Of the release only the version: what a distributor or a host adds to it says nothing here.
            kernel: release.trim().split('-').next().unwrap_or_default().to_owned(),
        }
    }

    /// In a line.
    pub(crate) fn line(&self) -> String {
        let Self { cores, model, sha, memory, kernel } = self;
        let sha = if *sha { "with" } else { "without" };
        let memory = *memory as f64 / (1u64 << 30) as f64;
        format!("{cores} cores of {model}, {sha} SHA instructions, {memory:.0} GiB of memory, Linux {kernel}")
    }
}

/// A value of `/proc/meminfo`, in bytes.
pub(super) fn meminfo(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_says_whether_it_has_sha_instructions() {
        let memory = "MemTotal:       24690000 kB\nMemAvailable:  1 kB\n";
        let with = Machine::of(2, "model name\t: EPYC\nflags\t\t: fpu sha_ni\n", memory, "6.1.0-18-amd64\n");
        assert_eq!(with.line(), "2 cores of EPYC, with SHA instructions, 24 GiB of memory, Linux 6.1.0");
        let without = Machine::of(2, "model name\t: Xeon\nflags\t\t: fpu\n", "", "6.1\n");
        assert_eq!(without.line(), "2 cores of Xeon, without SHA instructions, 0 GiB of memory, Linux 6.1");
        assert_eq!(meminfo(memory, "MemAvailable:"), Some(1024));
    }
}
