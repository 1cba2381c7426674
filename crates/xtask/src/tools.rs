//! Cargo and the repository, as every chore needs them.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The repository.
pub(crate) fn repository() -> PathBuf {
    // `cargo run` says where the manifest is now; two clones may share what one of them built.
    let manifest =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let path = manifest.join("../..");
    path.canonicalize().unwrap_or(path)
}

/// The directory for what is built.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(path) => repository().join(path),
        None => repository().join("target"),
    }
}

/// Cargo, in the repository.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository());
    command
}

/// Builds the release binary; where it is.
pub(crate) fn release_binary() -> Result<PathBuf> {
    release("ocidian")
}

/// Builds this program as Ocidian is released, for what is measured beside it; where it is.
pub(crate) fn release_xtask() -> Result<PathBuf> {
    release("xtask")
}

fn release(name: &str) -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--release", "--package", name, "--bin", name]);
    let status = command.status().context("starting cargo")?;
    if !status.success() {
        bail!("the release binary of {name} cannot be built");
    }
    Ok(target().join("release").join(name))
}

/// Whether this is where a skip is a failure.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}
