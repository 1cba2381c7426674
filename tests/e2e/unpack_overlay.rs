//! The overlay form, mounted for real: the stack shows the tree that the plain form is.

use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use ocidian_testkit::tree::{Ignore, Snapshot, diff};
use ocidian_testkit::{require_able, run};
use ocidian_unpack::{Form, UnpackOptions};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use self::changes::{Kinds, Layers};
use self::image::Stored;
use self::model::How;

#[path = "../../crates/unpack/tests/it/changes.rs"]
mod changes;
#[path = "../../crates/unpack/tests/it/image.rs"]
mod image;
#[path = "../../crates/unpack/tests/it/model.rs"]
#[expect(dead_code, reason = "what compares the model is the library's own test")]
mod model;

/// A tmpfs in a mount namespace of this thread's own: whatever is mounted below it goes with it.
struct Room(tempfile::TempDir);

impl Room {
    fn new() -> Self {
        let nothing = None::<&str>;
        let holder = tempfile::tempdir().unwrap();
        unshare(CloneFlags::CLONE_NEWNS).unwrap();
        mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing).unwrap();
        mount(Some("tmpfs"), holder.path(), Some("tmpfs"), MsFlags::empty(), nothing).unwrap();
        Self(holder)
    }

    /// Unpacks the image in both forms and mounts the stack. `None` where both refuse it.
    fn both(&self, image: &Stored, rootless: bool, keep_dirlinks: bool) -> Option<Both> {
        let dir = self.0.path().join("both");
        std::fs::create_dir(&dir).unwrap();
        let options = |form| UnpackOptions { form, rootless, keep_dirlinks, ..UnpackOptions::default() };
        let (plain, stack) = (dir.join("plain"), dir.join("stack"));
        let first = image.unpack(&plain, &options(Form::Rootfs));
        let second = image.unpack(&stack, &options(Form::Overlay));
        let mounted = match (first, second) {
            (Ok(_), Ok(unpacked)) => {
                let script = format!("cd \"$1\" && {}", unpacked.mount.unwrap());
                run::script(&script, &[stack.as_os_str()]).unwrap();
                true
            }
            (Err(_), Err(_)) => false,
            (first, second) => panic!("plain: {first:?}\noverlay: {second:?}"),
        };
        mounted.then(|| Both { plain, mounted: stack.join("rootfs") })
    }

    fn clear(&self) {
        let dir = self.0.path().join("both");
        // There may be none: both forms refused the image.
        let _ = umount2(&dir.join("stack/rootfs"), MntFlags::MNT_DETACH);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = umount2(self.0.path(), MntFlags::MNT_DETACH);
    }
}

struct Both {
    plain: PathBuf,
    mounted: PathBuf,
}

impl Both {
    fn differences(&self) -> Vec<String> {
        let snapshot = |path: &Path| Snapshot::of(path).unwrap();
        let found = diff(&snapshot(&self.plain), &snapshot(&self.mounted), &Ignore::nothing());
        found.iter().map(ToString::to_string).collect()
    }
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
            let both = room.both(&stored(&layers), rootless, keep_dirlinks);
            let differences = both.map(|both| both.differences()).unwrap_or_default();
            room.clear();
            prop_assert!(differences.is_empty(), "plain | mounted\n{}\n{layers:?}", differences.join("\n"));
            Ok(())
        },
    );
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
