//! Zstd in frames of their own (RFC 8878), one a block. They say how long their content is, and have no
//! checksum: the blob's digest and the diff_id cover it.

use std::io;

use zstd::bulk::Compressor;

/// Compresses blocks.
pub(super) struct Frames(Compressor<'static>);

impl Frames {
    pub(super) fn new(level: u8) -> io::Result<Self> {
        let mut compressor = Compressor::new(level.into())?;
        compressor.include_contentsize(true)?;
        compressor.include_checksum(false)?;
        Ok(Self(compressor))
    }

    /// Makes `out` the frame for `block`.
    pub(super) fn encode(&mut self, block: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        out.clear();
        out.reserve(zstd::compress_bound(block.len()));
        self.0.compress_to_buffer(block, out)?;
        Ok(())
    }
}
