//! `append`: layer tars on top of an image.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use ocidian_build::blob::{Checked, Transform};
use ocidian_build::{Error, Image};
use ocidian_content::Event;
use ocidian_layer::compress::{Compressor, sniff};
use ocidian_layer::tar::Limits;
use ocidian_spec::Compression;

use super::edit::{self, Context};
use crate::cli::Append;
use crate::report::Voice;

pub(crate) fn run(args: &Append, voice: Voice) -> anyhow::Result<()> {
    edit::run(&args.edit, voice, |image, context| {
        let mut newest = None;
        let mut layers = Vec::new();
        let count = args.tars.len();
        for (index, path) in args.tars.iter().enumerate() {
            let name = path.display().to_string();
            context.progress.event(Event::Make { name: &name, index, count });
            let checked = read(args, path, image, context)?;
            context.progress.event(Event::End);
            newest = newest.max(checked.newest);
            image.notes.extend(checked.notes);
            layers.push((path, checked.layer));
        }
        image.config.created = context.created.decide(image.config.created.as_deref(), newest);
        for (path, layer) in layers {
            let by = format!("ocidian append {}", path.file_name().unwrap_or_default().display());
            let line = context.line(by).into_history(image.config.created.as_deref(), true);
            image.push_layer(layer, line);
        }
        Ok(())
    })
}

/// Takes a tar into the destination.
fn read(args: &Append, path: &Path, image: &Image, context: &Context<'_>) -> Result<Checked, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), what: "read", source };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        let told = format!("{} is a directory; `ocidian insert` takes those", path.display());
        return Err(Error::Refused(told));
    }
    let compressor = match args.compress.compress {
        None if is_compressed(&file) => None,
        None => Some(Compressor::default()),
        asked => asked,
    };
    let transform = Transform {
        compressor,
        threads: args.compress.threads(),
        sink: context.sink,
        progress: context.progress,
        cancel: context.cancel,
    };
    let limits = Limits { max_entries: args.max_entries, max_bytes: args.max_bytes };
    transform.checked(file, &path.display().to_string(), limits, image.is_docker())
}

/// Whether the file is compressed. A pipe cannot be looked at twice, so what comes from one counts as plain, and is
/// compressed anew.
fn is_compressed(file: &File) -> bool {
    let mut start = [0; 4];
    let read = file.read_at(&mut start, 0).unwrap_or(0);
    sniff(start.get(..read).unwrap_or_default()) != Compression::None
}
