//! A blob that is hashed as it is read, by whoever reads it and as far as nobody does.
//!
//! A layer is read in another thread, and by a reader that may stop early. What it leaves is read when this is
//! dropped, so that the digest is of all of the blob. A cancelled reader leaves the rest alone.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use ocidian_content::Cancel;
use ocidian_spec::{Digest, Hasher};

/// The reader.
pub(super) struct Hashed {
    inner: Box<dyn io::Read + Send>,
    hasher: Option<Hasher>,
    bytes: u64,
    state: State,
    cancel: Cancel,
    done: SyncSender<io::Result<Read>>,
}

#[derive(PartialEq)]
enum State {
    Reading,
    End,
    Failed,
}

/// What was read.
#[derive(Debug)]
pub(super) struct Read {
    /// `None` where the algorithm is unknown.
    pub(super) digest: Option<Digest>,
    pub(super) bytes: u64,
}

/// Where the result arrives.
pub(super) struct End(Receiver<io::Result<Read>>);

impl End {
    /// Waits until the reader was dropped, wherever it went.
    pub(super) fn wait(self) -> io::Result<Read> {
        self.0.recv().unwrap_or_else(|_| Err(io::Error::other("the thread that reads it died")))
    }
}

impl Hashed {
    pub(super) fn new(
        inner: Box<dyn io::Read + Send>,
        hasher: Option<Hasher>,
        cancel: Cancel,
    ) -> (Self, End) {
        let (done, end) = sync_channel(1);
        (Self { inner, hasher, bytes: 0, state: State::Reading, cancel, done }, End(end))
    }

    /// Reads what is left.
    pub(super) fn drain(mut self) -> io::Result<()> {
        self.rest()
    }

    fn rest(&mut self) -> io::Result<()> {
        if self.state != State::Reading {
            return Ok(());
        }
        let mut buffer = vec![0; 256 << 10];
        loop {
            match io::Read::read(self, &mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl io::Read for Hashed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            self.state = State::Failed;
            return Err(ocidian_content::Error::Cancelled.into());
        }
        match self.inner.read(out) {
            Ok(0) if !out.is_empty() => {
                self.state = State::End;
                Ok(0)
            }
            Ok(n) => {
                if let (Some(hasher), Some(bytes)) = (&mut self.hasher, out.get(..n)) {
                    hasher.update(bytes);
                }
                self.bytes += n as u64;
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.state = State::Failed;
                Err(error)
            }
        }
    }
}

impl Drop for Hashed {
    fn drop(&mut self) {
        let read = match self.rest() {
            Ok(()) if self.state == State::End => {
                Ok(Read { digest: self.hasher.take().map(Hasher::finish), bytes: self.bytes })
            }
            Ok(()) => Err(io::Error::other("it could not be read to its end")),
            Err(error) => Err(error),
        };
        // Whoever waited may have gone on with an error of its own.
        let _ = self.done.try_send(read);
    }
}
