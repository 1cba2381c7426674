//! Gzip, member by member (RFC 1952). zlib checks header, CRC and length of each.

use flate2::{Decompress, FlushDecompress, Status};

use super::Step;

/// The largest window there is: 32 KiB.
const WINDOW_BITS: u8 = 15;

pub(super) struct Member(Decompress);

impl Member {
    pub(super) fn new() -> Self {
        Self(Decompress::new_gzip(WINDOW_BITS))
    }

    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, out, FlushDecompress::None).map_err(|error| {
            error.message().map_or_else(|| "not a deflate stream".to_owned(), str::to_owned)
        })?;
        let step = Step {
            // Both differences are at most the lengths of the slices.
            consumed: (self.0.total_in() - before_in) as usize,
            produced: (self.0.total_out() - before_out) as usize,
            finished: status == Status::StreamEnd,
        };
        if step.finished {
            // A reset would forget that a gzip header comes next.
            *self = Self::new();
        }
        Ok(step)
    }
}
