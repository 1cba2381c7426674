//! Gzip in blocks: each is a piece of one deflate stream, made without the others.
//!
//! A piece starts on a byte, because the one before it ends in a sync flush (an empty stored block), and may
//! refer to the 32 KiB before it, which its compressor is given as a dictionary. Thus the pieces, joined,
//! are one member that any reader takes (RFC 1951, RFC 1952), as pigz made popular.

use std::io;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// The member's header (RFC 1952, section 2.3): deflate, no name, no time, no flags, unknown system.
pub(super) const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// What ends the deflate stream: a last block with nothing in it.
const LAST: [u8; 2] = [3, 0];
/// How far back deflate refers.
const WINDOW: usize = 32 << 10;
/// A dictionary of nothing, a little longer than any other: see [`Blocks::encode`].
static NOTHING: [u8; WINDOW + 64] = [0; WINDOW + 64];

/// Compresses blocks.
pub(super) struct Blocks(Compress);

impl Blocks {
    pub(super) fn new(level: u8) -> Self {
        Self(Compress::new(Compression::new(level.into()), false))
    }

    /// Makes `out` the piece for `block`, given the content before it.
    pub(super) fn encode(&mut self, before: &[u8], block: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let deflate = &mut self.0;
        deflate.reset();
        if !before.is_empty() {
            let window = before.get(before.len().saturating_sub(WINDOW)..).unwrap_or(before);
            // zlib-rs 0.6 hashes the last string of a dictionary with one byte that lies behind it: what is left
            // there of the block that this compressor had before, which depends on how the threads took turns. So
            // zeros are put there first.
            deflate.set_dictionary(&NOTHING)?;
            deflate.reset();
            deflate.set_dictionary(window)?;
        }
        out.clear();
        // Room for what cannot be compressed, so that one call does: where deflate runs out of room must
        // not decide what it writes. Level 1 spends nine bits on any byte that repeats nothing.
        out.reserve(block.len() + block.len() / 8 + 1024);
        let status = deflate.compress_vec(block, out, FlushCompress::Sync)?;
        let complete = deflate.total_in() == block.len() as u64 && out.len() < out.capacity();
        if status != Status::Ok || !complete {
            return Err(io::Error::other("deflate left a block unfinished"));
        }
        Ok(())
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
