//! SIGINT and SIGTERM: ask the work to stop and clean up, then end by that signal.
//!
//! Handlers only set flags, so a second signal while things are being removed changes nothing. At
//! the end the signal is raised again with its default action: a shell loop around the command
//! stops only if it sees that its child died of SIGINT. Verbs that create nothing have no handlers.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Context;
use ocidian_content::Cancel;
use signal_hook::consts::{SIGINT, SIGTERM};

/// Which signal came, if any did.
pub(crate) struct Interrupt {
    stop: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Catches the signals from here on.
    pub(crate) fn catch() -> anyhow::Result<Self> {
        let this = Self { stop: Arc::default(), signal: Arc::default() };
        for signal in [SIGINT, SIGTERM] {
            let number = usize::try_from(signal)?;
            // In this order, so that whoever sees the request to stop can tell where it came from.
            signal_hook::flag::register_usize(signal, Arc::clone(&this.signal), number)
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&this.stop)))
                .context("cannot catch signals")?;
        }
        Ok(this)
    }

    /// What the work is to look at.
    pub(crate) fn cancel(&self) -> Cancel {
        Cancel::from_flag(Arc::clone(&self.stop))
    }

    /// Set once a signal came, for work that takes no [`Cancel`].
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Marks an error as the end that a signal asked for, if one did.
    pub(crate) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        match i32::try_from(self.signal.load(Ordering::Relaxed)) {
            Ok(signal) if signal != 0 => error.context(Interrupted { signal }),
            _ => error,
        }
    }
}

/// The work was stopped by a signal.
#[derive(Debug)]
pub(crate) struct Interrupted {
    signal: i32,
}

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(signal_hook::low_level::signal_name(self.signal).unwrap_or("signal"))
    }
}

impl Interrupted {
    /// Ends the process by the signal, or where the kernel does not let it with the code that a
    /// shell would show: signals do not kill the first process of a PID namespace.
    pub(crate) fn end(&self) -> ExitCode {
        if std::process::id() != 1 {
            let _ = signal_hook::low_level::emulate_default_handler(self.signal);
        }
        ExitCode::from(u8::try_from(128 + self.signal).unwrap_or(1))
    }
}
