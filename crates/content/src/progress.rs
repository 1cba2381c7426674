//! What long work tells its caller, and how the caller stops it. Libraries emit, the binary draws.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ocidian_spec::Descriptor;

use crate::error::{Error, Result};

/// Something that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// What lies ahead, where it is known before it begins. Blobs then come in whatever order, several at a time.
    Total {
        /// Blobs.
        blobs: usize,
        /// Their bytes, as stored.
        bytes: u64,
    },
    /// Work on a blob begins.
    Begin {
        /// Which blob.
        descriptor: &'a Descriptor,
        /// Its place among those of this piece of work, from 0.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A blob begins to be made, of a size that is not known yet.
    Make {
        /// What it is made of.
        name: &'a str,
        /// Its place among those of this piece of work, from 0.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// So many more bytes of the blob were read, as stored; of one that is made, uncompressed.
    Bytes(u64),
    /// Work on the blob is done.
    End,
    /// Something a person should know that is no error.
    Warning(&'a str),
}

/// Where events go. Called from several threads.
pub trait Progress: Send + Sync {
    /// Takes an event.
    fn event(&self, event: Event<'_>);
}

/// Drops every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}

/// A request to stop, shared by clones. Work looks at it between entries and chunks.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Not yet cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that follows a flag that something else sets, a signal handler for instance.
    pub fn from_flag(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// [`Error::Cancelled`] where it was asked to.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}
