//! Squashed layers make the tree that they made before, whatever they did to each other.

use ocidian_build::build::Maker;
use ocidian_build::history::Line;
use ocidian_build::squash::squash;
use ocidian_build::{Error, Image};
use ocidian_content::{BlobSink, Cancel, MemoryStore, Selection, Silent, document};
use ocidian_layer::compress::{Compressor, Threads};
use ocidian_layer::tar::{Limits, Reader};
use ocidian_layer::{Change, EntryKind};
use ocidian_spec::{ImageConfig, ImageManifest, Raw};
use ocidian_unpack::files::{FileKind, ImageTree};
use proptest::prelude::*;

use crate::made::{directory, file, image, layer, name, path, put, tar, untarred};

/// Everything that can be seen of the tree: path, kind, attributes, number of names, content.
type Seen = Vec<(String, String, (u32, u32, u32), i64, u32, Vec<u8>)>;

fn documents(store: &MemoryStore, selection: &Selection) -> (Raw<ImageManifest>, Raw<ImageConfig>) {
    let config = document::config(store, selection.manifest.value()).unwrap();
    (selection.manifest.clone(), config)
}

fn seen(store: &MemoryStore, selection: &Selection) -> Option<Seen> {
    let (manifest, config) = documents(store, selection);
    let image = ocidian_unpack::Image { manifest: &manifest, config: &config };
    let tree = ImageTree::read(store, image, Limits::default(), &Silent, &Cancel::new()).ok()?;
    let mut all = Vec::new();
    for (path, node) in tree.entries() {
        let mut content = Vec::new();
        let kind = match node.kind() {
            FileKind::File { size, .. } => {
                // Names with symlinks on the way are never walked, so this is the file itself.
                tree.content(&path, &mut content).unwrap();
                format!("file of {size}")
            }
            FileKind::Directory(_) => "directory".to_owned(),
            other => format!("{other:?}"),
        };
        let text = String::from_utf8(path).unwrap();
        let owner = (node.mode(), node.uid(), node.gid());
        all.push((text, kind, owner, node.mtime().seconds, node.links(), content));
    }
    Some(all)
}

fn squashed(store: &MemoryStore, selection: &Selection, from: usize) -> Result<Selection, Error> {
    let mut image = Image::open(store, selection).unwrap();
    let sink = Box::new(store.sink());
    let cancel = Cancel::new();
    let maker = Maker {
        sink: &*sink,
        compressor: Compressor::NONE,
        threads: Threads::ONE,
        docker: false,
        progress: &Silent,
        cancel: &cancel,
    };
    let line = Line { created_by: Some("squash".to_owned()), ..Line::default() };
    squash(&mut image, store, from, &maker, Limits::default(), line)?;
    let written = image.write(&*sink).unwrap();
    sink.finish().unwrap();
    Ok(name(store, &written.root.descriptor().clone(), &format!("from-{from}")))
}

fn image_of(store: &MemoryStore, layers: &[Vec<Change>]) -> Selection {
    let layers = layers.iter().map(|changes| layer(store, &tar(changes), Compressor::NONE)).collect();
    name(store, &image(store, layers), "image")
}

/// The names in the top layer's tar.
fn names(store: &MemoryStore, selection: &Selection) -> Vec<String> {
    let tar = untarred(store, selection.manifest.value().layers.last().unwrap());
    let mut reader = Reader::new(&tar[..], Limits::default());
    let mut names = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        names.push(String::from_utf8(entry.path.to_vec()).unwrap());
    }
    names
}

fn hard_link(from: &str, to: &str) -> Change {
    put(from, EntryKind::Hardlink(path(to)), 0o644)
}

fn symlink(from: &str, to: &str) -> Change {
    put(from, EntryKind::Symlink(to.as_bytes().to_vec()), 0o777)
}

fn gone(text: &str) -> Change {
    Change::Whiteout(path(text))
}

#[test]
fn the_new_layer_holds_what_is_left() {
    let store = MemoryStore::new();
    let one = image_of(
        &store,
        &[
            vec![
                directory("etc"),
                file("etc/a", 1),
                file("etc/b", 2),
                directory("d"),
                file("d/x", 3),
                file("d/y", 4),
            ],
            vec![file("big", 5000), file("etc/a", 10), gone("etc/b")],
            vec![gone("big"), file("new", 7), gone("d/x"), gone("d/y")],
        ],
    );
    let before = seen(&store, &one).unwrap();
    let upper = squashed(&store, &one, 1).unwrap();
    assert_eq!(seen(&store, &upper).unwrap(), before);
    // The order of markers is that of their directories; `d` has nothing left of what was in it.
    assert_eq!(names(&store, &upper), ["d/.wh..wh..opq", "etc/.wh.b", "etc/a", "new"]);
    let all = squashed(&store, &one, 0).unwrap();
    assert_eq!(seen(&store, &all).unwrap(), before);
    assert_eq!(names(&store, &all), ["d/", "etc/", "etc/a", "new"]);

    let (manifest, config) = documents(&store, &upper);
    assert_eq!((manifest.value().layers.len(), config.value().rootfs.diff_ids.len()), (2, 2));
    let lines: Vec<_> = config
        .value()
        .history
        .iter()
        .flatten()
        .map(|line| (line.created_by.clone().unwrap(), line.empty_layer))
        .collect();
    let line = |text: &str, empty| (text.to_owned(), empty);
    let expected = [
        line("layer 0", None),
        line("layer 1", Some(true)),
        line("layer 2", Some(true)),
        line("squash", None),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn links_survive_what_was_done_to_their_other_names() {
    for (layers, from) in [
        // A new name for a lower file, which loses its old one: the content has to come along.
        (vec![vec![file("a", 9)], vec![hard_link("b", "a")], vec![gone("a")]], 1),
        // One that keeps it: a link is enough.
        (vec![vec![file("a", 9)], vec![hard_link("b", "a")], vec![file("c", 1)]], 1),
        // The target is replaced after the link was made.
        (vec![vec![file("a", 9), hard_link("b", "a")], vec![file("a", 3)], vec![hard_link("c", "b")]], 0),
        (vec![vec![file("z", 9), hard_link("b", "z")], vec![gone("z")], vec![hard_link("a", "b")]], 0),
        // Parents behind symlinks, and directories that become files and back.
        (
            vec![
                vec![directory("usr/lib"), symlink("lib", "usr/lib")],
                vec![file("lib/x", 4)],
                vec![gone("lib")],
            ],
            1,
        ),
        (vec![vec![file("d/x", 4)], vec![file("d", 2)], vec![file("d/y", 4)]], 1),
        (vec![vec![file("d", 4)], vec![gone("d"), directory("d")], vec![file("d/e/f", 4)]], 1),
        (
            vec![
                vec![file("d/x", 4), file("d/y", 1)],
                vec![Change::Opaque(path("d")), file("d/x", 5)],
                vec![file("q", 1)],
            ],
            1,
        ),
        (vec![vec![file("d/x", 4)], vec![gone("d")], vec![file("d/z", 1)]], 1),
        (vec![vec![file("a/x", 1), file("b", 1)], vec![gone("a"), gone("b")], vec![directory("c")]], 1),
    ] {
        let store = MemoryStore::new();
        let one = image_of(&store, &layers);
        let before = seen(&store, &one).unwrap();
        let after = squashed(&store, &one, from).unwrap();
        assert_eq!(seen(&store, &after).unwrap(), before, "{layers:?}");
    }
}

#[test]
fn extended_attributes_come_along() {
    let store = MemoryStore::new();
    let with = |change: Change, value: &[u8]| match change {
        Change::Put(mut entry) => {
            entry.metadata.xattrs = vec![(b"user.x".to_vec(), value.to_vec())];
            Change::Put(entry)
        }
        other => other,
    };
    let layers = [
        vec![directory("d"), file("d/f", 3)],
        vec![with(directory("d"), b"dir"), with(file("d/g", 3), b"file\0\n")],
        vec![with(symlink("s", "x"), b"link")],
    ];
    let one = image_of(&store, &layers);
    let after = squashed(&store, &one, 1).unwrap();
    let tar = untarred(&store, after.manifest.value().layers.last().unwrap());
    let mut reader = Reader::new(&tar[..], Limits::default());
    let mut found = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        found.push((entry.path.to_vec(), entry.xattrs.clone()));
    }
    let of =
        |name: &str, value: &[u8]| (name.as_bytes().to_vec(), vec![(b"user.x".to_vec(), value.to_vec())]);
    assert_eq!(found, [of("d/", b"dir"), of("d/g", b"file\0\n"), of("s", b"link")]);
}

#[test]
fn there_has_to_be_something_to_squash() {
    let store = MemoryStore::new();
    let one = image_of(&store, &[vec![file("a", 1)], vec![file("b", 1)]]);
    for from in [1, 2, 3, usize::MAX] {
        assert!(matches!(squashed(&store, &one, from), Err(Error::Refused(_))), "{from}");
    }
}

fn a_path() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "a/a", "a/b", "b/a", "b/c", "a/b/c", "a/b/a", "c/a/b"])
        .prop_map(str::to_owned)
}

fn a_change() -> impl Strategy<Value = Change> {
    let mode = prop::sample::select(vec![0o755, 0o700, 0o4711]);
    prop_oneof![
        4 => (a_path(), 0..40_u64).prop_map(|(path, size)| file(&path, size)),
        3 => (a_path(), mode).prop_map(|(path, mode)| put(&path, EntryKind::Directory, mode)),
        2 => a_path().prop_map(|path| gone(&path)),
        1 => a_path().prop_map(|text| Change::Opaque(path(&text))),
        2 => (a_path(), a_path()).prop_map(|(from, to)| hard_link(&from, &to)),
        1 => (a_path(), prop::sample::select(vec!["a", "/b", "../a", "nowhere"])).prop_map(|(from, to)| symlink(&from, to)),
        1 => a_path().prop_map(|path| put(&path, EntryKind::Fifo, 0o600)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn any_layers_make_the_same_tree(
        layers in prop::collection::vec(prop::collection::vec(a_change(), 0..7), 2..5),
        from in 0..3_usize,
    ) {
        let from = from.min(layers.len() - 2);
        let store = MemoryStore::new();
        let one = image_of(&store, &layers);
        let before = seen(&store, &one);
        // Not every hard link has a target.
        prop_assume!(before.is_some());
        let after = squashed(&store, &one, from).unwrap();
        prop_assert_eq!(after.manifest.value().layers.len(), from + 1);
        prop_assert_eq!(seen(&store, &after), before);
    }
}
