//! The reader: from blocks to entries, content and the archive's end.

use std::io::BufRead;

use super::blocks::Blocks;
use super::contents::{Contents, Extent};
use super::entry::{RawEntry, typeflag};
use super::extended::Extended;
use super::header::{Format, Header};
use super::notes::{Note, Notes, Oddity};
use super::pax::{Records, Scope};
use super::sparse::{ContentMap, Map, PaxMap, PaxSparse};
use super::trailer::{EndOfArchive, Trailer};
use super::{BLOCK, malformed};
use crate::compress;
use crate::entry::Timestamp;
use crate::error::{Error, Result};
use crate::path::shown;

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

/// Reads a tar, entry by entry. The rules are those of [`crate::tar`].
pub struct Reader<R> {
    contents: Contents<R>,
    max_entries: u64,
    headers: u64,
    globals: Records,
    trailer: Option<Trailer>,
    notes: Notes,
    failed: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the tar that `inner` yields.
    pub fn new(inner: R, limits: Limits) -> Self {
        Self {
            contents: Contents::new(Blocks::new(inner, limits.max_bytes)),
            max_entries: limits.max_entries,
            headers: 0,
            globals: Records::default(),
            trailer: None,
            notes: Notes::default(),
            failed: false,
        }
    }

    /// The same for a validator: it gets over what leaves the archive's framing whole, and keeps a [`Note`] of
    /// that and of what readers are known to take differently.
    pub fn noting(inner: R, limits: Limits) -> Self {
        Self { notes: Notes::wanted(), ..Self::new(inner, limits) }
    }

    /// What there was to note since the last call: of the last entry and what stands in front of it.
    pub fn take_notes(&mut self) -> Vec<Note> {
        self.notes.take()
    }

    /// The stream, wherever the reader stands in it: after an error, the rest can be read from there.
    pub fn into_inner(self) -> R {
        self.contents.into_blocks().into_inner()
    }

    /// Bytes of the uncompressed tar so far, those of the last extent included.
    pub fn offset(&self) -> u64 {
        self.contents.offset()
    }

    /// The next entry; what was not read of the previous one's content is skipped. `None` at the end.
    ///
    /// After an error the archive cannot be read on: every later call is an error too.
    pub fn next_entry(&mut self) -> Result<Option<RawEntry>> {
        if self.failed {
            return Err(malformed(self.contents.offset(), "reading already failed"));
        }
        let entry = self.try_next_entry();
        self.failed = entry.is_err();
        entry
    }

    /// The next piece of the current entry's content, straight from the stream's buffer; of a sparse
    /// file the stored pieces alone. `None` at its end.
    pub fn data(&mut self) -> Result<Option<Extent<'_>>> {
        self.contents.data()
    }

    /// Reads on to the end of the stream, and says how the archive ended. Entries that are left are
    /// read and checked too.
    pub fn finish(mut self) -> Result<(R, Trailer)> {
        while self.next_entry()?.is_some() {}
        let mut trailer = self.trailer.unwrap_or_default();
        let mut blocks = self.contents.into_blocks();
        trailer.zero_padding += blocks.zeros(u64::MAX)?;
        if !blocks.fill()?.is_empty() {
            trailer.garbage = Some(blocks.offset());
            blocks.skip(u64::MAX)?;
        }
        Ok((blocks.into_inner(), trailer))
    }

    fn try_next_entry(&mut self) -> Result<Option<RawEntry>> {
        self.contents.skip()?;
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
            if !Extended::is(&header) {
                return self.entry(&header, extended).map(Some);
            }
            let size = extended.announce(&header)?;
            let content = self.extended_content(size)?;
            extended.add(&header, content, &mut self.globals, &mut self.notes)?;
        }
    }

    fn extended_content(&mut self, size: u64) -> Result<Vec<u8>> {
        self.contents.begin(size);
        let mut content = Vec::with_capacity(size.min(4096) as usize);
        while let Some(extent) = self.contents.data()? {
            content.extend_from_slice(extent.bytes);
        }
        self.contents.skip()?;
        Ok(content)
    }

    fn entry(&mut self, header: &Header, mut extended: Extended) -> Result<RawEntry> {
        let at = header.offset();
        let mut records = self.globals.clone();
        if let Some((content, offset)) = extended.pax.take() {
            records.read(&content, Scope::Entry, offset, &mut self.notes)?;
        }
        let mut sparse = std::mem::take(&mut records.sparse);
        if std::mem::take(&mut sparse.broken) {
            sparse.present = false;
        }
        if self.notes.are_wanted() {
            note(&mut self.notes, header, &extended, &records);
        }
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
                let reason = format!("a file's name \"{}\" ends in `/`, yet it has a size", shown(&path));
                return Err(malformed(at, reason));
            }
            flag = typeflag::DIRECTORY;
        }
        let has_content = !matches!(flag, b'1'..=b'6');
        if !has_content && declared_size != 0 {
            let what = || {
                format!(
                    "its size is {declared_size}, but entries of type `{}` have no content",
                    char::from(flag)
                )
            };
            self.notes.say(Oddity::SizeWithoutContent, at, what);
        }
        let notes = &mut self.notes;
        let mut number = |value: Result<u64>| notes.or_default(Oddity::Number, value);
        let (mode, uid, gid) = (
            number(header.mode())?,
            number(records.uid.map_or_else(|| header.uid(), Ok))?,
            number(records.gid.map_or_else(|| header.gid(), Ok))?,
        );
        let mtime = records.mtime.map_or_else(|| header.mtime().map(whole), Ok);
        let atime =
            records.atime.map_or_else(|| Ok(header.atime()?.map(whole)), |atime| Ok::<_, Error>(Some(atime)));
        let mut entry = RawEntry {
            path,
            link,
            typeflag: flag,
            declared_size,
            stored_size: 0,
            size: 0,
            sparse: sparse.present || flag == typeflag::GNU_SPARSE,
            mode,
            uid,
            gid,
            uname: records.uname.take().unwrap_or_else(|| header.uname().to_vec()),
            gname: records.gname.take().unwrap_or_else(|| header.gname().to_vec()),
            mtime: notes.or_default(Oddity::Number, mtime)?,
            atime: notes.or_default(Oddity::Number, atime)?,
            device: None,
            xattrs: records.take_xattrs(),
            offset: extended.offset.unwrap_or(at),
            data_offset: 0,
        };
        if matches!(flag, typeflag::CHAR_DEVICE | typeflag::BLOCK_DEVICE) {
            let (major, minor) = self.notes.or_default(Oddity::Number, header.device())?;
            entry.device = Some((records.major.unwrap_or(major), records.minor.unwrap_or(minor)));
        }
        let stored = if has_content { declared_size } else { 0 };
        self.contents.begin(stored);
        entry.size = stored;
        if flag == typeflag::GNU_SPARSE {
            entry.size = self.old_gnu_sparse(header, sparse.present)?;
        } else if sparse.present {
            let size = match flag {
                typeflag::FILE => self.pax_sparse(sparse, at),
                _ => Err(malformed(at, "PAX: only a regular file can be sparse")),
            };
            // Where the map is wrong, the content is still as long as it is.
            entry.size = self.notes.or_default(Oddity::SparseMap, size)?;
        }
        entry.stored_size = self.contents.stored();
        entry.data_offset = self.contents.offset();
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
            let offset = self.contents.offset();
            let Some(block) = self.contents.blocks().block()? else {
                return Err(malformed(offset, "a sparse map is cut off"));
            };
            map.push_old_gnu(&block[..504], offset)?;
            continues = block[504] != 0;
            self.count_header(offset)?;
        }
        let places = map.check(size, self.contents.stored(), at);
        self.contents.place(self.notes.or_default(Oddity::SparseMap, places)?);
        Ok(size)
    }

    fn pax_sparse(&mut self, sparse: PaxSparse, at: u64) -> Result<u64> {
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
                    let offset = self.contents.offset();
                    let block = self.contents.take_block()?;
                    if let Some(map) = reading.push(&block, offset)? {
                        break map;
                    }
                }
            }
        };
        self.contents.place(map.check(size, self.contents.stored(), at)?);
        Ok(size)
    }

    /// The next header, or `None` at the archive's end.
    fn header(&mut self) -> Result<Option<Header>> {
        let offset = self.contents.offset();
        let mut trailer = Trailer { missing_padding: self.contents.missing_padding(), ..Trailer::default() };
        let Some(block) = self.contents.blocks().block()? else {
            // Fewer zeros than a block at the end of the stream are padding, of whatever is missing.
            trailer.zero_padding = self.contents.offset() - offset;
            self.trailer = Some(trailer);
            return Ok(None);
        };
        if block == [0; BLOCK] {
            let blocks = self.contents.blocks();
            let zeros = blocks.zeros(BLOCK as u64)?;
            if zeros == BLOCK as u64 {
                trailer.end_of_archive = EndOfArchive::Complete;
            } else if blocks.fill()?.is_empty() {
                // Less than a second one is padding already.
                trailer.end_of_archive = EndOfArchive::OneBlock;
                trailer.zero_padding = zeros;
            } else {
                let reason = "one block of zeros, then more: readers disagree about what follows";
                return Err(malformed(offset, reason));
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
}

/// The largest size that a header holds in octal.
const MAX_OCTAL: u64 = 0o777_7777_7777;

/// What is odd about an entry's headers, each by itself and together.
fn note(notes: &mut Notes, header: &Header, extended: &Extended, records: &Records) {
    let at = header.offset();
    let given =
        [("uid", records.uid.is_some()), ("gid", records.gid.is_some()), ("mtime", records.mtime.is_some())];
    for field in header.blanks().filter(|field| !given.contains(&(field, true))) {
        notes.say(Oddity::Blank, at, || format!("its {field} is blank"));
    }
    for (what, gnu, pax) in
        [("name", &extended.path, &records.path), ("link target", &extended.link, &records.link)]
    {
        if let (Some(gnu), Some(pax)) = (gnu, pax)
            && gnu != pax
        {
            let (gnu, pax) = (shown(gnu), shown(pax));
            let message = || format!("its {what} is \"{gnu}\" by GNU's header, but \"{pax}\" by PAX");
            notes.say(Oddity::TwoNames, at, message);
        }
    }
    if let (Some(pax), Ok(own)) = (records.size, header.size())
        && pax != own
        && pax <= MAX_OCTAL
    {
        let message = || format!("its size is {own} by the header, but {pax} by PAX");
        notes.say(Oddity::SizeDisagrees, at, message);
    }
}

fn whole(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanoseconds: 0 }
}
