//! A layer in one pass: decompressed in a thread of its own, hashed, and read entry by entry.
//!
//! The reader gets over every fault that leaves the archive's framing whole. Where framing is lost there is one
//! finding, and the rest is read for its digests alone. Nothing of an entry is kept but a fingerprint of its path.

mod entries;
mod links;
mod paths;
mod seen;
mod sums;
mod tee;
mod whiteouts;

use std::io::{self, Cursor, Read};

use ocidian_layer::compress::{self, WindowBudget};
use ocidian_layer::tar::{BLOCK, EndOfArchive, Limits, Reader, Trailer};
use ocidian_layer::{Error, LayerStream};
use ocidian_spec::{Compression, DiffId};

use self::entries::Entries;
pub use self::links::LinkBelow;
pub(crate) use self::paths::{Paths, There};
use self::sums::Sums;
use self::tee::Tee;
use crate::finding::{Place, Subject};
use crate::findings::Findings;
use crate::rules::layer as rules;

/// A tar's record: as many bytes as GNU tar writes at once, the last filled up with zeros.
const RECORD: u64 = 20 * BLOCK as u64;

/// What a layer is expected to be.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// How it is compressed, by its media type; `None`: whatever it turns out to be.
    pub compression: Option<Compression>,
    /// The diff_ids that configs give it.
    pub diff_ids: Vec<ExpectedDiffId>,
    /// To how many bytes it may decompress; what lies behind is not looked at.
    pub max_bytes: Option<u64>,
    /// Whether it is the lowest layer of every image that uses it, so that there is nothing below it to link to.
    pub lowest: bool,
}

/// What a config says of a layer.
#[derive(Debug, Clone)]
pub struct ExpectedDiffId {
    /// The digest of the uncompressed tar.
    pub diff_id: DiffId,
    /// The config.
    pub subject: Subject,
    /// Where in the config: a JSON pointer.
    pub pointer: String,
}

/// What came of reading a layer.
#[derive(Debug)]
pub struct Outcome {
    /// Whether the blob could be read to its end, and so was verified if its reader verifies. The error is that
    /// reader's own, and no finding was made of it.
    pub blob: io::Result<()>,
    /// Hard links to what must be in a lower layer, the first thousand. There is a finding for each.
    pub links_below: Vec<LinkBelow>,
}

/// Checks the layer that `blob` yields. Findings are about their subject. Zstd's memory comes out of `windows`,
/// which others that run at the same time share.
///
/// Bounded memory: about 6 MiB, the window, and 43 bytes an entry.
pub fn check(
    blob: impl Read + Send + 'static,
    expected: &Expected,
    windows: &WindowBudget,
    findings: &mut Findings,
) -> Outcome {
    let (blob, Below { links, .. }) = look(blob, expected, windows, findings);
    links.iter().for_each(|link| link.report(findings));
    Outcome { blob, links_below: links }
}

/// What one layer has to do with those below and above it.
#[derive(Debug, Default)]
pub(crate) struct Below {
    /// As in [`Outcome`], but nothing was said of them yet.
    pub(crate) links: Vec<LinkBelow>,
    /// What it has at which path, where all of it could be read.
    pub(crate) paths: Option<Paths>,
}

/// As [`check`], for a layer whose lower ones are known: whether its links lead anywhere is left to who knows them.
pub(crate) fn look(
    mut blob: impl Read + Send + 'static,
    expected: &Expected,
    windows: &WindowBudget,
    findings: &mut Findings,
) -> (io::Result<()>, Below) {
    let mut below = Below::default();
    let blob = begin(&mut blob, expected, findings).and_then(|(start, compression)| {
        let blob = Cursor::new(start).chain(blob);
        match compression {
            Some(compression) => read(blob, compression, expected, windows.clone(), findings, &mut below),
            None => drain(blob),
        }
    });
    (blob, below)
}

/// Reads the first block, and says how to go on: by which compression, or not at all.
fn begin(
    blob: &mut impl Read,
    expected: &Expected,
    findings: &mut Findings,
) -> io::Result<(Vec<u8>, Option<Compression>)> {
    let mut start = Vec::with_capacity(BLOCK);
    blob.take(BLOCK as u64).read_to_end(&mut start)?;
    let is_tar = start.get(257..262) == Some(b"ustar");
    let found = if is_tar { Compression::None } else { compress::sniff(&start) };
    let Some(label) = expected.compression.filter(|label| *label != found) else {
        return Ok((start, Some(found)));
    };
    let is = match found {
        Compression::None if start.is_empty() => "empty",
        Compression::None if is_tar => "a plain tar",
        Compression::None => "neither that nor a plain tar",
        found => name(found),
    };
    let message = format!("the media type says {}, but the blob is {is}", name(label));
    findings.add(&rules::COMPRESSION, Place::Whole, message);
    Ok((start, (found != Compression::None || is_tar).then_some(found)))
}

fn name(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "a plain tar",
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    }
}

/// Reads the rest of a blob for its verification alone.
fn drain(mut blob: impl Read) -> io::Result<()> {
    io::copy(&mut blob, &mut io::sink()).map(drop)
}

fn read(
    blob: impl Read + Send + 'static,
    compression: Compression,
    expected: &Expected,
    windows: WindowBudget,
    findings: &mut Findings,
    below: &mut Below,
) -> io::Result<()> {
    let sums = Sums::new(&expected.diff_ids);
    let stream = LayerStream::spawn_sharing(blob, compression, &sums.first, Some(windows));
    let stream = match stream {
        Ok(stream) => stream,
        Err(Error::Io(error)) => return Err(error),
        Err(error) => return Err(io::Error::other(error)),
    };
    let limits = Limits { max_bytes: expected.max_bytes, ..Limits::default() };
    let mut reader = Reader::noting(Tee::new(stream, sums.others()), limits);
    let mut entries = Entries::default();
    let end = entries.read(&mut reader, findings);
    let (links, seen) = entries.finish(expected.lowest, end.is_ok(), findings);
    *below = Below { links, paths: end.is_ok().then(|| Paths::new(seen)) };
    let stream = match end {
        Ok(()) => reader.finish().map(|(stream, trailer)| {
            ended(trailer, findings);
            stream
        }),
        Err(error) if is_too_large(&error) => Err(error),
        Err(error) => lost(error, findings).map(|()| reader.into_inner()),
    };
    if let Err(Error::Limit { offset, limit, .. }) = stream {
        // To read on for the digest would be to decompress what is not to be decompressed.
        let message =
            format!("it decompresses to more than {limit} bytes; what lies behind is not looked at");
        findings.add(&rules::TAR_ARCHIVE, Place::Byte(offset), message);
        return Ok(());
    }
    let Some((digests, framing)) = damaged(stream.and_then(Tee::finish), findings)? else { return Ok(()) };
    sums::framing(compression, framing, findings);
    sums::compare(&expected.diff_ids, &digests, findings);
    Ok(())
}

/// What the tar's end says.
fn ended(trailer: Trailer, findings: &mut Findings) {
    if trailer.missing_padding > 0 {
        let message = format!("the last file's padding lacks {} bytes", trailer.missing_padding);
        findings.add(&rules::FILE_PADDING, Place::Whole, message);
    }
    match trailer.end_of_archive {
        EndOfArchive::Complete => {}
        EndOfArchive::OneBlock => {
            findings.add(&rules::END, Place::Whole, "one block of zeros ends the archive, not two");
        }
        EndOfArchive::Missing => {
            findings.add(&rules::END, Place::Whole, "no blocks of zeros end the archive")
        }
    }
    if trailer.zero_padding >= RECORD && trailer.garbage.is_none() {
        let message = format!("{} zeros follow the end of the archive", trailer.zero_padding);
        findings.add(&rules::END_PADDING, Place::Whole, message);
    }
    if let Some(offset) = trailer.garbage {
        let message = "there are bytes other than zeros after the end of the archive";
        findings.add(&rules::TRAILING_DATA, Place::Byte(offset), message);
    }
}

/// Whether it is the limit of bytes that was reached.
fn is_too_large(error: &Error) -> bool {
    matches!(error, Error::Limit { what: "bytes", .. })
}

/// The one finding where framing is lost; errors that are none of the tar's go on.
fn lost(error: Error, findings: &mut Findings) -> Result<(), Error> {
    match error {
        Error::Tar { offset, reason } => {
            findings.add(&rules::TAR_ARCHIVE, Place::Byte(offset), reason);
            Ok(())
        }
        Error::Limit { offset, what, limit } => {
            let message = format!("there are more than {limit} {what}; no more were read");
            findings.add(&rules::TAR_ARCHIVE, Place::Byte(offset), message);
            Ok(())
        }
        error => Err(error),
    }
}

/// The value, or `None` and a finding where the compressed stream is damaged: the blob itself is as it should be.
fn damaged<T>(result: Result<T, Error>, findings: &mut Findings) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Compressed { offset, reason, .. }) => {
            let message = format!("after {offset} uncompressed bytes: {reason}");
            findings.add(&rules::COMPRESSED_STREAM, Place::Whole, message);
            Ok(None)
        }
        Err(Error::Io(error)) => Err(error),
        Err(error) => Err(io::Error::other(error)),
    }
}
