//! `cargo xtask bench layout`: the verbs that look at a layout or change its tags, on one of 2,000 tags and 20,000
//! blobs. None of them has to read a layer.
//!
//! Every program works on the same layout. What changes it changes it back: a tag is moved to where it stands
//! already, and nothing is there to be collected.

mod make;
mod report;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use ocidian_testkit::{peers::Peer, run};
use serde_json::Value;

use super::measure::{self, Cost};
use super::place::Place;
use crate::tools::release_binary;
use make::{BLOBS, TAGS};
use report::Report;

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

/// A program that does what is measured.
struct Program {
    name: &'static str,
    /// A shell script: `$1` is the layout.
    script: String,
}

/// What is measured, by those who can do it.
struct Task {
    name: &'static str,
    programs: Vec<Program>,
}

pub(super) fn run(options: &Options) -> Result<()> {
    if options.rounds == 0 {
        bail!("no rounds, no result");
    }
    let binary = release_binary()?;
    let place = Place::new(options.dir.as_deref(), false)?;
    let (tasks, versions) = tasks(&binary);
    let report = place.fresh(|layout| {
        eprintln!("making a layout of {TAGS} tags and {BLOBS} blobs");
        make::layout(layout)?;
        check(&binary, layout)?;
        let mut report = Report::new(place.name(), options.rounds, versions);
        for task in &tasks {
            let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); task.programs.len()];
            for round in 1..=options.rounds {
                eprintln!("{}: round {round} of {}", task.name, options.rounds);
                for (program, costs) in task.programs.iter().zip(&mut costs) {
                    costs.push(program.measure(layout).with_context(|| program.name)?);
                }
            }
            report.add(task.name, task.programs.iter().map(|program| program.name).zip(costs));
        }
        check(&binary, layout).context("after all")?;
        Ok(report)
    })?;
    report.print();
    if let Some(path) = &options.json {
        std::fs::write(path, report.json()?).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

impl Program {
    fn measure(&self, layout: &Path) -> Result<Cost> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.script, "sh"]).arg(layout);
        measure::cost(&command)
    }
}

/// Everything there is to measure, and who takes part in which version.
fn tasks(ocidian: &Path) -> (Vec<Task>, Vec<(String, String)>) {
    let mut versions = vec![("ocidian".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    let peers: Vec<&str> = ["umoci", "skopeo"]
        .into_iter()
        .filter(|tool| {
            let peer = Peer::find(tool);
            versions.extend(peer.iter().map(|peer| ((*tool).to_owned(), peer.version.clone())));
            peer.is_some()
        })
        .collect();
    let task = |name, ours: &[(&'static str, &str)], theirs: &[(&str, &'static str, &str)]| {
        let own = ours.iter().map(|(name, arguments)| Program {
            name,
            script: format!("exec '{}' --quiet {arguments}", ocidian.display()),
        });
        let others = theirs.iter().filter(|(tool, ..)| peers.contains(tool));
        let others = others.map(|(_, name, script)| Program { name, script: (*script).to_owned() });
        Task { name, programs: own.chain(others).collect() }
    };
    let tasks = vec![
        task(
            "list the tags",
            &[
                ("ocidian ls --names", "ls --names \"$1\""),
                ("ocidian ls", "ls \"$1\""),
                ("ocidian ls --size", "ls --size \"$1\""),
            ],
            &[("umoci", "umoci ls", "exec umoci ls --layout \"$1\"")],
        ),
        task(
            "one image",
            &[
                ("ocidian inspect", "inspect \"oci:$1:v1000\""),
                ("ocidian inspect --tree", "inspect --tree \"oci:$1:v1000\""),
            ],
            &[
                ("umoci", "umoci stat", "exec umoci stat --image \"$1:v1000\""),
                ("skopeo", "skopeo inspect", "exec skopeo inspect \"oci:$1:v1000\""),
            ],
        ),
        task("all images", &[("ocidian inspect --space", "inspect --space \"$1\"")], &[]),
        task(
            "move a tag",
            &[("ocidian tag", "tag \"oci:$1:v1000\" v1000")],
            &[("umoci", "umoci tag", "exec umoci tag --image \"$1:v1000\" v1000")],
        ),
        task(
            "find garbage (there is none)",
            &[("ocidian gc --dry-run", "gc --dry-run --grace 0 \"$1\"")],
            &[("umoci", "umoci gc", "exec umoci gc --layout \"$1\"")],
        ),
    ];
    (tasks, versions)
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
