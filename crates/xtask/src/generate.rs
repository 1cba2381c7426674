//! `cargo xtask generate`: man pages and completions, written by the binary itself, the list of rules in
//! `docs/validate.md`, and the pages about speed.
//!
//! The former are not committed, because a package builds them from the binary it ships; `--check` only
//! proves that the binary can write them. The list of rules and the pages about speed are, and `--check` compares them:
//! these with what they make of the measurements that are stored beside them.

mod rules;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use ocidian_testkit::run;

use crate::bench::docs;
use crate::tools::{cargo, target};

#[derive(Args)]
pub(crate) struct Check {
    /// Change nothing; fail if something is out of date
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    check: Check,
    /// Where to write
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.check.check {
        return check();
    }
    // First what needs no binary.
    docs::write()?;
    let directory = options.dir.clone().unwrap_or_else(|| target().join("generated"));
    write(&directory)?;
    rules::write(&debug_binary()?)?;
    println!("man pages and completions are in {}; docs/validate.md lists the rules", directory.display());
    println!("docs/bench.md and docs/bench/ say what was measured");
    Ok(())
}

/// Writes everything to a place that goes away again.
pub(crate) fn check() -> Result<()> {
    docs::check()?;
    let directory = tempfile::tempdir()?;
    write(directory.path())?;
    rules::check(&debug_binary()?)
}

fn write(directory: &Path) -> Result<()> {
    let binary = debug_binary()?;
    let man = directory.join("man");
    std::fs::create_dir_all(&man)?;
    run::stdout(Command::new(&binary).args(["man", "--dir"]).arg(&man))?;
    if std::fs::read_dir(&man)?.next().is_none() {
        bail!("`ocidian man` wrote no page");
    }
    for (shell, name) in [("bash", "ocidian"), ("zsh", "_ocidian"), ("fish", "ocidian.fish")] {
        let script = run::stdout(Command::new(&binary).args(["completion", shell]))?;
        if !script.contains("unpack") {
            bail!("the completion for {shell} does not know `unpack`");
        }
        let path = directory.join("completions").join(shell);
        std::fs::create_dir_all(&path)?;
        std::fs::write(path.join(name), script)?;
    }
    Ok(())
}

fn debug_binary() -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--package", "ocidian", "--bin", "ocidian"]);
    if !build.status().context("starting cargo")?.success() {
        bail!("the binary cannot be built");
    }
    Ok(target().join("debug/ocidian"))
}
