//! Where the blocks of a stream are, without decoding it to anything.

use super::Fault;
use super::inflate::{Inflate, Stop};
use super::sink::Skim;

/// A block of a raw deflate stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// The bit at which its header begins. That bit says whether it is the last.
    pub(crate) start: usize,
    /// The bit after its last one.
    pub(crate) end: usize,
}

/// The blocks of a complete raw deflate stream. Bytes behind the last of them are not looked at.
///
/// # Errors
///
/// The stream is damaged, or ends before its last block does.
pub(crate) fn block_starts(bytes: &[u8]) -> Result<Vec<Block>, Fault> {
    let mut blocks = Vec::new();
    let (mut inflate, mut skim) = (Inflate::new(), Skim::default());
    let mut position = 0;
    loop {
        let start = position;
        let stop = inflate.run(bytes, &mut position, &mut skim)?;
        match stop {
            Stop::Block | Stop::End => blocks.push(Block { start, end: position }),
            Stop::Input | Stop::Room => return Err(Fault::CutOff),
        }
        if stop == Stop::End {
            return Ok(blocks);
        }
    }
}
