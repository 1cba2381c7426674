//! Programs that do the same, run in turn.
//!
//! Each round runs every program in turn, each with a fresh destination on the same file system:
//! what the machine does meanwhile hits all of them alike, so ratios within a run mean something
//! where seconds do not.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use ocidian_testkit::peers::Peer;
use ocidian_testkit::run;

use super::interrupt;
use super::machine::Machine;
use super::measure::{self, Cost};
use super::place::Place;
use super::report::{Report, Row};

/// A program that does what is measured.
struct Program {
    name: String,
    /// A shell script that is run before, and not measured.
    prepare: Option<String>,
    how: How,
    /// What the destination holds afterwards is its product.
    sized: bool,
}

enum How {
    /// A shell script: `$1` is the input, `$2` where nothing is yet, then the task's own arguments; `$TMPDIR` is on
    /// the same file system and goes with it.
    Shell(String),
    /// Words, without a shell, whose start would be measured too; `$1` and `$2` in them stand for the same.
    Words(Vec<String>),
}

/// What is measured, by those who can do it.
pub(super) struct Task<'a> {
    field: &'a Field,
    name: String,
    n: Option<u64>,
    arguments: Vec<PathBuf>,
    programs: Vec<Program>,
    base: &'a str,
    sized: bool,
}

/// Who takes part, in which version.
pub(super) struct Field {
    ocidian: PathBuf,
    versions: Vec<(String, String)>,
    missing: Vec<String>,
}

impl Field {
    /// Our binary, and of those tools the ones that are here.
    pub(super) fn new(ocidian: &Path, tools: &[&str]) -> Self {
        let mut versions = vec![("ocidian".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
        let mut missing = Vec::new();
        for tool in tools {
            match Peer::find(tool) {
                // Its store needs what ordinary users rarely have.
                Some(_) if *tool == "buildah" && !nix::unistd::geteuid().is_root() => {
                    missing.push("buildah, which is measured as root alone".to_owned());
                }
                Some(peer) => versions.push(((*tool).to_owned(), version(&peer.version))),
                None => missing.push(format!("{tool}, which is not installed")),
            }
        }
        for tool in &missing {
            eprintln!("left out: {tool}");
        }
        Self { ocidian: ocidian.to_owned(), versions, missing }
    }

    /// Whether that tool is here.
    pub(super) fn has(&self, tool: &str) -> bool {
        self.versions.iter().any(|(known, _)| known == tool)
    }

    /// A task without programs yet. Ratios are to the one called `base`, where it is here.
    pub(super) fn task<'a>(&'a self, name: &str, base: &'a str) -> Task<'a> {
        let (name, programs) = (name.to_owned(), Vec::new());
        Task { field: self, name, n: None, arguments: Vec::new(), programs, base, sized: false }
    }

    /// A report without rows yet.
    pub(super) fn report(&self, verb: &str, place: &Place, rounds: usize, quick: bool) -> Result<Report> {
        Ok(Report {
            verb: verb.to_owned(),
            date: run::stdout(Command::new("date").args(["-u", "+%F"]))?.trim().to_owned(),
            machine: Machine::here(),
            place: place.name().to_owned(),
            kind: place.kind().to_owned(),
            rounds,
            quick,
            versions: self.versions.clone(),
            notes: self.missing.iter().map(|tool| format!("Left out: {tool}.")).collect(),
            rows: Vec::new(),
        })
    }
}

/// The number in what a tool says of its version.
fn version(said: &str) -> String {
    let number = said.split_whitespace().find_map(|word| {
        let word = word.trim_start_matches('v').trim_end_matches(',');
        let numeric = word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
        numeric.then(|| word.to_owned())
    });
    number.unwrap_or_else(|| said.to_owned())
}

impl<'a> Task<'a> {
    /// What the scripts find as `$3` and on.
    pub(super) fn arguments(mut self, arguments: &[PathBuf]) -> Self {
        self.arguments = arguments.to_vec();
        self
    }

    /// How much of it there is, where tasks differ by that alone.
    pub(super) fn n(mut self, n: u64) -> Self {
        self.n = Some(n);
        self
    }

    /// What is written counts too.
    pub(super) fn sized(mut self) -> Self {
        self.sized = true;
        self
    }

    /// Ours, with those arguments after `--quiet`.
    pub(super) fn ours(self, name: &str, arguments: &str) -> Self {
        let script = format!("exec '{}' --quiet {arguments}", self.field.ocidian.display());
        self.add(name, How::Shell(script))
    }

    /// A rival, if the tool is here.
    pub(super) fn rival(self, tool: &str, name: &str, script: &str) -> Self {
        if !self.field.has(tool) {
            return self;
        }
        self.add(name, How::Shell(script.to_owned()))
    }

    /// Another program that is always here.
    pub(super) fn other(self, name: &str, script: &str) -> Self {
        self.add(name, How::Shell(script.to_owned()))
    }

    /// Any, if the tool is here, started without a shell.
    pub(super) fn words(self, tool: &str, name: &str, words: &[&str]) -> Self {
        if !self.field.has(tool) {
            return self;
        }
        let ocidian = tool == "ocidian";
        let program = if ocidian { self.field.ocidian.clone() } else { tool.into() };
        self.program(name, &program, words)
    }

    /// A program that is here, started without a shell.
    pub(super) fn program(self, name: &str, program: &Path, words: &[&str]) -> Self {
        let program = program.display().to_string();
        let words = std::iter::once(program).chain(words.iter().map(|&word| word.to_owned()));
        self.add(name, How::Words(words.collect()))
    }

    /// A script that is run before each of the programs so far, with the same arguments, and not measured.
    pub(super) fn prepared(mut self, script: &str) -> Self {
        for program in &mut self.programs {
            program.prepare = Some(script.to_owned());
        }
        self
    }

    fn add(mut self, name: &str, how: How) -> Self {
        let sized = self.sized;
        self.programs.push(Program { name: name.to_owned(), prepare: None, how, sized });
        self
    }

    /// Runs the programs in turn, as many rounds as there are to be, each with a fresh destination; the rows.
    pub(super) fn run(&self, input: &Path, place: &Place, rounds: usize) -> Result<Vec<Row>> {
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); self.programs.len()];
        let mut sizes = vec![None; self.programs.len()];
        for round in 1..=rounds {
            // Many short rounds are told once.
            if round == 1 || rounds <= 10 {
                let who: Vec<&str> = self.programs.iter().map(|program| program.name.as_str()).collect();
                eprintln!("{}: round {round} of {rounds}: {}", self.name, who.join("; "));
            }
            for ((program, costs), size) in self.programs.iter().zip(&mut costs).zip(&mut sizes) {
                costs.push(place.fresh(|destination| {
                    let cost = self.measure(program, input, destination, place)?;
                    if program.sized {
                        *size = Some(bytes_below(destination)?);
                    }
                    Ok(cost)
                })?);
            }
        }
        let mut rows: Vec<Row> = Vec::new();
        for ((program, costs), size) in self.programs.iter().zip(costs).zip(sizes) {
            let mut row = Row::new(&self.name, &program.name, costs);
            (row.size, row.n) = (size, self.n);
            rows.push(row);
        }
        let base = rows.iter().find(|row| row.program == self.base).map(|row| row.median.wall);
        for row in rows.iter_mut().filter(|_| base.is_some()) {
            row.ratio = base.map(|base| (base / row.median.wall * 1e3).round() / 1e3);
            row.base = Some(self.base.to_owned());
        }
        Ok(rows)
    }

    fn measure(&self, program: &Program, input: &Path, destination: &Path, place: &Place) -> Result<Cost> {
        // Temporary files belong on the file system that is measured, not on this machine's disk.
        let beside = destination.parent().context("a parent")?;
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script, "sh"]).arg(input).arg(destination).args(&self.arguments);
            command.env("TMPDIR", beside);
            command
        };
        if let Some(script) = &program.prepare {
            interrupt::stdout(&mut shell(script)).with_context(|| format!("before {}", program.name))?;
        }
        place.settle()?;
        let command = match &program.how {
            How::Shell(script) => shell(script),
            How::Words(words) => {
                let (input, destination) = (input.display().to_string(), destination.display().to_string());
                let mut words =
                    words.iter().map(|word| word.replace("$1", &input).replace("$2", &destination));
                let mut command = Command::new(words.next().unwrap_or_default());
                command.args(words).env("TMPDIR", beside);
                command
            }
        };
        measure::cost(&command).with_context(|| format!("{}: {}", self.name, program.name))
    }
}

/// What the regular files below a path hold; nothing where nothing is.
pub(super) fn bytes_below(path: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in walkdir::WalkDir::new(path).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_file() {
            sum += entry.metadata()?.len();
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_the_number_that_a_tool_says() {
        for (said, number) in [
            ("*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***", "1.5.4"),
            ("buildah version 1.28.2 (image-spec 1.1.0-rc2, runtime-spec 1.0.2-dev)", "1.28.2"),
            ("umoci version 0.4.7+ds-3+b7", "0.4.7+ds-3+b7"),
            ("tar (GNU tar) 1.34", "1.34"),
            ("no number", "no number"),
        ] {
            assert_eq!(version(said), number);
        }
    }
}
