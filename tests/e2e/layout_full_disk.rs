//! Writers on a full disk, on one without room for another file, and where nothing may be written: a clear error, and
//! nothing changed.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use nix::mount::{MsFlags, mount};
use ocidian_testkit::require_able;
use ocidian_testkit::tree::{Aspect, Ignore, Snapshot, diff};
use ocidian_testkit::user::TestUser;

use crate::bin::{self, ok, run};
use crate::room::Room;
use crate::whole::{check, images, leftovers};

/// What writes to a layout; each with the arguments that it takes.
fn verbs(source: &Path, layout: &Path) -> Vec<Vec<String>> {
    let from = |tag: &str| format!("oci:{}:{tag}", source.display());
    let to = |tag: &str| format!("oci:{}:{tag}", layout.display());
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    vec![
        words(&["copy", &from("one"), &to("one")]),
        words(&["tag", &to("base"), "other"]),
        words(&["rm", &to("old")]),
        words(&["mutate", &to("base"), "--label", "a=b"]),
        words(&["index", "create", &to("multi"), &to("base")]),
        words(&["index", "add", "--as-platform", "linux/other", &to("index"), &to("base")]),
        words(&["new", &to("new")]),
    ]
}

/// A layout with some images and an index, in which every file that a writer keeps is there already.
fn layout(path: &Path) {
    images(path, &["base".to_owned(), "old".to_owned(), "gone".to_owned()]);
    let tag = |tag: &str| format!("oci:{}:{tag}", path.display());
    ok(["index", "create", &tag("index"), &tag("base")]);
    ok(["rm", &tag("gone")]);
}

fn snapshot(path: &Path) -> Snapshot {
    Snapshot::of(path).unwrap()
}

/// Directories that a writer made and removed something in have another time.
fn unchanged(before: &Snapshot, after: &Snapshot, what: &[String]) {
    let differences = diff(before, after, &Ignore::nothing().aspect(Aspect::Mtime));
    assert!(differences.is_empty(), "{what:?}: {differences:?}");
}

/// The one line that a failed command said.
fn line(output: &Output, what: &[String]) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("ocidian: ") && said.lines().count() == 1, "{what:?}: {said:?}");
    said
}

/// Fills the file system until it takes no more, then leaves `left` bytes of it free.
fn fill(path: &Path, left: u64) {
    let mut ballast = File::options().append(true).create(true).open(path).unwrap();
    for block in [1 << 16, 4096, 1] {
        while ballast.write_all(&vec![0; block]).is_ok() {}
    }
    let len = ballast.metadata().unwrap().len();
    ballast.set_len(len - left).unwrap();
}

/// Runs the verbs where `leave` leaves room for less and less; all succeed where there is enough.
fn with_less_and_less(room: &Room, sizes: &[u64], leave: impl Fn(u64) -> Vec<PathBuf>, reason: &str) {
    let place = tempfile::tempdir().unwrap();
    let (source, images_in) = (place.path().join("source"), room.path().join("images"));
    images(&source, &["one".to_owned()]);
    let verbs = verbs(&source, &images_in);
    let mut failed = vec![0; verbs.len()];
    for &left in sizes {
        for (verb, failed) in verbs.iter().zip(&mut failed) {
            layout(&images_in);
            let ballast = leave(left);
            let before = snapshot(&images_in);
            let output = run(verb);
            if output.status.success() {
                check(&images_in).unwrap();
            } else {
                *failed += 1;
                assert_eq!(output.status.code(), Some(1), "{verb:?}");
                let said = line(&output, verb);
                assert!(said.contains(reason) && said.contains("images"), "{verb:?}: {said}");
                unchanged(&before, &snapshot(&images_in), verb);
            }
            assert_eq!(leftovers(&images_in), Vec::<String>::new(), "{verb:?}");
            // What is no longer needed can be removed, and so room be made.
            ok(["gc", "-q", "--grace", "0", images_in.to_str().unwrap()]);
            ballast.into_iter().for_each(|file| fs::remove_file(file).unwrap());
            run(verb);
            check(&images_in).unwrap();
            fs::remove_dir_all(&images_in).unwrap();
        }
    }
    for (verb, failed) in verbs.iter().zip(failed) {
        assert!(failed > 0, "{verb:?} never failed");
    }
}

#[test]
fn a_full_disk_changes_nothing() {
    require_able!(Root, Tmpfs);
    let room = Room::with("size=4m");
    let ballast = room.path().join("ballast");
    let leave = |left| {
        fill(&ballast, left);
        vec![ballast.clone()]
    };
    let sizes = [0, 4 << 10, 8 << 10, 12 << 10, 64 << 10, 128 << 10];
    with_less_and_less(&room, &sizes, leave, "No space left on device");
}

#[test]
fn a_disk_without_room_for_another_file_changes_nothing() {
    require_able!(Root, Tmpfs);
    let room = Room::with("size=64m,nr_inodes=200");
    let leave = |left| {
        let name = |n: u64| room.path().join(format!("ballast{n}"));
        let mut files: Vec<PathBuf> =
            (0..).map(name).take_while(|file| File::create_new(file).is_ok()).collect();
        let kept = files.len() - left as usize;
        files.drain(kept..).for_each(|file| fs::remove_file(file).unwrap());
        files
    };
    with_less_and_less(&room, &[0, 1, 2, 3, 4, 5], leave, "No space left on device");
}

#[test]
fn a_file_system_that_is_read_only_changes_nothing_and_can_be_looked_at() {
    require_able!(Root, Tmpfs);
    let room = Room::with("size=16m");
    let (source, images_in) = (room.path().join("source"), room.path().join("images"));
    images(&source, &["one".to_owned()]);
    layout(&images_in);
    let nothing = None::<&str>;
    let again = MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    mount(nothing, room.path(), nothing, again, nothing).unwrap();
    let before = snapshot(&images_in);
    let mut all = verbs(&source, &images_in);
    let path = images_in.to_str().unwrap().to_owned();
    all.push(vec!["gc".to_owned(), "--grace".to_owned(), "0".to_owned(), path.clone()]);
    all.push(vec!["init".to_owned(), room.path().join("new").display().to_string()]);
    for verb in &all {
        let output = run(verb);
        assert_eq!(output.status.code(), Some(1), "{verb:?}");
        let said = line(&output, verb);
        assert!(said.contains("Read-only file system"), "{verb:?}: {said}");
        unchanged(&before, &snapshot(&images_in), verb);
    }
    for look in [&["ls"][..], &["ls", "--size"], &["inspect", "--space"], &["inspect", "--tree"]] {
        ok(look.iter().copied().chain([path.as_str()]));
    }
}

#[test]
fn who_may_not_write_changes_nothing() {
    require_able!(Root, UserNamespaces);
    let user = TestUser::get().unwrap();
    let home = user.directory().unwrap();
    let (source, images_in) = (home.path().join("source"), home.path().join("images"));
    let binary = home.path().join("ocidian");
    fs::copy(bin::path(), &binary).unwrap();
    images(&source, &["one".to_owned()]);
    layout(&images_in);
    user.give(home.path()).unwrap();
    for directory in ["", "blobs", "blobs/sha256"] {
        fs::set_permissions(images_in.join(directory), fs::Permissions::from_mode(0o555)).unwrap();
    }
    for file in
        fs::read_dir(&images_in).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
    {
        fs::set_permissions(file, fs::Permissions::from_mode(0o444)).unwrap();
    }
    let before = snapshot(&images_in);
    for verb in verbs(&source, &images_in) {
        let output = user.command(&binary).args(&verb).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{verb:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(line(&output, &verb).contains("Permission denied"), "{verb:?}");
        unchanged(&before, &snapshot(&images_in), &verb);
    }
}
