//! The threaded stream: its sums, its errors, and its end in whatever state.

use std::io::{self, BufRead, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ocidian_layer::{Error, LayerStream};
use ocidian_spec::{Algorithm, Compression, Digest};

fn spawn(blob: impl Read + Send + 'static, compression: Compression) -> LayerStream {
    LayerStream::spawn(blob, compression, &Algorithm::Sha256).unwrap()
}

#[test]
fn sums() {
    let text: Vec<u8> = (0..700_000u32).flat_map(u32::to_le_bytes).collect();
    let packed = zstd::encode_all(&text[..], 1).unwrap();
    for (blob, compression) in [(text.clone(), Compression::None), (packed, Compression::Zstd)] {
        let mut stream = spawn(Cursor::new(blob), compression);
        let mut start = vec![0; 100_000];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(start, &text[..100_000]);
        let summary = stream.finish().unwrap();
        assert_eq!(summary.size, text.len() as u64);
        assert_eq!(summary.diff_id.0, Digest::sha256(&text));
    }
    let empty = spawn(io::empty(), Compression::None).finish().unwrap();
    assert_eq!((empty.size, empty.diff_id.0), (0, Digest::sha256(b"")));
}

#[test]
fn an_unknown_algorithm() {
    let algorithm = Algorithm::Other("md7".to_owned());
    let error = LayerStream::spawn(io::empty(), Compression::None, &algorithm).err().unwrap();
    assert!(matches!(error, Error::Algorithm { .. }));
}

/// Yields its bytes, then an error with one of its own inside.
struct Verifying(Cursor<Vec<u8>>);

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("the digest is wrong")]
struct Wrong;

impl Read for Verifying {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out)? {
            0 => Err(io::Error::other(Wrong)),
            n => Ok(n),
        }
    }
}

#[test]
fn the_blobs_own_error_arrives() {
    let good = zstd::encode_all(&[7; 1000][..], 1).unwrap();
    let mut damaged = good.clone();
    damaged[8] ^= 0xff;
    damaged.resize(2_000_000, 1);
    for (blob, compression) in
        [(vec![1; 2_000_000], Compression::None), (good, Compression::Zstd), (damaged, Compression::Zstd)]
    {
        let mut stream = spawn(Verifying(Cursor::new(blob)), compression);
        let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.downcast::<Wrong>().unwrap(), Wrong);
        assert!(stream.fill_buf().is_err(), "an error is not followed by an end");
        assert!(stream.finish().is_err());
    }
}

#[test]
fn damage_is_reported_where_the_blob_itself_is_as_it_should_be() {
    let mut blob = zstd::encode_all(&[7; 1000][..], 1).unwrap();
    blob.truncate(blob.len() - 1);
    let error = spawn(Cursor::new(blob), Compression::Zstd).finish().unwrap_err();
    assert!(matches!(error, Error::Compressed { .. }), "{error:?}");
}

/// Endless, and says when it is gone.
struct Endless(Arc<AtomicBool>, &'static [u8]);

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = self.1.len().min(out.len());
        out[..len].copy_from_slice(&self.1[..len]);
        Ok(len)
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn dropping_it_ends_the_thread() {
    // The second never yields anything: skippable frames without end.
    let cases: [(&[u8], Compression); 2] =
        [(&[1; 4096], Compression::None), (b"\x50\x2a\x4d\x18\0\0\0\0", Compression::Zstd)];
    for (bytes, compression) in cases {
        for reads in [0, 1, 20] {
            let gone = Arc::new(AtomicBool::new(false));
            let mut stream = spawn(Endless(Arc::clone(&gone), bytes), compression);
            for _ in 0..reads {
                if compression == Compression::None {
                    let len = stream.fill_buf().unwrap().len();
                    stream.consume(len);
                }
            }
            drop(stream);
            assert!(gone.load(Ordering::Relaxed), "the thread was joined");
        }
    }
}

#[test]
fn a_reader_that_panics_is_an_error() {
    struct Panicking(usize);
    impl Read for Panicking {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).unwrap_or_else(|| panic!("a bug in the store"));
            Ok(out.len())
        }
    }
    // Whichever thread it happens to.
    for reads in 0..12 {
        let mut stream = spawn(Panicking(reads), Compression::None);
        let error = io::copy(&mut stream, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("died"), "{error}");
        assert!(stream.finish().is_err());
    }
}

/// Yields its bytes in pieces of any length, takes its time over some of them, and is interrupted at times.
struct Uneven {
    bytes: Cursor<Vec<u8>>,
    reads: usize,
    slow: usize,
}

impl Read for Uneven {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        if self.reads.is_multiple_of(5) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.reads.is_multiple_of(self.slow) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let most = out.len().min(1 + self.reads * 7919 % 90_000);
        self.bytes.read(&mut out[..most])
    }
}

#[test]
fn whoever_is_the_slower_all_arrives_and_is_hashed_in_order() {
    let text: Vec<u8> = (0..1_500_000_u32).flat_map(|n| n.wrapping_mul(0x9e37_79b9).to_be_bytes()).collect();
    let packed = zstd::encode_all(&text[..], 1).unwrap();
    for (blob, compression) in [(&text, Compression::None), (&packed, Compression::Zstd)] {
        for (slow_blob, slow_user) in [(usize::MAX, usize::MAX), (2, usize::MAX), (usize::MAX, 2), (3, 3)] {
            let bytes = Cursor::new(blob.clone());
            let mut stream = spawn(Uneven { bytes, reads: 0, slow: slow_blob }, compression);
            let (mut seen, mut takes) = (Vec::new(), 0_usize);
            loop {
                let len = stream.fill_buf().unwrap().len().min(50_000);
                if len == 0 {
                    break;
                }
                seen.extend_from_slice(&stream.fill_buf().unwrap()[..len]);
                stream.consume(len);
                takes += 1;
                if takes.is_multiple_of(slow_user) {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            }
            assert!(seen == text, "{slow_blob} {slow_user}");
            let summary = stream.finish().unwrap();
            assert_eq!((summary.size, summary.diff_id.0), (text.len() as u64, Digest::sha256(&text)));
        }
    }
}
