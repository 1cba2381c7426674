//! What each layer weighs: in a table, and against what the trees of fewer layers come to.

use std::collections::{BTreeMap, BTreeSet};

use ocidian_content::error::Class;
use ocidian_content::{Cancel, Silent};
use ocidian_layer::tar::Limits;
use ocidian_testkit::tree::{self, Snapshot};
use proptest::prelude::*;

use super::against_unpack::{Kind, Step, layers, place_of, step};
use super::fixture::Item::{Dir, File, Link, Symlink};
use super::fixture::{Fixture, layer};
use crate::files::{FileKind, ImageTree, ImageUsage, LayerUsage, Source};
use crate::{UnpackOptions, unpack_rootfs};

fn weigh(fixture: &Fixture, top: usize) -> Result<ImageUsage, crate::Error> {
    let (limits, cancel) = (Limits::default(), Cancel::new());
    ImageUsage::read(&fixture.store, fixture.image(), limits, top, &Silent, &cancel)
}

/// Files added, changed and removed; directories added and removed; bytes brought, hidden, hiding.
fn figures(layer: &LayerUsage) -> [u64; 8] {
    let LayerUsage { added, changed, removed, directories_added, directories_removed, .. } = *layer;
    let bytes = [layer.content, layer.hidden, layer.hides];
    [added, changed, removed, directories_added, directories_removed, bytes[0], bytes[1], bytes[2]]
}

#[test]
fn each_way_to_hide_a_file_is_counted() {
    let lower = &[
        Dir("etc"),
        File("etc/a", "1"),
        File("etc/b", "22"),
        Dir("d"),
        Dir("d/e"),
        File("d/e/f", "333"),
        File("d/g", "4444"),
        Symlink("l", "etc"),
        File("one", "55555"),
        Link("two", "one"),
    ][..];
    let table: [(&str, &[_], [u64; 8], u64); 12] = [
        ("nothing", &[], [0, 0, 0, 0, 0, 0, 0, 0], 0),
        ("overwritten", &[File("etc/a", "xy")], [0, 1, 0, 0, 0, 2, 0, 1], 1),
        ("whited out", &[File("etc/.wh.b", "")], [0, 0, 1, 0, 0, 0, 0, 2], 2),
        ("a directory whited out", &[File(".wh.d", "")], [0, 0, 2, 0, 2, 0, 0, 7], 7),
        ("opaque", &[File("d/.wh..wh..opq", ""), File("d/new", "z")], [1, 0, 2, 0, 1, 1, 0, 7], 7),
        ("opaque, put again", &[File("d/g", "g"), File("d/.wh..wh..opq", "")], [0, 1, 1, 0, 1, 1, 0, 7], 7),
        ("a directory replaced", &[File("d", "file")], [1, 0, 2, 0, 2, 4, 0, 7], 7),
        ("a file replaced by a directory", &[Dir("etc/a")], [0, 0, 1, 1, 0, 0, 0, 1], 1),
        ("through a symlink", &[File("l/a", "x"), File("l/.wh.b", "")], [0, 1, 1, 0, 0, 1, 0, 3], 3),
        ("one of two names", &[File(".wh.one", "")], [0, 0, 1, 0, 0, 0, 0, 0], 0),
        ("both names", &[File("two", ""), File(".wh.one", "")], [0, 1, 1, 0, 0, 0, 0, 5], 5),
        ("put twice", &[File("n", "abc"), File("n", "d")], [1, 0, 0, 0, 0, 4, 3, 0], 0),
    ];
    for (name, upper, expected, hidden) in table {
        let usage = weigh(&Fixture::new(&[layer(lower), layer(upper)]), 0).unwrap();
        assert_eq!(figures(&usage.layers[0]), [7, 0, 0, 3, 0, 15, hidden, 0], "{name}: lower");
        assert_eq!(figures(&usage.layers[1]), expected, "{name}: upper");
    }
}

#[test]
fn a_directory_named_again_is_neither_changed_nor_hides_anything() {
    let again = layer(&[Dir("a"), Dir("a/b"), Dir(".")]);
    let usage = weigh(&Fixture::new(&[layer(&[Dir("a"), File("a/b/c", "c")]), again]), 9).unwrap();
    assert_eq!(figures(&usage.layers[1]), [0; 8]);
    assert_eq!((usage.files(), usage.directories()), (1, 2));
}

#[test]
fn the_largest_files_are_named_with_who_hides_them() {
    let lower = layer(&[File("a", "1"), File("b", "22"), File("c", "22"), File("d", "333")]);
    let usage = weigh(&Fixture::new(&[lower, layer(&[]), layer(&[File(".wh.b", "")])]), 2).unwrap();
    let largest: Vec<_> =
        usage.layers[0].largest.iter().map(|f| (f.path.to_string(), f.size, f.hidden_by)).collect();
    assert_eq!(largest, [("d".to_owned(), 3, None), ("b".to_owned(), 2, Some(2))]);
    assert_eq!((usage.content(), usage.hidden()), (8, 2));
}

#[test]
fn holes_have_no_weight() {
    let mut tar = tar::Builder::new(Vec::new());
    let map = [("GNU.sparse.size", &b"9000000"[..]), ("GNU.sparse.numblocks", b"2")];
    let map = map.into_iter().chain([("GNU.sparse.map", &b"2,3,6,1"[..]), ("GNU.sparse.name", b"holes")]);
    tar.append_pax_extensions(map).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(4);
    tar.append_data(&mut header, "stored", &b"abcd"[..]).unwrap();
    let fixture = Fixture::new(&[tar.into_inner().unwrap(), layer(&[File(".wh.holes", "")])]);
    let usage = weigh(&fixture, 1).unwrap();
    assert_eq!(figures(&usage.layers[0]), [1, 0, 0, 0, 0, 4, 4, 0]);
    assert_eq!(figures(&usage.layers[1]), [0, 0, 1, 0, 0, 0, 0, 4]);
    assert_eq!(usage.layers[0].largest[0].hidden_by, Some(1));
}

#[test]
fn a_wrong_diff_id_is_found() {
    let tar = layer(&[File("a", "1")]);
    let fixture = Fixture::with_diff_ids(&[tar], vec![super::fixture::digest(b"other")]);
    assert_eq!(weigh(&fixture, 1).unwrap_err().class(), Class::Verification);
}

#[test]
fn a_damaged_blob_is_told_as_that_and_not_as_what_its_damage_does() {
    let mut tar = layer(&[File("a", "1"), File("b", "2")]);
    let fixture = Fixture::new(&[tar.clone()]);
    tar[1024 + 100] ^= 1; // in the second header, whose checksum then is wrong
    let digest = fixture.manifest.value().layers[0].digest.clone();
    fixture.store.insert_as(digest, &tar);
    for error in [weigh(&fixture, 1).unwrap_err(), fixture.read().err().unwrap()] {
        assert!(matches!(error, crate::Error::Content(_)), "{error}");
        assert_eq!(error.class(), Class::Verification);
    }
}

#[test]
fn whoever_asks_to_stop_is_heard() {
    let (fixture, cancel) = (Fixture::new(&[layer(&[File("a", "1")])]), Cancel::new());
    cancel.cancel();
    let read = ImageUsage::read(&fixture.store, fixture.image(), Limits::default(), 1, &Silent, &cancel);
    assert!(matches!(read, Err(crate::Error::Cancelled)));
}

/// The tree of the lowest layers: files with what tells one put from another, and directories.
#[derive(Debug, Default)]
struct Seen {
    files: BTreeMap<Vec<u8>, i64>,
    directories: BTreeSet<Vec<u8>>,
    content: BTreeMap<Source, u64>,
}

impl Seen {
    fn of(tree: &ImageTree<'_>) -> Self {
        let mut seen = Self::default();
        for (path, node) in tree.entries().skip(1) {
            match node.kind() {
                FileKind::Directory(_) => {
                    seen.directories.insert(path);
                    continue;
                }
                FileKind::File { size, source } => {
                    seen.content.insert(*source, *size);
                }
                _ => {}
            }
            seen.files.insert(path, node.mtime().seconds);
        }
        seen
    }

    fn bytes(&self, of: impl Fn(&Source) -> bool) -> u64 {
        self.content.iter().filter(|(source, _)| of(source)).map(|(_, size)| size).sum()
    }
}

/// What the trees with and without a layer come to; `links` where names may be linked again to what they were.
fn check_layer(layer: &LayerUsage, index: usize, before: &Seen, after: &Seen, last: &Seen, links: bool) {
    let count = |a: &BTreeMap<Vec<u8>, i64>, b: &BTreeMap<Vec<u8>, i64>| {
        a.keys().filter(|path| !b.contains_key(*path)).count() as u64
    };
    assert_eq!(layer.added, count(&after.files, &before.files), "added by {index}");
    assert_eq!(layer.removed, count(&before.files, &after.files), "removed by {index}");
    let changed =
        before.files.iter().filter(|(path, at)| after.files.get(*path).is_some_and(|now| now != *at));
    let changed = changed.count() as u64;
    assert!(layer.changed == changed || (links && layer.changed > changed), "changed by {index}");
    let directories = |a: &Seen, b: &Seen| a.directories.difference(&b.directories).count() as u64;
    assert_eq!(layer.directories_added, directories(after, before), "directories added by {index}");
    assert_eq!(layer.directories_removed, directories(before, after), "directories removed by {index}");
    let kept = last.bytes(|source| source.layer() == index);
    assert_eq!(layer.hidden, layer.content - kept, "hidden of {index}");
    assert_eq!(layer.hides, before.bytes(|source| !after.content.contains_key(source)), "hidden by {index}");
    for large in &layer.largest {
        let there = last
            .content
            .iter()
            .any(|(source, size)| source.layer() == index && *size == large.size && large.size > 0);
        assert!(there || large.hidden_by.is_some() || large.size == 0, "{large:?} of {index}");
    }
}

/// Each entry put at a time of its own, so that one put again is another one.
fn timed(mut layers: Vec<Vec<Step>>) -> Vec<Vec<Step>> {
    layers.iter_mut().flatten().zip(1..).for_each(|(step, at)| step.mtime = at);
    layers
}

fn content_of(steps: &[Step]) -> u64 {
    let size = |step: &Step| match &step.kind {
        Kind::File(text) if !step.path.contains(".wh.") => text.len() as u64,
        _ => 0,
    };
    steps.iter().map(size).sum()
}

fn check_image(steps: &[Vec<Step>], links: bool) {
    let layers = layers(steps);
    let fixture = Fixture::new(&layers);
    let usage = match (weigh(&fixture, 2), fixture.read()) {
        (Ok(usage), Ok(_)) => usage,
        (Err(usage), Err(tree)) => return assert_eq!(place_of(&usage), place_of(&tree)),
        (usage, tree) => panic!("{:?} and {:?}", usage.err(), tree.err()),
    };
    let seen: Vec<Seen> = (0..=layers.len())
        .map(|count| {
            let fixture = Fixture::new(&layers[..count]);
            Seen::of(&fixture.read().unwrap())
        })
        .collect();
    let last = seen.last().unwrap();
    for (index, layer) in usage.layers.iter().enumerate() {
        assert_eq!(layer.uncompressed, layers[index].len() as u64);
        assert_eq!(layer.content, content_of(&steps[index]));
        check_layer(layer, index, &seen[index], &seen[index + 1], last, links);
    }
    assert_eq!(usage.files(), last.files.len() as u64);
    assert_eq!(usage.directories(), last.directories.len() as u64);
    assert_eq!(usage.content() - usage.hidden(), on_disk(&fixture));
}

/// As `du --apparent-size` would have it of the files of an unpacked tree.
fn on_disk(fixture: &Fixture) -> u64 {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("tree");
    let options = UnpackOptions { rootless: true, ..UnpackOptions::default() };
    unpack_rootfs(&fixture.store, fixture.image(), &target, &options, &Silent, &Cancel::new()).unwrap();
    let snapshot = Snapshot::of(&target).unwrap();
    let size = |(path, node): (&[u8], &tree::Node)| match &node.kind {
        tree::Kind::File { size, .. } if node.link_group.as_deref().is_none_or(|first| first == path) => {
            *size
        }
        _ => 0,
    };
    snapshot.iter().map(size).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_what_the_trees_of_fewer_layers_come_to(
        steps in prop::collection::vec(prop::collection::vec(step(), 0..9), 1..5),
    ) {
        let mut steps = timed(steps);
        check_image(&steps, true);
        for layer in &mut steps {
            layer.retain(|step| !matches!(step.kind, Kind::Link(..)));
        }
        check_image(&steps, false);
    }
}
