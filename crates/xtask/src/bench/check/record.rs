//! Counts with what they depend on, as they are kept in the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use ocidian_testkit::run;
use serde::{Deserialize, Serialize};

/// What was counted, and with what.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) made: Made,
    /// By the name of the command.
    pub(super) instructions: BTreeMap<String, u64>,
}

/// What counts depend on, other than the source.
#[derive(Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    rustc: String,
    c_library: String,
    valgrind: String,
    /// What the processor can of that which programs choose their code by and valgrind plays.
    processor: String,
    /// An ordinary user unpacks in other ways than root.
    root: bool,
}

impl Made {
    /// Of this machine.
    pub(super) fn here() -> Result<Self> {
        let first = |program: &str, arguments: &[&str]| -> Result<String> {
            let said = run::stdout(Command::new(program).args(arguments))?;
            Ok(said.lines().next().unwrap_or_default().trim().to_owned())
        };
        Ok(Self {
            rustc: first("rustc", &["--version"])?,
            c_library: first("getconf", &["GNU_LIBC_VERSION"])?,
            valgrind: first("valgrind", &["--version"])?,
            processor: processor(),
            root: nix::unistd::geteuid().is_root(),
        })
    }

    /// In what `self` is not as `recorded`, a line each.
    pub(super) fn differences(&self, recorded: &Self) -> Vec<String> {
        let user = |root: bool| if root { "root" } else { "an ordinary user" }.to_owned();
        let pairs = [
            (&self.rustc, &recorded.rustc),
            (&self.c_library, &recorded.c_library),
            (&self.valgrind, &recorded.valgrind),
            (&self.processor, &recorded.processor),
            (&user(self.root), &user(recorded.root)),
        ];
        let differ = pairs.iter().filter(|(here, there)| here != there);
        differ.map(|(here, there)| format!("here {here}, recorded with {there}")).collect()
    }
}

#[cfg(target_arch = "x86_64")]
fn processor() -> String {
    let mut can = vec!["x86_64"];
    // One by one: the macro takes nothing but literals.
    let features = [
        ("sse4.2", std::is_x86_feature_detected!("sse4.2")),
        ("pclmulqdq", std::is_x86_feature_detected!("pclmulqdq")),
        ("avx2", std::is_x86_feature_detected!("avx2")),
        ("bmi1", std::is_x86_feature_detected!("bmi1")),
        ("bmi2", std::is_x86_feature_detected!("bmi2")),
        ("fma", std::is_x86_feature_detected!("fma")),
    ];
    can.extend(features.into_iter().filter(|(_, there)| *there).map(|(name, _)| name));
    can.join(" ")
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> String {
    std::env::consts::ARCH.to_owned()
}

impl Record {
    /// As it is kept.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| path.display().to_string())?;
        serde_json::from_slice(&text).with_context(|| path.display().to_string())
    }

    /// Keeps it.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, serde_json::to_string_pretty(self)? + "\n")
            .with_context(|| path.display().to_string())
    }

    /// The commands that were counted.
    pub(super) fn names(&self) -> Vec<&str> {
        self.instructions.keys().map(String::as_str).collect()
    }

    /// A table of `self` beside what is recorded.
    pub(super) fn beside(&self, recorded: &Self) -> Vec<String> {
        let mut lines = vec![format!("{:<10} {:>14} {:>14} {:>9}", "command", "recorded", "now", "change")];
        for (name, now) in &self.instructions {
            let (was, change) = match recorded.instructions.get(name) {
                Some(was) => (was.to_string(), format!("{:+.3} %", change(*was, *now))),
                None => ("-".to_owned(), "-".to_owned()),
            };
            lines.push(format!("{name:<10} {was:>14} {now:>14} {change:>9}"));
        }
        lines
    }

    /// The commands that take more than is recorded, and those that take less, by more than so many percent.
    pub(super) fn beyond(&self, recorded: &Self, tolerance: f64) -> (Vec<&str>, Vec<&str>) {
        let (mut more, mut less) = (Vec::new(), Vec::new());
        for (name, now) in &self.instructions {
            let Some(was) = recorded.instructions.get(name) else { continue };
            match change(*was, *now) {
                percent if percent > tolerance => more.push(name.as_str()),
                percent if percent < -tolerance => less.push(name.as_str()),
                _ => {}
            }
        }
        (more, less)
    }
}

/// In percent of what it was.
fn change(was: u64, now: u64) -> f64 {
    (now as f64 - was as f64) / was.max(1) as f64 * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(counts: &[(&str, u64)]) -> Record {
        let text = String::new;
        let made = Made { rustc: text(), c_library: text(), valgrind: text(), processor: text(), root: true };
        Record { made, instructions: counts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect() }
    }

    #[test]
    fn only_what_is_beyond_the_tolerance_counts() {
        let recorded = record(&[("a", 1_000_000), ("b", 1_000_000), ("c", 1_000_000), ("d", 1_000_000)]);
        let now = record(&[("a", 1_010_000), ("b", 1_010_001), ("c", 989_999), ("d", 990_000)]);
        assert_eq!(now.beyond(&recorded, 1.0), (vec!["b"], vec!["c"]));
        assert_eq!(now.beside(&recorded)[2], "b                 1000000        1010001  +1.000 %");
    }

    #[test]
    fn a_command_that_was_not_recorded_shows() {
        let recorded = record(&[("a", 1)]);
        let now = record(&[("a", 1), ("b", 1)]);
        assert_ne!(now.names(), recorded.names());
        assert_eq!(now.beyond(&recorded, 1.0), (Vec::new(), Vec::new()));
    }

    #[test]
    fn another_compiler_is_told() {
        let (mut here, there) = (record(&[]).made, record(&[]).made);
        assert!(here.differences(&there).is_empty());
        here.rustc = "rustc 2".to_owned();
        here.root = false;
        let lines = here.differences(&there);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1], "here an ordinary user, recorded with root");
    }

    #[test]
    fn the_kept_counts_can_be_read() {
        let kept = Record::read(&super::super::place()).unwrap();
        assert_eq!(kept.names(), ["build", "unpack", "validate", "version"]);
    }
}
