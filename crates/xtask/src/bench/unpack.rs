//! `cargo xtask bench unpack`: the images into bundles, each tree compared with umoci's before anything is timed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::images::{self, Compression, Image};
use super::interrupt;
use super::race::Field;
use super::report::Report;
use super::{Bench, floor, rootless, same_trees};
use crate::tools::release_xtask;

/// The name of the fair peer: it makes no manifest of files' hashes, and the ratios are to it.
const FAIR: &str = "umoci raw unpack";

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let (images, notes) = bench.images()?;
    let xtask = release_xtask()?;
    let field = Field::new(&bench.binary, &["umoci", "buildah", "tar", "gzip", "zstd"]);
    let mut report = field.report("unpack", &bench.place, bench.rounds, bench.quick)?;
    report.notes.extend(notes);
    for image in &images {
        image.warm()?;
        report.notes.push(check(bench, image, &field)?);
        let list = bench.place.keep("list")?;
        floor::list(&image.layers, &list.path)?;
        let rows = task(&field, image, &xtask, &list.path).run(&image.layout, &bench.place, bench.rounds)?;
        report.rows.extend(rows);
    }
    Ok(report)
}

fn task<'a>(field: &'a Field, image: &Image, xtask: &Path, list: &Path) -> super::race::Task<'a> {
    // They check nothing and know no whiteouts: what a shell reaches. What tar says of layers that do not fit onto
    // each other is part of that.
    let tar = |decode: &str| {
        format!(
            "d=$2; shift 2; mkdir \"$d\"
             for layer; do {decode} \"$layer\" | tar -C \"$d\" --numeric-owner -xpf - || true; done"
        )
    };
    let (xtask, list) = (xtask.display(), list.display());
    let base = if image.compression == Compression::Gzip { FAIR } else { "zstd -dc | tar" };
    let mut task = field.task(&image.name, base).arguments(&image.layers);
    task = task.ours("ocidian unpack", "unpack \"oci:$1:latest\" \"$2\"");
    let umoci = |verb: &str| format!("exec umoci {verb} {}--image \"$1:latest\" \"$2\"", rootless());
    // Debian 12's reads no zstd.
    if image.compression == Compression::Gzip {
        task =
            task.rival("umoci", "umoci unpack", &umoci("unpack")).rival("umoci", FAIR, &umoci("raw unpack"));
    }
    task = task.rival(
        "buildah",
        "buildah from",
        "mkdir \"$2\"
         exec buildah --root \"$2/root\" --runroot \"$2/run\" --storage-driver overlay from --quiet \"oci:$1:latest\"",
    );
    task = match image.compression {
        Compression::Gzip => task.rival("tar", "zcat | tar", &tar("zcat")),
        Compression::Zstd => task.rival("zstd", "zstd -dc | tar", &tar("zstd -dcq")),
    };
    task.other("floor: inflate, both hashes", &format!("shift 2; exec '{xtask}' __floor inflate \"$@\""))
        .other("floor: create the files", &format!("exec '{xtask}' __floor create '{list}' \"$2\""))
}

/// Unpacks once with Ocidian and once with umoci and compares everything that a tree has; a line about the outcome.
pub(super) fn check(bench: &Bench, image: &Image, field: &Field) -> Result<String> {
    let ours = bench.place.keep("ours")?;
    let source = format!("oci:{}:latest", image.layout.display());
    interrupt::stdout(Command::new(&bench.binary).args(["--quiet", "unpack", &source]).arg(&ours.path))?;
    let same = match image.compression {
        Compression::Gzip => None,
        // The same layers, compressed as umoci can read them.
        Compression::Zstd => Some(images::make("multi")?),
    };
    let peer = same.as_ref().unwrap_or(image);
    if !field.has("umoci") {
        return Ok(format!("{}: not compared with umoci's tree, which is not here.", image.name));
    }
    let theirs = bench.place.keep("theirs")?;
    let mut umoci = Command::new("umoci");
    umoci.arg("unpack").args(rootless().split_whitespace());
    umoci.arg("--image").arg(format!("{}:latest", peer.layout.display())).arg(&theirs.path);
    interrupt::stdout(&mut umoci)?;
    // All of it, times of directories too: umoci 0.4.7 gets everything right that these images hold.
    let entries = same_trees(&image.name, &ours.path.join("rootfs"), &theirs.path.join("rootfs"))
        .context("Ocidian's tree beside umoci's")?;
    let of = if same.is_some() { " of `multi`, which has the same layers" } else { "" };
    Ok(format!("{}: {entries} entries, each equal to umoci's{of} in every attribute.", image.name))
}
