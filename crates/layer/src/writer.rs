//! A layer written: an uncompressed tar goes in, the compressed blob comes out, and the diff_id with it.

use std::io::{self, Write};

use ocidian_spec::{Algorithm, DiffId, Hasher};

use crate::compress::{Compressor, Encoder, Threads};
use crate::error::{Error, Result};
use crate::stream::LayerSummary;

/// Compresses a tar into `W`, hashing it beside for its diff_id.
///
/// ```
/// use std::io::Write;
///
/// use ocidian_layer::LayerWriter;
/// use ocidian_layer::compress::{Compressor, Threads};
///
/// let mut layer = LayerWriter::new(Vec::new(), Compressor::GZIP, Threads::available())?;
/// layer.write_all(&[0; 1024])?;
/// let (blob, summary) = layer.finish()?;
/// assert!(blob.len() < 1024);
/// assert_eq!(summary.size, 1024);
/// println!("{}", summary.diff_id);
/// # Ok::<(), ocidian_layer::Error>(())
/// ```
pub struct LayerWriter<W: Write>(Encoder<W>);

impl<W: Write> LayerWriter<W> {
    /// Writes the blob to `blob`. The diff_id will be a sha256, which every reader knows.
    pub fn new(blob: W, compressor: Compressor, threads: Threads) -> Result<Self> {
        let algorithm = Algorithm::Sha256;
        let hasher = Hasher::new(&algorithm).ok_or(Error::Algorithm { algorithm })?;
        Ok(Self(Encoder::hashing(blob, compressor, threads, hasher)?))
    }

    /// Uncompressed bytes so far.
    pub fn written(&self) -> u64 {
        self.0.written()
    }

    /// Ends the blob and gives it back, with what the layer was.
    pub fn finish(self) -> Result<(W, LayerSummary)> {
        let size = self.0.written();
        let (blob, hasher) = self.0.finish_hashing()?;
        let hasher = hasher.ok_or_else(|| io::Error::other("the layer was not hashed"))?;
        Ok((blob, LayerSummary { diff_id: DiffId(hasher.finish()), size }))
    }
}

impl<W: Write> Write for LayerWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
