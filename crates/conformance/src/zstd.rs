//! Zstandard by hand: raw and RLE blocks only, so that the bytes depend on no library.
//!
//! RFC 8878, sections 3.1.1 (frames, blocks) and 3.1.2 (skippable frames). No frame carries a
//! checksum.

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The window descriptor of 1 MiB: exponent 10 above the 1 KiB that zero means.
const ONE_MIB: u8 = 10 << 3;
const BLOCK_MAX: usize = 1 << 17;

/// One frame that holds `data` in raw blocks.
pub fn frame(data: &[u8]) -> Vec<u8> {
    frame_with_window(data, ONE_MIB)
}

/// The same, with a window descriptor byte of the caller's (exponent << 3 | mantissa).
pub fn frame_with_window(data: &[u8], window: u8) -> Vec<u8> {
    let mut bytes = start(window);
    let mut chunks = data.chunks(BLOCK_MAX).peekable();
    if chunks.peek().is_none() {
        block(&mut bytes, 0, 0, true);
    }
    while let Some(chunk) = chunks.next() {
        block(&mut bytes, 0, chunk.len(), chunks.peek().is_none());
        bytes.extend_from_slice(chunk);
    }
    bytes
}

/// A frame of `prefix` and then `blocks` RLE blocks of 128 KiB of NULs, four bytes each; the
/// second value is what it decompresses to.
pub fn zero_bomb(prefix: &[u8], blocks: usize) -> (Vec<u8>, Vec<u8>) {
    zero_bomb_with_window(prefix, blocks, ONE_MIB)
}

/// The same, with a window descriptor byte of the caller's.
pub fn zero_bomb_with_window(prefix: &[u8], blocks: usize, window: u8) -> (Vec<u8>, Vec<u8>) {
    let mut bytes = start(window);
    block(&mut bytes, 0, prefix.len(), false);
    bytes.extend_from_slice(prefix);
    for at in 0..blocks {
        block(&mut bytes, 1, BLOCK_MAX, at + 1 == blocks);
        bytes.push(0);
    }
    let mut plain = prefix.to_vec();
    plain.resize(prefix.len() + blocks * BLOCK_MAX, 0);
    (bytes, plain)
}

/// A frame that decoders skip.
pub fn skippable(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x50, 0x2a, 0x4d, 0x18];
    bytes.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(data);
    bytes
}

/// Magic, a descriptor that asks for nothing (no size, no checksum, no dictionary), the window.
fn start(window: u8) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend([0, window]);
    bytes
}

fn block(bytes: &mut Vec<u8>, kind: u32, len: usize, last: bool) {
    let header = u32::try_from(len).unwrap_or(0) << 3 | kind << 1 | u32::from(last);
    bytes.extend_from_slice(&header.to_le_bytes()[..3]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_as_the_rfc_draws_it() {
        let expected = [&MAGIC[..], &[0, ONE_MIB, 2 << 3 | 1, 0, 0], b"hi"].concat();
        assert_eq!(frame(b"hi"), expected);
    }

    #[test]
    fn a_bomb_is_small() {
        let (packed, plain) = zero_bomb(b"x", 8);
        assert_eq!(plain.len(), 1 + (1 << 20));
        assert!(packed.len() < 64);
    }
}
