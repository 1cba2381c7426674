//! Zstd, frame by frame (RFC 8878), skippable ones included.

use std::io;

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::Step;

/// Windows beyond 128 MiB are refused: that is the most memory that a blob can claim.
const WINDOW_LOG_MAX: u32 = 27;

pub(super) struct Frame(Decoder<'static>);

impl Frame {
    pub(super) fn new() -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
        Ok(Self(decoder))
    }

    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        let mut input = InBuffer::around(input);
        let mut out = OutBuffer::around(out);
        let hint = self.0.run(&mut input, &mut out).map_err(|error| error.to_string())?;
        Ok(Step { consumed: input.pos(), produced: out.pos(), finished: hint == 0 })
    }
}
