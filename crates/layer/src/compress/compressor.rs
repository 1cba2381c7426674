//! How a layer is to be compressed, as a person says it: `gzip`, `zstd:9`, `none`.
//!
//! The levels that a program knows are checked here, once, so that a [`Compressor`] can always be used.

use std::fmt;
use std::str::FromStr;

use ocidian_spec::Compression;

use super::name;

/// A compression with its level. The default is gzip, which every reader of images knows.
///
/// ```
/// use ocidian_layer::compress::Compressor;
///
/// let compressor: Compressor = "zstd:9".parse()?;
/// assert_eq!(compressor.level(), Some(9));
/// assert_eq!("gzip".parse::<Compressor>()?.to_string(), "gzip:2");
/// assert!("gzip:13".parse::<Compressor>().is_err());
/// # Ok::<(), ocidian_layer::compress::UnknownCompressor>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Compressor {
    compression: Compression,
    /// 0 where there is none.
    level: u8,
}

/// Not a compression, or not a level that it has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no compression: {reason}")]
pub struct UnknownCompressor {
    text: String,
    reason: String,
}

impl Compressor {
    /// No compression.
    pub const NONE: Self = Self { compression: Compression::None, level: 0 };
    /// Gzip at its default level; the table of [`Encoder`](super::Encoder)'s module says why that.
    pub const GZIP: Self = Self { compression: Compression::Gzip, level: 2 };
    /// Zstd at its default level.
    pub const ZSTD: Self = Self { compression: Compression::Zstd, level: 3 };

    /// A compression at its default level.
    pub const fn new(compression: Compression) -> Self {
        match compression {
            Compression::None => Self::NONE,
            Compression::Gzip => Self::GZIP,
            Compression::Zstd => Self::ZSTD,
        }
    }

    /// Which compression.
    pub const fn compression(self) -> Compression {
        self.compression
    }

    /// The level; `None` where nothing is compressed.
    pub fn level(self) -> Option<u8> {
        (self.compression != Compression::None).then_some(self.level)
    }

    /// The highest level: libdeflate's, whose levels up to 9 are each at least as small as that of `gzip`, and whose
    /// last three look for the smallest that there is; and 19, beyond which zstd's take windows that readers refuse.
    const fn highest(compression: Compression) -> u8 {
        match compression {
            Compression::None => 0,
            Compression::Gzip => 12,
            Compression::Zstd => 19,
        }
    }
}

impl Default for Compressor {
    fn default() -> Self {
        Self::GZIP
    }
}

impl fmt::Display for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            Some(level) => write!(f, "{}:{level}", name(self.compression)),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Compressor {
    type Err = UnknownCompressor;

    fn from_str(text: &str) -> Result<Self, UnknownCompressor> {
        let wrong = |reason: String| UnknownCompressor { text: text.chars().take(40).collect(), reason };
        let (kind, level) = match text.split_once(':') {
            Some((kind, level)) => (kind, Some(level)),
            None => (text, None),
        };
        let compressor = match kind {
            "gzip" => Self::GZIP,
            "zstd" => Self::ZSTD,
            "none" => Self::NONE,
            _ => return Err(wrong("choose gzip, zstd or none, with :LEVEL if need be".to_owned())),
        };
        let Some(level) = level else { return Ok(compressor) };
        let highest = Self::highest(compressor.compression);
        match level.parse() {
            _ if highest == 0 => Err(wrong("none has no levels".to_owned())),
            Ok(level) if (1..=highest).contains(&level) => Ok(Self { level, ..compressor }),
            _ => Err(wrong(format!("the levels of {kind} are 1 to {highest}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_may_say() {
        for (text, expected) in [
            ("gzip", Some((Compression::Gzip, Some(2)))),
            ("gzip:1", Some((Compression::Gzip, Some(1)))),
            ("gzip:12", Some((Compression::Gzip, Some(12)))),
            ("zstd", Some((Compression::Zstd, Some(3)))),
            ("zstd:19", Some((Compression::Zstd, Some(19)))),
            ("none", Some((Compression::None, None))),
            ("gzip:0", None),
            ("gzip:13", None),
            ("gzip:", None),
            ("gzip:-1", None),
            ("gzip:6:6", None),
            ("zstd:20", None),
            ("none:0", None),
            ("none:", None),
            ("GZIP", None),
            ("", None),
            ("xz", None),
        ] {
            let read: Option<Compressor> = text.parse().ok();
            assert_eq!(read.map(|c| (c.compression(), c.level())), expected, "{text}");
            if let Some(read) = read {
                assert_eq!(read.to_string().parse(), Ok(read));
            }
        }
        let error = "x".repeat(1 << 20).parse::<Compressor>().unwrap_err().to_string();
        assert!(error.len() < 200, "{error}");
    }
}
