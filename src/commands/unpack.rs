//! `unpack`: a bundle for a runtime.

use std::time::Instant;

use ocidian_content::document;
use ocidian_unpack::{Image, unpack_bundle};

use super::unpacked::{Report, Target};
use super::{container, open};
use crate::cli::Unpack;
use crate::interrupt::Interrupt;
use crate::report::Voice;

pub(crate) fn run(args: &Unpack, voice: Voice) -> anyhow::Result<()> {
    let begun = Instant::now();
    let owners = container::owners(&args.ids, voice)?;
    let options = container::tree(&args.tree, owners);
    let runtime = container::runtime(&args.runtime)?;
    let chosen = open::choose_within(&args.image, options.max_bytes, voice)?;
    let store = chosen.store.as_ref();
    let manifest = &chosen.selection.manifest;
    let config = document::config(store, manifest.value())?;
    let image = Image { manifest, config: &config };
    // Not before: opening an archive on stdin may wait for long, with nothing to clean up.
    let interrupt = Interrupt::catch()?;
    let (progress, cancel) = (voice.progress(), interrupt.cancel());
    let unpacked =
        unpack_bundle(store, image, &chosen.source, &args.bundle, &options, &runtime, &*progress, &cancel);
    drop(progress);
    let unpacked = unpacked.map_err(|error| interrupt.explain(error.into()))?;
    let report = Report::new(&chosen, image, &options, &unpacked, begun.elapsed());
    report.print(Target::Bundle(&args.bundle), args.format.format, voice)
}
