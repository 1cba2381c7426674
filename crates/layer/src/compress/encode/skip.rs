//! Tables to get over the symbols of a deflate block (RFC 1951, section 3.2) without knowing what they stand for.
//!
//! Whoever only looks for the end of a block needs the number of bits that a symbol takes, its extra bits
//! included, and whether a distance comes next. So one entry can stand for several literals and a length after
//! them: as many as the bits tell that it is found by.

/// Bits that an entry is found by. Longer codes, which are rare, are read bit by bit.
const FAST: u32 = 10;
/// Entries of one table: first those for literals and lengths, then those for distances.
const SIZE: usize = 1 << FAST;
/// Of an entry: the bits to get over.
const BITS: u16 = 63;
/// Of an entry: a distance comes next. As a number it is where the entries for distances begin.
const DISTANCE: u16 = SIZE as u16;
/// Of an entry: the block ends.
const END: u16 = 1 << 11;
/// An entry for what takes a closer look.
const LONG: u16 = 1 << 12;
/// Of an entry for one symbol: where the number of extra bits stands.
const EXTRA: u16 = 4;
/// A length and the distances about it are at most as many bits as one look at the stream shows.
const DISTANCE_MOST: u16 = 21;

/// What a look at the stream came upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// Symbols, and nothing else.
    Symbols,
    /// The end of the block.
    End,
    /// A code that is too long for the table.
    Long,
}

/// The codes of one block after another.
pub(super) struct Codes {
    table: Box<[u16; 2 * SIZE]>,
    /// Entries for one symbol each, of which those of several are made.
    single: Box<[u16; SIZE]>,
    literals: Canonical,
    distances: Canonical,
}

impl Codes {
    pub(super) fn new() -> Self {
        Self {
            table: Box::new([0; 2 * SIZE]),
            single: Box::new([0; SIZE]),
            literals: Canonical::new(),
            distances: Canonical::new(),
        }
    }

    /// Takes the codes of a block by their lengths.
    pub(super) fn set(&mut self, literals: &[u8], distances: &[u8]) {
        let (table, of_distances) = self.table.split_at_mut(SIZE);
        self.literals.set(literals, &mut self.single[..], |symbol, length| match symbol {
            0..=255 => length,
            256 => length | END,
            _ => length | (length_extra(symbol) << EXTRA) | DISTANCE,
        });
        for (bits, entry) in table.iter_mut().enumerate() {
            *entry = several(&self.single, bits);
        }
        self.distances.set(distances, of_distances, |symbol, length| {
            let bits = length + distance_extra(symbol);
            if bits > DISTANCE_MOST { LONG } else { bits }
        });
    }

    /// Gets over up to three entries in the 57 bits or more that `word` has, and moves `at` by as many.
    /// `next` is what the entry after them is about: 0 at the start of a block.
    #[inline(always)]
    pub(super) fn look(&self, mut word: u64, at: &mut usize, next: &mut u16) -> Met {
        for _ in 0..3 {
            // Within the table, so no check is left of this indexing.
            let entry = self.table[usize::from(*next & DISTANCE) | (word as usize & (SIZE - 1))];
            let bits = entry & BITS;
            word >>= bits;
            *at += usize::from(bits);
            if entry & (END | LONG) != 0 {
                return if entry & END != 0 { Met::End } else { Met::Long };
            }
            *next = entry & DISTANCE;
        }
        Met::Symbols
    }

    /// Gets over one symbol bit by bit; `None` where it is none.
    pub(super) fn look_closer(&self, word: u64, at: &mut usize, next: &mut u16) -> Option<Met> {
        if *next == DISTANCE {
            let (symbol, length) = self.distances.symbol(word)?;
            *at += usize::from(length + distance_extra(symbol));
            *next = 0;
            return Some(Met::Symbols);
        }
        let (symbol, length) = self.literals.symbol(word)?;
        *at += usize::from(length + length_extra(symbol));
        *next = if symbol > 256 { DISTANCE } else { 0 };
        Some(if symbol == 256 { Met::End } else { Met::Symbols })
    }
}

/// The entry for as many symbols as `bits` has whole.
fn several(single: &[u16; SIZE], mut bits: usize) -> u16 {
    let mut used = 0;
    loop {
        // The bits only get fewer.
        let entry = single[bits & (SIZE - 1)];
        let length = entry & 15;
        if entry == LONG || used + length > FAST as u16 {
            return if used == 0 { LONG } else { used };
        }
        used += length;
        if entry & (DISTANCE | END) != 0 {
            return (used + (entry >> EXTRA & 15)) | (entry & (DISTANCE | END));
        }
        bits >>= length;
    }
}

/// Extra bits of a length (RFC 1951, section 3.2.5).
fn length_extra(symbol: u16) -> u16 {
    match symbol {
        265..=284 => (symbol - 261) / 4,
        _ => 0,
    }
}

/// Extra bits of a distance.
fn distance_extra(symbol: u16) -> u16 {
    symbol.saturating_sub(2) / 2
}

/// A code by the lengths of its symbols (RFC 1951, section 3.2.2).
pub(super) struct Canonical {
    /// How many symbols have a code of that length.
    counts: [u16; 16],
    /// By length, then by number.
    symbols: [u16; 288],
}

impl Canonical {
    pub(super) fn new() -> Self {
        Self { counts: [0; 16], symbols: [0; 288] }
    }

    /// Takes the code, and fills `table`, which is found by as many bits as it has entries for, with what `entry`
    /// says of a symbol and the length of its code. What has longer codes, or none, is [`LONG`].
    pub(super) fn set(&mut self, lengths: &[u8], table: &mut [u16], entry: impl Fn(u16, u16) -> u16) {
        self.counts = [0; 16];
        for length in lengths {
            self.counts[usize::from(length & 15)] += 1;
        }
        self.counts[0] = 0;
        let (mut place, mut code) = ([0_u16; 16], [0_u32; 16]);
        for length in 1..16 {
            let shorter = self.counts[length - 1];
            place[length] = place[length - 1] + shorter;
            code[length] = (code[length - 1] + u32::from(shorter)) << 1;
        }
        table.fill(LONG);
        let bits = table.len().ilog2();
        for (symbol, length) in (0..).zip(lengths) {
            let length = u32::from(length & 15);
            if length == 0 {
                continue;
            }
            let index = length as usize;
            if let Some(symbols) = self.symbols.get_mut(usize::from(place[index])) {
                *symbols = symbol;
            }
            place[index] += 1;
            // The stream has the first bit of a code last.
            let reversed = (code[index] << (32 - length)).reverse_bits();
            code[index] += 1;
            if length <= bits {
                let entry = entry(symbol, length as u16);
                table.iter_mut().skip(reversed as usize).step_by(1 << length).for_each(|to| *to = entry);
            }
        }
    }

    /// The symbol that `word` begins with, and the length of its code.
    fn symbol(&self, word: u64) -> Option<(u16, u16)> {
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
        for length in 1..16 {
            code = (code << 1) | (word >> (length - 1)) as u32 & 1;
            first <<= 1;
            let count = u32::from(self.counts[length]);
            if code < first + count {
                let symbol = self.symbols.get((index + code - first) as usize)?;
                return Some((*symbol, length as u16));
            }
            index += count;
            first += count;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_bits_are_those_of_the_specification() {
        let lengths: u32 = (257..=285).map(|symbol| 1 << length_extra(symbol)).sum();
        // Lengths 3 to 258, of which the last has a symbol of its own beside its place among those of 284.
        assert_eq!(lengths, 258 - 3 + 1 + 1);
        let distances: u32 = (0..30).map(|symbol| 1 << distance_extra(symbol)).sum();
        assert_eq!(distances, 32 << 10);
    }

    #[test]
    fn a_code_is_read_bit_by_bit_as_by_the_table() {
        // Lengths 1, 2, 3, ... 14, 15, 15.
        let lengths: Vec<u8> = (1..16).chain([15]).collect();
        let mut code = Canonical::new();
        let mut table = [0; SIZE];
        code.set(&lengths, &mut table, |symbol, length| symbol << 4 | length);
        for symbol in 0..16_u16 {
            let length = lengths[usize::from(symbol)];
            let ones = (1_u64 << symbol.min(15)) - 1;
            assert_eq!(code.symbol(ones), Some((symbol, length.into())), "{symbol}");
            let entry = table[ones as usize & (SIZE - 1)];
            assert_eq!(entry, if length > 10 { LONG } else { symbol << 4 | u16::from(length) }, "{symbol}");
        }
    }
}
