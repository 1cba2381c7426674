//! `gc`: what nothing leads to is removed. It may be stopped at any moment: whatever is gone by then was not needed.

use std::io::{self, Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use ocidian_content::gc::{Options, Report as Collected, gc};
use ocidian_content::store::Leftover;
use ocidian_content::tally::Tally;
use ocidian_content::{BlobAdmin, BlobSource, RefSource, Result, Role, Stored};
use ocidian_image_layout::LayoutDir;
use ocidian_spec::{Descriptor, Digest, RefName, Selector};
use serde::Serialize;

use super::place::Place;
use crate::cli::{Format, Gc};
use crate::exit::Usage;
use crate::report::{self, Voice, escape, json, size};

/// How long writers may keep us waiting before that is said.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    layout: String,
    dry_run: bool,
    kept: Sum,
    freed: Sum,
    removed: Vec<Blob>,
    young: Vec<Blob>,
    leftovers: Vec<Left>,
    absent: u64,
}

#[derive(Debug, Serialize)]
struct Sum {
    blobs: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct Blob {
    digest: String,
    size: u64,
}

#[derive(Debug, Serialize)]
struct Left {
    name: String,
    size: u64,
}

pub(crate) fn run(args: &Gc, voice: Voice) -> anyhow::Result<()> {
    let Place { layout, selector } = Place::open(&args.layout, "gc")?;
    if selector != Selector::Sole {
        let told = format!("gc is for a whole layout; leave the tag of {} out", args.layout);
        return Err(Usage(told).into());
    }
    let options = Options { grace: args.grace, dry_run: args.dry_run, ..Options::default() };
    let collected = gc(&Patient { layout: &layout, voice }, &options)?;
    let report = Report::new(&layout, args, &collected);
    match args.format.format {
        Format::Json => report::to_stdout(|out| json::write(out, &report)),
        Format::Text if voice.is_quiet() => Ok(()),
        Format::Text => report::to_stdout(|out| report.write(out)),
    }
}

impl Report {
    fn new(layout: &LayoutDir, args: &Gc, collected: &Collected) -> Self {
        let blobs = |list: &[Stored]| {
            list.iter().map(|it| Blob { digest: it.digest.to_string(), size: it.size }).collect()
        };
        let leftovers = collected.leftovers.iter();
        Self {
            layout: layout.path().display().to_string(),
            dry_run: args.dry_run,
            kept: Sum::of(collected.kept),
            freed: Sum::of(collected.freed_tally()),
            removed: blobs(&collected.freed),
            young: blobs(&collected.young),
            leftovers: leftovers.map(|it| Left { name: it.name.clone(), size: it.size }).collect(),
            absent: collected.absent,
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let told =
            |sum: &Sum| format!("{}, {}", size::count(sum.blobs, "blob", "blobs"), size::bytes(sum.bytes));
        let what = if self.dry_run { "would remove" } else { "removed" };
        for blob in &self.removed {
            writeln!(out, "{what} {}  {}", blob.digest, size::bytes(blob.size))?;
        }
        for left in &self.leftovers {
            // While writers are not kept away, it may be theirs.
            let whose = if self.dry_run { "unless a writer is at it" } else { "left by a killed writer" };
            writeln!(out, "{what} {}  {}, {whose}", escape::text(&left.name), size::bytes(left.size))?;
        }
        let layout = escape::text(&self.layout);
        let kept = told(&self.kept);
        writeln!(out, "{layout}: {what} {}; {kept} needed", told(&self.freed))?;
        if !self.young.is_empty() {
            let bytes = self.young.iter().map(|blob| blob.size).fold(0, u64::saturating_add);
            let young = Sum { blobs: self.young.len() as u64, bytes };
            writeln!(
                out,
                "{layout}: {} needed by nothing, but too young; --grace 0 removes them",
                told(&young)
            )?;
        }
        if self.absent > 0 {
            let absent = size::count(self.absent, "blob is", "blobs are");
            writeln!(out, "{layout}: {absent} needed and not there")?;
        }
        Ok(())
    }
}

impl Sum {
    fn of(tally: Tally) -> Self {
        Self { blobs: tally.blobs, bytes: tally.bytes }
    }
}

/// A layout that says so where its writers keep a collector waiting.
struct Patient<'a> {
    layout: &'a LayoutDir,
    voice: Voice,
}

impl BlobAdmin for Patient<'_> {
    fn exclude_writers(&self) -> Result<Box<dyn Send>> {
        let (done, waiting) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                    self.voice.note(&format!("waiting for those who write to {}", self.layout.name()));
                }
            });
            let excluded = self.layout.exclude_writers();
            drop(done);
            excluded
        })
    }

    fn blobs(&self) -> Result<Vec<Stored>> {
        self.layout.blobs()
    }

    fn remove_blob(&self, digest: &Digest) -> Result<()> {
        self.layout.remove_blob(digest)
    }

    fn leftovers(&self) -> Result<Vec<Leftover>> {
        self.layout.leftovers()
    }

    fn remove_leftover(&self, leftover: &Leftover) -> Result<()> {
        self.layout.remove_leftover(leftover)
    }
}

impl BlobSource for Patient<'_> {
    fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        self.layout.stat(role, descriptor)
    }

    fn open_range(
        &self,
        role: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        self.layout.open_range(role, descriptor, offset, len)
    }

    fn name(&self) -> String {
        self.layout.name()
    }
}

impl RefSource for Patient<'_> {
    fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>> {
        self.layout.resolve(name)
    }

    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        self.layout.list()
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.layout.referrers(subject)
    }
}
