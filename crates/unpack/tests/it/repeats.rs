//! Layers that say the same again and again: each is to cost what it says, not what was said before.

use std::time::{Duration, Instant};

use ocidian_unpack::{UnpackOptions, must_be_rootless};

use crate::changes::{self, Meta, Op, What};
use crate::image::Stored;

fn put(path: String, what: What) -> Op {
    Op::Put { path, what, meta: Meta { mode: 0o755, ..Meta::default() } }
}

fn file(path: String) -> Op {
    put(path, What::File(Vec::new()))
}

fn options() -> UnpackOptions {
    UnpackOptions { rootless: must_be_rootless(), ..UnpackOptions::default() }
}

fn stored(layers: &[Vec<Op>]) -> Stored {
    let tars: Vec<Vec<u8>> = layers.iter().map(|layer| changes::tar(layer)).collect();
    Stored::new(&tars)
}

#[test]
fn hiding_again_and_again_costs_nothing() {
    const COUNT: usize = 4000;
    let lower = vec![file("d/old".to_owned()), file("d/s/old".to_owned())];
    let mut upper = vec![put("d".to_owned(), What::Dir)];
    for n in 0..COUNT {
        upper.push(file(format!("d/{n}")));
        upper.push(file(format!("d/s/{n}")));
    }
    for _ in 0..COUNT {
        upper.extend(["d", ""].map(|path| Op::Opaque(path.to_owned())));
        upper.extend(["d", "d/s"].map(|path| Op::Whiteout(path.to_owned())));
    }
    let image = stored(&[lower, upper]);
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("tree");

    // Looking at every file each time would take minutes.
    let begun = Instant::now();
    image.unpack(&target, &options()).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());

    let count = |path: &str| std::fs::read_dir(target.join(path)).unwrap().count();
    assert_eq!((count("d"), count("d/s")), (COUNT + 1, COUNT));
    assert!(!target.join("d/old").exists() && !target.join("d/s/old").exists());
}

#[test]
fn parents_that_no_entry_mentions_count_as_entries() {
    // An entry is two headers here, a PAX header and its own: both images have no more than two a layer.
    let options = UnpackOptions { max_entries: 2, ..options() };
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("tree");

    let refused = stored(&[vec![file("a/b/c/f".to_owned())]]).unpack(&target, &options);
    let refused = format!("{:?}", refused.unwrap_err());
    assert!(refused.contains("--max-entries"), "{refused}");
    assert!(!target.exists());

    let layers = ["a/b/f", "c/d/f"].map(|path| vec![file(path.to_owned())]);
    stored(&layers).unpack(&target, &options).unwrap();
}
