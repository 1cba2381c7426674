//! A tar as a layer: read as the changes that it makes, and passed on byte for byte.
//!
//! What cannot be unpacked is refused before it is in an image. What can is not written anew, so that the
//! diff_id of a tar is that tar's digest; only its compression is ours.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;

use ocidian_layer::compress::sniff;
use ocidian_layer::tar::{EndOfArchive, Limits, Trailer};
use ocidian_layer::{Change, Changeset, LayerStream, Timestamp};
use ocidian_spec::Algorithm;

use super::{LayerBlob, MadeLayer, Maker, failed};
use crate::error::{Error, Result};

/// Where a tar is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TarSource {
    /// In a file, or a pipe.
    File(PathBuf),
    /// On standard input.
    Stdin,
}

impl TarSource {
    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".to_owned(),
        }
    }

    fn open(&self) -> Result<Box<dyn Read + Send>> {
        match self {
            Self::File(path) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(source) => Err(Error::Io { path: path.clone(), what: "cannot open it", source }),
            },
            Self::Stdin => Ok(Box::new(io::stdin())),
        }
    }
}

/// Makes a layer of a tar, plain, gzip'd or zstd'd; the `index`th of `count` that are made.
///
/// # Errors
/// [`Error::Layer`] where it is no layer.
pub fn tar_layer(maker: &Maker<'_>, source: &TarSource, index: usize, count: usize) -> Result<MadeLayer> {
    let name = source.name();
    let wrong = |source| Error::Layer { layer: name.clone(), source };
    let mut file = source.open()?;
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start).map_err(|error| wrong(error.into()))?;
    let compression = sniff(&start);
    let stream = LayerStream::spawn(io::Cursor::new(start).chain(file), compression, &Algorithm::Sha256);
    let passing =
        Passing { stream: stream.map_err(wrong)?, blob: maker.begin(&name, index, count)?, failed: None };
    let mut changes = Changeset::new(passing, Limits::default());
    let (mut entries, mut newest) = (0, None::<Timestamp>);
    loop {
        if maker.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        match changes.next_change().map_err(wrong)? {
            Some(Change::Put(entry)) => {
                let time = entry.metadata.mtime;
                newest = Some(newest.map_or(time, |newest| newest.max(time)));
            }
            Some(_) => {}
            None => break,
        }
        entries += 1;
    }
    let (passing, trailer) = changes.finish().map_err(wrong)?;
    if let Some(error) = passing.failed {
        return Err(failed(&name, error));
    }
    let (descriptor, summary) = passing.blob.finish()?;
    let warnings = warnings(&name, trailer);
    Ok(MadeLayer { descriptor, diff_id: summary.diff_id, size: summary.size, entries, newest, warnings })
}

fn warnings(name: &str, trailer: Trailer) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(offset) = trailer.garbage {
        warnings.push(format!(
            "{name} goes on after the end of its tar, at byte {offset}; nobody will see that part"
        ));
    }
    if trailer.end_of_archive != EndOfArchive::Complete || trailer.missing_padding > 0 {
        warnings.push(format!("{name} lacks the two blocks of zeros that end a tar; some readers refuse it"));
    }
    warnings
}

/// A stream whose bytes also go into a blob, once they are used.
struct Passing<'a> {
    stream: LayerStream,
    blob: LayerBlob<'a>,
    failed: Option<io::Error>,
}

impl BufRead for Passing<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.stream.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        // What is used was in the buffer, and is there still.
        let used = self.stream.fill_buf().map(|bytes| bytes.get(..length).unwrap_or(bytes));
        if let Err(error) = used.and_then(|used| self.blob.write_all(used)) {
            self.failed.get_or_insert(error);
        }
        self.stream.consume(length);
    }
}

impl Read for Passing<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}
