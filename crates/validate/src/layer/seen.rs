//! What a layer has at each path, by fingerprint: 60 keyed bits a path and 4 of what is there, not the path.
//!
//! Keyed at random, so that no layer can be made whose paths collide. Eight bytes a path, in a table that is at
//! least 7/16 full: 21 bytes an entry, and an entry may bring its parent in too.

use std::hash::{BuildHasher as _, Hash, Hasher, RandomState};

use ocidian_layer::Fingerprints;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: no entry has that path.
    None,
    Directory,
    Symlink,
    Other,
}

/// What is known of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) kind: Kind,
    /// Whether a whiteout hides it.
    pub(super) hidden: bool,
    /// Whether something that is no whiteout was put directly below it.
    pub(super) has_child: bool,
}

impl Known {
    const NOTHING: Self = Self { kind: Kind::None, hidden: false, has_child: false };

    fn of(bits: u64) -> Self {
        let kind = match bits & 3 {
            0 => Kind::None,
            1 => Kind::Directory,
            2 => Kind::Symlink,
            _ => Kind::Other,
        };
        Self { kind, hidden: bits & 4 != 0, has_child: bits & 8 != 0 }
    }

    fn bits(self) -> u64 {
        self.kind as u64 | u64::from(self.hidden) << 2 | u64::from(self.has_child) << 3
    }
}

/// The paths of a layer.
#[derive(Debug, Default)]
pub(super) struct Seen {
    key: RandomState,
    slots: Fingerprints<Slot>,
}

impl Seen {
    /// What is known of `path`.
    pub(super) fn get(&self, path: &[u8]) -> Known {
        self.slots.get(&self.slot(path)).map_or(Known::NOTHING, |slot| Known::of(slot.0))
    }

    /// How many paths something is known of.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Changes what is known of `path`; what was known before.
    pub(super) fn update(&mut self, path: &[u8], change: impl FnOnce(&mut Known)) -> Known {
        let slot = self.slot(path);
        let before = self.slots.get(&slot).map_or(Known::NOTHING, |slot| Known::of(slot.0));
        let mut after = before;
        change(&mut after);
        if after != before {
            self.slots.replace(Slot(slot.0 | after.bits()));
        }
        before
    }

    fn slot(&self, path: &[u8]) -> Slot {
        Slot(self.key.hash_one(path) & !KNOWN)
    }
}

const KNOWN: u64 = 0xf;

/// A fingerprint, and in its lowest bits what is known. Equal if the fingerprints are.
#[derive(Debug, Clone, Copy)]
struct Slot(u64);

impl PartialEq for Slot {
    fn eq(&self, other: &Self) -> bool {
        self.0 & !KNOWN == other.0 & !KNOWN
    }
}

impl Eq for Slot {}

impl Hash for Slot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The table takes its place from the low bits.
        state.write_u64((self.0 & !KNOWN).rotate_right(4));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_known_of_a_path_is_kept_apart() {
        let mut seen = Seen::default();
        assert_eq!(seen.get(b"a"), Known::NOTHING);
        seen.update(b"a", |known| known.hidden = true);
        let before = seen.update(b"a", |known| known.kind = Kind::Symlink);
        assert_eq!(before, Known { hidden: true, ..Known::NOTHING });
        seen.update(b"b", |known| known.has_child = true);
        assert_eq!(seen.get(b"a"), Known { kind: Kind::Symlink, hidden: true, has_child: false });
        assert_eq!(seen.get(b"b"), Known { has_child: true, ..Known::NOTHING });
    }

    #[test]
    fn a_path_takes_eight_bytes() {
        assert_eq!(size_of::<Slot>(), 8);
        let mut seen = Seen::default();
        for n in 0..100_000_u32 {
            assert_eq!(seen.update(&n.to_be_bytes(), |known| known.kind = Kind::Other).kind, Kind::None);
        }
        assert!(seen.slots.capacity() * 9 < 100_000 * 32, "{}", seen.slots.capacity());
        assert!((0..100_000_u32).all(|n| seen.get(&n.to_be_bytes()).kind == Kind::Other));
    }
}
