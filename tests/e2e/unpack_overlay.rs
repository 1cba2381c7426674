//! The overlay form, mounted for real: the stack shows the tree that the plain form is.

use nix::mount::{MntFlags, umount2};
use ocidian_testkit::tree::{Ignore, Snapshot, diff};
use ocidian_testkit::{require_able, run};
use ocidian_unpack::{Form, UnpackOptions};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use self::changes::{Kinds, Layers, Meta, Op, What};
use self::image::Stored;
use self::model::How;
use crate::room::Room;

#[path = "../../crates/unpack/tests/it/changes.rs"]
mod changes;
#[path = "../../crates/unpack/tests/it/image.rs"]
mod image;
#[path = "../../crates/unpack/tests/it/model.rs"]
#[expect(dead_code, reason = "what compares the model is the library's own test")]
mod model;

/// Unpacks the image in both forms, and mounts the stack. What differs between them, a line each.
fn differences(room: &Room, image: &Stored, rootless: bool, keep_dirlinks: bool) -> Vec<String> {
    let dir = room.path().join("both");
    std::fs::create_dir(&dir).unwrap();
    let options = |form| UnpackOptions { form, rootless, keep_dirlinks, ..UnpackOptions::default() };
    let (plain, stack) = (dir.join("plain"), dir.join("stack"));
    let made = image.unpack(&plain, &options(Form::Rootfs));
    let stacked = image.unpack(&stack, &options(Form::Overlay));
    let found = match (made, stacked) {
        (Ok(_), Ok(stacked)) => {
            let script = format!("cd \"$1\" && {}", stacked.mount.unwrap());
            run::script(&script, &[stack.as_os_str()]).unwrap();
            let mounted = stack.join("rootfs");
            let (made, stacked) = (Snapshot::of(&plain).unwrap(), Snapshot::of(&mounted).unwrap());
            umount2(&mounted, MntFlags::MNT_DETACH).unwrap();
            diff(&made, &stacked, &Ignore::nothing()).iter().map(ToString::to_string).collect()
        }
        (Err(_), Err(_)) => Vec::new(),
        (made, stacked) => vec![format!("{made:?} | {stacked:?}")],
    };
    std::fs::remove_dir_all(&dir).unwrap();
    found
}

fn stored(layers: &Layers) -> Stored {
    let tars: Vec<Vec<u8>> = layers.iter().map(|layer| changes::tar(layer)).collect();
    Stored::new(&tars)
}

#[test]
fn a_mounted_stack_is_the_plain_tree() {
    require_able!(Root, Overlay);
    let room = Room::new();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let flags = (prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    let outcome = TestRunner::new(config).run(
        &(changes::layers(Kinds { links: true }), flags),
        |(layers, (rootless, keep_dirlinks))| {
            let how = How { rootless: rootless.then_some((0, 0)), keep_dirlinks, ..How::default() };
            let layers = model::settle(layers, how);
            let differences = differences(&room, &stored(&layers), rootless, keep_dirlinks);
            prop_assert!(differences.is_empty(), "plain | mounted\n{}\n{layers:?}", differences.join("\n"));
            Ok(())
        },
    );
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

fn put(path: &str, what: What) -> Op {
    Op::Put { path: path.to_owned(), what, meta: Meta { mode: 0o755, ..Meta::default() } }
}

/// Found by the property above.
#[test]
fn what_differed_before() {
    require_able!(Root, Overlay);
    let file = || What::File(b"x".to_vec());
    let link = |target: &str| What::Link(target.to_owned(), None);
    let symlink = |target: &str| What::Symlink(target.to_owned());
    let (hide, opaque) =
        (|path: &str| Op::Whiteout(path.to_owned()), |path: &str| Op::Opaque(path.to_owned()));
    let table: [Layers; 8] = [
        // Names of one file: the link brings both of them up, and then one is hidden, or its directory.
        vec![vec![put("a", file()), put("d/b", link("a"))], vec![put("c", link("a")), hide("a")]],
        vec![vec![put("a", file()), put("d/b", link("a"))], vec![put("c", link("a")), hide("d")]],
        vec![vec![put("a", file()), put("d/b", link("a"))], vec![put("c", link("a")), opaque("d")]],
        // A directory of nothing but whiteouts is hidden itself.
        vec![vec![put("d/a", file()), put("d/b", file())], vec![hide("d/a"), hide("d")]],
        // The way to what is hidden copies it up.
        vec![vec![put("c/a", symlink("../c/..")), put("a/b", link("c/a"))], vec![hide("a/b/c")]],
        // A parent made only to be left again.
        vec![vec![put("b", symlink("c/.."))], vec![put("b/a", What::Dir), opaque("b")]],
        // A lower link on the way that was kept is replaced by one that leads elsewhere.
        vec![
            vec![put("b", symlink("..")), put("c", What::Dir), put("a", symlink("b"))],
            vec![put("a/b", symlink("c")), put("a/f", file())],
        ],
        // Everything below the root goes but what the layer itself has.
        vec![
            vec![put("a", file()), put("d/b", file()), put("d/e/f", file())],
            vec![put("d/e/g", file()), opaque(""), put("h", file())],
        ],
    ];
    let room = Room::new();
    for layers in table {
        assert_eq!(differences(&room, &stored(&layers), false, false), [""; 0], "{layers:?}");
        assert_eq!(differences(&room, &stored(&layers), true, false), [""; 0], "{layers:?}");
    }
}
