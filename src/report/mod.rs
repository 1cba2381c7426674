//! What is said, and where: data and reports to stdout, everything else to stderr.

pub(crate) mod escape;
pub(crate) mod json;
pub(crate) mod progress;
pub(crate) mod size;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod time;

use std::io::{self, IsTerminal, Write};

use ocidian_content::{Progress, Silent};

use crate::cli::Global;

/// How much to say, as the command line and the terminal have it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice {
    quiet: bool,
    bars: bool,
}

impl Voice {
    /// Bars need a terminal that can move its cursor, and a person who wants them.
    pub(crate) fn new(global: &Global) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        // Log lines and a bar would overwrite each other.
        let wanted = !(global.quiet || global.no_progress || global.debug);
        Self { quiet: global.quiet, bars: wanted && !dumb && io::stderr().is_terminal() }
    }

    /// Whether only data and errors are wanted.
    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Something to know: how a question that was left open was answered.
    pub(crate) fn note(self, text: &str) {
        self.say("note", text);
    }

    /// Something that may surprise later: what was left out or is not as it should be.
    pub(crate) fn warn(self, text: &str) {
        self.say("warning", text);
    }

    /// Where long work reports to.
    pub(crate) fn progress(self) -> Box<dyn Progress> {
        match (self.quiet, self.bars) {
            (true, _) => Box::new(Silent),
            (false, true) => Box::new(progress::Bars::new(self)),
            (false, false) => Box::new(progress::Lines(self)),
        }
    }

    fn say(self, what: &str, text: &str) {
        if !self.quiet {
            stderr_line(&format!("{what}: {text}"));
        }
    }
}

/// One line to stderr under the program's name, escaped. If stderr is gone there is no one to tell.
pub(crate) fn stderr_line(text: &str) {
    let _ = writeln!(io::stderr(), "ocidian: {}", escape::text(text));
}

/// Writes a report to stdout through a buffer, and finds out whether all of it arrived.
pub(crate) fn to_stdout(
    write: impl FnOnce(&mut io::BufWriter<io::StdoutLock<'static>>) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    write(&mut out).and_then(|()| out.flush()).map_err(|error| anyhow::Error::from(error).context("stdout"))
}

/// Logs to stderr, coloured only where a terminal shows it and no one objects: what went wrong beside
/// the error that a command ends with, and with `debug` what is being done.
pub(crate) fn log_to_stderr(debug: bool) {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let level = if debug { tracing::Level::DEBUG } else { tracing::Level::WARN };
    let log = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(level)
        .with_ansi(!plain && io::stderr().is_terminal());
    if debug { log.init() } else { log.without_time().with_target(false).init() }
}
