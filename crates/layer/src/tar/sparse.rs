//! Sparse files: where a file's stored bytes go. All four forms that GNU tar has written.
//!
//! A map is data from a stranger: its places must be in order, apart, within the file's size, and
//! sum up to exactly the bytes that are stored.

use super::number::{self, decimal};
use super::{BLOCK, malformed};
use crate::error::Result;

/// Most places of a map; each takes 16 bytes of memory.
pub(super) const MAX_PLACES: usize = 128 << 10;

/// A run of stored bytes and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) len: u64,
}

/// A map being read.
#[derive(Debug, Default)]
pub(super) struct Map(Vec<Place>);

impl Map {
    pub(super) fn push(&mut self, offset: u64, len: u64, at: u64) -> Result<()> {
        if self.0.len() == MAX_PLACES {
            return Err(malformed(at, format!("a sparse map has more than {MAX_PLACES} places")));
        }
        self.0.push(Place { offset, len });
        Ok(())
    }

    /// The map of a file of `size` logical bytes, `stored` of which are in the archive.
    pub(super) fn check(self, size: u64, stored: u64, at: u64) -> Result<Vec<Place>> {
        let mut end: u64 = 0;
        let mut sum: u64 = 0;
        for place in &self.0 {
            if place.offset < end {
                return Err(malformed(at, "a sparse map's places overlap or are out of order"));
            }
            end = place.offset.checked_add(place.len).filter(|end| *end <= size).ok_or_else(|| {
                malformed(at, format!("a sparse map reaches beyond the file's size of {size} bytes"))
            })?;
            // Places lie apart within `size`: the sum cannot overflow.
            sum += place.len;
        }
        if sum != stored {
            return Err(malformed(
                at,
                format!("a sparse map has {sum} bytes of data, but {stored} bytes are stored"),
            ));
        }
        Ok(self.0)
    }

    /// Adds places of an old GNU header: pairs of 12 byte numbers; an empty pair ends the map.
    pub(super) fn push_old_gnu(&mut self, places: &[u8], at: u64) -> Result<()> {
        for place in places.chunks_exact(24) {
            if place[0] == 0 || place[12] == 0 {
                break;
            }
            let number = |field| {
                number::unsigned(field).map_err(|wrong| {
                    malformed(at, format!("a sparse map's number \"{}\" {wrong}", field.escape_ascii()))
                })
            };
            self.push(number(&place[..12])?, number(&place[12..])?, at)?;
        }
        Ok(())
    }
}

/// What PAX records say of a sparse file. The format's version decides what they mean.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PaxSparse {
    major: Option<u64>,
    minor: Option<u64>,
    /// The name that the file really has.
    pub(super) name: Option<Vec<u8>>,
    size: Option<u64>,
    count: Option<u64>,
    /// Offsets and lengths in turn, as 0.0 and 0.1 give them.
    numbers: Vec<u64>,
    /// Whether any of the above was given.
    pub(super) present: bool,
    /// Whether a record could not be read, and so the map neither.
    pub(super) broken: bool,
}

/// How a PAX sparse file's map is stored.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PaxMap {
    /// In the records.
    Records(Vec<u64>),
    /// In front of the content.
    Content,
}

impl PaxSparse {
    /// Takes in the record `GNU.sparse.KEY=VALUE`.
    pub(super) fn apply(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        let number = || decimal(value).map_err(str::to_owned);
        match key {
            b"major" => self.major = Some(number()?),
            b"minor" => self.minor = Some(number()?),
            b"name" if value.is_empty() || value.contains(&0) => {
                return Err("is empty or has a NUL byte".to_owned());
            }
            b"name" => self.name = Some(value.to_vec()),
            b"size" | b"realsize" => self.size = Some(number()?),
            b"numblocks" => self.count = Some(number()?),
            b"offset" if self.numbers.len().is_multiple_of(2) => self.push(number()?)?,
            b"numbytes" if !self.numbers.len().is_multiple_of(2) => self.push(number()?)?,
            b"offset" | b"numbytes" => return Err("is out of turn".to_owned()),
            b"map" => {
                self.numbers.clear();
                for text in value.split(|b| *b == b',').filter(|_| !value.is_empty()) {
                    self.push(decimal(text)?)?;
                }
            }
            _ => return Ok(()),
        }
        self.present = true;
        Ok(())
    }

    fn push(&mut self, number: u64) -> Result<(), String> {
        if self.numbers.len() == 2 * MAX_PLACES {
            return Err(format!("makes a map of more than {MAX_PLACES} places"));
        }
        self.numbers.push(number);
        Ok(())
    }

    /// The logical size, and where the map is.
    pub(super) fn interpret(self) -> Result<(u64, PaxMap), &'static str> {
        let size = self.size.ok_or("PAX: a sparse file has no GNU.sparse.size or GNU.sparse.realsize")?;
        match (self.major, self.minor) {
            (Some(1), Some(0)) if self.numbers.is_empty() => Ok((size, PaxMap::Content)),
            (None, None) | (Some(0), Some(0 | 1)) => {
                let count = self.count.ok_or("PAX: a sparse file has no GNU.sparse.numblocks")?;
                if count.checked_mul(2) != Some(self.numbers.len() as u64) {
                    return Err("PAX: a sparse map has not as many places as GNU.sparse.numblocks says");
                }
                Ok((size, PaxMap::Records(self.numbers)))
            }
            _ => Err("PAX: the version of a sparse file is unknown"),
        }
    }
}

/// Reads a map of form 1.0 from the blocks in front of the content: a count, then offsets and lengths,
/// each a line of decimal digits.
#[derive(Debug, Default)]
pub(super) struct ContentMap {
    map: Map,
    /// Numbers yet to come; `None` before the count.
    left: Option<usize>,
    offset: Option<u64>,
    digits: Vec<u8>,
}

impl ContentMap {
    /// Takes in a block; the map once it is complete.
    pub(super) fn push(&mut self, block: &[u8; BLOCK], at: u64) -> Result<Option<Map>> {
        for byte in block {
            if *byte != b'\n' {
                if self.digits.len() == 20 {
                    return Err(malformed(at, "a sparse map's number is too long"));
                }
                self.digits.push(*byte);
                continue;
            }
            let number = decimal(&self.digits)
                .map_err(|wrong| malformed(at, format!("a sparse map's number {wrong}")))?;
            self.digits.clear();
            self.number(number, at)?;
            if self.left == Some(0) {
                return Ok(Some(std::mem::take(&mut self.map)));
            }
        }
        Ok(None)
    }

    fn number(&mut self, number: u64, at: u64) -> Result<()> {
        let Some(left) = &mut self.left else {
            let count = usize::try_from(number).ok().filter(|count| *count <= MAX_PLACES);
            let count = count
                .ok_or_else(|| malformed(at, format!("a sparse map has more than {MAX_PLACES} places")))?;
            self.left = Some(2 * count);
            return Ok(());
        };
        *left -= 1;
        match self.offset.take() {
            None => self.offset = Some(number),
            Some(offset) => self.map.push(offset, number, at)?,
        }
        Ok(())
    }
}
