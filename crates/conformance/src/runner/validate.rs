//! Runs a validator over the validation cases: its exit code is its verdict.

use std::io;
use std::time::Duration;

use super::command::{self, Ending, Template};
use super::report::{CaseReport, Report, Verdict};
use super::sandbox::{self, AbsoluteOutside, Sandbox};
use super::{Options, first_line};
use crate::validation::{Build, Conformity, ValidationCase};

/// Runs `tool` once a case, and says how each went.
///
/// `tool` is a command as [`run_unpack`](super::run_unpack) describes it. In it `{layout}` and `{tag}` stand for the
/// image layout and the name of its image, `{bundle}` for the runtime bundle; for a layout `{bundle}` is a path where
/// nothing is yet, for tools that check what they convert. A tool whose command has no place for what a case is about
/// skips it.
///
/// A tool that is asked for `{tag}` skips the cases that are about more of the layout than that image.
///
/// The verdict is the exit code: 0 accepts, warnings and notes included; any other refuses.
///
/// # Errors
/// If the command is malformed or cannot be started, or a sandbox cannot be made.
pub fn run_validate(tool: &str, cases: &[ValidationCase], options: &Options) -> io::Result<Report> {
    let template = Template::parse(tool)?;
    let absolute = AbsoluteOutside::create(&options.stop)?;
    let mut reports = Vec::with_capacity(cases.len());
    for case in cases {
        let mut report = CaseReport::new(case.id, case.title, case.section);
        let no_place = match case.build {
            Build::Layout(_) => !template.has("{layout}"),
            Build::Bundle(_) => template.has("{layout}") || !template.has("{bundle}"),
        };
        if no_place {
            let kind = case.build.kind();
            report.verdict = Verdict::Skipped(format!("the tool's command is not for a {kind}"));
            reports.push(report);
            continue;
        }
        if case.beyond_the_image && template.has("{tag}") {
            report.verdict = Verdict::Skipped("the tool's command is for one image".into());
            reports.push(report);
            continue;
        }
        let sandbox = Sandbox::create(&options.dir, case.id, &case.files()?)?;
        let target = sandbox.layout(case.id);
        let words = match case.build {
            Build::Layout(_) => template.fill_in(&target, &sandbox.bundle(), None),
            Build::Bundle(_) => template.fill_in(&target, &target, None),
        };
        let words = words.unwrap_or_default();
        let before = (sandbox.snapshot()?, absolute.snapshot()?);
        let run = command::run(&words, &sandbox, options)?;
        let after = (sandbox.snapshot()?, absolute.snapshot()?);
        let mut faults: Vec<String> =
            judge(case.verdict, run.ending, &run.message, options.timeout).into_iter().collect();
        faults.extend(sandbox::differences(&before.0, &after.0));
        faults.extend(sandbox::differences(&before.1, &after.1));
        if after.1 != before.1 {
            absolute.restore()?;
        }
        if let (Some(max), Some(peak)) = (options.max_memory, run.peak_memory)
            && peak > max
        {
            faults.push(format!("it took {peak} bytes of memory, more than {max}"));
        }
        if !faults.is_empty() {
            report.verdict = Verdict::Failed(faults);
        }
        report.message = run.message;
        report.peak_memory = run.peak_memory;
        reports.push(report);
    }
    Ok(Report { tool: tool.to_owned(), not_compared: &[], cases: reports })
}

/// What is wrong with how the tool ended.
fn judge(verdict: Conformity, ending: Ending, message: &str, timeout: Duration) -> Option<String> {
    match (verdict, ending) {
        (_, Ending::TimedOut) => Some(format!("no end after {timeout:?}")),
        (_, Ending::Signal(signal)) => Some(format!("killed by signal {signal}")),
        (_, Ending::Code(code)) if command::panicked(code, message) => Some("it panicked".into()),
        (Conformity::Invalid, Ending::Code(0)) => Some("accepted, though invalid".into()),
        (Conformity::Invalid, Ending::Code(_)) | (_, Ending::Code(0)) => None,
        (_, Ending::Code(code)) => {
            let name = verdict.name();
            Some(format!("refused, though {name} (exit code {code}): {}", first_line(message)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tar::file;

    fn cases() -> Vec<ValidationCase> {
        let words = |id| [id, "title", "layer.md, s", "About."];
        vec![
            ValidationCase::valid(words("good"), |b| b.layer([file("a", "x")])),
            ValidationCase::odd(words("odd"), |b| b.layer([file("a", "x")])),
            ValidationCase::invalid(words("bad"), "layer-tar", |b| b.layer([file("a", "x")])),
            ValidationCase::bundle(words("bundle"), Conformity::Valid, |_| {}),
        ]
    }

    fn run(command: &str) -> Vec<&'static str> {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { dir: dir.path().to_owned(), ..Options::default() };
        let report = run_validate(command, &cases(), &options).unwrap();
        report.cases.iter().map(|case| case.verdict.name()).collect()
    }

    #[test]
    fn the_exit_code_is_the_verdict() {
        assert_eq!(run("true {layout}"), ["passed", "passed", "failed", "skipped"]);
        assert_eq!(run("false {layout} {bundle}"), ["failed", "failed", "passed", "skipped"]);
        assert_eq!(run("test -d {bundle}/rootfs"), ["skipped", "skipped", "skipped", "passed"]);
        assert_eq!(run("grep -q imageLayoutVersion {layout}/oci-layout")[..2], ["passed", "passed"]);
    }

    #[test]
    fn a_validator_that_changes_anything_fails() {
        assert_eq!(run("touch {layout}/new")[0], "failed");
    }
}
