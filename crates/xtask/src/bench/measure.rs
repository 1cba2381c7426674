//! What one run of a program costs.
//!
//! A process's children are accounted together and the peak over all of them is one number, so each
//! run has a parent of its own: this program again, started to run one command and write down
//! what the system says of it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde::{Deserialize, Serialize};

#[derive(Args)]
pub(crate) struct Options {
    /// Where to write the result
    result: PathBuf,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// What a run cost, all processes of it together but for the memory.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of processors, in the program.
    pub(crate) user: f64,
    /// Seconds of processors, in the kernel for it.
    pub(crate) system: f64,
    /// The most memory that one of its processes had resident, in bytes.
    pub(crate) peak: u64,
}

/// Runs a command once and returns what it cost; its failure is an error with what it said.
pub(crate) fn cost(command: &Command) -> Result<Cost> {
    let result = tempfile::NamedTempFile::new()?;
    let mut measuring = Command::new(std::env::current_exe()?);
    measuring.arg("__measure").arg(result.path()).arg("--");
    measuring.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    let output = measuring.output()?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&std::fs::read(result.path())?).context("the measurement")
}

/// The other side: runs the command and writes its cost.
pub(crate) fn run(options: &Options) -> Result<()> {
    let (program, arguments) = options.command.split_first().context("no command")?;
    let start = Instant::now();
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status()?;
    let wall = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
    let cost = Cost {
        wall,
        user: seconds(usage.user_time()),
        system: seconds(usage.system_time()),
        peak: u64::try_from(usage.max_rss()).unwrap_or(0) * 1024,
    };
    if !status.success() {
        bail!("{status}");
    }
    Ok(std::fs::write(&options.result, serde_json::to_vec(&cost)?)?)
}
