//! Bits of a byte slice, least significant first (RFC 1951, 3.1.1).
//!
//! Up to 63 of them wait in a register. Bits above [`Bits::available`] may be there as well: they are the
//! stream's own, or zero past its end, so that taking the same byte in twice changes nothing.

/// A position within a slice of compressed bytes.
#[derive(Clone)]
pub(super) struct Bits<'a> {
    input: &'a [u8],
    /// The byte to be taken in next.
    next: usize,
    buffer: u64,
    available: u32,
}

impl<'a> Bits<'a> {
    /// Reads `input` from bit `at` on; a position past the end is the end.
    pub(super) fn new(input: &'a [u8], at: usize) -> Self {
        let mut bits = Self { input, next: at / 8, buffer: 0, available: 0 };
        if !at.is_multiple_of(8) && bits.ensure(8) {
            bits.skip(at as u32 % 8);
        }
        bits
    }

    /// The position in bits.
    pub(super) fn position(&self) -> usize {
        self.next * 8 - self.available as usize
    }

    /// How many bits can be used.
    #[inline(always)]
    pub(super) fn available(&self) -> u32 {
        self.available
    }

    /// The next bits, the first of them lowest.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.buffer
    }

    /// The lowest `count` of the next bits; `count` is below 64.
    #[inline(always)]
    pub(super) fn low(&self, count: u32) -> u64 {
        self.buffer & ((1 << count) - 1)
    }

    /// Passes over bits that are available, fewer than 64.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer >>= count;
        self.available -= count;
    }

    /// Takes the lowest `count` bits, which are available and fewer than 64.
    pub(super) fn take(&mut self, count: u32) -> u64 {
        let value = self.low(count);
        self.skip(count);
        value
    }

    /// Makes 56 bits or more available; `false`, and nothing changed, within eight bytes of the end.
    #[inline(always)]
    pub(super) fn refill(&mut self) -> bool {
        let Some(word) = self.input.get(self.next..).and_then(|rest| rest.first_chunk()) else {
            return false;
        };
        self.buffer |= u64::from_le_bytes(*word) << self.available;
        self.next += (63 - self.available as usize) >> 3;
        self.available |= 56;
        true
    }

    /// Bytes that were not taken in yet.
    #[inline(always)]
    pub(super) fn left(&self) -> usize {
        self.input.len().saturating_sub(self.next)
    }

    /// Makes as many bits available as there are, up to 56 at least; whether these are `count` or more.
    pub(super) fn ensure(&mut self, count: u32) -> bool {
        if self.available < count && !self.refill() {
            while self.available < 56 {
                let Some(byte) = self.input.get(self.next) else { break };
                self.buffer |= u64::from(*byte) << self.available;
                self.next += 1;
                self.available += 8;
            }
        }
        self.available >= count
    }

    /// Passes over what is left of a byte that was begun.
    pub(super) fn align(&mut self) {
        self.skip(self.available % 8);
    }

    /// The bytes from here on; the position is a whole byte.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.input.get(self.position() / 8..).unwrap_or_default()
    }

    /// Passes over bytes of [`bytes`](Self::bytes).
    pub(super) fn skip_bytes(&mut self, count: usize) {
        *self = Self::new(self.input, self.position() + count * 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bit_of_any_length() {
        let input: Vec<u8> = (0..40u8).map(|n| n.wrapping_mul(151) ^ 0x5a).collect();
        let bit = |at: usize| u64::from(input[at / 8] >> (at % 8) & 1);
        for start in 0..=input.len() * 8 {
            for step in [1, 3, 7, 13, 15, 28, 48, 56] {
                let mut bits = Bits::new(&input, start);
                let mut at = start;
                while bits.ensure(step) {
                    assert_eq!(bits.position(), at);
                    let expected = (0..step as usize).map(|n| bit(at + n) << n).sum::<u64>();
                    assert_eq!(bits.take(step), expected, "{start} {step}");
                    at += step as usize;
                }
                assert!(at + step as usize > input.len() * 8, "{start} {step}");
                assert_eq!(bits.available() as usize, input.len() * 8 - at);
            }
        }
        assert!(!Bits::new(&input, 1000).ensure(1));
        assert!(Bits::new(&input, 1000).bytes().is_empty());
    }

    #[test]
    fn bytes_after_bits() {
        let mut bits = Bits::new(b"0123456789abcdef", 3);
        assert!(bits.ensure(9));
        bits.skip(9);
        bits.align();
        assert_eq!(bits.bytes(), b"23456789abcdef");
        bits.skip_bytes(12);
        assert_eq!((bits.bytes(), bits.position()), (&b"ef"[..], 14 * 8));
    }
}
