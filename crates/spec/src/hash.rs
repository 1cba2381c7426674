//! Hashing by the algorithms that digests know.
//!
//! SHA-256 is `ring`'s: every blob and every layer goes through it, and where the processor has no SHA
//! instructions it is much faster than `sha2`; where it has, they are equal. `sha2` does SHA-512, and is what the tests compare SHA-256 with.

use std::fmt;

use sha2::Digest as _;

use crate::digest::{Algorithm, Digest};
use crate::error::{Error, Result};

/// A running hash of a known algorithm.
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Sha256(ring::digest::Context),
    Sha512(sha2::Sha512),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// A hasher for `algorithm`, or `None` where it is unknown.
    pub fn new(algorithm: &Algorithm) -> Option<Self> {
        Some(Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(ring::digest::Context::new(&ring::digest::SHA256)),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
            Algorithm::Blake3 => State::Blake3(Box::new(blake3::Hasher::new())),
            Algorithm::Other(_) => return None,
        }))
    }

    /// A hasher that can verify `digest`, or [`Error::UnknownAlgorithm`].
    pub fn for_digest(digest: &Digest) -> Result<Self> {
        Self::new(digest.algorithm()).ok_or_else(|| Error::UnknownAlgorithm { digest: digest.clone() })
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
            State::Blake3(state) => {
                state.update(bytes);
            }
        }
    }

    /// The digest of all that was taken in.
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(state) => Digest::from_hash(Algorithm::Sha256, state.finish().as_ref()),
            State::Sha512(state) => Digest::from_hash(Algorithm::Sha512, &state.finalize()),
            State::Blake3(state) => Digest::from_hash(Algorithm::Blake3, state.finalize().as_bytes()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sha256_is_what_sha2_says(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8)) {
            let mut ours = Hasher::new(&Algorithm::Sha256).unwrap();
            let mut theirs = sha2::Sha256::new();
            for chunk in &chunks {
                ours.update(chunk);
                theirs.update(chunk);
            }
            prop_assert_eq!(ours.finish(), Digest::from_hash(Algorithm::Sha256, &theirs.finalize()));
        }
    }
}
