//! Runs another program over the cases and judges what it did.
//!
//! Every case has a sandbox of its own: the layout, a directory to work in with the target, and
//! beside the target a sentinel directory `outside/` that hostile layers try to reach (a second
//! one is at [`ABSOLUTE_OUTSIDE`]). What lies outside of the target must be the same before and
//! after. Cases run one after the other, and two runners wait for each other.
//!
//! Owners, devices and all extended attributes but `user.` ones are compared only as root: no one
//! else can make them. [`Report::not_compared`] says so.

mod command;
mod compare;
mod report;
mod sandbox;
mod validate;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use report::{CaseReport, Report, Verdict};
pub use sandbox::ABSOLUTE_OUTSIDE;
pub use validate::run_validate;

use crate::case::{Case, Expectation, Refusal};
use crate::layout::Layout;
use crate::runner::command::{Ending, Run, Template};
use crate::runner::sandbox::{AbsoluteOutside, Sandbox};

/// How to run the cases.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the sandboxes are made, in a directory that is removed at the end.
    pub dir: PathBuf,
    /// How long a case may take; after that its process group is killed.
    pub timeout: Duration,
    /// Where the tree is below `{bundle}`; empty if the tool fills the target itself.
    pub rootfs: PathBuf,
    /// How many bytes of memory the tool may take at its peak; a case that takes more has failed.
    ///
    /// The process that is started counts, not its children, and it is looked at every few
    /// milliseconds: what it takes in the last of them may be missed.
    pub max_memory: Option<u64>,
    /// Once it is set, the tool that runs is killed and the run ends in an error of the kind `Interrupted`, with
    /// nothing left behind.
    pub stop: Arc<AtomicBool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dir: std::env::temp_dir(),
            timeout: Duration::from_secs(30),
            rootfs: PathBuf::from("rootfs"),
            max_memory: None,
            stop: Arc::default(),
        }
    }
}

/// Runs `tool` once a case, and says how each went.
///
/// `tool` is a command of words separated by blanks (no shell reads it). In it `{layout}`, `{tag}`
/// and `{bundle}` stand for the image layout's directory, the tag, and the target, which does not
/// exist. What stands in brackets is left out for a case without limits; with them it names
/// `{max_bytes}` and `{max_entries}`: `CMD {layout}:{tag} {bundle} [--max-bytes {max_bytes}
/// --max-entries {max_entries}]`. A tool whose command has no brackets skips the cases with limits.
///
/// # Errors
/// If the command is malformed or cannot be started, or a sandbox cannot be made. What the tool does
/// wrong is in the report.
pub fn run_unpack(tool: &str, cases: &[Case], options: &Options) -> io::Result<Report> {
    let template = Template::parse(tool)?;
    let absolute = AbsoluteOutside::create(&options.stop)?;
    let mut reports = Vec::with_capacity(cases.len());
    for case in cases {
        let layout = case.layout()?;
        let sandbox = Sandbox::create(&options.dir, case.id, &layout)?;
        let bundle = sandbox.bundle();
        let mut report = CaseReport::new(case.id, case.title, case.section);
        match template.fill_in(&sandbox.layout(case.id), &bundle, case.limits) {
            None => report.verdict = Verdict::Skipped("the tool's command has no place for limits".into()),
            Some(words) => {
                let before = (sandbox.snapshot()?, absolute.snapshot()?);
                let run = command::run(&words, &sandbox, options)?;
                let after = (sandbox.snapshot()?, absolute.snapshot()?);
                let mut faults = judge(case, &layout, &run, &bundle, options)?;
                faults.wrong.extend(sandbox::differences(&before.0, &after.0));
                faults.wrong.extend(sandbox::differences(&before.1, &after.1));
                if after.1 != before.1 {
                    absolute.restore()?;
                }
                report.verdict = faults.verdict();
                report.message = run.message;
                report.peak_memory = run.peak_memory;
            }
        }
        reports.push(report);
    }
    Ok(Report { tool: tool.to_owned(), not_compared: compare::not_compared(), cases: reports })
}

fn judge(case: &Case, layout: &Layout, run: &Run, bundle: &Path, options: &Options) -> io::Result<Faults> {
    let mut faults = Faults::default();
    match (&case.expect, run.ending) {
        (_, Ending::TimedOut) => faults.wrong.push(format!("no end after {:?}", options.timeout)),
        (_, Ending::Signal(signal)) => faults.wrong.push(format!("killed by signal {signal}")),
        (_, Ending::Code(code)) if command::panicked(code, &run.message) => {
            faults.wrong.push("it panicked".into());
        }
        (Expectation::Tree(_), Ending::Code(code)) if code != 0 => {
            faults.wrong.push(format!("refused (exit code {code}): {}", first_line(&run.message)));
        }
        (Expectation::Tree(tree), Ending::Code(_)) => {
            faults.wrong.extend(compare::tree(&bundle.join(&options.rootfs), tree)?);
        }
        (Expectation::Refused { .. }, Ending::Code(0)) => faults.wrong.push("accepted".into()),
        (Expectation::Refused { kind, .. }, Ending::Code(code)) => {
            faults.manners.extend(refusal(&case.needles(layout), *kind, code, &run.message, bundle));
        }
    }
    if let (Some(max), Some(peak)) = (options.max_memory, run.peak_memory)
        && peak > max
    {
        faults.wrong.push(format!("it took {peak} bytes of memory, more than {max}"));
    }
    Ok(faults)
}

/// What is wrong with a refusal that is right in itself.
fn refusal(needles: &[String], kind: Refusal, code: i32, message: &str, bundle: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    if code != kind.exit_code() {
        faults.push(format!("exit code {code} instead of {}", kind.exit_code()));
    }
    if bundle.symlink_metadata().is_ok() {
        faults.push("the target is left behind".into());
    }
    let lines = message.lines().filter(|line| !line.trim().is_empty()).count();
    if lines != 1 {
        faults.push(format!("the message has {lines} lines instead of one"));
    }
    for needle in needles {
        if !message.contains(needle) {
            faults.push(format!("the message does not name {needle:?}: {}", first_line(message)));
        }
    }
    faults
}

fn first_line(message: &str) -> String {
    const SHOWN: usize = 300;
    let line = message.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("(no message)");
    line.chars().take(SHOWN).collect()
}

#[derive(Default)]
struct Faults {
    wrong: Vec<String>,
    manners: Vec<String>,
}

impl Faults {
    fn verdict(mut self) -> Verdict {
        if !self.wrong.is_empty() {
            self.wrong.extend(self.manners);
            Verdict::Failed(self.wrong)
        } else if self.manners.is_empty() {
            Verdict::Passed
        } else {
            Verdict::Flawed(self.manners)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tar::file;
    use crate::tree;

    fn cases() -> Vec<Case> {
        let about = "for the runner's own test";
        vec![
            Case::legal("legal", "legal", "s", about, |b| b.layer([file("a", "x")]), [tree::file("a", "x")]),
            Case::refused("refused", "refused", "s", about, |_| {}, &["needle"]),
        ]
    }

    fn run(script: &str) -> Vec<Verdict> {
        run_within(Duration::from_secs(20), script)
    }

    fn run_within(timeout: Duration, script: &str) -> Vec<Verdict> {
        let dir = tempfile::tempdir().unwrap();
        let tool = dir.path().join("tool");
        std::fs::write(&tool, script).unwrap();
        let options = Options { dir: dir.path().to_owned(), timeout, ..Options::default() };
        let command = format!("sh {} {{layout}} {{bundle}}", tool.display());
        run_unpack(&command, &cases(), &options).unwrap().cases.into_iter().map(|c| c.verdict).collect()
    }

    fn faults(verdict: &Verdict) -> String {
        match verdict {
            Verdict::Failed(faults) | Verdict::Flawed(faults) => faults.join("; "),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_right_tool_passes() {
        let verdicts = run(r#"
            case $1 in
            */legal)
                mkdir -p $2/rootfs && printf x > $2/rootfs/a && chmod 644 $2/rootfs/a
                touch -d @1000000000 $2/rootfs/a ;;
            *) echo "no needle" >&2; exit 1 ;;
            esac"#);
        assert_eq!(verdicts, [Verdict::Passed, Verdict::Passed]);
    }

    #[test]
    fn a_wrong_tree_fails() {
        let verdicts = run("mkdir -p $2/rootfs; printf yy > $2/rootfs/a; mkfifo $2/rootfs/more");
        let text = faults(&verdicts[0]);
        for part in ["a: content", "a: mtime", "more: should not exist"] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
        assert!(faults(&verdicts[1]).contains("accepted"));
    }

    #[test]
    fn bad_manners_are_flaws() {
        let verdicts = run("mkdir $2; echo one; echo two >&2; exit 5");
        assert!(matches!(verdicts[0], Verdict::Failed(_)));
        let Verdict::Flawed(faults) = &verdicts[1] else { panic!("{:?}", verdicts[1]) };
        let text = faults.join("; ");
        for part in ["exit code 5", "left behind", "needle"] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }

    #[test]
    fn an_escape_fails_whatever_else_happens() {
        for escape in [
            "printf x > $(dirname $2)/outside/sentinel",
            "printf x > /tmp/ocidian-conformance-outside/planted",
            "chmod 600 $(dirname $2)/outside/sentinel",
            "rm $(dirname $2)/outside/sentinel",
            "mkdir $2.tmp",
            "printf x >> $1/index.json",
        ] {
            let verdicts = run(&format!("{escape}; echo needle >&2; exit 1"));
            assert!(matches!(verdicts[1], Verdict::Failed(_)), "{escape}: {:?}", verdicts[1]);
        }
    }

    #[test]
    fn memory_is_measured_and_held_to_a_limit() {
        let dir = tempfile::tempdir().unwrap();
        let run = |max_memory| {
            let options = Options { dir: dir.path().to_owned(), max_memory, ..Options::default() };
            let report = run_unpack("sleep 0.1", &cases(), &options).unwrap();
            let peak = report.cases[0].peak_memory.unwrap();
            assert!((1 << 16..1 << 26).contains(&peak), "{peak}");
            faults(&report.cases[0].verdict)
        };
        assert!(run(Some(1 << 12)).contains("bytes of memory"));
        assert!(!run(Some(1 << 26)).contains("bytes of memory"));
        assert!(!run(None).contains("bytes of memory"));
    }

    #[test]
    fn a_hang_and_a_crash_fail() {
        assert!(faults(&run_within(Duration::from_millis(300), "sleep 60")[1]).contains("no end"));
        assert!(faults(&run("kill -SEGV $$")[1]).contains("signal"));
    }
}
