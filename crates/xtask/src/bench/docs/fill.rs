//! Templates: text with places in double braces.
//!
//! - `{{? STEM}}` … `{{.}}`: only if that report is stored; `{{? STEM/TASK/PROGRAM}}`: only if it has that row.
//! - `{{about STEM}}`: the machine, the place, the versions, and what was checked.
//! - `{{table STEM}}`, `{{table STEM/TASK}}`: rows.
//! - `{{across STEM: TASK WHAT; TASK WHAT}}`: a line for each program, a column for each of these figures.
//! - `{{goals}}`: every goal. `{{met}}`: how many of those that were measured are met.
//! - `{{STEM/TASK/PROGRAM/WHAT}}`: a figure. WHAT is `wall`, `cpu`, `peak`, `size`, each with its unit; `ratio`, to the
//!   task's base; or `times PROGRAM`, how many times as fast as that one.
//! - `{{fit TASK/PROGRAM}}`: the exponent of growth. `{{first TASK/PROGRAM/WHAT}}`, `{{last …}}`: figures at the ends.
//!
//! What a stored report does not have is `(not measured)`; what is no place at all is an error.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};

use super::super::goals::{self, Verdict};
use super::super::report::{Report, Row};
use super::super::{scale, table};
use super::Stored;

const ABSENT: &str = "(not measured)";

/// The text with all places filled.
pub(super) fn fill(template: &str, stored: &Stored) -> Result<String> {
    let mut out = String::new();
    let mut rest = template;
    let mut hidden = false;
    while let Some((before, after)) = rest.split_once("{{") {
        let (place, after) = after.split_once("}}").context("a place without an end")?;
        if !hidden {
            out.push_str(before);
        }
        rest = after;
        let block = place == "." || place.starts_with("? ");
        if block {
            hidden = place.strip_prefix("? ").is_some_and(|what| !has(stored, what));
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        } else if !hidden {
            out.push_str(&value(place, stored).with_context(|| format!("{{{{{place}}}}}"))?);
        }
    }
    if hidden {
        bail!("a block without an end");
    }
    out.push_str(rest);
    Ok(out)
}

/// Whether there is such a report, or such a row in it.
fn has(stored: &Stored, what: &str) -> bool {
    let mut parts = what.splitn(3, '/');
    let Some(report) = parts.next().and_then(|stem| stored.get(stem)) else { return false };
    match (parts.next(), parts.next()) {
        (Some(task), Some(program)) => report.row(task, program).is_some(),
        _ => true,
    }
}

fn value(place: &str, stored: &Stored) -> Result<String> {
    let absent = || ABSENT.to_owned();
    let (word, argument) = place.split_once(' ').unwrap_or((place, ""));
    Ok(match word {
        "about" => stored.get(argument).map_or_else(absent, about),
        "table" => {
            let (stem, task) = argument.split_once('/').unwrap_or((argument, ""));
            let rows = |report: &Report| table::rows(report, |row| task.is_empty() || row.task == task);
            stored.get(stem).map_or_else(absent, |report| rows(report).trim_end().to_owned())
        }
        "across" => {
            let (stem, columns) = argument.split_once(": ").context("STEM: TASK WHAT; TASK WHAT")?;
            let columns: Option<Vec<_>> = columns.split("; ").map(|column| column.rsplit_once(' ')).collect();
            let columns = columns.context("TASK WHAT")?;
            stored.get(stem).map_or_else(|| Ok(absent()), |report| across(report, &columns))?
        }
        "goals" => table::verdicts(verdicts(stored).iter()).trim_end().to_owned(),
        "met" => {
            let verdicts = verdicts(stored);
            let measured = verdicts.iter().filter(|verdict| verdict.found.is_some()).count();
            format!("{} of {measured}", verdicts.iter().filter(|verdict| verdict.met).count())
        }
        "fit" => {
            let (task, program) = argument.split_once('/').context("TASK/PROGRAM")?;
            let series = stored.get("scale").map(|report| scale::series(report, task)).unwrap_or_default();
            let series = series.iter().find(|series| series.program == program);
            series
                .and_then(|series| series.exponent())
                .map_or_else(absent, |exponent| format!("n^{exponent:.2}"))
        }
        "first" | "last" => {
            let (task, rest) = argument.split_once('/').context("TASK/PROGRAM/WHAT")?;
            let (program, what) = rest.split_once('/').context("TASK/PROGRAM/WHAT")?;
            let Some(report) = stored.get("scale") else { return Ok(absent()) };
            let mut rows = report.rows.iter().filter(|row| row.task == task && row.program == program);
            let row = if word == "first" { rows.next() } else { rows.next_back() };
            row.map_or_else(|| Ok(absent()), |row| figure(report, row, what))?
        }
        _ => {
            let parts: Vec<&str> = place.split('/').collect();
            let [stem, task, program, what] = parts[..] else { bail!("there is no such place") };
            let Some(report) = stored.get(stem) else { return Ok(absent()) };
            report.row(task, program).map_or_else(|| Ok(absent()), |row| figure(report, row, what))?
        }
    })
}

/// A line for each program, of figures that each name a task and what of it.
fn across(report: &Report, columns: &[(&str, &str)]) -> Result<String> {
    let mut programs: Vec<&str> = Vec::new();
    for row in &report.rows {
        if !programs.contains(&row.program.as_str()) {
            programs.push(&row.program);
        }
    }
    let title = |&(task, what): &(&str, &str)| match what {
        "cpu" => format!("{task}, CPU"),
        _ => task.to_owned(),
    };
    let mut out = table::line(std::iter::once(String::new()).chain(columns.iter().map(title)));
    let rule = std::iter::once("---").chain(columns.iter().map(|_| "---:"));
    out.push_str(&table::line(rule.map(str::to_owned)));
    for program in programs {
        let mut cells = vec![program.to_owned()];
        for (task, what) in columns {
            let row = report.row(task, program);
            cells.push(row.map_or_else(|| Ok(String::new()), |row| figure(report, row, what))?);
        }
        out.push_str(&table::line(cells.into_iter()));
    }
    Ok(out.trim_end().to_owned())
}

fn figure(report: &Report, row: &Row, what: &str) -> Result<String> {
    let seconds = |seconds: f64| {
        if seconds < 1.0 { format!("{} ms", table::milliseconds(seconds)) } else { format!("{seconds:.2} s") }
    };
    let times = |ratio: Option<f64>| ratio.map_or_else(|| ABSENT.to_owned(), |ratio| format!("{ratio:.1}"));
    Ok(match what.split_once(' ') {
        None if what == "wall" => seconds(row.median.wall),
        None if what == "cpu" => seconds(row.median.cpu()),
        None if what == "peak" => format!("{} MB", table::megabytes(row.median.peak)),
        None if what == "size" => {
            row.size.map_or_else(|| ABSENT.to_owned(), |size| format!("{} MB", table::megabytes(size)))
        }
        None if what == "ratio" => times(row.ratio),
        Some(("times", other)) => {
            times(report.row(&row.task, other).map(|other| other.median.wall / row.median.wall))
        }
        _ => bail!("{what} is nothing that was measured"),
    })
}

fn about(report: &Report) -> String {
    let versions: Vec<String> =
        report.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let Report { verb, date, place, rounds, notes, .. } = report;
    let option = match report.kind.as_str() {
        "tmpfs" => "",
        _ => " --ext4",
    };
    let quick = if report.quick { " --quick" } else { "" };
    let mut out = format!(
        "Output of `cargo xtask bench {verb}{option}{quick}` of {date}, on {}: {place}, whole processes in turn, medians \
         of {rounds}. {}.\n",
        report.machine.line(),
        versions.join(", ")
    );
    for note in notes {
        let _ = write!(out, "\n- {note}");
    }
    out.trim_end().to_owned()
}

fn verdicts(stored: &Stored) -> Vec<Verdict> {
    stored.values().flat_map(goals::judge).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::report::tests::report;
    use super::*;

    fn stored() -> Stored {
        let unpack = report(
            "unpack",
            &[("debian", "ocidian unpack", 0.25, 11_000_000), ("debian", "zcat | tar", 1.5, 0)],
        );
        Stored::from([("unpack".to_owned(), unpack)])
    }

    #[test]
    fn places_are_filled_from_what_is_stored() {
        for (template, text) in [
            ("{{unpack/debian/ocidian unpack/wall}}", "250 ms"),
            ("{{unpack/debian/zcat | tar/wall}}", "1.50 s"),
            ("{{unpack/debian/ocidian unpack/peak}} at most", "11.0 MB at most"),
            ("{{unpack/debian/ocidian unpack/times zcat | tar}}", "6.0"),
            ("{{unpack/multi/ocidian unpack/wall}}", ABSENT),
            ("{{build/gzip/ocidian build/wall}}", ABSENT),
            ("{{fit entries/unpack}}", ABSENT),
            ("{{across build: gzip size}}", ABSENT),
            (
                "{{across unpack: debian wall; multi wall; debian peak}}",
                "|  | debian | multi | debian |\n| --- | ---: | ---: | ---: |\n\
                 | ocidian unpack | 250 ms |  | 11.0 MB |\n| zcat \\| tar | 1.50 s |  | 0.0 MB |",
            ),
            ("a\n{{? build}}\nno {{build/a/b/wall}}\n{{.}}\nb{{? unpack}} c{{.}}", "a\nb c"),
            ("{{? unpack/debian/zcat | tar}}a{{.}}{{? unpack/debian/ocidian}}b{{.}}", "a"),
        ] {
            assert_eq!(fill(template, &stored()).unwrap(), text, "{template}");
        }
    }

    #[test]
    fn what_is_no_place_is_an_error() {
        for template in [
            "{{",
            "{{unpack}}",
            "{{unpack/debian/ocidian unpack/speed}}",
            "{{across unpack}}",
            "{{across unpack: debian}}",
            "{{across unpack: debian speed}}",
            "{{? no}} never ends",
        ] {
            assert!(fill(template, &stored()).is_err(), "{template}");
        }
    }

    #[test]
    fn a_page_says_where_its_figures_are_from() {
        let text = fill("{{about unpack}}", &stored()).unwrap();
        assert!(
            text.starts_with("Output of `cargo xtask bench unpack` of 2026-01-02, on 2 cores of a test"),
            "{text}"
        );
    }
}
