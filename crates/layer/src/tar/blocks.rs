//! The stream below the reader: counts bytes, holds to the limit, and lends its buffer out.

use std::io::{BufRead, ErrorKind};

use super::{BLOCK, malformed};
use crate::error::{Error, Result};

pub(super) struct Blocks<R> {
    inner: R,
    max_bytes: Option<u64>,
    /// Of the next byte that was neither consumed nor lent.
    offset: u64,
    /// Bytes lent and not yet consumed in `inner`.
    lent: usize,
}

impl<R: BufRead> Blocks<R> {
    pub(super) fn new(inner: R, max_bytes: Option<u64>) -> Self {
        Self { inner, max_bytes, offset: 0, lent: 0 }
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn into_inner(mut self) -> R {
        self.release();
        self.inner
    }

    /// What is buffered; nothing only at the end of the stream.
    pub(super) fn fill(&mut self) -> Result<&[u8]> {
        self.release();
        while let Err(error) = self.inner.fill_buf() {
            if error.kind() != ErrorKind::Interrupted {
                return Err(error.into());
            }
        }
        Ok(self.inner.fill_buf()?)
    }

    /// Passes over so many of the bytes that are buffered.
    pub(super) fn consume(&mut self, len: usize) -> Result<()> {
        self.inner.consume(len);
        self.advance(len)
    }

    /// At most `max` of the bytes that are buffered; they are passed over with the next call of any
    /// method. Nothing only at the end of the stream.
    pub(super) fn lend(&mut self, max: u64) -> Result<&[u8]> {
        let available = self.fill()?.len();
        let len = at_most(max, available);
        self.advance(len)?;
        self.lent = len;
        let offset = self.offset;
        let buf = self.inner.fill_buf()?;
        buf.get(..len).ok_or_else(|| malformed(offset, "the stream took back what it had buffered"))
    }

    /// A whole block, or `None` at the end of the stream; a part of one is an error unless it is all zeros.
    pub(super) fn block(&mut self) -> Result<Option<[u8; BLOCK]>> {
        let offset = self.offset;
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            let buf = self.fill()?;
            if buf.is_empty() {
                if block == [0; BLOCK] {
                    return Ok(None);
                }
                return Err(malformed(offset, format!("a header is cut off after {filled} bytes")));
            }
            let len = buf.len().min(BLOCK - filled);
            block[filled..filled + len].copy_from_slice(&buf[..len]);
            filled += len;
            self.consume(len)?;
        }
        Ok(Some(block))
    }

    /// Passes over so many bytes; how many of them the stream did not have.
    pub(super) fn skip(&mut self, mut left: u64) -> Result<u64> {
        while left > 0 {
            let available = self.fill()?.len();
            if available == 0 {
                break;
            }
            let len = at_most(left, available);
            self.consume(len)?;
            left -= len as u64;
        }
        Ok(left)
    }

    /// Passes over zeros, at most `max`; how many there were.
    pub(super) fn zeros(&mut self, max: u64) -> Result<u64> {
        let mut seen = 0;
        while seen < max {
            let buf = self.fill()?;
            let buf = &buf[..at_most(max - seen, buf.len())];
            let zeros = buf.iter().position(|b| *b != 0).unwrap_or(buf.len());
            if zeros == 0 {
                break;
            }
            self.consume(zeros)?;
            seen += zeros as u64;
        }
        Ok(seen)
    }

    fn advance(&mut self, len: usize) -> Result<()> {
        self.offset += len as u64;
        match self.max_bytes {
            Some(limit) if self.offset > limit => {
                Err(Error::Limit { offset: self.offset, what: "bytes", limit })
            }
            _ => Ok(()),
        }
    }

    fn release(&mut self) {
        self.inner.consume(std::mem::take(&mut self.lent));
    }
}

fn at_most(max: u64, len: usize) -> usize {
    usize::try_from(max).map_or(len, |max| max.min(len))
}
