//! A layer's stream, hashed by more algorithms than its own: configs may give one layer diff_ids by several.

use std::io::{self, BufRead, Read};

use ocidian_layer::compress::Framing;
use ocidian_layer::{LayerStream, Result};
use ocidian_spec::{Digest, Hasher};

pub(super) struct Tee {
    stream: LayerStream,
    others: Vec<Hasher>,
}

impl Tee {
    pub(super) fn new(stream: LayerStream, others: Vec<Hasher>) -> Self {
        Self { stream, others }
    }

    /// Reads what is left; the stream's own digest first, and how it was put together.
    pub(super) fn finish(mut self) -> Result<(Vec<Digest>, Framing)> {
        if !self.others.is_empty() {
            io::copy(&mut self, &mut io::sink())?;
        }
        let (summary, framing) = self.stream.finish_framed()?;
        let others = self.others.into_iter().map(Hasher::finish);
        Ok((std::iter::once(summary.diff_id.0).chain(others).collect(), framing))
    }
}

impl BufRead for Tee {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.stream.fill_buf()
    }

    fn consume(&mut self, len: usize) {
        if !self.others.is_empty()
            && let Ok(buf) = self.stream.fill_buf()
        {
            let used = buf.get(..len).unwrap_or(buf);
            self.others.iter_mut().for_each(|hasher| hasher.update(used));
        }
        self.stream.consume(len);
    }
}

impl Read for Tee {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}
