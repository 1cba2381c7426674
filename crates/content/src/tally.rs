//! How many blobs, and how many bytes.

/// So many blobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub blobs: u64,
    /// Their bytes, as stored.
    pub bytes: u64,
}

impl Tally {
    /// One more blob of that size.
    pub fn add(&mut self, bytes: u64) {
        self.blobs += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Those of both.
    pub fn plus(self, other: Self) -> Self {
        Self { blobs: self.blobs + other.blobs, bytes: self.bytes.saturating_add(other.bytes) }
    }
}

impl FromIterator<u64> for Tally {
    /// Of blobs of those sizes.
    fn from_iter<I: IntoIterator<Item = u64>>(sizes: I) -> Self {
        let mut tally = Self::default();
        sizes.into_iter().for_each(|size| tally.add(size));
        tally
    }
}
