//! A header block: its fields by format, and its checksum.
//!
//! v7, ustar, star and old GNU differ in what follows the first 257 bytes. The magic tells them apart.

use super::number::{self, Wrong};
use super::{BLOCK, malformed};
use crate::error::Result;

/// A block that holds a header, and where it was.
pub(super) struct Header {
    block: [u8; BLOCK],
    offset: u64,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// No magic: name, numbers, type and link name only.
    V7,
    /// POSIX; the prefix is 155 bytes.
    Ustar,
    /// star; the prefix is 131 bytes.
    Star,
    /// Old GNU: no prefix, times and a sparse map in its place.
    Gnu,
}

impl Header {
    /// Takes a block for a header if its checksum is right.
    pub(super) fn parse(block: [u8; BLOCK], offset: u64) -> Result<Self> {
        let format = match &block[257..265] {
            b"ustar  \0" => Format::Gnu,
            [b'u', b's', b't', b'a', b'r', 0, ..] if &block[508..] == b"tar\0" => Format::Star,
            [b'u', b's', b't', b'a', b'r', 0, ..] => Format::Ustar,
            _ => Format::V7,
        };
        let header = Self { block, offset, format };
        header.verify()?;
        Ok(header)
    }

    /// The sum counts its own field as spaces. Some old writers summed signed bytes.
    fn verify(&self) -> Result<()> {
        let stored = self.number(148..156, "checksum", number::unsigned)?;
        let own: u32 = self.block[148..156].iter().map(|b| u32::from(*b)).sum();
        let all: u32 = self.block.iter().map(|b| u32::from(*b)).sum();
        let sum = i64::from(all) - i64::from(own) + 8 * i64::from(b' ');
        let stored = i64::try_from(stored).unwrap_or(-1);
        if stored == sum {
            return Ok(());
        }
        let high = |bytes: &[u8]| bytes.iter().map(|b| i64::from(b >> 7)).sum::<i64>();
        if stored == sum - 256 * (high(&self.block) - high(&self.block[148..156])) {
            return Ok(());
        }
        Err(malformed(
            self.offset,
            format!("the header's checksum is {stored:o}, but its bytes sum up to {sum:o}"),
        ))
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn typeflag(&self) -> u8 {
        self.block[156]
    }

    pub(super) fn size(&self) -> Result<u64> {
        self.number(124..136, "size", number::unsigned)
    }

    pub(super) fn mode(&self) -> Result<u64> {
        self.number(100..108, "mode", number::unsigned)
    }

    pub(super) fn uid(&self) -> Result<u64> {
        self.number(108..116, "uid", number::unsigned)
    }

    pub(super) fn gid(&self) -> Result<u64> {
        self.number(116..124, "gid", number::unsigned)
    }

    pub(super) fn mtime(&self) -> Result<i64> {
        self.number(136..148, "mtime", number::signed)
    }

    /// Names of the fields that every entry needs and that hold neither a digit nor a byte of base-256.
    pub(super) fn blanks(&self) -> impl Iterator<Item = &'static str> + '_ {
        let fields = [("mode", 100..108), ("uid", 108..116), ("gid", 116..124), ("mtime", 136..148)];
        let blank = |range: std::ops::Range<usize>| self.block[range].iter().all(|b| matches!(b, b' ' | 0));
        fields.into_iter().filter(move |(_, range)| blank(range.clone())).map(|(name, _)| name)
    }

    /// The access time that only old GNU and star headers hold; 0 stands for none.
    pub(super) fn atime(&self) -> Result<Option<i64>> {
        let field = match self.format {
            Format::Gnu => 345..357,
            Format::Star => 476..488,
            Format::V7 | Format::Ustar => return Ok(None),
        };
        let seconds = self.number(field, "atime", number::signed)?;
        Ok((seconds != 0).then_some(seconds))
    }

    /// Major and minor device number.
    pub(super) fn device(&self) -> Result<(u64, u64)> {
        if self.format == Format::V7 {
            return Ok((0, 0));
        }
        let major = self.number(329..337, "major device number", number::unsigned)?;
        let minor = self.number(337..345, "minor device number", number::unsigned)?;
        Ok((major, minor))
    }

    /// The name, with the prefix where the format has one.
    pub(super) fn path(&self) -> Vec<u8> {
        let name = text(&self.block[..100]);
        let prefix = match self.format {
            Format::Ustar => text(&self.block[345..500]),
            Format::Star => text(&self.block[345..476]),
            Format::V7 | Format::Gnu => b"",
        };
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    pub(super) fn link(&self) -> &[u8] {
        text(&self.block[157..257])
    }

    pub(super) fn uname(&self) -> &[u8] {
        if self.format == Format::V7 { b"" } else { text(&self.block[265..297]) }
    }

    pub(super) fn gname(&self) -> &[u8] {
        if self.format == Format::V7 { b"" } else { text(&self.block[297..329]) }
    }

    /// The first four places of an old GNU sparse map.
    pub(super) fn sparse_places(&self) -> &[u8] {
        &self.block[386..482]
    }

    /// Whether blocks with more of the map follow.
    pub(super) fn sparse_continues(&self) -> bool {
        self.block[482] != 0
    }

    /// The logical size of an old GNU sparse file.
    pub(super) fn sparse_size(&self) -> Result<u64> {
        self.number(483..495, "real size", number::unsigned)
    }

    fn number<T>(
        &self,
        field: std::ops::Range<usize>,
        name: &str,
        parse: impl Fn(&[u8]) -> Result<T, Wrong>,
    ) -> Result<T> {
        let bytes = &self.block[field];
        parse(bytes).map_err(|wrong| {
            malformed(self.offset, format!("the header's {name} \"{}\" {wrong}", bytes.escape_ascii()))
        })
    }
}

/// A text field up to its NUL, or all of it.
pub(super) fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    &field[..end]
}
