//! Where a bundle's image is or is not any more, what is left alone, and bundles that cannot be used.

use std::fs;
use std::path::Path;

use ocidian_testkit::layout::{self, Entry, Layer};
use ocidian_testkit::tree::{Aspect, Ignore, Snapshot, diff};
use ocidian_testkit::user::TestUser;
use ocidian_testkit::{require, require_able, run};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bin::{self, fails, ok, run as try_run};
use crate::repack_trees::Work;

/// A bundle of a few files.
fn work(flags: &[&str]) -> (TempDir, Work) {
    let place = tempfile::tempdir().unwrap();
    for (name, content) in
        [("etc/motd", "hello\n"), ("data/kept", "kept\n"), ("cache/x", "x\n"), ("bin/tool", "tool\n")]
    {
        let path = place.path().join("source").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let rootless: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["--rootless"] };
    let work = Work::new(place.path(), &[rootless, flags].concat());
    (place, work)
}

fn said(output: &std::process::Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn volumes_and_masks_are_left_alone() {
    let (_place, work) = work(&["--volume", "/data"]);
    fs::write(work.rootfs("data/new"), "new").unwrap();
    fs::remove_file(work.rootfs("data/kept")).unwrap();
    fs::remove_dir_all(work.rootfs("cache")).unwrap();
    fs::create_dir(work.rootfs("cache-not")).unwrap();
    fs::write(work.rootfs("etc/motd"), "changed\n").unwrap();
    let repacked = work.repack("next", &["--mask-path", "/cache/", "--mask-path", "nowhere"]);
    let names = work.layer(&repacked);
    assert_eq!(names, ["./", "cache-not/", "etc/motd"], "the root has another time");
    assert_eq!(ok(["cat", &work.image("next"), "/data/kept"]), "kept\n");
    assert_eq!(ok(["cat", &work.image("next"), "/cache/x"]), "x\n");
    fails(["repack", &work.text("bundle"), "-t", "x", "--mask-path", "/"], 2, "--mask-path");
    fails(["repack", &work.text("bundle"), "-t", "x", "--mask-path", "a/../b"], 2, "--mask-path");
}

#[test]
fn without_its_image_it_says_so_and_is_right() {
    let (_place, work) = work(&[]);
    let touch = "cd \"$1\"; chmod 700 bin/tool; chmod 644 bin/tool; echo changed >etc/motd; rm cache/x";
    run::script(touch, &[work.rootfs("").as_os_str()]).unwrap();
    let names_with = work.layer(&work.repack("with", &[]));
    assert!(!names_with.contains(&"bin/tool".to_owned()));
    // The tag moved: it is the digest that counts.
    ok(["tag", &work.image("with"), "base"]);
    assert_eq!(work.layer(&work.repack("moved", &[])), names_with);
    // The layout moved: it can be said where to.
    fs::rename(work.at("images"), work.at("elsewhere")).unwrap();
    let (bundle, elsewhere) = (work.text("bundle"), format!("oci:{}:moved", work.text("elsewhere")));
    let output = try_run(["repack", &bundle, "-t", &work.image("without")]);
    assert!(said(&output).contains("--base says where it is"), "{}", said(&output));
    let manifest: Value = serde_json::from_str(&ok(["inspect", "--raw", &work.image("without")])).unwrap();
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 2);
    // Where the layers are, the image is whole, and right.
    ok(["repack", "-q", &bundle, "-t", &format!("oci:{}:whole", work.text("elsewhere"))]);
    fs::rename(work.at("images"), work.at("sparse")).unwrap();
    fs::rename(work.at("elsewhere"), work.at("images")).unwrap();
    work.is_the_bundles("whole");
    fs::rename(work.at("images"), work.at("elsewhere")).unwrap();
    // What was named and is not it, is refused.
    let wrong = format!("oci:{}", work.text("sparse"));
    fails(["repack", &bundle, "--base", &wrong, "-t", "x"], 3, "that the bundle was unpacked from");
    ok(["repack", "-q", &bundle, "--base", &elsewhere, "-t", "named"]);
    assert_eq!(ok(["cat", &format!("oci:{}:named", work.text("elsewhere")), "/etc/motd"]), "changed\n");
}

#[test]
fn a_refreshed_bundle_goes_on_from_there() {
    let (_place, work) = work(&[]);
    fs::write(work.rootfs("etc/one"), "1").unwrap();
    let first = work.repack("one", &["--refresh-bundle"]);
    assert!(work.layer(&first).contains(&"etc/one".to_owned()));
    assert_eq!(work.repack("same", &[])["layer"], Value::Null);
    fs::write(work.rootfs("etc/two"), "2").unwrap();
    let second = work.repack("two", &[]);
    assert_eq!(work.layer(&second), ["etc/", "etc/two"]);
    work.is_the_bundles("two");
    let config: Value = serde_json::from_str(&ok(["inspect", "--config", &work.image("two")])).unwrap();
    assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 3);
    assert_eq!(config["history"][2]["created_by"], "ocidian repack");
}

#[test]
fn bundles_that_cannot_be_used() {
    let (_place, work) = work(&[]);
    let bundle = work.text("bundle");
    let tried = |says: &str| fails(["repack", &bundle, "-t", &work.image("x")], 1, says);
    let baseline = work.at("bundle/ocidian.baseline");
    let whole = fs::read(&baseline).unwrap();
    fs::write(&baseline, &whole[..whole.len() - 5]).unwrap();
    tried("it is cut off; unpack the image again");
    fs::write(&baseline, "nonsense, and longer than what a baseline begins with").unwrap();
    tried("ocidian.baseline");
    fs::remove_file(&baseline).unwrap();
    tried("ocidian.baseline");
    std::os::unix::fs::symlink("/dev/zero", &baseline).unwrap();
    tried("bundle");
    fs::remove_file(&baseline).unwrap();
    fs::write(&baseline, &whole).unwrap();
    let state = work.at("bundle/ocidian.json");
    let text = fs::read_to_string(&state).unwrap();
    for (from, to, says) in [
        ("\"version\": 1", "\"version\": 9", "version 9"),
        ("\"rootfs\"", "\"overlay\"", "overlay"),
        ("sha256:", "sha256:0", "ocidian.json"),
        ("{", "", "ocidian.json"),
    ] {
        fs::write(&state, text.replacen(from, to, 1)).unwrap();
        tried(says);
    }
    fs::write(&state, &text).unwrap();
    ok(["repack", "-q", &bundle, "-t", &work.image("x")]);
    fails(
        ["repack", &work.text("source"), "-t", &work.image("x")],
        1,
        "it is no bundle that this version unpacked",
    );
    fails(["repack", &work.text("missing"), "-t", &work.image("x")], 1, "missing");
    let inside = format!("oci:{}/images:x", work.rootfs("etc").display());
    fails(["repack", &bundle, "-t", &inside], 1, "inside the bundle's tree");
    assert!(!work.rootfs("etc/images").exists());
    fs::write(work.rootfs(".wh.x"), "").unwrap();
    tried(".wh.x");
}

#[test]
fn a_whole_tree_copied_elsewhere_is_compared() {
    require_able!(Root);
    let (_place, work) = work(&[]);
    let copy =
        "cp -a \"$1\" \"$1-copy\"; rm -r \"$1\"; mv \"$1-copy\" \"$1\"; echo x >\"$1/rootfs/etc/motd\"";
    run::script(copy, &[work.at("bundle").as_os_str()]).unwrap();
    let repacked = work.repack("next", &[]);
    assert_eq!(work.layer(&repacked), ["etc/motd"]);
    assert!(repacked["compared"].as_u64() > Some(4), "{repacked}");
}

#[test]
fn an_ordinary_users_bundle_keeps_owners_and_devices() {
    require_able!(Root);
    require!("gzip");
    let user = TestUser::get().unwrap();
    let home = user.directory().unwrap();
    let at = |name: &str| home.path().join(name);
    let entries = [
        Entry::directory("d").with_owner(7, 8).with_mtime(5),
        Entry::file("d/f", "x").with_owner(1000, 300).with_mode(0o640).with_mtime(6),
        Entry::file("d/g", "x").with_owner(1000, 300).with_mtime(6),
        Entry::char_device("null", 1, 3).with_mode(0o666).with_mtime(7),
        Entry::char_device("zero", 1, 5).with_mode(0o666).with_mtime(7),
    ];
    layout::simple(&at("images"), &json!({}), &[Layer::plain(&entries).unwrap()]).unwrap();
    fs::copy(bin::path(), at("ocidian")).unwrap();
    user.give(home.path()).unwrap();
    let run_as = |arguments: &[&str]| {
        let mut command = user.command(at("ocidian"));
        let output = run::output(command.current_dir(home.path()).args(arguments)).unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run_as(&["unpack", "-q", "oci:images", "bundle"]);
    let change = "cd \"$1/bundle/rootfs\"; echo changed >d/f; touch -d @9 d/f; chmod 600 null; echo new >new";
    let mut shell = user.command("sh");
    run::stdout(shell.args(["-euc", change, "sh"]).arg(home.path())).unwrap();
    run_as(&["repack", "-q", "bundle", "-t", "oci:images:next"]);
    let target = at("root-unpacks");
    ok(["rootfs", "-q", &format!("oci:{}:next", at("images").display()), target.to_str().unwrap()]);
    let tree = Snapshot::of(&target).unwrap();
    let seen =
        |path: &str| tree.get(path).map(|node| (node.kind.name(), node.mode, node.uid, node.gid)).unwrap();
    assert_eq!(seen("d"), ("directory", 0o755, 7, 8));
    assert_eq!(seen("d/f"), ("file", 0o640, 1000, 300));
    assert_eq!(seen("d/g"), ("file", 0o644, 1000, 300));
    assert_eq!(seen("null"), ("character device", 0o600, 0, 0));
    assert_eq!(seen("zero"), ("character device", 0o666, 0, 0));
    assert_eq!(seen("new").2, 0);
    let again = Path::new("again");
    run_as(&["rootfs", "-q", "oci:images:next", again.to_str().unwrap()]);
    let ignore = Ignore::nothing().aspect(Aspect::Owner);
    let (theirs, bundle) = (Snapshot::of(&at("again")).unwrap(), Snapshot::of(&at("bundle/rootfs")).unwrap());
    assert_eq!(diff(&bundle, &theirs, &ignore), []);
}

#[test]
fn a_root_that_its_owner_may_not_list_is_unpacked_all_the_same() {
    require_able!(Root);
    let user = TestUser::get().unwrap();
    let home = user.directory().unwrap();
    let at = |name: &str| home.path().join(name);
    let entries = [Entry::directory("./").with_mode(0o311), Entry::file("f", "x")];
    layout::simple(&at("images"), &json!({}), &[Layer::plain(&entries).unwrap()]).unwrap();
    fs::copy(bin::path(), at("ocidian")).unwrap();
    user.give(home.path()).unwrap();
    let run_as = |arguments: &[&str]| {
        let mut command = user.command(at("ocidian"));
        run::output(command.current_dir(home.path()).args(arguments)).unwrap()
    };
    let unpacked = run_as(&["unpack", "oci:images", "bundle"]);
    assert!(said(&unpacked).contains("cannot be repacked"), "{}", said(&unpacked));
    assert!(at("bundle/config.json").exists());
    let repacked = run_as(&["repack", "bundle", "-t", "oci:images:x"]);
    let told = String::from_utf8_lossy(&repacked.stderr).into_owned();
    assert!(repacked.status.code() == Some(1) && told.contains("ocidian.baseline"), "{told}");
}
