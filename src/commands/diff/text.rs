//! What was found, for people: `-` is what only A has, `+` what only B has, `~` what both have and differ in.

use std::io::{self, Write};

use serde_json::Value;

use super::report::{Document, Layer, Paths, Report};
use crate::report::{escape, size};

/// As much of a value as stands on a line.
const SHOWN: usize = 120;

pub(super) fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for found in &report.documents {
        document(out, found)?;
    }
    for (place, found) in report.layers.iter().enumerate() {
        layer(out, place + 1, found)?;
    }
    match &report.files {
        None => {}
        Some(files) if files.count == 0 => writeln!(out, "files: same")?,
        Some(files) => {
            writeln!(out, "files: {}", size::count(files.count as u64, "path differs", "paths differ"))?;
            paths(out, files)?;
        }
    }
    Ok(())
}

fn document(out: &mut impl Write, document: &Document) -> io::Result<()> {
    let told = match document.verdict {
        "same" => "same".to_owned(),
        "formatting" => "formatting only: the same value in other bytes".to_owned(),
        "only-a" => "only A has one".to_owned(),
        "only-b" => "only B has one".to_owned(),
        _ => size::count(document.count as u64, "value differs", "values differ"),
    };
    writeln!(out, "{}: {told}", document.role)?;
    for change in &document.changes {
        let pointer = escape::text(&change.pointer);
        match (&change.a, &change.b) {
            (Some(a), Some(b)) => writeln!(out, "  ~ {pointer}: {} -> {}", value(a), value(b))?,
            (Some(a), None) => writeln!(out, "  - {pointer}: {}", value(a))?,
            (None, Some(b)) => writeln!(out, "  + {pointer}: {}", value(b))?,
            (None, None) => {}
        }
    }
    left(out, document.count, document.changes.len())
}

fn layer(out: &mut impl Write, number: usize, layer: &Layer) -> io::Result<()> {
    match (layer.verdict, &layer.a, &layer.b) {
        ("same", ..) => writeln!(out, "layer {number}: same"),
        (_, Some(a), None) => writeln!(out, "layer {number}: only A has it: {}", a.digest),
        (_, None, Some(b)) => writeln!(out, "layer {number}: only B has it: {}", b.digest),
        (_, Some(a), Some(b)) => {
            writeln!(out, "layer {number}: {}", layer.causes.join(", "))?;
            for (sign, blob) in [('-', a), ('+', b)] {
                let media_type = blob.media_type.to_string();
                writeln!(out, "  {sign} {} {}", blob.digest, escape::text(&media_type))?;
            }
            paths(out, &layer.paths)
        }
        _ => Ok(()),
    }
}

fn paths(out: &mut impl Write, paths: &Paths) -> io::Result<()> {
    for found in &paths.paths {
        // Escaped already, as the JSON has it.
        let path = &found.path;
        match (found.verdict, found.kind) {
            ("only-a", Some(kind)) => writeln!(out, "  - {path} ({kind})")?,
            ("only-b", Some(kind)) => writeln!(out, "  + {path} ({kind})")?,
            _ => {
                let differences =
                    found.differences.iter().map(|it| format!("{} {} -> {}", it.what, it.a, it.b));
                writeln!(out, "  ~ {path}: {}", differences.collect::<Vec<_>>().join("; "))?;
            }
        }
    }
    left(out, paths.count, paths.paths.len())
}

fn left(out: &mut impl Write, count: usize, shown: usize) -> io::Result<()> {
    match count.saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more; --all shows them"),
    }
}

fn value(value: &Value) -> String {
    let text = value.to_string();
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    escape::text(&shown).into_owned()
}
