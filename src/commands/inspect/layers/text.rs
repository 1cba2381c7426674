//! The weights of layers for people: the image first, then a paragraph a layer.

use std::io::{self, Write};

use ocidian_spec::{Compression, Kind};

use super::{Large, Layer, Report, Total};
use crate::report::escape;
use crate::report::size::{bytes, count};
use crate::report::text::{Fields, shortened};

/// Writes all of it.
pub(super) fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let total = &report.total;
    let mut fields = Fields::new(out);
    fields.maybe("Name", report.name.as_deref())?;
    fields.one("Digest", &report.digest.to_string())?;
    fields.one("Platform", &report.platform.to_string())?;
    fields.maybe("Created", report.created.as_deref())?;
    let layers = count(report.layers.len() as u64, "layer", "layers");
    let uncompressed = bytes(total.uncompressed_size);
    fields.one("Layers", &format!("{layers}, {} ({uncompressed} uncompressed)", bytes(total.size)))?;
    let files = count(total.files, "file", "files");
    let directories = count(total.directories, "directory", "directories");
    let visible = bytes(total.content.saturating_sub(total.hidden));
    fields.one("Image", &format!("{files} of {visible}, {directories}"))?;
    fields.one("Hidden", &hidden(total))?;
    for (at, layer) in report.layers.iter().enumerate() {
        write_layer(out, at + 1, layer)?;
    }
    Ok(())
}

/// What is stored and not seen, and the share that is.
fn hidden(total: &Total) -> String {
    // Rounded down: 100.0 % would say that nothing is hidden.
    let efficiency = (total.efficiency * 1000.0).floor() / 10.0;
    format!("{} stored and hidden again; efficiency {efficiency:.1} %", bytes(total.hidden))
}

fn write_layer(out: &mut impl Write, number: usize, layer: &Layer) -> io::Result<()> {
    writeln!(out, "\nLayer {number}  {}", layer.digest)?;
    let made = [layer.created.as_deref(), layer.created_by.as_deref(), layer.comment.as_deref()];
    let made: Vec<&str> = made.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    if !made.is_empty() {
        writeln!(out, "  {}", escape::text(&shortened(&made.join("  "), 140)))?;
    }
    let uncompressed = bytes(layer.uncompressed_size);
    writeln!(out, "  {}{}, {uncompressed} uncompressed", bytes(layer.size), compression(layer))?;
    let files = &layer.files;
    write!(out, "  files: {} added, {} changed, {} removed", files.added, files.changed, files.removed)?;
    writeln!(out, "; {} of content", bytes(layer.content))?;
    let lower = (layer.hides > 0).then(|| format!("hides {} of lower layers", bytes(layer.hides)));
    let own = (layer.hidden > 0).then(|| format!("{} of its content is hidden again", bytes(layer.hidden)));
    let both: Vec<String> = lower.into_iter().chain(own).collect();
    if !both.is_empty() {
        writeln!(out, "  {}", both.join("; "))?;
    }
    layer.largest.iter().try_for_each(|file| write_large(out, number, file))
}

fn write_large(out: &mut impl Write, number: usize, file: &Large) -> io::Result<()> {
    let hidden = match file.hidden_by {
        None => String::new(),
        Some(by) if by == number => "  (hidden by this layer)".to_owned(),
        Some(by) => format!("  (hidden by layer {by})"),
    };
    writeln!(out, "  {:>10}  {}{hidden}", bytes(file.size), escape::text(&file.path))
}

/// By the media type.
fn compression(layer: &Layer) -> &'static str {
    match layer.media_type.kind() {
        Kind::Layer(Compression::Gzip) => " gzip",
        Kind::Layer(Compression::Zstd) => " zstd",
        _ => "",
    }
}
