//! What the two threads of a layer share: the blob, the chunks on their way, and the work that either may do.
//!
//! Decoding and using have their threads. Reading the blob (which verifies it) and hashing the stream belong to
//! neither: whoever would otherwise wait for the other does some of it. So both are busy to the end whichever is
//! slower, for the processor time of two threads. Threads of their own for reading and hashing took more processor
//! time instead, and an unpack became no faster by them; more chunks, or chunks of another size, changed nothing.
//!
//! A gzip layer of independent pieces (module `pieces`) is inflated by both too, for the same processor time. That is
//! worth it where inflating is most of the work, as in validating; an unpack has enough for both threads already.
//!
//! `cargo xtask bench unpack validate` shows what either is worth.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ocidian_spec::Hasher;

use crate::compress::Framing;
use crate::compress::piece::{Outcome, Piece};

/// Uncompressed bytes that travel together.
pub(super) const CHUNK: usize = 128 << 10;
/// How many such chunks there are: 2 MiB.
const CHUNKS: usize = 16;
/// How many while they hold whole pieces, of up to 512 KiB.
const PIECES: usize = 10;
/// Bytes of the blob that are read at once.
const READ: usize = 256 << 10;
/// How many such reads there are ahead of the one that is being decoded: 1 MiB.
const READS: usize = 4;

/// A blob, wherever it comes from.
pub(super) type Blob = Box<dyn Read + Send>;
/// Uncompressed bytes, which are hashed and used in either order.
pub(super) type Chunk = Arc<Vec<u8>>;

pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

type Guard<'a> = MutexGuard<'a, State>;

struct State {
    blob: Source,
    /// Read from the blob and not yet decoded, and buffers for more.
    read: VecDeque<Vec<u8>>,
    read_spare: Vec<Vec<u8>>,
    /// Decoded and not yet used, and how that ended.
    ready: VecDeque<Chunk>,
    end: Option<io::Result<Framing>>,
    /// Decoded and not yet hashed. Nothing while one of them is hashed is the hasher.
    unhashed: VecDeque<Chunk>,
    hasher: Option<Hasher>,
    /// Pieces of the blob to be inflated, in order, and how many there were before the first of them.
    pieces: VecDeque<Slot>,
    gone: usize,
    /// Chunks to be filled, the one that was used last at the end: its bytes may still be in the cache.
    spare: Vec<Vec<u8>>,
    made: usize,
    most: usize,
    /// Somebody waits for something to change.
    waiting: bool,
    stopped: bool,
}

/// A piece that may be inflated by whoever has the time.
enum Slot {
    Open(Piece),
    /// Somebody inflates it.
    Away,
    Done(Piece, Outcome),
}

enum Source {
    Here(Blob),
    /// Somebody reads it.
    Away,
    /// Read to its end.
    End,
    /// It cannot be read on; why, until that was told.
    Failed(Option<io::Error>),
}

impl Shared {
    pub(super) fn new(blob: Blob, hasher: Hasher) -> Self {
        Self {
            state: Mutex::new(State {
                blob: Source::Here(blob),
                read: VecDeque::with_capacity(READS),
                read_spare: Vec::new(),
                ready: VecDeque::with_capacity(CHUNKS),
                end: None,
                unhashed: VecDeque::with_capacity(CHUNKS),
                hasher: Some(hasher),
                pieces: VecDeque::new(),
                gone: 0,
                spare: Vec::new(),
                made: 0,
                most: CHUNKS,
                waiting: false,
                stopped: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// For the decoder: the next bytes of the blob, `None` at its end. `used` is what it had before.
    pub(super) fn more(&self, used: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        self.reuse(used);
        let mut state = self.lock();
        loop {
            if state.stopped {
                return Err(ErrorKind::BrokenPipe.into());
            }
            if let Some(bytes) = state.read.pop_front() {
                self.wake(&mut state);
                return Ok(Some(bytes));
            }
            state = match &mut state.blob {
                Source::End => return Ok(None),
                Source::Failed(error) => return Err(error.take().unwrap_or_else(already_failed)),
                Source::Here(_) => self.read(state),
                Source::Away => self.wait(state),
            };
        }
    }

    /// For the decoder: a buffer to read into again.
    pub(super) fn reuse(&self, used: Vec<u8>) {
        if used.capacity() > 0 {
            self.lock().read_spare.push(used);
        }
    }

    /// For the decoder: a piece that may be inflated.
    pub(super) fn offer(&self, piece: Piece) {
        let mut state = self.lock();
        state.pieces.push_back(Slot::Open(piece));
        state.most = PIECES;
        self.wake(&mut state);
    }

    /// For the decoder: the first of the pieces, inflated. `None` if there is none, or nobody wants it any more.
    pub(super) fn inflated(&self) -> Option<(Piece, Outcome)> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            match state.pieces.pop_front()? {
                Slot::Done(piece, outcome) => {
                    state.gone += 1;
                    return Some((piece, outcome));
                }
                slot => state.pieces.push_front(slot),
            }
            state = if state.can_inflate() {
                self.inflate(state)
            } else if state.can_hash() {
                self.hash(state)
            } else if state.can_read() {
                self.read(state)
            } else {
                self.wait(state)
            };
        }
    }

    /// For the decoder: none of the pieces is to be inflated any more. `unused` are chunks of others.
    pub(super) fn withdraw(&self, unused: impl Iterator<Item = Vec<u8>>) {
        let mut state = self.lock();
        let withdrawn = std::mem::take(&mut state.pieces);
        state.gone += withdrawn.len();
        state.most = CHUNKS;
        state.spare.extend(withdrawn.into_iter().filter_map(Slot::content).chain(unused));
    }

    /// For the decoder: a buffer to fill, of no certain length. `None` once nobody wants it any more.
    pub(super) fn empty(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(chunk) = state.spare.pop() {
                return Some(chunk);
            }
            if state.made < state.most {
                state.made += 1;
                return Some(Vec::new());
            }
            state = if state.can_hash() {
                self.hash(state)
            } else if state.can_read() {
                self.read(state)
            } else {
                self.wait(state)
            };
        }
    }

    /// For the decoder: the next bytes of the stream.
    pub(super) fn put(&self, bytes: Vec<u8>) {
        let chunk = Arc::new(bytes);
        let mut state = self.lock();
        state.ready.push_back(Arc::clone(&chunk));
        state.unhashed.push_back(chunk);
        self.wake(&mut state);
    }

    /// For the decoder: there is no more, and why.
    pub(super) fn end(&self, end: io::Result<Framing>) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        self.wake(&mut state);
    }

    /// For the user: the next chunk, or how the stream ended. `used` is what it had before.
    pub(super) fn next(&self, used: Option<Chunk>) -> Next {
        let mut state = self.lock();
        if let Some(used) = used {
            self.give_back(&mut state, used);
        }
        loop {
            if let Some(chunk) = state.ready.pop_front() {
                return Next::Chunk(chunk);
            }
            if let Some(end) = state.end.take() {
                return Next::End(end);
            }
            // What the decoder needs next comes first.
            let starving = state.read.is_empty() && state.can_read();
            state = if state.can_hash() && !starving {
                self.hash(state)
            } else if state.can_inflate() {
                self.inflate(state)
            } else if state.can_read() {
                self.read(state)
            } else {
                self.wait(state)
            };
        }
    }

    /// For the user, after the end: the hash of all.
    pub(super) fn hashed(&self) -> Option<Hasher> {
        let mut state = self.lock();
        while state.can_hash() {
            state = self.hash(state);
        }
        state.hasher.take()
    }

    /// Nobody wants any more.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        self.wake(&mut state);
    }

    /// Reads from the blob, which is here.
    fn read<'a>(&'a self, mut state: Guard<'a>) -> Guard<'a> {
        let Source::Here(mut blob) = std::mem::replace(&mut state.blob, Source::Away) else {
            return state;
        };
        let mut bytes = state.read_spare.pop().unwrap_or_default();
        drop(state);
        bytes.resize(READ, 0);
        let read = catch_unwind(AssertUnwindSafe(|| read_some(&mut blob, &mut bytes)))
            .unwrap_or_else(|_| Err(io::Error::other("the reader of the blob died")));
        let mut state = self.lock();
        state.blob = match read {
            Ok(0) => Source::End,
            Ok(len) => {
                bytes.truncate(len);
                state.read.push_back(bytes);
                Source::Here(blob)
            }
            Err(error) => Source::Failed(Some(error)),
        };
        self.wake(&mut state);
        state
    }

    /// Hashes a chunk, if there is one and nobody else does.
    fn hash<'a>(&'a self, mut state: Guard<'a>) -> Guard<'a> {
        let Some(mut hasher) = state.hasher.take() else { return state };
        if let Some(chunk) = state.unhashed.pop_front() {
            drop(state);
            hasher.update(&chunk);
            state = self.lock();
            self.give_back(&mut state, chunk);
        }
        state.hasher = Some(hasher);
        state
    }

    /// Inflates the first piece that nobody does, if there is one.
    fn inflate<'a>(&'a self, mut state: Guard<'a>) -> Guard<'a> {
        let Some(index) = state.pieces.iter().position(Slot::is_open) else { return state };
        let number = state.gone + index;
        let slot = state.pieces.get_mut(index).map(|slot| std::mem::replace(slot, Slot::Away));
        let Some(Slot::Open(mut piece)) = slot else { return state };
        drop(state);
        let outcome = piece.inflate();
        let mut state = self.lock();
        let index = number.checked_sub(state.gone);
        match index.and_then(|index| state.pieces.get_mut(index)) {
            Some(slot) => *slot = Slot::Done(piece, outcome),
            // It was withdrawn.
            None => state.spare.push(piece.content),
        }
        self.wake(&mut state);
        state
    }

    /// Gives a chunk up. Once it was both hashed and used, it can be filled again.
    fn give_back(&self, state: &mut Guard<'_>, chunk: Chunk) {
        if let Some(chunk) = Arc::into_inner(chunk) {
            state.spare.push(chunk);
            self.wake(state);
        }
    }

    fn lock(&self) -> Guard<'_> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There are two threads, so one waits at most.
    fn wait<'a>(&self, mut state: Guard<'a>) -> Guard<'a> {
        state.waiting = true;
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, state: &mut Guard<'_>) {
        if std::mem::take(&mut state.waiting) {
            self.changed.notify_one();
        }
    }
}

impl State {
    fn can_hash(&self) -> bool {
        self.hasher.is_some() && !self.unhashed.is_empty()
    }

    fn can_inflate(&self) -> bool {
        self.pieces.iter().any(Slot::is_open)
    }

    fn can_read(&self) -> bool {
        matches!(self.blob, Source::Here(_)) && self.read.len() < READS
    }
}

impl Slot {
    fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    fn content(self) -> Option<Vec<u8>> {
        match self {
            Self::Open(piece) | Self::Done(piece, _) => Some(piece.content),
            Self::Away => None,
        }
    }
}

/// What comes after a chunk.
pub(super) enum Next {
    Chunk(Chunk),
    End(io::Result<Framing>),
}

fn already_failed() -> io::Error {
    io::Error::other("reading the blob already failed")
}

fn read_some(blob: &mut Blob, out: &mut [u8]) -> io::Result<usize> {
    loop {
        match blob.read(out) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
