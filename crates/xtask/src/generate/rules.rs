//! The list of rules in `docs/validate.md`, from what `ocidian validate --rules` says.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use ocidian_testkit::run;
use serde::Deserialize;

use crate::tools::repository;

const BEGIN: &str = "<!-- rules: written by cargo xtask generate -->\n";
const END: &str = "<!-- rules: end -->\n";

#[derive(Deserialize)]
struct Rule {
    id: String,
    area: String,
    level: String,
    title: String,
    section: Section,
    since: String,
}

#[derive(Deserialize)]
struct Section {
    spec: String,
    place: String,
    url: String,
}

/// Writes the list into the page.
pub(super) fn write(binary: &Path) -> Result<()> {
    let (path, _, new) = pages(binary)?;
    std::fs::write(&path, new).with_context(|| path.display().to_string())
}

/// Fails if the list in the page is not what the binary says.
pub(super) fn check(binary: &Path) -> Result<()> {
    let (path, old, new) = pages(binary)?;
    if old != new {
        bail!("{} is out of date: `cargo xtask generate` writes its list of rules", path.display());
    }
    Ok(())
}

/// The page, as it is and as it should be.
fn pages(binary: &Path) -> Result<(PathBuf, String, String)> {
    let path = repository().join("docs/validate.md");
    let old = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (before, rest) = old.split_once(BEGIN).context("docs/validate.md has no place for the rules")?;
    let (_, after) = rest.split_once(END).context("docs/validate.md has no end of the rules")?;
    let rules = run::stdout(Command::new(binary).args(["validate", "--rules", "--format", "json"]))?;
    let rules: Vec<Rule> = serde_json::from_str(&rules)?;
    let new = format!("{before}{BEGIN}{}{END}{after}", list(&rules)?);
    Ok((path, old, new))
}

fn list(rules: &[Rule]) -> Result<String> {
    let mut out = String::new();
    let mut area = "";
    for rule in rules {
        if area != rule.area {
            area = &rule.area;
            writeln!(out, "\n### {area}\n\n| rule | level | requires that | since | section |")?;
            writeln!(out, "| --- | --- | --- | --- | --- |")?;
        }
        let Rule { id, level, title, section, since, .. } = rule;
        let Section { spec, place, url } = section;
        let title = title.replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*");
        writeln!(out, "| `{id}` | {level} | {title} | {since} | [{spec} {place}]({url}) |")?;
    }
    out.push('\n');
    Ok(out)
}
