//! Reading a blob and checking it in passing: the promise that nothing unverified is used.

use std::io::{self, Read};

use ocidian_spec::{Descriptor, Hasher};

use crate::error::{Error, Result};

/// A blob's bytes. Never yields more than the descriptor's size, and turns a wrong size or digest
/// into an error *before* it reports the end: whoever has read to the end has verified content.
pub struct BlobReader {
    inner: Box<dyn Read + Send>,
    descriptor: Descriptor,
    hasher: Option<Hasher>,
    read: u64,
}

impl BlobReader {
    /// Reads `inner` by `descriptor`; an unknown digest algorithm is an error at once.
    pub fn new(inner: Box<dyn Read + Send>, descriptor: &Descriptor) -> Result<Self> {
        let hasher = Hasher::for_digest(&descriptor.digest)?;
        Ok(Self { inner, descriptor: descriptor.clone(), hasher: Some(hasher), read: 0 })
    }

    /// What it is read by.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn wrong(&self, source: ocidian_spec::Error) -> io::Error {
        Error::Blob { descriptor: Box::new(self.descriptor.clone()), source }.into()
    }

    fn finish(&mut self) -> io::Result<()> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        let expected = self.descriptor.size;
        let digest = self.descriptor.digest.clone();
        if self.read != expected {
            return Err(self.wrong(ocidian_spec::Error::Size { digest, expected, actual: self.read }));
        }
        let actual = hasher.finish();
        if actual != digest {
            return Err(self.wrong(ocidian_spec::Error::Mismatch { expected: digest, actual }));
        }
        Ok(())
    }
}

impl Read for BlobReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let left = self.descriptor.size - self.read;
        if left == 0 {
            // One byte more than the descriptor allows is a lie, not something to cut off.
            if self.hasher.is_some() && self.inner.read(&mut [0; 1])? != 0 {
                self.hasher = None;
                let digest = self.descriptor.digest.clone();
                let expected = self.descriptor.size;
                return Err(self.wrong(ocidian_spec::Error::Size {
                    digest,
                    expected,
                    actual: expected.saturating_add(1),
                }));
            }
            self.finish()?;
            return Ok(0);
        }
        let most = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        let n = self.inner.read(&mut buf[..most])?;
        if n == 0 {
            self.finish()?;
            return Ok(0);
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buf[..n]);
        }
        self.read += n as u64;
        Ok(n)
    }
}
