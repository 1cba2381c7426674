//! The reader: from blocks to entries, content and the archive's end.

use std::io::BufRead;
use std::vec;

use super::blocks::Blocks;
use super::entry::{RawEntry, typeflag};
use super::header::{Format, Header, text};
use super::pax::{MAX_EXTENDED, MAX_GLOBAL, Records, Scope};
use super::sparse::{ContentMap, Map, PaxMap, Place};
use super::trailer::{EndOfArchive, Trailer};
use super::{BLOCK, malformed};
use crate::compress;
use crate::entry::Timestamp;
use crate::error::{Error, Result};

/// Longest GNU long name: no path that a system call takes comes near.
const MAX_LONG_NAME: u64 = 64 << 10;
/// Most extended headers in front of one entry.
const MAX_EXTENDED_HEADERS: u32 = 64;

/// What a caller puts up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most headers, extended ones included.
    pub max_entries: u64,
    /// Most bytes of uncompressed tar, so that a bomb of any kind stops. `None`: as many as there are.
    pub max_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_entries: 10_000_000, max_bytes: None }
    }
}

/// A piece of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent<'a> {
    /// Where in the file it goes; holes lie between extents, and after the last.
    pub offset: u64,
    /// The bytes; never empty.
    pub bytes: &'a [u8],
}

/// Reads a tar, entry by entry. The rules are those of [`crate::tar`].
pub struct Reader<R> {
    blocks: Blocks<R>,
    max_entries: u64,
    headers: u64,
    globals: Records,
    body: Body,
    trailer: Option<Trailer>,
    missing_padding: u64,
    failed: bool,
}

/// What is left of the current entry's content.
#[derive(Default)]
struct Body {
    /// Where in the file the next byte goes.
    at: u64,
    /// Bytes left of the current place.
    left: u64,
    /// Places after that one.
    places: vec::IntoIter<Place>,
    /// Stored bytes left, of all places.
    stored: u64,
    /// Bytes that fill up the last block.
    padding: u64,
}

/// What extended headers said about an entry to come.
#[derive(Default)]
struct Extended {
    offset: Option<u64>,
    count: u32,
    /// The content of an `x` header, and where it began.
    pax: Option<(Vec<u8>, u64)>,
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl<R: BufRead> Reader<R> {
    /// Reads the tar that `inner` yields.
    pub fn new(inner: R, limits: Limits) -> Self {
        Self {
            blocks: Blocks::new(inner, limits.max_bytes),
            max_entries: limits.max_entries,
            headers: 0,
            globals: Records::default(),
            body: Body::default(),
            trailer: None,
            missing_padding: 0,
            failed: false,
        }
    }

    /// Bytes of the uncompressed tar so far, those of the last extent included.
    pub fn offset(&self) -> u64 {
        self.blocks.offset()
    }

    /// The next entry; what was not read of the previous one's content is skipped. `None` at the end.
    ///
    /// After an error the archive cannot be read on: every later call is an error too.
    pub fn next_entry(&mut self) -> Result<Option<RawEntry>> {
        if self.failed {
            return Err(malformed(self.blocks.offset(), "reading already failed"));
        }
        let entry = self.try_next_entry();
        self.failed = entry.is_err();
        entry
    }

    /// The next piece of the current entry's content, straight from the stream's buffer; of a sparse
    /// file the stored pieces alone. `None` at its end.
    pub fn data(&mut self) -> Result<Option<Extent<'_>>> {
        while self.body.left == 0 {
            let Some(place) = self.body.places.next() else { return Ok(None) };
            (self.body.at, self.body.left) = (place.offset, place.len);
        }
        let (at, offset, missing) = (self.blocks.offset(), self.body.at, self.body.stored);
        let bytes = self.blocks.lend(self.body.left)?;
        let len = bytes.len() as u64;
        if len == 0 {
            return Err(cut_off(at, missing));
        }
        self.body.at += len;
        self.body.left -= len;
        self.body.stored -= len;
        Ok(Some(Extent { offset, bytes }))
    }

    /// Reads on to the end of the stream, and says how the archive ended. Entries that are left are
    /// read and checked too.
    pub fn finish(mut self) -> Result<(R, Trailer)> {
        while self.next_entry()?.is_some() {}
        let mut trailer = self.trailer.unwrap_or_default();
        trailer.zero_padding += self.blocks.zeros(u64::MAX)?;
        if !self.blocks.fill()?.is_empty() {
            trailer.garbage = Some(self.blocks.offset());
            self.blocks.skip(u64::MAX)?;
        }
        Ok((self.blocks.into_inner(), trailer))
    }

    fn try_next_entry(&mut self) -> Result<Option<RawEntry>> {
        self.skip_body()?;
        if self.trailer.is_some() {
            return Ok(None);
        }
        let mut extended = Extended::default();
        loop {
            let Some(header) = self.header()? else {
                return match extended.offset {
                    None => Ok(None),
                    Some(offset) => Err(malformed(offset, "no entry follows an extended header")),
                };
            };
            if !matches!(header.typeflag(), b'x' | b'g' | b'L' | b'K') {
                return self.entry(&header, extended).map(Some);
            }
            extended.offset.get_or_insert(header.offset());
            extended.count += 1;
            if extended.count > MAX_EXTENDED_HEADERS {
                let reason = format!("an entry has more than {MAX_EXTENDED_HEADERS} extended headers");
                return Err(malformed(header.offset(), reason));
            }
            self.extend(&header, &mut extended)?;
        }
    }

    /// Reads an extended header's content.
    fn extend(&mut self, header: &Header, extended: &mut Extended) -> Result<()> {
        let (what, max) = match header.typeflag() {
            b'x' => ("a PAX header", MAX_EXTENDED),
            b'g' => ("a global PAX header", MAX_GLOBAL),
            _ => ("a GNU long name", MAX_LONG_NAME),
        };
        let content = self.extended_content(header, what, max)?;
        let offset = header.offset() + BLOCK as u64;
        let repeated = match header.typeflag() {
            b'g' => {
                self.globals.read(&content, Scope::Global, offset)?;
                self.globals = std::mem::take(&mut self.globals).into_global();
                if self.globals.weight() > MAX_GLOBAL {
                    let reason = format!("global PAX headers hold more than {MAX_GLOBAL} bytes");
                    return Err(malformed(header.offset(), reason));
                }
                false
            }
            b'x' => extended.pax.replace((content, offset)).is_some(),
            flag => {
                let name = text(&content).to_vec();
                if name.is_empty() {
                    return Err(malformed(header.offset(), "a GNU long name is empty"));
                }
                let field = if flag == b'L' { &mut extended.path } else { &mut extended.link };
                field.replace(name).is_some()
            }
        };
        if repeated {
            let flag = header.typeflag().escape_ascii();
            return Err(malformed(
                header.offset(),
                format!("an extended header `{flag}` comes after another for the same entry"),
            ));
        }
        Ok(())
    }

    fn extended_content(&mut self, header: &Header, what: &str, max: u64) -> Result<Vec<u8>> {
        let size = header.size()?;
        if size > max {
            let reason = format!("{what} has {size} bytes, but at most {max} are read");
            return Err(malformed(header.offset(), reason));
        }
        self.body = Body::plain(size);
        let mut content = Vec::with_capacity(size.min(4096) as usize);
        while let Some(extent) = self.data()? {
            content.extend_from_slice(extent.bytes);
        }
        self.skip_body()?;
        Ok(content)
    }

    fn entry(&mut self, header: &Header, extended: Extended) -> Result<RawEntry> {
        let at = header.offset();
        let mut records = self.globals.clone();
        if let Some((content, offset)) = extended.pax {
            records.read(&content, Scope::Entry, offset)?;
        }
        let sparse = std::mem::take(&mut records.sparse);
        let path =
            sparse.name.clone().or(records.path.take()).or(extended.path).unwrap_or_else(|| header.path());
        let link = records.link.take().or(extended.link).unwrap_or_else(|| header.link().to_vec());
        let declared_size = records.size.map_or_else(|| header.size(), Ok)?;
        if i64::try_from(declared_size).is_err() {
            return Err(malformed(
                at,
                format!("a size of {declared_size} bytes is beyond what a file can have"),
            ));
        }
        let mut flag = match header.typeflag() {
            0 | typeflag::CONTIGUOUS => typeflag::FILE,
            flag => flag,
        };
        if flag == typeflag::FILE && path.ends_with(b"/") {
            if declared_size != 0 {
                return Err(malformed(at, "a file's name ends in `/`, yet it has a size"));
            }
            flag = typeflag::DIRECTORY;
        }
        let has_content = !matches!(flag, b'1'..=b'6');
        let mut entry = RawEntry {
            path,
            link,
            typeflag: flag,
            declared_size,
            stored_size: 0,
            size: 0,
            sparse: sparse.present || flag == typeflag::GNU_SPARSE,
            mode: header.mode()?,
            uid: records.uid.map_or_else(|| header.uid(), Ok)?,
            gid: records.gid.map_or_else(|| header.gid(), Ok)?,
            uname: records.uname.take().unwrap_or_else(|| header.uname().to_vec()),
            gname: records.gname.take().unwrap_or_else(|| header.gname().to_vec()),
            mtime: records.mtime.map_or_else(|| header.mtime().map(whole), Ok)?,
            atime: records
                .atime
                .map_or_else(|| Ok(header.atime()?.map(whole)), |atime| Ok::<_, Error>(Some(atime)))?,
            device: None,
            xattrs: records.take_xattrs(),
            offset: extended.offset.unwrap_or(at),
            data_offset: 0,
        };
        if matches!(flag, typeflag::CHAR_DEVICE | typeflag::BLOCK_DEVICE) {
            let (major, minor) = header.device()?;
            entry.device = Some((records.major.unwrap_or(major), records.minor.unwrap_or(minor)));
        }
        let stored = if has_content { declared_size } else { 0 };
        self.body = Body::plain(stored);
        entry.size = stored;
        if flag == typeflag::GNU_SPARSE {
            entry.size = self.old_gnu_sparse(header, sparse.present)?;
        } else if sparse.present {
            if flag != typeflag::FILE {
                return Err(malformed(at, "PAX: only a regular file can be sparse"));
            }
            entry.size = self.pax_sparse(sparse, at)?;
        }
        entry.stored_size = self.body.stored;
        entry.data_offset = self.blocks.offset();
        Ok(entry)
    }

    fn old_gnu_sparse(&mut self, header: &Header, also_pax: bool) -> Result<u64> {
        let at = header.offset();
        if header.format() != Format::Gnu || also_pax {
            return Err(malformed(at, "a sparse entry of type `S` is not in GNU's old format"));
        }
        let size = header.sparse_size()?;
        let mut map = Map::default();
        map.push_old_gnu(header.sparse_places(), at)?;
        let mut continues = header.sparse_continues();
        while continues {
            let offset = self.blocks.offset();
            let Some(block) = self.blocks.block()? else {
                return Err(malformed(offset, "a sparse map is cut off"));
            };
            map.push_old_gnu(&block[..504], offset)?;
            continues = block[504] != 0;
            self.count_header(offset)?;
        }
        self.body.set_places(map.check(size, self.body.stored, at)?);
        Ok(size)
    }

    fn pax_sparse(&mut self, sparse: super::sparse::PaxSparse, at: u64) -> Result<u64> {
        let (size, source) = sparse.interpret().map_err(|reason| malformed(at, reason))?;
        let map = match source {
            PaxMap::Records(numbers) => {
                let mut map = Map::default();
                for pair in numbers.chunks_exact(2) {
                    map.push(pair[0], pair[1], at)?;
                }
                map
            }
            PaxMap::Content => {
                let mut reading = ContentMap::default();
                loop {
                    let offset = self.blocks.offset();
                    let Some(left) = self.body.stored.checked_sub(BLOCK as u64) else {
                        return Err(malformed(offset, "a sparse map reaches beyond the entry's end"));
                    };
                    let Some(block) = self.blocks.block()? else {
                        return Err(malformed(offset, "a sparse map is cut off"));
                    };
                    self.body.stored = left;
                    if let Some(map) = reading.push(&block, offset)? {
                        break map;
                    }
                }
            }
        };
        self.body.set_places(map.check(size, self.body.stored, at)?);
        Ok(size)
    }

    /// The next header, or `None` at the archive's end.
    fn header(&mut self) -> Result<Option<Header>> {
        let offset = self.blocks.offset();
        let mut trailer = Trailer { missing_padding: self.missing_padding, ..Trailer::default() };
        let Some(block) = self.blocks.block()? else {
            // Fewer zeros than a block at the end of the stream are padding, of whatever is missing.
            trailer.zero_padding = self.blocks.offset() - offset;
            self.trailer = Some(trailer);
            return Ok(None);
        };
        if block == [0; BLOCK] {
            trailer.end_of_archive = EndOfArchive::OneBlock;
            // Less than a second one is padding already.
            match self.blocks.zeros(BLOCK as u64)? {
                zeros if zeros == BLOCK as u64 => trailer.end_of_archive = EndOfArchive::Complete,
                zeros => trailer.zero_padding = zeros,
            }
            self.trailer = Some(trailer);
            return Ok(None);
        }
        self.count_header(offset)?;
        let header = Header::parse(block, offset);
        if offset == 0 && header.is_err() {
            let found = compress::sniff(&block);
            if found != ocidian_spec::Compression::None {
                return Err(malformed(
                    0,
                    format!("this is no tar: it is compressed ({})", compress::name(found)),
                ));
            }
        }
        header.map(Some)
    }

    fn count_header(&mut self, offset: u64) -> Result<()> {
        self.headers += 1;
        if self.headers > self.max_entries {
            return Err(Error::Limit { offset, what: "entries", limit: self.max_entries });
        }
        Ok(())
    }

    /// Skips what is left of the current entry: its content must be there, its padding need not.
    fn skip_body(&mut self) -> Result<()> {
        let body = std::mem::take(&mut self.body);
        let missing = self.blocks.skip(body.stored)?;
        if missing > 0 {
            return Err(cut_off(self.blocks.offset(), missing));
        }
        self.missing_padding = self.blocks.skip(body.padding)?;
        Ok(())
    }
}

impl Body {
    fn plain(size: u64) -> Self {
        let padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        Self { left: size, stored: size, padding, ..Self::default() }
    }

    fn set_places(&mut self, places: Vec<Place>) {
        self.left = 0;
        self.places = places.into_iter();
    }
}

fn whole(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanoseconds: 0 }
}

fn cut_off(offset: u64, missing: u64) -> Error {
    malformed(offset, format!("the archive is cut off: {missing} bytes of content are missing"))
}
