//! The result as a table for people and as JSON.

use anyhow::Result;
use serde::Serialize;

use super::measure::Cost;
use super::programs::{FAIR, Program};

/// Everything that was measured, and where.
#[derive(Serialize)]
pub(crate) struct Report {
    machine: String,
    place: String,
    rounds: usize,
    versions: Vec<(String, String)>,
    lines: Vec<Line>,
}

/// One program on one image.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(super) image: String,
    pub(super) program: String,
    /// Medians.
    pub(super) median: Cost,
    /// The fastest round's wall seconds.
    best: f64,
    rounds: Vec<Cost>,
}

impl Line {
    /// Of all rounds.
    pub(crate) fn new(image: &str, program: &str, rounds: Vec<Cost>) -> Self {
        let median = Cost {
            wall: median(&rounds, |cost| cost.wall),
            user: median(&rounds, |cost| cost.user),
            system: median(&rounds, |cost| cost.system),
            peak: median(&rounds, |cost| cost.peak as f64) as u64,
        };
        let best = rounds.iter().map(|cost| cost.wall).fold(f64::INFINITY, f64::min);
        Self { image: image.to_owned(), program: program.to_owned(), median, best, rounds }
    }
}

fn median(costs: &[Cost], value: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

impl Report {
    /// An empty one.
    pub(crate) fn new(place: &str, rounds: usize, programs: &[Program]) -> Self {
        let machine = machine();
        println!("{machine}; on {place}; medians of {rounds}");
        let versions: Vec<_> = programs.iter().map(|p| (p.name.to_owned(), p.version.clone())).collect();
        for (name, version) in &versions {
            println!("  {name:<18} {version}");
        }
        Self { machine, place: place.to_owned(), rounds, versions, lines: Vec::new() }
    }

    /// Takes in a line.
    pub(crate) fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Prints the lines about an image. Ratios above 1 are faster than umoci's raw unpack, or than
    /// the last program's where umoci did not run.
    pub(crate) fn print_image(&self, image: &str) {
        let lines: Vec<&Line> = self.lines.iter().filter(|line| line.image == image).collect();
        let Some(base) = lines.iter().find(|line| line.program == FAIR).or(lines.last()) else { return };
        println!("| {image} | wall s | CPU s | peak MB | times {} |", base.program);
        println!("| --- | ---: | ---: | ---: | ---: |");
        for line in &lines {
            let Cost { wall, user, system, peak } = line.median;
            println!(
                "| {} | {wall:.2} | {:.2} | {:.1} | {:.2} |",
                line.program,
                user + system,
                peak as f64 / 1e6,
                base.median.wall / wall
            );
        }
    }

    /// All of it.
    pub(crate) fn json(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }
}

/// The machine, in a line.
pub(super) fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores of {}, Linux {}", model.trim_start_matches([' ', '\t', ':']), kernel.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        let cost = |wall| Cost { wall, user: 0.0, system: 0.0, peak: 0 };
        for (walls, expected) in
            [(&[3.0, 1.0, 2.0][..], 2.0), (&[4.0, 1.0, 2.0, 3.0][..], 2.5), (&[7.0], 7.0)]
        {
            let line = Line::new("i", "p", walls.iter().copied().map(cost).collect());
            assert!((line.median.wall - expected).abs() < 1e-9, "{walls:?}");
        }
    }
}
