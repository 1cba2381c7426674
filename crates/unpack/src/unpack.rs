//! An image onto a root file system.
//!
//! Two threads work a layer: one inflates (in `ocidian-layer`), the other applies what comes out, and they share
//! reading, verifying and hashing. The applying thread is our own, because it takes a umask of its own; the
//! threads that it starts to write small files have the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ocidian_content::{BlobReader, BlobSource, Cancel, Event, Progress, Role};
use ocidian_layer::tar::{Limits, Trailer};
use ocidian_layer::{Changeset, LayerStream};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, fchmod, mkdirat, openat};

use crate::apply::{Applier, Ownership, Stopped, TreeFiles};
use crate::convert::ImageFiles;
use crate::counted::{Counted, TICK};
use crate::error::{Error, Failure, Result, Tried};
use crate::host::PendingFile;
use crate::image::{Image, Layer, layers};
use crate::options::{Form, UnpackOptions};
use crate::process::{Identity, own_umask};
use crate::record::Recorder;
use crate::stack::Stack;
use crate::staging::Staging;
use crate::tree::LISTING;

/// What was unpacked.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Unpacked {
    /// Layers applied.
    pub layers: usize,
    /// Entries applied, whiteouts included.
    pub entries: u64,
    /// Bytes of tar, uncompressed.
    pub bytes: u64,
    /// What a person should know, a line each.
    pub warnings: Vec<String>,
    /// Overlay form: the command that mounts the stack, to be run in the target.
    pub mount: Option<String>,
    pub(crate) stand_ins: std::collections::BTreeMap<Box<[u8]>, crate::apply::StandIn>,
}

/// Unpacks an image's root file system to `target`: nothing must be there, or an empty directory.
/// Fails whole: nothing is left of what was begun.
pub fn unpack_rootfs(
    store: &dyn BlobSource,
    image: Image<'_>,
    target: &Path,
    options: &UnpackOptions,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Unpacked> {
    let layers = layers(image)?;
    let staging = Staging::begin(target)?;
    let work = Work { store, layers: &layers, target, options, progress, cancel };
    let filled = work.fill(staging.dir(), |_| Ok(()))?;
    if options.form == Form::Overlay {
        staging.settle(&options.ids)?;
    }
    filled.commit(staging)
}

/// The directory of layers, and the one that a mounted stack is written into, whose root it shows.
fn make_overlay_directories(dir: BorrowedFd<'_>) -> Result<(OwnedFd, OwnedFd), Failure> {
    let open = |name| openat(dir, name, LISTING, Mode::empty()).tried("cannot open a directory of the stack");
    for name in ["layers", "upper", "work", "rootfs"] {
        mkdirat(dir, name, Mode::RWXU).tried("cannot make a directory for the stack")?;
        // Whatever the umask is.
        fchmod(open(name)?, Mode::from_raw_mode(0o755)).tried("cannot set a directory's mode")?;
    }
    Ok((open("layers")?, open("upper")?))
}

/// A directory that was filled, before it is put in its place.
pub(crate) struct Filled<T> {
    pub(crate) unpacked: Unpacked,
    pub(crate) seen: T,
    mtree: Option<Mtree>,
}

/// The manifest that was asked for: where it goes, known before the first layer is applied, and its text.
struct Mtree {
    path: PathBuf,
    file: PendingFile,
    text: String,
}

impl Mtree {
    /// Makes sure that it can be written where it is to be, `tree` being the directory that is filled.
    fn begin(path: &Path, tree: BorrowedFd<'_>) -> Result<Self> {
        let begin = || {
            let file = PendingFile::at(path)?;
            if file.is_in(tree)? {
                return Err(Failure::Refused("a manifest cannot be in the tree that it is of".to_owned()));
            }
            Ok(Self { path: path.to_owned(), file, text: String::new() })
        };
        begin().map_err(|source| Error::Target { path: path.to_owned(), source })
    }
}

impl<T> Filled<T> {
    /// Puts all that was made into its place. The manifest is written before: a disk that is full or a
    /// pipe that is closed leaves no target either.
    pub(crate) fn commit(self, staging: Staging) -> Result<Unpacked> {
        let Some(Mtree { path, file, text }) = self.mtree else {
            staging.commit()?;
            return Ok(self.unpacked);
        };
        let at = |source| Error::Target { path: path.clone(), source };
        file.write(text.as_bytes(), 0o644).map_err(at)?;
        staging.commit()?;
        file.publish().map_err(at)?;
        Ok(self.unpacked)
    }
}

/// All that an unpack needs.
pub(crate) struct Work<'a> {
    pub(crate) store: &'a dyn BlobSource,
    pub(crate) layers: &'a [Layer<'a>],
    pub(crate) target: &'a Path,
    pub(crate) options: &'a UnpackOptions,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) cancel: &'a Cancel,
}

impl Work<'_> {
    /// Fills a directory: with the tree itself, or with `layers/0…` and what mounting them needs.
    /// `look` sees the image's files when all are there.
    pub(crate) fn fill<T: Send>(
        &self,
        dir: BorrowedFd<'_>,
        look: impl FnOnce(&dyn ImageFiles) -> Result<T> + Send,
    ) -> Result<Filled<T>> {
        let at = |source| Error::Target { path: self.target.to_owned(), source };
        let (base, upper) = match self.options.form {
            Form::Rootfs => (openat(dir, ".", LISTING, Mode::empty()).tried("cannot open the target"), None),
            Form::Overlay => {
                let (layers, upper) = make_overlay_directories(dir).map_err(at)?;
                (Ok(layers), Some(upper))
            }
        };
        let base = base.map_err(at)?;
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("apply".to_owned());
            let worker = thread.spawn_scoped(scope, || self.run(base, upper, look)).map_err(|error| {
                let errno = rustix::io::Errno::from_io_error(&error).unwrap_or(rustix::io::Errno::AGAIN);
                at(Failure::System { what: "cannot start a thread", errno })
            })?;
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn run<T>(
        &self,
        base: OwnedFd,
        upper: Option<OwnedFd>,
        look: impl FnOnce(&dyn ImageFiles) -> Result<T>,
    ) -> Result<Filled<T>> {
        let at = |source| match source {
            Failure::Cancelled => Error::Cancelled,
            source => Error::Target { path: self.target.to_owned(), source },
        };
        let exact = own_umask();
        tracing::debug!(rootless = self.options.rootless, own_umask = exact, "unpacking");
        let owner =
            Ownership::new(self.options.ids.clone(), self.options.rootless, Identity::of_caller(), exact);
        let mtree = self.options.mtree.as_ref().map(|path| Mtree::begin(path, base.as_fd()));
        let mut mtree = mtree.transpose()?;
        let recorder = mtree.as_ref().map(|_| Recorder::default());
        let mut applier =
            Applier::new(base, self.options, owner, recorder, self.cancel.clone()).map_err(at)?;
        let mut bytes = 0;
        if self.layers.is_empty() {
            applier.begin_empty().map_err(at)?;
        }
        for (index, layer) in self.layers.iter().enumerate() {
            bytes += self.apply(&mut applier, index, layer, bytes)?;
        }
        let seen = look(&TreeFiles::new(&mut applier))?;
        applier.finish(upper.as_ref()).map_err(at)?;
        if let (Some(mtree), Some(recorder)) = (&mut mtree, applier.recorder.take()) {
            mtree.text = crate::mtree::manifest(recorder);
        }
        let stack = (self.options.form == Form::Overlay)
            .then(|| Stack::new(self.layers.len(), applier.marks_in_user_xattrs()));
        let unmountable = stack.as_ref().and_then(Stack::warning);
        let unpacked = Unpacked {
            layers: self.layers.len(),
            entries: applier.entries,
            bytes,
            warnings: applier.warnings.lines().into_iter().chain(unmountable).collect(),
            mount: stack.map(|stack| stack.command()),
            stand_ins: applier.take_stand_ins(),
        };
        Ok(Filled { unpacked, seen, mtree })
    }

    /// Applies one layer; how many bytes of tar it had.
    fn apply(&self, applier: &mut Applier, index: usize, layer: &Layer<'_>, before: u64) -> Result<u64> {
        let descriptor = layer.descriptor;
        self.progress.event(Event::Begin { descriptor, index, count: self.layers.len() });
        let blob = self.store.open(Role::Blob, descriptor)?;
        let limits = limits(self.options, before);
        let bytes = apply_blob(applier, index, layer, blob, limits, self.progress)?;
        self.progress.event(Event::End);
        Ok(bytes)
    }
}

/// The limits of a layer, when `before` bytes of tar have come already.
pub(crate) fn limits(options: &UnpackOptions, before: u64) -> Limits {
    Limits {
        max_entries: options.max_entries,
        max_bytes: options.max_bytes.map(|max| max.saturating_sub(before)),
    }
}

/// Applies a layer from its blob and checks all that there is to check; how many bytes of tar it had.
pub(crate) fn apply_blob(
    applier: &mut Applier,
    index: usize,
    layer: &Layer<'_>,
    blob: BlobReader,
    limits: Limits,
    progress: &dyn Progress,
) -> Result<u64> {
    let read = Arc::new(AtomicU64::new(0));
    let blob = Counted { inner: blob, count: Arc::clone(&read) };
    let wrong = |source| layer.error(index, source);
    let (blob, compression) = layer.compression_of(blob).map_err(|error| wrong(error.into()))?;
    let mut stream = LayerStream::spawn(blob, compression, layer.diff_id.0.algorithm()).map_err(wrong)?;
    let mut told = 0;
    let tick = || {
        let now = read.load(Ordering::Relaxed);
        if now - told >= TICK {
            progress.event(Event::Bytes(now - told));
            told = now;
        }
    };
    let applied = apply_stream(applier, index, layer, &mut stream, limits, tick);
    let trailer = match applied {
        Ok(trailer) => trailer,
        // What is wrong with the content of a blob that is not what its digest says, is that.
        Err(Error::Layer { source, .. }) if !matches!(source, ocidian_layer::Error::Limit { .. }) => {
            return Err(match stream.finish().map_err(wrong) {
                Err(error @ Error::Content(_)) => error,
                _ => layer.error(index, source),
            });
        }
        Err(error) => return Err(error),
    };
    if let Some(offset) = trailer.garbage {
        applier.warnings.add(
            "a layer goes on after the end of its tar; that part was not used",
            offset.to_string().as_bytes(),
        );
    }
    let summary = stream.finish().map_err(wrong)?;
    tracing::debug!(layer = index + 1, ?compression, bytes = summary.size, diff_id = %summary.diff_id, "applied");
    if summary.diff_id != *layer.diff_id {
        let (expected, actual) = (layer.diff_id.0.clone(), summary.diff_id.0);
        return Err(wrong(ocidian_layer::Error::DiffId { expected, actual }));
    }
    progress.event(Event::Bytes(read.load(Ordering::Relaxed) - told));
    Ok(summary.size)
}

/// Applies what a stream holds, to the end of its tar.
fn apply_stream(
    applier: &mut Applier,
    index: usize,
    layer: &Layer<'_>,
    stream: &mut LayerStream,
    limits: Limits,
    tick: impl FnMut(),
) -> Result<Trailer> {
    let mut changes = Changeset::new(stream, limits);
    let applied = applier.apply_layer(index, &mut changes, tick);
    applied.map_err(|stopped| entry_error(index, layer, *stopped))?;
    changes.finish().map(|(_, trailer)| trailer).map_err(|source| layer.error(index, source))
}

fn entry_error(index: usize, layer: &Layer<'_>, stopped: Stopped) -> Error {
    match (stopped.place, stopped.failure) {
        (_, Failure::Cancelled) => Error::Cancelled,
        (_, Failure::Layer(error)) => layer.error(index, error),
        (place, source) => {
            let (path, offset) =
                place.map_or(("/".to_owned(), 0), |(path, offset)| (path.to_string(), offset));
            let digest = layer.descriptor.digest.clone();
            Error::Entry { layer: index + 1, digest, path, offset, source }
        }
    }
}
