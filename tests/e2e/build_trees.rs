//! What is built of a tree and unpacked is that tree: by us, and by those who will unpack our images.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use ocidian_testkit::images::{self, Shape, Writer};
use ocidian_testkit::tree::{Aspect, Ignore, Snapshot, diff};
use ocidian_testkit::{require, require_able, run, this_test};
use proptest::prelude::*;

use crate::bin::{ok, report};
use crate::room::Room;

pub(crate) fn differences(left: &Path, right: &Path, ignore: &Ignore) -> String {
    let snapshot = |path: &Path| Snapshot::of(path).unwrap();
    let lines = diff(&snapshot(left), &snapshot(right), ignore);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Everything that a layer has to keep, and what it is likely to lose.
pub(crate) const ODD: &str = "mkdir -p \"$1\"; cd \"$1\"
    cp /bin/true capable; chown 1000:8 capable; chmod 6755 capable; setcap cap_net_raw,cap_chown=ep capable
    echo x >acl; chown 5:6 acl; chmod 4640 acl; setfacl -m u:1234:rwx,g:8:r acl
    mkdir -m 2750 inherits; setfacl -d -m u:1234:rwx,o::- inherits; echo x >inherits/plain
    mkdir -m 1777 sticky; setfattr -n user.x -v 1 sticky; setfattr -n trusted.x -v 2 capable
    mknod c c 1 3; mknod b b 7 300; chmod 0620 c; chown 1:2 b; setfattr -n trusted.x -v 3 c
    mkfifo p; chmod 4622 p; ln -s capable l; chown -h 3:4 l; setfattr -h -n trusted.x -v 4 l
    ln acl sticky/again; ln acl inherits/more; ln p zz; ln l link-again; ln c c-again
    truncate -s 5M hole; printf data | dd of=sparse bs=1 seek=3M status=none
    printf x >\"$(printf 'new\\nline')\"; printf y >\"$(printf 'not \\377 text')\"; printf z >'sp ace'; echo e >ünï
    long=$(printf 'n%.0s' $(seq 250)); mkdir $long; echo l >$long/$long; ln -s $long/$long $long/l
    echo big >ids; chown 4000000000:4100000000 ids
    : >empty; mkdir -m 0000 locked; chmod 0000 empty
    touch -h -d '1955-11-05 06:00:00.5 UTC' l hole; touch -d @8589934592 sparse
    touch -d '2001-01-01 00:00:00.123456789 UTC' sticky locked .";

fn build_and_unpack(source: &Path, room: &Path, flags: &[&str]) -> PathBuf {
    let layout = format!("oci:{}:latest", room.join("images").display());
    ok(["build", "-q", source.to_str().unwrap(), "-t", &layout].iter().chain(flags));
    let target = room.join("unpacked");
    if target.exists() {
        fs::remove_dir_all(&target).unwrap();
    }
    ok(["rootfs", "-q", &layout, target.to_str().unwrap()]);
    target
}

#[test]
fn odd_entries_come_back() {
    require_able!(Root, Tmpfs);
    require!("setfacl", "setcap", "setfattr");
    let room = Room::new();
    let source = room.path().join("source");
    run::script(ODD, &[source.as_os_str()]).unwrap();
    for compress in ["gzip", "zstd", "none"] {
        let target = build_and_unpack(&source, room.path(), &["--compress", compress]);
        assert_eq!(differences(&source, &target, &Ignore::nothing()), "", "{compress}");
    }
}

#[test]
fn others_unpack_odd_entries_as_they_were() {
    require_able!(Root, Tmpfs);
    require!("setfacl", "setcap", "setfattr", "umoci", "tar");
    let room = Room::new();
    let at = |name: &str| room.path().join(name);
    run::script(ODD, &[at("source").as_os_str()]).unwrap();
    let layout = format!("oci:{}:latest", at("images").display());
    let built = report(["build", at("source").to_str().unwrap(), "-t", &layout, "--compress", "none"]);

    let image = format!("{}:latest", at("images").display());
    run::script("umoci unpack --image \"$1\" \"$2\"", &[image.as_ref(), at("umoci").as_os_str()]).unwrap();
    let found = differences(&at("source"), &at("umoci/rootfs"), &Ignore::nothing());
    assert_eq!(found, "", "the source | umoci's");

    let digest = built["images"][0]["layers"][0]["digest"].as_str().unwrap();
    let blob = at("images/blobs").join(digest.replace(':', "/"));
    let extract = "mkdir \"$2\"; tar -C \"$2\" --numeric-owner --xattrs --xattrs-include='*' --delay-directory-restore -xpf \"$1\" 2>&1";
    run::script(extract, &[blob.as_os_str(), at("tar").as_os_str()]).unwrap();
    assert_eq!(differences(&at("source"), &at("tar"), &Ignore::nothing()), "", "the source | GNU tar's");
}

#[test]
fn a_debian_tree_comes_back_from_everyone() {
    require_able!(Root);
    require!("umoci", "skopeo", "buildah");
    let Some(image) = images::debian(&this_test!(), Writer::Umoci, Shape::Several) else { return };
    let room = Room::new();
    let at = |name: &str| room.path().join(name);
    ok(["rootfs", "-q", &image.reference(), at("source").to_str().unwrap()]);
    let built = build_and_unpack(&at("source"), room.path(), &["--entrypoint", "/bin/sh"]);
    assert_eq!(differences(&at("source"), &built, &Ignore::nothing()), "", "the source | ours");

    let layout = at("images").display().to_string();
    let umoci = "umoci unpack --image \"$1:latest\" \"$2\"";
    run::script(umoci, &[layout.as_ref(), at("umoci").as_os_str()]).unwrap();
    assert_eq!(
        differences(&at("source"), &at("umoci/rootfs"), &Ignore::nothing()),
        "",
        "the source | umoci's"
    );

    let buildah = "root=$2/storage; run=$2/run
        b() { buildah --storage-driver vfs --root $root --runroot $run \"$@\"; }
        skopeo copy -q --insecure-policy oci:$1:latest docker-archive:$2/copied.tar:copied:latest
        container=$(b from docker-archive:$2/copied.tar)
        mounted=$(b mount $container); mkdir $2/tree; cp -a $mounted/. $2/tree; b umount $container >/dev/null";
    fs::create_dir(at("buildah")).unwrap();
    run::script(buildah, &[layout.as_ref(), at("buildah").as_os_str()]).unwrap();
    // containers/storage keeps no ACLs, no `trusted.*`, no times before 1970 and no links to links: all of that is
    // in one directory. And it gives the root a mode of its own.
    let found = differences(&at("source"), &at("buildah/tree"), &Ignore::nothing().path("srv/odd"));
    let found: Vec<&str> = found.lines().filter(|line| !line.starts_with("/: ")).collect();
    assert!(found.is_empty(), "the source | buildah's: {found:?}");
}

#[test]
fn other_forms_are_loaded_by_others() {
    require_able!(Root, Tmpfs);
    require!("skopeo", "buildah");
    let room = Room::new();
    let at = |name: &str| room.path().join(name);
    fs::create_dir_all(at("source/etc")).unwrap();
    fs::write(at("source/etc/motd"), "hello\n").unwrap();
    let source = at("source").display().to_string();
    for (form, name) in [("docker-archive", "a.tar:made/by:us"), ("oci-archive", "b.tar:v1"), ("dir", "flat")]
    {
        let image = format!("{form}:{}", at(name).display());
        ok(["build", "-q", &source, "-t", &image, "--cmd", "/bin/true", "--label", "a=b"]);
        assert_eq!(ok(["cat", &image, "/etc/motd"]), "hello\n", "{form}");
        let script = "skopeo inspect --config $1 | grep -q '\"a\": *\"b\"'
            root=$2/storage; run=$2/run
            b() { buildah --storage-driver vfs --root $root --runroot $run \"$@\"; }
            if [ $3 = docker-archive ]; then
                container=$(b from $1); cat $(b mount $container)/etc/motd; b umount $container >/dev/null
            else
                skopeo copy -q --insecure-policy $1 docker-archive:$2/copied-$3.tar; echo hello
            fi";
        let said = run::script(script, &[image.as_ref(), room.path().as_os_str(), form.as_ref()]).unwrap();
        assert_eq!(said, "hello\n", "{form}");
    }
}

#[test]
fn runc_runs_what_was_built() {
    require_able!(Root, Containers);
    let [runc] = require!("runc");
    let room = Room::new();
    let at = |name: &str| room.path().join(name);
    let tree =
        "mkdir -p \"$1/bin\" \"$1/proc\" \"$1/dev\" \"$1/sys\"; cp \"$(command -v busybox)\" \"$1/bin/sh\"";
    require!("busybox");
    run::script(tree, &[at("source").as_os_str()]).unwrap();
    let layout = format!("oci:{}:latest", at("images").display());
    let config = ["--entrypoint", "/bin/sh", "--cmd", "-c", "--cmd", "echo $GREETING; id -u; pwd"];
    let more = ["--env", "GREETING=hello", "--user", "7:8", "--workdir", "/bin"];
    ok(["build", "-q", at("source").to_str().unwrap(), "-t", &layout].iter().chain(&config).chain(&more));
    ok(["unpack", "-q", &layout, at("bundle").to_str().unwrap()]);
    let mut command = runc.runtime_command();
    let id = format!("ocidian-build-{}", std::process::id());
    let said = run::stdout(command.args(["run", "--bundle"]).arg(at("bundle")).arg(id)).unwrap();
    assert_eq!(said, "hello\n7\n/bin\n");
}

#[test]
fn a_rootless_tree_keeps_its_true_owners() {
    require_able!(Root, Tmpfs);
    let room = Room::new();
    let at = |name: &str| room.path().join(name);
    let tree = "mkdir -p \"$1/d\"; echo x >\"$1/d/f\"; chown 1000:8 \"$1/d/f\"; chown 7:0 \"$1/d\"; chown 0:0 \"$1\"";
    run::script(tree, &[at("source").as_os_str()]).unwrap();
    let built = |source: &str, tag: &str, flags: &[&str]| {
        let layout = format!("oci:{}:{tag}", at("images").display());
        let words = ["build", at(source).to_str().unwrap(), "-t", &layout].map(str::to_owned);
        report(words.into_iter().chain(flags.iter().map(ToString::to_string)))["digest"].clone()
    };
    let direct = built("source", "direct", &[]);
    let layout = format!("oci:{}:direct", at("images").display());
    ok(["rootfs", "-q", "--rootless", &layout, at("rootless").to_str().unwrap()]);
    assert_eq!(fs::metadata(at("rootless/d/f")).unwrap().uid(), 0, "whoever unpacked it has it");
    assert_eq!(built("rootless", "again", &["--rootless"]), direct);
    let maps = ["--uid-map", "0:100000:65536", "--gid-map", "0:200000:65536"];
    ok(["rootfs", "-q", &layout, at("mapped").to_str().unwrap()].iter().chain(&maps));
    assert_eq!(fs::metadata(at("mapped/d/f")).unwrap().uid(), 101_000);
    assert_eq!(built("mapped", "mapped", &maps), direct);
}

#[derive(Debug, Clone)]
enum Made {
    Directory(u32),
    File(Vec<u8>, u32),
    Symlink(String),
    Hardlink(usize),
    Fifo,
}

fn made() -> impl Strategy<Value = Vec<(String, Made)>> {
    let name = "[a-c\u{e4}. -]{1,3}(/[a-c.]{1,3}){0,3}";
    let content = prop::collection::vec(any::<u8>(), 0..3000);
    let made = prop_oneof![
        2 => (0..0o1000u32).prop_map(|mode| Made::Directory(mode | 0o700)),
        4 => (content, 0..0o10000u32).prop_map(|(content, mode)| Made::File(content, mode)),
        1 => "[a-c/.]{1,120}".prop_map(Made::Symlink),
        1 => (0..20usize).prop_map(Made::Hardlink),
        1 => Just(Made::Fifo),
    ];
    prop::collection::vec((name, made), 0..25)
}

/// Makes of the list what can be made; names that are taken or lead nowhere are left out.
fn make(root: &Path, list: &[(String, Made)]) {
    fs::create_dir(root).unwrap();
    let mut files: Vec<PathBuf> = Vec::new();
    for (name, made) in list {
        if name.split('/').any(|part| part == "." || part == "..") {
            continue;
        }
        let path = root.join(name);
        if fs::create_dir_all(path.parent().unwrap()).is_err() || path.symlink_metadata().is_ok() {
            continue;
        }
        match made {
            Made::Directory(mode) => {
                fs::create_dir(&path).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
            }
            Made::File(content, mode) => {
                fs::write(&path, content).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
                files.push(path);
            }
            Made::Symlink(target) => symlink(target, &path).unwrap(),
            Made::Hardlink(which) if !files.is_empty() => {
                fs::hard_link(&files[which % files.len()], &path).unwrap();
            }
            Made::Hardlink(_) => {}
            Made::Fifo => {
                let mode = rustix::fs::Mode::from_raw_mode(0o640);
                rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_comes_back(list in made()) {
        let room = tempfile::tempdir().unwrap();
        let source = room.path().join("source");
        make(&source, &list);
        // An ordinary user can give no owners, but has none to give either.
        let root = rustix::process::geteuid().is_root();
        let readable = |path: &Path| Snapshot::of(path);
        let Ok(before) = readable(&source) else { return Ok(()) };
        let target = build_and_unpack(&source, room.path(), if root { &[] } else { &["--rootless"] });
        let ignore = if root { Ignore::nothing() } else { Ignore::nothing().aspect(Aspect::Owner) };
        let found = diff(&before, &Snapshot::of(&target).unwrap(), &ignore);
        prop_assert!(found.is_empty(), "{found:?}");
    }
}
