//! What a scan makes of a tree, and what it refuses.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use ocidian_build::scan::{Destination, Scan, ScanError, ScanOptions};
use ocidian_content::Cancel;
use ocidian_layer::{Entry, EntryKind, EntryPath, Timestamp};
use rustix::fs::{CWD, FileType, Mode, OFlags, mkdirat, mknodat, openat};
use tempfile::TempDir;

pub(crate) fn tree(files: &[&str]) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    for name in files {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match name.strip_suffix('/') {
            Some(_) => fs::create_dir_all(&path).unwrap(),
            None => fs::write(&path, name).unwrap(),
        }
    }
    place
}

/// Every entry with its content.
fn all(source: &Path, options: &ScanOptions) -> Result<Vec<(Entry, Vec<u8>)>, ScanError> {
    let mut scan = Scan::new(source, options, Cancel::new())?;
    let mut entries = Vec::new();
    while let Some(entry) = scan.next_entry()? {
        let mut content = Vec::new();
        scan.content(|bytes| {
            content.extend_from_slice(bytes);
            Ok::<_, ScanError>(())
        })?;
        entries.push((entry, content));
    }
    Ok(entries)
}

pub(crate) fn paths(source: &Path, options: &ScanOptions) -> Vec<String> {
    all(source, options).unwrap().into_iter().map(|(entry, _)| entry.path.to_string()).collect()
}

fn refusal(source: &Path, options: &ScanOptions) -> String {
    all(source, options).unwrap_err().to_string()
}

#[test]
fn a_directory_comes_before_what_is_in_it_and_all_is_sorted() {
    let tree = tree(&["b", "a/z", "a/b/c", "a-b", "a.b/x", "c/", "a/B"]);
    let sorted = ["a", "a/B", "a/b", "a/b/c", "a/z", "a-b", "a.b", "a.b/x", "b", "c"];
    assert_eq!(paths(tree.path(), &ScanOptions::default()), sorted);
    let options = ScanOptions { root: true, ..ScanOptions::default() };
    assert_eq!(paths(tree.path(), &options)[..2], ["", "a"]);
    let options = ScanOptions { place: EntryPath::new(b"/opt/x/").unwrap(), root: true, ..options };
    assert_eq!(paths(tree.path(), &options)[..3], ["opt/x", "opt/x/a", "opt/x/a/B"]);
}

#[test]
fn every_kind_of_entry_with_its_attributes() {
    let tree = tree(&["dir/", "file", "z"]);
    let at = |name: &str| tree.path().join(name);
    fs::set_permissions(at("file"), Permissions::from_mode(0o4751)).unwrap();
    fs::set_permissions(at("dir"), Permissions::from_mode(0o1770)).unwrap();
    fs::hard_link(at("file"), at("dir/hard")).unwrap();
    symlink("../nowhere", at("dir/link")).unwrap();
    symlink(".", at("dir/loop")).unwrap();
    mknodat(CWD, at("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let sparse = File::create(at("sparse")).unwrap();
    sparse.set_len(1 << 20).unwrap();
    sparse.set_modified(UNIX_EPOCH + Duration::new(77, 5)).unwrap();
    let entries = all(tree.path(), &ScanOptions::default()).unwrap();
    let find =
        |name: &str| entries.iter().find(|(entry, _)| entry.path.as_bytes() == name.as_bytes()).unwrap();
    let hard = find("dir/hard");
    assert_eq!((&hard.0.kind, &hard.1[..]), (&EntryKind::File { size: 4, sparse: false }, &b"file"[..]));
    assert_eq!(find("file").0.kind, EntryKind::Hardlink(EntryPath::new(b"dir/hard").unwrap()));
    assert_eq!((find("file").0.metadata.mode, find("dir").0.metadata.mode), (0o4751, 0o1770));
    assert_eq!(find("dir/link").0.kind, EntryKind::Symlink(b"../nowhere".to_vec()));
    assert_eq!(find("dir/loop").0.kind, EntryKind::Symlink(b".".to_vec()));
    assert_eq!(find("fifo").0.kind, EntryKind::Fifo);
    let (sparse, content) = find("sparse");
    assert_eq!((&sparse.kind, content.len()), (&EntryKind::File { size: 1 << 20, sparse: false }, 1 << 20));
    assert_eq!(sparse.metadata.mtime, Timestamp { seconds: 77, nanoseconds: 5 });
}

#[test]
fn owners_modes_and_times_as_asked_for() {
    let tree = tree(&["a/b"]);
    symlink("b", tree.path().join("a/link")).unwrap();
    let long_ago = UNIX_EPOCH + Duration::from_secs(10);
    File::open(tree.path().join("a/b")).unwrap().set_modified(long_ago).unwrap();
    let options = ScanOptions {
        owner: Some((7, 8)),
        chmod: Some("u=rwX,go=".parse().unwrap()),
        epoch: Some(1_000_000_000),
        ..ScanOptions::default()
    };
    let seen: Vec<_> = all(tree.path(), &options)
        .unwrap()
        .into_iter()
        .map(|(entry, _)| {
            (entry.metadata.mode, entry.metadata.uid, entry.metadata.gid, entry.metadata.mtime.seconds)
        })
        .collect();
    assert_eq!(seen, [(0o700, 7, 8, 1_000_000_000), (0o600, 7, 8, 10), (0o777, 7, 8, 1_000_000_000)]);
    let mtime = Some(Timestamp { seconds: 5, nanoseconds: 6 });
    let options = ScanOptions { mtime, rootless: true, ..ScanOptions::default() };
    let entries = all(tree.path(), &options).unwrap();
    assert!(entries.iter().all(|(entry, _)| Some(entry.metadata.mtime) == mtime));
    assert!(entries.iter().all(|(entry, _)| (entry.metadata.uid, entry.metadata.gid) == (0, 0)));
}

#[test]
fn owners_are_mapped_back_or_refused() {
    let tree = tree(&["a"]);
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let range = |host: u32| vec![format!("5:{host}:1").parse().unwrap()];
    let ids = |uid, gid| ocidian_unpack::IdMap::new(range(uid), range(gid)).unwrap();
    let options = ScanOptions { ids: ids(uid, gid), ..ScanOptions::default() };
    let entries = all(tree.path(), &options).unwrap();
    assert_eq!((entries[0].0.metadata.uid, entries[0].0.metadata.gid), (5, 5));
    let options = ScanOptions { ids: ids(uid, gid + 1), ..ScanOptions::default() };
    let error = refusal(tree.path(), &options);
    assert!(error.contains(&format!("a: gid {gid} is not in the --gid-map")), "{error}");
}

#[test]
fn a_file_that_changes_is_an_error_that_names_it() {
    let changes: [fn(&Path); 4] = [
        |path| File::options().append(true).open(path).unwrap().write_all(b"more").unwrap(),
        |path| File::options().write(true).open(path).unwrap().set_len(3).unwrap(),
        |path| File::options().write(true).open(path).unwrap().write_all(b"X").unwrap(),
        |path| fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap(),
    ];
    for change in changes {
        let tree = tree(&["dir/file"]);
        let file = tree.path().join("dir/file");
        File::options().write(true).open(&file).unwrap().set_len(600_000).unwrap();
        // Time stands still within a tick of the kernel's clock.
        std::thread::sleep(Duration::from_millis(20));
        let options = ScanOptions::default();
        let mut scan = Scan::new(tree.path(), &options, Cancel::new()).unwrap();
        scan.next_entry().unwrap().unwrap();
        scan.next_entry().unwrap().unwrap();
        let mut changed = false;
        let read = scan.content(|_| {
            if !changed {
                change(&file);
                changed = true;
            }
            Ok::<_, ScanError>(())
        });
        let error = read.unwrap_err();
        assert!(matches!(&error, ScanError::Changed { path } if *path == file), "{error}");
    }
}

#[test]
fn what_vanishes_or_is_replaced_is_named() {
    let tree = tree(&["a", "b", "c/x", "d"]);
    let options = ScanOptions::default();
    let mut scan = Scan::new(tree.path(), &options, Cancel::new()).unwrap();
    scan.next_entry().unwrap();
    fs::remove_file(tree.path().join("b")).unwrap();
    let error = scan.next_entry().unwrap_err();
    assert!(matches!(&error, ScanError::Vanished { path } if path.ends_with("b")), "{error}");
    fs::remove_dir_all(tree.path().join("c")).unwrap();
    symlink("/etc", tree.path().join("c")).unwrap();
    let error = scan.next_entry().unwrap_err();
    assert!(matches!(&error, ScanError::Changed { path } if path.ends_with("c")), "{error}");
}

#[test]
fn a_directory_moved_away_does_not_lead_elsewhere() {
    let (tree, other) = (tree(&["a/b/c", "a/d"]), tree(&["x"]));
    let options = ScanOptions::default();
    let mut scan = Scan::new(tree.path(), &options, Cancel::new()).unwrap();
    for _ in 0..3 {
        scan.next_entry().unwrap().unwrap();
    }
    fs::rename(tree.path().join("a/b"), other.path().join("b")).unwrap();
    let error = scan.next_entry().unwrap_err();
    assert!(matches!(error, ScanError::Changed { .. }), "{error}");
}

#[test]
fn what_no_layer_can_hold() {
    let tree1 = tree(&["a/.wh.b"]);
    let error = refusal(tree1.path(), &ScanOptions::default());
    assert!(error.contains("a/.wh.b cannot be in a layer") && error.contains(".wh."), "{error}");
    let tree2 = tree(&["a"]);
    let _listener = UnixListener::bind(tree2.path().join("socket")).unwrap();
    let options = ScanOptions::default();
    let mut scan = Scan::new(tree2.path(), &options, Cancel::new()).unwrap();
    assert_eq!(scan.next_entry().unwrap().unwrap().path.to_string(), "a");
    assert_eq!(scan.next_entry().unwrap(), None);
    let warnings = scan.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("a socket is left out"), "{warnings:?}");
    // Deeper than any path may be, and deeper than a stack would take.
    let tree3 = tempfile::tempdir().unwrap();
    let mut at = openat(CWD, tree3.path(), OFlags::DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..3000 {
        mkdirat(&at, "d", Mode::RWXU).unwrap();
        at = openat(&at, "d", OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    let error = refusal(tree3.path(), &ScanOptions::default());
    assert!(error.contains("longer than 4095 bytes"), "{error}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let missing = refusal(Path::new("/nonexistent/x"), &ScanOptions::default());
    assert!(missing.starts_with("cannot open the directory /nonexistent/x: No such file"), "{missing}");
    let file = tree(&["a"]);
    let error = refusal(&file.path().join("a"), &ScanOptions::default());
    assert!(error.contains("Not a directory"), "{error}");
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(file.path().join("a"), Permissions::from_mode(0o0)).unwrap();
        let error = refusal(file.path(), &ScanOptions::default());
        assert!(error.contains("/a: Permission denied"), "{error}");
    }
}

#[test]
fn the_destination_is_not_part_of_itself() {
    let tree = tree(&["src/a", "src/out/b", "other/"]);
    let at = |name: &str| tree.path().join(name);
    let to = |path: &Path| ScanOptions { destination: Destination::of(path), ..ScanOptions::default() };
    for inside in ["src/out", "src/new", "src", "src/out/new", "other/../src/new"] {
        let error = refusal(&at("src"), &to(&at(inside)));
        assert!(error.contains("is inside the source"), "{inside}: {error}");
    }
    for outside in ["other/new", "new", "other"] {
        assert_eq!(paths(&at("src"), &to(&at(outside))), ["a", "out", "out/b"], "{outside}");
    }
    let mut options = to(&at("src/out"));
    options.ignore.push("out").unwrap();
    assert_eq!(paths(&at("src"), &options), ["a"]);
    symlink(at("src/out"), at("link")).unwrap();
    let error = refusal(&at("src"), &to(&at("link")));
    assert!(error.contains("is inside the source"), "{error}");
}

#[test]
fn many_files_in_one_directory() {
    let tree = tempfile::tempdir().unwrap();
    for n in (0..20_000).rev() {
        File::create(tree.path().join(n.to_string())).unwrap();
    }
    let names = paths(tree.path(), &ScanOptions::default());
    assert_eq!(names.len(), 20_000);
    assert!(names.is_sorted());
}

#[test]
fn it_stops_when_asked() {
    let tree = tree(&["a"]);
    let (cancel, options) = (Cancel::new(), ScanOptions::default());
    let mut scan = Scan::new(tree.path(), &options, cancel.clone()).unwrap();
    scan.next_entry().unwrap();
    cancel.cancel();
    assert!(matches!(scan.content(|_| Ok::<_, ScanError>(())), Err(ScanError::Cancelled)));
    assert!(matches!(scan.next_entry(), Err(ScanError::Cancelled)));
}
