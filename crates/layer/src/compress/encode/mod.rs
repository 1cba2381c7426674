//! Compression on all cores, with bytes that do not depend on their number.
//!
//! The content is cut into blocks of a fixed size, and each is compressed by itself: the bytes follow from the
//! content, the compression and its level alone, however it was written and however many threads there are.
//!
//! **Gzip** blocks are two pieces of 512 KiB that refer to nothing before them, and all pieces are joined into one
//! member (module `gzip`).
//!
//! **Zstd** blocks are frames of their own, joined. libzstd's own threads would be deterministic too, but for
//! frames that fit into memory there is nothing to gain: of 4 MiB at levels up to 4, and of 8 MiB above, they are no
//! larger than what `zstd -T2` writes at level 3, and 1 % larger at level 9 (frames of 2 MiB cost 1.5 %, of 1 MiB
//! 3 %). And a reader can inflate them side by side, since each says how long it is.
//!
//! The default levels are chosen from a table of size against time, which `cargo xtask bench levels` prints and
//! docs/bench/build.md keeps: gzip 2 is the fastest that is no larger than what umoci writes, and zstd 3 what `zstd`
//! itself takes. Smaller tables for zstd 3, which fit the nearest cache, were a little faster for a little more size,
//! and are not worth digests that no other zstd makes.

mod block;
mod gzip;
mod hashing;
mod last;
mod pool;
mod skip;
mod zstd;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

use flate2::Crc;
use ocidian_spec::{Compression, Hasher};

use super::{Compressor, Threads};
use block::{Block, BlockCodec, Piece, Task};
use hashing::Hashing;
use pool::Pool;

/// Blocks beyond one a thread that may be under way, so that no thread waits for the caller.
const AHEAD: usize = 2;
/// How much is compressed together. A change of these changes every digest.
fn block_size(compressor: Compressor) -> usize {
    match (compressor.compression(), compressor.level()) {
        (Compression::None, _) => 256 << 10,
        (Compression::Gzip, _) => gzip::BLOCK,
        (Compression::Zstd, Some(5..)) => 8 << 20,
        (Compression::Zstd, _) => 4 << 20,
    }
}

/// Blocks that may be under way, whatever the threads. At the default levels a process stays below 64 MB by that;
/// where they are few, the threads still compress faster than anyone reads what they are fed.
fn most_under_way(compressor: Compressor) -> usize {
    match (compressor.compression(), compressor.level()) {
        (Compression::Zstd, Some(5..)) => 6,
        (Compression::Zstd, _) => 5,
        (Compression::Gzip, _) => 12,
        (Compression::None, _) => Threads::MOST + AHEAD,
    }
}

/// Compresses what is written to it, into `W`. Only [`finish`](Self::finish) makes it whole: dropped
/// without, what `W` got is cut off.
///
/// Threads start with the first full block. `flush` does not end a block, since the bytes would depend on it.
pub struct Encoder<W: Write> {
    inner: W,
    compressor: Compressor,
    threads: Threads,
    /// How many blocks may be under way.
    ahead: usize,
    /// What compresses in the caller's thread; `None` where nothing is compressed.
    codec: Option<BlockCodec>,
    pool: Option<Pool>,
    hashing: Option<Hashing>,
    /// The block being filled.
    current: Vec<u8>,
    /// Blocks that were handed on, to be filled again once nobody uses them.
    used: VecDeque<Block>,
    /// Memory for results.
    spare: Vec<Vec<u8>>,
    crc: Crc,
    /// Bytes in the blocks so far, without the one being filled.
    blocks: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Begun,
    Failed,
}

impl<W: Write> Encoder<W> {
    /// Compresses into `inner`. Nothing is written before the first block is full.
    ///
    /// # Errors
    /// Memory for the compressor.
    pub fn new(inner: W, compressor: Compressor, threads: Threads) -> io::Result<Self> {
        let most = most_under_way(compressor);
        let threads = Threads::new(threads.get().min(most));
        Ok(Self {
            inner,
            compressor,
            threads,
            ahead: most.min(threads.get() + AHEAD),
            codec: BlockCodec::new(compressor)?,
            pool: None,
            hashing: None,
            current: Vec::new(),
            used: VecDeque::new(),
            spare: Vec::new(),
            crc: Crc::new(),
            blocks: 0,
            state: State::New,
        })
    }

    /// One that hashes the content too, in a thread of its own where it may have several.
    pub(crate) fn hashing(
        inner: W,
        compressor: Compressor,
        threads: Threads,
        hasher: Hasher,
    ) -> io::Result<Self> {
        let mut encoder = Self::new(inner, compressor, threads)?;
        encoder.hashing = Some(Hashing::new(hasher));
        Ok(encoder)
    }

    /// Bytes written to it so far.
    pub fn written(&self) -> u64 {
        self.blocks + self.current.len() as u64
    }

    /// Where the compressed bytes go.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// Compresses what is left, ends the stream and gives `W` back, not flushed.
    ///
    /// # Errors
    /// Those of `W`; and one where an earlier write failed.
    pub fn finish(self) -> io::Result<W> {
        self.finish_hashing().map(|(inner, _)| inner)
    }

    /// As [`finish`](Self::finish), with the hasher that was given.
    pub(crate) fn finish_hashing(mut self) -> io::Result<(W, Option<Hasher>)> {
        self.usable()?;
        // An empty zstd stream needs a frame, and a gzip stream its header.
        if !self.current.is_empty() || self.state == State::New {
            self.end_block(Position::Last)?;
        }
        while let Some(piece) = self.pool.as_mut().and_then(Pool::next) {
            self.write_piece(piece?)?;
        }
        if self.compressor.compression() == Compression::Gzip {
            self.inner.write_all(&gzip::trailer(&self.crc, self.blocks))?;
        }
        let hasher = self.hashing.take().map(Hashing::finish).transpose()?;
        Ok((self.inner, hasher))
    }

    fn usable(&self) -> io::Result<()> {
        match self.state {
            State::Failed => Err(io::Error::other("compressing the layer already failed")),
            State::New | State::Begun => Ok(()),
        }
    }

    /// Hands the current block on. An error leaves the encoder failed.
    fn end_block(&mut self, position: Position) -> io::Result<()> {
        let result = self.hand_on(position);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    fn hand_on(&mut self, position: Position) -> io::Result<()> {
        if self.state == State::New && self.compressor.compression() == Compression::Gzip {
            self.inner.write_all(&gzip::HEADER)?;
        }
        self.state = State::Begun;
        let next = self.take_spare_block();
        let block: Block = Arc::new(std::mem::replace(&mut self.current, next));
        self.blocks += block.len() as u64;
        let parallel = position == Position::Inner && self.threads != Threads::ONE;
        if let Some(hashing) = &mut self.hashing {
            hashing.update(&block, parallel)?;
        }
        self.used.push_back(Arc::clone(&block));
        let Some(codec) = &mut self.codec else {
            return self.inner.write_all(&block);
        };
        let task = Task { block, out: self.spare.pop().unwrap_or_default() };
        if self.pool.is_none() && parallel {
            self.pool = Some(Pool::start(self.compressor, self.threads)?);
        }
        if self.pool.is_none() {
            let piece = codec.encode(task)?;
            return self.write_piece(piece);
        }
        while self.pool.as_ref().is_some_and(|pool| pool.under_way() >= self.ahead) {
            if let Some(piece) = self.pool.as_mut().and_then(Pool::next) {
                self.write_piece(piece?)?;
            }
        }
        self.pool.as_mut().map_or(Ok(()), |pool| pool.submit(task))
    }

    fn write_piece(&mut self, piece: Piece) -> io::Result<()> {
        if let Some(crc) = &piece.crc {
            self.crc.combine(crc);
        }
        self.inner.write_all(&piece.bytes)?;
        self.spare.push(piece.bytes);
        Ok(())
    }

    /// An empty block, in memory that was used before where nobody uses it any more.
    fn take_spare_block(&mut self) -> Vec<u8> {
        if let Some(block) = self.used.pop_front() {
            match Arc::try_unwrap(block) {
                Ok(mut block) => {
                    block.clear();
                    return block;
                }
                Err(block) => self.used.push_front(block),
            }
        }
        Vec::new()
    }
}

/// Where a block stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// It is full; more may come.
    Inner,
    /// Nothing comes after it.
    Last,
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.usable()?;
        let size = block_size(self.compressor);
        let room = size - self.current.len();
        let (now, _) = bytes.split_at(room.min(bytes.len()));
        if self.current.is_empty() && self.blocks > 0 {
            self.current.reserve_exact(size);
        }
        self.current.extend_from_slice(now);
        if self.current.len() == size {
            self.end_block(Position::Inner)?;
        }
        Ok(now.len())
    }

    /// Flushes what was compressed so far; what fills no block yet stays here.
    fn flush(&mut self) -> io::Result<()> {
        self.usable()?;
        self.inner.flush()
    }
}
