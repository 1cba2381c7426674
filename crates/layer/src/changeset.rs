//! A layer as a stream of changes: entries to put, and whiteouts. image-spec `layer.md`.
//!
//! Everything that no layer may hold is an error here, so that whoever applies the changes need not
//! look: `..`, a root that is no directory, ids and devices beyond what Linux has, types that are no
//! file, and names of the form `.wh.` that mean nothing. AUFS's own bookkeeping (`.wh..wh.*`) and the
//! label of a GNU volume are no files, and left out.

use std::io::BufRead;

use crate::entry::{Device, Entry, EntryKind, Metadata};
use crate::error::{Error, Result};
use crate::path::{EntryPath, MAX_PATH, PathError, shown};
use crate::tar::{Extent, Limits, RawEntry, Reader, Trailer, typeflag};

pub(crate) const WHITEOUT: &[u8] = b".wh.";
pub(crate) const OPAQUE: &[u8] = b".wh..wh..opq";
const BOOKKEEPING: &[u8] = b".wh..wh.";

/// Linux's limits for device numbers: 12 and 20 bits.
const MAX_MAJOR: u64 = 0xfff;
const MAX_MINOR: u64 = 0xf_ffff;

/// One change that a layer makes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Puts an entry.
    Put(Entry),
    /// Hides what lower layers have at that path.
    Whiteout(EntryPath),
    /// Hides all that lower layers have below that directory.
    Opaque(EntryPath),
}

/// A stream of changes, read from an uncompressed tar.
pub struct Changeset<R> {
    reader: Reader<R>,
}

impl<R: BufRead> Changeset<R> {
    /// Reads the uncompressed tar that `inner` yields.
    pub fn new(inner: R, limits: Limits) -> Self {
        Self { reader: Reader::new(inner, limits) }
    }

    /// The next change; what was not read of the previous one's content is skipped. `None` at the end.
    pub fn next_change(&mut self) -> Result<Option<Change>> {
        while let Some(raw) = self.reader.next_entry()? {
            if let Some(change) = change(raw)? {
                return Ok(Some(change));
            }
        }
        Ok(None)
    }

    /// The next piece of content of the file that was put last. `None` at its end.
    pub fn data(&mut self) -> Result<Option<Extent<'_>>> {
        self.reader.data()
    }

    /// Bytes of the uncompressed tar so far.
    pub fn offset(&self) -> u64 {
        self.reader.offset()
    }

    /// Reads on to the end of the stream; see [`Reader::finish`].
    pub fn finish(self) -> Result<(R, Trailer)> {
        self.reader.finish()
    }
}

/// What an entry changes; `None` if it is none of the layer's files.
fn change(raw: RawEntry) -> Result<Option<Change>> {
    if raw.typeflag == typeflag::GNU_LABEL {
        return Ok(None);
    }
    let path = entry_path(&raw, "its name", &raw.path)?;
    let refused = |source| refused(&raw, "its name", &raw.path, source);
    let Some((parent, name)) = path.split() else {
        return match kind(&raw)? {
            EntryKind::Directory => entry(raw, path, EntryKind::Directory).map(Some),
            _ => Err(malformed(&raw, "the root is no directory")),
        };
    };
    let parents = || parent.split(|b| *b == b'/');
    if parents().any(|name| name.starts_with(BOOKKEEPING)) {
        return Ok(None);
    }
    if parents().any(|name| name.starts_with(WHITEOUT)) {
        return Err(refused(PathError::BelowWhiteout));
    }
    if name == OPAQUE {
        let directory = EntryPath::new(parent).map_err(refused)?;
        return Ok(Some(Change::Opaque(directory)));
    }
    if name.starts_with(BOOKKEEPING) {
        return Ok(None);
    }
    match name.strip_prefix(WHITEOUT) {
        Some(b"" | b"." | b"..") => Err(refused(PathError::Whiteout)),
        Some(hidden) => {
            let hidden = EntryPath::new(&[parent, b"/", hidden].concat()).map_err(refused)?;
            Ok(Some(Change::Whiteout(hidden)))
        }
        None => {
            let kind = kind(&raw)?;
            entry(raw, path, kind).map(Some)
        }
    }
}

fn entry(raw: RawEntry, path: EntryPath, kind: EntryKind) -> Result<Change> {
    let metadata = Metadata {
        // Masked, so it fits: writers put the file's type here too.
        mode: (raw.mode & 0o7777) as u32,
        uid: id(&raw, "owner", raw.uid)?,
        gid: id(&raw, "group", raw.gid)?,
        mtime: raw.mtime,
        atime: raw.atime,
        xattrs: raw.xattrs,
    };
    Ok(Change::Put(Entry { path, kind, metadata, offset: raw.offset }))
}

fn kind(raw: &RawEntry) -> Result<EntryKind> {
    Ok(match raw.typeflag {
        typeflag::FILE | typeflag::GNU_SPARSE => EntryKind::File { size: raw.size, sparse: raw.sparse },
        typeflag::DIRECTORY => EntryKind::Directory,
        typeflag::SYMLINK => EntryKind::Symlink(symlink_target(raw)?),
        typeflag::HARDLINK => match entry_path(raw, "its hard link target", &raw.link)? {
            target if target.is_root() => return Err(malformed(raw, "a hard link to the root")),
            target => EntryKind::Hardlink(target),
        },
        typeflag::CHAR_DEVICE => EntryKind::CharDevice(device(raw)?),
        typeflag::BLOCK_DEVICE => EntryKind::BlockDevice(device(raw)?),
        typeflag::FIFO => EntryKind::Fifo,
        other => {
            let reason = format!("entries of type `{}` are no files", other.escape_ascii());
            return Err(malformed(raw, reason));
        }
    })
}

fn entry_path(raw: &RawEntry, what: &'static str, path: &[u8]) -> Result<EntryPath> {
    let checked = if path.is_empty() { Err(PathError::Empty) } else { EntryPath::new(path) };
    checked.map_err(|source| refused(raw, what, path, source))
}

fn symlink_target(raw: &RawEntry) -> Result<Vec<u8>> {
    let refused = |source| refused(raw, "its symbolic link target", &raw.link, source);
    match raw.link.len() {
        0 => Err(refused(PathError::Empty)),
        len if len > MAX_PATH => Err(refused(PathError::TooLong)),
        _ => Ok(raw.link.clone()),
    }
}

/// An owner that Linux has; the last id means "do not change" to it.
fn id(raw: &RawEntry, what: &str, id: u64) -> Result<u32> {
    match u32::try_from(id) {
        Ok(id) if id != u32::MAX => Ok(id),
        _ => Err(malformed(raw, format!("its {what} {id} is no id that Linux has"))),
    }
}

fn device(raw: &RawEntry) -> Result<Device> {
    match raw.device {
        Some((major, minor)) if major <= MAX_MAJOR && minor <= MAX_MINOR => {
            Ok(Device { major: major as u32, minor: minor as u32 })
        }
        numbers => {
            let (major, minor) = numbers.unwrap_or_default();
            Err(malformed(raw, format!("the device {major}:{minor} is none that Linux has")))
        }
    }
}

/// Most bytes of a path that an error keeps: a hostile one may have a million.
const KEPT: usize = 256;

fn refused(raw: &RawEntry, what: &'static str, path: &[u8], source: PathError) -> Error {
    let start = |path: &[u8]| path.get(..KEPT).unwrap_or(path).to_vec();
    Error::Path { offset: raw.offset, entry: start(&raw.path), what, path: start(path), source }
}

fn malformed(raw: &RawEntry, reason: impl Into<String>) -> Error {
    let reason = format!("entry \"{}\": {}", shown(&raw.path), reason.into());
    Error::Tar { offset: raw.offset, reason }
}
