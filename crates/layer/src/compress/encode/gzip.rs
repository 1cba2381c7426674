//! Gzip in blocks: each is two pieces of one deflate stream, made without the others.
//!
//! libdeflate compresses further in the same time than any zlib, but knows whole streams only. So each piece is a
//! stream of its own, with two changes: the bit that says that its last block is the last of all is cleared, and an
//! empty stored block after it ends the piece on a byte, as a full flush does. The pieces, joined, are one member
//! that any reader takes (RFC 1951, RFC 1952), also one that stops after the first; and as no piece refers to what
//! was before it, a reader that knows can inflate them side by side, as ours does (module `piece`). To find that bit takes a pass over the symbols
//! (module `last`), for a sixth of what compressing takes.

use std::io;

use flate2::Crc;
use libdeflater::{CompressionLvl, Compressor};

use super::last::{BEYOND, Last, Pass, find_both};
use super::skip::Codes;

/// The member's header (RFC 1952, section 2.3): deflate, no name, no time, no flags, unknown system.
pub(super) const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// What ends the deflate stream: a last block with nothing in it.
const LAST: [u8; 2] = [3, 0];
/// What an empty stored block has after its header, from the next byte on.
const EMPTY: [u8; 4] = [0, 0, 0xff, 0xff];
/// How much of the content is a piece. In larger ones it takes a seventh of a percent less.
const PIECE: usize = 512 << 10;
/// How much is compressed together: two pieces, since their ends are looked for at once.
pub(super) const BLOCK: usize = 2 * PIECE;

/// Compresses blocks.
pub(super) struct Blocks {
    deflate: Compressor,
    halves: [Half; 2],
}

/// Where a piece is made.
struct Half {
    bytes: Vec<u8>,
    /// How many of them are its stream.
    len: usize,
    codes: Codes,
}

impl Blocks {
    pub(super) fn new(level: u8) -> io::Result<Self> {
        let level = CompressionLvl::new(level.into()).map_err(|_| io::Error::other("no level of deflate"))?;
        Ok(Self { deflate: Compressor::new(level), halves: [Half::new(), Half::new()] })
    }

    /// Makes `out` the pieces for `block`.
    pub(super) fn encode(&mut self, block: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let unfinished = || io::Error::other("deflate left a block unfinished");
        out.clear();
        let [one, other] = &mut self.halves;
        let (first, second) = block.split_at(block.len().min(PIECE));
        one.compress(&mut self.deflate, first)?;
        if second.is_empty() {
            let last = one.pass().find().ok_or_else(unfinished)?;
            return one.open_end(last, out).ok_or_else(unfinished);
        }
        other.compress(&mut self.deflate, second)?;
        let (last, its_last) = find_both(one.pass(), other.pass()).ok_or_else(unfinished)?;
        one.open_end(last, out).and_then(|()| other.open_end(its_last, out)).ok_or_else(unfinished)
    }
}

impl Half {
    fn new() -> Self {
        Self { bytes: Vec::new(), len: 0, codes: Codes::new() }
    }

    /// Makes the stream for `content`.
    fn compress(&mut self, deflate: &mut Compressor, content: &[u8]) -> io::Result<()> {
        // Always as much room, so that running out of it cannot decide what is written.
        let room = deflate.deflate_compress_bound(PIECE) + BEYOND;
        self.bytes.resize(room, 0);
        self.len = deflate.deflate_compress(content, &mut self.bytes).map_err(io::Error::other)?;
        Ok(())
    }

    fn pass(&mut self) -> Pass<'_> {
        let bytes = self.bytes.get(..self.len + BEYOND).unwrap_or_default();
        Pass::new(bytes, &mut self.codes)
    }

    /// Adds the stream to `out`, so that another can follow.
    fn open_end(&mut self, last: Last, out: &mut Vec<u8>) -> Option<()> {
        let Last { header, end } = last;
        *self.bytes.get_mut(header / 8)? &= !(1 << (header % 8));
        // The header of the empty block is three zeros, as are the bits to the end of its last byte.
        let whole = end / 8;
        out.extend_from_slice(self.bytes.get(..whole)?);
        let started = self.bytes.get(whole)? & ((1 << (end % 8)) - 1);
        out.push(started);
        if end % 8 > 5 {
            out.push(0);
        }
        out.extend_from_slice(&EMPTY);
        Some(())
    }
}

/// What ends the member: the end of the deflate stream, the checksum and the length of the content.
pub(super) fn trailer(crc: &Crc, len: u64) -> [u8; 10] {
    // RFC 1952: the length modulo 2^32.
    let [a, b, c, d] = crc.sum().to_le_bytes();
    let [e, f, g, h] = (len as u32).to_le_bytes();
    let [l, m] = LAST;
    [l, m, a, b, c, d, e, f, g, h]
}
