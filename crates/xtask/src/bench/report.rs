//! What a benchmark found: one shape for all of them, as JSON and, from that alone, as tables.

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::measure::Cost;

/// Everything that one verb measured, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    /// As on the command line.
    pub(crate) verb: String,
    /// The day, as `2026-11-21`.
    pub(crate) date: String,
    pub(crate) machine: Machine,
    /// The file system, as people call it.
    pub(crate) place: String,
    /// The file system's type: goals are for `tmpfs`.
    pub(crate) kind: String,
    /// How often each program ran, unless a row says otherwise.
    pub(crate) rounds: usize,
    /// Whether only the smallest was measured.
    pub(crate) quick: bool,
    /// Who took part, in which version.
    pub(crate) versions: Vec<(String, String)>,
    /// What was checked before anything was timed, and what could not be measured.
    pub(crate) notes: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// One program at one task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) task: String,
    pub(crate) program: String,
    /// How much of it there was, where tasks differ by that alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) n: Option<u64>,
    /// Of all rounds.
    pub(crate) median: Cost,
    /// The fastest round's wall seconds.
    pub(crate) best: f64,
    /// Bytes that were written, in files, where that says anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    /// How many times as fast as the task's base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ratio: Option<f64>,
    /// The base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<String>,
    /// Each round's.
    pub(crate) rounds: Vec<Cost>,
}

impl Row {
    /// Of all rounds.
    pub(crate) fn new(task: &str, program: &str, rounds: Vec<Cost>) -> Self {
        let median = Cost {
            wall: median(&rounds, |cost| cost.wall),
            user: median(&rounds, |cost| cost.user),
            system: median(&rounds, |cost| cost.system),
            peak: median(&rounds, |cost| cost.peak as f64) as u64,
        };
        let best = rounds.iter().map(|cost| cost.wall).fold(f64::INFINITY, f64::min);
        let (task, program) = (task.to_owned(), program.to_owned());
        Self { task, program, n: None, median, best, size: None, ratio: None, base: None, rounds }
    }
}

impl Report {
    /// The row of that task and program.
    pub(crate) fn row(&self, task: &str, program: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.task == task && row.program == program)
    }

    /// The tasks in their order, each once.
    pub(crate) fn tasks(&self) -> Vec<&str> {
        let mut tasks: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !tasks.contains(&row.task.as_str()) {
                tasks.push(&row.task);
            }
        }
        tasks
    }

    /// Where it is kept for the documents: the verb, and the file system where that is not a tmpfs.
    pub(crate) fn stem(&self) -> String {
        stem(&self.verb, &self.kind)
    }
}

/// What a verb's report of a file system of that type is kept as.
pub(crate) fn stem(verb: &str, kind: &str) -> String {
    if kind == "tmpfs" { verb.to_owned() } else { format!("{verb}-{kind}") }
}

pub(crate) fn median(costs: &[Cost], value: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let middle = match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    };
    (middle * 1e6).round() / 1e6
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A report of rows with a task, a program, wall seconds, as many of a processor, and peak bytes.
    pub(crate) fn report(verb: &str, rows: &[(&str, &str, f64, u64)]) -> Report {
        let row = |(task, program, wall, peak): &(&str, &str, f64, u64)| {
            Row::new(task, program, vec![Cost { wall: *wall, user: *wall, system: 0.0, peak: *peak }])
        };
        Report {
            verb: verb.to_owned(),
            date: "2026-01-02".to_owned(),
            machine: Machine {
                cores: 2,
                model: "a test".to_owned(),
                sha: true,
                memory: 1 << 34,
                kernel: "6.1".to_owned(),
            },
            place: "tmpfs".to_owned(),
            kind: "tmpfs".to_owned(),
            rounds: 1,
            quick: false,
            versions: vec![("ocidian".to_owned(), "0.1.0".to_owned())],
            notes: Vec::new(),
            rows: rows.iter().map(row).collect(),
        }
    }

    #[test]
    fn the_median_is_the_middle() {
        let cost = |wall| Cost { wall, user: 0.0, system: 0.0, peak: 0 };
        for (walls, expected) in
            [(&[3.0, 1.0, 2.0][..], 2.0), (&[4.0, 1.0, 2.0, 3.0][..], 2.5), (&[7.0], 7.0)]
        {
            let row = Row::new("t", "p", walls.iter().copied().map(cost).collect());
            assert!((row.median.wall - expected).abs() < 1e-9, "{walls:?}");
        }
    }

    #[test]
    fn json_comes_back_as_it_went() {
        let before = report("unpack", &[("debian", "ocidian unpack", 0.25, 1 << 20)]);
        let text = serde_json::to_string(&before).unwrap();
        let after: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&after).unwrap(), text);
        assert_eq!(after.stem(), "unpack");
    }
}
