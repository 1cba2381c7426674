//! `cargo xtask bench build`: a real tree of many files to an image of one layer, and what others make of it.
//!
//! The tree is that of the image `multi`. How large the result is counts as much as how long it takes, so it stands
//! beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use ocidian_testkit::run;
use ocidian_testkit::tree::{Ignore, Snapshot, diff};

use super::images;
use super::place::Place;
use super::race::{Field, Report, Task};
use crate::tools::release_binary;

#[derive(Args)]
pub(crate) struct Options {
    /// How often each program runs
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// The tree of this image: debian, multi, bigfile, manyfiles
    #[arg(long, value_name = "NAME", default_value = "multi")]
    image: String,
    /// Work below this directory; by default on a tmpfs of the benchmark's own (as root)
    #[arg(long, value_name = "DIR", conflicts_with = "ext4")]
    dir: Option<PathBuf>,
    /// Work on an ext4 in a file, with its journal (as root)
    #[arg(long)]
    ext4: bool,
    /// Also write the result there
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let binary = release_binary()?;
    let image = images::make(&options.image).with_context(|| format!("the image {}", options.image))?;
    let mut place = Place::new(options.dir.as_deref(), options.ext4)?;
    let field = Field::new(&binary, &["tar", "gzip", "pigz", "zstd", "umoci", "buildah"]);
    let mut report = Report::new(&place, options.rounds, &field)?;
    let tree = place.keep("tree")?;
    let source = format!("oci:{}:latest", image.layout.display());
    run::stdout(Command::new(&binary).args(["--quiet", "rootfs", &source]).arg(&tree))?;
    place.fresh(|destination| check(&binary, &tree, destination))?;
    for task in tasks(&field) {
        report.run(&task, &tree, &place)?;
    }
    report.publish(options.json.as_deref())
}

fn tasks(field: &Field) -> Vec<Task> {
    const TAR: &str = "mkdir \"$2\"; tar -C \"$1\" --numeric-owner --xattrs -cf - . | ";
    let buildah = "mkdir \"$2\"
        d=$2; b() { buildah --root \"$d/root\" --runroot \"$d/run\" --storage-driver overlay \"$@\"; }
        c=$(b from scratch) && b copy --quiet \"$c\" \"$1\" / && b commit --quiet \"$c\" \"oci:$d/layout:latest\"
        mv \"$d/layout\" \"$d.layout\"; b rm \"$c\"; rm -rf \"$d\"; mv \"$d.layout\" \"$d\"";
    let pipe = |filter: &str| format!("{TAR}{filter} > \"$2/layer\"");
    let (gzip, pigz, zstd) = (pipe("gzip -6n"), pipe("pigz -6n -p2"), pipe("zstd -3q -T2"));
    vec![
        field.task(
            "gzip",
            &[
                ("ocidian build", "build \"$1\" -t \"oci:$2:latest\""),
                ("ocidian build -j1", "build -j1 \"$1\" -t \"oci:$2:latest\""),
                ("ocidian build, level 6", "build --compress gzip:6 \"$1\" -t \"oci:$2:latest\""),
            ],
            &[
                (
                    "umoci",
                    "umoci insert",
                    "umoci init --layout \"$2\" && umoci new --image \"$2:latest\" && \
                     umoci insert --image \"$2:latest\" \"$1\" /",
                ),
                ("gzip", "tar, gzip -6", &gzip),
                ("pigz", "tar, pigz -6 -p2", &pigz),
                ("buildah", "buildah copy, commit", buildah),
            ],
            "umoci insert",
        ),
        field.task(
            "zstd",
            &[("ocidian build --compress zstd", "build --compress zstd \"$1\" -t \"oci:$2:latest\"")],
            &[("zstd", "tar, zstd -3 -T2", &zstd)],
            "tar, zstd -3 -T2",
        ),
        field.task(
            "uncompressed",
            &[("ocidian build --compress none", "build --compress none \"$1\" -t \"oci:$2:latest\"")],
            &[("tar", "tar", "mkdir \"$2\"; tar -C \"$1\" --numeric-owner --xattrs -cf \"$2/layer\" .")],
            "tar",
        ),
    ]
}

/// What is built unpacks to the tree that it was built from.
fn check(binary: &Path, tree: &Path, destination: &Path) -> Result<()> {
    let (layout, again) = (destination.with_file_name("layout"), destination.with_file_name("again"));
    let image = format!("oci:{}:latest", layout.display());
    run::stdout(Command::new(binary).args(["--quiet", "build"]).arg(tree).args(["-t", &image]))?;
    run::stdout(Command::new(binary).args(["--quiet", "rootfs", &image]).arg(&again))?;
    let before = Snapshot::of(tree)?;
    let differences = diff(&before, &Snapshot::of(&again)?, &Ignore::nothing());
    for difference in differences.iter().take(20) {
        println!("{difference}");
    }
    if !differences.is_empty() {
        bail!("what was built unpacks to another tree, in {} places", differences.len());
    }
    println!("{} entries; built and unpacked again, each is equal in every attribute", before.len());
    Ok(())
}
