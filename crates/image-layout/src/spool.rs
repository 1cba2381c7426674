//! An archive as a plain tar in one seekable file: itself where it is one already, else an unnamed temporary
//! file that the compressed or piped one was written to once. Nothing remains of that, even after a kill.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use ocidian_content::{Error, Result};
use ocidian_layer::compress::{self, Decoder};
use ocidian_spec::Compression;
use rustix::fs::{Mode, OFlags};

use crate::Options;
use crate::files::{io_error, kind_of, store};

/// What stands for standard input.
pub(crate) const STDIN: &str = "-";

/// Opens the archive at `path`, `-` for standard input, as a plain tar.
pub(crate) fn plain(path: &Path, options: &Options) -> Result<File> {
    let file =
        if path == Path::new(STDIN) { spool(io::stdin().lock(), path, options)? } else { regular(path)? };
    let compression = sniff(&file).map_err(|e| io_error(path, "read", e))?;
    if compression == Compression::None {
        return Ok(file);
    }
    let wrong = |e: ocidian_layer::Error| store(path, format!("it cannot be decompressed: {e}"));
    spool(Decoder::new(BufReader::new(file), compression).map_err(wrong)?, path, options)
}

/// Standard input to its end in an unnamed file, for who has to read it more than once.
///
/// # Errors
/// Where it cannot be read or kept, or has more bytes than the options allow.
pub fn stdin(options: &Options) -> Result<File> {
    spool(io::stdin().lock(), Path::new(STDIN), options)
}

/// Opens a file that a person named, if it is a regular one.
fn regular(path: &Path) -> Result<File> {
    // Non-blocking, so that a FIFO is seen to be one instead of being waited for.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty())
        .map(File::from)
        .map_err(|errno| io_error(path, "open", errno.into()))?;
    let kind = file.metadata().map_err(|e| io_error(path, "stat", e))?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    Err(store(path, format!("it is {}, not an archive; pipe one in as {STDIN:?}", kind_of(kind))))
}

fn sniff(file: &File) -> io::Result<Compression> {
    let mut start = [0; 4];
    let mut read = 0;
    while read < start.len() {
        match file.read_at(start.get_mut(read..).unwrap_or_default(), read as u64) {
            Ok(0) => break,
            Ok(n) => read += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(compress::sniff(start.get(..read).unwrap_or_default()))
}

/// Writes all of `from` to an unnamed file.
fn spool(mut from: impl Read, path: &Path, options: &Options) -> Result<File> {
    let context = |e| Error::from_io(|| format!("{}: spool to a temporary file", path.display()), e);
    let mut to = tempfile::tempfile().map_err(context)?;
    let mut buffer = vec![0; 128 << 10];
    let mut written = 0_u64;
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(unreadable(path, e)),
        };
        written += n as u64;
        if let Some(limit) = options.max_bytes.filter(|limit| written > *limit) {
            return Err(store(path, format!("it has more than {limit} bytes, uncompressed")));
        }
        to.write_all(buffer.get(..n).unwrap_or_default()).map_err(context)?;
    }
    to.seek(SeekFrom::Start(0)).map_err(context)?;
    Ok(to)
}

/// What stopped reading: a damaged stream is about the archive, all else about the system.
fn unreadable(path: &Path, error: io::Error) -> Error {
    match error.downcast::<ocidian_layer::Error>() {
        Ok(damaged) => store(path, format!("it cannot be decompressed: {damaged}")),
        Err(error) => io_error(path, "read", error),
    }
}

/// A part of a file, read at its place: readers share the file and do not disturb each other.
pub(crate) struct Part {
    file: Arc<File>,
    offset: u64,
    left: u64,
}

impl Part {
    /// `len` bytes of the file from `offset` on.
    pub(crate) fn new(file: Arc<File>, offset: u64, len: u64) -> Self {
        Self { file, offset, left: len }
    }

    /// As [`new`](Self::new), cut to the file's size.
    pub(crate) fn within(file: File, size: u64, offset: u64, len: u64) -> Self {
        let offset = offset.min(size);
        Self::new(Arc::new(file), offset, len.min(size - offset))
    }
}

impl Read for Part {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(buf.len(), |left| left.min(buf.len()));
        let n = self.file.read_at(buf.get_mut(..most).unwrap_or_default(), self.offset)?;
        self.offset = self.offset.saturating_add(n as u64);
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}
