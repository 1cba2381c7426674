//! `validate --rules` and `--explain`: the rules as they are checked.

use std::io::{self, Write};

use ocidian_validate::report::json::rules as to_json;
use ocidian_validate::{Rule, rules};

use crate::cli::ReportFormat;
use crate::exit::Usage;
use crate::report::table::Table;
use crate::report::{self, json};

/// Lists all of them.
pub(super) fn list(format: ReportFormat) -> anyhow::Result<()> {
    match format {
        ReportFormat::Json => report::to_stdout(|out| json::write(out, &to_json(&[]))),
        ReportFormat::Text => report::to_stdout(|out| {
            let mut table = Table::new(["RULE", "LEVEL", "REQUIRES THAT"]);
            for rule in rules::all() {
                table.row([rule.id, rule.level.as_str(), rule.title]);
            }
            table.write(out, "")
        }),
        _ => Err(no_findings()),
    }
}

/// Explains one.
pub(super) fn explain(id: &str, format: ReportFormat) -> anyhow::Result<()> {
    let rule = rules::find(id).ok_or_else(|| Usage(format!("there is no rule {id:?}")))?;
    match format {
        ReportFormat::Json => report::to_stdout(|out| json::write(out, &to_json(&[id.to_owned()]))),
        ReportFormat::Text => report::to_stdout(|out| write(out, rule)),
        _ => Err(no_findings()),
    }
}

fn no_findings() -> anyhow::Error {
    Usage("rules are shown with --format text or json; junit and sarif are for findings".to_owned()).into()
}

fn write(out: &mut impl Write, rule: &Rule) -> io::Result<()> {
    writeln!(out, "{} ({})\n", rule.id, rule.level)?;
    writeln!(out, "It is required that {}.\n", rule.title)?;
    writeln!(out, "{}, since {}:", rule.section, rule.since)?;
    for line in rule.sentence.lines() {
        writeln!(out, "  | {line}")?;
    }
    writeln!(out, "  {}\n", rule.section.url())?;
    writeln!(out, "What to do: {}\n", rule.help)?;
    for (what, example) in [("Good", rule.good), ("Bad", rule.bad)] {
        writeln!(out, "{what}:")?;
        for line in example.lines() {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}
