//! Other programs, run with what they say kept for the message when they fail.

use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

/// Runs `command` without stdin to its end; its stdout. A failure carries both its outputs.
pub fn stdout(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        bail!(
            "{command:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs `command` without stdin to its end, whatever that is.
pub fn output(command: &mut Command) -> Result<Output> {
    command.stdin(Stdio::null()).output().with_context(|| format!("starting {command:?}"))
}

/// Runs a shell script that stops at the first failure, with `arguments` as `$1`, `$2` and so on.
pub fn script(text: &str, arguments: &[&std::ffi::OsStr]) -> Result<String> {
    stdout(Command::new("sh").args(["-euc", text, "sh"]).args(arguments))
}
