//! `append`: layer tars on top of an image.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::bail;
use ocidian_build::blob::Transform;
use ocidian_build::build::MadeLayer;
use ocidian_build::{Error, Image, NewLayer};
use ocidian_content::Event;
use ocidian_layer::compress::{Compressor, sniff};
use ocidian_layer::tar::Limits;
use ocidian_spec::Compression;

use super::edit::{self, Context};
use crate::cli::Append;
use crate::exit::Usage;
use crate::report::Voice;

pub(crate) fn run(args: &Append, voice: Voice) -> anyhow::Result<()> {
    let piped = args.tars.iter().filter(|path| is_stdin(path)).count();
    if piped > 1 {
        return Err(Usage("standard input can be read once".to_owned()).into());
    }
    let mut used = false;
    edit::run(&args.edit, voice, |image, context| {
        if piped > 0 && std::mem::replace(&mut used, true) {
            bail!("another process changed the image while standard input was read; append it again");
        }
        let mut newest = None;
        let mut layers = Vec::new();
        let count = args.tars.len();
        for (index, path) in args.tars.iter().enumerate() {
            let name = shown(path);
            context.progress.event(Event::Make { name: &name, index, count });
            let checked = read(args, path, image, context)?;
            context.progress.event(Event::End);
            newest = newest.max(checked.newest);
            image.notes.extend(checked.warnings);
            layers.push((path, NewLayer { descriptor: checked.descriptor, diff_id: checked.diff_id }));
        }
        image.config.created = context.created.decide(image.config.created.as_deref(), newest);
        for (path, layer) in layers {
            let by = match is_stdin(path) {
                true => "ocidian append".to_owned(),
                false => format!("ocidian append {}", path.file_name().unwrap_or_default().display()),
            };
            let line = context.line(by).into_history(image.config.created.as_deref(), true);
            image.push_layer(layer, line);
        }
        Ok(())
    })
}

/// Takes a tar into the destination.
fn read(args: &Append, path: &Path, image: &Image, context: &Context<'_>) -> Result<MadeLayer, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), what: "read", source };
    let file = match is_stdin(path) {
        true => std::io::stdin().as_fd().try_clone_to_owned().map(File::from),
        false => File::open(path),
    };
    let file = file.map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        let told = format!("{} is a directory; `ocidian insert` takes those", shown(path));
        return Err(Error::Refused(told));
    }
    let compressor = match args.compress.compress {
        None if !is_stdin(path) && is_compressed(&file) => None,
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
    transform.checked(file, &shown(path), limits, image.is_docker())
}

/// `-`
fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn shown(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Whether the file is compressed. A pipe cannot be looked at twice, so what comes from one counts as plain, and is
/// compressed anew.
fn is_compressed(file: &File) -> bool {
    let mut start = [0; 4];
    let read = file.read_at(&mut start, 0).unwrap_or(0);
    sniff(start.get(..read).unwrap_or_default()) != Compression::None
}
