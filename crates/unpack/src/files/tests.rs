use std::collections::BTreeMap;

use ocidian_content::memory::MemoryStore;
use ocidian_content::{Silent, error::Class};
use ocidian_layer::{Entry, EntryPath, Metadata, Timestamp};
use ocidian_spec::{Digest, ImageConfig, ImageManifest, MediaType, Raw};
use proptest::prelude::*;

use super::*;

/// What a test's layer holds.
#[derive(Debug, Clone)]
enum Item {
    File(&'static str, &'static str),
    Dir(&'static str),
    Symlink(&'static str, &'static str),
    Link(&'static str, &'static str),
}

fn layer(items: &[Item]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for item in items {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o640);
        header.set_uid(7);
        header.set_gid(8);
        header.set_mtime(9);
        header.set_size(0);
        match item {
            File(path, text) => {
                header.set_size(text.len() as u64);
                tar.append_data(&mut header, path, text.as_bytes()).unwrap();
            }
            Dir(path) => {
                header.set_entry_type(tar::EntryType::Directory);
                tar.append_data(&mut header, path, &b""[..]).unwrap();
            }
            Symlink(path, target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                tar.append_link(&mut header, path, target).unwrap();
            }
            Link(path, target) => {
                header.set_entry_type(tar::EntryType::Link);
                tar.append_link(&mut header, path, target).unwrap();
            }
        }
    }
    tar.into_inner().unwrap()
}

struct Fixture {
    store: MemoryStore,
    manifest: Raw<ImageManifest>,
    config: Raw<ImageConfig>,
}

impl Fixture {
    fn new(layers: &[Vec<u8>]) -> Self {
        Self::with_diff_ids(layers, layers.iter().map(|tar| digest(tar)).collect())
    }

    fn with_diff_ids(layers: &[Vec<u8>], diff_ids: Vec<String>) -> Self {
        let store = MemoryStore::new();
        let tar: MediaType = "application/vnd.oci.image.layer.v1.tar".parse().unwrap();
        let layers: Vec<_> = layers.iter().map(|bytes| store.insert(tar.clone(), bytes).unwrap()).collect();
        let config = serde_json::json!({
            "os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = config.to_string().into_bytes();
        let config = (store.insert(MediaType::ImageConfig, &config).unwrap(), config);
        let manifest = serde_json::json!({"schemaVersion": 2, "config": config.0, "layers": layers});
        let manifest = manifest.to_string().into_bytes();
        let descriptor = store.insert(MediaType::ImageManifest, &manifest).unwrap();
        Self {
            store,
            manifest: Raw::verify(manifest, descriptor).unwrap(),
            config: Raw::verify(config.1, config.0).unwrap(),
        }
    }

    fn read(&self) -> Result<ImageTree<'_>, crate::Error> {
        self.read_within(Limits::default(), &Cancel::new())
    }

    fn read_within(&self, limits: Limits, cancel: &Cancel) -> Result<ImageTree<'_>, crate::Error> {
        let image = Image { manifest: &self.manifest, config: &self.config };
        ImageTree::read(&self.store, image, limits, &Silent, cancel)
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut hasher = ocidian_spec::Hasher::new(&ocidian_spec::Algorithm::Sha256).unwrap();
    hasher.update(bytes);
    let digest: Digest = hasher.finish();
    digest.to_string()
}

fn content(tree: &ImageTree<'_>, path: &str) -> Result<String> {
    let mut out = Vec::new();
    let size = tree.content(path.as_bytes(), &mut out)?;
    assert_eq!(size, out.len() as u64);
    Ok(String::from_utf8(out).unwrap())
}

fn paths(tree: &ImageTree<'_>) -> Vec<String> {
    tree.entries().map(|(path, _)| String::from_utf8(path).unwrap()).collect()
}

use Item::{Dir, File, Link, Symlink};

fn sample() -> Fixture {
    Fixture::new(&[
        layer(&[
            Dir("etc"),
            File("etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
            File("etc/old", "old"),
            File("etc/gone", "gone"),
            Dir("usr"),
            Dir("usr/lib"),
            Symlink("lib", "usr/lib"),
            Symlink("up", "../../etc/old"),
            Symlink("loop", "loop"),
        ]),
        layer(&[
            File("etc/.wh.gone", ""),
            File("etc/old", "new"),
            Link("etc/linked", "etc/old"),
            File("lib/a.so", "a"),
            File("implied/deep/file", "x"),
        ]),
    ])
}

#[test]
fn the_tree_is_what_an_unpack_would_make() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    let expected = [
        "",
        "etc",
        "etc/linked",
        "etc/old",
        "etc/passwd",
        "implied",
        "implied/deep",
        "implied/deep/file",
        "lib",
        "loop",
        "up",
        "usr",
        "usr/lib",
        "usr/lib/a.so",
    ];
    assert_eq!(paths(&tree), expected);
    let old = tree.lookup(b"/etc/old").unwrap();
    assert_eq!((old.mode(), old.uid(), old.gid(), old.links()), (0o640, 7, 8, 2));
    assert_eq!(old.mtime(), Timestamp { seconds: 9, nanoseconds: 0 });
    let implied = tree.lookup(b"implied/deep").unwrap();
    assert_eq!((implied.mode(), implied.uid(), implied.links()), (0o755, 0, 1));
    let names: Vec<_> = tree.list(b"lib/").unwrap().map(|(name, node)| (name, node.kind().name())).collect();
    assert_eq!(names, [(&b"a.so"[..], "a regular file")]);
}

#[test]
fn content_is_found_through_links_and_verified() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    for (path, text) in [
        ("etc/old", "new"),
        ("/etc/../etc//old", "new"),
        ("etc/linked", "new"),
        ("up", "new"),
        ("lib/a.so", "a"),
        ("usr/lib/../../lib/a.so", "a"),
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
    ] {
        assert_eq!(content(&tree, path).unwrap(), text, "{path}");
    }
    assert!(
        matches!(tree.lookup_link(b"up").unwrap().kind(), FileKind::Symlink(target) if **target == *b"../../etc/old")
    );
}

#[test]
fn what_cannot_be_found_or_read_says_why() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    for path in ["etc/gone", "nothing", "etc/old/x", "up/x", "loops/x"] {
        assert_eq!(content(&tree, path).unwrap_err().class(), Class::NotFound, "{path}");
    }
    assert!(matches!(content(&tree, "etc"), Err(Error::NotAFile { what: "a directory", .. })));
    assert!(matches!(content(&tree, "loop"), Err(Error::Loop { .. })));
    assert_eq!(tree.list(b"etc/old").err().unwrap().class(), Class::NotFound);
}

#[test]
fn holes_come_out_as_zeros() {
    let mut tar = tar::Builder::new(Vec::new());
    let map = [
        ("GNU.sparse.size", &b"9"[..]),
        ("GNU.sparse.numblocks", b"2"),
        ("GNU.sparse.map", b"2,3,6,1"),
        ("GNU.sparse.name", b"holes"),
    ];
    tar.append_pax_extensions(map).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(4);
    tar.append_data(&mut header, "stored", &b"abcd"[..]).unwrap();
    let fixture = Fixture::new(&[tar.into_inner().unwrap()]);
    let tree = fixture.read().unwrap();
    assert_eq!(content(&tree, "holes").unwrap(), "\0\0abc\0d\0\0");
}

#[test]
fn a_conversion_finds_its_files() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    let files: &dyn ImageFiles = &tree;
    assert_eq!(files.read("/etc/old", 3).unwrap().unwrap(), b"new");
    assert!(files.read("/etc/old", 2).is_err());
    assert_eq!(files.read("/etc", 9).unwrap(), None);
    assert_eq!(files.read("/etc/group", 9).unwrap(), None);
    assert!(files.read("/loop", 9).is_err());
    let directory = files.stat("/lib").unwrap().unwrap();
    assert_eq!(directory, Attributes { directory: true, mode: 0o640, uid: 7, gid: 8 });
    assert_eq!(files.stat("/nothing").unwrap(), None);
}

#[test]
fn a_layer_that_changes_after_it_was_read_is_no_success() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    let blob = &fixture.manifest.value().layers[1];
    let mut bytes = layer(&[
        File("etc/.wh.gone", ""),
        File("etc/old", "bad"),
        Link("etc/linked", "etc/old"),
        File("lib/a.so", "a"),
        File("implied/deep/file", "x"),
    ]);
    assert_eq!(bytes.len() as u64, blob.size);
    fixture.store.insert_as(blob.digest.clone(), &bytes);
    assert_eq!(content(&tree, "etc/old").unwrap_err().class(), Class::Verification);
    // Nothing of a blob that is cut off, or of one that lacks the entry, passes either.
    bytes.truncate(600);
    fixture.store.insert_as(blob.digest.clone(), &bytes);
    assert!(content(&tree, "etc/old").is_err());
    // What was kept from the first read is verified already.
    assert!(content(&tree, "etc/passwd").is_ok());
}

#[test]
fn lies_limits_and_interruptions_end_the_read() {
    let tar = layer(&[File("a", "a"), File("b", "b")]);
    let lie = Fixture::with_diff_ids(std::slice::from_ref(&tar), vec![digest(b"other")]);
    assert_eq!(lie.read().err().unwrap().class(), Class::Verification);
    let few = Fixture::with_diff_ids(std::slice::from_ref(&tar), vec![]);
    assert!(matches!(few.read().err().unwrap(), crate::Error::DiffIds { .. }));
    let fixture = Fixture::new(std::slice::from_ref(&tar));
    for limits in
        [Limits { max_entries: 1, ..Limits::default() }, Limits { max_bytes: Some(700), ..Limits::default() }]
    {
        assert!(fixture.read_within(limits, &Cancel::new()).is_err(), "{limits:?}");
    }
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = fixture.read_within(Limits::default(), &cancel).err().unwrap();
    assert!(matches!(stopped, crate::Error::Cancelled));
    for items in
        [&[Link("a", "nothing")][..], &[Dir("d"), Link("a", "d")], &[Symlink("l", "l"), File("l/x", "")]]
    {
        let error = Fixture::new(&[layer(items)]).read().err().unwrap();
        assert!(matches!(error, crate::Error::Entry { .. }), "{items:?}: {error}");
    }
}

#[test]
fn an_image_without_layers_has_a_root() {
    let fixture = Fixture::new(&[]);
    let tree = fixture.read().unwrap();
    assert_eq!(paths(&tree), [""]);
    assert_eq!(tree.lookup(b"/..").unwrap().mode(), 0o755);
    assert_eq!(tree.list(b"").unwrap().count(), 0);
}

/// The model: a map from path to what is there, without links to follow, each put by a layer.
#[derive(Debug, Default)]
struct Model(BTreeMap<String, (ModelKind, usize)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ModelKind {
    Dir,
    /// A file, by the offset that stands for its content.
    File(usize, u64),
}

impl Model {
    fn below(path: &str, top: &str) -> bool {
        top.is_empty() || path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'))
    }

    fn remove(&mut self, top: &str) {
        self.0.retain(|path, _| path != top && !Self::below(path, top));
    }

    fn put(&mut self, layer: usize, path: &str, kind: ModelKind) {
        for (at, _) in path.match_indices('/') {
            let parent = &path[..at];
            if !matches!(self.0.get(parent), Some((ModelKind::Dir, _))) {
                self.remove(parent);
                // No layer, so far: an implied one counts by what is below it.
                self.0.insert(parent.to_owned(), (ModelKind::Dir, usize::MAX));
            }
        }
        let both = kind == ModelKind::Dir && matches!(self.0.get(path), Some((ModelKind::Dir, _)));
        if !both {
            self.remove(path);
        }
        self.0.insert(path.to_owned(), (kind, layer));
    }

    /// Hides below `top`, and `top` itself where `whole`, what no entry of this layer put or needs.
    fn hide(&mut self, layer: usize, top: &str, whole: bool) {
        let own: Vec<String> =
            self.0.iter().filter(|(_, (_, by))| *by == layer).map(|(path, _)| path.clone()).collect();
        let parent_gone = top
            .match_indices('/')
            .any(|(at, _)| !matches!(self.0.get(&top[..at]), Some((ModelKind::Dir, _))));
        let absent = !top.is_empty() && !matches!(self.0.get(top), Some((ModelKind::Dir, _)));
        if parent_gone || (!whole && absent) {
            return;
        }
        self.0.retain(|path, _| {
            let hidden = Self::below(path, top) || (whole && path == top);
            !hidden || own.iter().any(|own| own == path || Self::below(own, path))
        });
    }
}

fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof!["a", "b", "c"], 1..4).prop_map(|names| names.join("/"))
}

#[derive(Debug, Clone)]
enum Step {
    File(String),
    Dir(String),
    Whiteout(String),
    Opaque(String),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => path().prop_map(Step::File),
        3 => path().prop_map(Step::Dir),
        2 => path().prop_map(Step::Whiteout),
        1 => prop_oneof![path(), Just(String::new())].prop_map(Step::Opaque),
    ]
}

proptest! {
    /// Whatever layers do to each other, the tree is what a plain map of paths comes to.
    #[test]
    fn the_tree_agrees_with_a_map_of_paths(
        layers in proptest::collection::vec(proptest::collection::vec(step(), 0..12), 1..4),
    ) {
        let (mut tree, mut model) = (Tree::default(), Model::default());
        for (index, steps) in layers.iter().enumerate() {
            tree.begin_layer();
            for (offset, step) in (0..).zip(steps) {
                let entry = |path: &str, kind| Change::Put(Entry {
                    path: EntryPath::new(path.as_bytes()).unwrap(),
                    kind,
                    metadata: Metadata::default(),
                    offset,
                });
                let change = match step {
                    Step::File(path) => {
                        model.put(index, path, ModelKind::File(index, offset));
                        entry(path, EntryKind::File { size: 0, sparse: false })
                    }
                    Step::Dir(path) => {
                        model.put(index, path, ModelKind::Dir);
                        entry(path, EntryKind::Directory)
                    }
                    Step::Whiteout(path) => {
                        if index > 0 { model.hide(index, path, true) }
                        Change::Whiteout(EntryPath::new(path.as_bytes()).unwrap())
                    }
                    Step::Opaque(path) => {
                        if index > 0 { model.hide(index, path, false) }
                        Change::Opaque(EntryPath::new(path.as_bytes()).unwrap())
                    }
                };
                tree.apply(&change).unwrap();
            }
        }
        let found: BTreeMap<String, ModelKind> = tree.walk().skip(1).map(|(path, id)| {
            let kind = match tree.node(id).kind() {
                FileKind::File { source, .. } => ModelKind::File(source.layer(), source.offset()),
                _ => ModelKind::Dir,
            };
            (String::from_utf8(path).unwrap(), kind)
        }).collect();
        let expected: BTreeMap<_, _> = model.0.into_iter().map(|(path, (kind, _))| (path, kind)).collect();
        prop_assert_eq!(found, expected);
    }

    /// With links of both kinds anything may be refused, but nothing breaks: names are counted
    /// right, and every path leads where the walk found it.
    #[test]
    fn links_keep_the_tree_whole(
        layers in proptest::collection::vec(proptest::collection::vec((0..6u8, path(), path()), 0..16), 1..4),
    ) {
        let mut tree = Tree::default();
        for steps in &layers {
            tree.begin_layer();
            for (kind, path, target) in steps {
                let path = EntryPath::new(path.as_bytes()).unwrap();
                let kind = match kind {
                    0 => EntryKind::Directory,
                    1 => EntryKind::Fifo,
                    2 => EntryKind::Symlink(target.clone().into_bytes()),
                    3 => EntryKind::Symlink([b"../", target.as_bytes()].concat()),
                    4 => EntryKind::Hardlink(EntryPath::new(target.as_bytes()).unwrap()),
                    _ => { let _ = tree.apply(&Change::Whiteout(path)); continue }
                };
                let _ = tree.apply(&Change::Put(Entry { path, kind, metadata: Metadata::default(), offset: 0 }));
            }
        }
        let mut names = BTreeMap::new();
        for (path, id) in tree.walk().skip(1) {
            *names.entry(id).or_insert(0) += 1;
            prop_assert_eq!(tree.lookup(&path, false).unwrap(), id);
        }
        for (id, count) in names {
            prop_assert_eq!(tree.node(id).links(), count);
        }
    }
}
