//! `copy`: images from any form to any other.

mod convert;
mod destination;
mod report;

use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use ocidian_content::copy::{self, Convert, Options, Platforms, Root, Target, listed, selected};
use ocidian_content::{BlobSink, BlobSource, Cancel, Error, PlatformChoice, Progress, Store, When, select};
use ocidian_image_layout::{Opened, StoreKind, explicit, open_with, refuse_overlap};
use ocidian_spec::{Descriptor, ImageSource, Kind, RefName, Selector};

use self::destination::Destination;
use self::report::Report;
use super::made::Made;
use super::place::{finish, retried};
use super::tag::condition;
use crate::cli::CopyArgs;
use crate::cli::value::Wanted;
use crate::exit::Usage;
use crate::interrupt::Interrupt;
use crate::report::Voice;

pub(crate) fn run(args: &CopyArgs, voice: Voice) -> anyhow::Result<()> {
    let begun = Instant::now();
    let platforms = platforms(&args.platform)?;
    let destination = Destination::new(explicit(&args.destination, args.max_bytes)?, args)?;
    let made = Made::new(&destination.image, args.digestfile.as_deref(), args.format.format)?;
    let opened = open_with(&args.source, &ocidian_image_layout::Options { max_bytes: args.max_bytes })?;
    let source = source(args, &opened);
    refuse_overlap(&source, &destination.image)?;
    if args.all_tags && opened.selector != Selector::Sole {
        return Err(
            Usage(format!("--all-tags copies all that there is; leave the tag of {source} out")).into()
        );
    }
    let store = opened.store.as_ref();
    // Not before: opening an archive on stdin may wait for long, with nothing to clean up.
    let interrupt = Interrupt::catch()?;
    let (progress, cancel) = (voice.progress(), interrupt.cancel());
    let job = Job { args, store, selector: &opened.selector, destination, platforms };
    let done = retried(|| job.attempt(&*progress, &cancel)).map_err(|error| interrupt.explain(error));
    drop(progress);
    let done = done?;
    let report = Report::new(&source, &job.destination.image, done, args, begun.elapsed());
    report.print(args, &made, voice)
}

/// What came of it.
struct Done {
    report: copy::Report,
    /// What the name of the one image stood for at the destination.
    was: Vec<String>,
}

/// What was asked for.
struct Job<'a> {
    args: &'a CopyArgs,
    store: &'a dyn Store,
    selector: &'a Selector,
    destination: Destination,
    platforms: Platforms,
}

impl Job<'_> {
    /// Copies once; a conflict is another writer who came between.
    fn attempt(&self, progress: &dyn Progress, cancel: &Cancel) -> anyhow::Result<Done> {
        // The destination first: what is found there from now on is not collected.
        let to = self.destination.create(self.args, cancel)?;
        let existing = self.destination.existing()?;
        let existing = existing.as_deref();
        let mut notes = Vec::new();
        let (roots, was) = if self.args.all_tags {
            self.refuse_taken(existing)?;
            (listed(self.store)?, Vec::new())
        } else {
            let (root, was) = self.root(existing, to.demands().single, &mut notes)?;
            (vec![root], was)
        };
        let converting = convert::options(self.args, to.demands().complete);
        let wrote = Arc::default();
        let converter = converting.as_ref().map(|options| {
            |source: &dyn BlobSource, root: &Descriptor, sink: &dyn BlobSink| {
                convert::image(source, root, sink, options, (progress, cancel), &wrote)
            }
        });
        let options = Options {
            platforms: self.platforms.clone(),
            referrers: self.args.referrers,
            convert: converter.as_ref().map(|convert| convert as &Convert<'_>),
            existing,
            threads: self.args.jobs.unwrap_or(Options::default().threads),
            progress,
            cancel: cancel.clone(),
        };
        let mut report = copy::copy_into(self.store, roots, &*to, &options)?;
        report.notes.extend(notes);
        convert::Wrote::of(&wrote).add_to(&mut report);
        finish(to, cancel)?;
        Ok(Done { report, was })
    }

    /// The image that is meant, and what its name stands for at the destination.
    fn root(
        &self,
        existing: Option<&dyn Store>,
        single: bool,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<(Root, Vec<String>)> {
        let (descriptor, own) = self.chosen(notes)?;
        let name = self.destination.name_for(own, &descriptor, notes).filter(|_| !single);
        let (Some(name), Some(existing)) = (&name, existing) else {
            return Ok((Root::named(descriptor, name), Vec::new()));
        };
        let mut standing = existing.resolve(name)?;
        standing.dedup_by(|a, b| a.digest == b.digest);
        let (mut when, was) = condition(&standing);
        if self.args.no_clobber {
            self.refuse(name, &standing, &descriptor)?;
        }
        if self.args.uncompressed {
            // It keeps no manifest whose digest could be compared.
            when = When::Any;
        }
        Ok((Root { descriptor, target: Target::Name { name: Some(name.clone()), when } }, was))
    }

    /// The image that is meant: whole, but where the destination has no place for several platforms.
    fn chosen(&self, notes: &mut Vec<String>) -> anyhow::Result<(Descriptor, Option<RefName>)> {
        let (descriptor, name) = self.meant()?;
        if !self.args.uncompressed || descriptor.media_type.kind() != Kind::Index {
            return Ok((descriptor, name));
        }
        let choice = match &self.platforms {
            Platforms::All => PlatformChoice::Host,
            Platforms::Only(wanted) => match wanted.as_slice() {
                [one] => PlatformChoice::Exactly(one.clone()),
                _ => return Err(Usage("--uncompressed holds one platform of an image".to_owned()).into()),
            },
        };
        let selection = select(self.store, self.selector, &choice)?;
        let chosen = selection.manifest.descriptor().clone();
        notes.extend(selection.notes);
        notes.push(format!(
            "of {} only {} is copied: the old form holds one platform",
            descriptor.digest, chosen.digest
        ));
        Ok((chosen, name))
    }

    /// The entry that is meant. Of several of one name, as for several platforms, the one platform that was asked for tells.
    fn meant(&self) -> anyhow::Result<(Descriptor, Option<RefName>)> {
        let error = match selected(self.store, self.selector) {
            Err(error @ Error::Ambiguous { .. }) => error,
            outcome => return Ok(outcome?),
        };
        let (Platforms::Only(wanted), Selector::Name(name)) = (&self.platforms, self.selector) else {
            return Err(self.hint(error));
        };
        let [wanted] = wanted.as_slice() else { return Err(self.hint(error)) };
        let selection = select(self.store, self.selector, &PlatformChoice::Exactly(wanted.clone()))?;
        let entry = selection.chain.into_iter().next();
        entry.map(|entry| (entry, Some(name.clone()))).ok_or_else(|| self.hint(error))
    }

    /// With `--no-clobber`: no name that the source has may stand for anything else already.
    fn refuse_taken(&self, existing: Option<&dyn Store>) -> anyhow::Result<()> {
        let Some(existing) = existing.filter(|_| self.args.no_clobber) else { return Ok(()) };
        for (name, entry) in self.store.list()? {
            if let Some(name) = name {
                self.refuse(&name, &existing.resolve(&name)?, &entry)?;
            }
        }
        Ok(())
    }

    fn refuse(&self, name: &RefName, standing: &[Descriptor], now: &Descriptor) -> anyhow::Result<()> {
        // What a narrowed or converted image will be is not known yet, so whatever is there is another.
        let whole = matches!(self.platforms, Platforms::All) && convert::options(self.args, false).is_none();
        let same = |entry: &&Descriptor| whole && entry.digest == now.digest;
        match standing.iter().find(|entry| !same(entry)) {
            Some(other) => bail!(
                "{name} stands for {} in {} already, and --no-clobber was given",
                other.digest,
                self.destination.image
            ),
            None => Ok(()),
        }
    }

    /// Of several images one was to be named, or all asked for.
    fn hint(&self, error: Error) -> anyhow::Error {
        match error {
            Error::Ambiguous { .. } if *self.selector == Selector::Sole => {
                anyhow::Error::from(error).context("--all-tags copies all of them; for one")
            }
            error => error.into(),
        }
    }
}

/// What the platforms that were typed mean together.
fn platforms(typed: &[Wanted]) -> Result<Platforms, Usage> {
    let mut some = Vec::new();
    for wanted in typed {
        match wanted {
            Wanted::All if typed.len() > 1 => {
                return Err(Usage(
                    "--platform all is all of them; nothing can be named beside it".to_owned(),
                ));
            }
            Wanted::All => {}
            Wanted::One(platform) => some.push(platform.clone()),
        }
    }
    Ok(if some.is_empty() { Platforms::All } else { Platforms::Only(some) })
}

/// The source in its form: what a bare word stands for was found out by looking.
fn source(args: &CopyArgs, opened: &Opened) -> ImageSource {
    let ImageSource::Bare(text) = &args.source else { return args.source.clone() };
    let select = opened.selector.clone();
    let path = match text.as_str() {
        "-" => text.into(),
        _ => opened.store.name().into(),
    };
    match opened.kind {
        StoreKind::OciArchive => ImageSource::OciArchive { path, select },
        StoreKind::DockerArchive => ImageSource::DockerArchive { path, select },
        StoreKind::FlatDir => ImageSource::Dir { path },
        _ => ImageSource::Oci { path, select },
    }
}
