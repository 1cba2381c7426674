//! Programs that do the same, measured in turn, as one table and as JSON: what the benchmarks share that have no image a
//! row.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use ocidian_testkit::peers::Peer;
use serde::Serialize;

use super::measure::{self, Cost};
use super::place::Place;
use super::report::{Line, machine};

/// A program that does what is measured.
pub(super) struct Program {
    name: String,
    /// A shell script: `$1` is the input, `$2` where nothing is yet.
    script: String,
}

/// What is measured, by those who can do it.
pub(super) struct Task {
    name: String,
    programs: Vec<Program>,
    /// Who the ratios are to.
    base: Option<String>,
}

/// Who takes part, in which version.
pub(super) struct Field {
    ocidian: String,
    versions: Vec<(String, String)>,
}

impl Field {
    /// Our binary, and of those tools the ones that are here.
    pub(super) fn new(ocidian: &Path, tools: &[&str]) -> Self {
        let mut versions = vec![("ocidian".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
        for tool in tools {
            match Peer::find(tool) {
                Some(peer) => versions.push(((*tool).to_owned(), peer.version)),
                None => eprintln!("{tool} is not here, so it is not measured"),
            }
        }
        Self { ocidian: ocidian.display().to_string(), versions }
    }

    /// A task: names and arguments of ours, then for each rival its tool, its name and its script. Ratios are to
    /// the rival called `base`, where it is here.
    pub(super) fn task(
        &self,
        name: &str,
        ours: &[(&str, &str)],
        theirs: &[(&str, &str, &str)],
        base: &str,
    ) -> Task {
        let here = |tool: &str| self.versions.iter().any(|(known, _)| known == tool);
        let own = ours.iter().map(|(name, arguments)| Program {
            name: (*name).to_owned(),
            script: format!("exec '{}' --quiet {arguments}", self.ocidian),
        });
        let others = theirs.iter().filter(|(tool, ..)| here(tool));
        let others = others
            .map(|(_, name, script)| Program { name: (*name).to_owned(), script: (*script).to_owned() });
        let programs: Vec<Program> = own.chain(others).collect();
        let base = programs.iter().find(|program| program.name == base).map(|program| program.name.clone());
        Task { name: name.to_owned(), programs, base }
    }
}

impl Program {
    fn measure(&self, input: &Path, destination: &Path) -> Result<Cost> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.script, "sh"]).arg(input).arg(destination);
        measure::cost(&command).with_context(|| self.name.clone())
    }
}

/// Everything that was measured, and where.
#[derive(Serialize)]
pub(super) struct Report {
    machine: String,
    place: String,
    rounds: usize,
    versions: Vec<(String, String)>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    line: Line,
    /// Bytes that were written, in files.
    size: u64,
    /// How many times as fast as the task's base.
    ratio: Option<f64>,
}

impl Report {
    /// An empty one.
    pub(super) fn new(place: &Place, rounds: usize, field: &Field) -> Result<Self> {
        if rounds == 0 {
            bail!("no rounds, no result");
        }
        let (machine, place, versions) = (machine(), place.name().to_owned(), field.versions.clone());
        Ok(Self { machine, place, rounds, versions, rows: Vec::new() })
    }

    /// Runs a task's programs in turn, as many rounds as there are to be, each with a fresh destination.
    pub(super) fn run(&mut self, task: &Task, input: &Path, place: &Place) -> Result<()> {
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); task.programs.len()];
        let mut sizes = vec![0; task.programs.len()];
        for round in 1..=self.rounds {
            for ((program, costs), size) in task.programs.iter().zip(&mut costs).zip(&mut sizes) {
                eprintln!("{}: round {round} of {}: {}", task.name, self.rounds, program.name);
                costs.push(place.fresh(|destination| {
                    let cost = program.measure(input, destination)?;
                    *size = bytes_below(destination)?;
                    Ok(cost)
                })?);
            }
        }
        let lines = task.programs.iter().zip(costs);
        let lines: Vec<Line> =
            lines.map(|(program, costs)| Line::new(&task.name, &program.name, costs)).collect();
        let base = lines.iter().find(|line| Some(&line.program) == task.base.as_ref());
        let base = base.map(|line| line.median.wall);
        self.rows.extend(lines.into_iter().zip(sizes).map(|(line, size)| {
            let ratio = base.map(|base| base / line.median.wall);
            Row { line, size, ratio }
        }));
        Ok(())
    }

    /// Prints it, and writes the JSON where it is asked for.
    pub(super) fn publish(&self, json: Option<&Path>) -> Result<()> {
        println!("{}; on {}; medians of {}", self.machine, self.place, self.rounds);
        for (name, version) in &self.versions {
            println!("  {name:<14} {version}");
        }
        let sized = self.rows.iter().any(|row| row.size > 0);
        println!(
            "\n| task | program | wall ms | CPU ms | peak MB |{} ratio |",
            if sized { " size MB |" } else { "" }
        );
        println!("| --- | --- | ---: | ---: | ---: |{} ---: |", if sized { " ---: |" } else { "" });
        let mut before = "";
        for row in &self.rows {
            let line = &row.line;
            let task = if line.image == before { "" } else { &line.image };
            let Cost { wall, user, system, peak } = line.median;
            let (wall, cpu, peak) = (wall * 1e3, (user + system) * 1e3, peak as f64 / 1e6);
            let size = if sized { format!(" {:.1} |", row.size as f64 / 1e6) } else { String::new() };
            let ratio = row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
            println!("| {task} | {} | {wall:.0} | {cpu:.0} | {peak:.1} |{size} {ratio} |", line.program);
            before = &line.image;
        }
        let Some(path) = json else { return Ok(()) };
        std::fs::write(path, serde_json::to_vec_pretty(self)?).with_context(|| path.display().to_string())
    }
}

/// What the regular files below a path hold; nothing where nothing is.
fn bytes_below(path: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in walkdir::WalkDir::new(path).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_file() {
            sum += entry.metadata()?.len();
        }
    }
    Ok(sum)
}
