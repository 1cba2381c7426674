use std::io::{Cursor, Read};

use ocidian_content::BlobReader;
use ocidian_spec::{Algorithm, Descriptor, Digest, Hasher, MediaType};
use proptest::prelude::*;

fn digest(algorithm: &Algorithm, bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(algorithm).unwrap();
    hasher.update(bytes);
    hasher.finish()
}

proptest! {
    #[test]
    fn only_the_very_bytes_reach_the_end(
        promised in prop::collection::vec(any::<u8>(), 0..200),
        stored in prop::collection::vec(any::<u8>(), 0..200),
        same in any::<bool>(),
        chunk in 1_usize..64,
        algorithm in prop::sample::select(vec![Algorithm::Sha256, Algorithm::Sha512, Algorithm::Blake3]),
    ) {
        let stored = if same { promised.clone() } else { stored };
        let octets = MediaType::Other("application/octet-stream".to_owned());
        let descriptor = Descriptor::new(octets, digest(&algorithm, &promised), promised.len() as u64);
        let mut reader = BlobReader::new(Box::new(Cursor::new(stored.clone())), &descriptor).unwrap();
        let mut read = Vec::new();
        let mut buffer = vec![0; chunk];
        let outcome = loop {
            match reader.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(n) => read.extend_from_slice(&buffer[..n]),
                Err(error) => break Err(error),
            }
        };
        prop_assert!(read.len() <= promised.len());
        prop_assert_eq!(outcome.is_ok(), stored == promised);
        if outcome.is_ok() {
            prop_assert_eq!(read, promised);
        }
    }
}

#[test]
fn an_error_is_not_followed_by_a_quiet_end() {
    let descriptor = Descriptor::new(MediaType::Empty, Digest::sha256(b"abc"), 3);
    for stored in [&b"abd"[..], b"abcd", b"ab"] {
        let mut reader = BlobReader::new(Box::new(Cursor::new(stored)), &descriptor).unwrap();
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap_err();
        for _ in 0..3 {
            assert!(
                reader.read(&mut [0; 8]).is_err(),
                "{stored:?}: a caller who tries again must not see an end"
            );
        }
    }
}

#[test]
fn nothing_is_read_by_a_digest_that_cannot_be_checked() {
    let descriptor = Descriptor::new(MediaType::Empty, "md5:abc".parse().unwrap(), 3);
    let Err(error) = BlobReader::new(Box::new(Cursor::new(b"abc")), &descriptor) else {
        panic!("it was read")
    };
    assert!(error.to_string().contains("the algorithm is unknown"), "{error}");
}
