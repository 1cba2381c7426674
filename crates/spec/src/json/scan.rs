//! The scan that every JSON text passes before serde sees it.
//!
//! One pass, no recursion: time grows with the size of the text (times the logarithm of the number
//! of names in one object), memory with the number of names in the objects that are open: 16 bytes
//! each, and what a name with escapes stands for. Names are sorted when their object closes rather
//! than kept in hash sets: that needs little memory, and has no bad case for a hostile text to aim at.

use std::fmt::Write as _;

use super::Limits;
use super::events::{Events, Fault, FaultKind, Silent};
use super::unescape::Unescape;
use crate::error::{Error, Result, clip};

/// The most names in the objects that are open at once, for the memory that they take: 64 MiB. The largest document
/// that a layout may hold has far fewer, unless it is made to have more.
const MOST_NAMES: usize = 4 << 20;

/// Checks a text iteratively, before anything recursive sees it: its size, that it is UTF-8 and one
/// JSON value without anything after it (RFC 8259), its depth, and that no object at any depth, in
/// members that nobody knows too, has two members of one name (names compared unescaped).
///
/// # Errors
/// [`Error::Document`], with what is wrong, the line and column (in bytes, from 1), and the place as
/// a JSON pointer.
pub fn scan(bytes: &[u8], limits: Limits, document: &'static str) -> Result<()> {
    scan_with(bytes, limits, &mut Silent)
        .map_err(|fault| Error::Document { document, reason: fault.to_string() })
}

/// As [`scan`], and tells `events` what it meets; they may let duplicate names pass.
///
/// # Errors
/// The first [`Fault`].
pub fn scan_with<E: Events>(bytes: &[u8], limits: Limits, events: &mut E) -> Result<(), Fault> {
    // Offsets are kept in 32 bits.
    let most = limits.size.min(u32::MAX as usize);
    if bytes.len() > most {
        let what = format!("it is {} bytes long, and at most {most} are read", bytes.len());
        return Err(Fault {
            kind: FaultKind::Size,
            what,
            at: most,
            line: 0,
            column: 0,
            pointer: String::new(),
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let (line, column) = position(bytes, e.valid_up_to());
        let what = "it is not UTF-8".to_owned();
        Fault { kind: FaultKind::Utf8, what, at: e.valid_up_to(), line, column, pointer: String::new() }
    })?;
    let mut scanner = Scanner {
        text,
        bytes,
        at: 0,
        depth: limits.depth,
        open: Vec::new(),
        names: Vec::new(),
        decoded: String::new(),
        events,
    };
    scanner.document().map_err(|stop| {
        let (line, column) = position(bytes, stop.at);
        let pointer = scanner.pointer();
        Fault { kind: stop.kind, what: stop.what, at: stop.at, line, column, pointer }
    })
}

/// Line and column of an offset, in bytes, from 1.
fn position(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    (line, column)
}

/// Why and where it goes no further.
struct Stop {
    kind: FaultKind,
    at: usize,
    what: String,
}

/// An object or array that is open.
struct Open {
    object: bool,
    /// Where its names begin in `Scanner::names`.
    names: usize,
    /// How long `Scanner::decoded` was before it.
    decoded: usize,
    /// Elements before the current one.
    index: usize,
}

/// A name, by its place in the text without its quotes, or in `Scanner::decoded`.
#[derive(Clone, Copy)]
struct Name {
    /// Where it stands in the text.
    at: u32,
    start: u32,
    end: u32,
    decoded: bool,
}

/// A string in the text, without its quotes.
struct Quoted {
    start: usize,
    end: usize,
    escaped: bool,
}

struct Scanner<'a, E> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    open: Vec<Open>,
    names: Vec<Name>,
    /// What the names with escapes stand for, one after the other.
    decoded: String,
    events: &'a mut E,
}

type Scan<T = ()> = Result<T, Stop>;

impl<E: Events> Scanner<'_, E> {
    fn document(&mut self) -> Scan {
        loop {
            if self.value()? {
                continue;
            }
            // A value has ended: close what it ends, up to the next value's beginning.
            loop {
                self.space();
                let Some(innermost) = self.open.last_mut() else {
                    return match self.peek() {
                        None => Ok(()),
                        Some(_) => self.fault("text after the end"),
                    };
                };
                let object = innermost.object;
                match (self.bytes.get(self.at), object) {
                    (Some(b','), _) => {
                        self.at += 1;
                        innermost.index += 1;
                        if object {
                            self.space();
                            self.name()?;
                        }
                        break;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => self.close()?,
                    (None, _) => return self.fault("the text ends too early"),
                    (_, true) => return self.fault("expected `,` or `}`"),
                    (_, false) => return self.fault("expected `,` or `]`"),
                }
            }
        }
    }

    /// A value, or the beginning of one that holds others; `true` if a value must follow at once.
    fn value(&mut self) -> Scan<bool> {
        self.space();
        match self.peek() {
            Some(b @ (b'{' | b'[')) => {
                let object = b == b'{';
                if self.open.len() == self.depth {
                    let what = format!("more than {} levels", self.depth);
                    return Err(Stop { kind: FaultKind::Depth, at: self.at, what });
                }
                self.events.open(self.at, object);
                self.open.push(Open {
                    object,
                    names: self.names.len(),
                    decoded: self.decoded.len(),
                    index: 0,
                });
                self.at += 1;
                self.space();
                match (self.peek(), object) {
                    (Some(b'}'), true) | (Some(b']'), false) => self.close().map(|()| false),
                    (_, true) => self.name().map(|()| true),
                    (_, false) => Ok(true),
                }
            }
            Some(_) => self.scalar().map(|()| false),
            None => self.fault("the text ends too early"),
        }
    }

    /// A string, a number or a word.
    fn scalar(&mut self) -> Scan {
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.fault("expected a value"),
        }?;
        self.events.scalar(start..self.at);
        Ok(())
    }

    /// A name and its colon.
    fn name(&mut self) -> Scan {
        if self.peek() != Some(b'"') {
            return self.fault("expected a name");
        }
        let at = self.at as u32;
        let Quoted { start, end, escaped } = self.string()?;
        // Offsets fit: the size was checked, and nothing grows by decoding.
        let (start, end) = if escaped {
            let before = self.decoded.len();
            self.decoded.extend(Unescape::new(self.text.get(start..end).unwrap_or_default()));
            (before as u32, self.decoded.len() as u32)
        } else {
            (start as u32, end as u32)
        };
        if self.names.len() == MOST_NAMES {
            let what = format!("more than {MOST_NAMES} names in the objects that are open");
            return Err(Stop { kind: FaultKind::Size, at: at as usize, what });
        }
        self.names.push(Name { at, start, end, decoded: escaped });
        self.events.name(at as usize..self.at);
        self.space();
        if self.peek() != Some(b':') {
            return self.fault("expected `:`");
        }
        self.at += 1;
        Ok(())
    }

    /// Ends the innermost object or array.
    fn close(&mut self) -> Scan {
        self.at += 1;
        let Some(closed) = self.open.pop() else { return Ok(()) };
        let fault = self.duplicate(closed.names);
        self.names.truncate(closed.names);
        self.decoded.truncate(closed.decoded);
        self.events.close(self.at);
        fault.map_or(Ok(()), Err)
    }

    /// The first name from `names` on that stood there before, unless all such may pass.
    fn duplicate(&mut self, names: usize) -> Option<Stop> {
        let (text, decoded) = (self.text, self.decoded.as_str());
        let key = |name: &Name| characters(text, decoded, *name);
        let names = self.names.get_mut(names..)?;
        names.sort_unstable_by(|a, b| key(a).cmp(key(b)).then(a.at.cmp(&b.at)));
        let mut first: Option<Name> = None;
        for pair in names.windows(2) {
            if let [a, b] = pair
                && key(a) == key(b)
                && !self.events.duplicate(b.at as usize)
            {
                first = Some(first.filter(|first| first.at < b.at).unwrap_or(*b));
            }
        }
        first.map(|name| {
            let what = format!("duplicate name {:?}", clip(self.characters(name)));
            Stop { kind: FaultKind::Duplicate, at: name.at as usize, what }
        })
    }

    fn characters(&self, name: Name) -> &str {
        characters(self.text, &self.decoded, name)
    }

    /// A string; what stands between its quotes.
    fn string(&mut self) -> Scan<Quoted> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..0x20) => return self.fault("a control character in a string"),
                Some(_) => self.at += 1,
                None => return self.fault("the text ends within a string"),
            }
        }
        let end = self.at;
        self.at += 1;
        Ok(Quoted { start, end, escaped })
    }

    fn escape(&mut self) -> Scan {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => match self.unit(self.at)? {
                0xd800..0xdc00 => match self.unit(self.at + 6) {
                    Ok(0xdc00..0xe000) => {
                        self.at += 12;
                        Ok(())
                    }
                    _ => self.fault("a lone surrogate"),
                },
                0xdc00..0xe000 => self.fault("a lone surrogate"),
                _ => {
                    self.at += 6;
                    Ok(())
                }
            },
            _ => self.fault("a bad escape"),
        }
    }

    /// The UTF-16 unit that `\uXXXX` at this offset stands for.
    fn unit(&self, at: usize) -> Scan<u16> {
        let digits = match self.bytes.get(at..at + 6) {
            Some([b'\\', b'u', digits @ ..]) if digits.iter().all(u8::is_ascii_hexdigit) => digits,
            _ => return self.fault("a bad escape"),
        };
        let digit = |b: &u8| char::from(*b).to_digit(16).unwrap_or(0) as u16;
        Ok(digits.iter().fold(0, |n, b| n << 4 | digit(b)))
    }

    fn number(&mut self) -> Scan {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        match self.peek() {
            Some(b'0'..=b'9') => self.fault("a bad number"),
            _ => Ok(()),
        }
    }

    /// One digit at least.
    fn digits(&mut self) -> Scan {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return self.fault("a bad number");
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self, word: &str) -> Scan {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return self.fault("expected a value");
        }
        self.at += word.len();
        Ok(())
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn fault<T>(&self, what: &str) -> Scan<T> {
        Err(Stop { kind: FaultKind::Syntax, at: self.at, what: what.to_owned() })
    }

    /// Where the scanner stands (RFC 6901), cut short where it is long.
    fn pointer(&self) -> String {
        const LONGEST: usize = 200;
        let mut pointer = String::new();
        for (i, open) in self.open.iter().enumerate() {
            if pointer.len() > LONGEST {
                pointer.push('…');
                break;
            }
            pointer.push('/');
            if !open.object {
                // Writing to a string cannot fail.
                let _ = write!(pointer, "{}", open.index);
                continue;
            }
            let end = self.open.get(i + 1).map_or(self.names.len(), |inner| inner.names);
            let name = self.names.get(open.names..end).and_then(<[Name]>::last);
            for c in name.into_iter().flat_map(|name| self.characters(*name).chars()).take(LONGEST) {
                match c {
                    '~' => pointer.push_str("~0"),
                    '/' => pointer.push_str("~1"),
                    c => pointer.extend(c.escape_debug()),
                }
            }
        }
        pointer
    }
}

/// What a name stands for.
fn characters<'a>(text: &'a str, decoded: &'a str, name: Name) -> &'a str {
    let from = if name.decoded { decoded } else { text };
    from.get(name.start as usize..name.end as usize).unwrap_or_default()
}
