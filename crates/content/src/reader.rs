//! Reading a blob and checking it in passing: the promise that nothing unverified is used.

use std::io::{self, Read};

use ocidian_spec::{Descriptor, Hasher};

use crate::error::{Error, Result};

/// A blob's bytes. Never yields more than the descriptor's size, and turns a wrong size or digest
/// into an error *before* it reports the end: whoever has read to the end has verified content.
pub struct BlobReader {
    inner: Box<dyn Read + Send>,
    descriptor: Descriptor,
    state: State,
    read: u64,
}

enum State {
    Reading(Hasher),
    Verified,
    /// Kept, so that a caller who reads on after an error never takes it for the end.
    Wrong(ocidian_spec::Error),
}

impl BlobReader {
    /// Reads `inner` by `descriptor`; an unknown digest algorithm is an error at once.
    pub fn new(inner: Box<dyn Read + Send>, descriptor: &Descriptor) -> Result<Self> {
        let hasher = Hasher::for_digest(&descriptor.digest)?;
        Ok(Self { inner, descriptor: descriptor.clone(), state: State::Reading(hasher), read: 0 })
    }

    /// What it is read by.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The error to report, now and ever after.
    fn wrong(&mut self, source: ocidian_spec::Error) -> io::Error {
        self.state = State::Wrong(source.clone());
        Error::Blob { descriptor: Box::new(self.descriptor.clone()), source }.into()
    }

    fn wrong_size(&mut self, actual: u64) -> io::Error {
        let (digest, expected) = (self.descriptor.digest.clone(), self.descriptor.size);
        self.wrong(ocidian_spec::Error::Size { digest, expected, actual })
    }

    /// What stands between the last byte and the end.
    fn verify(&mut self, hasher: Hasher) -> io::Result<()> {
        let actual = hasher.finish();
        if actual != self.descriptor.digest {
            let expected = self.descriptor.digest.clone();
            return Err(self.wrong(ocidian_spec::Error::Mismatch { expected, actual }));
        }
        self.state = State::Verified;
        Ok(())
    }
}

impl Read for BlobReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let hasher = match &mut self.state {
            State::Reading(hasher) => hasher,
            State::Verified => return Ok(0),
            State::Wrong(source) => {
                let source = source.clone();
                return Err(self.wrong(source));
            }
        };
        if buf.is_empty() {
            return Ok(0);
        }
        let left = self.descriptor.size.saturating_sub(self.read);
        if left == 0 {
            // One byte more than the descriptor allows is a lie, not something to cut off.
            if self.inner.read(&mut [0; 1])? != 0 {
                return Err(self.wrong_size(self.descriptor.size.saturating_add(1)));
            }
            let hasher = hasher.clone();
            return self.verify(hasher).map(|()| 0);
        }
        let most = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        let n = self.inner.read(&mut buf[..most])?;
        if n == 0 {
            return Err(self.wrong_size(self.read));
        }
        hasher.update(&buf[..n]);
        self.read += n as u64;
        Ok(n)
    }
}
