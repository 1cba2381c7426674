//! `cargo xtask bench layout`: the verbs that look at a layout or change its tags, on one of 2,000 tags and 20,000
//! blobs. None of them has to read a layer.
//!
//! Every program works on the same layout. What changes it changes it back: a tag is moved to where it stands
//! already, and nothing is there to be collected.

pub(super) mod make;

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::Bench;
use super::interrupt;
use super::race::{Field, Task};
use super::report::Report;

/// Images, each with a tag of its own.
const TAGS: u64 = 2_000;

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let field = Field::new(&bench.binary, &["umoci", "skopeo"]);
    let mut report = field.report("layout", &bench.place, bench.rounds, bench.quick)?;
    let tags = if bench.quick { TAGS / 10 } else { TAGS };
    let layout = bench.place.keep("layout")?;
    eprintln!("making a layout of {tags} tags and {} blobs", make::blobs(tags));
    make::layout(&layout.path, tags)?;
    report.notes.push(format!("A layout of {tags} tags and {} blobs.", make::blobs(tags)));
    check(bench, &layout.path, tags)?;
    effects(bench)?;
    for task in tasks(&field) {
        report.rows.extend(task.run(&layout.path, &bench.place, bench.rounds)?);
    }
    check(bench, &layout.path, tags).context("after all")?;
    report.notes.push(
        "`ls` lists every tag, `tag` moves one, `gc` removes what is needed by nothing and no more; the layout was \
         the same before and after."
            .to_owned(),
    );
    Ok(report)
}

/// Everything there is to measure.
fn tasks(field: &Field) -> Vec<Task<'_>> {
    vec![
        field
            .task("list the tags", "umoci ls")
            .ours("ocidian ls --names", "ls --names \"$1\"")
            .ours("ocidian ls", "ls \"$1\"")
            .ours("ocidian ls --size", "ls --size \"$1\"")
            .rival("umoci", "umoci ls", "exec umoci ls --layout \"$1\""),
        field
            .task("one image", "umoci stat")
            .ours("ocidian inspect", "inspect \"oci:$1:v100\"")
            .ours("ocidian inspect --tree", "inspect --tree \"oci:$1:v100\"")
            .rival("umoci", "umoci stat", "exec umoci stat --image \"$1:v100\"")
            .rival("skopeo", "skopeo inspect", "exec skopeo inspect \"oci:$1:v100\""),
        field.task("all images", "").ours("ocidian inspect --space", "inspect --space \"$1\""),
        field.task("move a tag", "umoci tag").ours("ocidian tag", "tag \"oci:$1:v100\" v100").rival(
            "umoci",
            "umoci tag",
            "exec umoci tag --image \"$1:v100\" v100",
        ),
        field
            .task("find garbage (there is none)", "umoci gc")
            .ours("ocidian gc --dry-run", "gc --dry-run --grace 0 \"$1\"")
            .rival("umoci", "umoci gc", "exec umoci gc --layout \"$1\""),
    ]
}

/// The layout is what it was made as.
fn check(bench: &Bench, layout: &Path, tags: u64) -> Result<()> {
    let total = space(bench, layout)?;
    let (names, blobs) = (total["names"].as_u64(), total["blobs"].as_u64());
    ensure!(
        (names, blobs) == (Some(tags), Some(make::blobs(tags))),
        "the layout is not as it was made: {total}"
    );
    let files = std::fs::read_dir(layout.join("blobs/sha256"))?.count();
    ensure!(files as u64 == make::blobs(tags), "{files} blobs are there");
    let listed = ours(bench, &["ls", "--names"], layout)?;
    ensure!(listed.lines().count() as u64 == tags, "`ls` lists {} tags", listed.lines().count());
    Ok(())
}

/// On a small layout: a tag moves to another image, and what it left is collected, no more.
fn effects(bench: &Bench) -> Result<()> {
    const FEW: u64 = 10;
    let layout = bench.place.keep("few")?;
    make::layout(&layout.path, FEW)?;
    let first = format!("oci:{}:v0", layout.path.display());
    interrupt::stdout(Command::new(&bench.binary).args(["--quiet", "tag", &first, "v1"]))?;
    ours(bench, &["--quiet", "gc", "--grace", "0"], &layout.path)?;
    // What was v1: its manifest, its config and the layers that it shared with nobody.
    let total = space(bench, &layout.path)?;
    let files = std::fs::read_dir(layout.path.join("blobs/sha256"))?.count() as u64;
    let expected = make::blobs(FEW) - 2 - make::OWN;
    ensure!(files == expected && total["blobs"] == expected, "{files} of {expected} blobs are left: {total}");
    Ok(())
}

fn space(bench: &Bench, layout: &Path) -> Result<Value> {
    let said = ours(bench, &["inspect", "--space", "--format", "json"], layout)?;
    Ok(serde_json::from_str::<Value>(&said)?["total"].clone())
}

fn ours(bench: &Bench, arguments: &[&str], layout: &Path) -> Result<String> {
    interrupt::stdout(Command::new(&bench.binary).args(arguments).arg(layout))
}
