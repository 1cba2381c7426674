//! A layer decoded ahead in a thread of its own.
//!
//! One thread inflates, another uses what comes out; reading and verifying the blob and hashing the diff_id is done by
//! whichever of the two would otherwise wait (module `shared`). Chunks are filled again and again, so that memory is
//! fixed and the bytes are still in the cache when they are hashed and used.
//!
//! A decoder is whatever reads an `Input` and fills the chunks in order (`decode`). A gzip layer that is made of
//! independent pieces, as ours are, has two: both threads inflate (module `pieces`).

mod input;
mod pieces;
mod shared;

use std::io::{self, BufRead, ErrorKind, Read};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use ocidian_spec::{Algorithm, Compression, DiffId, Hasher};

use self::input::Input;
use self::pieces::Start;
use self::shared::{CHUNK, Chunk, Next, Shared};
use crate::compress::{Decoder, Framing, WindowBudget};
use crate::error::{Error, Result};

/// The uncompressed bytes of a layer, decoded in a thread of their own.
///
/// Errors of the blob's reader arrive as they are. Where the bytes turn out damaged, the rest of the blob
/// is read first, so that a blob that fails its own verification is reported as that.
///
/// Dropped, it stops the thread and waits for it: as long as one `read` of the blob takes.
pub struct LayerStream {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    current: Option<Chunk>,
    position: usize,
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
        let shared = Arc::new(Shared::new(Box::new(blob), hasher));
        let decoding = Decoding(Arc::clone(&shared));
        let thread = thread::Builder::new().name("layer".to_owned()).spawn(move || {
            let end = decode(&decoding.0, compression, budget);
            decoding.0.end(end);
        })?;
        Ok(Self {
            shared,
            thread: Some(thread),
            current: None,
            position: 0,
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
        let hasher = self.shared.hashed().ok_or_else(|| io::Error::other("hashing the layer died"))?;
        Ok((LayerSummary { diff_id: DiffId(hasher.finish()), size: self.size }, self.framing))
    }

    /// Takes the next chunk in; the current one goes back to be filled again.
    fn next_chunk(&mut self) -> io::Result<()> {
        self.position = 0;
        match self.shared.next(self.current.take()) {
            Next::Chunk(chunk) => {
                self.size += chunk.len() as u64;
                self.current = Some(chunk);
                Ok(())
            }
            Next::End(Ok(framing)) => {
                self.framing = framing;
                self.state = State::End;
                Ok(())
            }
            Next::End(Err(error)) => {
                self.state = State::Failed;
                Err(error)
            }
        }
    }

    fn chunk(&self) -> &[u8] {
        self.current.as_ref().map_or(&[], |chunk| chunk.as_slice())
    }
}

impl BufRead for LayerStream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.position == self.chunk().len() {
            match self.state {
                State::Reading => self.next_chunk()?,
                State::End => break,
                State::Failed => return Err(io::Error::other("decoding the layer already failed")),
            }
        }
        Ok(self.chunk().get(self.position..).unwrap_or_default())
    }

    fn consume(&mut self, len: usize) {
        self.position = self.position.saturating_add(len).min(self.chunk().len());
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
        self.shared.stop();
        if let Some(thread) = self.thread.take() {
            // What it panicked with was printed; there is nobody to pass it on to.
            let _ = thread.join();
        }
    }
}

/// The decoding thread's part: however it ends, nobody waits for it for ever.
struct Decoding(Arc<Shared>);

impl Drop for Decoding {
    fn drop(&mut self) {
        self.0.end(Err(io::Error::other("the thread that decodes the layer died")));
    }
}

/// The thread's work. An error of the user's making (it went away) is no different from any other: nobody sees it.
fn decode(
    shared: &Arc<Shared>,
    compression: Compression,
    budget: Option<WindowBudget>,
) -> io::Result<Framing> {
    let mut blob = Input::new(Arc::clone(shared));
    let start = if compression == Compression::Gzip { pieces::inflate(shared, &mut blob) } else { None };
    let (decoder, mut size) = match start {
        None => (Decoder::sharing(&mut blob, compression, budget), 0),
        Some(Start { crc, size, window }) => (Decoder::resume(&mut blob, size, crc, &window), size),
    };
    let result = decoder.map_err(into_io).and_then(|mut decoder| {
        loop {
            let mut chunk = shared.empty().ok_or(ErrorKind::BrokenPipe)?;
            // Chunks begin at the same places whatever came in pieces, and so errors are found at the same ones.
            chunk.resize(CHUNK - (size % CHUNK as u64) as usize, 0);
            let len = read_full(&mut decoder, &mut chunk)?;
            if len == 0 {
                return Ok(decoder.framing());
            }
            chunk.truncate(len);
            size += len as u64;
            shared.put(chunk);
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
