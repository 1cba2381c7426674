//! Two layers, entry by entry in the order of their tars.

use std::collections::BTreeMap;

use ocidian_layer::Change;
use ocidian_spec::{Descriptor, DiffId};
use ocidian_unpack::files::ImageTree;

use super::facts::{self, Aspect, Facts, Rules};
use super::listing::{PathChange, PathDiff};
use crate::digests;
use crate::error::{Error, Result};

/// Why two layers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The tar is the same, its compression is not: another algorithm, level or program.
    Compressor,
    /// One has entries that the other has not.
    Entries,
    /// Entries of one path differ so.
    Of(Aspect),
    /// The entries that both have come in another order.
    Order,
    /// All that the entries say is the same: the tars differ in how they say it (headers, holes, access times, padding).
    Framing,
}

impl Cause {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compressor => "compressor",
            Self::Entries => "entries",
            Self::Of(aspect) => aspect.name(),
            Self::Order => "order",
            Self::Framing => "framing",
        }
    }
}

/// A layer by its names.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerId {
    /// What the manifest says of it.
    pub descriptor: Descriptor,
    /// What the config says of it.
    pub diff_id: DiffId,
}

/// Two layers of the same place.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerDiff {
    /// That of the first image; `None` where it has fewer layers.
    pub a: Option<LayerId>,
    /// That of the second.
    pub b: Option<LayerId>,
    /// Why they differ, sorted; empty where they do not, or where there is only one of them.
    pub causes: Vec<Cause>,
    /// Entries that differ, in the order of their paths.
    pub paths: Vec<PathDiff>,
}

/// What an entry does to its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doing {
    Put,
    Whiteout,
    Opaque,
}

/// A path, what is done to it, and how often that was done before in the same layer.
type Key = (Vec<u8>, Doing, usize);

/// An entry, and where in the tar it begins.
pub(super) struct Record {
    key: Key,
    pub(super) offset: u64,
    /// `None` for a marker.
    pub(super) facts: Option<Facts>,
}

/// Reads a whole layer.
pub(super) fn read(tree: &ImageTree<'_>, layer: usize) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut seen: BTreeMap<(Vec<u8>, Doing), usize> = BTreeMap::new();
    tree.read_changes(layer, |change, content| {
        let (path, doing, offset, facts) = match change {
            Change::Put(entry) => {
                let digest = digests::of_entry(&entry.kind, content)?;
                let facts = Facts { kind: entry.kind.clone(), metadata: entry.metadata.clone(), digest };
                (&entry.path, Doing::Put, entry.offset, Some(facts))
            }
            Change::Whiteout(path) => (path, Doing::Whiteout, 0, None),
            Change::Opaque(path) => (path, Doing::Opaque, 0, None),
        };
        let before = seen.entry((path.as_bytes().to_vec(), doing)).or_default();
        records.push(Record { key: (path.as_bytes().to_vec(), doing, *before), offset, facts });
        *before += 1;
        Ok::<(), Error>(())
    })?;
    Ok(records)
}

/// Why two tars that are not the same are not, with the entries that differ.
pub(super) fn compare(a: &[Record], b: &[Record]) -> (Vec<Cause>, Vec<PathDiff>) {
    let keyed = |records: &'_ [Record]| -> BTreeMap<Key, usize> {
        records.iter().enumerate().map(|(place, record)| (record.key.clone(), place)).collect()
    };
    let (one, other) = (keyed(a), keyed(b));
    let (mut causes, mut paths) = (Vec::new(), Vec::new());
    for (key, place) in &one {
        let Some(record) = a.get(*place) else { continue };
        let Some(against) = other.get(key).and_then(|place| b.get(*place)) else {
            causes.push(Cause::Entries);
            paths.push(PathDiff { path: key.0.clone(), change: PathChange::OnlyA(what(record)) });
            continue;
        };
        if let (Some(facts), Some(against)) = (&record.facts, &against.facts) {
            let differences = facts.differences(against, &Rules::default());
            if !differences.is_empty() {
                causes.extend(differences.iter().map(|difference| Cause::Of(difference.aspect)));
                paths.push(PathDiff { path: key.0.clone(), change: PathChange::Both(differences) });
            }
        }
    }
    for (key, place) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
        let Some(record) = b.get(*place) else { continue };
        causes.push(Cause::Entries);
        paths.push(PathDiff { path: key.0.clone(), change: PathChange::OnlyB(what(record)) });
    }
    let order = a.iter().map(|record| &record.key).filter(|key| other.contains_key(*key));
    if !order.eq(b.iter().map(|record| &record.key).filter(|key| one.contains_key(*key))) {
        causes.push(Cause::Order);
    }
    if causes.is_empty() {
        causes.push(Cause::Framing);
    }
    causes.sort_unstable();
    causes.dedup();
    paths.sort_by(|one, other| one.path.cmp(&other.path));
    (causes, paths)
}

fn what(record: &Record) -> &'static str {
    match (record.key.1, &record.facts) {
        (Doing::Put, Some(facts)) => facts::name(&facts.kind),
        (Doing::Opaque, _) => "an opaque marker",
        _ => "a whiteout",
    }
}
