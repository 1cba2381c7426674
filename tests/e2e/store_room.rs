//! Destinations on a disk that fills up, and on one that cannot be written to.

use std::fs;
use std::path::Path;

use ocidian_content::copy::{Options, copy, listed};
use ocidian_content::walk::Order;
use ocidian_content::{Class, Error, Store, Walk};
use ocidian_image_layout::{CreateOptions, LayoutDir, create, open};
use ocidian_spec::{ImageSource, RefName};
use ocidian_testkit::layout::{Entry, Layer, Layout};
use ocidian_testkit::require_able;
use ocidian_testkit::tree::{Aspect, Ignore, Snapshot, diff};
use serde_json::json;

use crate::room::Room;

const FORMS: [&str; 5] = ["oci", "oci-archive", "docker-archive", "docker-archive, old", "dir"];

/// An image with a layer of 200 kB that no compression makes smaller, and one that it makes a lot smaller.
fn source(place: &Path, name: &str) -> LayoutDir {
    let mut layout = Layout::create(&place.join(name)).unwrap();
    let mut state = name.len() as u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    })
    .take(200_000)
    .collect();
    let layers = [Entry::file("noise", noise), Entry::file("zeros", vec![0; 300_000])]
        .map(|entry| Layer::gzip(&[entry]).unwrap());
    let image = layout.image(("linux", "amd64"), &json!({}), &layers).unwrap();
    layout.tag(&image, &format!("{name}:1")).unwrap();
    LayoutDir::open(layout.path()).unwrap()
}

fn destination(form: &str, path: &Path) -> (ImageSource, CreateOptions) {
    let (form, uncompressed) = form.split_once(',').map_or((form, false), |(form, _)| (form, true));
    let options = CreateOptions { uncompressed, ..CreateOptions::default() };
    (format!("{form}:{}", path.display()).parse().unwrap(), options)
}

fn put(source: &dyn Store, form: &str, path: &Path) -> Result<(), Error> {
    let (image, options) = destination(form, path);
    copy(source, listed(source)?, create(&image, &options)?, &Options::default()).map(drop)
}

fn names(form: &str, path: &Path) -> Vec<Option<RefName>> {
    let store = open(&destination(form, path).0).unwrap().store;
    let list = store.list().unwrap();
    for node in Walk::new(&*store, list.iter().map(|(_, entry)| entry.clone()), Order::ParentsFirst) {
        let node = node.unwrap();
        std::io::copy(&mut store.open(node.role, &node.descriptor).unwrap(), &mut std::io::sink()).unwrap();
    }
    list.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn on_a_full_disk_is_what_was_there() {
    require_able!(Root, Tmpfs);
    let place = tempfile::tempdir().unwrap();
    let (first, second) = (source(place.path(), "a"), source(place.path(), "bb"));
    for form in FORMS {
        for already in [false, true] {
            let mut failures = 0;
            for size in (100..4000).step_by(100) {
                let room = Room::with(&format!("size={size}k"));
                let path = room.path().join("to");
                if already && put(&first, form, &path).is_err() {
                    continue;
                }
                let before = Snapshot::of(room.path()).unwrap();
                let Err(error) = put(&second, form, &path) else {
                    let expected = if already && form != "dir" { 2 } else { 1 };
                    assert_eq!(names(form, &path).len(), expected, "{form}");
                    break;
                };
                failures += 1;
                let text = error.to_string();
                assert!(text.contains("No space left on device"), "{form} in {size}k: {text}");
                assert_eq!(error.class(), Class::Failed);
                let ignore = Ignore::nothing().aspect(Aspect::Mtime);
                let after = Snapshot::of(room.path()).unwrap();
                assert_eq!(diff(&before, &after, &ignore), [], "{form} in {size}k");
                if already {
                    assert_eq!(names(form, &path).len(), 1, "{form}");
                }
            }
            assert!(failures > 0, "{form}");
        }
    }
}

#[test]
fn where_nothing_can_be_written_that_is_said() {
    require_able!(Root, Tmpfs);
    let place = tempfile::tempdir().unwrap();
    let image = source(place.path(), "a");
    let room = Room::with("size=1m,ro");
    for form in FORMS {
        let error = put(&image, form, &room.path().join("to")).unwrap_err().to_string();
        assert!(
            error.contains("Read-only file system") && error.contains(room.path().to_str().unwrap()),
            "{error}"
        );
        assert_eq!(fs::read_dir(room.path()).unwrap().count(), 0);
    }
}
