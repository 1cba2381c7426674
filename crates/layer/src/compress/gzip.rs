//! Gzip, member by member (RFC 1952). zlib checks header, CRC and length of each.
//!
//! Of a member whose start was inflated in pieces, only the deflate stream is left to it; CRC and length are compared
//! here then, in its order and in its words.

use std::io;

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::Step;

/// The largest window there is: 32 KiB.
const WINDOW_BITS: u8 = 15;
/// That, in bytes.
pub(crate) const WINDOW: usize = 1 << WINDOW_BITS;

pub(super) enum Member {
    /// From its header on.
    Whole(Decompress),
    /// From some block on.
    Rest(Box<Rest>),
}

pub(super) struct Rest {
    deflate: Decompress,
    crc: Crc,
    /// The deflate stream was read to its end, and so many bytes of what follows it.
    trailer: Option<Vec<u8>>,
}

impl Member {
    pub(super) fn new() -> Self {
        Self::Whole(Decompress::new_gzip(WINDOW_BITS))
    }

    /// What is left of one: `crc` is of the content before, and `window` the end of that.
    pub(super) fn rest(crc: Crc, window: &[u8]) -> io::Result<Self> {
        let mut deflate = Decompress::new(false);
        deflate.set_dictionary(window).map_err(io::Error::other)?;
        Ok(Self::Rest(Box::new(Rest { deflate, crc, trailer: None })))
    }

    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        let step = match self {
            Self::Whole(deflate) => decompress(deflate, input, out)?,
            Self::Rest(rest) => rest.step(input, out)?,
        };
        if step.finished {
            // A reset would forget that a gzip header comes next.
            *self = Self::new();
        }
        Ok(step)
    }
}

impl Rest {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        if let Some(trailer) = &mut self.trailer {
            return check(&self.crc, trailer, input);
        }
        let mut step = decompress(&mut self.deflate, input, out)?;
        self.crc.update(out.get(..step.produced).unwrap_or_default());
        if std::mem::take(&mut step.finished) {
            let mut trailer = Vec::new();
            let rest = input.get(step.consumed..).unwrap_or_default();
            let checked = check(&self.crc, &mut trailer, rest)?;
            step.consumed += checked.consumed;
            step.finished = checked.finished;
            self.trailer = Some(trailer);
        }
        Ok(step)
    }
}

/// Reads on in the member's trailer. Each half is compared once it is there.
fn check(crc: &Crc, trailer: &mut Vec<u8>, input: &[u8]) -> Result<Step, String> {
    let (now, _) = input.split_at(input.len().min(8 - trailer.len()));
    trailer.extend_from_slice(now);
    let (sum, length) = trailer.split_at(trailer.len().min(4));
    if sum.len() == 4 && sum != crc.sum().to_le_bytes() {
        return Err("incorrect data check".to_owned());
    }
    if length.len() == 4 && length != crc.amount().to_le_bytes() {
        return Err("incorrect length check".to_owned());
    }
    Ok(Step { consumed: now.len(), produced: 0, finished: length.len() == 4 })
}

fn decompress(deflate: &mut Decompress, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
    let (before_in, before_out) = (deflate.total_in(), deflate.total_out());
    let status = deflate
        .decompress(input, out, FlushDecompress::None)
        .map_err(|error| error.message().map_or_else(|| "not a deflate stream".to_owned(), str::to_owned))?;
    Ok(Step {
        // Both differences are at most the lengths of the slices.
        consumed: (deflate.total_in() - before_in) as usize,
        produced: (deflate.total_out() - before_out) as usize,
        finished: status == Status::StreamEnd,
    })
}
