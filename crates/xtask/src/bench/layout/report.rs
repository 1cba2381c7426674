//! The result as one table, in milliseconds, and as JSON.

use anyhow::Result;
use serde::Serialize;

use super::super::measure::Cost;
use super::super::report::{Line, machine};

/// Everything that was measured, and where.
#[derive(Serialize)]
pub(super) struct Report {
    machine: String,
    place: String,
    rounds: usize,
    versions: Vec<(String, String)>,
    lines: Vec<Line>,
}

impl Report {
    /// An empty one.
    pub(super) fn new(place: &str, rounds: usize, versions: Vec<(String, String)>) -> Self {
        Self { machine: machine(), place: place.to_owned(), rounds, versions, lines: Vec::new() }
    }

    /// Takes in what each program's rounds of a task cost.
    pub(super) fn add<'a>(&mut self, task: &str, costs: impl Iterator<Item = (&'a str, Vec<Cost>)>) {
        self.lines.extend(costs.map(|(program, rounds)| Line::new(task, program, rounds)));
    }

    /// Prints it.
    pub(super) fn print(&self) {
        println!("{}; on {}; medians of {}", self.machine, self.place, self.rounds);
        for (name, version) in &self.versions {
            println!("  {name:<8} {version}");
        }
        println!("\n| task | program | wall ms | CPU ms | peak MB |");
        println!("| --- | --- | ---: | ---: | ---: |");
        let mut before = "";
        for line in &self.lines {
            let task = if line.image == before { "" } else { &line.image };
            let Cost { wall, user, system, peak } = line.median;
            let (wall, cpu) = (wall * 1e3, (user + system) * 1e3);
            println!("| {task} | {} | {wall:.0} | {cpu:.0} | {:.1} |", line.program, peak as f64 / 1e6);
            before = &line.image;
        }
    }

    /// All of it.
    pub(super) fn json(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }
}
