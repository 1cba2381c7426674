//! Threads that write files: what goes wrong in one is told as if there were none, and nothing is left.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use ocidian_content::{Cancel, Event, Progress, Silent};
use ocidian_testkit::require_able;
use ocidian_unpack::{
    Error, IdMap, IdRange, Image, UnpackOptions, Unpacked, must_be_rootless, unpack_rootfs,
};

use crate::changes::{self, Meta, Op, What};
use crate::image::Stored;

const COUNTS: [usize; 4] = [0, 1, 2, 4];

fn put(path: &str, what: What, uid: u32) -> Op {
    Op::Put { path: path.to_owned(), what, meta: Meta { mode: 0o644, uid, ..Meta::default() } }
}

fn file(path: &str, uid: u32) -> Op {
    put(path, What::File(path.as_bytes().to_vec()), uid)
}

fn files(dirs: usize) -> impl Iterator<Item = Op> {
    (0..dirs).flat_map(|dir| (0..7).map(move |n| file(&format!("d{dir}/f{n}"), 0)))
}

fn stored(layers: &[Vec<Op>]) -> Stored {
    Stored::new(&layers.iter().map(|layer| changes::tar(layer)).collect::<Vec<_>>())
}

fn options(writers: usize) -> UnpackOptions {
    UnpackOptions { rootless: must_be_rootless(), writers: Some(writers), ..UnpackOptions::default() }
}

fn nothing_in(place: &Path) -> bool {
    std::fs::read_dir(place).unwrap().next().is_none()
}

/// The entry that could not be put, and why, whatever the number of writers.
fn refused(layer: &[u8], options: impl Fn(usize) -> UnpackOptions) -> String {
    let image = Stored::new(&[layer.to_vec()]);
    let mut errors = Vec::new();
    for writers in COUNTS {
        // What depends on how threads take turns does not show at once.
        for _ in 0..3 {
            let place = tempfile::tempdir().unwrap();
            let error = image.unpack(&place.path().join("tree"), &options(writers)).unwrap_err();
            assert!(nothing_in(place.path()), "{writers} writers left something behind");
            errors.push(error.to_string());
        }
    }
    errors.dedup();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.remove(0)
}

/// Only root gives files away, so only root can be refused an owner.
fn mapped(writers: usize) -> UnpackOptions {
    let only_root = vec![IdRange::new(0, 0, 1).unwrap()];
    let ids = IdMap::new(only_root.clone(), only_root).unwrap();
    UnpackOptions { ids, ..options(writers) }
}

#[test]
fn the_first_file_that_fails_is_told() {
    require_able!(Root);
    let bad = |dir: usize| file(&format!("d{dir}/bad"), 7);
    let some = || files(20).chain([bad(13)]).chain(files(40).skip(7 * 20)).chain([bad(41), bad(2)]);
    let named = |error: &str| assert!(error.contains("\"d13/bad\" at byte"), "{error}");

    let layer: Vec<Op> = some().chain(files(80).skip(7 * 40)).collect();
    let told = refused(&changes::tar(&layer), mapped);
    named(&told);
    assert!(told.contains("uid 7 is not in the --uid-map"), "{told}");

    // Not what this thread finds itself further on: a link to nothing, the end of the bytes.
    let link = put("link", What::Link("nowhere".to_owned(), None), 0);
    let layer: Vec<Op> = some().chain([link.clone()]).collect();
    named(&refused(&changes::tar(&layer), mapped));
    let layer: Vec<Op> = files(3).chain([bad(13), link]).collect();
    named(&refused(&changes::tar(&layer), mapped));
    let mut cut = changes::tar(&some().collect::<Vec<_>>());
    cut.truncate(cut.len() - 1024 - 512 - 100);
    named(&refused(&cut, mapped));
}

#[test]
fn of_many_that_fail_the_first_is_told() {
    require_able!(Root);
    // Enough of each directory that writers take turns, and one that fails in each but the first.
    let some = |dir: usize| (0..70).map(move |n| file(&format!("e{dir}/{n}"), 0));
    let layer: Vec<Op> = some(0)
        .chain((1..12).flat_map(|dir| [file(&format!("e{dir}/bad"), 7)].into_iter().chain(some(dir))))
        .collect();
    let told = refused(&changes::tar(&layer), mapped);
    assert!(told.contains("\"e1/bad\" at byte"), "{told}");
}

#[test]
fn a_file_that_is_cut_off_is_told_as_that() {
    require_able!(Root);
    let cut_off = put("d1/bad", What::File(vec![1; 2000]), 7);
    let mut layer = changes::tar(&files(3).chain([cut_off]).collect::<Vec<_>>());
    layer.truncate(layer.len() - 1024 - 1000);
    let told = refused(&layer, mapped);
    assert!(!told.contains("--uid-map"), "{told}");
}

#[test]
fn what_comes_before_a_file_that_fails_is_told_instead() {
    require_able!(Root);
    let link = put("link", What::Link("nowhere".to_owned(), None), 0);
    let layer: Vec<Op> = files(20).chain([link, file("d1/bad", 7)]).collect();
    let told = refused(&changes::tar(&layer), mapped);
    assert!(told.contains("\"link\" at byte") && told.contains("does not exist"), "{told}");
}

#[test]
fn what_the_layer_put_is_there_for_those_who_ask() {
    // Each asks for a name, or for one on the way, of which a writer may not have heard yet.
    let link = |path: &str, target: &str| put(path, What::Link(target.to_owned(), None), 0);
    let layer = vec![
        file("d/one", 0),
        link("e/linked", "d/one"),
        file("f/over", 1),
        file("f/over", 2),
        file("g", 0),
        file("g/below", 0),
        file("h/i/gone", 0),
        put("h", What::Symlink("d".to_owned()), 0),
        file("h/through", 0),
        file("d/through", 3),
    ];
    for writers in COUNTS {
        let place = tempfile::tempdir().unwrap();
        let tree = place.path().join("tree");
        stored(std::slice::from_ref(&layer)).unpack(&tree, &options(writers)).unwrap();
        let read = |path: &str| std::fs::read_to_string(tree.join(path)).unwrap();
        assert_eq!(read("e/linked"), "d/one");
        assert_eq!(read("g/below"), "g/below");
        assert_eq!(read("h/through"), "d/through");
        let count = |path: &str| std::fs::read_dir(tree.join(path)).unwrap().count();
        assert_eq!((count(""), count("d"), count("f")), (5, 2, 1));
    }
}

fn unpack(
    image: &Stored,
    tree: &Path,
    writers: usize,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> ocidian_unpack::Result<Unpacked> {
    let parts = Image { manifest: &image.manifest, config: &image.config };
    unpack_rootfs(&image.store, parts, tree, &options(writers), progress, cancel)
}

/// Cancels at the start of the n-th layer.
struct CancelAt {
    left: AtomicU64,
    cancel: Cancel,
}

impl Progress for CancelAt {
    fn event(&self, event: Event<'_>) {
        if matches!(event, Event::Begin { .. }) && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.cancel.cancel();
        }
    }
}

#[test]
fn a_cancelled_unpack_is_one_whoever_writes() {
    let image = stored(&[files(30).collect(), files(60).collect()]);
    for writers in COUNTS {
        for layer in [1, 2] {
            let place = tempfile::tempdir().unwrap();
            let cancel = Cancel::new();
            let progress = CancelAt { left: AtomicU64::new(layer), cancel: cancel.clone() };
            let result = unpack(&image, &place.path().join("tree"), writers, &progress, &cancel);
            assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
            assert!(nothing_in(place.path()));
        }
    }
}

#[test]
fn cancelled_at_any_moment_there_is_all_or_nothing() {
    let image = stored(&[files(60).collect()]);
    for round in 0..40 {
        let place = tempfile::tempdir().unwrap();
        let tree = place.path().join("tree");
        let cancel = Cancel::new();
        let result = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_micros(round * 400));
                cancel.cancel();
            });
            unpack(&image, &tree, 2, &Silent, &cancel)
        });
        match result {
            Ok(_) => {
                let dirs = std::fs::read_dir(&tree).unwrap();
                let files = dirs.map(|dir| std::fs::read_dir(dir.unwrap().path()).unwrap().count());
                assert_eq!(files.sum::<usize>(), 60 * 7);
            }
            Err(Error::Cancelled) => assert!(nothing_in(place.path())),
            Err(error) => panic!("{error}"),
        }
    }
}
