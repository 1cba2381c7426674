//! A breach of a rule: what was found, and where.

use std::fmt;

use ocidian_spec::Digest;

use crate::rule::Rule;

/// One breach of a rule.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which rule.
    pub rule: &'static Rule,
    /// Where.
    pub location: Location,
    /// What was found there. One line, but what it quotes of a document may hold any character but control ones.
    pub message: String,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// In what.
    pub subject: Subject,
    /// Where in it.
    pub place: Place,
}

/// A file or a blob.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A file, as it would be named from where the target is: `index.json`, `blobs/sha256/README`, `config.json`.
    File(String),
    /// A blob, by the digest that it should have.
    Blob(Digest),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::Blob(digest) => digest.fmt(f),
        }
    }
}

/// Where in a file or a blob.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// All of it, or nowhere in particular.
    Whole,
    /// A byte, counted from 0.
    Byte(u64),
    /// A value of a JSON document, by its pointer (RFC 6901); empty for the document itself.
    Pointer(String),
    /// An entry of a layer's tar.
    Entry {
        /// Its name as it stands there, with whatever is not printable ASCII escaped.
        path: String,
        /// Where its header begins in the uncompressed tar.
        offset: u64,
    },
}

impl Place {
    /// The entry of that raw name.
    pub fn entry(path: &[u8], offset: u64) -> Self {
        Self::Entry { path: clip(path.escape_ascii()), offset }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.subject.fmt(f)?;
        match &self.place {
            Place::Whole => Ok(()),
            Place::Byte(offset) => write!(f, " byte {offset}"),
            Place::Pointer(pointer) if pointer.is_empty() => Ok(()),
            Place::Pointer(pointer) => write!(f, " {pointer}"),
            Place::Entry { path, offset } => write!(f, " entry {path} (byte {offset})"),
        }
    }
}

/// The most characters of a foreign text that a message repeats.
const QUOTED: usize = 160;

/// A foreign text for a message: in quotes, control characters escaped, cut short where it is long.
pub fn quote(text: &str) -> String {
    if text.chars().nth(QUOTED).is_none() {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(QUOTED).collect();
    format!("{start:?}…")
}

/// The beginning of a text that is already escaped.
fn clip(text: impl fmt::Display) -> String {
    let text = text.to_string();
    match text.char_indices().nth(QUOTED) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_short_and_harmless() {
        assert_eq!(quote("a\x1b[31m\n"), r#""a\u{1b}[31m\n""#);
        let long = quote(&"ä".repeat(10_000));
        assert_eq!(long.chars().count(), QUOTED + 3);
        let Place::Entry { path, .. } = Place::entry(&[0; 10_000], 0) else { panic!() };
        assert_eq!(path.chars().count(), QUOTED + 1);
    }

    #[test]
    fn locations_read_like_sentences() {
        let file = Subject::File("index.json".to_owned());
        let at = |place| Location { subject: file.clone(), place }.to_string();
        assert_eq!(at(Place::Whole), "index.json");
        assert_eq!(at(Place::Pointer("/manifests/0".to_owned())), "index.json /manifests/0");
        assert_eq!(at(Place::entry(b"./a\n", 512)), r"index.json entry ./a\n (byte 512)");
    }
}
