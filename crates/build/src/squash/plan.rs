//! What differs between two trees of one image: what the layers up to some place make, and what all of them do.

use std::collections::BTreeMap;

use ocidian_layer::{Change, EntryPath, Metadata};
use ocidian_unpack::files::{FileKind, ImageTree, Node};

use crate::error::{Error, Result};

/// An entry of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) layer: usize,
    pub(super) offset: u64,
}

impl Place {
    fn of(node: &Node) -> Option<Self> {
        node.entry().map(|source| Self { layer: source.layer(), offset: source.offset() })
    }
}

/// A directory to put.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) path: EntryPath,
    /// What says how; else it is only implied.
    pub(super) entry: Option<Place>,
    pub(super) implied: Metadata,
}

/// What makes one tree of the other.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Whiteouts and opaque markers, in the order of their paths.
    pub(super) markers: Vec<Change>,
    /// Parents first.
    pub(super) directories: Vec<Directory>,
    /// All else by the entries that made it, with all names that it is to have, sorted.
    pub(super) files: BTreeMap<Place, Vec<EntryPath>>,
    /// More names for files that stay under the one that they had.
    pub(super) links: Vec<(EntryPath, EntryPath, Metadata)>,
}

type Paths<'a> = BTreeMap<Vec<u8>, &'a Node>;

impl Plan {
    /// What makes `whole` of `below`, or of nothing.
    pub(super) fn new(below: Option<&ImageTree<'_>>, whole: &ImageTree<'_>) -> Result<Self> {
        let below: Paths<'_> = below.map(|tree| tree.entries().collect()).unwrap_or_default();
        let whole: Paths<'_> = whole.entries().collect();
        let mut plan = Self::default();
        plan.markers(&below, &whole)?;
        // Under which name a file of the lower layers is still there.
        let mut kept: BTreeMap<Place, &[u8]> = BTreeMap::new();
        for (path, node) in &whole {
            if !is_directory(node)
                && stays(&below, path, node)
                && let Some(place) = Place::of(node)
            {
                kept.entry(place).or_insert(path);
            }
        }
        for (path, node) in &whole {
            // A root that no layer mentions is left unmentioned.
            let unmentioned = path.is_empty() && node.entry().is_none();
            if unmentioned || stays(&below, path, node) {
                continue;
            }
            let named = self::path(path)?;
            match (is_directory(node), Place::of(node)) {
                (true, entry) => {
                    plan.directories.push(Directory { path: named, entry, implied: metadata(node) })
                }
                (false, Some(place)) => match kept.get(&place) {
                    Some(target) => plan.links.push((named, self::path(target)?, metadata(node))),
                    None => plan.files.entry(place).or_default().push(named),
                },
                // Only directories are implied.
                (false, None) => {}
            }
        }
        Ok(plan)
    }

    /// The layers that files come from, lowest first.
    pub(super) fn layers(&self) -> Vec<usize> {
        let mut layers: Vec<usize> = self.files.keys().map(|place| place.layer).collect();
        layers.dedup();
        layers
    }

    fn markers(&mut self, below: &Paths<'_>, whole: &Paths<'_>) -> Result<()> {
        /// What is gone of a directory's names, and whether any is left.
        #[derive(Default)]
        struct Gone<'a> {
            names: Vec<&'a [u8]>,
            left: bool,
        }
        let mut directories: BTreeMap<&[u8], Gone<'_>> = BTreeMap::new();
        for path in below.keys().filter(|path| !path.is_empty()) {
            let parent = parent(path);
            // With a directory that is gone or is none any more goes all that was in it.
            if whole.get(parent).is_some_and(|node| is_directory(node)) {
                let gone = directories.entry(parent).or_default();
                match whole.contains_key(path) {
                    true => gone.left = true,
                    false => gone.names.push(path),
                }
            }
        }
        for (directory, Gone { names, left }) in directories {
            if names.len() > 1 && !left {
                self.markers.push(Change::Opaque(path(directory)?));
            } else {
                for name in names {
                    self.markers.push(Change::Whiteout(path(name)?));
                }
            }
        }
        Ok(())
    }
}

/// Whether the lower layers left it so at that place.
fn stays(below: &Paths<'_>, path: &[u8], node: &Node) -> bool {
    let Some(before) = below.get(path) else { return false };
    if is_directory(before) != is_directory(node) || before.entry() != node.entry() {
        return false;
    }
    // An implied directory has no entry, and may be another one.
    metadata(before) == metadata(node)
}

fn is_directory(node: &Node) -> bool {
    matches!(node.kind(), FileKind::Directory(_))
}

fn metadata(node: &Node) -> Metadata {
    Metadata {
        mode: node.mode(),
        uid: node.uid(),
        gid: node.gid(),
        mtime: node.mtime(),
        ..Metadata::default()
    }
}

fn parent(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    path.get(..end).unwrap_or_default()
}

/// A path of the tree, which a symlink on the way may have made too long for a layer.
fn path(bytes: &[u8]) -> Result<EntryPath> {
    EntryPath::new(bytes).map_err(|error| {
        Error::Refused(format!("\"{}\" cannot stand in a layer: {error}", bytes.escape_ascii()))
    })
}
