//! `cargo xtask bench copy`: an image to a new layout and to archives, digests kept.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::Bench;
use super::interrupt;
use super::race::{Field, Task};
use super::report::Report;

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let image = bench.image("multi")?;
    image.warm()?;
    let field = Field::new(&bench.binary, &["skopeo", "cp", "tar"]);
    let mut report = field.report("copy", &bench.place, bench.rounds, bench.quick)?;
    report.notes.push(format!("The image {}; layers: {}.", image.name, image.layers.len()));
    // Source and destination on one file system, as they mostly are.
    let layout = bench.place.keep("layout")?;
    interrupt::stdout(Command::new("cp").arg("-r").arg(&image.layout).arg(&layout.path))?;
    for form in ["oci:", "oci-archive:", "docker-archive:"] {
        check(bench, &layout.path, form).with_context(|| form.to_owned())?;
    }
    let about =
        "Copied by Ocidian to each form and from there to a layout again, it had every blob, byte for byte.";
    report.notes.push(about.to_owned());
    for task in tasks(&field) {
        report.rows.extend(task.run(&layout.path, &bench.place, bench.rounds)?);
    }
    Ok(report)
}

/// There and back, every blob is the same.
fn check(bench: &Bench, layout: &Path, form: &str) -> Result<()> {
    let (there, back) = (bench.place.keep("there")?, bench.place.keep("back")?);
    let name = if form == "docker-archive:" { "image:latest" } else { "latest" };
    let from = format!("oci:{}:latest", layout.display());
    let middle = format!("{form}{}:{name}", there.path.display());
    let to = format!("oci:{}:latest", back.path.display());
    for (from, to) in [(&from, &middle), (&middle, &to)] {
        interrupt::stdout(Command::new(&bench.binary).args(["--quiet", "copy", from, to]))?;
    }
    for blob in fs::read_dir(layout.join("blobs/sha256"))? {
        let blob = blob?;
        let copy = back.path.join("blobs/sha256").join(blob.file_name());
        let same = fs::read(blob.path())? == fs::read(&copy).with_context(|| copy.display().to_string())?;
        ensure!(same, "{} differs", copy.display());
    }
    Ok(())
}

fn tasks(field: &Field) -> Vec<Task<'_>> {
    let skopeo =
        |to: &str| format!("exec skopeo --tmpdir \"$TMPDIR\" copy --quiet \"oci:$1:latest\" \"{to}\"");
    vec![
        field
            .task("to a new layout", "skopeo copy")
            .sized()
            .ours("ocidian copy", "copy \"oci:$1:latest\" \"oci:$2:latest\"")
            .rival("skopeo", "skopeo copy", &skopeo("oci:$2:latest"))
            .rival("cp", "cp -r (checks nothing)", "exec cp -r \"$1\" \"$2\""),
        field
            .task("to oci-archive", "skopeo copy")
            .sized()
            .ours("ocidian copy", "copy \"oci:$1:latest\" \"oci-archive:$2:latest\"")
            .rival("skopeo", "skopeo copy", &skopeo("oci-archive:$2:latest"))
            .rival("tar", "tar (checks nothing)", "exec tar -C \"$1\" -cf \"$2\" ."),
        field
            .task("to docker-archive", "skopeo copy (uncompresses)")
            .sized()
            .ours("ocidian copy", "copy \"oci:$1:latest\" \"docker-archive:$2:image:latest\"")
            .ours(
                "ocidian copy --uncompressed",
                "copy --uncompressed \"oci:$1:latest\" \"docker-archive:$2:image:latest\"",
            )
            .rival("skopeo", "skopeo copy (uncompresses)", &skopeo("docker-archive:$2:image:latest")),
    ]
}
