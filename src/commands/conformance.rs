//! `conformance`: the cases, and other programs over them.

use std::io::{self, Write};
use std::thread;

use anyhow::Context;
use ocidian_conformance::runner::{Options, Report, run_unpack, run_validate};
use ocidian_conformance::{cases, validation_cases, write_all};

use crate::cli::{Conformance, ConformanceVerb, Format, RunArgs, Show};
use crate::exit::Usage;
use crate::interrupt::Interrupt;
use crate::report::{self, Voice, escape, json};

/// Trees of the cases are a thousand levels deep, and the runner looks at them a call a level.
const STACK: usize = 64 << 20;

pub(crate) fn run(args: &Conformance, voice: Voice) -> anyhow::Result<()> {
    match &args.what {
        ConformanceVerb::Cases(args) => {
            let (unpack, validate) = (cases(), validation_cases());
            let (unpacked, validated) = (unpack.len(), validate.len());
            write_all(&unpack, &validate, &args.dir).with_context(|| args.dir.display().to_string())?;
            voice.note(&format!(
                "wrote {unpacked} cases to unpack and {validated} to validate, and cases.json, to {}",
                args.dir.display()
            ));
            Ok(())
        }
        ConformanceVerb::Unpack(args) => {
            let chosen = chosen(cases(), |case| case.id, &args.run)?;
            let interrupt = Interrupt::catch()?;
            let options = Options { rootfs: args.rootfs.clone(), ..options(&args.run, &interrupt) };
            show(&args.run, &interrupt, |tool| run_unpack(tool, &chosen, &options))
        }
        ConformanceVerb::Validate(args) => {
            let chosen = chosen(validation_cases(), |case| case.id, &args.run)?;
            let interrupt = Interrupt::catch()?;
            let options = options(&args.run, &interrupt);
            show(&args.run, &interrupt, |tool| run_validate(tool, &chosen, &options))
        }
    }
}

fn options(args: &RunArgs, interrupt: &Interrupt) -> Options {
    let stop = interrupt.flag();
    Options { timeout: args.timeout, max_memory: args.max_memory, stop, ..Options::default() }
}

/// The cases that are asked for.
fn chosen<T>(mut all: Vec<T>, id: impl Fn(&T) -> &'static str, args: &RunArgs) -> anyhow::Result<Vec<T>> {
    for pattern in &args.cases {
        if !all.iter().any(|case| matches(pattern, id(case))) {
            return Err(Usage(format!(
                "there is no case {pattern:?}; `ocidian conformance cases DIR` lists them"
            ))
            .into());
        }
    }
    all.retain(|case| args.cases.is_empty() || args.cases.iter().any(|pattern| matches(pattern, id(case))));
    Ok(all)
}

/// Whether an id is of a pattern in which `*` stands for any letters.
fn matches(pattern: &str, id: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else { return pattern == id };
    let Some(rest) = id.strip_prefix(start) else { return false };
    (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(end, rest)))
}

fn show(
    args: &RunArgs,
    interrupt: &Interrupt,
    run: impl FnOnce(&str) -> io::Result<Report> + Send,
) -> anyhow::Result<()> {
    let report = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || run(&args.tool));
        thread?.join().unwrap_or_else(|_| Err(io::Error::other("the runner died")))
    });
    let mut report = report.map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => interrupt.explain(error.into()),
        _ => Usage(format!("--tool: {error}")).into(),
    })?;
    let (clean, total) = (report.is_clean(), report.cases.len());
    let counts = ["passed", "flawed", "failed", "skipped"].map(|name| (name, report.count(name)));
    match args.show {
        Show::All => {}
        Show::Bad => report.cases.retain(|case| matches!(case.verdict.name(), "failed" | "flawed")),
        Show::None => report.cases.clear(),
    }
    report::to_stdout(|out| match args.format.format {
        Format::Json => {
            let mut value = report.to_json();
            for (name, count) in counts {
                value[name] = count.into();
            }
            json::write(out, &value)
        }
        Format::Text => text(out, &report, counts),
    })?;
    let [_, flawed, failed, _] = counts.map(|(_, count)| count);
    anyhow::ensure!(clean, "of {total} cases {failed} failed and {flawed} were flawed");
    Ok(())
}

fn text(out: &mut impl Write, report: &Report, counts: [(&str, usize); 4]) -> io::Result<()> {
    let width = report.cases.iter().map(|case| case.id.len()).max().unwrap_or(0);
    for case in &report.cases {
        writeln!(out, "{:<7}  {:<width$}  {}", case.verdict.name(), case.id, case.title)?;
        for reason in case.verdict.reasons() {
            writeln!(out, "         {:<width$}  - {}", "", escape::text(reason))?;
        }
    }
    if !report.not_compared.is_empty() {
        writeln!(out, "not compared, for want of root's rights: {}", report.not_compared.join(", "))?;
    }
    let counts = counts.map(|(name, count)| format!("{count} {name}"));
    writeln!(out, "{}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, id, fits) in [
            ("a-b", "a-b", true),
            ("a-b", "a-bc", false),
            ("a-*", "a-b", true),
            ("*-b", "a-b", true),
            ("*-b", "a-b-c", false),
            ("*-b", "x-b-b", true),
            ("*b*", "abc", true),
            ("a*c", "abc", true),
            ("a*c", "abd", false),
            ("*", "abc", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, id), fits, "{pattern} {id}");
        }
    }
}
