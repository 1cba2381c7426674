//! How a verb that makes an image tells of it. Stdout has one use: an archive that goes there, the digest that
//! `--digestfile -` asks for, or the report; text that has to make way goes to stderr, JSON is refused.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use ocidian_spec::ImageSource;
use serde::Serialize;

use crate::cli::Format;
use crate::exit::Usage;
use crate::report::{self, Voice, json};

/// What was asked for.
pub(super) struct Made<'a> {
    format: Format,
    digestfile: Option<&'a Path>,
    /// Whether the report cannot have stdout.
    taken: bool,
}

impl<'a> Made<'a> {
    /// What was typed for an image that goes to `target`, refused before anything is made if it cannot be.
    pub(super) fn new(
        target: &ImageSource,
        digestfile: Option<&'a Path>,
        format: Format,
    ) -> Result<Self, Usage> {
        let digest = digestfile.is_some_and(|path| path == Path::new("-"));
        let both = match (is_stdout(target), digest, format) {
            (true, true, _) => "the archive and the digest",
            (true, _, Format::Json) => "the archive and the JSON",
            (_, true, Format::Json) => "the digest and the JSON, which has it",
            (archive, digest, _) => return Ok(Self { format, digestfile, taken: archive || digest }),
        };
        Err(Usage(format!("stdout cannot have both {both}; name a file")))
    }

    /// Writes the digests, one a line, where they were asked for; then the report. `done` says what was done, for the
    /// error where they cannot be written.
    pub(super) fn tell(
        &self,
        voice: Voice,
        done: &str,
        digests: &str,
        report: &impl Serialize,
        write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        match self.digestfile {
            Some(path) if path == Path::new("-") => report::to_stdout(|out| writeln!(out, "{digests}"))?,
            Some(path) => std::fs::write(path, digests).with_context(|| {
                format!("{done} is done, but its digest could not be written to {}", path.display())
            })?,
            None => {}
        }
        let mut text = Vec::new();
        match self.format {
            Format::Json => return report::to_stdout(|out| json::write(out, report)),
            Format::Text if voice.is_quiet() => return Ok(()),
            Format::Text => write(&mut text)?,
        }
        if self.taken {
            String::from_utf8_lossy(&text).lines().for_each(|line| voice.note(line));
            return Ok(());
        }
        report::to_stdout(|out| out.write_all(&text))
    }
}

/// Whether what is made goes to standard output.
pub(super) fn is_stdout(target: &ImageSource) -> bool {
    match target {
        ImageSource::OciArchive { path, .. } | ImageSource::DockerArchive { path, .. } => {
            path == Path::new("-")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stdout_has_one_use() {
        let made = |target: &str, digestfile: Option<&str>, format| {
            Made::new(&target.parse().unwrap(), digestfile.map(Path::new), format).map(|made| made.taken).ok()
        };
        for (target, digestfile, text, json) in [
            ("oci:x:1", None, Some(false), Some(false)),
            ("oci:x:1", Some("file"), Some(false), Some(false)),
            ("oci:x:1", Some("-"), Some(true), None),
            ("oci:-:1", None, Some(false), Some(false)),
            ("oci-archive:-:1", None, Some(true), None),
            ("docker-archive:-:a:1", Some("file"), Some(true), None),
            ("docker-archive:-:a:1", Some("-"), None, None),
        ] {
            assert_eq!(made(target, digestfile, Format::Text), text, "{target} {digestfile:?}");
            assert_eq!(made(target, digestfile, Format::Json), json, "{target} {digestfile:?}");
        }
    }
}
