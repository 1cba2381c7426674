//! What the tree is in the image's own terms, gathered in the pass that writes it.
//!
//! Kept only where an mtree manifest was asked for. It follows changes, not the file system: so it
//! knows the owners that an ordinary user could not give, and it is the same for both forms on disk.

use std::collections::BTreeMap;
use std::ops::Bound;

use ocidian_layer::{Device, Metadata, Timestamp};
use ocidian_spec::{Algorithm, Digest, Hasher};
use rustix::fs::FileType;

/// Sparse files beyond this are not hashed: their holes alone would take minutes.
const HASHED_MAX: u64 = 64 << 30;

/// What an entry of the tree is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Directory,
    File { size: u64, sha256: Option<Digest> },
    Symlink(Vec<u8>),
    CharDevice(Device),
    BlockDevice(Device),
    Fifo,
}

impl Kind {
    pub(crate) fn node(file_type: FileType, device: Option<Device>) -> Self {
        match (file_type, device) {
            (FileType::CharacterDevice, Some(device)) => Self::CharDevice(device),
            (FileType::BlockDevice, Some(device)) => Self::BlockDevice(device),
            _ => Self::Fifo,
        }
    }
}

/// One entry of the tree.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: Timestamp,
    pub(crate) kind: Kind,
    layer: usize,
}

/// Gathers what the tree is.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    records: BTreeMap<Box<[u8]>, Record>,
    layer: usize,
    time: Timestamp,
}

impl Recorder {
    pub(crate) fn begin_layer(&mut self, layer: usize) {
        self.layer = layer;
        if self.records.is_empty() {
            self.implied(b"", Timestamp::default());
        }
    }

    /// An entry was put.
    pub(crate) fn put(&mut self, path: &[u8], meta: &Metadata, kind: Kind) {
        self.time = meta.mtime;
        let Metadata { mode, uid, gid, mtime, .. } = *meta;
        // Linux knows no other mode of a link, whatever an archive says.
        let mode = if matches!(kind, Kind::Symlink(_)) { 0o777 } else { mode };
        self.records.insert(path.into(), Record { mode, uid, gid, mtime, kind, layer: self.layer });
    }

    /// A parent was made that no layer mentions.
    pub(crate) fn implied(&mut self, path: &[u8], mtime: Timestamp) {
        let layer = self.layer;
        let record = Record { mode: 0o755, uid: 0, gid: 0, mtime, kind: Kind::Directory, layer };
        self.records.insert(path.into(), record);
    }

    /// A name was linked to what another stands for.
    pub(crate) fn link(&mut self, from: &[u8], to: &[u8]) {
        if let Some(record) = self.records.get(from).cloned() {
            self.records.insert(to.into(), Record { layer: self.layer, ..record });
        }
    }

    /// What was there is gone, with all below it.
    pub(crate) fn remove(&mut self, path: &[u8]) {
        self.records.remove(path);
        crate::tree::forget_below(&mut self.records, path);
    }

    /// What lower layers brought below `path` (and at it) is hidden.
    pub(crate) fn hide(&mut self, path: &[u8], itself: bool) {
        let prefix = if path.is_empty() { Vec::new() } else { [path, b"/"].concat() };
        let from = Bound::Included(prefix.as_slice());
        let all = self.records.range::<[u8], _>((from, Bound::Unbounded));
        let mut keys: Vec<Box<[u8]>> =
            all.map(|(key, _)| key.clone()).take_while(|key| key.starts_with(&prefix)).collect();
        keys.retain(|key| !key.is_empty());
        if itself {
            keys.insert(0, path.into());
        }
        // Children first: a directory stays where something below it does.
        for key in keys.into_iter().rev() {
            if self.records.get(&key).is_none_or(|record| record.layer == self.layer) {
                continue;
            }
            if self.has_below(&key) {
                self.implied(&key, self.time);
            } else {
                self.records.remove(&key);
            }
        }
    }

    fn has_below(&self, path: &[u8]) -> bool {
        let from = [path, b"/"].concat();
        let next = self.records.range::<[u8], _>((Bound::Included(from.as_slice()), Bound::Unbounded)).next();
        next.is_some_and(|(key, _)| key.starts_with(&from))
    }

    /// The entries in the order of their paths; the root's is empty.
    pub(crate) fn records(&self) -> impl Iterator<Item = (&[u8], &Record)> {
        self.records.iter().map(|(path, record)| (&**path, record))
    }
}

/// The digest of a file's content, holes included, fed by the extents that are stored.
#[derive(Debug)]
pub(crate) struct ContentHash {
    hasher: Option<Hasher>,
    at: u64,
}

impl ContentHash {
    pub(crate) fn new() -> Self {
        Self { hasher: Hasher::new(&Algorithm::Sha256), at: 0 }
    }

    /// Stored content, in rising order.
    pub(crate) fn extent(&mut self, offset: u64, bytes: &[u8]) {
        self.zeros_up_to(offset);
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.at = offset.saturating_add(bytes.len() as u64);
    }

    /// The digest of `size` bytes; `None` for a sparse file too large to hash.
    pub(crate) fn finish(mut self, size: u64) -> Option<Digest> {
        self.zeros_up_to(size);
        self.hasher.map(Hasher::finish)
    }

    fn zeros_up_to(&mut self, offset: u64) {
        const ZEROS: [u8; 16384] = [0; 16384];
        let mut left = offset.saturating_sub(self.at);
        if left > HASHED_MAX {
            self.hasher = None;
        }
        let Some(hasher) = &mut self.hasher else { return };
        while left > 0 {
            let n = usize::try_from(left).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
            hasher.update(&ZEROS[..n]);
            left -= n as u64;
        }
        self.at = self.at.max(offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(recorder: &Recorder) -> Vec<String> {
        recorder.records().map(|(path, _)| String::from_utf8_lossy(path).into_owned()).collect()
    }

    #[test]
    fn hiding_spares_what_the_layer_itself_put() {
        let mut recorder = Recorder::default();
        let meta = Metadata { mode: 0o700, ..Metadata::default() };
        recorder.begin_layer(0);
        for path in ["a", "a/b", "a/b/c", "a/d", "a-b"] {
            recorder.put(path.as_bytes(), &meta, Kind::Directory);
        }
        recorder.begin_layer(1);
        recorder.put(b"a/b/new", &meta, Kind::Fifo);
        recorder.hide(b"a", true);
        assert_eq!(paths(&recorder), ["", "a", "a-b", "a/b", "a/b/new"]);
        assert_eq!(recorder.records[&b"a"[..]].mode, 0o755, "what stays only as a parent is an implied one");
        recorder.begin_layer(2);
        recorder.hide(b"", false);
        assert_eq!(paths(&recorder), [""]);
    }

    #[test]
    fn holes_are_hashed_as_zeros() {
        let mut hash = ContentHash::new();
        hash.extent(3, b"x");
        assert_eq!(hash.finish(6), Some(Digest::sha256(b"\0\0\0x\0\0")));
        let mut huge = ContentHash::new();
        huge.extent(0, b"x");
        assert_eq!(huge.finish(u64::MAX), None);
    }
}
