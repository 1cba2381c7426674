//! Sets of paths that are known by fingerprint: 64 keyed bits each, not the path.
//!
//! Whoever reads a layer has to remember which paths it had, and a layer may have ten million. The keys are random
//! (`std::hash::RandomState`), so that no layer can be made whose paths collide. A fingerprint is a hash already, so
//! a set takes it as it is.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// A set of fingerprints, or of what is equal and hashes as its fingerprint does (one `u64`).
pub type Fingerprints<T = u64> = HashSet<T, BuildHasherDefault<AsItIs>>;

/// Passes a fingerprint on as the hash that it already is.
#[derive(Debug, Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    /// For anything but a fingerprint, and so for nothing here: no good hash, but one.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn a_fingerprint_is_its_own_hash() {
        let set: Fingerprints = [1, u64::MAX].into_iter().collect();
        assert_eq!(set.hasher().hash_one(0x0123_4567_89ab_cdef_u64), 0x0123_4567_89ab_cdef);
        assert!(set.contains(&1) && set.contains(&u64::MAX) && !set.contains(&2));
    }
}
