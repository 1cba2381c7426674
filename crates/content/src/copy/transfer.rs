//! The bytes of a copy: several blobs at a time, each through one buffer. They are verified once, by the destination:
//! [`BlobWrite::commit`](crate::BlobWrite::commit) takes nothing of another size or digest, so hashing them in reading
//! too would tell nothing and take longer.

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ocidian_spec::Descriptor;

use crate::error::{Error, Result};
use crate::progress::{Cancel, Event, Progress};
use crate::store::{BlobSource, Destination, Expect, Role};
use crate::tally::Tally;

/// Of each blob at most this much is in memory.
const BUFFER: usize = 256 << 10;

/// A blob to bring over.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) role: Role,
    pub(super) descriptor: Descriptor,
}

pub(super) struct Transfer<'a> {
    pub(super) source: &'a dyn BlobSource,
    pub(super) to: &'a dyn Destination,
    pub(super) progress: &'a dyn Progress,
    pub(super) cancel: &'a Cancel,
    /// Of all that is brought over, in how many pieces of work.
    pub(super) count: usize,
}

/// What was done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) copied: Tally,
    pub(super) adopted: Tally,
}

impl Transfer<'_> {
    /// Brings all of them over, on as many threads; the first error stops the others. `before` were done already.
    pub(super) fn all(&self, tasks: &[Task], before: usize, threads: NonZeroUsize) -> Result<Done> {
        let shared = Mutex::new((Done::default(), None));
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(task) = tasks.get(at) else { return };
                let outcome = self.one(task, before + at);
                let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let (done, failed) = &mut *shared;
                match outcome {
                    Ok(true) => done.adopted.add(task.descriptor.size),
                    Ok(false) => done.copied.add(task.descriptor.size),
                    Err(error) => {
                        // What fails after it, because it was told to stop, is not why.
                        failed.get_or_insert(error);
                        next.store(tasks.len(), Ordering::Relaxed);
                        return;
                    }
                }
            }
        };
        // The caller's thread is one of them.
        let others = threads.get().min(tasks.len()).saturating_sub(1);
        std::thread::scope(|scope| {
            for _ in 0..others {
                scope.spawn(work);
            }
            work();
        });
        match shared.into_inner().unwrap_or_else(PoisonError::into_inner) {
            (_, Some(error)) => Err(error),
            (done, None) => Ok(done),
        }
    }

    /// Brings one over; whether the destination had it without reading it.
    fn one(&self, task: &Task, index: usize) -> Result<bool> {
        let Task { role, descriptor } = task;
        self.cancel.check()?;
        self.progress.event(Event::Begin { descriptor, index, count: self.count });
        let adopted = self.to.adopt(*role, descriptor, self.source)?;
        if adopted {
            self.progress.event(Event::Bytes(descriptor.size));
        } else {
            self.write(*role, descriptor)?;
        }
        self.progress.event(Event::End);
        Ok(adopted)
    }

    fn write(&self, role: Role, descriptor: &Descriptor) -> Result<()> {
        let digest = &descriptor.digest;
        let mut reader: Box<dyn Read> = match &descriptor.data {
            // Kept in a task only where it verifies and the source does not hold the blob otherwise.
            Some(_) => match descriptor.embedded()? {
                Some(carried) => Box::new(io::Cursor::new(carried.bytes().to_vec())),
                None => Box::new(io::empty()),
            },
            None => {
                // One byte more than it should have tells that it has too many.
                let most = descriptor.size.saturating_add(1);
                Box::new(self.source.open_range(role, descriptor, 0, most)?.take(most))
            }
        };
        let mut writer = self.to.begin(role, Expect::Known(descriptor.clone()))?;
        let most = usize::try_from(descriptor.size).unwrap_or(BUFFER).clamp(1, BUFFER);
        let mut buffer = vec![0; most];
        loop {
            self.cancel.check()?;
            let n = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    return Err(Error::from_io(|| format!("{}: read {digest}", self.source.name()), e));
                }
            };
            let read = buffer.get(..n).unwrap_or(&buffer);
            writer.write_all(read).map_err(|e| Error::from_io(|| format!("write {digest}"), e))?;
            self.progress.event(Event::Bytes(n as u64));
        }
        writer.commit(Some(digest)).map(drop)
    }
}
