//! `cargo xtask dist`: the program as one file that runs wherever the kernel does.
//!
//! Statically linked, position independent, without symbols: nothing of it is looked up on the
//! machine that it is copied to. That is not believed but seen: the file must name no interpreter
//! and no library, and has to unpack and check an image in a root directory that holds nothing but
//! it and the image.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use ocidian_spec::Digest;
use ocidian_testkit::run;

use crate::tools::{cargo, repository, target};

#[derive(Args)]
pub(crate) struct Options {
    /// The platform to build for, as rustc names it [default: this machine's, with the C library it has]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    for line in make(options.target.as_deref())?.1 {
        println!("{line}");
    }
    Ok(())
}

/// Builds the file and tries it: where it is, and what there is to say about it.
pub(crate) fn make(triple: Option<&str>) -> Result<(PathBuf, Vec<String>)> {
    let host = host()?;
    let triple = triple.unwrap_or(&host);
    let binary = build(triple)?;
    needs_nothing(&binary)?;
    let tried = if same_machine(triple, &host) {
        runs_alone(&binary).context("in an empty root directory")?;
        "needs no interpreter and no library; unpacked and validated an image in an otherwise empty root"
    } else {
        "needs no interpreter and no library; built for another machine, so not run"
    };
    let bytes = fs::read(&binary)?;
    let lines = vec![
        binary.display().to_string(),
        format!("{} bytes, {}", bytes.len(), Digest::sha256(&bytes)),
        tried.to_owned(),
    ];
    Ok((binary, lines))
}

/// The platform that rustc builds for by itself.
fn host() -> Result<String> {
    let about = run::stdout(Command::new("rustc").arg("-vV"))?;
    let line = about.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc -vV names no host")?.to_owned())
}

/// Whether what is built for one runs on the other: all but the C library is the same.
fn same_machine(triple: &str, host: &str) -> bool {
    let machine = |triple: &str| triple.rsplit_once('-').map(|(machine, _)| machine.to_owned());
    machine(triple) == machine(host)
}

fn build(triple: &str) -> Result<PathBuf> {
    // The caller's flags are kept. None reaches a build script, because a target is named. (The profile's `strip`
    // given by --config is not heeded.)
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut command = cargo();
    command.env("RUSTFLAGS", format!("{flags} -C target-feature=+crt-static -C strip=symbols").trim());
    command.args(["build", "--release", "--package", "ocidian", "--bin", "ocidian", "--target", triple]);
    if !command.status().context("starting cargo")?.success() {
        bail!("cannot be built for {triple}; is its standard library there (rustup target add {triple})?");
    }
    Ok(target().join(triple).join("release/ocidian"))
}

/// Refuses a file that the kernel or an interpreter would have to complete.
fn needs_nothing(binary: &Path) -> Result<()> {
    let about =
        run::stdout(Command::new("readelf").args(["--program-headers", "--dynamic", "-W"]).arg(binary))?;
    match about.lines().find(|line| line.contains("INTERP") || line.contains("(NEEDED)")) {
        Some(line) => bail!("{} is not static: {}", binary.display(), line.trim()),
        None => Ok(()),
    }
}

/// Unpacks and checks the shipped image where there is no library, no /proc, no /dev, no /tmp.
fn runs_alone(binary: &Path) -> Result<()> {
    let root = tempfile::tempdir()?;
    let root = root.path();
    fs::copy(binary, root.join("ocidian"))?;
    run::stdout(
        Command::new("cp").arg("-r").arg(repository().join("testdata/hello")).arg(root.join("hello")),
    )?;
    let said = alone(root, &["--version"])?;
    if !said.starts_with("ocidian ") {
        bail!("--version says {said:?}");
    }
    alone(root, &["validate", "--quiet", "oci:hello:latest"])?;
    alone(root, &["unpack", "--quiet", "--platform", "linux/amd64", "oci:hello:latest", "bundle"])?;
    let greeting = root.join("bundle/rootfs/etc/greeting");
    if !fs::read_to_string(&greeting).is_ok_and(|text| text.starts_with("Hello")) {
        bail!("unpacked, but without {}", greeting.display());
    }
    // Of directories and files: what attributes a link has is only told by way of /proc.
    alone(root, &["build", "--quiet", "--platform", "linux/amd64", "--tag", "oci:made:latest", "hello"])?;
    alone(root, &["validate", "--quiet", "oci:made:latest"])?;
    Ok(())
}

/// Runs the program with `root` as its root directory: what it says.
fn alone(root: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = if nix::unistd::geteuid().is_root() {
        let mut command = Command::new("chroot");
        command.arg(root);
        command
    } else {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--root"]).arg(root);
        command
    };
    run::stdout(
        command.arg("/ocidian").args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_needs_a_library_is_refused() {
        // This test itself is one.
        let here = std::env::current_exe().unwrap();
        if cfg!(target_feature = "crt-static") {
            needs_nothing(&here).unwrap();
        } else {
            let refusal = needs_nothing(&here).unwrap_err().to_string();
            assert!(refusal.contains("is not static"), "{refusal}");
        }
    }

    #[test]
    fn another_c_library_is_still_the_same_machine() {
        assert!(same_machine("x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu"));
        assert!(!same_machine("aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"));
    }
}
