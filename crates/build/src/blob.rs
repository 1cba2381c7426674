//! A layer's blob on its way from somewhere into a store: verified, checked, compressed otherwise.

use std::io::{self, BufRead, Read, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ocidian_content::{BlobSink, BlobWrite, Cancel, Event, Expect, Progress, Role};
use ocidian_layer::compress::{Compressor, Encoder, Threads, sniff};
use ocidian_layer::tar::{EndOfArchive, Limits, Trailer};
use ocidian_layer::{Change, Changeset, LayerStream};
use ocidian_spec::{Algorithm, Compression, Descriptor, DiffId, MediaType};

use crate::build::MadeLayer;
use crate::error::{Error, Result};

/// What a blob is to become, and who watches.
#[derive(Clone, Copy)]
pub struct Transform<'a> {
    /// How it is to be compressed; `None`: its bytes stay.
    pub compressor: Option<Compressor>,
    /// Threads that may compress.
    pub threads: Threads,
    /// Where it goes.
    pub sink: &'a dyn BlobSink,
    /// Who watches.
    pub progress: &'a dyn Progress,
    /// Who may stop it.
    pub cancel: &'a Cancel,
}

/// What a blob became.
#[derive(Debug, Clone)]
pub(crate) struct Transformed {
    /// Its media type is still to be set.
    pub(crate) descriptor: Descriptor,
    pub(crate) diff_id: DiffId,
    /// As it is compressed now.
    pub(crate) compression: Compression,
    /// Uncompressed bytes.
    pub(crate) size: u64,
}

/// A layer's media type, in Docker's family or OCI's.
pub fn layer_type(docker: bool, compression: Compression) -> MediaType {
    if docker { MediaType::DockerLayer(compression) } else { MediaType::ImageLayer(compression) }
}

impl Transform<'_> {
    /// Takes in a layer tar, compressed or not, whose every entry is one that a layer may hold. `name` is what
    /// errors call it. Its bytes are not written anew, so that its diff_id is the tar's digest.
    ///
    /// # Errors
    /// [`Error::Layer`] where it is no such tar, at which byte; [`Error::Refused`] where it is empty.
    pub fn checked(
        &self,
        mut input: impl Read + Send + 'static,
        name: &str,
        limits: Limits,
        docker: bool,
    ) -> Result<MadeLayer> {
        let wrong = |source| self.failed(name, source);
        let mut start = Vec::new();
        input.by_ref().take(4).read_to_end(&mut start).map_err(|error| wrong(error.into()))?;
        let compression = sniff(&start);
        let input = io::Cursor::new(start).chain(input);
        let (mut entries, mut newest, mut trailer) = (0, None, Trailer::default());
        let mut used = Count::default();
        let counts = Counts { read: Count::default(), used: used.clone() };
        let made = self.pass(input, compression, &Algorithm::Sha256, name, counts, |tee| {
            let mut set = Changeset::new(tee, limits);
            while let Some(change) = set.next_change()? {
                self.step(&mut used)?;
                entries += 1;
                if let Change::Put(entry) = &change {
                    newest = newest.max(Some(entry.metadata.mtime));
                }
            }
            let (tee, end) = set.finish()?;
            trailer = end;
            Ok(tee)
        })?;
        if made.size == 0 {
            return Err(Error::Refused(format!("{name} is empty: not even an empty tar is")));
        }
        let media_type = layer_type(docker, made.compression);
        Ok(MadeLayer {
            descriptor: Descriptor { media_type, ..made.descriptor },
            diff_id: made.diff_id,
            size: made.size,
            entries,
            newest,
            warnings: warnings(name, trailer),
        })
    }

    /// Takes in a layer whose tar is nobody's business, and which verifies itself.
    pub(crate) fn verified(
        &self,
        input: impl Read + Send + 'static,
        compression: Compression,
        name: &str,
        diff_id: &DiffId,
    ) -> Result<Transformed> {
        let mut read = Count::default();
        let counts = Counts { read: read.clone(), used: Count::default() };
        let made = self.pass(input, compression, diff_id.0.algorithm(), name, counts, |mut tee| {
            loop {
                self.step(&mut read)?;
                let len = tee.fill_buf()?.len();
                if len == 0 {
                    return Ok(tee);
                }
                tee.consume(len);
            }
        })?;
        if made.diff_id != *diff_id {
            let (expected, actual) = (diff_id.0.clone(), made.diff_id.0);
            return Err(self.failed(name, ocidian_layer::Error::DiffId { expected, actual }));
        }
        Ok(made)
    }

    /// Lets `read` read the uncompressed bytes to their end, which are written in passing.
    fn pass(
        &self,
        input: impl Read + Send + 'static,
        compression: Compression,
        algorithm: &Algorithm,
        name: &str,
        counts: Counts,
        read: impl FnOnce(Tee) -> Result<Tee, ocidian_layer::Error>,
    ) -> Result<Transformed> {
        let wrong = |source| self.failed(name, source);
        let blob = self.sink.begin(Role::Blob, Expect::Hash(Algorithm::Sha256))?;
        let (input, kept, encoder) = match self.compressor {
            None => {
                let kept = Kept(Arc::new(Mutex::new(Some(blob))));
                (Input { inner: input, count: counts.read, copy: Some(kept.clone()) }, Some(kept), None)
            }
            Some(compressor) => {
                let encoder = Encoder::new(blob, compressor, self.threads).map_err(|e| wrong(e.into()))?;
                (Input { inner: input, count: counts.read, copy: None }, None, Some(encoder))
            }
        };
        let stream = LayerStream::spawn(input, compression, algorithm).map_err(wrong)?;
        let tee = read(Tee { stream, encoder, used: counts.used, failed: None }).map_err(wrong)?;
        let Tee { stream, encoder, failed, .. } = tee;
        if let Some(error) = failed {
            return Err(wrong(error.into()));
        }
        let summary = stream.finish().map_err(wrong)?;
        let blob = match (encoder, kept) {
            (Some(encoder), _) => encoder.finish().map_err(|error| wrong(error.into()))?,
            (None, Some(kept)) => kept.take().map_err(|error| wrong(error.into()))?,
            (None, None) => return Err(wrong(io::Error::other("nothing was written").into())),
        };
        let descriptor = blob.commit(None)?;
        let compression = self.compressor.map_or(compression, Compressor::compression);
        Ok(Transformed { descriptor, diff_id: summary.diff_id, compression, size: summary.size })
    }

    /// Between two pieces of work: says how far it came, and stops where that was asked for.
    fn step(&self, count: &mut Count) -> Result<(), ocidian_layer::Error> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("interrupted").into());
        }
        match count.more() {
            0 => {}
            more => self.progress.event(Event::Bytes(more)),
        }
        Ok(())
    }

    /// An error of a store that travelled here comes out as itself.
    fn failed(&self, name: &str, source: ocidian_layer::Error) -> Error {
        if self.cancel.is_cancelled() {
            return Error::Cancelled;
        }
        match source {
            ocidian_layer::Error::Io(error) => match error.downcast::<ocidian_content::Error>() {
                Ok(own) => Error::Content(own),
                Err(error) => {
                    Error::Layer { layer: name.to_owned(), source: ocidian_layer::Error::Io(error) }
                }
            },
            source => Error::Layer { layer: name.to_owned(), source },
        }
    }
}

fn warnings(name: &str, trailer: Trailer) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(offset) = trailer.garbage {
        warnings.push(format!(
            "{name} goes on after the end of its tar, at byte {offset}; nobody will see that part"
        ));
    }
    if trailer.end_of_archive != EndOfArchive::Complete || trailer.missing_padding > 0 {
        warnings.push(format!("{name} lacks the two blocks of zeros that end a tar; some readers refuse it"));
    }
    warnings
}

/// A blob that is written by the thread which reads its source.
#[derive(Clone)]
struct Kept(Arc<Mutex<Option<Box<dyn BlobWrite>>>>);

impl Kept {
    fn take(&self) -> io::Result<Box<dyn BlobWrite>> {
        let blob = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        blob.ok_or_else(|| io::Error::other("the blob is gone"))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(blob) => blob.write_all(bytes),
            None => Err(io::Error::other("the blob is gone")),
        }
    }
}

/// Bytes, counted where nobody can be told of them.
#[derive(Debug, Clone, Default)]
struct Count {
    bytes: Arc<AtomicU64>,
    told: u64,
}

/// Bytes of the blob that were read, and of its content that were used.
struct Counts {
    read: Count,
    used: Count,
}

impl Count {
    fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What was not told yet.
    fn more(&mut self) -> u64 {
        let bytes = self.bytes.load(Ordering::Relaxed);
        bytes.saturating_sub(std::mem::replace(&mut self.told, bytes))
    }
}

/// The blob as it is read, copied where its bytes stay.
struct Input<R> {
    inner: R,
    count: Count,
    copy: Option<Kept>,
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.count.add(n);
        if let Some(copy) = &self.copy {
            copy.write(out.get(..n).unwrap_or_default())?;
        }
        Ok(n)
    }
}

/// The uncompressed bytes, compressed anew as they are consumed.
pub(crate) struct Tee {
    stream: LayerStream,
    encoder: Option<Encoder<Box<dyn BlobWrite>>>,
    used: Count,
    /// What `consume` could not return.
    failed: Option<io::Error>,
}

impl BufRead for Tee {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.stream.fill_buf(),
        }
    }

    fn consume(&mut self, len: usize) {
        if let (Some(encoder), None) = (&mut self.encoder, &self.failed) {
            // What is consumed was filled before, so this reads nothing.
            let written = self.stream.fill_buf().and_then(|bytes| {
                let bytes = bytes.get(..len.min(bytes.len())).unwrap_or_default();
                encoder.write_all(bytes)
            });
            self.failed = written.err();
        }
        self.stream.consume(len);
        self.used.add(len);
    }
}

impl Read for Tee {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}
