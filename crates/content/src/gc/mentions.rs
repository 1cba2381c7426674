//! Which stored blobs a text mentions, whatever its format: so that a document of a type that nobody here knows keeps what
//! it may need.
//!
//! Digests are found by their encoded part alone, which takes `sha256:…`, `blobs/sha256/…` and `sha256-….sig` alike. To take
//! a blob for mentioned that is not costs its space; the other way round would cost an image.

use std::collections::HashMap;
use std::io::{self, Read};

use ocidian_spec::Digest;
use ocidian_spec::digest::LONGEST;

/// Stored digests by their encoded part. One text may be the encoded part of several.
pub(super) struct Index<'a>(HashMap<&'a [u8], Vec<&'a Digest>>);

impl<'a> Index<'a> {
    pub(super) fn new(digests: impl Iterator<Item = &'a Digest>) -> Self {
        let mut index: HashMap<&[u8], Vec<&Digest>> = HashMap::new();
        for digest in digests {
            index.entry(digest.encoded().as_bytes()).or_default().push(digest);
        }
        Self(index)
    }

    /// Reads to the end, a piece at a time, and returns what is mentioned, in no order and perhaps several times.
    pub(super) fn mentioned(&self, mut text: impl Read) -> io::Result<Vec<&'a Digest>> {
        let mut found = Vec::new();
        let mut word: Vec<u8> = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            let n = match text.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            for &byte in buffer.get(..n).unwrap_or(&buffer) {
                if byte.is_ascii_alphanumeric() || b"=_-".contains(&byte) {
                    word.push(byte);
                    if word.len() >= 4 * LONGEST {
                        // Longer than any digest: what may yet end in one is its end.
                        self.look_up(&word, &mut found);
                        word.drain(..3 * LONGEST);
                    }
                } else if !word.is_empty() {
                    self.look_up(&word, &mut found);
                    word.clear();
                }
            }
        }
        self.look_up(&word, &mut found);
        Ok(found)
    }

    /// A word may be an encoded part, or hold hex digits that are one with something before or behind them: `sha256-…`
    /// and `%3a…` among them.
    fn look_up(&self, word: &[u8], found: &mut Vec<&'a Digest>) {
        let mut add = |text: &[u8]| found.extend(self.0.get(text).into_iter().flatten());
        add(word);
        let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        for run in word.split(|byte| !hex(byte)) {
            for length in [64, 128] {
                let (first, last) = (run.get(..length), run.len().checked_sub(length));
                first.into_iter().for_each(&mut add);
                last.and_then(|from| run.get(from..)).into_iter().for_each(&mut add);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_found_however_they_are_written() {
        let [a, b] = [b"a", b"b"].map(|text: &[u8; 1]| Digest::sha256(text));
        let other: Digest =
            "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8".parse().unwrap();
        let stored = [a.clone(), b.clone(), other.clone()];
        let index = Index::new(stored.iter());
        let hex = a.encoded();
        for text in [
            format!("{a}"),
            format!(r#"{{"x":"{a}"}}"#),
            format!("x@{a}\n"),
            format!("blobs/sha256/{hex}"),
            format!("sha256-{hex}.sig"),
            format!("sha256%3a{hex}"),
            format!("{}{hex}", "=".repeat(10_000)),
            format!("{}-{hex}", "ab".repeat(10_000)),
            format!("{hex}0"),
        ] {
            let found = index.mentioned(text.as_bytes()).unwrap();
            assert!(found.contains(&&a) && !found.contains(&&b), "{text}");
        }
        let found = index.mentioned(format!("{other} {b}").as_bytes()).unwrap();
        assert!(found.contains(&&other) && found.contains(&&b) && !found.contains(&&a));
        for text in [&hex[1..], &hex.to_uppercase(), "", &"a".repeat(100_000)] {
            assert!(index.mentioned(text.as_bytes()).unwrap().is_empty());
        }
    }
}
