//! A gzip layer inflated in pieces is what it is inflated as a whole, errors included.

use std::io::{BufReader, Cursor, Read, Write};
use std::process::{Command, Stdio};

use flate2::{Crc, GzBuilder};
use ocidian_layer::compress::{Decoder, Framing};
use ocidian_layer::{Encoder, Error, LayerStream, Threads};
use ocidian_spec::{Algorithm, Compression, Digest};
use proptest::prelude::*;

/// How a stream ended: as what, or why not and where.
type End = Result<Framing, (String, u64)>;

/// Text, runs and noise by turns.
fn content(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut bytes = Vec::with_capacity(len + 400);
    while bytes.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match bytes.len() / 300_000 % 3 {
            0 => bytes.extend_from_slice(format!("{} usr/share {}\n", state >> 50, state >> 60).as_bytes()),
            1 => bytes.extend_from_slice(&(state >> 8).to_le_bytes()),
            _ => bytes.extend_from_slice(&[(state >> 60) as u8; 300]),
        }
    }
    bytes.truncate(len);
    bytes
}

fn ours(bytes: &[u8], level: u8) -> Vec<u8> {
    let compressor = format!("gzip:{level}").parse().unwrap();
    let mut encoder = Encoder::new(Vec::new(), compressor, Threads::ONE).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn reason(error: Error) -> (String, u64) {
    match error {
        Error::Compressed { reason, offset, .. } => (reason, offset),
        other => panic!("{other:?}"),
    }
}

/// Reads as the stream does where there are no pieces: as much at once, and into as much.
fn whole(blob: &[u8]) -> (Vec<u8>, End) {
    let mut out = Vec::new();
    let mut decoder = match Decoder::new(BufReader::with_capacity(256 << 10, blob), Compression::Gzip) {
        Ok(decoder) => decoder,
        Err(error) => return (out, Err(reason(error))),
    };
    let end = loop {
        match (&mut decoder).take(128 << 10).read_to_end(&mut out) {
            Ok(0) => break Ok(decoder.framing()),
            Ok(_) => {}
            Err(error) => break Err(reason(error.into())),
        }
    };
    (out, end)
}

fn in_pieces(blob: &[u8]) -> (Vec<u8>, End) {
    let blob = Cursor::new(blob.to_vec());
    let mut stream = LayerStream::spawn(blob, Compression::Gzip, &Algorithm::Sha256).unwrap();
    let mut out = Vec::new();
    match stream.read_to_end(&mut out) {
        Ok(_) => {
            let (summary, framing) = stream.finish_framed().unwrap();
            assert_eq!((summary.size, summary.diff_id.0), (out.len() as u64, Digest::sha256(&out)));
            (out, Ok(framing))
        }
        Err(error) => (out, Err(reason(error.into()))),
    }
}

/// Both ways come to the same; what they come to.
fn both(blob: &[u8], what: &str) -> (Vec<u8>, End) {
    let ((out, end), (its_out, its_end)) = (in_pieces(blob), whole(blob));
    match (&end, &its_end) {
        (Ok(framing), Ok(its_framing)) => {
            assert_eq!(framing, its_framing, "{what}");
            assert!(out == its_out, "{what}");
        }
        (Err((reason, offset)), Err((its_reason, its_offset))) => {
            assert_eq!(reason, its_reason, "{what}");
            // How far it came is told by the steps that it took; they are no longer than a chunk.
            assert!(offset.abs_diff(*its_offset) <= 128 << 10, "{what}: {offset}, {its_offset}");
            let shared = out.len().min(its_out.len());
            assert!(out[..shared] == its_out[..shared], "{what}");
        }
        (end, its_end) => panic!("{what}: {end:?} in pieces, {its_end:?} as a whole"),
    }
    (out, end)
}

fn agree(blob: &[u8], bytes: &[u8], what: &str) {
    let (out, end) = both(blob, what);
    assert!(end.is_ok() && out == bytes, "{what}: {end:?}");
}

#[test]
fn what_is_written_here() {
    let bytes = content(4 << 20);
    let piece = 512 << 10;
    for len in [0, 1, 70_000, piece - 1, piece, piece + 1, 2 * piece, 2 * piece + 1, 5 * piece - 1, 4 << 20] {
        agree(&ours(&bytes[..len], 1), &bytes[..len], &format!("{len} bytes"));
    }
    for level in 1..=12 {
        let bytes = &bytes[..(3 * piece + 77).min(bytes.len() >> (level / 10))];
        agree(&ours(bytes, level), bytes, &format!("level {level}"));
    }
    for byte in [0, 0xff] {
        let bytes = vec![byte; 6 << 20];
        agree(&ours(&bytes, 2), &bytes, "a single byte all along");
    }
}

/// Stored blocks of marks and of what else could be taken for the end of a piece.
#[test]
fn marks_in_the_content() {
    let noise = content(900_000)[300_000..600_000].to_vec();
    for pattern in [&[0, 0, 0xff, 0xff][..], &[0, 0, 0, 0xff, 0xff], &[1, 0, 0, 0xff, 0xff, 3, 0]] {
        for every in [900, 7_000, 150_000, 290_000] {
            let mut bytes = Vec::new();
            for part in noise.chunks(every).cycle().take(12 * 300_000 / every) {
                bytes.extend_from_slice(part);
                bytes.extend_from_slice(pattern);
            }
            agree(&ours(&bytes, 2), &bytes, &format!("{pattern:?} every {every}"));
            // Nothing but stored blocks.
            let stored: Vec<u8> = bytes.chunks(65_535).flat_map(|part| stored(part, false)).collect();
            agree(&member(&stored, &bytes), &bytes, &format!("stored {pattern:?} every {every}"));
        }
    }
}

/// A stored block.
fn stored(bytes: &[u8], last: bool) -> Vec<u8> {
    let len = (bytes.len() as u16).to_le_bytes();
    let complement = (!(bytes.len() as u16)).to_le_bytes();
    [&[u8::from(last)], &len[..], &complement, bytes].concat()
}

/// A member of blocks that end on a byte, none of them the last.
fn member(blocks: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(bytes);
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    [&header[..], blocks, &[3, 0], &crc.sum().to_le_bytes(), &(bytes.len() as u32).to_le_bytes()].concat()
}

#[test]
fn streams_made_to_mislead() {
    let empty = stored(b"", false);
    let noise = content(600_000)[300_000..].to_vec();
    // Pieces of next to nothing, without end.
    agree(&member(&empty.repeat(1_000_000), b""), b"", "empty blocks");
    agree(&member(&[&empty.repeat(200_000), &stored(b"x", false)[..]].concat(), b"x"), b"x", "nearly empty");
    // The stream ends within what looks like pieces; more follows.
    let early = [stored(&noise[..9_000], false), empty.clone(), stored(&noise[..9_000], true)].concat();
    let early = [&early[..], &empty.repeat(300)].concat();
    assert!(both(&member(&early, b""), "an early end").1.is_err());
    // A stored block that covers exactly the end of what is taken for a piece, and what follows it.
    for after in 0..40 {
        let mut inside = noise[..20_000].to_vec();
        inside.extend_from_slice(&[0, 0, 0xff, 0xff]);
        inside.extend_from_slice(&noise[..after]);
        let blocks: Vec<u8> =
            [stored(&inside, false), stored(&noise[..30_000], false), empty.clone()].concat();
        let bytes = [&inside[..], &noise[..30_000]].concat();
        agree(
            &member(&blocks.repeat(20), &bytes.repeat(20)),
            &bytes.repeat(20),
            &format!("covered by {after}"),
        );
    }
    // A piece that is a bomb, after some that are none.
    let mut bytes = content(2 << 20);
    let mut blocks = Vec::new();
    for part in bytes.chunks(256 << 10) {
        blocks.extend_from_slice(&flushed(part));
    }
    let bomb = vec![0; 40 << 20];
    blocks.extend_from_slice(&flushed(&bomb));
    blocks.extend_from_slice(&flushed(b"the end"));
    bytes.extend_from_slice(&bomb);
    bytes.extend_from_slice(b"the end");
    agree(&member(&blocks, &bytes), &bytes, "a bomb");
}

/// libdeflate takes the distance code 30, which there is not, for the one before it. A decoder that does must not be
/// the one for pieces, or a stream would be valid or not by how it is cut.
#[test]
fn what_other_decoders_are_lenient_with() {
    let bytes = content(330_000)[300_000..].to_vec();
    let copied = bytes[bytes.len() - 24_577..][..3].to_vec();
    // A block with fixed codes: a length of 3 at that distance, 13 bits that would belong to it, its end; and the
    // header of an empty stored block.
    let bits = "0 10 0000001 11110 0000000000000 0000000 000".replace(' ', "");
    let mut block = vec![0; bits.len().div_ceil(8)];
    for (place, bit) in bits.bytes().enumerate() {
        block[place / 8] |= (bit - b'0') << (place % 8);
    }
    let piece = [stored(&bytes, false), block, vec![0, 0, 0xff, 0xff]].concat();
    let content = [bytes, copied].concat();
    let (_, end) = both(&member(&piece.repeat(9), &content.repeat(9)), "a distance that is none");
    assert!(end.is_err());
}

/// A deflate stream without its end, ended by a full flush.
fn flushed(bytes: &[u8]) -> Vec<u8> {
    let mut deflate = flate2::Compress::new(flate2::Compression::new(6), false);
    let mut out = Vec::with_capacity(bytes.len() + 1_000);
    deflate.compress_vec(bytes, &mut out, flate2::FlushCompress::Full).unwrap();
    assert!(out.ends_with(&[0, 0, 0xff, 0xff]));
    out
}

/// As above, but each piece may refer to the one before it: what `pigz` makes, and a sync flush.
#[test]
fn pieces_that_refer_to_what_was_before() {
    let bytes = content(3 << 20);
    for (first, size) in [(0, 128 << 10), (5, 128 << 10), (3, 512 << 10)] {
        let mut deflate = flate2::Compress::new(flate2::Compression::new(6), false);
        let mut blocks = Vec::with_capacity(4 << 20);
        for (number, part) in bytes.chunks(size).enumerate() {
            let flush =
                if number < first { flate2::FlushCompress::Full } else { flate2::FlushCompress::Sync };
            deflate.compress_vec(part, &mut blocks, flush).unwrap();
        }
        agree(&member(&blocks, &bytes), &bytes, &format!("primed from {first} on"));
    }
}

#[test]
fn what_comes_before_and_after() {
    let bytes = content(2 << 20);
    let blob = ours(&bytes, 2);
    let twice = [&bytes[..], &bytes].concat();
    agree(&[&blob[..], &blob].concat(), &twice, "two members");
    agree(&[&blob[..], &[0; 1000]].concat(), &bytes, "padding");
    for tail in [&b"x"[..], b"\0\0x", b"\x1f\x8b", &[0xff; 100_000]] {
        assert!(both(&[&blob[..], tail].concat(), "a tail").1.is_err());
    }
    let deflated = &blob[10..];
    for header in [
        GzBuilder::new().filename("layer.tar"),
        GzBuilder::new().extra(vec![0, 0, 0xff, 0xff]),
        GzBuilder::new().comment("no comment").mtime(7),
    ] {
        let empty = header.write(Vec::new(), flate2::Compression::fast()).finish().unwrap();
        // What ends it: two bytes of an empty stream, checksum and length.
        let header = &empty[..empty.len() - 10];
        agree(&[header, deflated].concat(), &bytes, "another header");
    }
    for flags in [2, 0x20, 0xe0] {
        let mut other = blob.clone();
        other[3] = flags;
        let _ = both(&other, "flags");
    }
}

#[test]
fn cut_off_anywhere() {
    let bytes = [b"some content ".repeat(60), content(400)].concat();
    let blocks: Vec<u8> = (0..3).flat_map(|_| [flushed(&bytes), stored(&[7; 700], false)].concat()).collect();
    let blob = member(&[&blocks[..], &flushed(b"")].concat(), b"");
    for len in 0..blob.len() {
        let _ = both(&blob[..len], &format!("{len} bytes"));
    }
    let blob = ours(&content(3 << 20), 2);
    for len in (0..blob.len()).step_by(100_003).chain(blob.len() - 12..blob.len()) {
        assert!(both(&blob[..len], &format!("{len} bytes of ours")).1.is_err());
    }
}

#[test]
fn damaged_anywhere() {
    let bytes = content(1_700_000);
    let blob = ours(&bytes, 6);
    let mut state = 5_u64;
    for round in 0..150 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bit = match round {
            // The trailer and the header, then anywhere.
            0..64 => (blob.len() - 8) * 8 + round,
            64..100 => round - 64,
            _ => (state >> 20) as usize % (blob.len() * 8),
        };
        let mut damaged = blob.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let _ = both(&damaged, &format!("bit {bit}"));
    }
}

#[test]
fn by_other_programs() {
    let programs = ocidian_testkit::require!("gzip", "pigz", "bsdtar");
    let bytes = content(3 << 20);
    let options: [&[&str]; 8] = [
        &["-6"],
        &["-6", "-p2"],
        &["-p2", "-i"],
        &["-p2", "-i", "-b", "512"],
        &["-p1", "-i", "-1"],
        &["-p2", "-i", "-b", "1024"],
        &["-p2", "-i", "-b", "32", "-0"],
        &["-p2", "-11", "-i", "-b", "512"],
    ];
    for (number, options) in options.into_iter().enumerate() {
        let program = &programs[usize::from(number > 0)];
        let bytes = if options.contains(&"-11") { &bytes[..1 << 20] } else { &bytes[..] };
        let packed = filter(program.command().args(options), bytes.to_vec());
        agree(&packed, bytes, &format!("{} {options:?}", program.name));
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), &bytes).unwrap();
    let packed =
        filter(programs[2].command().args(["-czf", "-", "-C"]).arg(dir.path()).arg("file"), Vec::new());
    assert!(both(&packed, "bsdtar").1.is_ok());
}

fn filter(command: &mut Command, input: Vec<u8>) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writing = std::thread::spawn(move || {
        // A program that needs none may have gone.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success());
    output.stdout
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Blocks of every kind in any order, full and sync flushes between them, marks where they are none.
    #[test]
    fn any_blocks(parts in prop::collection::vec((0_u8..5, 0_usize..90_000, 0_usize..800_000), 2..14)) {
        let all = content(900_000);
        let (mut blocks, mut bytes) = (Vec::with_capacity(2 << 20), Vec::new());
        let mut deflate = flate2::Compress::new(flate2::Compression::new(3), false);
        for (kind, len, from) in parts {
            let part = &all[from..from + len];
            let part = match kind {
                0 => part[..len.min(65_535)].to_vec(),
                1 => [0, 0, 0xff, 0xff].repeat(len / 20),
                _ => part.to_vec(),
            };
            blocks.reserve(part.len() + 1_000);
            let flush = if kind == 3 { flate2::FlushCompress::Full } else { flate2::FlushCompress::Sync };
            match kind {
                0 | 1 => blocks.extend_from_slice(&stored(&part, false)),
                2 => blocks.extend_from_slice(&flushed(&part)),
                // What refers to the part before the last goes wrong: the window has others between.
                _ => drop(deflate.compress_vec(&part, &mut blocks, flush).unwrap()),
            }
            bytes.extend_from_slice(&part);
        }
        let _ = both(&member(&blocks, &bytes), "any blocks");
    }
}
