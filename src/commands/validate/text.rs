//! The report for people: what was found, by file and blob, and a line that sums up.

use std::io::{self, IsTerminal, Write};

use ocidian_validate::{Finding, Level, Place, Report, Subject};

use crate::report::size;
use crate::report::{Voice, escape};

/// Whether stdout shows colours and nobody objects.
pub(super) fn colours() -> bool {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !plain && !dumb && io::stdout().is_terminal()
}

/// Writes the report.
pub(super) fn write(out: &mut impl Write, report: &Report, colours: bool, voice: Voice) -> io::Result<()> {
    let paint = Paint(colours);
    let mut subjects: Vec<&Subject> = Vec::new();
    for finding in &report.findings {
        let subject = &finding.location.subject;
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    for subject in subjects {
        writeln!(out, "{}", paint.bold(&escape::text(&subject.to_string())))?;
        for finding in report.findings.iter().filter(|finding| finding.location.subject == *subject) {
            one(out, finding, paint)?;
        }
        writeln!(out)?;
    }
    for omitted in &report.omitted {
        writeln!(out, "{} more breaches of {} are not shown", omitted.count, omitted.rule.id)?;
    }
    let counts = &report.counts;
    let verdict = match (counts.errors, counts.warnings) {
        (0, 0) => paint.of(None, "valid"),
        (0, _) if report.passed() => paint.of(Some(Level::Warning), "valid, with warnings"),
        _ => paint.of(Some(Level::Error), "invalid"),
    };
    let target = escape::text(&report.target);
    let some = |n: u64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    writeln!(
        out,
        "{target}: {verdict}: {}, {}, {}",
        some(counts.errors, "error"),
        some(counts.warnings, "warning"),
        some(counts.notes, "note")
    )?;
    let checked = &report.checked;
    if !voice.is_quiet() {
        let (documents, blobs, layers) =
            (some(checked.documents, "document"), some(checked.blobs, "blob"), some(checked.layers, "layer"));
        let bytes = size::bytes(checked.bytes);
        if report.kind == "runtime bundle" {
            writeln!(out, "checked config.json and what it names against runtime-spec")?;
        } else {
            let spec = report.settings.spec;
            writeln!(out, "checked {documents}, {blobs}, {layers} ({bytes}) against image-spec {spec}")?;
        }
        if !report.findings.is_empty() {
            writeln!(out, "`ocidian validate --explain RULE` says what a rule rests on and what to do")?;
        }
    }
    Ok(())
}

fn one(out: &mut impl Write, finding: &Finding, paint: Paint) -> io::Result<()> {
    let place = match &finding.location.place {
        Place::Whole => String::new(),
        Place::Pointer(pointer) if pointer.is_empty() => String::new(),
        Place::Pointer(pointer) => format!("{pointer}: "),
        Place::Byte(offset) => format!("byte {offset}: "),
        Place::Entry { path, offset } => format!("{path} (byte {offset}): "),
    };
    let level = finding.rule.level;
    let padding = " ".repeat(8_usize.saturating_sub(level.as_str().len()));
    let message = format!("{place}{}", finding.message);
    writeln!(
        out,
        "  {}{padding}{}  [{}]",
        paint.of(Some(level), level.as_str()),
        escape::text(&message),
        finding.rule.id
    )
}

/// Colours, or none.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn of(self, level: Option<Level>, text: &str) -> String {
        match (self.0, level) {
            (false, _) => text.to_owned(),
            (true, Some(Level::Error)) => format!("\x1b[1;31m{text}\x1b[0m"),
            (true, Some(Level::Warning)) => format!("\x1b[1;33m{text}\x1b[0m"),
            (true, Some(Level::Note)) => format!("\x1b[36m{text}\x1b[0m"),
            (true, None) => format!("\x1b[1;32m{text}\x1b[0m"),
        }
    }

    fn bold(self, text: &str) -> String {
        if self.0 { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }
}
