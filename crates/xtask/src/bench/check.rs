//! `cargo xtask bench --check`: instruction counts of small commands beside those recorded.
//!
//! Seconds differ from run to run and from machine to machine; how many instructions a command
//! executes hardly does, so a few more of them are seen on a busy machine as on a quiet one. They
//! depend on what compiled the program, on its C library and on the processor that valgrind plays.
//! Where any of these is not as it was, the counts are of something else, and nothing is compared.

mod counted;
mod record;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::tools::repository;
use record::{Made, Record};

/// What a count may differ from the recorded one, in percent: well above what it does by itself
/// (docs/instructions.md).
const TOLERANCE: f64 = 2.0;

/// Compares with what is recorded: the lines that say how; an error if something takes more.
pub(crate) fn check(binary: &Path) -> Result<Vec<String>> {
    let now = now(binary)?;
    let recorded = Record::read(&place())?;
    let mut lines = now.beside(&recorded);
    let others = now.made.differences(&recorded.made);
    if !others.is_empty() {
        lines.extend(others);
        lines.push(
            "recorded elsewhere, so not compared; to see what a change costs here: cargo xtask bench --record, \
             change, cargo xtask bench --check"
                .to_owned(),
        );
        return Ok(lines);
    }
    let (more, less) = now.beyond(&recorded, TOLERANCE);
    if !more.is_empty() || now.names() != recorded.names() {
        bail!(
            "{}\n{} beyond {TOLERANCE} %: make it cheaper, or record the new count and say in the commit what it \
             buys: cargo xtask bench --record",
            lines.join("\n"),
            if more.is_empty() {
                "not the same commands".to_owned()
            } else {
                format!("{} grew", more.join(", "))
            },
        );
    }
    if !less.is_empty() {
        lines.push(format!("{} shrank; keep it so: cargo xtask bench --record", less.join(", ")));
    }
    Ok(lines)
}

/// Records what is counted now: the lines that say what it was and is.
pub(crate) fn record(binary: &Path) -> Result<Vec<String>> {
    let now = now(binary)?;
    let lines = match Record::read(&place()) {
        Ok(recorded) => now.beside(&recorded),
        Err(_) => now.beside(&now),
    };
    now.write(&place())?;
    Ok(lines)
}

fn now(binary: &Path) -> Result<Record> {
    Ok(Record { made: Made::here()?, instructions: counted::all(binary)? })
}

fn place() -> PathBuf {
    repository().join("crates/xtask/src/bench/check/instructions.json")
}
