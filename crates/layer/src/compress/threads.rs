//! How many threads may compress.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::thread;

/// A number of threads, at least one. It never decides what is written, only how soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threads(NonZeroUsize);

impl Threads {
    /// One: the caller's own.
    pub const ONE: Self = Self(NonZeroUsize::MIN);

    /// More than these are not used: each holds blocks in memory, and what feeds them is one thread.
    pub const MOST: usize = 16;

    /// As many as this process may run at once.
    pub fn available() -> Self {
        let count = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self(count).bounded()
    }

    /// So many, and at least one.
    pub fn new(count: usize) -> Self {
        Self(NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN)).bounded()
    }

    /// How many.
    pub fn get(self) -> usize {
        self.0.get()
    }

    fn bounded(self) -> Self {
        NonZeroUsize::new(self.get().min(Self::MOST)).map_or(self, Self)
    }
}

impl Default for Threads {
    fn default() -> Self {
        Self::available()
    }
}

impl FromStr for Threads {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(0) | Err(_) => Err("not a number of threads: 1 or more"),
            Ok(count) => Ok(Self::new(count)),
        }
    }
}
