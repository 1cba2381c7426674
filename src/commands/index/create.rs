//! `index create`: a multi-platform image of images.

use anyhow::bail;
use ocidian_content::{RefSink, When};
use ocidian_spec::{Descriptor, Document, ImageIndex, MediaType, RawDocument};

use super::add_all;
use super::children::{self, Brought, bring};
use super::report::Report;
use crate::cli::Create;
use crate::commands::place::{Place, finish, retried};
use crate::commands::tag::condition;
use crate::interrupt::Interrupt;
use crate::report::Voice;

pub(super) fn run(args: &Create, voice: Voice) -> anyhow::Result<()> {
    let place = Place::open(&args.index, "index create")?;
    let name = place.tag(&args.index)?;
    refuse_taken(args, &place)?;
    let mut index = ImageIndex::new(Vec::new());
    index.artifact_type.clone_from(&args.artifact_type);
    if !args.annotation.is_empty() {
        index.annotations = Some(args.annotation.iter().cloned().collect());
    }
    let brought: Vec<Brought> =
        args.images.iter().map(|image| children::of(image, &[], &place, voice)).collect::<Result<_, _>>()?;
    let added: Vec<Descriptor> = brought.iter().flat_map(|brought| brought.children.clone()).collect();
    let changes = add_all(&mut index, &added, false)?;
    let bytes = index.to_json()?;
    let descriptor = Descriptor::of(MediaType::ImageIndex, &bytes);
    let document = RawDocument::verify(bytes, descriptor.clone())?;
    let interrupt = Interrupt::catch()?;
    let (progress, cancel) = (voice.progress(), interrupt.cancel());
    let was = retried(|| {
        let writer = place.layout.clone().with_cancel(cancel.clone()).writer()?;
        let (when, was) = refuse_taken(args, &place)?;
        bring(&brought, &place.layout, &writer, &*progress, &cancel)?;
        writer.put(Some(&name), &document, when)?;
        finish(Box::new(writer), &cancel)?;
        Ok(was)
    });
    drop(progress);
    let was = was.map_err(|error| interrupt.explain(error))?;
    let report = Report::new(name.as_str(), &descriptor, was, &changes, index.manifests.len());
    report.print(args.format.format, voice)
}

/// What the tag stands for, which without --force has to be nothing.
fn refuse_taken(args: &Create, place: &Place) -> anyhow::Result<(When, Vec<String>)> {
    let name = place.tag(&args.index)?;
    let (when, was) = condition(&place.standing(&name)?);
    if !was.is_empty() && !args.force {
        bail!("{name} stands for {} already; --force moves it", was.join(" and "));
    }
    Ok((when, was))
}
