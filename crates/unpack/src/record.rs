//! What the tree is in the image's own terms, gathered in the pass that writes it.
//!
//! Kept only where an mtree manifest was asked for. It follows changes, not the file system: so it
//! knows the owners that an ordinary user could not give, and it is the same for both forms on disk.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use ocidian_content::Cancel;
use ocidian_layer::{Device, Metadata, Timestamp};
use ocidian_spec::{Algorithm, Digest, Hasher};
use rustix::fs::FileType;

use crate::error::Failure;
use crate::tree::forget_below;

/// Bytes of holes that are hashed for a whole image. A few hundred bytes of tar make a hole of any size,
/// and a layer has millions of entries; this many zeros take seconds.
const HOLES_MAX: u64 = 1 << 30;

/// Bytes of holes between two looks at whether to stop.
const LOOK: u64 = 4 << 20;

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
}

/// Gathers what the tree is.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// What the present layer brought. A path is in one of the two maps at most.
    own: BTreeMap<Box<[u8]>, Record>,
    /// What is left of what lower layers brought. Apart, so that a layer hides each of them once, however
    /// much of its own is beside them and however often it says so.
    lower: BTreeMap<Box<[u8]>, Record>,
    time: Timestamp,
    holes_left: Rc<Cell<u64>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            own: BTreeMap::new(),
            lower: BTreeMap::new(),
            time: Timestamp::default(),
            holes_left: Rc::new(Cell::new(HOLES_MAX)),
        }
    }
}

impl Recorder {
    pub(crate) fn begin_layer(&mut self) {
        self.lower.extend(std::mem::take(&mut self.own));
        if self.lower.is_empty() {
            self.implied(b"", Timestamp::default());
        }
    }

    /// For the content of a file that is about to be put.
    pub(crate) fn content_hash(&self, cancel: &Cancel) -> ContentHash {
        let (holes_left, cancel) = (Rc::clone(&self.holes_left), cancel.clone());
        ContentHash { hasher: Hasher::new(&Algorithm::Sha256), at: 0, holes_left, cancel }
    }

    /// An entry was put.
    pub(crate) fn put(&mut self, path: &[u8], meta: &Metadata, kind: Kind) {
        self.time = meta.mtime;
        let Metadata { mode, uid, gid, mtime, .. } = *meta;
        // Linux knows no other mode of a link, whatever an archive says.
        let mode = if matches!(kind, Kind::Symlink(_)) { 0o777 } else { mode };
        self.insert(path, Record { mode, uid, gid, mtime, kind });
    }

    /// A parent was made that no layer mentions.
    pub(crate) fn implied(&mut self, path: &[u8], mtime: Timestamp) {
        self.insert(path, Record { mode: 0o755, uid: 0, gid: 0, mtime, kind: Kind::Directory });
    }

    fn insert(&mut self, path: &[u8], record: Record) {
        self.lower.remove(path);
        self.own.insert(path.into(), record);
    }

    /// A name was linked to what another stands for.
    pub(crate) fn link(&mut self, from: &[u8], to: &[u8]) {
        if let Some(record) = self.own.get(from).or_else(|| self.lower.get(from)).cloned() {
            self.insert(to, record);
        }
    }

    /// What was there is gone, with all below it.
    pub(crate) fn remove(&mut self, path: &[u8]) {
        for records in [&mut self.own, &mut self.lower] {
            records.remove(path);
            forget_below(records, path);
        }
    }

    /// What lower layers brought below `path` (and at it) is hidden.
    pub(crate) fn hide(&mut self, path: &[u8], itself: bool) {
        let itself = itself.then(|| path.into());
        let keys: Vec<Box<[u8]>> = itself.into_iter().chain(below(&self.lower, path).cloned()).collect();
        // Children first: a directory stays where something below it does.
        for key in keys.into_iter().rev() {
            if self.lower.remove(&key).is_some() && below(&self.own, &key).next().is_some() {
                self.implied(&key, self.time);
            }
        }
    }

    /// The entries in the order of their paths; the root's is empty.
    pub(crate) fn into_records(mut self) -> BTreeMap<Box<[u8]>, Record> {
        self.lower.extend(self.own);
        self.lower
    }
}

/// The paths below `path`, in order.
fn below<'a>(
    records: &'a BTreeMap<Box<[u8]>, Record>,
    path: &[u8],
) -> impl Iterator<Item = &'a Box<[u8]>> + use<'a> {
    let prefix = if path.is_empty() { Vec::new() } else { [path, b"/"].concat() };
    let from = (Bound::Excluded(prefix.as_slice()), Bound::Unbounded);
    records.range::<[u8], _>(from).map(|(key, _)| key).take_while(move |key| key.starts_with(&prefix))
}

/// The digest of a file's content, holes included, fed by the extents that are stored.
#[derive(Debug)]
pub(crate) struct ContentHash {
    hasher: Option<Hasher>,
    at: u64,
    /// Bytes of holes that the image may still have hashed.
    holes_left: Rc<Cell<u64>>,
    cancel: Cancel,
}

impl ContentHash {
    /// Stored content, in rising order.
    pub(crate) fn extent(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Failure> {
        self.zeros_up_to(offset)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.at = offset.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// The digest of `size` bytes; `None` where the image has more of holes than are hashed.
    pub(crate) fn finish(mut self, size: u64) -> Result<Option<Digest>, Failure> {
        self.zeros_up_to(size)?;
        Ok(self.hasher.map(Hasher::finish))
    }

    fn zeros_up_to(&mut self, offset: u64) -> Result<(), Failure> {
        const ZEROS: [u8; 16384] = [0; 16384];
        let mut left = offset.saturating_sub(self.at);
        let Some(holes_left) = self.holes_left.get().checked_sub(left) else {
            self.hasher = None;
            return Ok(());
        };
        let Some(hasher) = &mut self.hasher else { return Ok(()) };
        self.holes_left.set(holes_left);
        while left > 0 {
            if self.cancel.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            let mut stretch = left.min(LOOK);
            left -= stretch;
            while stretch > 0 {
                let n = usize::try_from(stretch).map_or(ZEROS.len(), |stretch| stretch.min(ZEROS.len()));
                hasher.update(&ZEROS[..n]);
                stretch -= n as u64;
            }
        }
        self.at = self.at.max(offset);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(recorder: &Recorder) -> Vec<String> {
        let all = recorder.own.keys().chain(recorder.lower.keys());
        let mut paths: Vec<_> = all.map(|path| String::from_utf8_lossy(path).into_owned()).collect();
        paths.sort();
        paths
    }

    #[test]
    fn hiding_spares_what_the_layer_itself_put() {
        let mut recorder = Recorder::default();
        let meta = Metadata { mode: 0o700, ..Metadata::default() };
        recorder.begin_layer();
        for path in ["a", "a/b", "a/b/c", "a/d", "a-b"] {
            recorder.put(path.as_bytes(), &meta, Kind::Directory);
        }
        recorder.begin_layer();
        recorder.put(b"a/b/new", &meta, Kind::Fifo);
        recorder.hide(b"a", true);
        assert_eq!(paths(&recorder), ["", "a", "a-b", "a/b", "a/b/new"]);
        assert_eq!(recorder.own[&b"a"[..]].mode, 0o755, "what stays only as a parent is an implied one");
        recorder.begin_layer();
        recorder.hide(b"", false);
        assert_eq!(paths(&recorder), [""]);
    }

    #[test]
    fn a_path_is_known_once() {
        let mut recorder = Recorder::default();
        recorder.begin_layer();
        recorder.put(b"a", &Metadata::default(), Kind::Fifo);
        recorder.begin_layer();
        recorder.put(b"a", &Metadata { uid: 7, ..Metadata::default() }, Kind::Fifo);
        recorder.link(b"a", b"b");
        assert_eq!(paths(&recorder), ["", "a", "b"]);
        recorder.hide(b"", false);
        recorder.remove(b"b");
        let records = recorder.into_records();
        assert_eq!((records.len(), records[&b"a"[..]].uid), (2, 7));
    }

    #[test]
    fn hiding_again_and_again_costs_nothing() {
        let mut recorder = Recorder::default();
        recorder.begin_layer();
        recorder.begin_layer();
        for n in 0..50_000 {
            recorder.put(format!("d/{n}").as_bytes(), &Metadata::default(), Kind::Fifo);
        }
        // Looking at every file each time would take minutes.
        let begun = std::time::Instant::now();
        for _ in 0..50_000 {
            recorder.hide(b"d", false);
            recorder.hide(b"d", true);
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(10));
        assert_eq!(recorder.into_records().len(), 50_001);
    }

    #[test]
    fn holes_are_hashed_as_zeros() {
        let recorder = Recorder::default();
        let mut hash = recorder.content_hash(&Cancel::new());
        hash.extent(3, b"x").unwrap();
        assert_eq!(hash.finish(6).unwrap(), Some(Digest::sha256(b"\0\0\0x\0\0")));
        assert_eq!(recorder.holes_left.get(), HOLES_MAX - 5);
    }

    #[test]
    fn holes_are_hashed_for_the_image_not_for_each() {
        let recorder = Recorder::default();
        recorder.holes_left.set(100);
        let digest = |hole: u64| {
            let mut hash = recorder.content_hash(&Cancel::new());
            hash.extent(hole, b"x").unwrap();
            hash.finish(hole + 1).unwrap()
        };
        assert!(digest(u64::MAX - 1).is_none());
        assert!(digest(60).is_some());
        assert!(digest(60).is_none());
        assert!(digest(40).is_some());
        assert!(digest(1).is_none());
        assert_eq!(digest(0), Some(Digest::sha256(b"x")), "a file without holes always has one");
    }

    #[test]
    fn hashing_holes_can_be_stopped() {
        let cancel = Cancel::new();
        cancel.cancel();
        let hash = Recorder::default().content_hash(&cancel);
        assert!(matches!(hash.finish(HOLES_MAX), Err(Failure::Cancelled)));
    }
}
