//! As an ordinary user: what can be done is done exactly, what cannot is written down and said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use ocidian_testkit::layout::{self, Entry, Layer};
use ocidian_testkit::tree::{Aspect, Ignore, Kind, Snapshot, diff};
use ocidian_testkit::user::{TestUser, UserDirectory};
use ocidian_testkit::{require, require_able, run};
use serde_json::{Value, json};

use crate::bin;

/// The user with a home, and in it the program and an image.
struct Home {
    user: TestUser,
    directory: UserDirectory,
}

impl Home {
    fn new(config: &Value, layers: &[Layer]) -> Self {
        let user = TestUser::get().unwrap();
        let directory = user.directory().unwrap();
        let home = Self { user, directory };
        layout::simple(&home.at("images"), config, layers).unwrap();
        fs::copy(bin::path(), home.at("ocidian")).unwrap();
        home.user.give(home.path()).unwrap();
        home
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn ocidian(&self, arguments: &[&str]) -> Output {
        let mut command = self.user.command(self.at("ocidian"));
        run::output(command.current_dir(self.path()).args(arguments)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A file capability, version 2: cap_chown.
const CAPABILITY: &[u8] = b"\x01\0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn entries() -> Vec<Entry> {
    vec![
        Entry::directory("closed").with_mode(0o000).with_owner(5, 6).with_mtime(1),
        Entry::file("closed/file", "x").with_mode(0o000).with_owner(1000, 300).with_mtime(2),
        Entry::directory("closed/inner").with_mode(0o555).with_mtime(3),
        Entry::file("closed/inner/file", "x").with_mode(0o4511).with_mtime(4),
        Entry::directory("shared").with_mode(0o3777).with_owner(0, 8).with_mtime(5),
        Entry::file("shared/noted", "x").with_mode(0o444).with_xattr("user.note", "1").with_mtime(6),
        Entry::file("capable", "x").with_xattr("security.capability", CAPABILITY).with_mtime(7),
        Entry::symlink("link", "capable").with_owner(7, 7).with_mtime(8),
        Entry::fifo("pipe").with_mode(0o620).with_owner(9, 9).with_mtime(9),
        Entry::hard_link("again", "closed/file"),
        Entry::file("owned", "x").with_owner(1000, 300).with_mtime(10),
        Entry::directory("owned-too").with_owner(1, 20_000).with_mtime(11),
    ]
}

#[test]
fn an_ordinary_user_gets_umocis_tree_exactly() {
    require_able!(Root, UserNamespaces);
    require!("umoci");
    let home = Home::new(&json!({}), &[Layer::gzip(&entries()).unwrap()]);
    let output = home.ocidian(&["unpack", "oci:images", "bundle"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("rootless") && said.contains("security.capability"), "{said}");
    let tree = Snapshot::of(&home.at("bundle/rootfs")).unwrap();
    for (path, node) in tree.iter() {
        assert_eq!((node.uid, node.gid), (home.user.uid, home.user.gid), "{}", path.escape_ascii());
        assert!(!node.xattrs.contains_key(b"security.capability".as_slice()));
    }
    for (path, mode) in
        [("closed", 0o000), ("closed/file", 0o000), ("closed/inner", 0o555), ("shared", 0o3777)]
    {
        assert_eq!(tree.get(path).unwrap().mode, mode, "{path}");
    }
    let mut umoci = home.user.command("umoci");
    umoci.current_dir(home.path()).args(["unpack", "--rootless", "--image", "images:latest", "theirs"]);
    run::stdout(&mut umoci).unwrap();
    let theirs = Snapshot::of(&home.at("theirs/rootfs")).unwrap();
    // umoci sets xattrs after the mode, when it may not any more; where it can, they are the same.
    let ignore = Ignore::nothing().aspect(Aspect::Xattr);
    assert_eq!(diff(&tree, &theirs, &ignore), [], "ours | umoci's");
    for path in ["owned", "owned-too"] {
        assert_eq!(tree.get(path).unwrap().xattrs, theirs.get(path).unwrap().xattrs, "{path}");
        assert_eq!(tree.get(path).unwrap().xattrs.len(), 1, "{path}");
    }
    assert_eq!(tree.get("closed/file").unwrap().xattrs, tree.get("owned").unwrap().xattrs);
    assert_eq!(tree.get("shared/noted").unwrap().xattrs[b"user.note".as_slice()], b"1");
}

#[test]
fn devices_become_empty_files_that_the_bundle_remembers() {
    require_able!(Root, UserNamespaces);
    let devices =
        [Entry::char_device("null", 1, 3).with_mode(0o640).with_owner(0, 6), Entry::hard_link("nil", "null")];
    let home = Home::new(&json!({}), &[Layer::gzip(&devices).unwrap()]);
    let output = home.ocidian(&["unpack", "oci:images", "bundle"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("device"), "{said}");
    let tree = Snapshot::of(&home.at("bundle/rootfs")).unwrap();
    let node = tree.get("null").unwrap();
    assert!(matches!(node.kind, Kind::File { size: 0, .. }));
    assert_eq!(node.mode, 0o640);
    let state: Value = serde_json::from_slice(&fs::read(home.at("bundle/ocidian.json")).unwrap()).unwrap();
    assert_eq!(state["rootless"], true);
    let device = |path: &str| json!({ "path": path, "type": "c", "major": 1, "minor": 3 });
    assert_eq!(state["devices"], json!([device("nil"), device("null")]));
}

#[test]
fn a_failure_below_closed_directories_leaves_nothing() {
    require_able!(Root, UserNamespaces);
    let mut last = Layer::gzip(&[Entry::file("late", "x")]).unwrap();
    last.diff_id = ocidian_spec::Digest::sha256(b"another");
    let home = Home::new(&json!({}), &[Layer::gzip(&entries()).unwrap(), last]);
    for form in ["rootfs", "overlay"] {
        let output = home.ocidian(&["unpack", "-q", "--form", form, "oci:images", "bundle"]);
        assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(home.names(), ["images", "ocidian"]);
    }
}

/// In a namespace: unpacks both forms to a tmpfs, mounts the stack, and lists both trees.
const BOTH: &str = "cd \"$1\"; mkdir -p room; mount -t tmpfs tmpfs room; cd room
    \"$1/ocidian\" rootfs -q $2 oci:../images plain
    \"$1/ocidian\" rootfs --form overlay --format json $2 oci:../images stack 2>/dev/null >report
    mount=$(sed -n 's/.*\"mount\": *\"\\([^\"]*\\)\".*/\\1/p' report)
    cd stack; $mount; cd ..
    attributes='%P %y %#m %U:%G %T@'
    list() {
        cd \"$1\"
        find . -type d -printf \"$attributes\\n\" -o -printf \"$attributes %s %n %l\\n\" | sort
        cd ..
    }
    list plain >plain.list; cd stack; list rootfs >../stack.list; cd ..
    diff plain.list stack.list >&2; cat plain.list";

fn layers_with_changes() -> [Layer; 2] {
    let above = [
        Entry::opaque("shared"),
        Entry::file("shared/new", "x").with_owner(1000, 8),
        Entry::whiteout("capable"),
        Entry::directory("link").with_mode(0o700),
        Entry::hard_link("third", "again"),
    ];
    [Layer::gzip(&entries()).unwrap(), Layer::gzip(&above).unwrap()]
}

#[test]
fn root_of_a_namespace_gives_the_owners_that_it_maps_and_mounts_stacks() {
    require_able!(Root, UserNamespaces);
    let home = Home::new(&json!({}), &layers_with_changes());
    let in_namespace = |flags: &str| {
        let mut command = home.user.namespace_command("sh");
        command.args(["-euc", BOTH, "sh"]).arg(home.path()).arg(flags);
        run::stdout(&mut command).unwrap()
    };
    let listed = in_namespace("");
    assert!(listed.contains("closed/file f 0 1000:300 "), "{listed}");
    assert!(listed.contains("shared/new f 0644 1000:8 "), "{listed}");
    assert!(!listed.contains("shared/noted") && !listed.contains("capable"), "{listed}");
    let listed = in_namespace("--rootless");
    assert!(listed.contains("closed/file f 0 0:0 "), "{listed}");

    // A namespace of one id is an ordinary user's in all but name.
    let mut command = home.user.command("unshare");
    command.args(["--user", "--map-root-user"]).arg(home.at("ocidian"));
    command.current_dir(home.path()).args(["unpack", "--format", "json", "oci:images", "alone"]);
    let report: Value = serde_json::from_str(&run::stdout(&mut command).unwrap()).unwrap();
    assert_eq!(report["rootless"], true);
}

#[test]
fn the_bundle_runs_under_rootless_runtimes() {
    require_able!(Root, Containers, UserNamespaces);
    let [runc, crun, busybox] = require!("runc", "crun", "busybox");
    let passwd = "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n";
    let entries = [
        Entry::directory("bin"),
        Entry::file("bin/sh", fs::read(&busybox.path).unwrap()).with_mode(0o755),
        Entry::directory("etc"),
        Entry::file("etc/passwd", passwd),
        Entry::file("etc/group", "root:x:0:\napp:x:1000:\n"),
        Entry::directory("proc"),
        Entry::directory("dev"),
        Entry::directory("sys"),
        Entry::directory("tmp").with_mode(0o1777),
        Entry::directory("srv/app"),
    ];
    let config = json!({ "Cmd": ["sh", "-c", "echo $(id -u):$(id -g) in $(pwd)"], "WorkingDir": "/srv/app" });
    let home = Home::new(&config, &[Layer::gzip(&entries).unwrap()]);
    for (bundle, user, said) in
        [("root", "0", "0:0 in /srv/app\n"), ("named", "app", "1000:1000 in /srv/app\n")]
    {
        let output = home.ocidian(&["unpack", "-q", "--user", user, "oci:images", bundle]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for runtime in [&runc, &crun] {
            let id = format!("ocidian-rootless-{bundle}-{}", std::process::id());
            let mut command = runtime.runtime_command_as(&home.user);
            let heard = run::stdout(command.args(["run", "--bundle"]).arg(home.at(bundle)).arg(&id)).unwrap();
            assert_eq!(heard, said, "{}", runtime.name);
        }
    }
}
