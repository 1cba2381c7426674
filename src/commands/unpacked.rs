//! What was unpacked, told the same way by `unpack` and `rootfs`.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use ocidian_spec::Platform;
use ocidian_unpack::{Form, Image, UnpackOptions, Unpacked};
use serde::Serialize;

use super::open::Chosen;
use super::platforms;
use crate::cli::Format;
use crate::report::{self, Voice, escape, json, size};

/// What was made.
pub(super) enum Target<'a> {
    /// A bundle.
    Bundle(&'a Path),
    /// A root file system alone.
    Rootfs(&'a Path),
}

/// What was unpacked, and how.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rootfs: Option<String>,
    source: String,
    digest: String,
    platform: Platform,
    form: &'static str,
    rootless: bool,
    layers: usize,
    entries: u64,
    bytes: u64,
    seconds: f64,
    warnings: Vec<String>,
    /// Overlay form: the command that mounts the stack, to be run in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    mount: Option<String>,
}

impl Report {
    /// Gathers what there is to tell.
    pub(super) fn new(
        chosen: &Chosen,
        image: Image<'_>,
        options: &UnpackOptions,
        unpacked: &Unpacked,
        time: Duration,
    ) -> Self {
        Self {
            bundle: None,
            rootfs: None,
            source: chosen.source.clone(),
            digest: image.manifest.descriptor().digest.to_string(),
            platform: platforms::of_config(image.config.value()),
            form: match options.form {
                Form::Rootfs => "rootfs",
                Form::Overlay => "overlay",
            },
            rootless: options.rootless,
            layers: unpacked.layers,
            entries: unpacked.entries,
            bytes: unpacked.bytes,
            seconds: time.as_secs_f64(),
            warnings: unpacked.warnings.clone(),
            mount: unpacked.mount.clone(),
        }
    }

    /// Warnings to stderr, then the summary, or the JSON, to stdout.
    pub(super) fn print(mut self, target: Target<'_>, format: Format, voice: Voice) -> anyhow::Result<()> {
        self.warnings.iter().for_each(|warning| voice.warn(warning));
        match (format, target) {
            (Format::Json, target) => {
                match target {
                    Target::Bundle(path) => self.bundle = Some(path.to_string_lossy().into_owned()),
                    Target::Rootfs(path) => self.rootfs = Some(path.to_string_lossy().into_owned()),
                }
                report::to_stdout(|out| json::write(out, &self))
            }
            (Format::Text, _) if voice.is_quiet() => Ok(()),
            (Format::Text, target) => report::to_stdout(|out| self.write(out, &target)),
        }
    }

    fn write(&self, out: &mut impl Write, target: &Target<'_>) -> io::Result<()> {
        let (Target::Bundle(path) | Target::Rootfs(path)) = target;
        writeln!(
            out,
            "{}: {}, {}, {} in {:.1} s",
            escape::text(&path.to_string_lossy()),
            size::count(self.layers as u64, "layer", "layers"),
            size::count(self.entries, "entry", "entries"),
            size::bytes(self.bytes),
            self.seconds,
        )?;
        let mut next = vec![format!("cd {}", quoted(path))];
        next.extend(self.mount.clone());
        if let Target::Bundle(path) = target {
            next.push(format!("runc run {}", container_id(path)));
        }
        // There is nothing to be done in a plain tree.
        if next.len() > 1 {
            writeln!(out, "next: {}", next.join(" && "))?;
        }
        Ok(())
    }
}

/// The path as a shell reads it back.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        return text.into_owned();
    }
    let dashed = if text.starts_with('-') { "./" } else { "" };
    escape::text(&format!("'{dashed}{}'", text.replace('\'', r"'\''"))).into_owned()
}

/// A name for the container that runc takes: the bundle's own where it can be one.
fn container_id(bundle: &Path) -> String {
    let name = bundle.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let id: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "_+-.".contains(*c)).collect();
    let id = id.trim_start_matches(['-', '.', '+']);
    if id.is_empty() { "test".to_owned() } else { id.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_step_can_be_pasted() {
        for (path, expected) in [
            ("bundle", "bundle"),
            ("/a/b-1.2", "/a/b-1.2"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("-x", "'./-x'"),
            ("a$(b)", "'a$(b)'"),
        ] {
            assert_eq!(quoted(Path::new(path)), expected);
        }
    }

    #[test]
    fn a_container_id_is_always_legal() {
        for (path, expected) in [
            ("/tmp/bundle", "bundle"),
            ("a b", "ab"),
            ("..", "test"),
            ("-x", "x"),
            ("漢", "test"),
            (".", "test"),
        ] {
            assert_eq!(container_id(Path::new(path)), expected, "{path}");
        }
    }
}
