//! Read, change, write: what every verb that edits an image does around its own change.
//!
//! The destination is opened before anything is read, so that nothing which the edit builds on is collected meanwhile.
//! What the result's name stood for then is the condition of the put: where another writer came between, the whole
//! is done again on what that one wrote.

pub(super) mod place;
mod report;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use ocidian_build::build::Maker;
use ocidian_build::history::Line;
use ocidian_build::{Carrier, Created, Error, Image, Written};
use ocidian_content::{BlobSink, Cancel, Event, Progress, Store, select};
use ocidian_spec::{Compression, Descriptor, Digest, Kind, Selector};

use self::place::{Place, loses_full_name, refuse_siblings};
use super::open;
use super::place::{finish, retried};
use crate::cli::{CompressArgs, EditArgs, HistoryArgs};
use crate::epoch;
use crate::interrupt::Interrupt;
use crate::report::Voice;

/// What a change may use.
pub(super) struct Context<'a> {
    /// Where the image is.
    pub(super) store: &'a dyn Store,
    /// Where new blobs go.
    pub(super) sink: &'a dyn BlobSink,
    pub(super) created: Created,
    pub(super) history: &'a HistoryArgs,
    pub(super) progress: &'a dyn Progress,
    pub(super) cancel: &'a Cancel,
}

impl Context<'_> {
    /// What makes layers.
    pub(super) fn maker(&self, args: &CompressArgs, docker: bool) -> Maker<'_> {
        Maker {
            sink: self.sink,
            compressor: args.compress.unwrap_or_default(),
            threads: args.threads(),
            docker,
            progress: self.progress,
            cancel: self.cancel,
        }
    }

    /// The line of history that was asked for, over what the verb says by itself.
    pub(super) fn line(&self, created_by: String) -> Line {
        let mut line = self.history.line();
        line.created_by.get_or_insert(created_by);
        line
    }
}

impl HistoryArgs {
    /// What was asked for.
    pub(super) fn line(&self) -> Line {
        Line {
            created_by: self.created_by.clone(),
            author: self.author.clone(),
            comment: self.comment.clone(),
            created: self.created.clone(),
        }
    }
}

/// Edits the image by `change`, which may be called several times, each time on a fresh one.
pub(super) fn run(
    args: &EditArgs,
    voice: Voice,
    mut change: impl FnMut(&mut Image, &Context<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let place = Place::of(args)?;
    let made = place.made(&args.result)?;
    let created = epoch::created(args.result.no_reproducible)?;
    let interrupt = Interrupt::catch()?;
    let (progress, cancel) = (voice.progress(), interrupt.cancel());
    let progress = Once::new(&*progress);
    let done = retried(|| {
        attempt(
            args,
            &place,
            |image, store, sink| {
                let context = Context {
                    store,
                    sink,
                    created,
                    history: &args.history,
                    progress: &progress,
                    cancel: &cancel,
                };
                change(image, &context)
            },
            &progress,
            &cancel,
        )
    });
    let done = done.map_err(|error| interrupt.explain(error))?;
    drop(progress);
    done.print(&made, voice)
}

/// Where on disk the result goes, so that it is not taken for part of what goes in.
pub(super) fn target(args: &EditArgs) -> anyhow::Result<Option<PathBuf>> {
    Ok(Place::of(args)?.path().map(Path::to_owned))
}

fn attempt(
    args: &EditArgs,
    place: &Place,
    change: impl FnOnce(&mut Image, &dyn Store, &dyn BlobSink) -> anyhow::Result<()>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> anyhow::Result<report::Done> {
    let destination = place.destination(cancel)?;
    let standing = place.standing()?;
    let opened = ocidian_image_layout::open(&args.image.image)?;
    let store = opened.store.as_ref();
    let mut selection = select(store, &opened.selector, &open::choice(args.image.choice.platform.as_ref()))?;
    if let Selector::Digest(digest) = &opened.selector {
        // What was named is what is edited, without what led to it.
        let at = selection.chain.iter().position(|descriptor| descriptor.digest == *digest);
        selection.chain.drain(..at.unwrap_or(0));
    }
    let put = place.put(store, &selection, &standing)?;
    let mut notes = selection.notes.clone();
    let mut image = Image::open(store, &selection)?;
    if args.image.choice.platform.is_none() {
        refuse_siblings(&image, store)?;
    }
    change(&mut image, store, &*destination)?;
    notes.append(&mut image.notes);
    let kept = kept(&image);
    let written = image.write(&*destination)?;
    let carrier = Carrier {
        source: store,
        sink: &*destination,
        complete: destination.demands().complete,
        progress,
        cancel,
    };
    carrier.blobs(&kept)?;
    carrier.graphs(written.siblings.iter().cloned())?;
    let Written { root, manifest, config, .. } = written;
    notes.extend(loses_full_name(root.descriptor(), put.name.as_ref()));
    destination.put(put.name.as_ref(), &root, put.when.clone())?;
    finish(destination, cancel)?;
    let image = place.shown(&put, &root.descriptor().digest);
    Ok(report::Done { image, root: root.descriptor().clone(), manifest, config, was: put.was, notes })
}

/// The compression that all of these layers have.
pub(super) fn common_compression(layers: &[Descriptor]) -> Option<Compression> {
    let mut all = layers.iter().map(|layer| match layer.media_type.kind() {
        Kind::Layer(compression) => Some(compression),
        _ => None,
    });
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

/// Layers that are as they were: those that the edit made are where they belong.
fn kept(image: &Image) -> Vec<Descriptor> {
    let before: Vec<&Digest> = image.original().value().layers.iter().map(|layer| &layer.digest).collect();
    image.manifest.layers.iter().filter(|layer| before.contains(&&layer.digest)).cloned().collect()
}

/// Warnings once, however often an edit is done again.
struct Once<'a> {
    inner: &'a dyn Progress,
    told: std::sync::Mutex<Vec<String>>,
}

impl<'a> Once<'a> {
    fn new(inner: &'a dyn Progress) -> Self {
        Self { inner, told: std::sync::Mutex::default() }
    }
}

impl Progress for Once<'_> {
    fn event(&self, event: Event<'_>) {
        if let Event::Warning(text) = &event {
            let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if told.iter().any(|one| one == text) {
                return;
            }
            told.push((*text).to_owned());
        }
        self.inner.event(event);
    }
}

/// Reads a file that a person named.
pub(super) fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    /// As much as any document may have.
    const MOST: u64 = 16 << 20;
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let failed = |source| Error::Io { path: path.to_owned(), what: "read", source };
    let bytes: Vec<u8> = read().map_err(failed)?;
    anyhow::ensure!(bytes.len() as u64 <= MOST, "{}: it is larger than {MOST} bytes", path.display());
    Ok(bytes)
}
