//! The reader: from blocks to entries, content and the archive's end.

use std::io::{BufRead, ErrorKind};
use std::vec;

use super::entry::{RawEntry, typeflag};
use super::header::{Format, Header, text};
use super::pax::{MAX_EXTENDED, MAX_GLOBAL, Records, Scope};
use super::sparse::{ContentMap, Map, PaxMap, Place};
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

/// How an archive ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trailer {
    /// The blocks that say so.
    pub end_of_archive: EndOfArchive,
    /// Bytes that the last file's padding lacks.
    pub missing_padding: u64,
    /// Zero bytes after the end-of-archive blocks, up to the first other byte.
    pub zero_padding: u64,
    /// Offset of the first byte after the end that is not zero.
    pub garbage: Option<u64>,
}

/// The zero blocks at an archive's end. POSIX asks for two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndOfArchive {
    /// None.
    #[default]
    Missing,
    /// One.
    OneBlock,
    /// Two, as it should be.
    Complete,
}

/// Reads a tar, entry by entry. The rules are those of [`crate::tar`].
pub struct Reader<R> {
    inner: R,
    limits: Limits,
    /// Of the next byte that was not yet handed out.
    offset: u64,
    /// Bytes handed out as an extent and not yet consumed in `inner`.
    lent: usize,
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
            inner,
            limits,
            offset: 0,
            lent: 0,
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
        self.offset
    }

    /// The next entry; what was not read of the previous one's content is skipped. `None` at the end.
    ///
    /// After an error the archive cannot be read on: every later call is an error too.
    pub fn next_entry(&mut self) -> Result<Option<RawEntry>> {
        if self.failed {
            return Err(malformed(self.offset, "reading already failed"));
        }
        let entry = self.try_next_entry();
        self.failed = entry.is_err();
        entry
    }

    /// The next piece of the current entry's content, straight from the stream's buffer; of a sparse
    /// file the stored pieces alone. `None` at its end.
    pub fn data(&mut self) -> Result<Option<Extent<'_>>> {
        self.release();
        while self.body.left == 0 {
            let Some(place) = self.body.places.next() else { return Ok(None) };
            (self.body.at, self.body.left) = (place.offset, place.len);
        }
        let available = self.available()?;
        if available == 0 {
            return Err(self.cut_off());
        }
        let len = usize::try_from(self.body.left).map_or(available, |left| left.min(available));
        self.advance(len as u64)?;
        let offset = self.body.at;
        self.body.at += len as u64;
        self.body.left -= len as u64;
        self.body.stored -= len as u64;
        self.lent = len;
        let bytes = self.inner.fill_buf()?.get(..len);
        let bytes =
            bytes.ok_or_else(|| malformed(self.offset, "the stream took back what it had buffered"))?;
        Ok(Some(Extent { offset, bytes }))
    }

    /// Reads on to the end of the stream, and says how the archive ended. Entries that are left are
    /// read and checked too.
    pub fn finish(mut self) -> Result<(R, Trailer)> {
        while self.next_entry()?.is_some() {}
        let mut trailer = self.trailer.unwrap_or_default();
        loop {
            let buf = match self.inner.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            };
            let len = buf.len();
            if len == 0 {
                return Ok((self.inner, trailer));
            }
            if trailer.garbage.is_none() {
                let zeros = buf.iter().position(|b| *b != 0);
                trailer.zero_padding += zeros.unwrap_or(len) as u64;
                trailer.garbage = zeros.map(|zeros| self.offset + zeros as u64);
            }
            self.inner.consume(len);
            self.advance(len as u64)?;
        }
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
        entry.data_offset = self.offset;
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
            let offset = self.offset;
            let Some(block) = self.block()? else {
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
                    let offset = self.offset;
                    let Some(left) = self.body.stored.checked_sub(BLOCK as u64) else {
                        return Err(malformed(offset, "a sparse map reaches beyond the entry's end"));
                    };
                    let Some(block) = self.block()? else {
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
        let offset = self.offset;
        let mut trailer = Trailer { missing_padding: self.missing_padding, ..Trailer::default() };
        let Some(block) = self.block()? else {
            // Fewer zeros than a block at the end of the stream are padding, of whatever is missing.
            trailer.zero_padding = self.offset - offset;
            self.trailer = Some(trailer);
            return Ok(None);
        };
        if block == [0; BLOCK] {
            trailer.end_of_archive = EndOfArchive::OneBlock;
            self.second_zero_block(&mut trailer)?;
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

    /// Looks whether a second zero block follows; whatever else does belongs to what comes after the end.
    fn second_zero_block(&mut self, trailer: &mut Trailer) -> Result<()> {
        let mut seen: usize = 0;
        while seen < BLOCK {
            let buf = match self.inner.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            };
            let zeros = buf.iter().take(BLOCK - seen).take_while(|b| **b == 0).count();
            if zeros == 0 {
                trailer.zero_padding = seen as u64;
                return Ok(());
            }
            self.inner.consume(zeros);
            self.advance(zeros as u64)?;
            seen += zeros;
        }
        trailer.end_of_archive = EndOfArchive::Complete;
        Ok(())
    }

    fn count_header(&mut self, offset: u64) -> Result<()> {
        self.headers += 1;
        if self.headers > self.limits.max_entries {
            return Err(Error::Limit { offset, what: "entries", limit: self.limits.max_entries });
        }
        Ok(())
    }

    /// A whole block, or `None` at the end of the stream; a part of one is an error unless it is all zeros.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>> {
        let offset = self.offset;
        let mut block = [0; BLOCK];
        let mut filled: usize = 0;
        while filled < BLOCK {
            let buf = match self.inner.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            };
            if buf.is_empty() {
                if block == [0; BLOCK] {
                    return Ok(None);
                }
                return Err(malformed(offset, format!("a header is cut off after {filled} bytes")));
            }
            let len = buf.len().min(BLOCK - filled);
            block[filled..filled + len].copy_from_slice(&buf[..len]);
            filled += len;
            self.inner.consume(len);
            self.advance(len as u64)?;
        }
        Ok(Some(block))
    }

    /// Skips what is left of the current entry: its content must be there, its padding need not.
    fn skip_body(&mut self) -> Result<()> {
        self.release();
        let mut body = std::mem::take(&mut self.body);
        body.stored = self.skip(body.stored)?;
        if body.stored > 0 {
            self.body = body;
            return Err(self.cut_off());
        }
        self.missing_padding = self.skip(body.padding)?;
        Ok(())
    }

    /// Skips so many bytes; how many of them the stream did not have.
    fn skip(&mut self, mut left: u64) -> Result<u64> {
        while left > 0 {
            let available = self.available()?;
            if available == 0 {
                break;
            }
            let len = usize::try_from(left).map_or(available, |left| left.min(available));
            self.inner.consume(len);
            self.advance(len as u64)?;
            left -= len as u64;
        }
        Ok(left)
    }

    /// Bytes that the stream has buffered, at least one but at its end.
    fn available(&mut self) -> Result<usize> {
        loop {
            match self.inner.fill_buf() {
                Ok(buf) => return Ok(buf.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn advance(&mut self, len: u64) -> Result<()> {
        self.offset += len;
        match self.limits.max_bytes {
            Some(limit) if self.offset > limit => {
                Err(Error::Limit { offset: self.offset, what: "bytes", limit })
            }
            _ => Ok(()),
        }
    }

    /// Gives the last extent back to the stream.
    fn release(&mut self) {
        self.inner.consume(std::mem::take(&mut self.lent));
    }

    fn cut_off(&self) -> Error {
        malformed(
            self.offset,
            format!("the archive is cut off: {} bytes of content are missing", self.body.stored),
        )
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
