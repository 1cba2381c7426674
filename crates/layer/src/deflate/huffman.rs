//! Canonical Huffman codes (RFC 1951, 3.2.2) as tables: one lookup for the codes that occur most, a second one
//! in a table below for longer ones.

use super::Fault;

/// The longest code of literals, lengths and distances.
pub(super) const CODE_MAX: usize = 15;

/// What a code stands for, and how many bits that takes.
///
/// | bits | |
/// | --- | --- |
/// | 0..6 | bits to pass over: the code and, for lengths and distances, the extra bits behind it |
/// | 8..12 | bits of the code alone |
/// | 12..16, 31 | the kind |
/// | 16..31 | the literal, the least length or distance; for a table below, where it begins |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

impl Entry {
    const LITERAL: u32 = 1 << 31;
    /// Neither literal nor length nor distance: one of those that follow.
    const SPECIAL: u32 = 1 << 15;
    const BELOW: u32 = 1 << 14;
    const END: u32 = 1 << 13;

    /// A code that nobody may use.
    const INVALID: Self = Self(Self::SPECIAL);
    /// The end of the block.
    const END_OF_BLOCK: Self = Self(Self::SPECIAL | Self::END);

    const fn literal(byte: u8) -> Self {
        Self(Self::LITERAL | (byte as u32) << 16)
    }

    /// A length or distance of `base` and more, by `extra` bits.
    const fn span(base: u16, extra: u8) -> Self {
        Self((base as u32) << 16 | extra as u32)
    }

    /// A table below, of `bits` more bits.
    const fn below(start: usize, bits: usize) -> Self {
        Self((start as u32) << 16 | Self::SPECIAL | Self::BELOW | bits as u32)
    }

    /// The same with its code's length, which counts from the table it stands in.
    const fn coded(self, len: usize) -> Self {
        Self(self.0 + (len as u32) + ((len as u32) << 8))
    }

    #[inline(always)]
    pub(super) fn is_literal(self) -> bool {
        self.0 & Self::LITERAL != 0
    }

    #[inline(always)]
    pub(super) fn is_special(self) -> bool {
        self.0 & Self::SPECIAL != 0
    }

    #[inline(always)]
    pub(super) fn is_below(self) -> bool {
        self.0 & Self::BELOW != 0
    }

    #[inline(always)]
    pub(super) fn is_end(self) -> bool {
        self.0 & Self::END != 0
    }

    /// All bits that it takes.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 & 63
    }

    /// The bits of its code; the extra bits follow.
    #[inline(always)]
    pub(super) fn code_bits(self) -> u32 {
        self.0 >> 8 & 15
    }

    /// The literal's byte.
    #[inline(always)]
    pub(super) fn byte(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// The length or distance, given the bits that begin with its code.
    #[inline(always)]
    pub(super) fn value(self, bits: u64) -> usize {
        let extra = bits & ((1 << self.bits()) - 1);
        self.base() + (extra >> self.code_bits()) as usize
    }

    /// The literal, the least length or distance, the beginning of the table below.
    #[inline(always)]
    pub(super) fn base(self) -> usize {
        (self.0 >> 16) as usize
    }
}

/// What the symbols of literals and lengths stand for (RFC 1951, 3.2.5).
const LITERALS: [Entry; 288] = {
    let mut entries = [Entry::INVALID; 288];
    let mut byte = 0;
    while byte < 256 {
        entries[byte] = Entry::literal(byte as u8);
        byte += 1;
    }
    entries[256] = Entry::END_OF_BLOCK;
    let (mut symbol, mut base) = (257, 3);
    while symbol < 285 {
        let extra = if symbol < 265 { 0 } else { (symbol - 261) / 4 };
        entries[symbol] = Entry::span(base, extra as u8);
        base += 1 << extra;
        symbol += 1;
    }
    entries[285] = Entry::span(258, 0);
    entries
};

/// What the symbols of distances stand for.
const DISTANCES: [Entry; 32] = {
    let mut entries = [Entry::INVALID; 32];
    let (mut symbol, mut base) = (0, 1);
    while symbol < 30 {
        let extra = if symbol < 4 { 0 } else { symbol / 2 - 1 };
        entries[symbol] = Entry::span(base, extra as u8);
        base += 1 << extra;
        symbol += 1;
    }
    entries
};

/// A table of `ROOT` = 2^n codes at first sight, and of `ALL` with the tables below. `ALL` is as many as the worst
/// set of code lengths needs; a set that needed more would be refused, not overflow.
pub(super) struct Table<const ROOT: usize, const ALL: usize> {
    root: [Entry; ROOT],
    below: [Entry; ALL],
}

pub(super) type Literals = Table<2048, 294>;
pub(super) type Distances = Table<256, 146>;

impl<const ROOT: usize, const ALL: usize> Table<ROOT, ALL> {
    const BITS: usize = ROOT.trailing_zeros() as usize;
    /// Bits that the first table decides by.
    pub(super) const FIRST_BITS: u32 = Self::BITS as u32;

    const fn empty() -> Self {
        Self { root: [Entry::INVALID; ROOT], below: [Entry::INVALID; ALL] }
    }

    /// What the code stands for that the bits begin with, as far as the first table tells.
    #[inline(always)]
    pub(super) fn first(&self, bits: u64) -> Entry {
        self.root[bits as usize % ROOT]
    }

    /// The entry below one that [is below](Entry::is_below), given the bits behind those of the first table.
    #[inline(always)]
    pub(super) fn second(&self, first: Entry, bits: u64) -> Entry {
        let mask = (1_u64 << (first.bits() - Self::BITS as u32)) - 1;
        self.below.get(first.base() + (bits & mask) as usize).copied().unwrap_or(Entry::INVALID)
    }

    /// Builds the table of a code by the lengths of its symbols' codes. Codes must be complete; what zlib lets
    /// pass is let pass: a single code of one bit, or none at all, whose use is an error.
    fn build(&mut self, lengths: &[u8], symbols: &[Entry], fault: Fault) -> Result<(), Fault> {
        let counts = count(lengths);
        let longest = counts.iter().rposition(|n| *n > 0).unwrap_or(0);
        match unused(&counts) {
            Some(0) => {}
            Some(_) if longest <= 1 => {}
            _ => return Err(fault),
        }
        let sorted = sort(lengths, &counts);
        let mut symbols = sorted.iter().map(|symbol| symbols.get(usize::from(*symbol)).copied());
        let mut next = || symbols.next().flatten().unwrap_or(Entry::INVALID);

        // The first table doubles with each bit; what has no code is a code of one bit that nobody may use.
        let mut code = 0_usize;
        self.root[0] = Entry::INVALID.coded(1);
        for (len, count) in counts.iter().enumerate().take(Self::BITS + 1).skip(1) {
            let size = 1 << len;
            self.root.copy_within(..size / 2, size / 2);
            for _ in 0..*count {
                self.root[code % ROOT] = next().coded(len);
                code = following(code, len);
            }
        }

        let mut used = 0;
        let mut table = (usize::MAX, 0, 0);
        let mut left = counts;
        for len in Self::BITS + 1..=longest {
            while left[len] > 0 {
                let prefix = code % ROOT;
                if table.0 != prefix {
                    let bits = below_bits(&left, len, Self::BITS, longest);
                    table = (prefix, used, 1 << bits);
                    self.root[prefix] = Entry::below(used, bits).coded(Self::BITS);
                    used += table.2;
                }
                let entry = next().coded(len - Self::BITS);
                let slots = self.below.get_mut(table.1..table.1 + table.2).ok_or(fault)?;
                for slot in slots.iter_mut().skip(code >> Self::BITS).step_by(1 << (len - Self::BITS)) {
                    *slot = entry;
                }
                left[len] -= 1;
                code = following(code, len);
            }
        }
        Ok(())
    }
}

/// The tables that a block is decoded by.
pub(super) struct Tables {
    pub(super) literals: Literals,
    pub(super) distances: Distances,
    /// Whether they are those of the fixed codes.
    fixed: bool,
}

impl Tables {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self { literals: Table::empty(), distances: Table::empty(), fixed: false })
    }

    /// The codes of a dynamic block, by the lengths of their symbols' codes.
    pub(super) fn dynamic(&mut self, literals: &[u8], distances: &[u8]) -> Result<(), Fault> {
        self.fixed = false;
        self.literals.build(literals, &LITERALS, Fault::Literals)?;
        self.distances.build(distances, &DISTANCES, Fault::Distances)
    }

    /// The fixed codes (RFC 1951, 3.2.6).
    pub(super) fn fixed(&mut self) -> Result<(), Fault> {
        if self.fixed {
            return Ok(());
        }
        let mut lengths = [8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.dynamic(&lengths, &[5; 32])?;
        self.fixed = true;
        Ok(())
    }
}

/// How many codes of each length there are; none of the lengths is above 15.
pub(super) fn count(lengths: &[u8]) -> [u16; CODE_MAX + 1] {
    let mut counts = [0; CODE_MAX + 1];
    for len in lengths {
        counts[usize::from(*len) % (CODE_MAX + 1)] += 1;
    }
    counts[0] = 0;
    counts
}

/// How many codes of 15 bits are left: none if the code is complete; `None` if it is over-subscribed.
pub(super) fn unused(counts: &[u16; CODE_MAX + 1]) -> Option<u32> {
    let left = |left: u32, count: &u16| (left << 1).checked_sub(u32::from(*count));
    counts[1..].iter().try_fold(1, left)
}

/// The symbols that have a code, in the codes' order.
pub(super) fn sort(lengths: &[u8], counts: &[u16; CODE_MAX + 1]) -> [u16; 320] {
    let mut starts = [0_usize; CODE_MAX + 2];
    for len in 1..=CODE_MAX {
        starts[len + 1] = starts[len] + usize::from(counts[len]);
    }
    let mut sorted = [0; 320];
    for (symbol, len) in lengths.iter().enumerate().filter(|(_, len)| **len > 0) {
        let at = &mut starts[usize::from(*len) % (CODE_MAX + 1)];
        sorted[*at % 320] = symbol as u16;
        *at += 1;
    }
    sorted
}

/// The code after `code` of `len` bits, both as they stand in the stream: first bit lowest. After the last one it
/// is zero.
pub(super) fn following(code: usize, len: usize) -> usize {
    let ones = (!code << (usize::BITS as usize - len)).leading_zeros() as usize;
    if ones >= len {
        return 0;
    }
    let bit = 1 << (len - 1 - ones);
    code & (bit - 1) | bit
}

/// How many bits a table below must have that begins with a code of `len` bits, given how many codes are left.
fn below_bits(left: &[u16; CODE_MAX + 1], len: usize, root: usize, longest: usize) -> usize {
    let mut bits = len - root;
    let mut room = 1_usize << bits;
    while root + bits < longest {
        let Some(free) = room.checked_sub(usize::from(left[root + bits])).filter(|free| *free > 0) else {
            break;
        };
        room = free << 1;
        bits += 1;
    }
    bits
}
