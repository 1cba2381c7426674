//! `cargo xtask bench levels`: size against time at each level of compression, ours and what the tools are used with.
//!
//! The default levels are chosen from this table.

use anyhow::Result;

use super::Bench;
use super::build::tree;
use super::race::Field;
use super::report::Report;

/// Levels that are slower than anybody waits for are left out where it has to be quick.
const SLOW: usize = 6;

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let field = Field::new(&bench.binary, &["tar", "gzip", "pigz", "zstd"]);
    // One round: what differs from level to level is far above the noise.
    let mut report = field.report("levels", &bench.place, 1, bench.quick)?;
    let (tree, about) = tree(bench, &bench.image("multi")?)?;
    report.notes.push(about);

    let filter = |filter: &str| {
        format!("mkdir \"$2\"; tar -C \"$1\" --numeric-owner --xattrs -cf - . | {filter} > \"$2/layer\"")
    };
    let mut gzip = field.task("gzip", "tar, gzip").sized();
    let mut zstd = field.task("zstd", "tar, zstd").sized();
    for level in 1..=if bench.quick { SLOW } else { 9 } {
        gzip = gzip.ours(
            &format!("gzip:{level}"),
            &format!("build --compress gzip:{level} \"$1\" -t \"oci:$2:latest\""),
        );
        zstd = zstd.ours(
            &format!("zstd:{level}"),
            &format!("build --compress zstd:{level} \"$1\" -t \"oci:$2:latest\""),
        );
    }
    if !bench.quick {
        zstd = zstd.ours("zstd:12", "build --compress zstd:12 \"$1\" -t \"oci:$2:latest\"");
    }
    let gzip =
        gzip.rival("gzip", "tar, gzip", &filter("gzip -n")).rival("pigz", "tar, pigz", &filter("pigz -n"));
    let zstd = zstd.rival("zstd", "tar, zstd", &filter("zstd -q")).rival(
        "zstd",
        "tar, zstd -T2",
        &filter("zstd -q -T2"),
    );
    let none =
        field.task("none", "").sized().ours("none", "build --compress none \"$1\" -t \"oci:$2:latest\"");
    for task in [none, gzip, zstd] {
        report.rows.extend(task.run(&tree.path, &bench.place, report.rounds)?);
    }
    Ok(report)
}
