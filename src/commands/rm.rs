//! `rm`: names and entries removed from their layouts; what they led to is left to `gc`.

use std::io::{self, Write};
use std::path::PathBuf;

use ocidian_content::referrers::Referrers;
use ocidian_content::{Cancel, Error, RefSink, RefSource, Result, When, names};
use ocidian_spec::{Descriptor, Digest, ImageSource, MediaType, RefName, Selector};
use serde::Serialize;

use super::place::{Place, finish};
use crate::cli::{Format, Rm};
use crate::exit::Usage;
use crate::interrupt::Interrupt;
use crate::report::{self, Voice, escape, json};

/// An entry that was removed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Removed {
    layout: String,
    name: Option<String>,
    digest: String,
    media_type: MediaType,
    size: u64,
}

/// What is to go from one layout.
struct Plan {
    place: Place,
    path: PathBuf,
    names: Vec<RefName>,
    digests: Vec<Digest>,
    removed: Vec<Removed>,
    /// What keeps some of it from being collected, by referring to it.
    keeping: Vec<Digest>,
}

pub(crate) fn run(args: &Rm, voice: Voice) -> anyhow::Result<()> {
    let interrupt = Interrupt::catch()?;
    let removed = remove(args, voice, &interrupt).map_err(|error| interrupt.explain(error))?;
    match args.format.format {
        Format::Json => report::to_stdout(|out| json::write(out, &removed)),
        Format::Text if voice.is_quiet() => Ok(()),
        Format::Text => report::to_stdout(|out| removed.iter().try_for_each(|entry| entry.write(out))),
    }
}

fn remove(args: &Rm, voice: Voice, interrupt: &Interrupt) -> anyhow::Result<Vec<Removed>> {
    let mut plans: Vec<Plan> = Vec::new();
    for source in &args.images {
        collect(&mut plans, source, interrupt)?;
    }
    // All is looked up before anything is removed.
    for plan in &mut plans {
        plan.look(args.referrers)?;
    }
    let mut removed = Vec::new();
    for plan in plans {
        plan.carry_out(&interrupt.cancel())?;
        let layout = plan.place.layout.path().display();
        for digest in &plan.keeping {
            voice.note(&format!(
                "{digest} refers to what was removed, and so keeps it from gc; `ocidian rm oci:{layout}@{digest}` \
                 removes that too"
            ));
        }
        removed.extend(plan.removed);
    }
    Ok(removed)
}

/// Sorts what was typed by layout, each once.
fn collect(plans: &mut Vec<Plan>, source: &ImageSource, interrupt: &Interrupt) -> anyhow::Result<()> {
    let place = Place::open(source, "rm")?.stopped_by(interrupt);
    let path = place.layout.path().canonicalize().unwrap_or_else(|_| place.layout.path().to_owned());
    let selector = place.selector.clone();
    let at = plans.iter().position(|plan| plan.path == path).unwrap_or(plans.len());
    if at == plans.len() {
        plans.push(Plan {
            place,
            path,
            names: Vec::new(),
            digests: Vec::new(),
            removed: Vec::new(),
            keeping: Vec::new(),
        });
    }
    let Some(plan) = plans.get_mut(at) else { return Ok(()) };
    match selector {
        Selector::Name(name) if plan.names.contains(&name) => {}
        Selector::Name(name) => plan.names.push(name),
        Selector::Digest(digest) if plan.digests.contains(&digest) => {}
        Selector::Digest(digest) => plan.digests.push(digest),
        Selector::Sole => {
            let told =
                format!("{source} does not say which image to remove; write oci:PATH:TAG or oci:PATH@DIGEST");
            return Err(Usage(told).into());
        }
    }
    Ok(())
}

impl Plan {
    /// Finds the entries that will go; an error where there is nothing of a name or digest.
    fn look(&mut self, referrers: bool) -> Result<()> {
        let layout = &self.place.layout;
        let entries: Vec<Descriptor> = layout.list()?.into_iter().map(|(_, entry)| entry).collect();
        for digest in &self.digests {
            if !entries.iter().any(|entry| entry.digest == *digest) {
                return Err(unknown(self, &entries, format!("@{digest}")));
            }
        }
        for name in &self.names {
            if names::positions(&entries, name).is_empty() {
                return Err(unknown(self, &entries, name.to_string()));
            }
        }
        // A digest takes its names with it, and a name that is gone already cannot be removed.
        let digests = &self.digests;
        self.names.retain(|name| {
            let of_name = names::matching(&entries, name);
            !of_name.iter().all(|entry| digests.contains(&entry.digest))
        });
        let named: Vec<usize> = self.names.iter().flat_map(|name| names::positions(&entries, name)).collect();
        let goes = |(at, entry): (usize, &Descriptor)| named.contains(&at) || digests.contains(&entry.digest);
        let mut gone: Vec<Descriptor> =
            entries.iter().enumerate().filter(|it| goes(*it)).map(|(_, entry)| entry.clone()).collect();
        let left: Vec<&Descriptor> =
            entries.iter().enumerate().filter(|it| !goes(*it)).map(|(_, entry)| entry).collect();
        // Only where there may be some: it means reading every document of the layout.
        if left.iter().any(|entry| names::name_of(entry).is_none()) {
            let known = Referrers::read(layout);
            // What is only to be told must not be in the way.
            let known = if referrers { known? } else { known.unwrap_or_default() };
            let referring = referring(&known, &gone, &left);
            let digests = referring.iter().map(|entry| entry.digest.clone());
            if referrers {
                self.digests.extend(digests);
                gone.extend(referring);
            } else {
                self.keeping.extend(digests);
            }
        }
        self.removed = gone.iter().map(|entry| Removed::of(self, entry)).collect();
        Ok(())
    }

    fn carry_out(&self, cancel: &Cancel) -> Result<()> {
        let writer = self.place.layout.writer()?;
        self.digests.iter().try_for_each(|digest| writer.forget(digest))?;
        self.names.iter().try_for_each(|name| writer.remove(name, When::Any))?;
        finish(Box::new(writer), cancel)
    }
}

/// Unnamed entries that refer to what is gone, and to which nothing else leads, however many steps away.
fn referring(referrers: &Referrers, gone: &[Descriptor], left: &[&Descriptor]) -> Vec<Descriptor> {
    let mut found: Vec<Descriptor> = Vec::new();
    let mut pending: Vec<Digest> = gone.iter().map(|entry| entry.digest.clone()).collect();
    while let Some(subject) = pending.pop() {
        // Another name keeps it, and so its referrers.
        if left.iter().any(|entry| entry.digest == subject) && !found.iter().any(|it| it.digest == subject) {
            continue;
        }
        for referrer in referrers.of(&subject) {
            let entries = || left.iter().filter(|entry| entry.digest == referrer.digest);
            let unnamed = entries().all(|entry| names::name_of(entry).is_none());
            let new = !found.iter().any(|it| it.digest == referrer.digest);
            if let Some(entry) = entries().next().filter(|_| unnamed && new) {
                found.push((*entry).clone());
                pending.push(entry.digest.clone());
            }
        }
    }
    found
}

fn unknown(plan: &Plan, entries: &[Descriptor], name: String) -> Error {
    let known = entries.iter().filter_map(names::name_of).map(|name| name.to_string()).collect();
    Error::RefNotFound { name, store: plan.place.layout.path().display().to_string(), known }
}

impl Removed {
    fn of(plan: &Plan, entry: &Descriptor) -> Self {
        Self {
            layout: plan.place.layout.path().display().to_string(),
            name: names::name_of(entry).map(|name| name.to_string()),
            digest: entry.digest.to_string(),
            media_type: entry.media_type.clone(),
            size: entry.size,
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        match &self.name {
            Some(name) => writeln!(out, "removed {}, which was {}", escape::text(name), self.digest),
            None => writeln!(out, "removed {}", self.digest),
        }
    }
}
