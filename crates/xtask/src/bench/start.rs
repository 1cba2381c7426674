//! `cargo xtask bench start`: what it costs to begin at all, and to unpack an image of 1 MB; and how large the binary is.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use ocidian_testkit::layout::{Entry, Layer, simple};
use serde_json::json;

use super::interrupt;
use super::measure::Cost;
use super::race::Field;
use super::report::{Report, Row};
use super::{Bench, rootless, same_trees};

/// Runs a round: each takes milliseconds.
const RUNS: usize = 20;

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let field = Field::new(&bench.binary, &["umoci"]);
    let mut report = field.report("start", &bench.place, bench.rounds * RUNS, bench.quick)?;
    let layout = bench.place.keep("small")?;
    image(&layout.path)?;
    if field.has("umoci") {
        check(bench, &layout.path)?;
        report.notes.push("The small image's tree is equal to umoci's in every attribute.".to_owned());
    }
    let mut umoci = vec!["unpack"];
    umoci.extend(rootless().split_whitespace());
    umoci.extend(["--image", "$1:latest", "$2"]);
    for task in [
        field.task("say the version", "umoci").words("ocidian", "ocidian", &["--version"]).words(
            "umoci",
            "umoci",
            &["--version"],
        ),
        field
            .task("unpack 1 MB", "umoci")
            .words("ocidian", "ocidian", &["--quiet", "unpack", "oci:$1:latest", "$2"])
            .words("umoci", "umoci", &umoci),
    ] {
        report.rows.extend(task.run(&layout.path, &bench.place, report.rounds)?);
    }
    report.notes.push("No shell starts the programs here.".to_owned());
    report.rows.extend(binaries(bench, &field));
    Ok(report)
}

/// An image of one layer: 100 files of 10 kB.
fn image(path: &Path) -> Result<()> {
    let mut entries = vec![Entry::directory("data")];
    for number in 0..100u32 {
        // Numbers in words of text compress as programs do, to about a third.
        let content: String =
            (0..1_600u32).map(|i| format!("{:x} ", i.wrapping_mul(2_654_435_761) ^ number)).collect();
        entries.push(Entry::file(&format!("data/file-{number:02}"), &content.as_bytes()[..10_000]));
    }
    simple(path, &json!({ "Cmd": ["/bin/true"] }), &[Layer::gzip(&entries)?])
}

fn check(bench: &Bench, layout: &Path) -> Result<()> {
    let (ours, theirs) = (bench.place.keep("ours")?, bench.place.keep("theirs")?);
    let source = format!("{}:latest", layout.display());
    let mut unpack = Command::new(&bench.binary);
    interrupt::stdout(unpack.args(["--quiet", "unpack", &format!("oci:{source}")]).arg(&ours.path))?;
    let mut umoci = Command::new("umoci");
    umoci.arg("unpack").args(rootless().split_whitespace()).args(["--image", &source]);
    interrupt::stdout(umoci.arg(&theirs.path))?;
    same_trees("the small image", &ours.path.join("rootfs"), &theirs.path.join("rootfs"))?;
    Ok(())
}

/// The size of each program's file, and no time.
fn binaries(bench: &Bench, field: &Field) -> Vec<Row> {
    let mut files = vec![("ocidian", Some(bench.binary.clone()))];
    if field.has("umoci") {
        files.push(("umoci", ocidian_testkit::peers::Peer::find("umoci").map(|peer| peer.path)));
    }
    let sized = files.into_iter().filter_map(|(name, path)| Some((name, path?.metadata().ok()?.len())));
    let nothing = Cost { wall: 0.0, user: 0.0, system: 0.0, peak: 0 };
    let row = |(name, size)| Row { size: Some(size), ..Row::new("size of the program", name, vec![nothing]) };
    sized.map(row).collect()
}
