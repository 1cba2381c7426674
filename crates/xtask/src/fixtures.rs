//! `cargo xtask fixtures`: the committed images, made from source in this repository alone.
//!
//! The one program in them is a few machine instructions that [`program`] writes down with their
//! meaning, so that the bytes can be read, and made again without a compiler.

mod hello;
mod program;

use anyhow::{Result, bail};
use ocidian_testkit::tree::{Aspect, Ignore, Snapshot, diff};

use crate::tools::repository;

/// Writes `testdata/hello` anew, or with `check` compares it with what would be written.
pub(crate) fn run(check: bool) -> Result<()> {
    let committed = repository().join("testdata/hello");
    let fresh = tempfile::tempdir()?;
    hello::write(fresh.path())?;
    if !check {
        if committed.exists() {
            std::fs::remove_dir_all(&committed)?;
        }
        hello::write(&committed)?;
        println!("wrote {}", committed.display());
        return Ok(());
    }
    // Who checked the repository out, when and with what umask is none of our business.
    let ignore = [Aspect::Mtime, Aspect::Owner, Aspect::Mode, Aspect::Xattr]
        .into_iter()
        .fold(Ignore::nothing(), Ignore::aspect);
    let differences = diff(&Snapshot::of(&committed)?, &Snapshot::of(fresh.path())?, &ignore);
    for difference in &differences {
        println!("testdata/hello{difference}");
    }
    if differences.is_empty() { Ok(()) } else { bail!("testdata/hello is out of date: cargo xtask fixtures") }
}
