//! A layer decoded ahead in a thread of its own.
//!
//! One thread reads, verifies and inflates the blob; the one that consumes the stream hashes the
//! diff_id and uses the bytes. Chunks travel through a bounded channel and back again, so that memory
//! is fixed and the bytes are still in the cache when they are hashed and used.
//!
//! The sizes below are not critical: over a gzip layer of 600 MB, chunks of 64, 128 and 256 KiB and reads of 64
//! and 256 KiB cost the same processor time within 2 %, in a process of at most 4.2 MB.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};

use ocidian_spec::{Algorithm, Compression, DiffId, Hasher};

use crate::compress::{Decoder, Framing, WindowBudget};
use crate::error::{Error, Result};

/// Uncompressed bytes that travel together.
const CHUNK: usize = 128 << 10;
/// Chunks decoded ahead. With the one being filled and the one being read: 1.25 MiB.
const AHEAD: usize = 8;
/// Bytes of the blob that are read at once.
const READ: usize = 256 << 10;

/// The uncompressed bytes of a layer, decoded in a thread of their own.
///
/// Errors of the blob's reader arrive as they are. Where the bytes turn out damaged, the rest of the blob
/// is read first, so that a blob that fails its own verification is reported as that.
///
/// Dropped, it stops the thread and waits for it: as long as one `read` of the blob takes.
pub struct LayerStream {
    chunks: Option<Receiver<Message>>,
    recycled: Sender<Vec<u8>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    current: Vec<u8>,
    position: usize,
    hasher: Hasher,
    size: u64,
    framing: Framing,
    state: State,
}

/// What a layer was, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerSummary {
    /// The digest of the uncompressed bytes.
    pub diff_id: DiffId,
    /// How many there were.
    pub size: u64,
}

enum Message {
    Chunk(Vec<u8>),
    /// The end, or why there is none.
    End(io::Result<Framing>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    End,
    Failed,
}

impl LayerStream {
    /// Begins to decode `blob`, which is expected to verify itself before it reports its end (a store's
    /// `BlobReader` does). The diff_id is computed by `algorithm`.
    pub fn spawn(
        blob: impl Read + Send + 'static,
        compression: Compression,
        algorithm: &Algorithm,
    ) -> Result<Self> {
        Self::spawn_sharing(blob, compression, algorithm, None)
    }

    /// The same, with zstd windows out of a budget that other streams take from too.
    pub fn spawn_sharing(
        blob: impl Read + Send + 'static,
        compression: Compression,
        algorithm: &Algorithm,
        budget: Option<WindowBudget>,
    ) -> Result<Self> {
        let hasher =
            Hasher::new(algorithm).ok_or_else(|| Error::Algorithm { algorithm: algorithm.clone() })?;
        let (send, chunks) = mpsc::sync_channel(AHEAD);
        let (recycled, empty) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let blob = Stoppable { inner: blob, stop: Arc::clone(&stop) };
        let thread = thread::Builder::new().name("layer".to_owned()).spawn(move || {
            let end = decode(blob, compression, budget, &send, &empty);
            // The consumer may be gone; then nobody wants to know.
            let _ = send.send(Message::End(end));
        })?;
        Ok(Self {
            chunks: Some(chunks),
            recycled,
            stop,
            thread: Some(thread),
            current: Vec::new(),
            position: 0,
            hasher,
            size: 0,
            framing: Framing::default(),
            state: State::Reading,
        })
    }

    /// Reads what is left, so that the blob is verified, and sums up. After an error in the tar this
    /// tells whether the blob itself was damaged.
    pub fn finish(self) -> Result<LayerSummary> {
        self.finish_framed().map(|(summary, _)| summary)
    }

    /// The same, and how the compressed stream was put together.
    pub fn finish_framed(mut self) -> Result<(LayerSummary, Framing)> {
        loop {
            let len = self.fill_buf()?.len();
            if len == 0 {
                break;
            }
            self.consume(len);
        }
        let hasher = self.hasher.clone();
        Ok((LayerSummary { diff_id: DiffId(hasher.finish()), size: self.size }, self.framing))
    }

    /// Takes the next chunk in; the current one goes back to be filled again.
    fn next_chunk(&mut self) -> io::Result<()> {
        let used = std::mem::take(&mut self.current);
        self.position = 0;
        if used.capacity() > 0 {
            // The thread may be done; then the chunk is dropped.
            let _ = self.recycled.send(used);
        }
        match self.chunks.as_ref().map(Receiver::recv) {
            Some(Ok(Message::Chunk(chunk))) => {
                self.hasher.update(&chunk);
                self.size += chunk.len() as u64;
                self.current = chunk;
                Ok(())
            }
            Some(Ok(Message::End(Ok(framing)))) => {
                self.framing = framing;
                self.state = State::End;
                Ok(())
            }
            Some(Ok(Message::End(Err(error)))) => {
                self.state = State::Failed;
                Err(error)
            }
            Some(Err(_)) | None => {
                self.state = State::Failed;
                Err(io::Error::other("the thread that decodes the layer died"))
            }
        }
    }
}

impl BufRead for LayerStream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.position == self.current.len() {
            match self.state {
                State::Reading => self.next_chunk()?,
                State::End => break,
                State::Failed => return Err(io::Error::other("decoding the layer already failed")),
            }
        }
        Ok(self.current.get(self.position..).unwrap_or_default())
    }

    fn consume(&mut self, len: usize) {
        self.position = self.position.saturating_add(len).min(self.current.len());
    }
}

impl Read for LayerStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

impl Drop for LayerStream {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A thread that waits for room in the channel is woken by the receiver's end.
        self.chunks = None;
        if let Some(thread) = self.thread.take() {
            // What it panicked with was printed; there is nobody to pass it on to.
            let _ = thread.join();
        }
    }
}

/// The thread's work. An error of the consumer's making (it went away) is no different from any other:
/// nobody sees it.
fn decode<R: Read>(
    blob: R,
    compression: Compression,
    budget: Option<WindowBudget>,
    chunks: &SyncSender<Message>,
    empty: &Receiver<Vec<u8>>,
) -> io::Result<Framing> {
    let mut blob = BufReader::with_capacity(READ, blob);
    let decoder = Decoder::sharing(&mut blob, compression, budget).map_err(into_io);
    let result = decoder.and_then(|mut decoder| {
        loop {
            let mut chunk = empty.try_recv().unwrap_or_default();
            chunk.resize(CHUNK, 0);
            let len = read_full(&mut decoder, &mut chunk)?;
            if len == 0 {
                return Ok(decoder.framing());
            }
            chunk.truncate(len);
            if chunks.send(Message::Chunk(chunk)).is_err() {
                return Err(ErrorKind::BrokenPipe.into());
            }
        }
    });
    if is_damaged(&result) {
        io::copy(&mut blob, &mut io::sink())?;
    }
    result
}

/// Fills `out`; less only at the end. What was read before an error is lost with it.
fn read_full(reader: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = out.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether decompression failed, not the blob below it.
fn is_damaged<T>(result: &io::Result<T>) -> bool {
    let inner = result.as_ref().err().and_then(io::Error::get_ref);
    matches!(inner.and_then(|error| error.downcast_ref()), Some(Error::Compressed { .. }))
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        error => io::Error::new(ErrorKind::InvalidData, error),
    }
}

/// A reader that ends in an error once nobody waits for it any more.
struct Stoppable<R> {
    inner: R,
    stop: Arc<AtomicBool>,
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.inner.read(out)
    }
}
