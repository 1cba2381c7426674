//! What is written can be read by everyone, and depends on the content alone.

use std::io::{self, BufReader, Read, Write};
use std::process::{Command, Stdio};

use ocidian_layer::compress::{Compressor, Decoder, Encoder, Threads};
use ocidian_layer::{Error, LayerWriter};
use ocidian_spec::{Compression, Digest};
use proptest::prelude::*;

/// Content between text and noise, the same each time.
fn content(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(len + 64);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        match state % 5 {
            0 => bytes.extend_from_slice(&state.to_le_bytes()),
            1 => bytes.extend_from_slice(b"usr/share/doc/"),
            2 => bytes.extend_from_slice(&[0; 29]),
            3 => bytes.extend_from_slice(format!("{:x}\n", state >> 44).as_bytes()),
            _ => {
                let from = (state >> 8) as usize % (bytes.len() + 1);
                let piece: Vec<u8> = bytes[from..].iter().take(40).copied().collect();
                bytes.extend_from_slice(&piece);
            }
        }
    }
    bytes.truncate(len);
    bytes
}

fn encode(bytes: &[u8], compressor: Compressor, threads: usize, chunk: usize) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), compressor, Threads::new(threads)).unwrap();
    for chunk in bytes.chunks(chunk) {
        encoder.write_all(chunk).unwrap();
        encoder.flush().unwrap();
    }
    assert_eq!(encoder.written(), bytes.len() as u64);
    encoder.finish().unwrap()
}

fn decode(bytes: &[u8], compression: Compression) -> Vec<u8> {
    let mut out = Vec::new();
    Decoder::new(BufReader::new(bytes), compression).unwrap().read_to_end(&mut out).unwrap();
    out
}

const ALL: [Compressor; 3] = [Compressor::NONE, Compressor::GZIP, Compressor::ZSTD];

#[test]
fn the_bytes_stay_what_they_are() {
    // A change of these changes every digest that anyone ever built: it needs a reason and a line in CHANGELOG.md.
    let bytes = content(9 << 20);
    assert_eq!(
        Digest::sha256(&bytes).encoded(),
        "b3d29b32c8373cea5ad4b7087b78a2ddc0622760f11321f8bbbf46f0d7bc56f7"
    );
    let golden = [
        ("none", "b3d29b32c8373cea5ad4b7087b78a2ddc0622760f11321f8bbbf46f0d7bc56f7"),
        ("gzip:1", "2c76433acdbab4b3227cc01cf8a81b5fa440c6b2a6dd6f1da9b12465a3a825c0"),
        ("gzip:2", "e619833d3fdbb14891ffdb67644cea1a9648cc9feec55a3327e87d95fefbdf62"),
        ("gzip:6", "aeffb634b8980693e91d716a5e545906343d8e4649e3ced915fb7614ef765c50"),
        ("gzip:9", "3e13f11c5d26c2df62e9bf1f60239a0ca86c94e95d0349ccacb8b6311e4fb221"),
        ("gzip:12", "9c605fbb851188d94a7607e6014d1c876657bd1ab1762a0d922bdba2d15bc336"),
        ("zstd:1", "5b19399ca3c3969501b97a8816e91544bc94478964777afce1a4a33fbc97743f"),
        ("zstd:3", "71bb1612cd59e843ea7863b7321dcf2660e277cd3ed3ffe375860a9f5802fae3"),
        ("zstd:9", "78626dde3effcbb8a6a66b44d7e385d3ff672ab42ab1b80b7b7a18f5925d6e65"),
    ];
    let made = golden.map(|(compressor, _)| {
        let encoded = encode(&bytes, compressor.parse().unwrap(), 2, 1 << 20);
        (compressor, Digest::sha256(&encoded).encoded().to_owned())
    });
    assert_eq!(made, golden.map(|(compressor, digest)| (compressor, digest.to_owned())));
}

/// A compressor that is used again once made bytes that depended on what it had compressed before, and so on how the
/// threads took turns.
#[test]
fn what_a_compressor_had_before_does_not_show() {
    let bytes = content(5 << 20);
    for compressor in ["gzip:1", "gzip:2", "gzip:6", "gzip:10", "zstd:1", "zstd:3"] {
        let compressor = compressor.parse().unwrap();
        let one = Digest::sha256(&encode(&bytes, compressor, 1, 1 << 20));
        for threads in [2, 3, 7] {
            let many = Digest::sha256(&encode(&bytes, compressor, threads, 1 << 20));
            assert!(many == one, "{compressor} in {threads} threads");
        }
    }
}

#[test]
fn sizes_about_the_blocks() {
    let bytes = content((8 << 20) + 2);
    let around = |block: usize| [block - 1, block, block + 1, 2 * block - 1, 2 * block, 2 * block + 1];
    for compressor in ALL {
        let block = match compressor.compression() {
            Compression::None => 256 << 10,
            Compression::Gzip => 1 << 20,
            Compression::Zstd => 4 << 20,
        };
        for len in [0, 1, 2, 32 << 10].into_iter().chain(around(block)) {
            let bytes = &bytes[..len];
            let one = encode(bytes, compressor, 1, len.max(1));
            assert!(decode(&one, compressor.compression()) == bytes, "{compressor} {len}");
            for (threads, chunk) in [(1, 10_007), (2, 65_536), (3, 1_000_003), (16, block)] {
                assert!(encode(bytes, compressor, threads, chunk) == one, "{compressor} {len} {threads}");
            }
        }
    }
}

#[test]
fn every_level_makes_what_can_be_read() {
    let bytes = content(700_000);
    for level in 1..=19 {
        for kind in ["gzip", "zstd"] {
            let Ok(compressor) = format!("{kind}:{level}").parse::<Compressor>() else {
                assert!(kind == "gzip" && level > 12);
                continue;
            };
            let encoded = encode(&bytes, compressor, 2, 100_000);
            assert!(encoded.len() < bytes.len() * 3 / 4);
            assert!(decode(&encoded, compressor.compression()) == bytes, "{compressor}");
        }
    }
}

#[test]
fn what_cannot_be_compressed_is_kept() {
    // Pure noise: each piece is larger than its block.
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..200_000)
        .flat_map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes()
        })
        .collect();
    for compressor in ["gzip:1", "gzip", "gzip:9", "gzip:12", "zstd"] {
        let compressor: Compressor = compressor.parse().unwrap();
        let encoded = encode(&noise, compressor, 2, 1 << 20);
        assert!(encoded.len() < noise.len() + noise.len() / 1000 + 100, "{compressor}");
        assert!(decode(&encoded, compressor.compression()) == noise, "{compressor}");
    }
}

#[test]
fn a_gzip_header_says_nothing_of_the_host() {
    let encoded = encode(b"x", Compressor::GZIP, 1, 1);
    assert_eq!(encoded[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
}

#[test]
fn other_tools_read_it() {
    let [gzip, pigz, igzip, bsdcat, zstd] =
        ocidian_testkit::require!("gzip", "pigz", "igzip", "bsdcat", "zstd");
    let bytes = content((8 << 20) + 12_345);
    for (compressor, tools) in
        [(Compressor::GZIP, vec![gzip, pigz, igzip, bsdcat]), (Compressor::ZSTD, vec![zstd])]
    {
        for bytes in [&bytes[..], b""] {
            let encoded = encode(bytes, compressor, 2, 1 << 20);
            for tool in &tools {
                let args: &[&str] = if tool.name == "bsdcat" { &[] } else { &["-dc"] };
                assert!(run(&mut tool.command(), args, &encoded) == bytes, "{}", tool.name);
                if tool.name != "bsdcat" {
                    assert!(run(&mut tool.command(), &["-t"], &encoded).is_empty(), "{}", tool.name);
                }
            }
        }
    }
}

#[test]
fn python_reads_it() {
    let [python] = ocidian_testkit::require!("python3");
    let bytes = content(3 << 20);
    let encoded = encode(&bytes, Compressor::GZIP, 2, 1 << 20);
    let program = "import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))";
    assert!(run(&mut python.command(), &["-c", program], &encoded) == bytes);
}

/// There are readers that take the first member for the whole.
#[test]
fn it_is_one_member() {
    for len in [0, 1, 100_000, 512 << 10, (512 << 10) + 1, 1 << 20, (5 << 20) + 3] {
        let bytes = content(len);
        for compressor in ["gzip:1", "gzip", "gzip:6", "gzip:10"] {
            let encoded = encode(&bytes, compressor.parse().unwrap(), 2, 1 << 20);
            let mut read = Vec::new();
            flate2::read::GzDecoder::new(&encoded[..]).read_to_end(&mut read).unwrap();
            assert!(read == bytes, "{compressor} {len}");
        }
    }
}

fn run(command: &mut Command, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn a_layer_knows_its_diff_id() {
    let bytes = content(3 << 20);
    for compressor in ALL {
        for threads in [1, 2, 5] {
            for len in [0, 1, 600_000, bytes.len()] {
                let mut layer = LayerWriter::new(Vec::new(), compressor, Threads::new(threads)).unwrap();
                layer.write_all(&bytes[..len]).unwrap();
                assert_eq!(layer.written(), len as u64);
                let (blob, summary) = layer.finish().unwrap();
                assert_eq!((summary.diff_id.0, summary.size), (Digest::sha256(&bytes[..len]), len as u64));
                assert!(decode(&blob, compressor.compression()) == bytes[..len]);
            }
        }
    }
}

/// Takes so many bytes, then fails.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "full"));
        }
        let len = bytes.len().min(self.0);
        self.0 -= len;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_and_stays_told() {
    let bytes = content(6 << 20);
    for compressor in ALL {
        for threads in [1, 3] {
            for room in [0, 5, 300_000] {
                let mut layer = LayerWriter::new(Full(room), compressor, Threads::new(threads)).unwrap();
                let error = match layer.write_all(&bytes) {
                    Err(error) => {
                        assert!(layer.write_all(b"more").is_err());
                        error
                    }
                    Ok(()) => match layer.finish() {
                        Err(Error::Io(error)) => error,
                        _ => panic!("{compressor} wrote into a full disk"),
                    },
                };
                assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{compressor} {threads} {room}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_goes_in_comes_out(
        len in 0..3_000_000usize,
        chunk in 1..900_000usize,
        threads in 1..5usize,
        compressor in prop::sample::select(vec!["none", "gzip:1", "gzip", "zstd:1", "zstd"]),
    ) {
        let compressor: Compressor = compressor.parse().unwrap();
        let bytes = content(len);
        let encoded = encode(&bytes, compressor, threads, chunk);
        prop_assert!(decode(&encoded, compressor.compression()) == bytes);
        prop_assert!(encode(&bytes, compressor, 1, len.max(1)) == encoded);
    }
}
