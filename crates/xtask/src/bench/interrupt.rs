//! Being stopped: what was made goes before the program does.
//!
//! A signal sets a flag, and no more: the run under way is ended, its error goes up, and the guards on the way remove
//! their directories and unmount. Mounts are in a namespace of this process besides, so that even `kill -9` leaves none.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Result, bail};
use ocidian_testkit::run;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static STOPPED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From here on SIGINT, SIGTERM and SIGHUP are remembered instead of ending this program.
pub(super) fn catch() -> Result<()> {
    let flag = STOPPED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    Ok(())
}

/// Whether one came.
pub(super) fn came() -> bool {
    STOPPED.get().is_some_and(|flag| flag.load(Ordering::SeqCst))
}

/// An error if one came.
pub(super) fn check() -> Result<()> {
    if came() { bail!("stopped by a signal") } else { Ok(()) }
}

/// What a command says that is run beside the measuring. One that ends well although the signal came to it too is the
/// last that is run.
pub(super) fn stdout(command: &mut Command) -> Result<String> {
    check()?;
    run::stdout(command)
}
