//! The decoder: blocks, one after the other, into a [`Sink`].
//!
//! It works on slices and keeps no bits between them: whoever calls it holds the position, so that it can go on in
//! another slice, or begin in the middle of a stream. A symbol is decoded whole or not at all.

use super::Fault;
use super::bits::Bits;
use super::header::{self, Body};
use super::huffman::{CODE_MAX, Distances, Entry, Literals, Table, Tables};
use super::sink::{MATCH_MAX, Sink, TURN};

/// A distance takes that many bits at most: its code, and 13.
const DISTANCE_BITS: u32 = CODE_MAX as u32 + 13;

/// A raw deflate stream as it is decoded.
pub(crate) struct Inflate {
    tables: Box<Tables>,
    at: At,
    last: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Header,
    /// In a stored block, with so many bytes to come.
    Stored(usize),
    Codes,
}

/// Why the decoder paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// What is left of the input, at most 600 bytes, is not enough for the next step.
    Input,
    /// The sink has no room for another match.
    Room,
    /// A block ended, which was not the last.
    Block,
    /// The last block ended. What follows begins with the next whole byte.
    End,
}

impl Inflate {
    /// Begins with a block's header.
    pub(crate) fn new() -> Self {
        Self { tables: Tables::new(), at: At::Header, last: false }
    }

    /// Decodes `input` from bit `position` on, which moves, until there is a reason to stop. What was decoded
    /// before a fault is in the sink.
    pub(crate) fn run<S: Sink>(
        &mut self,
        input: &[u8],
        position: &mut usize,
        sink: &mut S,
    ) -> Result<Stop, Fault> {
        let mut bits = Bits::new(input, *position);
        loop {
            match self.at {
                At::Header => {
                    let Some((last, body)) = header::read(&mut bits, &mut self.tables)? else {
                        return Ok(Stop::Input);
                    };
                    self.last = last;
                    self.at = match body {
                        Body::Stored(len) => At::Stored(len),
                        Body::Codes => At::Codes,
                    };
                    *position = bits.position();
                }
                At::Stored(left) => {
                    let bytes = bits.bytes();
                    let len = left.min(bytes.len()).min(sink.room());
                    sink.stored(bytes.get(..len).unwrap_or_default());
                    bits.skip_bytes(len);
                    *position = bits.position();
                    if len == left {
                        return Ok(self.block_ended());
                    }
                    self.at = At::Stored(left - len);
                    return Ok(if sink.room() == 0 { Stop::Room } else { Stop::Input });
                }
                At::Codes => {
                    let Tables { literals, distances, .. } = &*self.tables;
                    let stop = match fast(literals, distances, &mut bits, sink)? {
                        Some(stop) => stop,
                        None => careful(literals, distances, &mut bits, sink)?,
                    };
                    *position = bits.position();
                    return Ok(if stop == Stop::Block { self.block_ended() } else { stop });
                }
            }
        }
    }

    fn block_ended(&mut self) -> Stop {
        self.at = At::Header;
        if self.last { Stop::End } else { Stop::Block }
    }
}

/// Decodes symbols as long as there is plenty of input and room. `None` when there no longer is.
#[inline(always)]
fn fast<S: Sink>(
    literals: &Literals,
    distances: &Distances,
    bits: &mut Bits<'_>,
    sink: &mut S,
) -> Result<Option<Stop>, Fault> {
    // Both refills of a turn are within the input.
    while sink.room() >= TURN && bits.left() >= 16 && bits.refill() {
        // Of the 56 bits, literals that are found at first sight take 11 each.
        let mut entry = literals.first(bits.peek());
        if entry.is_literal() {
            bits.skip(entry.bits());
            sink.literal(entry.byte());
            entry = literals.first(bits.peek());
            if entry.is_literal() {
                bits.skip(entry.bits());
                sink.literal(entry.byte());
                entry = literals.first(bits.peek());
                if entry.is_literal() {
                    bits.skip(entry.bits());
                    sink.literal(entry.byte());
                    continue;
                }
            }
        }
        if entry.is_special() {
            if entry.is_below() {
                bits.skip(Literals::FIRST_BITS);
                entry = literals.second(entry, bits.peek());
                if entry.is_literal() {
                    bits.skip(entry.bits());
                    sink.literal(entry.byte());
                    continue;
                }
            }
            if entry.is_special() {
                bits.skip(entry.bits());
                return if entry.is_end() { Ok(Some(Stop::Block)) } else { Err(Fault::LiteralCode) };
            }
        }
        let length = entry.value(bits.peek());
        bits.skip(entry.bits());

        if bits.available() < DISTANCE_BITS {
            bits.refill();
        }
        let mut entry = distances.first(bits.peek());
        if entry.is_special() {
            if !entry.is_below() {
                return Err(Fault::DistanceCode);
            }
            bits.skip(Distances::FIRST_BITS);
            entry = distances.second(entry, bits.peek());
            if entry.is_special() {
                return Err(Fault::DistanceCode);
            }
        }
        let distance = entry.value(bits.peek());
        bits.skip(entry.bits());
        if !sink.repeat(distance, length) {
            return Err(Fault::TooFar);
        }
    }
    Ok(None)
}

/// Decodes symbols to the end of the input or the room. A symbol that is not there completely is left.
fn careful<S: Sink>(
    literals: &Literals,
    distances: &Distances,
    bits: &mut Bits<'_>,
    sink: &mut S,
) -> Result<Stop, Fault> {
    loop {
        if sink.room() < MATCH_MAX {
            return Ok(Stop::Room);
        }
        let start = bits.clone();
        let Some(entry) = symbol(literals, bits) else {
            *bits = start;
            return Ok(Stop::Input);
        };
        if entry.is_literal() {
            sink.literal(entry.byte());
            continue;
        }
        if entry.is_special() {
            return if entry.is_end() { Ok(Stop::Block) } else { Err(Fault::LiteralCode) };
        }
        let length = value(entry, bits);
        let distance = length.and_then(|_| symbol(distances, bits));
        if distance.is_some_and(Entry::is_special) {
            return Err(Fault::DistanceCode);
        }
        let distance = distance.and_then(|entry| value(entry, bits));
        let (Some(length), Some(distance)) = (length, distance) else {
            *bits = start;
            return Ok(Stop::Input);
        };
        if !sink.repeat(distance, length) {
            return Err(Fault::TooFar);
        }
    }
}

/// The next code's entry; of the bits, the code alone is passed over. `None` if it is not there completely.
fn symbol<const ROOT: usize, const ALL: usize>(
    table: &Table<ROOT, ALL>,
    bits: &mut Bits<'_>,
) -> Option<Entry> {
    bits.ensure(CODE_MAX as u32);
    let mut entry = table.first(bits.peek());
    if entry.is_below() {
        if bits.available() < Table::<ROOT, ALL>::FIRST_BITS {
            return None;
        }
        bits.skip(Table::<ROOT, ALL>::FIRST_BITS);
        entry = table.second(entry, bits.peek());
    }
    let len = entry.code_bits();
    (bits.available() >= len).then(|| {
        bits.skip(len);
        entry
    })
}

/// The length or distance whose code was passed over, with the extra bits, if they are there.
fn value(entry: Entry, bits: &mut Bits<'_>) -> Option<usize> {
    let extra = entry.bits() - entry.code_bits();
    bits.ensure(extra).then(|| entry.base() + bits.take(extra) as usize)
}
