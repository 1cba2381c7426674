//! Digests and the ids made of them.
//!
//! Three newtypes, because three things look alike and must not be exchanged: the digest of a
//! blob as stored ([`Digest`]), of a layer uncompressed ([`DiffId`]), and of a stack of layers
//! ([`ChainId`]). image-spec `descriptor.md`, "Digests"; `config.md`, "Layer DiffID", "ChainID".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::error::{Error, Result};
use crate::json;

/// The algorithm part of a digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// `sha256`, which every implementation must know.
    Sha256,
    /// `sha512`.
    Sha512,
    /// `blake3`, 256 bits long.
    Blake3,
    /// Grammatical, but unknown here: kept and compared, never verified.
    Other(String),
}

impl Algorithm {
    /// The name as it stands before the colon.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Blake3 => "blake3",
            Self::Other(name) => name,
        }
    }

    /// How many lower-case hex digits an encoded part has, where that is known.
    fn encoded_len(&self) -> Option<usize> {
        match self {
            Self::Sha256 | Self::Blake3 => Some(64),
            Self::Sha512 => Some(128),
            Self::Other(_) => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let component = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        match text {
            "sha256" => Ok(Self::Sha256),
            "sha512" => Ok(Self::Sha512),
            "blake3" => Ok(Self::Blake3),
            _ if text.split(['+', '.', '_', '-']).all(component) => Ok(Self::Other(text.to_owned())),
            _ => Err(Error::Digest { text: text.to_owned(), reason: "the algorithm is malformed" }),
        }
    }
}

/// The digest of a blob: algorithm and encoded part, both already checked against the grammar, so
/// that it can serve as a file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    encoded: String,
}

impl Digest {
    /// The algorithm.
    pub fn algorithm(&self) -> &Algorithm {
        &self.algorithm
    }

    /// What stands after the colon: 64 lower-case hex digits for sha256.
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The sha256 digest of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        let mut hasher = Hasher(State::Sha256(sha2::Sha256::new()));
        hasher.update(bytes);
        hasher.finish()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.encoded)
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |reason| Error::Digest { text: text.to_owned(), reason };
        let (algorithm, encoded) = text.split_once(':').ok_or_else(|| wrong("it has no colon"))?;
        let algorithm: Algorithm = algorithm.parse().map_err(|_| wrong("the algorithm is malformed"))?;
        match algorithm.encoded_len() {
            Some(len) => {
                if encoded.len() != len {
                    return Err(wrong("the encoded part has the wrong length"));
                }
                if !encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                    return Err(wrong("the encoded part is not lower-case hex"));
                }
            }
            None => {
                let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-');
                if encoded.is_empty() || !encoded.bytes().all(legal) {
                    return Err(wrong("the encoded part is malformed"));
                }
            }
        }
        Ok(Self { algorithm, encoded: encoded.to_owned() })
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::text(deserializer, "a digest")
    }
}

/// The digest of a layer's uncompressed tar. image-spec `config.md`, "Layer DiffID".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DiffId(pub Digest);

/// The digest that names a stack of layers. image-spec `config.md`, "Layer ChainID".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainId(pub Digest);

impl fmt::Display for DiffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A running hash of a known algorithm.
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    Sha512(Box<sha2::Sha512>),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// A hasher for `algorithm`, or `None` where it is unknown.
    pub fn new(algorithm: &Algorithm) -> Option<Self> {
        Some(Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Box::new(sha2::Sha512::new())),
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
            State::Sha256(state) => hex_digest(Algorithm::Sha256, &state.finalize()),
            State::Sha512(state) => hex_digest(Algorithm::Sha512, &state.finalize()),
            State::Blake3(state) => hex_digest(Algorithm::Blake3, state.finalize().as_bytes()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

fn hex_digest(algorithm: Algorithm, bytes: &[u8]) -> Digest {
    let encoded = bytes
        .iter()
        .flat_map(|b| [b >> 4, b & 15])
        .map(|n| char::from(b"0123456789abcdef"[usize::from(n)]))
        .collect();
    Digest { algorithm, encoded }
}
