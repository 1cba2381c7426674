//! `insert`: a file or a directory put into an image.

use ocidian_build::NewLayer;
use ocidian_build::insert::{Insertion, insert_layer};
use ocidian_build::scan::Destination;

use super::build::scan_options;
use super::edit;
use crate::cli::Insert;
use crate::exit::Usage;
use crate::report::Voice;

pub(crate) fn run(args: &Insert, voice: Voice) -> anyhow::Result<()> {
    if args.source.is_none() && !args.opaque && args.whiteout.is_empty() {
        let told = "name a SOURCE and the PATH where it goes, or what to hide with --whiteout".to_owned();
        return Err(Usage(told).into());
    }
    if args.source.is_none() && args.place.is_some() && !args.opaque {
        return Err(
            Usage("a PATH without a SOURCE is for --opaque; --whiteout PATH hides it".to_owned()).into()
        );
    }
    let epoch = crate::epoch::source_date()?.map(|time| time.seconds);
    let mut options = scan_options(&args.files, epoch)?;
    options.destination = edit::target(&args.edit)?.as_deref().and_then(Destination::of);
    let insertion = Insertion {
        source: args.source.clone(),
        place: args.place.clone().unwrap_or_default(),
        opaque: args.opaque,
        whiteouts: args.whiteout.clone(),
    };
    edit::run(&args.edit, voice, |image, context| {
        let maker = context.maker(&args.compress, image.is_docker());
        let made = insert_layer(&maker, &insertion, &options)?;
        image.notes.extend(made.warnings);
        image.config.created = context.created.decide(image.config.created.as_deref(), made.newest);
        let line = context.line(by(args)).into_history(image.config.created.as_deref(), true);
        image.push_layer(NewLayer { descriptor: made.descriptor, diff_id: made.diff_id }, line);
        Ok(())
    })
}

/// What was done, without what belongs to the host: of a source its name alone.
fn by(args: &Insert) -> String {
    let mut words = vec!["ocidian insert".to_owned()];
    if args.opaque {
        words.push("--opaque".to_owned());
    }
    words.extend(args.whiteout.iter().map(|path| format!("--whiteout /{path}")));
    if let Some(name) = args.source.as_ref().and_then(|source| source.file_name()) {
        words.push(name.display().to_string());
    }
    words.extend(args.place.as_ref().map(|place| format!("/{place}")));
    words.join(" ")
}
