//! Random layers: the tree on disk is the one that a small model of the specification gives, and
//! what the model refuses is refused with nothing left.

use ocidian_testkit::tree::Snapshot;
use ocidian_unpack::{UnpackOptions, must_be_rootless};
use proptest::prelude::*;

use crate::changes::{self, Kinds, Layers, Meta, Op, What};
use crate::crowds::crowds;
use crate::image::Stored;
use crate::model::{self, How};

fn stored(layers: &Layers) -> Stored {
    let tars: Vec<Vec<u8>> = layers.iter().map(|layer| changes::tar(layer)).collect();
    Stored::new(&tars)
}

/// Unpacks and compares; whether there was a tree to compare.
fn check(layers: Layers, rootless: bool, keep_dirlinks: bool) -> Result<bool, TestCaseError> {
    check_with(layers, rootless, keep_dirlinks, None)
}

/// The same with so many threads that write.
fn check_with(
    mut layers: Layers,
    rootless: bool,
    keep_dirlinks: bool,
    writers: Option<usize>,
) -> Result<bool, TestCaseError> {
    let rootless = rootless || must_be_rootless();
    let user = || (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let how = How { rootless: rootless.then(user), keep_dirlinks, ..How::default() };
    if must_be_rootless() {
        readable(&mut layers);
    }
    let layers = model::settle(layers, how);
    let expected = model::apply(&layers, how);

    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("tree");
    let mtree = place.path().join("mtree");
    let options = UnpackOptions {
        rootless,
        keep_dirlinks,
        mtree: Some(mtree.clone()),
        writers,
        ..UnpackOptions::default()
    };
    let unpacked = stored(&layers).unpack(&target, &options);
    match expected {
        Ok(expected) => {
            prop_assert!(unpacked.is_ok(), "{layers:#?}\nrefused: {}", unpacked.unwrap_err());
            let lines = model::lines_of(&Snapshot::of(&target).unwrap(), &expected.implied());
            prop_assert_eq!(lines, expected.lines(), "{:#?}", layers);
            if !rootless {
                let manifest = std::fs::read_to_string(&mtree).unwrap();
                prop_assert_eq!(entries(&manifest, &expected), expected.manifest(), "{:#?}", layers);
            }
            Ok(true)
        }
        Err(refused) => {
            prop_assert!(unpacked.is_err(), "{layers:#?}\naccepted, but {refused:?}");
            let left = std::fs::read_dir(place.path()).unwrap().count();
            prop_assert_eq!(left, 0, "left behind");
            Ok(false)
        }
    }
}

/// The lines of a manifest in the order of their paths, without the times of implied parents.
fn entries(manifest: &str, tree: &model::Tree) -> Vec<String> {
    let implied = tree.implied();
    let line = |line: &str| {
        let mut words: Vec<&str> = line.split(' ').collect();
        let path = words[0].trim_start_matches('.').trim_start_matches('/');
        if implied.contains(path) {
            words.retain(|word| !word.starts_with("time="));
        }
        (path.to_owned(), words.join(" "))
    };
    let lines: std::collections::BTreeMap<String, String> = manifest.lines().skip(1).map(line).collect();
    lines.into_values().collect()
}

/// An ordinary user has to be able to read the tree to compare it.
fn readable(layers: &mut Layers) {
    for op in layers.iter_mut().flatten() {
        if let Op::Put { meta: Meta { mode, .. }, .. } = op {
            *mode |= 0o700;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_is_what_the_layers_say(
        layers in changes::layers(Kinds { links: true }),
        rootless in prop::bool::weighted(0.2),
        keep_dirlinks in prop::bool::weighted(0.2),
    ) {
        check(layers, rootless, keep_dirlinks)?;
    }

    #[test]
    fn a_whiteout_may_stand_anywhere(layers in changes::layers(Kinds { links: false })) {
        let first = How { whiteouts_first: true, ..How::default() };
        let lines = |how| model::apply(&layers, how).unwrap().lines();
        prop_assert_eq!(lines(How::default()), lines(first));
        check(layers, false, false)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_is_the_same_however_many_write(
        layers in crowds(),
        rootless in prop::bool::weighted(0.2),
        keep_dirlinks in prop::bool::weighted(0.2),
    ) {
        for writers in [0, 1, 2, 4] {
            check_with(layers.clone(), rootless, keep_dirlinks, Some(writers))?;
        }
    }
}

fn put(path: &str, what: What) -> Op {
    Op::Put { path: path.to_owned(), what, meta: Meta { mode: 0o755, ..Meta::default() } }
}

fn file() -> What {
    What::File(Vec::new())
}

/// Found by the properties above.
#[test]
fn what_went_wrong_before() {
    let table: [Layers; 3] = [
        // Room made on a way through a link, then a name that was on that way.
        vec![
            vec![put("b", What::Symlink("c".to_owned())), put("b/c", file())],
            vec![put("b/c/a", file()), put("c/a", file())],
        ],
        // A whiteout of what the layer put and then replaced.
        vec![
            vec![],
            vec![put("c/c/a", file()), put("c", file()), put("c", What::Dir), Op::Whiteout("c/c".to_owned())],
        ],
        // A link to itself is put all the same.
        vec![
            vec![put("c", file())],
            vec![put("c", What::Link("c".to_owned(), None)), Op::Opaque(String::new())],
        ],
    ];
    for layers in table {
        assert!(check(layers, false, false).unwrap());
    }
}
