//! What became of an index, for people and programs.

use std::io::{self, Write};

use ocidian_spec::{Annotations, Descriptor, MediaType, Platform};
use serde::Serialize;

use crate::cli::Format;
use crate::commands::tag::told;
use crate::report::{self, Voice, escape, json, size};

/// What was done to the children.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) added: Vec<Descriptor>,
    pub(super) replaced: Vec<Descriptor>,
    pub(super) removed: Vec<Descriptor>,
    /// Of the same digest, with other annotations or another platform.
    pub(super) changed: Vec<Descriptor>,
}

/// The index as it is now, and what was done to it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    name: String,
    digest: String,
    media_type: MediaType,
    size: u64,
    was: Vec<String>,
    added: Vec<Child>,
    replaced: Vec<Child>,
    removed: Vec<Child>,
    changed: Vec<Child>,
    #[serde(skip)]
    children: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Child {
    digest: String,
    media_type: MediaType,
    size: u64,
    platform: Option<Platform>,
    annotations: Annotations,
}

impl Report {
    /// Of an index under that name, of so many children.
    pub(super) fn new(
        name: &str,
        index: &Descriptor,
        was: Vec<String>,
        changes: &Changes,
        children: usize,
    ) -> Self {
        let told = |of: &[Descriptor]| of.iter().map(Child::of).collect();
        Self {
            name: name.to_owned(),
            digest: index.digest.to_string(),
            media_type: index.media_type.clone(),
            size: index.size,
            was,
            added: told(&changes.added),
            replaced: told(&changes.replaced),
            removed: told(&changes.removed),
            changed: told(&changes.changed),
            children,
        }
    }

    /// To stdout.
    pub(super) fn print(&self, format: Format, voice: Voice) -> anyhow::Result<()> {
        match format {
            Format::Json => report::to_stdout(|out| json::write(out, self)),
            Format::Text if voice.is_quiet() => Ok(()),
            Format::Text => report::to_stdout(|out| self.write(out)),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let lists = [
            ("added", &self.added),
            ("replaced", &self.replaced),
            ("removed", &self.removed),
            ("changed", &self.changed),
        ];
        for (what, children) in lists {
            for child in children {
                let platform = child.platform.as_ref().map(ToString::to_string).unwrap_or_default();
                let line = format!("{what} {} {platform}", child.digest);
                writeln!(out, "{}", escape::text(line.trim_end()))?;
            }
        }
        let children = size::count(self.children as u64, "manifest", "manifests");
        let told = told(&self.was, &self.digest);
        writeln!(out, "{}: {}, {children}{told}", escape::text(&self.name), self.digest)
    }
}

impl Child {
    fn of(child: &Descriptor) -> Self {
        Self {
            digest: child.digest.to_string(),
            media_type: child.media_type.clone(),
            size: child.size,
            platform: child.platform.clone(),
            annotations: child.annotations.clone().unwrap_or_default(),
        }
    }
}
