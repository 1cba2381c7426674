//! Random layers, links of both kinds among them: the tree in memory is the one that an unpack makes,
//! and what the one refuses the other refuses at the same entry.

use std::collections::BTreeMap;

use ocidian_content::{Cancel, Silent};
use ocidian_testkit::tree::{self, Snapshot};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::against_map::path;
use super::fixture::{Fixture, Item, layer_of};
use crate::files::{FileKind, ImageTree};
use crate::{Error, UnpackOptions, unpack_rootfs};

/// An entry before it is known what its hard link may lead to.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) path: String,
    pub(super) kind: Kind,
    mode: u32,
    pub(super) mtime: u64,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Dir,
    File(String),
    Symlink(String),
    Fifo,
    /// To a path, or to what an earlier entry that can be linked to was put as.
    Link(String, Option<Index>),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        3 => Just(Kind::Dir),
        4 => "[xyz]{0,3}".prop_map(Kind::File),
        3 => symlink().prop_map(Kind::Symlink),
        1 => Just(Kind::Fifo),
        2 => (path(), prop::option::weighted(0.95, any::<Index>())).prop_map(|(path, pick)| Kind::Link(path, pick)),
    ];
    // An ordinary user has to be able to read what was made.
    let mode = select(vec![0o755, 0o700, 0o2775, 0o1777, 0o4755, 0o6711]);
    let entry = (path(), kind, mode, 0..99_u64).prop_map(|(path, kind, mode, mtime)| Step {
        path,
        kind,
        mode,
        mtime,
    });
    let empty = |path| Step { path, kind: Kind::File(String::new()), mode: 0o644, mtime: 0 };
    let mark = (prop_oneof![3 => path(), 1 => Just(String::new())], select(vec!["a", "b", "c", ".wh..opq"]));
    prop_oneof![
        7 => entry,
        2 => mark.prop_map(move |(parent, name)| {
            let slash = if parent.is_empty() { "" } else { "/" };
            empty(format!("{parent}{slash}.wh.{name}"))
        }),
    ]
}

/// Relative and absolute, upwards, in circles, to nothing at all.
fn symlink() -> impl Strategy<Value = String> {
    let names = prop::collection::vec(select(vec!["a", "b", "c", "..", "."]), 1..4);
    (any::<bool>(), names)
        .prop_map(|(absolute, names)| format!("{}{}", if absolute { "/" } else { "" }, names.join("/")))
}

/// The layers as tars.
pub(super) fn layers(steps: &[Vec<Step>]) -> Vec<Vec<u8>> {
    let mut linkable: Vec<&str> = Vec::new();
    steps
        .iter()
        .map(|steps| {
            let items = steps.iter().map(|Step { path, kind, mode, mtime }| {
                let item = match kind {
                    Kind::Dir => Item::Dir(path),
                    Kind::File(text) => Item::File(path, text),
                    Kind::Symlink(target) => Item::Symlink(path, target),
                    Kind::Fifo => Item::Fifo(path),
                    Kind::Link(_, Some(pick)) if !linkable.is_empty() => {
                        Item::Link(path, linkable[pick.index(linkable.len())])
                    }
                    Kind::Link(target, _) => Item::Link(path, target),
                };
                if !matches!(kind, Kind::Dir) && !path.contains(".wh.") {
                    linkable.push(path);
                }
                (item, *mode, *mtime)
            });
            layer_of(items)
        })
        .collect()
}

/// What both can say of an entry, as a line. The owner is root's or the caller's on disk.
fn line(kind: String, mode: u32, seconds: i64, first: &[u8]) -> String {
    format!("{kind} {mode:04o} at {seconds} is {}", first.escape_ascii())
}

fn in_memory(tree: &ImageTree<'_>) -> BTreeMap<Vec<u8>, String> {
    let mut first: BTreeMap<*const crate::files::Node, Vec<u8>> = BTreeMap::new();
    tree.entries()
        .map(|(path, node)| {
            let first = first.entry(std::ptr::from_ref(node)).or_insert_with(|| path.clone()).clone();
            let kind = match node.kind() {
                FileKind::File { .. } => {
                    let mut content = Vec::new();
                    tree.content(&path, &mut content).unwrap();
                    file(content.len() as u64, &super::fixture::digest(&content))
                }
                FileKind::Symlink(target) => symlink_to(target),
                other => other.name().to_owned(),
            };
            let mode = if matches!(node.kind(), FileKind::Symlink(_)) { 0o777 } else { node.mode() };
            (path, line(kind, mode, node.mtime().seconds, &first))
        })
        .collect()
}

fn on_disk(snapshot: &Snapshot) -> BTreeMap<Vec<u8>, String> {
    snapshot
        .iter()
        .map(|(path, node)| {
            let kind = match &node.kind {
                tree::Kind::File { size, digest } => file(*size, digest),
                tree::Kind::Symlink(target) => symlink_to(target),
                tree::Kind::Directory => "a directory".to_owned(),
                tree::Kind::Fifo => "a FIFO".to_owned(),
                other => other.name().to_owned(),
            };
            let first = node.link_group.as_deref().unwrap_or(path);
            (path.to_vec(), line(kind, node.mode, node.mtime.seconds, first))
        })
        .collect()
}

fn file(size: u64, digest: &str) -> String {
    format!("{size} bytes {}", digest.trim_start_matches("sha256:"))
}

fn symlink_to(target: &[u8]) -> String {
    format!("link to {}", target.escape_ascii())
}

/// At which entry of which layer it was refused.
pub(super) fn place_of(error: &Error) -> Option<(usize, &str, u64)> {
    match error {
        Error::Entry { layer, path, offset, .. } => Some((*layer, path, *offset)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_is_the_one_that_an_unpack_makes(
        steps in prop::collection::vec(prop::collection::vec(step(), 0..9), 1..4),
    ) {
        let fixture = Fixture::new(&layers(&steps));
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("tree");
        let options = UnpackOptions { rootless: true, ..UnpackOptions::default() };
        let unpacked =
            unpack_rootfs(&fixture.store, fixture.image(), &target, &options, &Silent, &Cancel::new());
        match (fixture.read(), unpacked) {
            (Ok(tree), Ok(_)) => {
                prop_assert_eq!(in_memory(&tree), on_disk(&Snapshot::of(&target).unwrap()));
            }
            (Err(tree), Err(unpacked)) => prop_assert_eq!(place_of(&tree), place_of(&unpacked)),
            (Ok(_), Err(error)) => prop_assert!(false, "only the unpack refuses: {error}"),
            (Err(error), Ok(_)) => prop_assert!(false, "only the tree refuses: {error}"),
        }
    }
}
