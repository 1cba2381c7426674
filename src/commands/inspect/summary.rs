//! The summary: the index that was named, where it is one, and the image for this machine in it.

use std::io::{self, Write};

use ocidian_content::{Error, Result, Role, Selection, Store, document, select};
use ocidian_image_layout::Opened;
use ocidian_spec::{Descriptor, Kind, Selector};
use serde::Serialize;

use super::image::ImageReport;
use super::index::IndexReport;
use super::{named, space};
use crate::cli::{Format, Inspect};
use crate::commands::open;
use crate::report::text::Fields;
use crate::report::{self, Voice, json};

#[derive(Debug, Serialize)]
struct Report {
    name: Option<String>,
    index: Option<IndexReport>,
    image: Option<ImageReport>,
}

pub(super) fn run(args: &Inspect, voice: Voice) -> anyhow::Result<()> {
    let platform = args.image.choice.platform.as_ref();
    let opened = ocidian_image_layout::open(&args.image.image)?;
    let Opened { store, selector, .. } = &opened;
    let store = store.as_ref();
    let report = match select(store, selector, &open::choice(platform)) {
        Ok(selection) => {
            selection.notes.iter().for_each(|note| voice.note(note));
            of_selection(store, selector, &selection)?
        }
        // Several images and no word on which: how they share the store is what can be said of all.
        Err(Error::Ambiguous { .. }) if platform.is_none() && *selector == Selector::Sole => {
            return space::run(&opened, args.format, voice);
        }
        Err(error) if platform.is_none() && is_about_the_choice(&error) => {
            let report = of_document(store, &named::find(store, selector).map_err(|_| error)?)?;
            if report.index.is_some() {
                voice.note("nothing here is for this machine; --platform chooses an image to show");
            }
            report
        }
        Err(error) => return Err(error.into()),
    };
    report::to_stdout(|out| match args.format {
        Format::Json => json::write(out, &report),
        Format::Text => report.write(out),
    })
}

/// Whether there may still be something to show: an index without an image for this machine, an artifact.
fn is_about_the_choice(error: &Error) -> bool {
    matches!(
        error,
        Error::PlatformNotFound { .. }
            | Error::BlobNotFound { .. }
            | Error::NotAnImage { .. }
            | Error::NoImage { .. }
    )
}

fn of_selection(store: &dyn Store, selector: &Selector, selection: &Selection) -> Result<Report> {
    let named = match selector {
        // What is above what was named is not what was asked about.
        Selector::Digest(digest) => selection.chain.iter().find(|step| step.digest == *digest),
        Selector::Name(_) | Selector::Sole => selection.chain.first(),
    };
    let index = named.filter(|named| named.media_type.kind() == Kind::Index);
    Ok(Report {
        name: selection.name.as_ref().map(ToString::to_string),
        index: index.map(|index| IndexReport::read(store, index)).transpose()?,
        image: Some(ImageReport::read(store, &selection.manifest)?),
    })
}

fn of_document(store: &dyn Store, named: &Descriptor) -> Result<Report> {
    let name = ocidian_content::names::name_of(named).map(|name| name.to_string());
    let mut report = Report { name, index: None, image: None };
    match named.media_type.kind() {
        Kind::Index => report.index = Some(IndexReport::read(store, named)?),
        Kind::Manifest => {
            let manifest = document::read(store, Role::Manifest, named)?;
            report.image = Some(ImageReport::read(store, &manifest)?);
        }
        _ => {
            return Err(Error::NotAnImage {
                digest: named.digest.clone(),
                reason: format!("its media type is {}; --raw prints it", named.media_type),
            });
        }
    }
    Ok(report)
}

impl Report {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        Fields::new(out).maybe("Name", self.name.as_deref())?;
        if let Some(index) = &self.index {
            index.write(out)?;
            if self.image.is_some() {
                writeln!(out)?;
            }
        }
        self.image.as_ref().map_or(Ok(()), |image| image.write(out))
    }
}
