//! The release profiles to choose from, each compiled under a name of its own.
//!
//! `Cargo.toml` holds the one that was chosen and no other; the rest is said on cargo's command line. A name of its own
//! gives each a directory of its own in the target directory, so a second run finds all of them compiled. What
//! compiling took is written down there with the digest of what came of it, and holds as long as that does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use ocidian_spec::Digest;
use serde::{Deserialize, Serialize};

use super::super::measure::{self, Cost};
use crate::tools::{cargo, repository, target};

/// A profile, in words and for cargo.
pub(super) struct Candidate {
    /// As the table calls it.
    pub(super) name: &'static str,
    /// As cargo does, and so its directory.
    profile: &'static str,
    /// In what it differs from the chosen one; nothing for that one itself.
    differs: &'static [&'static str],
    /// Whether it is worth compiling where it has to be quick.
    pub(super) quick: bool,
}

/// The chosen one, which all others are compared with.
pub(super) const KEPT: &str = "fat LTO, 1 unit, s for what runs once (kept)";

/// All of them.
pub(super) const CANDIDATES: [Candidate; 6] = [
    Candidate {
        name: "thin LTO, 1 unit",
        profile: "bench-thin-1",
        differs: &["lto=\"thin\"", "codegen-units=1"],
        quick: false,
    },
    Candidate {
        name: "fat LTO, 1 unit",
        profile: "bench-fat-1",
        differs: &["lto=\"fat\"", "codegen-units=1"],
        quick: false,
    },
    Candidate {
        name: "fat LTO, 1 unit, panic=abort",
        profile: "bench-fat-1-abort",
        differs: &["lto=\"fat\"", "codegen-units=1", "panic=\"abort\""],
        quick: false,
    },
    Candidate { name: KEPT, profile: "bench-kept", differs: &[], quick: true },
    Candidate {
        name: "thin LTO, 16 units",
        profile: "bench-thin-16",
        differs: &["lto=\"thin\"", "codegen-units=16"],
        quick: false,
    },
    Candidate {
        name: "LTO within crates, 16 units",
        profile: "bench-within-16",
        differs: &["lto=false", "codegen-units=16"],
        quick: true,
    },
];

/// A program compiled under a profile.
pub(super) struct Built {
    /// The profile in words.
    pub(super) name: &'static str,
    /// The program.
    pub(super) binary: PathBuf,
    /// What compiling all of it took.
    pub(super) compiling: Cost,
}

/// What is written down beside a program.
#[derive(Serialize, Deserialize)]
struct Note {
    /// Of the program.
    digest: String,
    compiling: Cost,
}

impl Candidate {
    /// Compiles it, all that it depends on included, unless what is there is already what cargo would make.
    pub(super) fn build(&self) -> Result<Built> {
        let directory = target().join(self.profile);
        let (binary, note) = (directory.join("ocidian"), directory.join("bench.json"));
        let built = |compiling| Built { name: self.name, binary: binary.clone(), compiling };
        let command = self.command()?;
        if let Some(note) = read(&note) {
            measure::cost(&command)?;
            if digest(&binary)? == note.digest {
                return Ok(built(note.compiling));
            }
        }
        // From nothing: what is half there would be compiled in half the time.
        if directory.exists() {
            fs::remove_dir_all(&directory).with_context(|| directory.display().to_string())?;
        }
        eprintln!("compiling with {}", self.name);
        let compiling = measure::cost(&command).with_context(|| self.name)?;
        let text = serde_json::to_vec(&Note { digest: digest(&binary)?, compiling })?;
        fs::write(&note, text).with_context(|| note.display().to_string())?;
        Ok(built(compiling))
    }

    fn command(&self) -> Result<Command> {
        let mut command = cargo();
        command.args(["build", "--quiet", "--package", "ocidian", "--bin", "ocidian"]);
        command.args(["--profile", self.profile]);
        for setting in self.settings(&packages()?) {
            command.args(["--config", &format!("profile.{}.{setting}", self.profile)]);
        }
        Ok(command)
    }

    /// What cargo is told of the profile. One that differs from the chosen one has no exceptions for `packages`.
    fn settings(&self, packages: &[String]) -> Vec<String> {
        let mut settings = vec!["inherits=\"release\"".to_owned()];
        if !self.differs.is_empty() {
            settings.extend(self.differs.iter().map(|&setting| setting.to_owned()));
            settings.extend(packages.iter().map(|package| format!("package.{package}.opt-level=3")));
        }
        settings
    }
}

/// The packages that the chosen profile makes exceptions for.
fn packages() -> Result<Vec<String>> {
    let path = repository().join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let section =
        text.split("\n[profile.release.package]\n").nth(1).context("no [profile.release.package]")?;
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    Ok(lines.filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect())
}

fn read(note: &Path) -> Option<Note> {
    serde_json::from_slice(&fs::read(note).ok()?).ok()
}

fn digest(binary: &Path) -> Result<String> {
    let bytes = fs::read(binary).with_context(|| binary.display().to_string())?;
    Ok(Digest::sha256(&bytes).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_chosen_one_keeps_its_exceptions() {
        let packages = packages().unwrap();
        assert!(packages.iter().any(|package| package == "clap_builder"), "{packages:?}");
        for candidate in &CANDIDATES {
            let settings = candidate.settings(&packages);
            assert_eq!(settings[0], "inherits=\"release\"");
            let undone = settings.contains(&"package.clap_builder.opt-level=3".to_owned());
            assert_eq!(undone, candidate.name != KEPT, "{settings:?}");
            assert_eq!(settings.len() == 1, candidate.name == KEPT, "{settings:?}");
        }
    }

    #[test]
    fn each_has_a_directory_of_its_own() {
        let mut profiles: Vec<&str> = CANDIDATES.iter().map(|candidate| candidate.profile).collect();
        profiles.sort_unstable();
        profiles.dedup();
        assert_eq!(profiles.len(), CANDIDATES.len());
        // One of them is removed before it is compiled; it must be none that others use.
        assert!(profiles.iter().all(|profile| profile.starts_with("bench-")));
    }
}
