//! Whole streams decompress, anything else is an error.

use std::io::{self, BufReader, Read, Write};

use flate2::write::GzEncoder;
use ocidian_layer::compress::{Decoder, sniff};
use ocidian_layer::{Error, Result};
use ocidian_spec::Compression::{self, Gzip, None, Zstd};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn pack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    match compression {
        None => bytes.to_vec(),
        Gzip => gzip(bytes),
        Zstd => zstd(bytes),
    }
}

fn unpack(compression: Compression, bytes: &[u8], buffer: usize) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    Decoder::new(BufReader::with_capacity(buffer, bytes), compression)?.read_to_end(&mut out)?;
    Ok(out)
}

fn reason(compression: Compression, bytes: &[u8]) -> String {
    match unpack(compression, bytes, 7) {
        Err(Error::Compressed { reason, compression: of, .. }) if of == compression => reason,
        other => panic!("{other:?}"),
    }
}

const SKIPPABLE: &[u8] = b"\x53\x2a\x4d\x18\x03\0\0\0abc";

#[test]
fn whole_streams() {
    let text: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    for compression in [None, Gzip, Zstd] {
        for buffer in [1, 7, 64 << 10] {
            assert_eq!(unpack(compression, &pack(compression, &text), buffer).unwrap(), text);
        }
        assert_eq!(unpack(compression, &pack(compression, b""), 7).unwrap(), b"");
    }
    for (compression, joined) in [
        (Gzip, [gzip(b"a"), gzip(b""), gzip(b"b")].concat()),
        (Zstd, [&zstd(b"a"), SKIPPABLE, &zstd(b""), &zstd(b"b"), SKIPPABLE].concat()),
        (Zstd, [SKIPPABLE, &zstd(b"ab")].concat()),
    ] {
        assert_eq!(unpack(compression, &joined, 3).unwrap(), b"ab");
        let padded = [&joined[..], &[0; 1000]].concat();
        assert_eq!(unpack(compression, &padded, 3).unwrap(), b"ab");
    }
}

#[test]
fn what_follows_is_not_ignored() {
    for compression in [Gzip, Zstd] {
        let good = pack(compression, b"content");
        for tail in [&b"garbage"[..], b"x", b"\0\0x", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"] {
            reason(compression, &[&good, tail].concat());
        }
        let member = pack(compression, b"more");
        assert!(reason(compression, &[&good, &[0; 10][..], &member].concat()).contains("zeros"));
    }
}

#[test]
fn cut_off_anywhere() {
    for compression in [Gzip, Zstd] {
        let good = pack(compression, b"some content, some content");
        for len in 0..good.len() {
            reason(compression, &good[..len]);
        }
    }
}

#[test]
fn damaged_anywhere() {
    let good = gzip(b"some content, some content");
    for at in 0..good.len() {
        // Time, extra flags and system do not matter to anyone.
        if (4..10).contains(&at) {
            continue;
        }
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        assert_ne!(unpack(Gzip, &bad, 100).ok().as_deref(), Some(&b"some content, some content"[..]), "{at}");
    }
}

#[test]
fn labels_that_lie() {
    assert_eq!(reason(Gzip, &zstd(b"a")), "labelled gzip, but the bytes are zstd");
    assert_eq!(reason(Zstd, &gzip(b"a")), "labelled zstd, but the bytes are gzip");
    assert_eq!(reason(Zstd, b"plain text"), "labelled zstd, but the bytes are not compressed so");
    assert_eq!(reason(Gzip, b""), "labelled gzip, but it is empty");
    for (bytes, expected) in
        [(gzip(b""), Gzip), (zstd(b""), Zstd), (SKIPPABLE.to_vec(), Zstd), (vec![], None)]
    {
        assert_eq!(sniff(&bytes), expected);
    }
}

#[test]
fn zstd_windows() {
    // A frame header with a window of 2^27, resp. 2^28 bytes, and one empty last block.
    let frame = |log: u8| [0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3, 1, 0, 0];
    assert_eq!(unpack(Zstd, &frame(27), 100).unwrap(), b"");
    assert!(!reason(Zstd, &frame(28)).is_empty());
}

#[test]
fn errors_below_arrive_as_they_are() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::TimedOut, "below"))
        }
    }
    for compression in [None, Gzip, Zstd] {
        let start = gzip(b"x")[..4].to_vec();
        let start = if compression == Zstd { zstd(b"x")[..4].to_vec() } else { start };
        let mut decoder =
            Decoder::new(BufReader::new(io::Cursor::new(start).chain(Failing)), compression).unwrap();
        let error = decoder.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::TimedOut, "below"));
    }
}
