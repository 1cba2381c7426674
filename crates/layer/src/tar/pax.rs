//! PAX extended headers: records `LENGTH KEY=VALUE\n`, framed by their length alone.
//!
//! A value may hold any byte, newlines and NULs included, so nothing but the length delimits it.

use super::malformed;
use super::notes::{Notes, Oddity};
use super::number::{self, decimal};
use super::sparse::PaxSparse;
use crate::entry::Timestamp;
use crate::error::Result;
use crate::path::shown;

/// Most bytes of one entry's extended header: room for every attribute that Linux could list, and then some.
pub(super) const MAX_EXTENDED: u64 = 1 << 20;
/// Most bytes of a global header.
pub(super) const MAX_GLOBAL: u64 = 64 << 10;
/// Most extended attributes of an entry.
pub(super) const MAX_XATTRS: usize = 1024;
/// Longest name of an extended attribute: Linux's XATTR_NAME_MAX.
pub(super) const MAX_XATTR_NAME: usize = 255;
/// Longest value of an extended attribute: Linux's XATTR_SIZE_MAX.
pub(super) const MAX_XATTR_VALUE: usize = 64 << 10;

/// What extended headers say of an entry. `None`: ask the header.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) uname: Option<Vec<u8>>,
    pub(super) gname: Option<Vec<u8>>,
    pub(super) mtime: Option<Timestamp>,
    pub(super) atime: Option<Timestamp>,
    pub(super) major: Option<u64>,
    pub(super) minor: Option<u64>,
    pub(super) sparse: PaxSparse,
    xattrs: Vec<Xattr>,
}

#[derive(Debug, Clone, PartialEq)]
struct Xattr {
    name: Vec<u8>,
    value: Vec<u8>,
    source: Source,
}

/// Where an attribute was said; the later in this list wins, whatever the order in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Global,
    Libarchive,
    Schily,
}

/// Which kind of extended header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// `x`: the next entry.
    Entry,
    /// `g`: every entry from here on.
    Global,
}

impl Records {
    /// Adds the records of an extended header whose content begins at `offset`.
    pub(super) fn read(
        &mut self,
        content: &[u8],
        scope: Scope,
        offset: u64,
        notes: &mut Notes,
    ) -> Result<()> {
        let mut rest = content;
        let mut keys = Keys::default();
        while !rest.is_empty() {
            let at = offset + (content.len() - rest.len()) as u64;
            let (record, after) = match split_record(rest) {
                Ok(split) => split,
                Err(reason) => {
                    let error = malformed(at, format!("PAX: {reason}"));
                    // Without a size that may stand there, the next header could be anywhere.
                    if rest.windows(5).any(|text| text == b"size=") {
                        return Err(error);
                    }
                    return notes.get_over(Oddity::PaxRecord, error);
                }
            };
            rest = after;
            if notes.are_wanted() {
                keys.note(record.key, scope, at, notes);
            }
            if let Err(reason) = self.apply(record, scope) {
                let error = malformed(at, format!("PAX: {} {reason}", shown(record.key)));
                let oddity = match scope {
                    Scope::Global if is_of_one_entry(record.key) => Oddity::GlobalName,
                    _ if record.key == b"size" => return Err(error),
                    _ => Oddity::PaxRecord,
                };
                notes.get_over(oddity, error)?;
            }
        }
        Ok(())
    }

    fn apply(&mut self, record: Record<'_>, scope: Scope) -> Result<(), String> {
        let Record { key, value } = record;
        if scope == Scope::Global && is_of_one_entry(key) {
            return Err("in a global header cannot hold for every entry".to_owned());
        }
        match key {
            b"path" => self.path = name(value)?,
            b"linkpath" => self.link = name(value)?,
            b"uname" => self.uname = name(value)?,
            b"gname" => self.gname = name(value)?,
            b"size" => self.size = number(value)?,
            b"uid" => self.uid = number(value)?,
            b"gid" => self.gid = number(value)?,
            b"SCHILY.devmajor" => self.major = number(value)?,
            b"SCHILY.devminor" => self.minor = number(value)?,
            b"mtime" => self.mtime = time(value)?,
            b"atime" => self.atime = time(value)?,
            _ => {
                if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.apply(key, value).inspect_err(|_| self.sparse.broken = true)?;
                } else if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.set_xattr(name.to_vec(), value.to_vec(), Source::Schily)?;
                } else if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
                    let name = percent_decoded(name)?;
                    self.set_xattr(name, base64_decoded(value)?, Source::Libarchive)?;
                }
            }
        }
        Ok(())
    }

    fn set_xattr(&mut self, name: Vec<u8>, value: Vec<u8>, source: Source) -> Result<(), String> {
        if name.is_empty() || name.contains(&0) {
            return Err("is not the name of an attribute".to_owned());
        }
        if name.len() > MAX_XATTR_NAME {
            return Err(format!("names an attribute with more than {MAX_XATTR_NAME} bytes"));
        }
        if value.len() > MAX_XATTR_VALUE {
            return Err(format!("is longer than the {MAX_XATTR_VALUE} bytes that an attribute can have"));
        }
        let full = self.xattrs.len() == MAX_XATTRS;
        match self.xattrs.iter_mut().find(|known| known.name == name) {
            Some(known) if known.source > source => {}
            Some(known) => *known = Xattr { name, value, source },
            None if full => {
                return Err(format!("is one attribute more than the {MAX_XATTRS} that are allowed"));
            }
            None => self.xattrs.push(Xattr { name, value, source }),
        }
        Ok(())
    }

    /// Makes these the ones that an entry's own records are added to.
    pub(super) fn into_global(mut self) -> Self {
        for xattr in &mut self.xattrs {
            xattr.source = Source::Global;
        }
        self
    }

    /// Bytes held, about.
    pub(super) fn weight(&self) -> u64 {
        let names = [&self.uname, &self.gname].into_iter().flatten().map(Vec::len);
        let xattrs = self.xattrs.iter().map(|xattr| xattr.name.len() + xattr.value.len());
        names.chain(xattrs).sum::<usize>() as u64
    }

    pub(super) fn take_xattrs(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        std::mem::take(&mut self.xattrs).into_iter().map(|xattr| (xattr.name, xattr.value)).collect()
    }
}

/// Whether a record says what cannot hold for every entry of an archive.
fn is_of_one_entry(key: &[u8]) -> bool {
    matches!(key, b"path" | b"linkpath" | b"size") || key.starts_with(b"GNU.sparse.")
}

/// The keys of one header so far, for notes; the first hundred.
#[derive(Default)]
struct Keys<'a> {
    seen: Vec<&'a [u8]>,
    said_global: bool,
}

impl<'a> Keys<'a> {
    fn note(&mut self, key: &'a [u8], scope: Scope, at: u64, notes: &mut Notes) {
        if scope == Scope::Global && key != b"comment" && !is_of_one_entry(key) && !self.said_global {
            self.said_global = true;
            notes.say(Oddity::Global, at, || format!("a global PAX header sets {}", shown(key)));
        }
        // GNU's first sparse format is made of repetitions.
        if matches!(key, b"GNU.sparse.offset" | b"GNU.sparse.numbytes") {
            return;
        }
        if self.seen.contains(&key) {
            notes.say(Oddity::RepeatedKey, at, || format!("PAX: {} comes twice", shown(key)));
        } else if self.seen.len() < 100 {
            self.seen.push(key);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Record<'a> {
    key: &'a [u8],
    value: &'a [u8],
}

/// Takes the first record off; its length counts itself and the newline.
fn split_record(content: &[u8]) -> Result<(Record<'_>, &[u8]), String> {
    // Eight digits reach beyond the largest block that is read.
    let space = content.iter().take(9).position(|b| *b == b' ').ok_or("a record has no length")?;
    let length = decimal(&content[..space]).map_err(|wrong| format!("a record's length {wrong}"))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > content.len() {
        return Err(format!("a record of {length} bytes reaches beyond the header's end"));
    }
    let body = content.get(space + 1..length).ok_or("a record's length is less than its own digits")?;
    let body = body.strip_suffix(b"\n").ok_or("a record does not end in a newline")?;
    let equals = body.iter().position(|b| *b == b'=').ok_or("a record has no `=`")?;
    let (key, value) = (&body[..equals], &body[equals + 1..]);
    if key.is_empty() || key.contains(&0) {
        return Err("a record's key is empty or has a NUL byte".to_owned());
    }
    Ok((Record { key, value }, &content[length..]))
}

fn name(value: &[u8]) -> Result<Option<Vec<u8>>, String> {
    match value {
        b"" => Ok(None),
        value if value.contains(&0) => Err("has a NUL byte".to_owned()),
        value => Ok(Some(value.to_vec())),
    }
}

fn number(value: &[u8]) -> Result<Option<u64>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    decimal(value).map(Some).map_err(|wrong| format!("\"{}\" {wrong}", shown(value)))
}

/// Seconds with a fraction; digits beyond nanoseconds are dropped, always towards the past.
fn time(value: &[u8]) -> Result<Option<Timestamp>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    let wrong = |wrong: number::Wrong| format!("\"{}\" {wrong}", shown(value));
    let (negative, text) = match value.strip_prefix(b"-") {
        Some(text) => (true, text),
        None => (false, value),
    };
    let (whole, fraction) = match text.iter().position(|b| *b == b'.') {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &b""[..]),
    };
    let seconds = decimal(whole).map_err(wrong)?;
    let mut seconds = i64::try_from(seconds).map_err(|_| wrong("does not fit in 63 bits"))?;
    let mut nanoseconds: u32 = 0;
    for place in 0..9 {
        let digit = fraction.get(place).map_or(b'0', |b| *b);
        nanoseconds = nanoseconds * 10 + u32::from(digit.wrapping_sub(b'0'));
        if !digit.is_ascii_digit() {
            return Err(wrong("is not decimal"));
        }
    }
    let beyond = fraction.get(9..).unwrap_or_default();
    if !beyond.iter().all(u8::is_ascii_digit) {
        return Err(wrong("is not decimal"));
    }
    if negative {
        seconds = -seconds;
        nanoseconds += u32::from(beyond.iter().any(|b| *b != b'0'));
        if nanoseconds > 0 {
            seconds -= 1;
            nanoseconds = 1_000_000_000 - nanoseconds;
        }
    }
    Ok(Some(Timestamp { seconds, nanoseconds }))
}

fn percent_decoded(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        if *first != b'%' {
            decoded.push(*first);
            rest = tail;
            continue;
        }
        let [high, low, tail @ ..] = tail else { return Err("ends within a % escape".to_owned()) };
        let digit = |b: &u8| char::from(*b).to_digit(16);
        match (digit(high), digit(low)) {
            (Some(high), Some(low)) => decoded.push((high << 4 | low) as u8),
            _ => return Err("has a % that two hex digits do not follow".to_owned()),
        }
        rest = tail;
    }
    Ok(decoded)
}

/// The standard alphabet; padding may be left out, as libarchive does.
fn base64_decoded(text: &[u8]) -> Result<Vec<u8>, String> {
    let text = text.strip_suffix(b"=").map_or(text, |text| text.strip_suffix(b"=").unwrap_or(text));
    if text.len() % 4 == 1 {
        return Err("is not base64".to_owned());
    }
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut bits: u32 = 0;
        for byte in group {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return Err("is not base64".to_owned()),
            };
            bits = bits << 6 | u32::from(value);
        }
        bits <<= 6 * (4 - group.len());
        decoded.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Ok(decoded)
}
