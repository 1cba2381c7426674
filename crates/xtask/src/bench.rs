//! `cargo xtask bench`: Ocidian beside other tools, on the same machine in the same minute.
//!
//! A verb makes its input, checks once that what is measured is right (a fast unpack that is wrong is no unpack), runs
//! each program in turn, and says what it found as a [`Report`]. From that come the tables, the JSON, the list of
//! goals, and the documents: no figure stands there that was not printed here.

mod build;
pub(crate) mod check;
mod copy;
pub(crate) mod docs;
pub(crate) mod floor;
mod goals;
mod images;
mod interrupt;
mod layout;
mod levels;
mod machine;
pub(crate) mod measure;
mod options;
mod place;
mod plot;
mod profile;
mod race;
mod repack;
mod report;
mod scale;
mod start;
mod table;
mod unpack;
mod validate;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use ocidian_testkit::tree::{Ignore, Snapshot, diff};

use crate::dist;
use crate::tools::release_binary;
use goals::Verdict;
use images::Image;
pub(crate) use options::Options;
use options::Verb;
use place::Place;
use report::Report;

/// What every verb needs.
struct Bench {
    /// The release binary.
    binary: PathBuf,
    place: Place,
    rounds: usize,
    quick: bool,
    images: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.check || options.record {
        let (binary, _) = dist::make(None)?;
        for line in if options.record { check::record(&binary) } else { check::check(&binary) }? {
            println!("{line}");
        }
        return Ok(());
    }
    let verbs = options.verbs();
    if let Some(path) = &options.json {
        // That it cannot be written is better known now.
        let file = std::fs::File::options().create(true).append(true).open(path);
        file.with_context(|| path.display().to_string())?;
    }
    interrupt::catch()?;
    // First what can be wrong with little ado; compiling takes minutes.
    let need = if options.quick { 2 << 30 } else { 5 << 30 };
    let place = Place::new(options.dir.as_deref(), options.ext4, need)?;
    for verb in verbs.iter().filter(|_| options.docs) {
        docs::has_a_page(&verb.name()?, place.kind())?;
    }
    let only_profiles = verbs.iter().all(|verb| *verb == Verb::Profile);
    let binary = if only_profiles { profile::kept()? } else { release_binary()? };
    let bench = Bench {
        binary,
        place,
        rounds: options.rounds(),
        quick: options.quick,
        images: options.image.clone(),
    };
    let (mut reports, mut failed) = (Vec::new(), Vec::new());
    for verb in verbs {
        let name = verb.name()?;
        eprintln!("== {name}");
        let report = match bench.measure(verb) {
            Ok(report) => report,
            // One verb that cannot be measured keeps nobody from seeing the others.
            Err(error) => {
                interrupt::check()?;
                eprintln!("{name}: {error:#}");
                failed.push(name);
                continue;
            }
        };
        print(&report);
        if options.docs {
            docs::store(&report)?;
        }
        reports.push(report);
        // What was measured is there, even if a later verb fails.
        if let Some(path) = &options.json {
            std::fs::write(path, serde_json::to_vec_pretty(&reports)?)
                .with_context(|| path.display().to_string())?;
        }
    }
    print_goals(&reports);
    if options.docs {
        docs::write()?;
    }
    if failed.is_empty() { Ok(()) } else { bail!("not measured: {}", failed.join(", ")) }
}

impl Bench {
    fn measure(&self, verb: Verb) -> Result<Report> {
        match verb {
            Verb::All => bail!("all of them is no verb"),
            Verb::Unpack => unpack::run(self),
            Verb::Build => build::run(self),
            Verb::Levels => levels::run(self),
            Verb::Repack => repack::run(self),
            Verb::Validate => validate::run(self),
            Verb::Copy => copy::run(self),
            Verb::Layout => layout::run(self),
            Verb::Start => start::run(self),
            Verb::Scale => scale::run(self),
            Verb::Profile => profile::run(self),
        }
    }

    /// The images that were asked for, else all, or the first alone where it has to be quick; and a note on each that
    /// cannot be made here.
    fn images(&self) -> Result<(Vec<Image>, Vec<String>)> {
        let names: Vec<&str> = match (&self.images[..], self.quick) {
            ([], true) => vec![images::NAMES[0]],
            ([], false) => images::NAMES.to_vec(),
            (names, _) => names.iter().map(String::as_str).collect(),
        };
        let (mut made, mut notes) = (Vec::new(), Vec::new());
        for name in names {
            match images::make(name) {
                Ok(image) => made.push(image),
                Err(error) => {
                    eprintln!("{name}: {error:#}");
                    notes.push(format!("Left out: the image {name}, which could not be made here."));
                }
            }
            interrupt::check()?;
        }
        if made.is_empty() {
            bail!("there is no image to measure on");
        }
        Ok((made, notes))
    }

    /// The one image for verbs that take one: the first that was asked for, else `usual`, or a small one where it has
    /// to be quick.
    fn image(&self, usual: &str) -> Result<Image> {
        let name = match self.images.first() {
            Some(name) => name,
            None if self.quick => images::NAMES[0],
            None => usual,
        };
        images::make(name).with_context(|| format!("the image {name}"))
    }
}

/// As root no option, else the one that makes a rival content with less.
fn rootless() -> &'static str {
    if nix::unistd::geteuid().is_root() { "" } else { "--rootless " }
}

/// Fails, and says where, unless both trees are the same in everything that a tree has.
fn same_trees(what: &str, left: &Path, right: &Path) -> Result<usize> {
    same_as(what, &Snapshot::of(left)?, right)
}

/// The same, of a tree that was looked at before.
fn same_as(what: &str, left: &Snapshot, right: &Path) -> Result<usize> {
    interrupt::check()?;
    let right = Snapshot::of(right)?;
    interrupt::check()?;
    let differences = diff(left, &right, &Ignore::nothing());
    for difference in differences.iter().take(20) {
        eprintln!("{what}: {difference}");
    }
    if !differences.is_empty() {
        bail!("{what}: the trees differ in {} places", differences.len());
    }
    Ok(left.len())
}

fn print(report: &Report) {
    println!("\n# {}", report.verb);
    println!("{}; on {}; medians of {}; {}", report.machine.line(), report.place, report.rounds, report.date);
    let versions: Vec<String> =
        report.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    println!("{}", versions.join(", "));
    for note in &report.notes {
        println!("{note}");
    }
    println!("\n{}", table::rows(report, |_| true));
}

/// Goals that were met, then those that were not, of all that was measured.
fn print_goals(reports: &[Report]) {
    let verdicts: Vec<Verdict> = reports.iter().flat_map(goals::judge).collect();
    let measured: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.found.is_some()).collect();
    if measured.is_empty() {
        return;
    }
    let (met, missed): (Vec<&Verdict>, Vec<&Verdict>) = measured.iter().partition(|verdict| verdict.met);
    for (title, verdicts) in [("met", met), ("not met", missed)] {
        if verdicts.is_empty() {
            continue;
        }
        println!("# {} goals {title}\n\n{}", verdicts.len(), table::verdicts(verdicts.into_iter()));
    }
}
