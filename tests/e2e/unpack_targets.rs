//! Where a tree goes: whatever is in the way, whoever calls, and whatever goes wrong.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use ocidian_testkit::layout::{self, Entry, Layer};
use ocidian_testkit::tree::{Ignore, Snapshot, diff};
use ocidian_testkit::{require, require_able, run};
use serde_json::json;

use crate::bin::ocidian;
use crate::room::Room;

fn entries() -> Vec<Entry> {
    vec![
        Entry::directory("d").with_mode(0o2750).with_owner(1, 8).with_mtime(1),
        Entry::file("d/f", "x").with_mode(0o4711).with_owner(1000, 0).with_mtime(2),
        Entry::file("d/open", "y").with_mode(0o666).with_mtime(3),
        Entry::directory("d/shut").with_mode(0o000).with_mtime(4),
        Entry::fifo("d/pipe").with_mode(0o622).with_mtime(5),
        Entry::symlink("d/link", "f").with_owner(7, 7).with_mtime(6),
        Entry::file("implied/f", "z").with_mtime(7),
    ]
}

fn write_image(path: &Path, layers: &[Layer]) {
    layout::simple(path, &json!({}), layers).unwrap();
}

/// `ocidian rootfs` of the layout `images` beside the target.
fn rootfs(place: &Path, target: &Path) -> Output {
    ocidian().current_dir(place).args(["rootfs", "-q", "oci:images"]).arg(target).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn names(place: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(place).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn neither_umask_nor_parent_changes_the_tree_nor_the_tree_the_umask() {
    require_able!(Root, Tmpfs);
    require!("setfacl");
    let room = Room::new();
    write_image(&room.path().join("images"), &[Layer::gzip(&entries()).unwrap()]);
    let tree_of = |form: &str, umask: &str, parent: &str| {
        let script = "mkdir \"$2\"; cd \"$2\"; eval \"$4\"; umask $3
            \"$1\" rootfs -q --form $5 oci:../images tree
            mkdir existing; \"$1\" rootfs -q --form $5 oci:../images existing
            [ $(umask) = 0$3 ]";
        let name = format!("{form}-{umask}-{}", parent.len());
        let place = room.path().join(name);
        let program = crate::bin::path();
        let words = [program.as_os_str(), place.as_os_str(), umask.as_ref(), parent.as_ref(), form.as_ref()];
        run::script(script, &words).unwrap();
        let layer = if form == "overlay" { "layers/0" } else { "" };
        let snapshot = |target: &str| Snapshot::of(&place.join(target).join(layer)).unwrap();
        (snapshot("tree"), snapshot("existing"))
    };
    for form in ["rootfs", "overlay"] {
        let (expected, _) = tree_of(form, "022", "true");
        let parents = [
            "chown root:mail .; chmod 2775 .",
            "chown root:mail .; chmod 2775 .; setfacl -d -m u:8:rwx,g::rwx,o::rwx .",
        ];
        for umask in ["000", "077"] {
            for parent in ["true", parents[0], parents[1]] {
                let (new, existing) = tree_of(form, umask, parent);
                for (what, tree) in [("new", new), ("existing", existing)] {
                    let found = diff(&expected, &tree, &Ignore::nothing());
                    assert_eq!(found, [], "{form}, umask {umask}, {parent}, {what}");
                }
            }
        }
        let file = expected.get("d/f").unwrap();
        assert_eq!((file.mode, file.uid, file.gid, file.mtime.seconds), (0o4711, 1000, 0, 2));
        let implied = expected.get("implied").unwrap();
        assert_eq!((implied.mode, implied.uid, implied.gid), (0o755, 0, 0));
    }
}

/// A way to spoil the last layer of an image, and the exit code that tells.
type Spoiler = (&'static str, fn(&Path, &str), i32);

const SPOILERS: [Spoiler; 3] = [
    ("missing", |blobs, name| fs::remove_file(blobs.join(name)).unwrap(), 3),
    (
        "truncated",
        |blobs, name| fs::write(blobs.join(name), &fs::read(blobs.join(name)).unwrap()[..40]).unwrap(),
        5,
    ),
    (
        "other bytes",
        |blobs, name| {
            let mut bytes = fs::read(blobs.join(name)).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(blobs.join(name), bytes).unwrap();
        },
        5,
    ),
];

#[test]
fn a_failure_in_the_last_layer_leaves_nothing() {
    let layers =
        || [Layer::gzip(&entries()).unwrap(), Layer::gzip(&[Entry::file("d/late", "late")]).unwrap()];
    let mut images: Vec<(String, tempfile::TempDir, i32)> = Vec::new();
    for (name, spoil, code) in SPOILERS {
        let place = tempfile::tempdir().unwrap();
        let layers = layers();
        write_image(&place.path().join("images"), &layers);
        let digest = ocidian_spec::Digest::sha256(&layers[1].blob);
        spoil(&place.path().join("images/blobs/sha256"), digest.encoded());
        images.push((name.to_owned(), place, code));
    }
    let place = tempfile::tempdir().unwrap();
    let mut lying = layers();
    lying[1].diff_id = lying[0].diff_id.clone();
    write_image(&place.path().join("images"), &lying);
    images.push(("wrong diff_id".to_owned(), place, 5));

    for (name, place, code) in &images {
        for verb in ["rootfs", "unpack"] {
            for form in ["rootfs", "overlay"] {
                let run = |target: &str| {
                    let mut command = ocidian();
                    command.current_dir(place.path()).args([verb, "-q", "--mtree", "mtree", "--form", form]);
                    let output = command.args(["oci:images", target]).output().unwrap();
                    assert_eq!(output.status.code(), Some(*code), "{name}: {}", stderr(&output));
                    assert_eq!(stderr(&output).lines().count(), 1, "{name}: {}", stderr(&output));
                };
                run("new");
                assert_eq!(names(place.path()), ["images"], "{name}");

                let existing = place.path().join("existing");
                fs::create_dir(&existing).unwrap();
                fs::set_permissions(&existing, Permissions::from_mode(0o1750)).unwrap();
                let before = existing.metadata().unwrap();
                run("existing");
                let after = existing.metadata().unwrap();
                assert_eq!((before.ino(), before.mode()), (after.ino(), after.mode()), "{name}");
                assert_eq!((before.uid(), before.gid()), (after.uid(), after.gid()), "{name}");
                assert_eq!(names(&existing), [""; 0], "{name}");
                fs::remove_dir(&existing).unwrap();
            }
        }
    }
}

#[test]
fn what_is_in_the_way_stays_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    write_image(&at("images"), &[Layer::gzip(&entries()).unwrap()]);
    fs::create_dir(at("full")).unwrap();
    fs::write(at("full/kept"), "kept").unwrap();
    fs::write(at("file"), "kept").unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink("full", at("link")).unwrap();
    let before = Snapshot::of(place.path()).unwrap();
    for target in ["full", "file", "dangling", "link", "no/parent", "file/below", "images"] {
        for form in ["rootfs", "overlay"] {
            for verb in ["rootfs", "unpack"] {
                let mut command = ocidian();
                command.current_dir(place.path()).args([verb, "--form", form, "oci:images", target]);
                let output = command.output().unwrap();
                assert_eq!(output.status.code(), Some(1), "{target}: {}", stderr(&output));
                assert!(stderr(&output).contains(target), "{}", stderr(&output));
                let after = Snapshot::of(place.path()).unwrap();
                assert_eq!(diff(&before, &after, &Ignore::nothing()), [], "{target}");
            }
        }
    }
}

#[test]
fn a_full_disk_is_an_error_that_says_so_and_leaves_nothing() {
    require_able!(Root, Tmpfs);
    let images = tempfile::tempdir().unwrap();
    let layer = Layer::plain(&[Entry::directory("d"), Entry::file("d/large", vec![b'x'; 2 << 20])]).unwrap();
    let small = |n: usize| Entry::file(&format!("s{}/{n}", n / 20), vec![b'x'; 3000]);
    let small = Layer::plain(&(0..1000).map(small).collect::<Vec<_>>()).unwrap();
    write_image(&images.path().join("images"), &[small, layer]);
    // Each has a namespace of its own, so one after the other in threads of their own.
    for (options, existing) in
        [("size=1m", false), ("size=1m", true), ("nr_inodes=3", false), ("nr_inodes=700", false)]
    {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let room = Room::with(options);
                let target = if existing { room.path().to_owned() } else { room.path().join("tree") };
                let output = rootfs(images.path(), &target);
                assert_eq!(output.status.code(), Some(1), "{options}");
                assert!(stderr(&output).contains("no space left"), "{options}: {}", stderr(&output));
                assert_eq!(stderr(&output).lines().count(), 1);
                assert_eq!(names(room.path()), [""; 0], "{options}");
            });
        });
    }
}

#[test]
fn a_read_only_place_is_refused() {
    require_able!(Root, Tmpfs);
    let images = tempfile::tempdir().unwrap();
    write_image(&images.path().join("images"), &[Layer::gzip(&entries()).unwrap()]);
    let room = Room::with("ro");
    for target in [room.path().to_owned(), room.path().join("tree")] {
        let output = rootfs(images.path(), &target);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).to_lowercase().contains("read-only"), "{}", stderr(&output));
        assert_eq!(names(room.path()), [""; 0]);
    }
}

/// Begins an unpack that takes long, and waits until it writes; where it writes to.
#[expect(clippy::zombie_processes, reason = "the caller waits for it, or the test has failed")]
fn begin(place: &Path, verb: &str) -> (std::process::Child, PathBuf) {
    let child = ocidian()
        .current_dir(place)
        .args([verb, "oci:images", "target"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    loop {
        let leftover = fs::read_dir(place).unwrap().map(|entry| entry.unwrap());
        let found = leftover.map(|entry| entry.path()).find(|path| !path.ends_with("images"));
        if let Some(found) =
            found.filter(|dir| fs::read_dir(dir).is_ok_and(|mut names| names.next().is_some()))
        {
            return (child, found);
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it never began");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn after_a_kill_only_a_recognisable_name_or_no_bundle_is_left() {
    require_able!(Root, Tmpfs);
    let room = Room::new();
    let many: Vec<Entry> = (0..60_000).map(|n| Entry::file(&format!("{n}"), "")).collect();
    write_image(&room.path().join("images"), &[Layer::plain(&many).unwrap()]);
    for verb in ["rootfs", "unpack"] {
        let (mut child, staging) = begin(room.path(), verb);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(ocidian_unpack::is_leftover(staging.file_name().unwrap()), "{}", staging.display());
        assert_eq!(names(room.path()).len(), 2, "{:?}", names(room.path()));
        run::stdout(Command::new("rm").arg("-rf").arg(&staging)).unwrap();
    }
    // An existing target is filled in place: without config.json it is no bundle.
    let target = room.path().join("target");
    fs::create_dir(&target).unwrap();
    let (mut child, staging) = begin(room.path(), "unpack");
    assert_eq!(staging, target);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(names(&target), ["rootfs"]);
}

#[test]
fn signals_empty_an_existing_target_and_keep_it() {
    use std::os::unix::process::ExitStatusExt as _;
    require_able!(Root, Tmpfs);
    let room = Room::new();
    let many: Vec<Entry> = (0..60_000).map(|n| Entry::file(&format!("{n}"), "")).collect();
    write_image(&room.path().join("images"), &[Layer::plain(&many).unwrap()]);
    let target = room.path().join("target");
    fs::create_dir(&target).unwrap();
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let (mut child, _) = begin(room.path(), "rootfs");
        run::stdout(Command::new("kill").args(["-s", name, &child.id().to_string()])).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(number), "{status:?}");
        assert_eq!(names(&target), [""; 0]);
        assert_eq!(names(room.path()), ["images", "target"]);
    }
}
