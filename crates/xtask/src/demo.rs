//! `cargo xtask demo`: the first command after a clone. Unpacks the shipped image with the real
//! binary, shows what came of it, and runs it where this machine lets it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use ocidian_testkit::peers::Peer;
use ocidian_testkit::run;
use ocidian_testkit::tree::{Kind, Snapshot};
use serde_json::Value;

use crate::tools::{release_binary, repository, target};

#[derive(Args)]
pub(crate) struct Options {
    /// Where to put the bundle; by default below the target directory, made anew each time
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let binary = release_binary()?;
    let bundle = match &options.bundle {
        Some(bundle) => bundle.clone(),
        None => fresh(&target().join("demo"))?,
    };

    println!("\n$ ocidian unpack oci:testdata/hello:latest {}", bundle.display());
    let mut unpack = Command::new(&binary);
    unpack.args(["unpack", "oci:testdata/hello:latest"]).arg(&bundle).current_dir(repository());
    if !unpack.status().context("starting ocidian")?.success() {
        bail!("ocidian unpack failed");
    }
    show_tree(&bundle.join("rootfs"))?;
    show_config(&bundle.join("config.json"))?;
    run_it(&bundle)
}

/// A bundle's path where nothing is: `unpack` refuses a target that is not empty.
fn fresh(path: &Path) -> Result<PathBuf> {
    if path.exists() {
        std::fs::remove_dir_all(path).with_context(|| path.display().to_string())?;
    }
    Ok(path.to_owned())
}

fn show_tree(rootfs: &Path) -> Result<()> {
    println!("\n{}:", rootfs.display());
    for (path, node) in Snapshot::of(rootfs)?.iter().filter(|(path, _)| !path.is_empty()) {
        let what = match &node.kind {
            Kind::File { size, .. } => format!("{size} bytes"),
            Kind::Symlink(target) => format!("-> {}", target.escape_ascii()),
            other => other.name().to_owned(),
        };
        let owner = format!("{}:{}", node.uid, node.gid);
        println!("  {:04o} {owner:>11}  {:<24} {what}", node.mode, path.escape_ascii());
    }
    Ok(())
}

fn show_config(path: &Path) -> Result<()> {
    let config: Value = serde_json::from_slice(&std::fs::read(path)?).context("config.json")?;
    println!("\n{}:", path.display());
    for pointer in
        ["/ociVersion", "/process/args", "/process/user", "/process/cwd", "/process/env", "/annotations"]
    {
        if let Some(value) = config.pointer(pointer) {
            println!("  {:<14} {value}", pointer.trim_start_matches('/').replace('/', "."));
        }
    }
    Ok(())
}

fn run_it(bundle: &Path) -> Result<()> {
    let id = format!("ocidian-demo-{}", std::process::id());
    let by_hand = format!("cd {} && runc run hello", bundle.display());
    let Some(runc) = Peer::find("runc") else {
        println!("\nrunc is not installed; with it: {by_hand}");
        return Ok(());
    };
    println!("\n$ {by_hand}");
    let mut command = runc.command();
    if !nix::unistd::geteuid().is_root() {
        let state = target().join("demo-runc");
        command.arg("--root").arg(state);
    }
    match run::stdout(command.arg("run").arg(&id).current_dir(bundle)) {
        Ok(said) => {
            print!("{said}");
            if said.contains("Hello from an OCI image") { Ok(()) } else { bail!("the image did not greet") }
        }
        Err(error) if nix::unistd::geteuid().is_root() => Err(error),
        Err(error) => {
            println!("runc cannot run containers for this user here ({error:#}); as root: {by_hand}");
            Ok(())
        }
    }
}
