//! Zstd, frame by frame (RFC 8878), skippable ones included.

use std::io;

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::Step;
use super::window::{Lease, WINDOW_LOG_MAX, WindowBudget};

pub(super) struct Frame {
    decoder: Decoder<'static>,
    budget: Option<WindowBudget>,
    lease: Option<Lease>,
}

impl Frame {
    pub(super) fn new(budget: Option<WindowBudget>) -> io::Result<Self> {
        Ok(Self { decoder: decoder()?, budget, lease: None })
    }

    /// Prepares for a frame that asks for a window of so many bytes.
    pub(super) fn begin(&mut self, window: u64) -> io::Result<()> {
        let Some(budget) = &self.budget else { return Ok(()) };
        if self.lease.as_ref().is_some_and(|lease| lease.covers(window)) {
            return Ok(());
        }
        // The smaller window goes first, so that nothing is held while others are waited for.
        self.decoder = decoder()?;
        self.lease = None;
        self.lease = Some(budget.take(window));
        Ok(())
    }

    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        let mut input = InBuffer::around(input);
        let mut out = OutBuffer::around(out);
        let hint = self.decoder.run(&mut input, &mut out).map_err(|error| error.to_string())?;
        Ok(Step { consumed: input.pos(), produced: out.pos(), finished: hint == 0 })
    }
}

fn decoder() -> io::Result<Decoder<'static>> {
    let mut decoder = Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
    Ok(decoder)
}
