//! Digests and the ids made of them.
//!
//! Three newtypes, because three things look alike and must not be exchanged: the digest of a
//! blob as stored ([`Digest`]), of a layer uncompressed ([`DiffId`]), and of a stack of layers
//! ([`ChainId`]). image-spec `descriptor.md`, "Digests"; `config.md`, "Layer DiffID", "ChainID".
//!
//! The grammar bounds neither part. Here each is at most [`LONGEST`] bytes: four times what a file
//! name may have, so that nothing storable is refused, and little enough that a hostile document
//! cannot make each of its digests, which are copied and compared freely, megabytes long.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, clip};
use crate::json;

/// The most bytes that each part of a digest may have.
pub const LONGEST: usize = 1024;

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
            _ if text.len() <= LONGEST && text.split(['+', '.', '_', '-']).all(component) => {
                Ok(Self::Other(text.to_owned()))
            }
            _ => Err(Error::Digest { text: clip(text), reason: "the algorithm is malformed" }),
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
        Self::from_hash(Algorithm::Sha256, ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
    }

    /// The digest whose encoded part is these bytes in hex.
    pub(crate) fn from_hash(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let hex = |n: u8| char::from(b"0123456789abcdef"[usize::from(n & 15)]);
        let encoded = bytes.iter().flat_map(|b| [hex(b >> 4), hex(*b)]).collect();
        Self { algorithm, encoded }
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
        let wrong = |reason| Error::Digest { text: clip(text), reason };
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
                if encoded.len() > LONGEST {
                    return Err(wrong("the encoded part is too long"));
                }
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

impl ChainId {
    /// The id of these layers, applied lowest first; `None` where there are none. Each step is
    /// hashed with sha256, as every implementation does.
    pub fn of(diff_ids: &[DiffId]) -> Option<Self> {
        let (lowest, rest) = diff_ids.split_first()?;
        Some(rest.iter().fold(Self(lowest.0.clone()), |chain, diff_id| chain.then(diff_id)))
    }

    /// The id of this stack with one more layer on top.
    pub fn then(&self, diff_id: &DiffId) -> Self {
        Self(Digest::sha256(format!("{self} {diff_id}").as_bytes()))
    }
}

impl FromStr for DiffId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hasher;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn known_answers() {
        let of = |algorithm: Algorithm, bytes: &[u8]| {
            let mut hasher = Hasher::new(&algorithm).unwrap();
            bytes.chunks(7).for_each(|chunk| hasher.update(chunk));
            hasher.finish().to_string()
        };
        assert_eq!(of(Algorithm::Sha256, b""), EMPTY);
        assert_eq!(
            of(Algorithm::Sha256, b"abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            of(Algorithm::Sha512, b"abc"),
            "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
        assert_eq!(
            of(Algorithm::Blake3, b""),
            "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
    }

    #[test]
    fn the_grammar_is_the_specifications() {
        let x64 = "a".repeat(64);
        for good in [
            EMPTY.to_owned(),
            format!("sha512:{}", x64.repeat(2)),
            format!("blake3:{x64}"),
            "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8".to_owned(),
            "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564".to_owned(),
            "a.b_c-d+e1:=_-Z".to_owned(),
            format!("x:{}", "y".repeat(LONGEST)),
        ] {
            let digest: Digest = good.parse().unwrap();
            assert_eq!(digest.to_string(), good);
            assert_eq!(
                serde_json::from_str::<Digest>(&serde_json::to_string(&digest).unwrap()).unwrap(),
                digest
            );
        }
        for bad in [
            String::new(),
            ":".to_owned(),
            "sha256".to_owned(),
            "sha256:".to_owned(),
            format!(":{x64}"),
            format!("sha256:{}", &x64[1..]),
            format!("sha256:{x64}a"),
            format!("sha256:{}", x64.to_uppercase()),
            format!("sha256:{}g", &x64[1..]),
            format!("SHA256:{x64}"),
            format!("sha256 :{x64}"),
            format!(" sha256:{x64}"),
            format!("sha256:{x64}\n"),
            format!("sha512:{x64}"),
            format!("blake3:{}", x64.repeat(2)),
            "a++b:c".to_owned(),
            "+a:b".to_owned(),
            "a+:b".to_owned(),
            "x:../../etc/passwd".to_owned(),
            "x:a/b".to_owned(),
            "x:a.b".to_owned(),
            "../x:a".to_owned(),
            "x:a:b".to_owned(),
            "x:\0".to_owned(),
            format!("x:{}", "y".repeat(LONGEST + 1)),
            format!("{}:y", "x".repeat(LONGEST + 1)),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_error_does_not_repeat_a_huge_text() {
        let error = "ä".repeat(1 << 20).parse::<Digest>().unwrap_err();
        assert!(error.to_string().len() < 1000);
    }

    #[test]
    fn unknown_algorithms_verify_nothing() {
        let digest: Digest = "x:y".parse().unwrap();
        assert_eq!(Hasher::for_digest(&digest).unwrap_err(), Error::UnknownAlgorithm { digest });
    }

    #[test]
    fn chain_ids() {
        assert_eq!(ChainId::of(&[]), None);
        let [a, b, c] = ["a", "b", "c"].map(|layer| DiffId(Digest::sha256(layer.as_bytes())));
        assert_eq!(ChainId::of(std::slice::from_ref(&a)), Some(ChainId(a.0.clone())));
        let ab = Digest::sha256(format!("{a} {b}").as_bytes());
        let abc = Digest::sha256(format!("{ab} {c}").as_bytes());
        assert_eq!(ChainId::of(&[a, b, c]), Some(ChainId(abc)));
    }
}
