//! `cargo xtask bench validate`: every blob, every diff_id and every rule, beside the checksums that a shell makes.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use ocidian_testkit::run;

use super::Bench;
use super::images::{Compression, Image};
use super::interrupt;
use super::place::{Kept, Place};
use super::race::Field;
use super::report::Report;

/// Ours again, on the same layers as we compress them.
const OWN: &str = "ocidian validate, layers by ocidian build";

pub(super) fn run(bench: &Bench) -> Result<Report> {
    let (images, notes) = bench.images()?;
    let field = Field::new(&bench.binary, &["sha256sum", "gzip", "zstd"]);
    let mut report = field.report("validate", &bench.place, bench.rounds, bench.quick)?;
    report.notes.extend(notes);
    for image in &images {
        image.warm()?;
        check(&bench.binary, &bench.place, image)?;
        let filter = match image.compression {
            Compression::Gzip => "gzip -dc",
            Compression::Zstd => "zstd -dcq",
        };
        let mut shell = "cd \"$1/blobs/sha256\" && sha256sum -b *".to_owned();
        for layer in &image.layers {
            let blob = layer.file_name().unwrap_or_default().to_string_lossy();
            shell.push_str(&format!(" && {filter} {blob} | sha256sum"));
        }
        let pipeline = format!("sha256sum; {filter}, sha256sum");
        let own = own(bench, image)?;
        let task = field.task(&image.name, &pipeline).arguments(std::slice::from_ref(&own.path));
        let mut task = task.ours("ocidian validate", "validate \"$1\"");
        if image.compression == Compression::Gzip {
            task = task.ours(OWN, "validate \"$3\"");
        }
        let rows =
            task.rival("sha256sum", &pipeline, &shell).run(&image.layout, &bench.place, bench.rounds)?;
        report.rows.extend(rows);
    }
    let about = "Each image was found valid, and the same image with one wrong byte in the middle of a layer was not.";
    report.notes.push(about.to_owned());
    Ok(report)
}

/// The same image as we write it: its gzip layers are of pieces that can be inflated side by side.
fn own(bench: &Bench, image: &Image) -> Result<Kept> {
    let own = bench.place.keep("own")?;
    if image.compression == Compression::Gzip {
        let mut build = Command::new(&bench.binary);
        build.args(["--quiet", "build", "--tag"]).arg(format!("oci:{}:latest", own.path.display()));
        interrupt::stdout(build.args(&image.layers))?;
        interrupt::stdout(Command::new(&bench.binary).args(["--quiet", "validate"]).arg(&own.path))?;
    }
    Ok(own)
}

/// The verdict is right both ways: the image is valid, and with a byte changed in its last layer it is not.
pub(super) fn check(binary: &Path, place: &Place, image: &Image) -> Result<()> {
    interrupt::stdout(Command::new(binary).args(["--quiet", "validate"]).arg(&image.layout))?;
    let forged = place.keep("forged")?;
    interrupt::stdout(Command::new("cp").arg("-r").arg(&image.layout).arg(&forged.path))?;
    let Some(name) = image.layers.last().and_then(|layer| layer.file_name()) else { return Ok(()) };
    let path = forged.path.join("blobs/sha256").join(name);
    let file = fs::File::options().read(true).write(true).open(&path)?;
    let (middle, mut byte) = (file.metadata()?.len() / 2, [0]);
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut byte, middle)?;
    std::os::unix::fs::FileExt::write_all_at(&file, &[!byte[0]], middle)?;
    let mut validate = Command::new(binary);
    let verdict = run::output(validate.args(["--quiet", "validate", "--format", "json"]).arg(&forged.path))?;
    let found = String::from_utf8_lossy(&verdict.stdout).contains("\"layout-blob-digest\"");
    ensure!(!verdict.status.success() && found, "{} is found valid although a byte is wrong", image.name);
    Ok(())
}
