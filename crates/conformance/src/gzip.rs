//! Gzip by hand: stored blocks only, so that the bytes depend on no library.
//!
//! RFC 1952 around RFC 1951, section 3.2.4. For a bomb, one fixed-Huffman block repeats a byte.

/// One member that holds `data`.
pub fn member(data: &[u8]) -> Vec<u8> {
    let mut bytes = header();
    bytes.extend(stored(data));
    trailer(&mut bytes, crc32(data), data.len());
    bytes
}

/// The ten bytes that begin a member: no name, no time, unknown system.
pub fn header() -> Vec<u8> {
    vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
}

/// `data` in stored blocks, the last one marked.
pub fn stored(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len() + 16);
    let mut chunks = data.chunks(0xffff).peekable();
    if chunks.peek().is_none() {
        return vec![1, 0, 0, 0xff, 0xff];
    }
    while let Some(chunk) = chunks.next() {
        let len = u16::try_from(chunk.len()).unwrap_or(u16::MAX);
        bytes.push(u8::from(chunks.peek().is_none()));
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(&(!len).to_le_bytes());
        bytes.extend_from_slice(chunk);
    }
    bytes
}

/// Checksum and length, which end a member.
pub fn trailer(bytes: &mut Vec<u8>, crc: u32, len: usize) {
    bytes.extend_from_slice(&crc.to_le_bytes());
    let len = u32::try_from(len & 0xffff_ffff).unwrap_or(0);
    bytes.extend_from_slice(&len.to_le_bytes());
}

/// A member that holds `prefix` and then at least `zeros` NULs, at 258 bytes of output for every
/// 13 bits: what a bomb is made of. The second value is what it inflates to.
pub fn zero_bomb(prefix: &[u8], zeros: usize) -> (Vec<u8>, Vec<u8>) {
    let mut plain = prefix.to_vec();
    plain.push(0);
    let mut bits = Bits::default();
    for chunk in prefix.iter().chain(&[0]) {
        bits.literal(*chunk);
    }
    for _ in 0..zeros.div_ceil(258) {
        bits.repeat_last_258();
    }
    bits.end_of_block();
    plain.resize(plain.len() + zeros.div_ceil(258) * 258, 0);
    let mut bytes = header();
    bytes.extend(bits.bytes);
    trailer(&mut bytes, crc32(&plain), plain.len());
    (bytes, plain)
}

/// A bit stream that begins with one final block of the fixed Huffman codes.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    /// Appends `count` bits, the least significant first.
    fn push(&mut self, value: u32, count: u32) {
        if self.bytes.is_empty() && self.used == 0 {
            // Final block (1), fixed Huffman codes (01, low bit first).
            self.bytes.push(0b011);
            self.used = 3;
        }
        for at in 0..count {
            if self.used == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from(value >> at & 1 == 1) << self.used;
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// Appends a Huffman code, the most significant bit first.
    fn code(&mut self, code: u32, count: u32) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }

    fn literal(&mut self, byte: u8) {
        let byte = u32::from(byte);
        if byte < 144 { self.code(0x30 + byte, 8) } else { self.code(0x190 + byte - 144, 9) }
    }

    fn repeat_last_258(&mut self) {
        // Length symbol 285 means 258 without extra bits; distance symbol 0 means 1.
        self.code(0xc0 + 285 - 280, 8);
        self.code(0, 5);
    }

    fn end_of_block(&mut self) {
        self.code(0, 7);
    }
}

/// The checksum of RFC 1952, section 8.
pub fn crc32(data: &[u8]) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|at| {
        (0..8).fold(u32::try_from(at).unwrap_or(0), |crc, _| {
            if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 }
        })
    });
    !data.iter().fold(u32::MAX, |crc, byte| {
        table[usize::from((crc ^ u32::from(*byte)).to_le_bytes()[0])] ^ (crc >> 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn an_empty_member_is_as_gzip_would_store_it() {
        let bytes = member(b"");
        assert_eq!(bytes.len(), 10 + 5 + 8);
        assert_eq!(&bytes[10..15], [1, 0, 0, 0xff, 0xff]);
    }

    #[test]
    fn a_bomb_is_small() {
        let (packed, plain) = zero_bomb(b"x", 1 << 20);
        assert!(plain.len() > 1 << 20);
        assert!(packed.len() * 100 < plain.len(), "{}", packed.len());
    }
}
