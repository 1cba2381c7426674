//! The blob's bytes for a decoder, which may look at them before it takes them.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use super::shared::Shared;

/// The blob's bytes, read ahead. It ends in an error once nobody waits for the layer any more.
pub(super) struct Input {
    shared: Arc<Shared>,
    /// What was read and not yet taken. Of the first, `position` bytes were.
    buffers: VecDeque<Vec<u8>>,
    position: usize,
    /// What was taken last, to be read into again.
    used: Vec<u8>,
    /// How far it was looked at: so many buffers, and so many bytes of the next.
    looked: (usize, usize),
    /// What reading ended with, for whoever has taken all that was read.
    error: Option<io::Error>,
}

impl Input {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let (buffers, used) = (VecDeque::new(), Vec::new());
        Self { shared, buffers, position: 0, used, looked: (0, 0), error: None }
    }

    /// What was not looked at yet, as much as there is in one piece; nothing at the end, or where reading failed.
    pub(super) fn look(&mut self) -> &[u8] {
        let (buffer, at) = &mut self.looked;
        while self.buffers.get(*buffer).is_some_and(|bytes| *at >= bytes.len()) {
            (*buffer, *at) = (*buffer + 1, 0);
        }
        if *buffer == self.buffers.len() && self.error.is_none() {
            match self.shared.more(std::mem::take(&mut self.used)) {
                Ok(bytes) => self.buffers.extend(bytes),
                Err(error) => self.error = Some(error),
            }
        }
        self.buffers.get(*buffer).and_then(|bytes| bytes.get(*at..)).unwrap_or_default()
    }

    /// So many bytes of what [`look`](Self::look) gave were looked at.
    pub(super) fn looked(&mut self, len: usize) {
        self.looked.1 += len;
    }

    /// Takes bytes that were looked at.
    pub(super) fn take(&mut self, len: usize) {
        self.position += len;
        while let Some(first) = self.buffers.front().map(Vec::len).filter(|first| *first <= self.position) {
            self.position -= first;
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some(used) = self.buffers.pop_front() {
            self.shared.reuse(std::mem::replace(&mut self.used, used));
        }
        self.looked = match self.looked.0.checked_sub(1) {
            Some(buffers) => (buffers, self.looked.1),
            None => (0, 0),
        };
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buffers.front().is_some_and(|bytes| bytes.len() == self.position) {
            self.position = 0;
            self.drop_first();
        }
        if self.buffers.is_empty() {
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            let used = std::mem::take(&mut self.used);
            self.buffers.extend(self.shared.more(used)?);
        }
        Ok(self.buffers.front().and_then(|bytes| bytes.get(self.position..)).unwrap_or_default())
    }

    fn consume(&mut self, len: usize) {
        let first = self.buffers.front().map_or(0, Vec::len);
        self.position = self.position.saturating_add(len).min(first);
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}
