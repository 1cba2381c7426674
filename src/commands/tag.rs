//! `tag`: more names in the same layout.

use std::io::Write;

use anyhow::bail;
use ocidian_content::{Cancel, RefSink, When};
use ocidian_spec::{Descriptor, MediaType, RefName};
use serde::Serialize;

use super::place::{Place, finish, retried};
use crate::cli::{Format, Tag};
use crate::interrupt::Interrupt;
use crate::report::{self, Voice, escape, json};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    digest: String,
    media_type: MediaType,
    size: u64,
    names: Vec<Name>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    name: String,
    was: Vec<String>,
}

pub(crate) fn run(args: &Tag, voice: Voice) -> anyhow::Result<()> {
    let interrupt = Interrupt::catch()?;
    let place = Place::open(&args.image, "tag")?.stopped_by(&interrupt);
    let mut names: Vec<&RefName> = Vec::new();
    args.names.iter().for_each(|name| {
        if !names.contains(&name) {
            names.push(name)
        }
    });
    let report = retried(|| put(args, &place, &names, &interrupt.cancel()));
    let report = report.map_err(|error| interrupt.explain(error))?;
    match args.format.format {
        Format::Json => report::to_stdout(|out| json::write(out, &report)),
        Format::Text if voice.is_quiet() => Ok(()),
        Format::Text => report::to_stdout(|out| {
            report.names.iter().try_for_each(|name| {
                let told = told(&name.was, &report.digest);
                writeln!(out, "{}: {}{told}", escape::text(&name.name), report.digest)
            })
        }),
    }
}

/// All names in one step, on what they stand for now.
fn put(args: &Tag, place: &Place, names: &[&RefName], cancel: &Cancel) -> anyhow::Result<Report> {
    // The writer first: from here on nothing that is read is collected.
    let writer = place.layout.writer()?;
    let document = place.document(args.choice.platform.as_ref())?;
    let Descriptor { digest, media_type, size, .. } = document.descriptor().clone();
    let mut told = Vec::new();
    for name in names {
        let standing = place.standing(name)?;
        let (when, was) = condition(&standing);
        if args.no_clobber && standing.iter().any(|entry| entry.digest != digest) {
            bail!("{name} stands for {} already, and --no-clobber was given", was.join(" and "));
        }
        writer.put(Some(name), &document, when)?;
        told.push(Name { name: name.to_string(), was });
    }
    finish(Box::new(writer), cancel)?;
    Ok(Report { digest: digest.to_string(), media_type, size, names: told })
}

/// That the name still stands for what it was seen to stand for, and that by digests.
pub(super) fn condition(standing: &[Descriptor]) -> (When, Vec<String>) {
    let when = match standing {
        [] => When::Absent,
        [one] => When::Is(one.digest.clone()),
        _ => When::Any,
    };
    (when, standing.iter().map(|entry| entry.digest.to_string()).collect())
}

/// What a name stood for, where that is to be told.
pub(super) fn told(was: &[String], is: &str) -> String {
    match was {
        [] => String::new(),
        [one] if one == is => " (as before)".to_owned(),
        several => format!(" (was {})", several.join(", ")),
    }
}
