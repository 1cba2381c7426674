//! `cargo xtask bench`: Ocidian beside other tools, on the same machine in the same minute.
//!
//! Each round runs every program in turn, each with a fresh destination on the same file system:
//! what the machine does meanwhile hits all of them alike, so ratios within a run mean something
//! where seconds do not. What was measured is checked once: a fast unpack that is wrong is no unpack.

mod build;
mod copy;
mod images;
mod layout;
pub(crate) mod measure;
mod place;
mod programs;
mod race;
mod report;
mod validate;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use ocidian_testkit::tree::{Ignore, Snapshot, diff};

use crate::tools::release_binary;
use measure::Cost;
use place::Place;
use programs::Program;
use report::{Line, Report};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Unpack images into bundles
    Unpack(Options),
    /// List, inspect, tag and collect in a layout of many images
    Layout(layout::Options),
    /// Make an image of a directory
    Build(build::Options),
    /// Copy an image to a layout and to archives
    Copy(copy::Options),
    /// Check images
    Validate(validate::Options),
}

#[derive(Args)]
pub(crate) struct Options {
    /// The smallest image and three rounds: about a minute
    #[arg(long)]
    quick: bool,
    /// How often each program runs on each image
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Unpack below this directory; by default on a tmpfs of the benchmark's own (as root)
    #[arg(long, value_name = "DIR", conflicts_with = "ext4")]
    dir: Option<PathBuf>,
    /// Unpack on an ext4 in a file, with its journal (as root)
    #[arg(long)]
    ext4: bool,
    /// These images alone: debian, multi, multi-zstd, bigfile, manyfiles
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    image: Vec<String>,
    /// Also write the result there
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(crate) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Unpack(options) => unpack(options),
        Verb::Layout(options) => layout::run(options),
        Verb::Build(options) => build::run(options),
        Verb::Copy(options) => copy::run(options),
        Verb::Validate(options) => validate::run(options),
    }
}

fn unpack(options: &Options) -> Result<()> {
    let names: Vec<&str> = match (&options.image[..], options.quick) {
        ([], true) => vec!["debian"],
        ([], false) => images::NAMES.to_vec(),
        (names, _) => names.iter().map(String::as_str).collect(),
    };
    let rounds = if options.quick { options.rounds.min(3) } else { options.rounds };
    if rounds == 0 {
        bail!("no rounds, no result");
    }
    let binary = release_binary()?;
    let mut images = Vec::new();
    for name in names {
        images.push(images::make(name).with_context(|| format!("the image {name}"))?);
    }

    let place = Place::new(options.dir.as_deref(), options.ext4)?;
    let programs = programs::all(&binary);
    let mut report = Report::new(place.name(), rounds, &programs);
    for image in &images {
        image.warm()?;
        let able: Vec<&Program> = programs.iter().filter(|program| program.can_unpack(image)).collect();
        println!("\n{}: {}", image.name, check(&able, image, &place)?);
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); able.len()];
        for round in 1..=rounds {
            for (program, costs) in able.iter().zip(&mut costs) {
                eprintln!("{}: round {round} of {rounds}: {}", image.name, program.name);
                costs.push(place.fresh(|destination| program.measure(image, destination))?);
            }
        }
        for (program, costs) in able.iter().zip(costs) {
            report.add(Line::new(&image.name, program.name, costs));
        }
        report.print_image(&image.name);
    }
    if let Some(path) = &options.json {
        std::fs::write(path, report.json()?).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Unpacks once with Ocidian and once with umoci and compares everything that a tree has; a line
/// about the outcome.
fn check(programs: &[&Program], image: &images::Image, place: &Place) -> Result<String> {
    let tree = |name: &str| -> Result<Option<Snapshot>> {
        let Some(program) = programs.iter().find(|program| program.name == name) else { return Ok(None) };
        place.fresh(|destination| {
            program.measure(image, destination)?;
            Ok(Some(Snapshot::of(&destination.join("rootfs"))?))
        })
    };
    let ours = tree(programs::OCIDIAN)?.context("Ocidian did not run")?;
    let Some(theirs) = tree(programs::UMOCI)? else {
        return Ok(format!("{} entries; umoci cannot unpack it, so not compared", ours.len()));
    };
    // All of it, times of directories too: umoci 0.4.7 gets everything right that these images hold.
    let differences = diff(&ours, &theirs, &Ignore::nothing());
    for difference in differences.iter().take(20) {
        println!("{}: {difference}", image.name);
    }
    if !differences.is_empty() {
        bail!("{}: Ocidian's tree differs from umoci's in {} places", image.name, differences.len());
    }
    Ok(format!("{} entries, each equal to umoci's in every attribute", ours.len()))
}
