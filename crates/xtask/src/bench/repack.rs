//! `cargo xtask bench repack`: what was changed in a bundle becomes a layer, in a layout that has the image already.
//!
//! Each tool has a bundle of its own making. The layout is fresh each time, of hard links, and only the repacking is
//! timed. What comes of it is unpacked before and compared with the bundle.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};

use super::interrupt;
use super::race::Field;
use super::report::Report;
use super::{Bench, rootless, same_trees};

/// Files that the larger change touches.
const MANY: usize = 300;

const UMOCI: &str = "umoci repack";
const OCIDIAN: &str = "ocidian repack";
/// A layout like the one that the bundles come from, made anew.
const FRESH: &str = "cp -al \"$1/layout\" \"$2\"";

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let image = bench.image("multi")?;
    let field = Field::new(&bench.binary, &["umoci"]);
    let mut report = field.report("repack", &bench.place, bench.rounds, bench.quick)?;
    report.notes.push(format!("Bundles of the image {}, one of each tool's own making.", image.name));
    let work = bench.place.keep("work")?;
    fs::create_dir(&work.path)?;
    // On the same file system, so that the fresh layouts can be links.
    interrupt::stdout(Command::new("cp").arg("-r").arg(&image.layout).arg(work.path.join("layout")))?;
    let mut bundles = vec![("ocidian", OCIDIAN)];
    let from = format!("{}:latest", work.path.join("layout").display());
    let mut ours = Command::new(&bench.binary);
    interrupt::stdout(
        ours.args(["--quiet", "unpack", &format!("oci:{from}")]).arg(work.path.join("ocidian")),
    )?;
    if field.has("umoci") {
        let mut umoci = Command::new("umoci");
        umoci.arg("unpack").args(rootless().split_whitespace()).args(["--image", &from]);
        interrupt::stdout(umoci.arg(work.path.join("umoci")))?;
        bundles.push(("umoci", UMOCI));
    }

    for (task, files) in [("one file changed", 1), (&format!("{MANY} files changed") as &str, MANY)] {
        for (bundle, _) in &bundles {
            change(&work.path.join(bundle).join("rootfs"), files)?;
        }
        let task = field
            .task(task, UMOCI)
            .ours(OCIDIAN, "repack \"$1/ocidian\" -t \"oci:$2:new\"")
            .rival("umoci", UMOCI, "exec umoci repack --image \"$2:new\" \"$1/umoci\"")
            .prepared(FRESH);
        for (bundle, program) in &bundles {
            check(bench, &work.path, bundle).with_context(|| (*program).to_owned())?;
        }
        report.rows.extend(task.run(&work.path, &bench.place, bench.rounds)?);
    }
    report
        .notes
        .push("What each tool repacked was unpacked, by Ocidian, and was equal to its bundle.".to_owned());
    Ok(report)
}

/// Adds a line to that many files all over the tree, the same ones each time. Their times are whole seconds, which is
/// what umoci keeps of them.
fn change(rootfs: &Path, files: usize) -> Result<()> {
    let walk = walkdir::WalkDir::new(rootfs).sort_by_file_name().into_iter();
    let mut regular: Vec<PathBuf> = Vec::new();
    for entry in walk {
        let entry = entry?;
        if entry.file_type().is_file() {
            regular.push(entry.into_path());
        }
    }
    ensure!(regular.len() >= files, "{} has only {} files", rootfs.display(), regular.len());
    for path in regular.iter().step_by(regular.len() / files).take(files) {
        let mut file = fs::File::options().append(true).open(path)?;
        writeln!(file, "changed")?;
        file.set_modified(UNIX_EPOCH + Duration::from_secs(UNIX_EPOCH.elapsed()?.as_secs()))?;
    }
    Ok(())
}

/// What the tool repacks unpacks to what is in its bundle.
fn check(bench: &Bench, work: &Path, bundle: &str) -> Result<()> {
    let (layout, again) = (bench.place.keep("layout")?, bench.place.keep("again")?);
    let new = format!("{}:new", layout.path.display());
    interrupt::stdout(Command::new("cp").arg("-al").arg(work.join("layout")).arg(&layout.path))?;
    let mut repack = match bundle {
        "umoci" => Command::new("umoci"),
        _ => Command::new(&bench.binary),
    };
    repack.arg("repack");
    match bundle {
        "umoci" => repack.args(["--image", &new]).arg(work.join(bundle)),
        _ => repack.arg(work.join(bundle)).args(["-t", &format!("oci:{new}")]),
    };
    interrupt::stdout(&mut repack)?;
    let mut unpack = Command::new(&bench.binary);
    interrupt::stdout(unpack.args(["--quiet", "rootfs", &format!("oci:{new}")]).arg(&again.path))?;
    same_trees("repacked and unpacked again", &work.join(bundle).join("rootfs"), &again.path)?;
    Ok(())
}
