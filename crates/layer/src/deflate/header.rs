//! The header of a block (RFC 1951, 3.2.3 to 3.2.7), with everything checked that zlib checks, in its order.

use super::Fault;
use super::bits::Bits;
use super::huffman::{Tables, count, following, sort, unused};

/// In what order the lengths of the code for code lengths come.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// The longest code for a code length.
const PRECODE_MAX: usize = 7;
/// Literals and lengths that may be used, and distances.
const LITERALS_MAX: usize = 286;
const DISTANCES_MAX: usize = 30;

/// What a block is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes as they are, the next of them first.
    Stored(usize),
    /// Codes, whose tables are built.
    Codes,
}

/// The header of a block: whether it is the last, and what follows. `None` if the input ends before it does.
pub(super) fn read(bits: &mut Bits<'_>, tables: &mut Tables) -> Result<Option<(bool, Body)>, Fault> {
    if !bits.ensure(3) {
        return Ok(None);
    }
    let last = bits.take(1) == 1;
    let body = match bits.take(2) {
        0 => stored(bits)?.map(Body::Stored),
        1 => tables.fixed().map(|()| Some(Body::Codes))?,
        2 => dynamic(bits, tables)?.map(|()| Body::Codes),
        _ => return Err(Fault::BlockType),
    };
    Ok(body.map(|body| (last, body)))
}

fn stored(bits: &mut Bits<'_>) -> Result<Option<usize>, Fault> {
    bits.align();
    if !bits.ensure(32) {
        return Ok(None);
    }
    let (len, complement) = (bits.take(16), bits.take(16));
    if len ^ complement != 0xffff {
        return Err(Fault::StoredLength);
    }
    Ok(Some(len as usize))
}

fn dynamic(bits: &mut Bits<'_>, tables: &mut Tables) -> Result<Option<()>, Fault> {
    let Some(lengths) = lengths(bits)? else { return Ok(None) };
    let (literals, distances) = lengths.split();
    if literals.get(256).is_none_or(|len| *len == 0) {
        return Err(Fault::NoEndOfBlock);
    }
    tables.dynamic(literals, distances).map(Some)
}

/// The lengths of the codes of a dynamic block.
pub(super) struct Lengths {
    all: [u8; LITERALS_MAX + DISTANCES_MAX],
    literals: usize,
    distances: usize,
}

impl Lengths {
    /// Those of literals and lengths, and those of distances.
    pub(super) fn split(&self) -> (&[u8], &[u8]) {
        let used = self.all.get(..self.literals + self.distances).unwrap_or_default();
        used.split_at_checked(self.literals).unwrap_or_default()
    }
}

/// Reads the lengths of a dynamic block's codes, which are coded themselves.
pub(super) fn lengths(bits: &mut Bits<'_>) -> Result<Option<Lengths>, Fault> {
    if !bits.ensure(14) {
        return Ok(None);
    }
    let literals = bits.take(5) as usize + 257;
    let distances = bits.take(5) as usize + 1;
    let coded = bits.take(4) as usize + 4;
    if literals > LITERALS_MAX || distances > DISTANCES_MAX {
        return Err(Fault::Symbols);
    }
    let mut precode = [0; ORDER.len()];
    for symbol in ORDER.iter().take(coded) {
        if !bits.ensure(3) {
            return Ok(None);
        }
        precode[*symbol] = bits.take(3) as u8;
    }
    let precode = precode_table(&precode)?;

    let mut lengths = Lengths { all: [0; LITERALS_MAX + DISTANCES_MAX], literals, distances };
    let (mut at, total) = (0, literals + distances);
    while at < total {
        bits.ensure(PRECODE_MAX as u32 + 7);
        let (symbol, len) = precode[bits.low(PRECODE_MAX as u32) as usize];
        let (extra, base) = match symbol {
            0..=15 => (0, 1),
            16 => (2, 3),
            17 => (3, 3),
            _ => (7, 11),
        };
        let len = u32::from(len);
        if bits.available() < len + extra {
            return Ok(None);
        }
        bits.skip(len);
        let times = base + bits.take(extra) as usize;
        let value = match symbol {
            0..=15 => symbol,
            16 => {
                *at.checked_sub(1).and_then(|before: usize| lengths.all.get(before)).ok_or(Fault::Repeat)?
            }
            _ => 0,
        };
        if times > total - at {
            return Err(Fault::Repeat);
        }
        lengths.all.get_mut(at..at + times).ok_or(Fault::Repeat)?.fill(value);
        at += times;
    }
    Ok(Some(lengths))
}

/// Symbol and length by the next bits. The code must be complete; one without symbols, which zlib accepts, is read as
/// it reads it: each bit is a length of zero, and the end-of-block code will be missing.
fn precode_table(lengths: &[u8; ORDER.len()]) -> Result<[(u8, u8); 1 << PRECODE_MAX], Fault> {
    let counts = count(lengths);
    if counts.iter().any(|n| *n > 0) && unused(&counts) != Some(0) {
        return Err(Fault::CodeLengths);
    }
    let mut table = [(0, 1); 1 << PRECODE_MAX];
    let mut sorted = sort(lengths, &counts).into_iter();
    let mut code = 0;
    for (len, count) in counts.iter().enumerate().take(PRECODE_MAX + 1).skip(1) {
        for symbol in sorted.by_ref().take(usize::from(*count)) {
            table.iter_mut().skip(code).step_by(1 << len).for_each(|slot| *slot = (symbol as u8, len as u8));
            code = following(code, len);
        }
    }
    Ok(table)
}
