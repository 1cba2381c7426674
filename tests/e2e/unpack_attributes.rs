//! Attributes of entries as the caller wants them, and what no layer says by itself.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use ocidian_spec::Digest;
use ocidian_testkit::layout::{self, Entry, Layer};
use ocidian_testkit::tree::{Ignore, Kind, Snapshot, diff};
use ocidian_testkit::{require, require_able, run};
use serde_json::json;

use crate::bin::{ok, run};
use crate::room::Room;

/// Unpacks layers into `target` beside their layout; the tree.
fn unpacked(place: &Path, layers: &[Layer], flags: &[&str]) -> Snapshot {
    let (images, target) = (place.join("images"), place.join("tree"));
    for path in [&images, &target] {
        if path.exists() {
            fs::remove_dir_all(path).unwrap();
        }
    }
    layout::simple(&images, &json!({}), layers).unwrap();
    let reference = format!("oci:{}", images.display());
    ok(["rootfs", "-q", &reference, target.to_str().unwrap()].iter().chain(flags));
    Snapshot::of(&target).unwrap()
}

#[test]
fn a_link_to_a_directory_stays_where_that_is_asked_for() {
    let place = tempfile::tempdir().unwrap();
    let layers = [
        Layer::plain(&[
            Entry::directory("usr/lib"),
            Entry::symlink("lib", "usr/lib"),
            Entry::symlink("bin", "gone"),
        ]),
        Layer::plain(&[Entry::directory("lib"), Entry::file("lib/x", "x"), Entry::directory("bin")]),
    ]
    .map(Result::unwrap);
    let tree = unpacked(place.path(), &layers, &[]);
    assert_eq!(tree.get("lib").unwrap().kind, Kind::Directory);
    assert!(tree.get("lib/x").is_some() && tree.get("usr/lib/x").is_none());
    let tree = unpacked(place.path(), &layers, &["--keep-dirlinks"]);
    assert_eq!(tree.get("lib").unwrap().kind, Kind::Symlink(b"usr/lib".to_vec()));
    assert!(tree.get("usr/lib/x").is_some());
    assert_eq!(tree.get("bin").unwrap().kind, Kind::Directory, "a link to nothing is no directory");
}

#[test]
fn maps_shift_owners_and_name_those_they_lack() {
    require_able!(Root, Tmpfs);
    let place = Room::new();
    let entries = [
        Entry::directory("d").with_owner(0, 0),
        Entry::file("d/f", "x").with_owner(1000, 8).with_mode(0o6755),
        Entry::symlink("l", "d").with_owner(65535, 65535),
        Entry::fifo("p").with_owner(1, 0),
    ];
    let layers = [Layer::plain(&entries).unwrap()];
    let maps =
        ["--uid-map", "0:100000:1000", "--uid-map", "1000:300000:64536", "--gid-map", "0:200000:65536"];
    let tree = unpacked(place.path(), &layers, &maps);
    let owner = |path: &str| tree.get(path).map(|node| (node.uid, node.gid)).unwrap();
    assert_eq!(owner(""), (100_000, 200_000));
    assert_eq!(owner("d"), (100_000, 200_000));
    assert_eq!(owner("d/f"), (300_000, 200_008));
    assert_eq!(tree.get("d/f").unwrap().mode, 0o6755);
    assert_eq!(owner("l"), (364_535, 265_535));
    assert_eq!(owner("p"), (100_001, 200_000));

    fs::remove_dir_all(place.path().join("tree")).unwrap();
    let reference = format!("oci:{}", place.path().join("images").display());
    for (flag, map, id) in [("--uid-map", "0:100000:1000", "1000"), ("--gid-map", "0:100000:8", "8")] {
        for verb in ["rootfs", "unpack"] {
            let target = place.path().join("tree");
            let output = run([verb, "-q", flag, map, &reference, target.to_str().unwrap()]);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1));
            assert!(said.contains(id) && said.contains("d/f") && said.lines().count() == 1, "{said}");
            assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "only the layout is left");
        }
    }
}

#[test]
fn attributes_of_the_host_are_set_only_by_name() {
    require_able!(Root, Tmpfs);
    let place = Room::new();
    let hosts =
        ["security.selinux", "trusted.overlay.opaque", "trusted.overlay.metacopy", "user.overlay.opaque"];
    let with_all = |entry: Entry| hosts.iter().fold(entry, |entry, name| entry.with_xattr(name, "y\0"));
    let entries = [
        with_all(Entry::directory("d")).with_xattr("user.kept", "1"),
        with_all(Entry::file("d/f", "x")).with_xattr("trusted.kept", "\0"),
    ];
    let layers = [Layer::plain(&entries).unwrap()];
    let names = |tree: &Snapshot, path: &str| -> Vec<String> {
        let keys = tree.get(path).unwrap().xattrs.keys();
        keys.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    };
    let tree = unpacked(place.path(), &layers, &[]);
    assert_eq!(
        (names(&tree, "d"), names(&tree, "d/f")),
        (vec!["user.kept".into()], vec!["trusted.kept".into()])
    );
    let tree = unpacked(place.path(), &layers, &["--xattr", "security.selinux"]);
    assert_eq!(names(&tree, "d"), ["security.selinux", "user.kept"]);
    assert_eq!(names(&tree, "d/f"), ["security.selinux", "trusted.kept"]);
    let overlay = unpacked(place.path(), &layers, &["--form", "overlay"]);
    assert_eq!(names(&overlay, "layers/0/d"), ["user.kept"]);
}

/// Everything whose attributes lose each other where they are set in the wrong order.
const SOURCE: &str = "mkdir -p \"$1\"; cd \"$1\"
    cp /bin/true capable; chown 1000:8 capable; chmod 6755 capable
    setcap cap_net_raw,cap_chown=ep capable
    echo x >acl; chown 5:6 acl; chmod 4640 acl; setfacl -m u:1234:rwx,g:8:r acl
    mkdir -m 2750 inherits; setfacl -d -m u:1234:rwx,o::- inherits; echo x >inherits/plain
    setfacl -b inherits/plain; chmod 0666 inherits/plain; mkdir inherits/d; setfacl -b inherits/d
    mkdir -m 1777 sticky; setfattr -n user.x -v 1 sticky; setfattr -n trusted.x -v 2 capable
    mknod c c 1 3; mknod b b 7 300; chmod 0620 c; chown 1:2 b; setfattr -n trusted.x -v 3 c
    mkfifo p; chmod 4622 p; ln -s capable l; chown -h 3:4 l; setfattr -h -n trusted.x -v 4 l
    for n in 1 40 64; do
        printf data | dd of=sparse-$n bs=1 seek=${n}M conv=notrunc status=none
        truncate -s 70M sparse-$n
    done
    truncate -s 50M hole; ln sparse-1 sparse-again
    touch -h -d '1955-11-05 06:00:00.5 UTC' *";

#[test]
fn attributes_are_gnu_tars() {
    require_able!(Root, Tmpfs);
    require!("tar", "setcap", "setfacl", "setfattr");
    let place = Room::new();
    let source = place.path().join("source");
    run::script(SOURCE, &[source.as_os_str()]).unwrap();
    let expected = Snapshot::of(&source).unwrap();
    for sparse in ["--sparse-version=1.0", "--sparse-version=0.1", "--sparse-version=0.0"] {
        let script = format!(
            "cd \"$1\"; tar -C source --format=pax --numeric-owner --xattrs --xattrs-include='*' -S {sparse} -cf layer.tar ."
        );
        run::script(&script, &[place.path().as_os_str()]).unwrap();
        let tar = fs::read(place.path().join("layer.tar")).unwrap();
        assert!(tar.len() < 2 << 20, "the holes are in the archive");
        let media_type = "application/vnd.oci.image.layer.v1.tar".to_owned();
        let layer = Layer { diff_id: Digest::sha256(&tar), blob: tar, media_type };
        let tree = unpacked(place.path(), &[layer], &[]);
        assert_eq!(diff(&expected, &tree, &Ignore::nothing()), [], "{sparse}");
        for (path, node) in tree.iter().filter(|(path, _)| path.starts_with(b"sparse") || *path == b"hole") {
            assert!(node.allocated <= 64 << 10, "{}: {} bytes", path.escape_ascii(), node.allocated);
        }
    }
}

#[test]
fn the_root_takes_what_its_entry_says() {
    let place = tempfile::tempdir().unwrap();
    let layers = [Layer::plain(&[Entry::directory(".").with_mode(0o711), Entry::file("f", "")]).unwrap()];
    unpacked(place.path(), &layers, &[]);
    let root = fs::metadata(place.path().join("tree")).unwrap();
    assert_eq!(root.permissions().mode() & 0o7777, 0o711);
    assert_eq!(root.mtime(), 0);
}
