//! `cargo xtask bench profile`: the program compiled with each candidate for the release profile, and what that does to its
//! size and its speed.
//!
//! All of them stand beside the chosen one. They are the same program, so they have to make the same of everything: that
//! is checked before anything is timed, as everywhere.

mod candidates;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use ocidian_testkit::tree::Snapshot;

use super::images::Image;
use super::interrupt;
use super::measure::Cost;
use super::place::Place;
use super::race::{Field, Task};
use super::report::{Report, Row};
use super::{Bench, build, same_as, unpack, validate};
use candidates::{Built, CANDIDATES, KEPT};

/// How often a round starts each only to say its version, which takes milliseconds.
const STARTS: usize = 20;

/// The program under the chosen profile, compiled as the others are; so nothing is compiled twice.
pub(super) fn kept() -> Result<PathBuf> {
    let kept = CANDIDATES.iter().find(|candidate| candidate.name == KEPT).context("a chosen profile")?;
    Ok(kept.build()?.binary)
}

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let mut built = Vec::new();
    for candidate in CANDIDATES.iter().filter(|candidate| candidate.quick || !bench.quick) {
        built.push(candidate.build()?);
    }
    let field = Field::new(&bench.binary, &["rustc", "strip", "umoci"]);
    let mut report = field.report("profile", &bench.place, bench.rounds, bench.quick)?;
    for built in &built {
        report.rows.push(Row::new("compile", built.name, vec![built.compiling]));
    }
    report.rows.extend(sizes(&built, &bench.place, field.has("strip"))?);

    let images = images(bench)?;
    for image in &images {
        image.warm()?;
        report.notes.push(unpack::check(bench, image, &field)?);
        check(bench, image, &built)?;
    }
    // A tree of many files, the same for all.
    let image = images.first().context("an image")?;
    let (tree, _) = build::tree(bench, image)?;
    check_builds(bench, &tree.path, &built)?;
    let about = "What one of them unpacks and builds, all of them do, byte for byte; and all find the same images valid, or not.";
    report.notes.push(about.to_owned());

    let all = |task: &str, words: &[&str]| race(&field, &built, task, words);
    let version = all("say the version", &["--version"]);
    report.rows.extend(version.run(&tree.path, &bench.place, bench.rounds * STARTS)?);
    for (verb, words) in [
        ("unpack", &["--quiet", "unpack", "oci:$1:latest", "$2"][..]),
        ("validate", &["--quiet", "validate", "$1"]),
    ] {
        for image in &images {
            let task = all(&format!("{verb} {}", image.name), words);
            report.rows.extend(task.run(&image.layout, &bench.place, bench.rounds)?);
        }
    }
    let words = ["--quiet", "build", "--compress", "zstd", "$1", "-t", "oci:$2:latest"];
    let task = all(&format!("build {}, zstd", image.name), &words);
    report.rows.extend(task.run(&tree.path, &bench.place, bench.rounds)?);
    Ok(report)
}

/// What was asked for, else the smallest and, where there is time, one of several layers in the other compression.
fn images(bench: &Bench) -> Result<Vec<Image>> {
    let names: Vec<&str> = match (&bench.images[..], bench.quick) {
        ([], true) => vec!["debian"],
        ([], false) => vec!["debian", "multi-zstd"],
        (names, _) => names.iter().map(String::as_str).collect(),
    };
    names
        .into_iter()
        .map(|name| super::images::make(name).with_context(|| format!("the image {name}")))
        .collect()
}

/// All of them at one task; no shell starts them.
fn race<'a>(field: &'a Field, built: &[Built], task: &str, words: &[&str]) -> Task<'a> {
    built.iter().fold(field.task(task, KEPT), |task, built| task.program(built.name, &built.binary, words))
}

/// How large each file is, and how large without its symbols.
fn sizes(built: &[Built], place: &Place, strip: bool) -> Result<Vec<Row>> {
    let nothing = Cost { wall: 0.0, user: 0.0, system: 0.0, peak: 0 };
    let row = |task: &str, built: &Built, file: &Path| -> Result<Row> {
        let size = file.metadata().with_context(|| file.display().to_string())?.len();
        Ok(Row { size: Some(size), ..Row::new(task, built.name, vec![nothing]) })
    };
    let mut rows = Vec::new();
    for built in built {
        rows.push(row("size", built, &built.binary)?);
    }
    for built in built.iter().filter(|_| strip) {
        let stripped = place.keep("stripped")?;
        interrupt::stdout(Command::new("strip").arg("-o").arg(&stripped.path).arg(&built.binary))?;
        rows.push(row("size without symbols", built, &stripped.path)?);
    }
    Ok(rows)
}

/// Each unpacks what the chosen one does, and finds the same images valid.
fn check(bench: &Bench, image: &Image, built: &[Built]) -> Result<()> {
    let source = format!("oci:{}:latest", image.layout.display());
    let unpack = |binary: &Path, tree: &Path| {
        interrupt::stdout(Command::new(binary).args(["--quiet", "rootfs", &source]).arg(tree))
    };
    let tree = bench.place.keep("chosen")?;
    unpack(&bench.binary, &tree.path)?;
    let chosen = Snapshot::of(&tree.path)?;
    drop(tree);
    for built in built {
        let about = || format!("{}, {}", built.name, image.name);
        validate::check(&built.binary, &bench.place, image).with_context(about)?;
        if built.name != KEPT {
            let tree = bench.place.keep("tree")?;
            unpack(&built.binary, &tree.path).with_context(about)?;
            same_as(&image.name, &chosen, &tree.path).with_context(about)?;
        }
    }
    Ok(())
}

/// Each builds what the chosen one does.
fn check_builds(bench: &Bench, tree: &Path, built: &[Built]) -> Result<()> {
    let build = |binary: &Path, layout: &Path| {
        let image = format!("oci:{}:latest", layout.display());
        let mut build = Command::new(binary);
        interrupt::stdout(
            build.args(["--quiet", "build", "--compress", "zstd"]).arg(tree).args(["-t", &image]),
        )
    };
    let chosen = bench.place.keep("chosen")?;
    build(&bench.binary, &chosen.path)?;
    for built in built.iter().filter(|built| built.name != KEPT) {
        let layout = bench.place.keep("layout")?;
        build(&built.binary, &layout.path).with_context(|| built.name)?;
        interrupt::stdout(Command::new("diff").arg("-r").arg(&chosen.path).arg(&layout.path))
            .with_context(|| built.name)?;
    }
    Ok(())
}
