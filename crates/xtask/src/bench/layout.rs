//! `cargo xtask bench layout`: the verbs that look at a layout or change its tags, on one of 2,000 tags and 20,000
//! blobs. None of them has to read a layer.
//!
//! Every program works on the same layout. What changes it changes it back: a tag is moved to where it stands
//! already, and nothing is there to be collected.

mod make;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use ocidian_testkit::run;
use serde_json::Value;

use super::place::Place;
use super::race::{Field, Report, Task};
use crate::tools::release_binary;
use make::{BLOBS, TAGS};

#[derive(Args)]
pub(crate) struct Options {
    /// How often each program runs
    #[arg(long, value_name = "N", default_value_t = 7)]
    rounds: usize,
    /// Put the layout below this directory; by default on a tmpfs of the benchmark's own (as root)
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Also write the result there
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let binary = release_binary()?;
    let mut place = Place::new(options.dir.as_deref(), false)?;
    let field = Field::new(&binary, &["umoci", "skopeo"]);
    let mut report = Report::new(&place, options.rounds, &field)?;
    let layout = place.keep("layout")?;
    eprintln!("making a layout of {TAGS} tags and {BLOBS} blobs");
    make::layout(&layout)?;
    check(&binary, &layout)?;
    for task in tasks(&field) {
        report.run(&task, &layout, &place)?;
    }
    check(&binary, &layout).context("after all")?;
    report.publish(options.json.as_deref())
}

/// Everything there is to measure.
fn tasks(field: &Field) -> Vec<Task> {
    vec![
        field.task(
            "list the tags",
            &[
                ("ocidian ls --names", "ls --names \"$1\""),
                ("ocidian ls", "ls \"$1\""),
                ("ocidian ls --size", "ls --size \"$1\""),
            ],
            &[("umoci", "umoci ls", "exec umoci ls --layout \"$1\"")],
            "umoci ls",
        ),
        field.task(
            "one image",
            &[
                ("ocidian inspect", "inspect \"oci:$1:v1000\""),
                ("ocidian inspect --tree", "inspect --tree \"oci:$1:v1000\""),
            ],
            &[
                ("umoci", "umoci stat", "exec umoci stat --image \"$1:v1000\""),
                ("skopeo", "skopeo inspect", "exec skopeo inspect \"oci:$1:v1000\""),
            ],
            "umoci stat",
        ),
        field.task("all images", &[("ocidian inspect --space", "inspect --space \"$1\"")], &[], ""),
        field.task(
            "move a tag",
            &[("ocidian tag", "tag \"oci:$1:v1000\" v1000")],
            &[("umoci", "umoci tag", "exec umoci tag --image \"$1:v1000\" v1000")],
            "umoci tag",
        ),
        field.task(
            "find garbage (there is none)",
            &[("ocidian gc --dry-run", "gc --dry-run --grace 0 \"$1\"")],
            &[("umoci", "umoci gc", "exec umoci gc --layout \"$1\"")],
            "umoci gc",
        ),
    ]
}

/// The layout is what it was made as.
fn check(binary: &Path, layout: &Path) -> Result<()> {
    let said =
        run::stdout(Command::new(binary).args(["inspect", "--space", "--format", "json"]).arg(layout))?;
    let total = serde_json::from_str::<Value>(&said)?["total"].clone();
    ensure!(total["names"] == TAGS && total["blobs"] == BLOBS, "the layout is not as it was made: {total}");
    let files = std::fs::read_dir(layout.join("blobs/sha256"))?.count();
    ensure!(files as u64 == BLOBS, "{files} blobs are there");
    Ok(())
}
