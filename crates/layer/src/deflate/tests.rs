//! Held against flate2: what is accepted, what comes of it, what is said of the rest.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use proptest::prelude::*;

use super::Fault;
use super::inflate::{Inflate, Stop};
use super::sink::{Output, WINDOW};
use super::starts::block_starts;

/// What came of a stream, and where it ended or why not.
struct Outcome(Vec<u8>, Result<usize, String>);

/// Most that is decoded of a stream that was made by chance.
const MOST: usize = 1 << 20;

/// What can be wrong behind a block's header.
const IN_CODES: [&str; 3] =
    ["invalid literal/length code", "invalid distance code", "invalid distance too far back"];

fn by_flate2(bytes: &[u8]) -> Outcome {
    let mut inflate = Decompress::new(false);
    let mut out = vec![0; MOST];
    let end = loop {
        let (taken, made) = (inflate.total_in() as usize, inflate.total_out() as usize);
        match inflate.decompress(&bytes[taken..], &mut out[made..], FlushDecompress::None) {
            Ok(Status::StreamEnd) => break Ok(inflate.total_in() as usize),
            Err(error) => break Err(error.message().unwrap().to_owned()),
            Ok(_) if (taken, made) == (inflate.total_in() as usize, inflate.total_out() as usize) => {
                break Err("it is cut off".to_owned());
            }
            Ok(_) => {}
        }
    };
    out.truncate(inflate.total_out() as usize);
    Outcome(out, end)
}

/// Decodes `bytes`, of which `piece` more are shown whenever more are needed, through a buffer of `room`.
fn by_ours(bytes: &[u8], piece: usize, room: usize) -> Outcome {
    let mut out = Vec::new();
    let mut inflate = Inflate::new();
    let (mut position, mut shown) = (0, piece.min(bytes.len()));
    let mut buffer = vec![0_u8; WINDOW + room.max(300)];
    let (mut floor, mut at) = (WINDOW, WINDOW);
    loop {
        let mut output = Output::new(&mut buffer, floor, at);
        let stop = inflate.run(&bytes[..shown], &mut position, &mut output);
        let end = output.position();
        out.extend_from_slice(&buffer[at..end]);
        at = end;
        match stop {
            Err(fault) => return Outcome(out, Err(fault.to_string())),
            Ok(Stop::Block) => {}
            Ok(Stop::End) => return Outcome(out, Ok(position.div_ceil(8))),
            Ok(Stop::Input) if shown == bytes.len() => return Outcome(out, Err(Fault::CutOff.to_string())),
            Ok(Stop::Input) => {
                assert!(shown * 8 - position < 600 * 8);
                shown = (shown + piece).min(bytes.len());
            }
            Ok(Stop::Room) => {
                buffer.copy_within(at - WINDOW..at, 0);
                floor = (floor + WINDOW).saturating_sub(at);
                at = WINDOW;
            }
        }
    }
}

#[track_caller]
fn same(bytes: &[u8]) -> Outcome {
    let expected = by_flate2(bytes);
    for (piece, room) in [(bytes.len().max(1), MOST), (1 + bytes.len() / 7, 1000)] {
        let ours = by_ours(bytes, piece, room);
        // Not by assert_eq, which would print a megabyte. In its fast loop zlib-rs finds what is wrong, and
        // forgets what it was.
        let forgotten = expected.1.as_ref().is_err_and(|reason| reason == "repeated call with bad state");
        let alike = ours.1 == expected.1
            || forgotten && ours.1.as_ref().is_err_and(|reason| IN_CODES.contains(&&reason[..]));
        assert!(alike, "{:?}, flate2 {:?}: {bytes:02x?}", ours.1, expected.1);
        assert!(ours.0 == expected.0, "{} bytes, flate2 {}: {bytes:02x?}", ours.0.len(), expected.0.len());
    }
    expected
}

fn deflated(bytes: &[u8], level: u32, flush_each: Option<usize>) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    for piece in bytes.chunks(flush_each.unwrap_or(usize::MAX)) {
        encoder.write_all(piece).unwrap();
        if flush_each.is_some() {
            encoder.flush().unwrap();
        }
    }
    encoder.finish().unwrap()
}

/// Content of every kind that layers are made of, by chance.
pub(super) fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = (0..6u8, any::<u64>(), 1..40_000usize);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| {
        let mut out: Vec<u8> = Vec::new();
        for (kind, seed, len) in pieces {
            let mut state = seed | 1;
            let mut random = move || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state
            };
            match kind {
                0 => out.extend((0..len).map(|_| random() as u8)),
                1 => out.extend(std::iter::repeat_n(seed as u8, len)),
                2 => out.extend((0..len).map(|_| b"etaoin shrdlu\n"[(random() % 14) as usize])),
                // Skewed, so that codes grow long.
                3 => out.extend((0..len).map(|_| (random() & random() & random()) as u8)),
                4 => {
                    (0..len / 8).for_each(|n| out.extend(((n as u64).wrapping_mul(seed) >> 40).to_le_bytes()))
                }
                _ => {
                    while out.len() > 40 && random() % 16 != 0 {
                        let back = 1 + random() as usize % out.len().min(WINDOW + 10);
                        let from = out.len() - back;
                        let copy = out[from..(from + random() as usize % 300).min(out.len())].to_vec();
                        out.extend(copy);
                        out.push(random() as u8);
                    }
                }
            }
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_deflated_is_inflated(bytes in content(), level in 0..10u32, flush in prop::option::of(1..50_000usize)) {
        let packed = deflated(&bytes, level, flush);
        let Outcome(out, end) = same(&packed);
        prop_assert!(out == bytes[..bytes.len().min(MOST)]);
        if bytes.len() < MOST {
            prop_assert_eq!(end, Ok(packed.len()));
        }
    }

    #[test]
    fn blocks_lie_end_to_end(bytes in content(), level in 0..10u32) {
        let packed = deflated(&bytes, level, None);
        let blocks = block_starts(&packed).unwrap();
        let mut at = 0;
        for (n, block) in blocks.iter().enumerate() {
            prop_assert_eq!(block.start, at);
            let last = packed[at / 8] >> (at % 8) & 1 == 1;
            prop_assert_eq!(last, n + 1 == blocks.len());
            at = block.end;
        }
        prop_assert_eq!(at.div_ceil(8), packed.len());
    }

    #[test]
    fn damage_is_found_where_flate2_finds_it(
        bytes in content(), level in 0..10u32, flips in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let mut packed = deflated(&bytes, level, None);
        for flip in flips {
            let bit = flip.index(packed.len() * 8);
            packed[bit / 8] ^= 1 << (bit % 8);
        }
        same(&packed);
    }

    #[test]
    fn noise_is_refused_as_flate2_refuses_it(bytes in prop::collection::vec(any::<u8>(), 0..2000), kind in 0..4u8) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = *first & !6 | kind << 1;
        }
        same(&bytes);
    }
}

/// Small streams of every kind of block.
fn small() -> Vec<Vec<u8>> {
    let text = b"some content, some content; more content of that kind, and some content more".repeat(3);
    let mut skewed = Vec::new();
    for n in 0..16u32 {
        skewed.extend(std::iter::repeat_n(n as u8 * 7, 1 << (n / 2)));
    }
    let mut streams = vec![deflated(b"", 6, None), deflated(b"a", 6, None), deflated(&text, 0, None)];
    for level in [1, 6, 9] {
        streams.push(deflated(&text, level, Some(50)));
        streams.push(deflated(&skewed, level, None));
    }
    let mut huffman = Compress::new(Compression::new(6), false);
    let mut out = Vec::with_capacity(1000);
    huffman.compress_vec(&[7; 258], &mut out, FlushCompress::Finish).unwrap();
    streams.push(out);
    streams
}

#[test]
fn every_bit_flipped() {
    for mut stream in small() {
        same(&stream);
        for bit in 0..stream.len() * 8 {
            stream[bit / 8] ^= 1 << (bit % 8);
            same(&stream);
            stream[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn cut_off_anywhere() {
    for stream in small() {
        for len in 0..stream.len() {
            assert!(same(&stream[..len]).1.is_err());
        }
        assert_eq!(same(&[&stream, &b"garbage"[..]].concat()).1, Ok(stream.len()));
    }
}

/// Writes bits as RFC 1951 has them.
#[derive(Default)]
struct Writer(Vec<bool>);

impl Writer {
    fn bits(&mut self, value: u32, count: usize) -> &mut Self {
        self.0.extend((0..count).map(|n| value >> n & 1 == 1));
        self
    }

    /// The header of a last, dynamic block whose code lengths, all of up to 15, stand in four bits each.
    fn dynamic(&mut self, literals: &[u8], distances: &[u8]) -> &mut Self {
        self.bits(1, 1).bits(2, 2);
        self.bits(literals.len() as u32 - 257, 5).bits(distances.len() as u32 - 1, 5).bits(15, 4);
        // 16, 17 and 18 have no code; 0 to 15 have four bits each.
        for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
            self.bits(if symbol < 16 { 4 } else { 0 }, 3);
        }
        for len in literals.iter().chain(distances) {
            self.bits(u32::from(*len).reverse_bits() >> 28, 4);
        }
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        self.0.chunks(8).map(byte).collect()
    }
}

/// 257 or more lengths of literals, of which some are set.
fn literals(len: usize, set: &[(usize, u8)]) -> Vec<u8> {
    let mut lengths = vec![0; len];
    set.iter().for_each(|(symbol, len)| lengths[*symbol] = *len);
    lengths
}

#[test]
fn codes_that_are_not_complete() {
    let end = |lens: &[u8], distances: &[u8], tail: u32| {
        let set: Vec<_> = lens.iter().enumerate().map(|(n, len)| (256 - n, *len)).collect();
        same(&Writer::default().dynamic(&literals(258, &set), distances).bits(tail, 32).bytes())
    };
    // The end of the block alone, with one bit: zero is it, one is nothing.
    assert_eq!(end(&[1], &[0], 0).1.map(|_| ()), Ok(()));
    assert_eq!(end(&[1], &[0], 1).1, Err("invalid literal/length code".to_owned()));
    for (lens, reason) in [
        (&[2][..], "invalid literal/lengths set"),
        (&[1, 2], "invalid literal/lengths set"),
        (&[1, 1, 1], "invalid literal/lengths set"),
        (&[0, 1, 1], "invalid code -- missing end-of-block"),
    ] {
        assert_eq!(end(lens, &[0], 0).1, Err(reason.to_owned()), "{lens:?}");
    }
    for distances in [&[2][..], &[1, 2], &[1, 1, 1], &[15], &[0, 0, 3]] {
        assert_eq!(end(&[1], distances, 0).1, Err("invalid distances set".to_owned()), "{distances:?}");
    }
    // A match (symbol 257, length 3) without any distance, with the one there is, with the one there is not.
    let far = |distances: &[u8], tail: u32| {
        let lengths = literals(258, &[(b'x'.into(), 2), (256, 2), (257, 1)]);
        // Canonical: 257 is 0, x is 10, the end 11.
        let bytes = Writer::default().dynamic(&lengths, distances).bits(0b01 | tail << 2, 32).bytes();
        same(&bytes)
    };
    assert_eq!(far(&[0], 0).1, Err("invalid distance code".to_owned()));
    assert_eq!(far(&[1], 0b1100).0, b"xxxx");
    assert_eq!(far(&[1], 0b10).1, Err("invalid distance code".to_owned()));
    assert_eq!(far(&[0, 1], 0).1, Err("invalid distance too far back".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Any set of lengths is judged alike, and codes of up to 15 bits find their symbols.
    #[test]
    fn any_set_of_code_lengths(
        splits in prop::collection::vec(any::<prop::sample::Index>(), 0..285),
        distance_splits in prop::collection::vec(any::<prop::sample::Index>(), 0..29),
        spoil in prop::option::of((any::<prop::sample::Index>(), 0..16u8)),
        shuffle in any::<u64>(),
        tail in prop::collection::vec(any::<u32>(), 0..200),
        deep in any::<bool>(),
    ) {
        // A complete code comes of splitting leaves.
        let tree = |splits: &[prop::sample::Index]| {
            let mut leaves = vec![0_u8];
            for split in splits {
                let at = if deep { leaves.len() - 1 - split.index(leaves.len().min(3)) } else { split.index(leaves.len()) };
                if leaves[at] < 15 {
                    leaves[at] += 1;
                    leaves.push(leaves[at]);
                }
            }
            leaves
        };
        let mut lengths = tree(&splits);
        lengths.resize(286, 0);
        let mut state = shuffle | 1;
        for n in (1..286).rev() {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            lengths.swap(n, (state >> 33) as usize % (n + 1));
        }
        if lengths[256] == 0 {
            let at = lengths.iter().position(|len| *len > 0).unwrap_or(0);
            lengths.swap(256, at);
        }
        let mut distances = tree(&distance_splits);
        if let Some((at, len)) = spoil {
            let at = at.index(286 + distances.len());
            *lengths.iter_mut().chain(&mut distances).nth(at).unwrap() = len;
        }
        let mut writer = Writer::default();
        writer.dynamic(&lengths, &distances);
        tail.iter().for_each(|word| { writer.bits(*word, 32); });
        same(&writer.bytes());
    }
}
