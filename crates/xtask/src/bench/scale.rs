//! `cargo xtask bench scale`: how time and memory grow with layers, entries, bytes and images.
//!
//! Ocidian alone. Time is to grow no faster than n log n, memory by no more than 64 bytes an entry.

mod fit;
mod make;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::slice;

use anyhow::{Context as _, Result, ensure};
use ocidian_testkit::run;

use super::goals::Verdict;
use super::layout;
use super::race::Field;
use super::report::{Report, Row};
use super::{Bench, interrupt};
pub(crate) use fit::Series;

/// What grows, and where it is measured.
pub(crate) struct Scale {
    /// The rows' task, and the name of the plot.
    pub(crate) task: &'static str,
    points: &'static [u64],
    /// From here on one round is enough, and all that there is patience for.
    long: u64,
}

/// What the peak of a program may be, in bytes: so much, and so much an entry.
const UNPACK: (f64, f64) = (24e6, 64.0);
const BUILD: (f64, f64) = (64e6, 64.0);

/// All that grows.
pub(crate) const SCALES: [Scale; 4] = [
    Scale { task: "layers", points: &[10, 20, 50, 100], long: u64::MAX },
    Scale { task: "entries", points: &[1_000, 10_000, 100_000, 1_000_000], long: 1_000_000 },
    Scale {
        task: "bytes",
        points: &[10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000],
        long: 10_000_000_000,
    },
    Scale { task: "images", points: &[1, 10, 100, 1_000, 10_000], long: u64::MAX },
];

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let field = Field::new(&bench.binary, &[]);
    let mut report = field.report("scale", &bench.place, bench.rounds, bench.quick)?;
    for Scale { task, points, long } in &SCALES {
        let points = if bench.quick { &points[..points.len() - 2] } else { points };
        let mut all: Vec<Row> = Vec::new();
        for &n in points {
            let rounds = if n >= *long { 1 } else { bench.rounds };
            let point = Point { bench, field: &field, task, n, rounds };
            let (rows, note) = match *task {
                "layers" => point.layers(),
                "entries" => point.tree(n + make::directories(n), |tree| make::files(tree, n), true),
                "bytes" => point.bytes(),
                _ => point.images(),
            }
            .with_context(|| format!("{n} {task}"))?;
            all.extend(rows);
            report.notes.extend(note);
            interrupt::check()?;
        }
        // A program after the other, each growing.
        all.sort_by(|a, b| a.program.cmp(&b.program));
        report.rows.extend(all);
    }
    report.notes.push("Each tree had as many entries and bytes after unpacking as were put in.".to_owned());
    Ok(report)
}

/// One size of one scale.
struct Point<'a> {
    bench: &'a Bench,
    field: &'a Field,
    task: &'a str,
    n: u64,
    rounds: usize,
}

type Measured = (Vec<Row>, Option<String>);

impl Point<'_> {
    /// Layers of 200 files, each of which hides and replaces some of the one below.
    fn layers(&self) -> Result<Measured> {
        let layout = self.bench.place.keep("layout")?;
        let entries = make::layers(&layout.path, self.n)?;
        Ok((self.unpack(&layout.path, Some(entries))?, None))
    }

    fn bytes(&self) -> Result<Measured> {
        // A tree and what is made of it, and as much again for what else is going on here.
        let fits = self.bench.place.room()? > self.n + self.n / 4;
        let (rows, _) = self.tree(make::pieces(self.n), |tree| make::bytes(tree, self.n, fits), fits)?;
        let note = format!(
            "There is no room here for {} GB: they were built from sparse files and validated, not unpacked.",
            self.n / 1_000_000_000
        );
        Ok((rows, (!fits).then_some(note)))
    }

    /// A tree to an image, the image validated and unpacked again.
    fn tree(&self, entries: u64, make: impl FnOnce(&Path) -> Result<()>, unpacked: bool) -> Result<Measured> {
        let (tree, layout) = (self.bench.place.keep("tree")?, self.bench.place.keep("layout")?);
        eprintln!("making {} {}", self.n, self.task);
        make(&tree.path)?;
        let task = self.field.task(self.task, "").n(self.n).arguments(slice::from_ref(&layout.path));
        let task = task.ours("build", "build \"$1\" -t \"oci:$3:latest\"").prepared("rm -rf \"$3\"");
        let mut rows = task.run(&tree.path, &self.bench.place, self.rounds)?;
        drop(tree);
        rows.extend(self.unpack(&layout.path, unpacked.then_some(entries + 1))?);
        Ok((rows, None))
    }

    /// Validates an image, and unpacks it if it is said how many entries must come of it, the root included.
    fn unpack(&self, layout: &Path, entries: Option<u64>) -> Result<Vec<Row>> {
        let bundle = self.bench.place.keep("bundle")?;
        let task = self.field.task(self.task, "").n(self.n).arguments(slice::from_ref(&bundle.path));
        let task = task.ours("validate", "validate \"oci:$1:latest\"");
        let Some(entries) = entries else { return task.run(layout, &self.bench.place, self.rounds) };
        let task = task.ours("unpack", "unpack \"oci:$1:latest\" \"$3\"").prepared("rm -rf \"$3\"");
        let rows = task.run(layout, &self.bench.place, self.rounds)?;
        let found = walkdir::WalkDir::new(bundle.path.join("rootfs")).into_iter().count() as u64;
        ensure!(found == entries, "{found} entries came of {entries}");
        if self.task == "bytes" {
            let bytes = super::race::bytes_below(&bundle.path.join("rootfs"))?;
            ensure!(bytes == self.n, "{bytes} bytes came of {}", self.n);
        }
        Ok(rows)
    }

    /// A layout of so many images, and the verbs that read documents.
    fn images(&self) -> Result<Measured> {
        let layout = self.bench.place.keep("layout")?;
        eprintln!("making a layout of {} images", self.n);
        layout::make::layout(&layout.path, self.n)?;
        let task = self.field.task(self.task, "").n(self.n);
        let task = task
            .ours("ls --names", "ls --names \"$1\"")
            .ours("ls", "ls \"$1\"")
            .ours("inspect", "inspect \"oci:$1:v0\"")
            .ours("tag", "tag \"oci:$1:v0\" v0")
            .ours("gc --dry-run", "gc --dry-run --grace 0 \"$1\"");
        // It may have had enough of so many: that is said, and the others are measured.
        let mut validate = Command::new(&self.bench.binary);
        validate.args(["--quiet", "validate", "--depth", "documents"]).arg(&layout.path);
        let verdict = run::output(&mut validate)?;
        let said = [verdict.stdout, verdict.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let (task, note) = if verdict.status.success() {
            (task.ours("validate --depth documents", "validate --depth documents \"$1\""), None)
        } else {
            let line = said.lines().map(str::trim).find(|line| line.contains("error")).unwrap_or_default();
            let layout = layout.path.display().to_string();
            let line = line.replace(&layout, "the layout");
            (task, Some(format!("`validate --depth documents` fails on {} images: {line}", self.n)))
        };
        Ok((task.run(&layout.path, &self.bench.place, self.rounds)?, note))
    }
}

/// The series of a scale, one a program.
pub(crate) fn series(report: &Report, task: &str) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for row in report.rows.iter().filter(|row| row.task == task) {
        let Some(n) = row.n else { continue };
        let point = (n, row.median.wall, row.median.peak);
        match all.iter_mut().find(|series| series.program == row.program) {
            Some(series) => series.points.push(point),
            None => all.push(Series { program: row.program.clone(), points: vec![point] }),
        }
    }
    all
}

/// The most memory that a program may take for so much of a scale; nothing where no bound is set.
pub(crate) fn bound(task: &str, program: &str, n: u64) -> Option<u64> {
    let (fixed, each) = match (task, program) {
        ("images", _) => return None,
        (_, "build") => BUILD,
        _ => UNPACK,
    };
    // Of the other scales the largest layer has a few hundred entries.
    let entries = if task == "entries" { n + make::directories(n) } else { 0 };
    Some((fixed + each * entries as f64) as u64)
}

/// Whether time grows no faster than n log n, and memory stays within its bound.
pub(super) fn judge(report: &Report) -> Vec<Verdict> {
    if report.verb != "scale" {
        return Vec::new();
    }
    let mut verdicts = Vec::new();
    for Scale { task, .. } in &SCALES {
        for series in series(report, task) {
            let verdict = |goal: String, found: Option<String>, met| Verdict {
                verb: report.verb.clone(),
                task: (*task).to_owned(),
                program: series.program.clone(),
                goal,
                found,
                met,
            };
            if let Some(exponent) = series.exponent() {
                let found = Some(format!("n^{exponent:.2}"));
                verdicts.push(verdict("no worse than n log n".to_owned(), found, series.at_most_n_log_n()));
            }
            let bounded = series.points.iter().filter_map(|(n, _, peak)| {
                let bound = bound(task, &series.program, *n)?;
                Some((*peak as f64 / bound as f64, *peak, bound))
            });
            if let Some((_, peak, bound)) = bounded.max_by(|a, b| a.0.total_cmp(&b.0)) {
                let goal = format!("{:.0} MB of memory", bound as f64 / 1e6);
                verdicts.push(verdict(goal, Some(format!("{:.1} MB", peak as f64 / 1e6)), peak <= bound));
            }
        }
    }
    verdicts
}

/// Where the plot of a scale is, beside the page.
pub(crate) fn plot_name(task: &str) -> PathBuf {
    PathBuf::from(format!("scale-{task}.svg"))
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::report;
    use super::*;

    #[test]
    fn growth_and_memory_are_judged() {
        let mut found = report(
            "scale",
            &[
                ("entries", "unpack", 0.1, 24_500_000),
                ("entries", "unpack", 1.0, 30_000_000),
                ("entries", "unpack", 10.0, 95_000_000),
                ("images", "ls", 0.1, 1 << 40),
                ("images", "ls", 10.0, 1 << 40),
            ],
        );
        for (row, n) in found.rows.iter_mut().zip([10_000, 100_000, 1_000_000, 10, 100]) {
            row.n = Some(n);
        }
        let words: Vec<(String, bool)> = judge(&found)
            .into_iter()
            .map(|v| (format!("{} {}: {}", v.program, v.goal, v.found.unwrap()), v.met))
            .collect();
        assert_eq!(
            words,
            [
                ("unpack no worse than n log n: n^1.00".to_owned(), true),
                ("unpack 89 MB of memory: 95.0 MB".to_owned(), false),
                ("ls no worse than n log n: n^2.00".to_owned(), false),
            ]
        );
    }
}
