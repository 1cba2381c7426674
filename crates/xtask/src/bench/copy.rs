//! `cargo xtask bench copy`: an image to a new layout and to archives, digests kept.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use ocidian_testkit::run;

use super::images;
use super::place::Place;
use super::race::{Field, Report, Task};
use crate::tools::release_binary;

#[derive(Args)]
pub(crate) struct Options {
    /// How often each program runs
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// This image: debian, multi, multi-zstd, bigfile, manyfiles
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
    image.warm()?;
    let mut place = Place::new(options.dir.as_deref(), options.ext4)?;
    let field = Field::new(&binary, &["skopeo", "cp", "tar"]);
    let mut report = Report::new(&place, options.rounds, &field)?;
    // Source and destination on one file system, as they mostly are.
    let layout = place.keep("layout")?;
    run::stdout(Command::new("cp").arg("-r").arg(&image.layout).arg(&layout))?;
    place.fresh(|destination| {
        let from = format!("oci:{}:latest", layout.display());
        let to = format!("oci:{}:latest", destination.display());
        run::stdout(Command::new(&binary).args(["--quiet", "copy", &from, &to]))?;
        let same = std::fs::read_dir(layout.join("blobs/sha256"))?.all(|blob| {
            blob.is_ok_and(|blob| {
                let copy = destination.join("blobs/sha256").join(blob.file_name());
                std::fs::read(blob.path())
                    .is_ok_and(|bytes| std::fs::read(copy).is_ok_and(|copy| copy == bytes))
            })
        });
        ensure!(same, "the copy has not every blob");
        Ok(())
    })?;
    for task in tasks(&field) {
        report.run(&task, &layout, &place)?;
    }
    report.publish(options.json.as_deref())
}

fn tasks(field: &Field) -> Vec<Task> {
    let skopeo = |to: &str| format!("exec skopeo copy --quiet \"oci:$1:latest\" \"{to}\"");
    let (layout, archive, docker) =
        (skopeo("oci:$2:latest"), skopeo("oci-archive:$2:latest"), skopeo("docker-archive:$2:image:latest"));
    vec![
        field.task(
            "to a new layout",
            &[("ocidian copy", "copy \"oci:$1:latest\" \"oci:$2:latest\"")],
            &[
                ("skopeo", "skopeo copy", &layout),
                ("cp", "cp -r (checks nothing)", "exec cp -r \"$1\" \"$2\""),
            ],
            "skopeo copy",
        ),
        field.task(
            "to oci-archive",
            &[("ocidian copy", "copy \"oci:$1:latest\" \"oci-archive:$2:latest\"")],
            &[
                ("skopeo", "skopeo copy", &archive),
                ("tar", "tar (checks nothing)", "exec tar -C \"$1\" -cf \"$2\" ."),
            ],
            "skopeo copy",
        ),
        field.task(
            "to docker-archive",
            &[
                ("ocidian copy", "copy \"oci:$1:latest\" \"docker-archive:$2:image:latest\""),
                (
                    "ocidian copy --uncompressed",
                    "copy --uncompressed \"oci:$1:latest\" \"docker-archive:$2:image:latest\"",
                ),
            ],
            &[("skopeo", "skopeo copy (uncompresses)", &docker)],
            "skopeo copy (uncompresses)",
        ),
    ]
}
