//! `cargo xtask bench validate`: every blob, every diff_id and every rule, beside the checksums that a shell makes.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::Args;
use ocidian_testkit::run;

use super::images::{self, Compression};
use super::place::Place;
use super::race::{Field, Report};
use crate::tools::release_binary;

#[derive(Args)]
pub(crate) struct Options {
    /// How often each program runs
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// These images alone: debian, multi, multi-zstd, bigfile, manyfiles
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    image: Vec<String>,
    /// Also write the result there
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let binary = release_binary()?;
    let names: Vec<&str> = match &options.image[..] {
        [] => images::NAMES.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    let place = Place::new(Some(&std::env::temp_dir()), false)?;
    let field = Field::new(&binary, &["sha256sum", "gzip", "zstd"]);
    let mut report = Report::new(&place, options.rounds, &field)?;
    for name in names {
        let image = images::make(name).with_context(|| format!("the image {name}"))?;
        image.warm()?;
        // It finds nothing wrong, or it would fail.
        run::stdout(Command::new(&binary).args(["--quiet", "validate"]).arg(&image.layout))?;
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
        let task = field.task(
            name,
            &[("ocidian validate", "validate \"$1\"")],
            &[("sha256sum", &pipeline, &shell)],
            &pipeline,
        );
        report.run(&task, &image.layout, &place)?;
    }
    report.publish(options.json.as_deref())
}
