//! A reader that can be asked what comes next without having read it.

use std::io::{self, BufRead, ErrorKind, Read};

/// `inner`, and before it what was read of it ahead.
pub(super) struct Ahead<R> {
    start: Vec<u8>,
    at: usize,
    inner: R,
}

impl<R: BufRead> Ahead<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { start: Vec::new(), at: 0, inner }
    }

    /// The stream below; what was read ahead of it is lost.
    pub(super) fn into_inner(self) -> R {
        self.inner
    }

    /// The next `len` bytes, less only at the end.
    pub(super) fn peek(&mut self, len: usize) -> io::Result<&[u8]> {
        if self.at == self.start.len() && self.fill()?.len() >= len {
            let buf = self.inner.fill_buf()?;
            return Ok(buf.get(..len).unwrap_or(buf));
        }
        self.start.drain(..self.at);
        self.at = 0;
        let missing = len.saturating_sub(self.start.len());
        self.inner.by_ref().take(missing as u64).read_to_end(&mut self.start)?;
        Ok(self.start.get(..len).unwrap_or(&self.start))
    }

    /// What is buffered, read through interruptions; nothing only at the end.
    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        if self.at < self.start.len() {
            return Ok(self.start.get(self.at..).unwrap_or_default());
        }
        while let Err(error) = self.inner.fill_buf() {
            if error.kind() != ErrorKind::Interrupted {
                return Err(error);
            }
        }
        self.inner.fill_buf()
    }

    /// Passes over bytes that [`fill`](Self::fill) returned.
    pub(super) fn consume(&mut self, len: usize) {
        if self.at < self.start.len() {
            self.at = self.at.saturating_add(len).min(self.start.len());
        } else {
            self.inner.consume(len);
        }
    }

    /// Reads what is next into `out`.
    pub(super) fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.start.len() {
            return self.inner.read(out);
        }
        let n = self.start.get(self.at..).unwrap_or_default().read(out)?;
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn what_was_seen_ahead_is_read_once() {
        for capacity in 1..12 {
            let mut ahead = Ahead::new(BufReader::with_capacity(capacity, &b"0123456789"[..]));
            assert_eq!(ahead.peek(3).unwrap(), b"012");
            assert_eq!(ahead.peek(5).unwrap(), b"01234");
            assert_eq!(ahead.peek(2).unwrap(), b"01");
            let mut two = [0; 2];
            ahead.read(&mut two[..1]).unwrap();
            assert_eq!(ahead.peek(4).unwrap(), b"1234", "{capacity}");
            let mut rest = Vec::new();
            while !ahead.fill().unwrap().is_empty() {
                rest.push(ahead.fill().unwrap()[0]);
                ahead.consume(1);
            }
            assert_eq!(rest, b"123456789");
            assert_eq!(ahead.peek(4).unwrap(), b"");
        }
    }
}
