//! `squash`: one layer of many.

use ocidian_build::squash::squash;
use ocidian_layer::compress::Compressor;
use ocidian_layer::tar::Limits;

use super::edit;
use crate::cli::Squash;
use crate::report::Voice;

pub(crate) fn run(args: &Squash, voice: Voice) -> anyhow::Result<()> {
    let from = usize::try_from(args.from)?.saturating_sub(1);
    let limits = Limits { max_entries: args.max_entries, max_bytes: args.max_bytes };
    let by = match from {
        0 => "ocidian squash".to_owned(),
        _ => format!("ocidian squash --from {}", args.from),
    };
    edit::run(&args.edit, voice, |image, context| {
        let mut maker = context.maker(&args.compress, image.is_docker());
        if args.compress.compress.is_none() {
            // As the layers are that it is made of.
            let upper = image.manifest.layers.get(from..).unwrap_or_default();
            if let Some(compression) = edit::common_compression(upper) {
                maker.compressor = Compressor::new(compression);
            }
        }
        image.config.created = context.created.decide(image.config.created.as_deref(), None);
        squash(image, context.store, from, &maker, limits, context.line(by.clone()))?;
        Ok(())
    })
}
