//! The content of the entry that is being read: what is left of it, where it goes, and what fills up its
//! last block.

use std::io::BufRead;
use std::vec;

use super::blocks::Blocks;
use super::sparse::Place;
use super::{BLOCK, malformed};
use crate::error::Result;

/// A piece of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent<'a> {
    /// Where in the file it goes; holes lie between extents, and after the last.
    pub offset: u64,
    /// The bytes; never empty.
    pub bytes: &'a [u8],
}

/// A stream of blocks, some of them the content of an entry.
pub(super) struct Contents<R> {
    blocks: Blocks<R>,
    body: Body,
    missing_padding: u64,
}

/// What is left of the current entry's content.
#[derive(Default)]
struct Body {
    /// Where in the file the next byte goes.
    at: u64,
    /// Bytes left of the current place.
    left: u64,
    /// Places after that one.
    places: vec::IntoIter<Place>,
    /// Stored bytes left, of all places.
    stored: u64,
    /// Bytes that fill up the last block.
    padding: u64,
}

impl<R: BufRead> Contents<R> {
    pub(super) fn new(blocks: Blocks<R>) -> Self {
        Self { blocks, body: Body::default(), missing_padding: 0 }
    }

    /// The stream itself, for what stands between one content and the next.
    pub(super) fn blocks(&mut self) -> &mut Blocks<R> {
        &mut self.blocks
    }

    pub(super) fn into_blocks(self) -> Blocks<R> {
        self.blocks
    }

    pub(super) fn offset(&self) -> u64 {
        self.blocks.offset()
    }

    /// Begins the content of `size` bytes that follows.
    pub(super) fn begin(&mut self, size: u64) {
        let padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        self.body = Body { left: size, stored: size, padding, ..Body::default() };
    }

    /// Stored bytes that are left.
    pub(super) fn stored(&self) -> u64 {
        self.body.stored
    }

    /// Takes a whole block off the content: a sparse file's map stands in front of its data.
    pub(super) fn take_block(&mut self) -> Result<[u8; BLOCK]> {
        let offset = self.offset();
        let Some(left) = self.body.stored.checked_sub(BLOCK as u64) else {
            return Err(malformed(offset, "a sparse map reaches beyond the entry's end"));
        };
        let block = self.blocks.block()?.ok_or_else(|| malformed(offset, "a sparse map is cut off"))?;
        self.body.stored = left;
        Ok(block)
    }

    /// Where what is left of the content goes; together the places have [`stored`](Self::stored) bytes.
    pub(super) fn place(&mut self, places: Vec<Place>) {
        self.body.left = 0;
        self.body.places = places.into_iter();
    }

    /// The next piece, straight from the stream's buffer. `None` at the end.
    pub(super) fn data(&mut self) -> Result<Option<Extent<'_>>> {
        while self.body.left == 0 {
            let Some(place) = self.body.places.next() else { return Ok(None) };
            (self.body.at, self.body.left) = (place.offset, place.len);
        }
        let (at, offset, missing) = (self.blocks.offset(), self.body.at, self.body.stored);
        let bytes = self.blocks.lend(self.body.left)?;
        let len = bytes.len() as u64;
        if len == 0 {
            return Err(cut_off(at, missing));
        }
        self.body.at += len;
        self.body.left -= len;
        self.body.stored -= len;
        Ok(Some(Extent { offset, bytes }))
    }

    /// Skips what is left: the content must be there, its padding need not.
    pub(super) fn skip(&mut self) -> Result<()> {
        let body = std::mem::take(&mut self.body);
        let missing = self.blocks.skip(body.stored)?;
        if missing > 0 {
            return Err(cut_off(self.blocks.offset(), missing));
        }
        self.missing_padding = self.blocks.skip(body.padding)?;
        Ok(())
    }

    /// How many bytes of padding the content that was skipped last lacked.
    pub(super) fn missing_padding(&self) -> u64 {
        self.missing_padding
    }
}

fn cut_off(offset: u64, missing: u64) -> crate::error::Error {
    malformed(offset, format!("the archive is cut off: {missing} bytes of content are missing"))
}
