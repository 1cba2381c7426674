//! The `ocidian` command: reads what was typed, runs one verb, and makes its outcome an exit code.
//!
//! Thin on purpose. `cli` is the grammar, `commands` has one file a verb and calls the libraries,
//! `report` is all that is said, `exit` sorts errors. What an image *is* lives in `crates/`.

mod cli;
mod commands;
mod epoch;
mod exit;
mod interrupt;
mod report;

use std::process::ExitCode;

use crate::exit::{Differ, Exit, Invalid};
use crate::interrupt::Interrupted;
use crate::report::Voice;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let cli = match cli::parse(&words) {
        Ok(cli) => cli,
        Err(error) => return cli::refuse(&error),
    };
    report::log_to_stderr(cli.global.debug);
    match commands::run(&cli.verb, Voice::new(&cli.global)) {
        Ok(()) => Exit::Done.into(),
        Err(error) if exit::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) if error.is::<Invalid>() || error.is::<Differ>() => Exit::Failed.into(),
        Err(error) => {
            report::stderr_line(&exit::line(&error));
            match error.downcast_ref::<Interrupted>() {
                Some(interrupted) => interrupted.end(),
                None => exit::of(&error).into(),
            }
        }
    }
}
