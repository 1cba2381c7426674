//! `cargo xtask bench build`: a real tree of many files to an image of one layer, and what others make of it.
//!
//! The tree is that of the image `multi`. How large the result is counts as much as how long it takes, so it stands
//! beside it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::images::Image;
use super::interrupt;
use super::place::Kept;
use super::race::{Field, Task};
use super::report::Report;
use super::{Bench, rootless, same_trees};

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let field = Field::new(&bench.binary, &["umoci", "buildah", "tar", "bsdtar", "gzip", "pigz", "zstd"]);
    let mut report = field.report("build", &bench.place, bench.rounds, bench.quick)?;
    let (tree, about) = tree(bench, &bench.image("multi")?)?;
    report.notes.push(about);
    for compression in ["gzip", "zstd", "none"] {
        check(bench, &tree.path, compression)?;
    }
    report.notes.push("What is built, with each compression, unpacks to an equal tree.".to_owned());
    for task in tasks(&field) {
        report.rows.extend(task.run(&tree.path, &bench.place, bench.rounds)?);
    }
    Ok(report)
}

/// The tree of an image, unpacked; and a line about it.
pub(super) fn tree(bench: &Bench, image: &Image) -> Result<(Kept, String)> {
    let tree = bench.place.keep("tree")?;
    let source = format!("oci:{}:latest", image.layout.display());
    interrupt::stdout(Command::new(&bench.binary).args(["--quiet", "rootfs", &source]).arg(&tree.path))?;
    let entries = walkdir::WalkDir::new(&tree.path).into_iter().count();
    let bytes = super::race::bytes_below(&tree.path)?;
    let about = format!(
        "The tree of the image {}: {entries} entries, {:.0} MB in files.",
        image.name,
        bytes as f64 / 1e6
    );
    Ok((tree, about))
}

fn tasks(field: &Field) -> Vec<Task<'_>> {
    const TAR: &str = "mkdir \"$2\"; tar -C \"$1\" --numeric-owner --xattrs -cf - . | ";
    let bsdtar =
        |to: &str| format!("mkdir \"$2\"; exec bsdtar -C \"$1\" --numeric-owner {to} -cf \"$2/layer\" .");
    let pipe = |filter: &str| format!("{TAR}{filter} > \"$2/layer\"");
    let buildah = "mkdir \"$2\"
        d=$2; b() { buildah --root \"$d/root\" --runroot \"$d/run\" --storage-driver overlay \"$@\"; }
        c=$(b from scratch) && b copy --quiet \"$c\" \"$1\" / && b commit --quiet \"$c\" \"oci:$d/layout:latest\"
        mv \"$d/layout\" \"$d.layout\"; b rm \"$c\"; rm -rf \"$d\"; mv \"$d.layout\" \"$d\"";
    let umoci = format!(
        "umoci init --layout \"$2\" && umoci new --image \"$2:latest\" && \
         umoci insert {}--image \"$2:latest\" \"$1\" /",
        rootless()
    );
    vec![
        field
            .task("gzip", "umoci insert")
            .sized()
            .ours("ocidian build", "build \"$1\" -t \"oci:$2:latest\"")
            .ours("ocidian build -j1", "build -j1 \"$1\" -t \"oci:$2:latest\"")
            .rival("umoci", "umoci insert", &umoci)
            .rival("gzip", "tar, gzip -6", &pipe("gzip -6n"))
            .rival("pigz", "tar, pigz -6 -p2", &pipe("pigz -6n -p2"))
            .rival("bsdtar", "bsdtar -z", &bsdtar("-z"))
            .rival("buildah", "buildah copy, commit (uncompressed)", buildah),
        field
            .task("zstd", "tar, zstd -3 -T2")
            .sized()
            .ours("ocidian build --compress zstd", "build --compress zstd \"$1\" -t \"oci:$2:latest\"")
            .rival("zstd", "tar, zstd -3 -T2", &pipe("zstd -3q -T2"))
            .rival("bsdtar", "bsdtar --zstd", &bsdtar("--zstd")),
        field
            .task("uncompressed", "tar")
            .sized()
            .ours("ocidian build --compress none", "build --compress none \"$1\" -t \"oci:$2:latest\"")
            .rival("tar", "tar", "mkdir \"$2\"; tar -C \"$1\" --numeric-owner --xattrs -cf \"$2/layer\" .")
            .rival("bsdtar", "bsdtar", &bsdtar("")),
    ]
}

/// What is built unpacks to the tree that it was built from.
pub(super) fn check(bench: &Bench, tree: &Path, compression: &str) -> Result<usize> {
    let (layout, again) = (bench.place.keep("layout")?, bench.place.keep("again")?);
    let image = format!("oci:{}:latest", layout.path.display());
    let ours = |arguments: &[&str], path: &Path| {
        interrupt::stdout(Command::new(&bench.binary).arg("--quiet").args(arguments).arg(path))
    };
    ours(&["build", "--compress", compression, "-t", &image], tree)?;
    ours(&["rootfs", &image], &again.path)?;
    same_trees("built and unpacked again", tree, &again.path)
        .with_context(|| format!("what was built with {compression}"))
}
