//! Where the last block of a deflate stream begins, and where the stream ends, to the bit.
//!
//! That takes a pass over all symbols, since nothing in a stream says where its blocks are; not over the content.
//! Each step of such a pass waits for the one before, and two streams are gone through at once in little more
//! than the time of one.

use super::skip::{Canonical, Codes, Met};

/// Bytes that must be there after the end of a stream, whatever they are.
pub(super) const BEYOND: usize = 8;
/// In which order a block tells the lengths of the codes that tell the lengths of its codes (RFC 1951, section 3.2.7).
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// A pass over one stream. Places in it are in bits.
pub(super) struct Pass<'a> {
    bytes: &'a [u8],
    codes: &'a mut Codes,
    at: usize,
    next: u16,
    /// Where the block at hand begins, and whether it is the last.
    header: usize,
    last: bool,
}

/// What a pass found, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    /// Where the last block begins: the bit that says that it is.
    pub(super) header: usize,
    /// Where the stream ends.
    pub(super) end: usize,
}

/// Goes through two streams at once. `None` where one of them is not whole.
pub(super) fn find_both(mut one: Pass<'_>, mut other: Pass<'_>) -> Option<(Last, Last)> {
    let (mut go_on, mut goes_on) = (one.enter()?, other.enter()?);
    while go_on && goes_on {
        let (met, meets) = (one.look()?, other.look()?);
        go_on = met == Met::Symbols || one.over(met)?;
        goes_on = meets == Met::Symbols || other.over(meets)?;
    }
    Some((one.find_rest(go_on)?, other.find_rest(goes_on)?))
}

impl<'a> Pass<'a> {
    /// Of a stream that is followed by [`BEYOND`] other bytes.
    pub(super) fn new(bytes: &'a [u8], codes: &'a mut Codes) -> Self {
        Self { bytes, codes, at: 0, next: 0, header: 0, last: false }
    }

    /// Goes through the stream. `None` where it is not whole.
    pub(super) fn find(mut self) -> Option<Last> {
        let go_on = self.enter()?;
        self.find_rest(go_on)
    }

    fn find_rest(mut self, mut go_on: bool) -> Option<Last> {
        while go_on {
            let met = self.look()?;
            go_on = met == Met::Symbols || self.over(met)?;
        }
        let within = self.bytes.len().checked_sub(BEYOND)?;
        (self.at.div_ceil(8) <= within).then_some(Last { header: self.header, end: self.at })
    }

    /// At least 57 bits from a place on.
    #[inline(always)]
    fn word(&self, at: usize) -> Option<u64> {
        let byte = at >> 3;
        let bytes = self.bytes.get(byte..)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes) >> (at & 7))
    }

    #[inline(always)]
    fn look(&mut self) -> Option<Met> {
        let word = self.word(self.at)?;
        Some(self.codes.look(word, &mut self.at, &mut self.next))
    }

    /// Gets over what is no mere symbol; `false` at the end of the stream.
    #[inline(never)]
    fn over(&mut self, met: Met) -> Option<bool> {
        let met = match met {
            Met::Long => self.codes.look_closer(self.word(self.at)?, &mut self.at, &mut self.next)?,
            met => met,
        };
        if met == Met::End { self.enter() } else { Some(true) }
    }

    /// Reads on to the first symbol of the next block; `false` where there is none.
    fn enter(&mut self) -> Option<bool> {
        self.next = 0;
        while !self.last {
            self.header = self.at;
            let word = self.word(self.at)?;
            self.last = word & 1 == 1;
            match word >> 1 & 3 {
                0 => {
                    let length = (self.at + 3).div_ceil(8) * 8;
                    let bytes = self.word(length)? & 0xffff;
                    self.at = length + 32 + 8 * bytes as usize;
                    continue;
                }
                1 => {
                    let mut literals = [8; 288];
                    literals[144..256].fill(9);
                    literals[256..280].fill(7);
                    self.codes.set(&literals, &[5; 30]);
                    self.at += 3;
                }
                2 => self.dynamic()?,
                _ => return None,
            }
            return Some(true);
        }
        Some(false)
    }

    /// The codes that a block brings along.
    fn dynamic(&mut self) -> Option<()> {
        let word = self.word(self.at + 3)?;
        let literals = (word & 31) as usize + 257;
        let distances = (word >> 5 & 31) as usize + 1;
        let count = (word >> 10 & 15) as usize + 4;
        self.at += 17;
        let mut word = self.word(self.at)?;
        let mut lengths = [0; 19];
        for place in ORDER.into_iter().take(count) {
            lengths[place] = (word & 7) as u8;
            word >>= 3;
        }
        self.at += 3 * count;
        let mut table = [0; 128];
        // None of these codes is longer than 7 bits; one that is none has the length 0.
        Canonical::new().set(&lengths, &mut table, |symbol, length| symbol << 4 | length);
        let (mut lengths, mut filled) = ([0; 320], 0);
        while filled < literals + distances {
            let word = self.word(self.at)?;
            let entry = table[(word & 127) as usize];
            let (symbol, bits) = (entry >> 4, usize::from(entry & 15));
            let word = word >> bits;
            let (length, times, extra) = match symbol {
                _ if bits == 0 => return None,
                0..=15 => (symbol as u8, 1, 0),
                16 => (*lengths.get(filled.checked_sub(1)?)?, 3 + (word & 3) as usize, 2),
                17 => (0, 3 + (word & 7) as usize, 3),
                _ => (0, 11 + (word & 127) as usize, 7),
            };
            self.at += bits + extra;
            lengths.get_mut(filled..filled + times)?.fill(length);
            filled += times;
        }
        let (literals, rest) = lengths.split_at(literals);
        self.codes.set(literals, rest.get(..distances)?);
        (filled == literals.len() + distances).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::DeflateDecoder;
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    /// Text, runs and noise by turns, so that blocks are of every kind.
    fn content(len: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut bytes = Vec::new();
        while bytes.len() < len {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match bytes.len() / 40_000 % 3 {
                0 => bytes.extend_from_slice(&(state >> 20).to_le_bytes()),
                1 => bytes.extend_from_slice(format!("{} usr/share ", state >> 50).as_bytes()),
                _ => bytes.extend_from_slice(&[(state >> 60) as u8; 300]),
            }
        }
        bytes.truncate(len);
        bytes
    }

    /// Streams of other makers: by zlib, with full and partial flushes in them.
    fn streams() -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut streams = Vec::new();
        for (level, len) in
            [(0, 0), (0, 200_000), (1, 1), (1, 9), (1, 400_000), (6, 100), (6, 500_000), (9, 130_000)]
        {
            for cut in [len / 3, len] {
                let bytes = content(len);
                let (start, rest) = bytes.split_at(cut);
                let mut deflate = Compress::new(Compression::new(level), false);
                let mut stream = Vec::with_capacity(2 * len + 1000);
                if cut < len {
                    deflate.compress_vec(start, &mut stream, FlushCompress::Partial).unwrap();
                    deflate.compress_vec(rest, &mut stream, FlushCompress::Finish).unwrap();
                } else {
                    deflate.compress_vec(start, &mut stream, FlushCompress::Finish).unwrap();
                }
                streams.push((bytes, stream));
            }
        }
        streams
    }

    fn find(stream: &[u8]) -> Option<Last> {
        Pass::new(&[stream, &[0xa5; BEYOND]].concat(), &mut Codes::new()).find()
    }

    #[test]
    fn a_stream_goes_on_once_that_bit_is_cleared() {
        for (bytes, mut stream) in streams() {
            let Last { header, end } = find(&stream).unwrap();
            assert_eq!(end.div_ceil(8), stream.len());
            assert_eq!(stream[header / 8] >> (header % 8) & 1, 1);
            stream[header / 8] ^= 1 << (header % 8);
            // A stored block with a byte in it, which is the last: begun where the stream ended.
            stream.resize(end / 8 + 1, 0);
            stream[end / 8] |= 1 << (end % 8);
            stream.resize((end + 3).div_ceil(8), 0);
            stream.extend_from_slice(&[1, 0, 0xfe, 0xff, b'!']);
            let mut read = Vec::new();
            DeflateDecoder::new(&stream[..]).read_to_end(&mut read).unwrap();
            assert!(read == [&bytes, &b"!"[..]].concat(), "{} bytes", bytes.len());
        }
    }

    #[test]
    fn two_at_once_are_found_as_each_alone() {
        let streams = streams();
        let (mut one, mut other) = (Codes::new(), Codes::new());
        for (_, first) in &streams {
            for (_, second) in &streams {
                let padded = [first, &[0xff; BEYOND][..]].concat();
                let its_padded = [second, &[0; BEYOND][..]].concat();
                let found = find_both(Pass::new(&padded, &mut one), Pass::new(&its_padded, &mut other));
                assert_eq!(found, find(first).zip(find(second)));
            }
        }
    }

    #[test]
    fn what_is_cut_off_or_damaged_ends_all_the_same() {
        for (_, stream) in streams() {
            for len in (0..stream.len()).step_by(stream.len() / 20 + 1) {
                assert_eq!(find(&stream[..len]), None);
                let mut damaged = stream.clone();
                damaged[len] ^= 0x5a;
                let _ = find(&damaged);
            }
        }
        let mut state = 7_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
            let noise: Vec<u8> = (0..80).map(|at| (state >> (at % 57)) as u8 ^ at).collect();
            let _ = find(&noise);
        }
    }
}
