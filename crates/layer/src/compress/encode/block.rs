//! A block of content, and what compresses one: the same bytes whichever thread does it.

use std::io;
use std::sync::Arc;

use flate2::Crc;
use ocidian_spec::Compression;

use super::{gzip, zstd};
use crate::compress::Compressor;

/// Content that is compressed together, shared by those who compress and those who hash it.
pub(crate) type Block = Arc<Vec<u8>>;

/// A block to compress.
pub(super) struct Task {
    pub(super) block: Block,
    /// Memory for the result.
    pub(super) out: Vec<u8>,
}

/// A block compressed.
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    /// The checksum of its content, where the format needs it.
    pub(super) crc: Option<Crc>,
}

/// What compresses one block after another.
pub(super) enum BlockCodec {
    Gzip(Box<gzip::Blocks>),
    Zstd(zstd::Frames),
}

impl BlockCodec {
    /// What the compressor asks for; `None` where nothing is to be compressed.
    pub(super) fn new(compressor: Compressor) -> io::Result<Option<Self>> {
        let level = compressor.level().unwrap_or_default();
        Ok(match compressor.compression() {
            Compression::None => None,
            Compression::Gzip => Some(Self::Gzip(Box::new(gzip::Blocks::new(level)?))),
            Compression::Zstd => Some(Self::Zstd(zstd::Frames::new(level)?)),
        })
    }

    pub(super) fn encode(&mut self, task: Task) -> io::Result<Piece> {
        let Task { block, out: mut bytes } = task;
        let crc = match self {
            Self::Gzip(blocks) => {
                blocks.encode(&block, &mut bytes)?;
                let mut crc = Crc::new();
                crc.update(&block);
                Some(crc)
            }
            Self::Zstd(frames) => {
                frames.encode(&block, &mut bytes)?;
                None
            }
        };
        Ok(Piece { bytes, crc })
    }
}
