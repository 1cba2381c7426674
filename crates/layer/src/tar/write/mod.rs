//! A deterministic tar writer: equal changes give equal bytes, whoever writes them and wherever.
//!
//! ustar where ustar can say it, because every reader knows it; PAX records where it cannot, and for
//! those values alone. No names of owners, no times but the modification time, nothing of the host.
//! What this crate's reader would refuse is not written.

mod error;
mod header;
mod records;

use std::io::Write;

pub use error::WriteError;
use header::Header;
use records::Records;

use super::pax::MAX_EXTENDED;
use super::{BLOCK, typeflag};
use crate::changeset::{Change, OPAQUE, WHITEOUT};
use crate::entry::{Entry, EntryKind, Metadata};
use crate::path::{EntryPath, MAX_NAME, MAX_PATH, PathError};

/// The result of writing a tar.
type Result<T, E = WriteError> = std::result::Result<T, E>;

/// Zeros to pad and to end with.
const ZEROS: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
/// The name that readers without PAX show for an extended header.
const PAX_NAME: &[u8] = b"././@PaxHeader";

/// Writes changes as the entries of a tar.
///
/// After [`put`](Self::put) of a file, [`data`](Self::data) takes exactly as many bytes as its size says. An
/// error ends the archive: what comes after one is refused, so that nothing torn is ever finished.
#[derive(Debug)]
pub struct Writer<W> {
    inner: W,
    offset: u64,
    /// The file whose content is being written, and how much of it is to come.
    open: Option<Content>,
    failed: bool,
}

#[derive(Debug)]
struct Content {
    path: EntryPath,
    size: u64,
    left: u64,
}

impl<W: Write> Writer<W> {
    /// Writes to `inner`, in pieces of a block and of what [`data`](Self::data) is given.
    pub fn new(inner: W) -> Self {
        Self { inner, offset: 0, open: None, failed: false }
    }

    /// Writes a change. Of an entry, `offset`, `atime` and a file's `sparse` are not looked at: files are
    /// stored whole.
    ///
    /// # Errors
    /// [`WriteError`] where the previous file's content is not whole, where a layer cannot hold the
    /// change, or where `inner` fails.
    pub fn put(&mut self, change: &Change) -> Result<()> {
        self.guard(|this| match change {
            Change::Put(entry) => this.entry(entry),
            Change::Whiteout(path) => this.whiteout(path),
            Change::Opaque(path) => this.opaque(path),
        })
    }

    /// Content of the file that was put last.
    ///
    /// # Errors
    /// [`WriteError::TooLong`] where that is more than its size says.
    pub fn data(&mut self, bytes: &[u8]) -> Result<()> {
        self.guard(|this| {
            if bytes.is_empty() {
                return Ok(());
            }
            let Some(open) = &mut this.open else { return Err(WriteError::NoFile) };
            match open.left.checked_sub(bytes.len() as u64) {
                Some(left) => open.left = left,
                None => return Err(WriteError::TooLong { path: open.path.clone(), size: open.size }),
            }
            this.write(bytes)
        })
    }

    /// Bytes of the tar so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Ends the archive by two blocks of zeros.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn finish(mut self) -> Result<W> {
        self.guard(|this| {
            this.close()?;
            this.write(&ZEROS)
        })?;
        Ok(self.inner)
    }

    /// Does it unless something failed before, and remembers whether it failed.
    fn guard(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.failed {
            return Err(WriteError::Failed);
        }
        let written = write(self);
        self.failed = written.is_err();
        written
    }

    fn entry(&mut self, entry: &Entry) -> Result<()> {
        let wrong = |source| WriteError::Path { path: entry.path.clone(), what: "its name", source };
        if entry.path.components().any(|name| name.starts_with(WHITEOUT)) {
            return Err(wrong(PathError::Reserved));
        }
        if entry.path.is_root() && entry.kind != EntryKind::Directory {
            return Err(WriteError::Root);
        }
        let (typeflag, link, size, device) = match &entry.kind {
            EntryKind::File { size, .. } => (typeflag::FILE, &b""[..], *size, None),
            EntryKind::Directory => (typeflag::DIRECTORY, &b""[..], 0, None),
            EntryKind::Symlink(target) => (typeflag::SYMLINK, self::target(entry, target)?, 0, None),
            EntryKind::Hardlink(target) => (typeflag::HARDLINK, link_target(entry, target)?, 0, None),
            EntryKind::CharDevice(device) => (typeflag::CHAR_DEVICE, &b""[..], 0, Some(*device)),
            EntryKind::BlockDevice(device) => (typeflag::BLOCK_DEVICE, &b""[..], 0, Some(*device)),
            EntryKind::Fifo => (typeflag::FIFO, &b""[..], 0, None),
        };
        let name = match &entry.kind {
            EntryKind::Directory if entry.path.is_root() => b"./".to_vec(),
            EntryKind::Directory => [entry.path.as_bytes(), b"/"].concat(),
            _ => entry.path.as_bytes().to_vec(),
        };
        let mut header = Header::new(typeflag);
        header.device(device);
        self.headers(&entry.path, header, &name, link, size, &entry.metadata)?;
        self.open = (size > 0).then(|| Content { path: entry.path.clone(), size, left: size });
        Ok(())
    }

    fn whiteout(&mut self, path: &EntryPath) -> Result<()> {
        let wrong = |source| WriteError::Path { path: path.clone(), what: "its whiteout", source };
        let (parent, name) = path.split().ok_or(wrong(PathError::Whiteout))?;
        if path.components().any(|name| name.starts_with(WHITEOUT)) {
            return Err(wrong(PathError::Reserved));
        }
        if WHITEOUT.len() + name.len() > MAX_NAME {
            return Err(wrong(PathError::NameTooLong));
        }
        self.marker(path, parent, &[WHITEOUT, name].concat())
    }

    fn opaque(&mut self, path: &EntryPath) -> Result<()> {
        if path.components().any(|name| name.starts_with(WHITEOUT)) {
            let source = PathError::Reserved;
            return Err(WriteError::Path { path: path.clone(), what: "its whiteout", source });
        }
        self.marker(path, path.as_bytes(), OPAQUE)
    }

    /// An empty file that stands for something hidden: without owner, mode and time, which mean nothing.
    fn marker(&mut self, path: &EntryPath, parent: &[u8], name: &[u8]) -> Result<()> {
        let name = if parent.is_empty() { name.to_vec() } else { [parent, b"/", name].concat() };
        if name.len() > MAX_PATH {
            let source = PathError::TooLong;
            return Err(WriteError::Path { path: path.clone(), what: "its whiteout", source });
        }
        self.headers(path, Header::new(typeflag::FILE), &name, b"", 0, &Metadata::default())
    }

    /// An extended header where one is needed, then the header.
    fn headers(
        &mut self,
        path: &EntryPath,
        mut header: Header,
        name: &[u8],
        link: &[u8],
        size: u64,
        metadata: &Metadata,
    ) -> Result<()> {
        self.close()?;
        let mut records = Records::default();
        header.name(name, &mut records);
        header.link(link, &mut records);
        header.size(size, &mut records);
        header.metadata(metadata, &mut records);
        records.xattrs(path, &metadata.xattrs)?;
        let records = records.into_bytes();
        if !records.is_empty() {
            if records.len() as u64 > MAX_EXTENDED {
                let reason = format!("they take more than the {MAX_EXTENDED} bytes that readers accept");
                return Err(WriteError::Xattrs { path: path.clone(), reason });
            }
            let mut extended = Header::new(typeflag::PAX);
            let mut none = Records::default();
            extended.name(PAX_NAME, &mut none);
            extended.size(records.len() as u64, &mut none);
            extended.metadata(&Metadata { mode: 0o644, ..Metadata::default() }, &mut none);
            self.write(&extended.into_block())?;
            self.write(&records)?;
            self.pad()?;
        }
        self.write(&header.into_block())
    }

    /// Ends the file that is open: all of its content must be there.
    fn close(&mut self) -> Result<()> {
        match self.open.take() {
            Some(Content { path, size, left }) if left > 0 => {
                Err(WriteError::TooShort { path, size, written: size - left })
            }
            Some(_) => self.pad(),
            None => Ok(()),
        }
    }

    fn pad(&mut self) -> Result<()> {
        let beyond = (self.offset % BLOCK as u64) as usize;
        match beyond {
            0 => Ok(()),
            _ => self.write(&ZEROS[..BLOCK - beyond]),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.inner.write_all(bytes)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

fn target<'a>(entry: &Entry, target: &'a [u8]) -> Result<&'a [u8]> {
    let source = match target {
        [] => PathError::Empty,
        _ if target.len() > MAX_PATH => PathError::TooLong,
        _ if target.contains(&0) => PathError::Nul,
        _ => return Ok(target),
    };
    Err(WriteError::Path { path: entry.path.clone(), what: "its symbolic link target", source })
}

fn link_target<'a>(entry: &Entry, target: &'a EntryPath) -> Result<&'a [u8]> {
    let source = if target.is_root() {
        PathError::Empty
    } else if target.components().any(|name| name.starts_with(WHITEOUT)) {
        PathError::Reserved
    } else {
        return Ok(target.as_bytes());
    };
    Err(WriteError::Path { path: entry.path.clone(), what: "its hard link target", source })
}
