use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::{Duration, UNIX_EPOCH};

use rustix::fs::{Mode, OFlags, XattrFlags};

use super::*;

fn sample(root: &Path) {
    fs::create_dir(root.join("d")).unwrap();
    fs::write(root.join("d/a"), "alpha").unwrap();
    fs::hard_link(root.join("d/a"), root.join("d/b")).unwrap();
    symlink("nowhere", root.join("link")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, root.join("fifo"), Mode::from(0o600)).unwrap();
    let file = fs::File::options().write(true).open(root.join("d/a")).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::new(1_000, 7)).unwrap();
    fs::set_permissions(root.join("d/a"), fs::Permissions::from_mode(0o640)).unwrap();
}

/// A copy made the same way has other inode numbers and directory times, and nothing else.
fn twins() -> (tempfile::TempDir, tempfile::TempDir) {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    sample(a.path());
    sample(b.path());
    (a, b)
}

fn times() -> Ignore {
    Ignore::nothing().aspect(Aspect::Mtime)
}

#[test]
fn equal_trees_have_no_difference() {
    let (a, b) = twins();
    let (a, b) = (Snapshot::of(a.path()).unwrap(), Snapshot::of(b.path()).unwrap());
    assert_eq!(a.len(), 6);
    assert_eq!(diff(&a, &b, &times()), []);
    let file = a.get("d/b").unwrap();
    assert_eq!(file.mtime.to_string(), "1000.000000007");
    assert_eq!(file.link_group.as_deref(), Some(b"d/a".as_slice()));
    assert!(matches!(&a.get("link").unwrap().kind, Kind::Symlink(target) if target == b"nowhere"));
    assert_eq!(a.get("fifo").unwrap().kind, Kind::Fifo);
}

#[test]
fn each_aspect_is_seen() {
    type Change = fn(&Path);
    let cases: [(Aspect, Change); 8] = [
        (Aspect::Presence, |root| fs::remove_file(root.join("link")).unwrap()),
        (Aspect::Kind, |root| {
            fs::remove_file(root.join("link")).unwrap();
            fs::create_dir(root.join("link")).unwrap();
        }),
        (Aspect::Mode, |root| {
            fs::set_permissions(root.join("d/a"), fs::Permissions::from_mode(0o4755)).unwrap();
        }),
        (Aspect::Size, |root| fs::write(root.join("d/a"), "alphabet").unwrap()),
        (Aspect::Content, |root| fs::write(root.join("d/a"), "omega").unwrap()),
        (Aspect::Target, |root| {
            fs::remove_file(root.join("link")).unwrap();
            symlink("elsewhere", root.join("link")).unwrap();
        }),
        (Aspect::Links, |root| {
            fs::remove_file(root.join("d/b")).unwrap();
            fs::copy(root.join("d/a"), root.join("d/b")).unwrap();
        }),
        (Aspect::Xattr, |root| {
            rustix::fs::setxattr(root.join("d/a"), "user.colour", b"black", XattrFlags::empty()).unwrap();
        }),
    ];
    for (aspect, change) in cases {
        let (a, b) = twins();
        change(b.path());
        let (a, b) = (Snapshot::of(a.path()).unwrap(), Snapshot::of(b.path()).unwrap());
        let found = diff(&a, &b, &times());
        assert!(found.iter().any(|difference| difference.aspect == aspect), "{aspect:?}: {found:?}");
        assert_eq!(diff(&a, &a, &Ignore::nothing()), []);
    }
}

#[test]
fn a_time_is_compared_to_the_nanosecond() {
    let (a, b) = twins();
    let file = fs::File::options().write(true).open(b.path().join("d/a")).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::new(1_000, 8)).unwrap();
    let (a, b) = (Snapshot::of(a.path()).unwrap(), Snapshot::of(b.path()).unwrap());
    let found =
        diff(&a, &b, &Ignore { directory_mtime: true, ..Ignore::default() }.path("link").path("fifo"));
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        ["/d/a: Mtime: 1000.000000007 | 1000.000000008", "/d/b: Mtime: 1000.000000007 | 1000.000000008"]
    );
}

#[test]
fn an_ignored_path_is_a_path_and_no_prefix_of_a_name() {
    let ignore = Ignore::nothing().path("etc/host");
    assert!(ignore.leaves_out(b"etc/host"));
    assert!(ignore.leaves_out(b"etc/host/x"));
    assert!(!ignore.leaves_out(b"etc/hosts"));
}

#[test]
fn a_thousand_components_are_walked_with_few_descriptors() {
    let root = tempfile::tempdir().unwrap();
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut here = rustix::fs::open(root.path(), flags, Mode::empty()).unwrap();
    for _ in 0..1_000 {
        rustix::fs::mkdirat(&here, "component", Mode::from(0o755)).unwrap();
        here = rustix::fs::openat(&here, "component", flags, Mode::empty()).unwrap();
    }
    rustix::fs::symlinkat("x", &here, "bottom").unwrap();
    let snapshot = Snapshot::of(root.path()).unwrap();
    assert_eq!(snapshot.len(), 1_002);
    let deepest = snapshot.iter().map(|(path, _)| path.split(|b| *b == b'/').count()).max();
    assert_eq!(deepest, Some(1_001));
}

#[test]
fn a_root_that_is_no_directory_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(Snapshot::of(file.path()).is_err());
    assert!(Snapshot::of(Path::new("/nonexistent/root")).is_err());
}
