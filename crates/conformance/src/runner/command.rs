//! The tool's command line, and running it with an end.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::case::Limits;
use crate::layout::TAG;
use crate::runner::Options;
use crate::runner::sandbox::Sandbox;

/// How much of a message is kept.
const MESSAGE_MAX: usize = 64 * 1024;

/// A command with places to fill in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template {
    words: Vec<String>,
    /// Where the words that only limits need begin and end.
    bracket: Option<(usize, usize)>,
}

impl Template {
    pub(super) fn parse(text: &str) -> io::Result<Self> {
        let wrong = |reason: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{text:?}: {reason}"));
        let (mut words, mut open, mut close) = (Vec::new(), None, None);
        for word in text.split_whitespace() {
            let (word, opens) = word.strip_prefix('[').map_or((word, false), |rest| (rest, true));
            let (word, closes) = word.strip_suffix(']').map_or((word, false), |rest| (rest, true));
            if opens && open.replace(words.len()).is_some() {
                return Err(wrong("it has two brackets"));
            }
            if !word.is_empty() {
                words.push(word.to_owned());
            }
            if closes && close.replace(words.len()).is_some() {
                return Err(wrong("it has two brackets"));
            }
        }
        let bracket = match (open, close) {
            (None, None) => None,
            (Some(open), Some(close)) if open < close => Some((open, close)),
            _ => return Err(wrong("its brackets do not match")),
        };
        if words.is_empty() {
            return Err(wrong("it names no command"));
        }
        Ok(Self { words, bracket })
    }

    /// Whether a word has that place.
    pub(super) fn has(&self, place: &str) -> bool {
        self.words.iter().any(|word| word.contains(place))
    }

    /// The command for one case; `None` where it has limits and the command no place for them.
    pub(super) fn fill_in(
        &self,
        layout: &Path,
        bundle: &Path,
        limits: Option<Limits>,
    ) -> Option<Vec<String>> {
        let (open, close) = match (self.bracket, limits) {
            (None, Some(_)) => return None,
            (Some(bracket), None) => bracket,
            (_, _) => (0, 0),
        };
        let limits = limits.unwrap_or(Limits { max_bytes: 0, max_entries: 0 });
        let fill = |word: &String| {
            word.replace("{layout}", &layout.to_string_lossy())
                .replace("{tag}", TAG)
                .replace("{bundle}", &bundle.to_string_lossy())
                .replace("{max_bytes}", &limits.max_bytes.to_string())
                .replace("{max_entries}", &limits.max_entries.to_string())
        };
        Some(self.words[..open].iter().chain(&self.words[close..]).map(fill).collect())
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Code(i32),
    Signal(i32),
    TimedOut,
}

/// What a run of a command came to.
pub(super) struct Run {
    pub(super) ending: Ending,
    /// What it wrote to standard error.
    pub(super) message: String,
    /// Its peak memory in bytes, as far as it was seen.
    pub(super) peak_memory: Option<u64>,
}

/// Runs the words to their end.
pub(super) fn run(words: &[String], sandbox: &Sandbox, options: &Options) -> io::Result<Run> {
    let (Some(program), arguments) = (words.first(), words.get(1..).unwrap_or_default()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no command"));
    };
    let stderr = sandbox.stderr();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(sandbox.outside())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&stderr)?)
        .process_group(0)
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
    let end = Instant::now() + options.timeout;
    let mut pause = Duration::from_micros(500);
    let mut peak_memory = None;
    let ending = loop {
        peak_memory = peak_memory.max(peak_of(child.id()));
        if let Some(status) = child.try_wait()? {
            break ending(status);
        }
        let stop = options.stop.load(Ordering::Relaxed);
        if stop || Instant::now() >= end {
            // The leader is not reaped yet, so its id still names this group.
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            child.wait()?;
            if stop {
                return Err(io::ErrorKind::Interrupted.into());
            }
            break Ending::TimedOut;
        }
        sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    };
    let mut bytes = fs::read(&stderr)?;
    bytes.truncate(MESSAGE_MAX);
    Ok(Run { ending, message: String::from_utf8_lossy(&bytes).into_owned(), peak_memory })
}

/// The most memory that a running process has had, in bytes; `None` if it is over.
///
/// The kernel's accounts of ended children would be exact but of the wrong thing: a child shares the
/// runner's memory until it executes the tool, and is charged for the peak of that, too.
fn peak_of(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Whether a program that ended with that code did so for a bug of its own, as Rust, abort and Go tell it.
pub(super) fn panicked(code: i32, message: &str) -> bool {
    let go = || message.lines().any(|line| line.starts_with("panic: ") || line.starts_with("fatal error: "));
    matches!(code, 101 | 134) || (code == 2 && go())
}

fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Code(code),
        (None, signal) => Ending::Signal(signal.unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str, limits: Option<Limits>) -> Option<Vec<String>> {
        Template::parse(text).unwrap().fill_in(Path::new("/a b"), Path::new("/c"), limits)
    }

    #[test]
    fn brackets_are_for_limits() {
        let text = "x oci:{layout}:{tag} [--bytes {max_bytes} --entries={max_entries}] {bundle}";
        assert_eq!(fill(text, None).unwrap(), ["x", "oci:/a b:t", "/c"]);
        let limits = Some(Limits { max_bytes: 10, max_entries: 2 });
        assert_eq!(fill(text, limits).unwrap(), ["x", "oci:/a b:t", "--bytes", "10", "--entries=2", "/c"]);
        assert_eq!(fill("x {layout} {bundle}", limits), None);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for text in ["", "  ", "x [", "x ]", "x [a] [b]", "x ] [", "[ ]"] {
            assert!(Template::parse(text).is_err(), "{text:?}");
        }
    }
}
