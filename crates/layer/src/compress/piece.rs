//! Pieces of a gzip member that refer to nothing before them, and so can be inflated side by side.
//!
//! Ours are such (module `encode`), as are those of `pigz -i`: each ends in an empty stored block, whose last four
//! bytes are [`MARK`]. That may stand anywhere by accident, or by intent, so a mark is only a guess, which is
//! tested: the bytes up to it are inflated by a decoder that knows nothing else, and then a block of its own with a
//! few secret bytes in it, the last one of the stream. If those bytes come out, no others, and the stream ends with
//! them, the decoder was between two blocks, on the border of a byte, when it got that block: had it been anywhere
//! else (in a stored block, within a code, in the middle of a header), it would have taken the block's header for
//! something else and would have had to guess the secret.
//!
//! So whoever knows that a block begins where a piece does knows it of the next one too, from the member's header
//! on; and the decoder is the one for whole streams (zlib-rs), which comes to the same bytes, because it had come
//! to the same state and the piece asked for nothing before it. Where a piece is refused, for whatever reason, the
//! rest of the member is decoded as ever, from its start on and with the window before it: what is wrong is found,
//! and told, there.
//!
//! libdeflate, with which we write, would inflate pieces in three quarters of the time. It is more lenient than zlib
//! (it takes distance codes that there are not, and incomplete codes), so a stream would be valid or not by how it
//! is cut.

use std::hash::{BuildHasher, RandomState};

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// What the empty stored block at the end of a piece has after its header (RFC 1951, section 3.2.4).
pub(crate) const MARK: [u8; 4] = [0, 0, 0xff, 0xff];
/// How long a piece's content may be.
const CONTENT: usize = 512 << 10;
/// Pieces are at least so long, compressed: deflate never makes less of 512 KiB.
pub(crate) const LEAST: usize = 500;
/// And at most: a little more than stored blocks would be.
pub(crate) const MOST: usize = 576 << 10;
/// A header of a gzip member with nothing optional in it (RFC 1952, section 2.3).
const HEADER: usize = 10;
/// How many secret bytes there are.
const SECRET: usize = 16;

/// How long the header of the member is that a blob begins with; `None` where that is not the plainest one.
pub(crate) fn plain_header(start: &[u8]) -> Option<usize> {
    (start.get(..HEADER)?.starts_with(&[0x1f, 0x8b, 8, 0])).then_some(HEADER)
}

/// Where the first mark in `bytes` ends.
pub(crate) fn after_mark(bytes: &[u8]) -> Option<usize> {
    // Of four bytes in a row one has a place that 4 divides; few have a byte there that a mark has.
    let mut at = 0;
    loop {
        let near = at + bytes.get(at..)?.iter().step_by(4).position(|byte| matches!(byte, 0 | 0xff))? * 4;
        let from = near.saturating_sub(3).max(at.saturating_sub(3));
        let around = bytes.get(from..bytes.len().min(near + 4))?;
        if let Some(found) = around.windows(MARK.len()).position(|window| window == MARK) {
            return Some(from + found + MARK.len());
        }
        at = near + 4;
    }
}

/// A piece, what comes out of it, and the memory to inflate it in.
pub(crate) struct Piece {
    /// The piece as it stands in the stream.
    pub(crate) bytes: Vec<u8>,
    /// What it was inflated to.
    pub(crate) content: Vec<u8>,
    /// The checksum of that.
    pub(crate) crc: Crc,
    deflate: Decompress,
    /// A last block: its header, and the secret.
    end: [u8; 5 + SECRET],
}

/// What became of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is one.
    Whole,
    /// It was cut off, perhaps at a mark that is none.
    Unfinished,
    /// It is damaged, refers to what was before it, is too large, or is the end of the stream.
    Refused,
}

impl Piece {
    pub(crate) fn new() -> Self {
        let mut end =
            [1, SECRET as u8, 0, !(SECRET as u8), 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        // Keyed anew in each process.
        let keyed = RandomState::new();
        let secret = [keyed.hash_one(0), keyed.hash_one(1)];
        let bytes = secret.iter().flat_map(|half| half.to_le_bytes());
        end.iter_mut().skip(5).zip(bytes).for_each(|(to, byte)| *to = byte);
        Self { bytes: Vec::new(), content: Vec::new(), crc: Crc::new(), deflate: Decompress::new(false), end }
    }

    /// Inflates it.
    pub(crate) fn inflate(&mut self) -> Outcome {
        self.content.resize(CONTENT + SECRET, 0);
        self.deflate.reset(false);
        let read = self.deflate.decompress(&self.bytes, &mut self.content, FlushDecompress::None);
        let all = self.deflate.total_in() == self.bytes.len() as u64;
        if !(all && matches!(read, Ok(Status::Ok | Status::BufError))) {
            return Outcome::Refused;
        }
        let len = self.deflate.total_out() as usize;
        let Some(room) = self.content.get_mut(len..) else { return Outcome::Refused };
        let read = self.deflate.decompress(&self.end, room, FlushDecompress::None);
        let (_, secret) = self.end.split_at(self.end.len() - SECRET);
        let whole = matches!(read, Ok(Status::StreamEnd))
            && self.deflate.total_in() == (self.bytes.len() + self.end.len()) as u64
            && self.content.get(len..self.deflate.total_out() as usize) == Some(secret);
        if !whole {
            return Outcome::Unfinished;
        }
        self.content.truncate(len);
        self.crc.reset();
        self.crc.update(&self.content);
        Outcome::Whole
    }
}
