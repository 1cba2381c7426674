//! What one run of a program costs.
//!
//! A process's children are accounted together and the peak over all of them is one number, so each
//! run has a parent of its own: this program again, started to run one command and write down
//! what the system says of it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, killpg};
use nix::sys::time::TimeValLike as _;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::interrupt;

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

impl Cost {
    /// Seconds of processors.
    pub(crate) fn cpu(&self) -> f64 {
        self.user + self.system
    }
}

/// Runs a command once and returns what it cost; its failure is an error with what it said.
pub(crate) fn cost(command: &Command) -> Result<Cost> {
    interrupt::check()?;
    let (result, said) = (tempfile::NamedTempFile::new()?, tempfile::NamedTempFile::new()?);
    // By way of the kernel: this program's own file may have been compiled anew since it was started.
    let mut measuring = Command::new("/proc/self/exe");
    measuring.arg("__measure").arg(result.path()).arg("--");
    measuring.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    if let Some(directory) = command.get_current_dir() {
        measuring.current_dir(directory);
    }
    measuring.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // Nobody waits for what it says; a group of its own can be ended with all that it started.
    measuring.stdout(Stdio::null()).stderr(said.reopen()?).process_group(0);
    let status = wait(&mut measuring.spawn()?)?;
    if !status.success() {
        interrupt::check()?;
        bail!("{command:?}: {}", String::from_utf8_lossy(&std::fs::read(said.path())?));
    }
    serde_json::from_slice(&std::fs::read(result.path())?).context("the measurement")
}

/// Waits for it, and ends it if this program is told to end.
fn wait(child: &mut Child) -> Result<ExitStatus> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interrupt::came() {
            let group = Pid::from_raw(child.id().cast_signed());
            let _ = killpg(group, Signal::SIGTERM);
            let status = child.wait()?;
            end(group, Duration::from_secs(5));
            return Ok(status);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Returns once none of a group lives that was told to end: what it would still write could not be removed. Who does
/// not listen is killed.
fn end(group: Pid, patience: Duration) {
    let start = Instant::now();
    while killpg(group, None).is_ok() {
        if start.elapsed() > patience {
            let _ = killpg(group, Signal::SIGKILL);
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
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
        wall: (wall * 1e6).round() / 1e6,
        user: seconds(usage.user_time()),
        system: seconds(usage.system_time()),
        peak: u64::try_from(usage.max_rss()).unwrap_or(0) * 1024,
    };
    if !status.success() {
        bail!("{status}");
    }
    Ok(std::fs::write(&options.result, serde_json::to_vec(&cost)?)?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn who_does_not_listen_is_killed() {
        let mut deaf = Command::new("sh");
        deaf.args(["-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"]);
        let mut child = deaf.stdout(Stdio::piped()).process_group(0).spawn().unwrap();
        let mut said = [0; 5];
        child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
        let group = Pid::from_raw(child.id().cast_signed());
        killpg(group, Signal::SIGTERM).unwrap();
        end(group, Duration::from_millis(20));
        assert_eq!(child.wait().unwrap().signal(), Some(Signal::SIGKILL as i32));
    }
}
