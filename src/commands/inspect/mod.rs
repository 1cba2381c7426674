//! `inspect`: what an image is. Only `--layers` reads layers.

mod history;
mod image;
mod index;
mod layers;
pub(crate) mod named;
mod space;
mod summary;
mod tree;

use std::io::Write;

use ocidian_content::{BlobSource, Role, document};
use ocidian_image_layout::Opened;

use crate::cli::Inspect;
use crate::commands::open;
use crate::report::{self, Voice};

pub(crate) use space::Room;

pub(crate) fn run(args: &Inspect, voice: Voice) -> anyhow::Result<()> {
    if args.tree {
        return tree::run(&args.image.image, args.format);
    }
    if args.layers {
        return layers::run(args, voice);
    }
    if args.space {
        return space::run(&ocidian_image_layout::open(&args.image.image)?, args.format, voice);
    }
    if args.raw && args.image.choice.platform.is_none() && !args.config {
        return raw(args);
    }
    if args.raw || args.config {
        let chosen = open::choose(&args.image, voice)?;
        let manifest = &chosen.selection.manifest;
        if args.config {
            return print(chosen.store.as_ref(), Role::Blob, &manifest.value().config);
        }
        return report::to_stdout(|out| out.write_all(manifest.bytes()));
    }
    summary::run(args, voice)
}

/// The document that the name stands for, whatever it is.
fn raw(args: &Inspect) -> anyhow::Result<()> {
    let Opened { store, selector, .. } = ocidian_image_layout::open(&args.image.image)?;
    let named = named::find(store.as_ref(), &selector)?;
    print(store.as_ref(), Role::Manifest, &named)
}

fn print(source: &dyn BlobSource, role: Role, descriptor: &ocidian_spec::Descriptor) -> anyhow::Result<()> {
    let document = document::raw(source, role, descriptor)?;
    report::to_stdout(|out| out.write_all(document.bytes()))
}
