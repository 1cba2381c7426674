//! The pages about speed, written from what was stored of a run and from nothing else.
//!
//! `bench --docs` stores each report as `docs/bench/VERB.json` (`VERB-ext4.json` for that file system). The pages are
//! templates whose every figure is a place that is filled from there, so prose cannot say what was not measured;
//! `cargo xtask generate --check` renders them again and compares.

mod fill;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::report::{Report, stem};
use super::{plot, scale};
use crate::tools::repository;

/// A page and its template.
const PAGES: [(&str, &str); 10] = [
    ("docs/bench.md", include_str!("docs/bench.md")),
    ("docs/bench/unpack.md", include_str!("docs/unpack.md")),
    ("docs/bench/build.md", include_str!("docs/build.md")),
    ("docs/bench/repack.md", include_str!("docs/repack.md")),
    ("docs/bench/validate.md", include_str!("docs/validate.md")),
    ("docs/bench/copy.md", include_str!("docs/copy.md")),
    ("docs/bench/layout.md", include_str!("docs/layout.md")),
    ("docs/bench/start.md", include_str!("docs/start.md")),
    ("docs/bench/scale.md", include_str!("docs/scale.md")),
    ("docs/bench/profile.md", include_str!("docs/profile.md")),
];

/// Pages that have such figures in one place, between two lines.
const BLOCKS: [(&str, &str); 1] = [("README.md", include_str!("docs/readme.md"))];
const BEGIN: &str = "<!-- bench: written by cargo xtask generate -->\n";
const END: &str = "<!-- bench: end -->\n";

/// What is stored, by [`Report::stem`].
pub(super) type Stored = BTreeMap<String, Report>;

/// Fails if what a verb finds there would be stored and shown nowhere.
pub(super) fn has_a_page(verb: &str, kind: &str) -> Result<()> {
    let stem = stem(verb, kind);
    let shown = PAGES.iter().any(|(_, template)| template.contains(&format!("{{{{about {stem}}}}}")));
    ensure!(shown, "no page shows what `{verb}` takes on {kind}, so there is nothing to store it for");
    Ok(())
}

/// Stores a report.
pub(super) fn store(report: &Report) -> Result<()> {
    let directory = repository().join("docs/bench");
    std::fs::create_dir_all(&directory)?;
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    let path = directory.join(format!("{}.json", report.stem()));
    std::fs::write(&path, text).with_context(|| path.display().to_string())
}

/// Writes all pages and plots.
pub(crate) fn write() -> Result<()> {
    for (path, text) in files(&repository())? {
        std::fs::create_dir_all(path.parent().context("a directory")?)?;
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Fails if one of them is not what the stored reports make.
pub(crate) fn check() -> Result<()> {
    let files = files(&repository())?;
    for (path, text) in &files {
        let there = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        if there != *text {
            bail!("{} is not what `cargo xtask generate` makes of docs/bench/*.json", path.display());
        }
    }
    // A page that nobody writes any more would keep its figures for ever.
    for entry in std::fs::read_dir(repository().join("docs/bench"))? {
        let path = entry?.path();
        let stored = path.extension().is_some_and(|extension| extension == "json");
        ensure!(
            stored || files.iter().any(|(known, _)| *known == path),
            "{}: nothing makes it",
            path.display()
        );
    }
    Ok(())
}

/// Every file, with the text that it must have.
fn files(repository: &Path) -> Result<Vec<(PathBuf, String)>> {
    let stored = stored(&repository.join("docs/bench"))?;
    let mut files = Vec::new();
    for (name, template) in PAGES {
        let text = fill::fill(template, &stored).with_context(|| format!("the template of {name}"))?;
        files.push((repository.join(name), text));
    }
    for (name, template) in BLOCKS {
        let path = repository.join(name);
        let page = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let block = fill::fill(template, &stored).with_context(|| format!("the figures in {name}"))?;
        let (before, rest) =
            page.split_once(BEGIN).with_context(|| format!("{name} has no place for figures"))?;
        let (_, after) =
            rest.split_once(END).with_context(|| format!("the figures in {name} have no end"))?;
        files.push((path, format!("{before}{BEGIN}{block}{END}{after}")));
    }
    if let Some(report) = stored.get("scale") {
        for task in report.tasks() {
            let path = repository.join("docs/bench").join(scale::plot_name(task));
            files.push((path, plot::svg(task, &scale::series(report, task))));
        }
    }
    Ok(files)
}

fn stored(directory: &Path) -> Result<Stored> {
    let mut all = Stored::new();
    let Ok(entries) = std::fs::read_dir(directory) else { return Ok(all) };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let report: Report = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        ensure!(
            path.file_stem().is_some_and(|stem| *stem == *report.stem()),
            "{}: of {}",
            path.display(),
            report.stem()
        );
        all.insert(report.stem(), report);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_what_the_stored_reports_make() {
        check().unwrap();
    }

    #[test]
    fn what_is_shown_nowhere_is_not_stored() {
        for verb in ["unpack", "build", "repack", "copy"] {
            has_a_page(verb, "tmpfs").unwrap();
            has_a_page(verb, "ext4").unwrap();
        }
        has_a_page("profile", "tmpfs").unwrap();
        assert!(has_a_page("profile", "ext4").is_err());
        assert!(has_a_page("unpack", "xfs").is_err());
    }

    #[test]
    fn templates_need_no_report_to_be_whole() {
        for (name, template) in PAGES.iter().chain(&BLOCKS) {
            let text = fill::fill(template, &Stored::new()).unwrap();
            assert!(!text.contains("{{"), "{name}: {text}");
        }
    }

    #[test]
    fn templates_state_no_figures_of_their_own() {
        // A number with a unit or "times" after it is a measurement, and those come from reports.
        let units = ["ms", "s", "seconds", "times", "MB", "GB", "%"];
        for (name, template) in PAGES.iter().chain(&BLOCKS) {
            let words: Vec<&str> = template.split_whitespace().collect();
            for pair in words.windows(2) {
                let measured = pair[0].parse::<f64>().is_ok()
                    && units.contains(&pair[1].trim_end_matches(['.', ',', ';']));
                assert!(!measured, "{name}: {} {}", pair[0], pair[1]);
            }
        }
    }
}
