//! A report's rows as a Markdown table: the same for the terminal and for the documents.

use std::fmt::Write as _;

use super::goals::{self, Verdict};
use super::measure::Cost;
use super::report::{Report, Row};

/// The rows of the tasks that `wanted` takes.
pub(crate) fn rows(report: &Report, wanted: impl Fn(&Row) -> bool) -> String {
    let verdicts = goals::judge(report);
    let rows: Vec<&Row> = report.rows.iter().filter(|row| wanted(row)).collect();
    let sized = rows.iter().any(|row| row.size.is_some());
    let counted = rows.iter().any(|row| row.n.is_some());
    let compared = rows.iter().any(|row| row.ratio.is_some());
    let goal = |row: &Row| {
        // What is asked of growth is asked of no single row.
        if row.n.is_some() {
            return String::new();
        }
        let about = |verdict: &&Verdict| verdict.task == row.task && verdict.program == row.program;
        let about = verdicts.iter().filter(|verdict| verdict.found.is_some()).filter(about);
        about.map(Verdict::short).collect::<Vec<_>>().join("; ")
    };
    let judged = rows.iter().any(|row| !goal(row).is_empty());

    let mut titles = vec![("task", false), ("program", false)];
    titles.extend(counted.then_some(("n", true)));
    titles.extend([("wall ms", true), ("CPU ms", true), ("peak MB", true)]);
    titles.extend(sized.then_some(("size MB", true)));
    titles.extend(compared.then_some(("ratio", true)));
    titles.extend(judged.then_some(("goal", false)));
    let mut out = line(titles.iter().map(|(title, _)| (*title).to_owned()));
    out.push_str(&line(titles.iter().map(|(_, number)| if *number { "---:" } else { "---" }.to_owned())));
    let mut before = "";
    for row in rows {
        let mut cells =
            vec![if row.task == before { String::new() } else { row.task.clone() }, row.program.clone()];
        cells.extend(counted.then(|| row.n.map(thousands).unwrap_or_default()));
        let Cost { wall, peak, .. } = row.median;
        let ran = [milliseconds(wall), milliseconds(row.median.cpu()), megabytes(peak)];
        // Nothing ran for the size of a program.
        cells.extend(if wall > 0.0 { ran } else { Default::default() });
        cells.extend(sized.then(|| row.size.map(megabytes).unwrap_or_default()));
        cells.extend(compared.then(|| row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default()));
        cells.extend(judged.then(|| goal(row)));
        out.push_str(&line(cells.into_iter()));
        before = &row.task;
    }
    out
}

/// Goals and what was found.
pub(crate) fn verdicts<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> String {
    let mut out = line(["verb", "task", "program", "goal", "found", ""].map(str::to_owned).into_iter());
    out.push_str(&line(["---", "---", "---", "---", "---:", "---"].map(str::to_owned).into_iter()));
    for verdict in verdicts {
        let Verdict { verb, task, program, goal, found, .. } = verdict;
        let found = found.clone().unwrap_or_default();
        let cells =
            [verb.clone(), task.clone(), program.clone(), goal.clone(), found, verdict.word().to_owned()];
        out.push_str(&line(cells.into_iter()));
    }
    out
}

/// A line of a table; a bar within a cell would end it.
pub(crate) fn line(cells: impl Iterator<Item = String>) -> String {
    let mut out = "|".to_owned();
    for cell in cells {
        let _ = write!(out, " {} |", cell.replace('|', "\\|"));
    }
    out.push('\n');
    out
}

/// With commas.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// As many digits as say something.
pub(crate) fn milliseconds(seconds: f64) -> String {
    let milliseconds = seconds * 1e3;
    if milliseconds < 20.0 { format!("{milliseconds:.1}") } else { format!("{milliseconds:.0}") }
}

/// Millions of bytes.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::report;
    use super::*;

    #[test]
    fn large_numbers_have_commas() {
        assert_eq!([1, 999, 1_000, 10_000_000].map(thousands), ["1", "999", "1,000", "10,000,000"]);
    }

    #[test]
    fn a_table_has_the_columns_that_its_rows_fill() {
        let mut found = report(
            "copy",
            &[("t", "a | b", 0.0123, 5_000_000), ("t", "c", 1.5, 6_000_000), ("u", "a", 0.1, 0)],
        );
        let plain = rows(&found, |row| row.task == "t");
        assert_eq!(
            plain,
            "| task | program | wall ms | CPU ms | peak MB |\n| --- | --- | ---: | ---: | ---: |\n\
             | t | a \\| b | 12.3 | 12.3 | 5.0 |\n|  | c | 1500 | 1500 | 6.0 |\n"
        );
        found.rows[0].ratio = Some(2.0);
        found.rows[1].size = Some(7_000_000);
        let full = rows(&found, |row| row.task == "t");
        assert!(
            full.starts_with("| task | program | wall ms | CPU ms | peak MB | size MB | ratio |\n"),
            "{full}"
        );
        assert!(full.ends_with("| 6.0 | 7.0 |  |\n"), "{full}");
    }
}
