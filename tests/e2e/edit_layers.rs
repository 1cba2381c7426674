//! `insert`, `squash` and `rebase`: the trees are those that they should be, to us and to umoci.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use ocidian_testkit::layout::{Entry, Layer, Layout};
use ocidian_testkit::tree::{Ignore, Snapshot, diff};
use ocidian_testkit::{require, require_able};
use serde_json::{Value, json};

use crate::bin::{ocidian, ok, run};
use crate::cli_images::{Images, architectures};

fn json_of(arguments: &[&str]) -> Value {
    serde_json::from_str(&ok(arguments)).unwrap()
}

fn layers(image: &str) -> Vec<Value> {
    json_of(&["inspect", "--raw", image])["layers"].as_array().unwrap().clone()
}

fn config(image: &str) -> Value {
    json_of(&["inspect", "--config", image])
}

fn refused(arguments: &[&str], code: i32, said: &str) {
    let output = run(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
    assert!(error.contains(said) && error.lines().count() == 1, "{arguments:?}: {error}");
}

fn names(image: &str) -> Vec<String> {
    let blob = layers(image).last().unwrap()["digest"].as_str().unwrap().replace(':', "/");
    let path = image.strip_prefix("oci:").unwrap().split(':').next().unwrap();
    let output =
        Command::new("tar").args(["-tf"]).arg(Path::new(path).join("blobs").join(blob)).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn differences(left: &Path, right: &Path) -> Vec<String> {
    let snapshot = |path: &Path| Snapshot::of(path).unwrap();
    diff(&snapshot(left), &snapshot(right), &Ignore::nothing()).iter().map(ToString::to_string).collect()
}

/// A layout of one image whose layers hide, replace and link each other's files.
fn busy(place: &Path) -> String {
    let path = place.join("busy");
    let mut layout = Layout::create(&path).unwrap();
    let layer = |entries: &[Entry]| Layer::gzip(entries).unwrap();
    let all = [
        layer(&[
            Entry::directory("etc").with_mode(0o750).with_mtime(1_000_000_000),
            Entry::file("etc/a", "a").with_owner(1, 2),
            Entry::directory("usr"),
            Entry::directory("usr/lib"),
            Entry::symlink("lib", "usr/lib"),
            Entry::file("big", vec![b'x'; 100_000]),
        ]),
        layer(&[
            Entry::whiteout("big"),
            Entry::file("lib/x", "x").with_mode(0o4755),
            Entry::hard_link("etc/b", "etc/a"),
            Entry::file("etc/c", "c").with_xattr("user.note", "kept"),
        ]),
        layer(&[
            Entry::whiteout("etc/a"),
            Entry::opaque("usr/lib"),
            Entry::file("usr/lib/y", "y"),
            Entry::fifo("etc/pipe"),
            Entry::hard_link("etc/d", "etc/b"),
        ]),
    ];
    let image = layout.image(("linux", architectures().0), &json!({}), &all).unwrap();
    layout.tag(&image, "app").unwrap();
    format!("oci:{}:app", path.display())
}

#[test]
fn a_squashed_image_has_the_same_tree_and_nothing_hidden() {
    require_able!(Root);
    let [umoci] = require!("umoci");
    let place = tempfile::tempdir().unwrap();
    let app = busy(place.path());
    let tree = |image: &str, name: &str| {
        let path = place.path().join(name);
        ok(["rootfs", "-q", image, path.to_str().unwrap()]);
        path
    };
    let before = tree(&app, "before");
    for (tag, from, count) in [("all", "1", 1), ("upper", "2", 2)] {
        ok(["squash", "-q", &app, "--from", from, "-t", tag]);
        let image = app.replace(":app", &format!(":{tag}"));
        assert_eq!(layers(&image).len(), count);
        let after = tree(&image, tag);
        assert_eq!(differences(&before, &after), [""; 0], "{tag}");
        let theirs = place.path().join(format!("{tag}-umoci"));
        let named = image.strip_prefix("oci:").unwrap();
        assert!(
            umoci
                .command()
                .args(["raw", "unpack", "--image", named])
                .arg(&theirs)
                .status()
                .unwrap()
                .success()
        );
        // No layer mentions the root, and umoci leaves it as old as the directory that it made.
        let mut found = differences(&before, &theirs);
        found.retain(|line| !line.starts_with("/: Mtime"));
        assert_eq!(found, [""; 0], "{tag} by umoci");
    }
    let all = app.replace(":app", ":all");
    assert!(names(&all).iter().all(|name| !name.contains("big") && !name.contains(".wh.")));
    assert_eq!(layers(&app.replace(":app", ":upper"))[0], layers(&app)[0]);
    // Whatever the number of threads, and once more.
    let digest = |flags: &[&str]| {
        let mut words = vec!["squash", "-q", &app, "-t", "again", "--format", "json"];
        words.extend(flags);
        json_of(&words)["digest"].clone()
    };
    assert_eq!(digest(&["-j1"]), digest(&["-j2"]));
    ok(["squash", "-q", &app, "--compress", "zstd", "-t", "z"]);
    assert_eq!(
        layers(&app.replace(":app", ":z"))[0]["mediaType"],
        "application/vnd.oci.image.layer.v1.tar+zstd"
    );
    refused(&["squash", &app, "--from", "3"], 1, "nothing to squash");
    refused(&["squash", &app, "--from", "0"], 2, "from");
    refused(&["squash", &app, "--max-bytes", "1000"], 1, "1000");
}

/// A tree with one of everything that an ordinary user can make.
fn source(place: &Path) -> String {
    let path = place.join("site");
    fs::create_dir_all(path.join("deep/er")).unwrap();
    fs::write(path.join("index.html"), "<p>").unwrap();
    fs::write(path.join("deep/er/file"), vec![7; 70_000]).unwrap();
    fs::hard_link(path.join("index.html"), path.join("same.html")).unwrap();
    symlink("index.html", path.join("link")).unwrap();
    fs::set_permissions(path.join("deep"), fs::Permissions::from_mode(0o2711)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_directory_becomes_the_one_at_its_place() {
    let images = Images::new();
    let site = source(images.beside("x").parent().unwrap());
    let app = images.image("app");
    ok(["insert", "-q", &app, &site, "/srv/www", "-t", "with"]);
    let with = images.image("with");
    let mut found = names(&with);
    found.sort();
    let expected = ["", "deep/", "deep/er/", "deep/er/file", "index.html", "link", "same.html"];
    assert_eq!(found, expected.map(|name| format!("srv/www/{name}")));
    assert_eq!(ok(["cat", &with, "/srv/www/link"]), "<p>");
    assert_eq!(ok(["cat", &with, "/etc/motd"]), "hello\n");
    let tree = images.beside("tree");
    ok(["rootfs", "-q", &with, tree.to_str().unwrap()]);
    assert_eq!(differences(Path::new(&site), &tree.join("srv/www")), [""; 0]);
    let history = config(&with)["history"].clone();
    assert!(history.is_null() || history[2]["created_by"] == "ocidian insert site /srv/www", "{history}");

    // A file, under another name; normalised, two of different times are the same.
    let digest = |file: &str| {
        let words = [
            "insert", "-q", &app, file, "etc/new", "-t", "file", "--mtime", "0", "--owner", "1:2", "--chmod",
            "0600",
        ];
        json_of(&[&words[..], &["--format", "json"]].concat())["digest"].clone()
    };
    let one = images.beside("one");
    fs::write(&one, "content").unwrap();
    let first = digest(one.to_str().unwrap());
    fs::write(images.beside("two"), "content").unwrap();
    fs::rename(images.beside("two"), &one).unwrap();
    assert_eq!(digest(one.to_str().unwrap()), first);
    assert_eq!(names(&images.image("file")), ["etc/new"]);
    assert_eq!(ok(["cat", &images.image("file"), "etc/new"]), "content");
    // A symlink stays one.
    ok(["insert", "-q", &app, &format!("{site}/link"), "/etc/l", "-t", "l"]);
    let tree = images.beside("linked");
    ok(["rootfs", "-q", &images.image("l"), tree.to_str().unwrap()]);
    assert_eq!(fs::read_link(tree.join("etc/l")).unwrap(), Path::new("index.html"));
}

#[test]
fn what_is_to_be_hidden_is() {
    let images = Images::new();
    let app = images.image("app");
    let site = source(images.beside("x").parent().unwrap());
    ok(["insert", "-q", &app, "--whiteout", "/motd", "--whiteout", "etc/motd", "-t", "less"]);
    assert_eq!(names(&images.image("less")), ["etc/.wh.motd", ".wh.motd"]);
    assert_eq!(run(["cat", &images.image("less"), "/etc/motd"]).status.code(), Some(3));
    ok(["insert", "-q", &app, &site, "/etc", "--opaque", "-t", "fresh"]);
    let fresh = images.image("fresh");
    assert_eq!(run(["cat", &fresh, "/etc/motd"]).status.code(), Some(3));
    assert_eq!(ok(["cat", &fresh, "/etc/index.html"]), "<p>");
    ok(["insert", "-q", &app, &site, "/", "--opaque", "-t", "new"]);
    assert_eq!(run(["cat", &images.image("new"), "/etc/motd"]).status.code(), Some(3));
    assert_eq!(ok(["cat", &images.image("new"), "/index.html"]), "<p>");
}

#[test]
fn wrong_insertions_change_nothing() {
    let images = Images::new();
    let app = images.image("app");
    let before = fs::read(images.path().join("index.json")).unwrap();
    let place = images.beside("x").parent().unwrap().to_owned();
    let site = source(&place);
    let file = format!("{site}/index.html");
    fs::write(place.join(".wh.bad"), "").unwrap();
    let reserved = place.join(".wh.bad").to_str().unwrap().to_owned();
    let bad = place.join("bad");
    fs::create_dir(&bad).unwrap();
    fs::write(bad.join(".wh.x"), "").unwrap();
    for (arguments, code, said) in [
        (vec!["insert", &app], 2, "SOURCE"),
        (vec!["insert", &app, &site], 2, "PATH"),
        (vec!["insert", &app, &file, "/etc/../x"], 2, ".."),
        (vec!["insert", &app, &file, "/"], 1, "root"),
        (vec!["insert", &app, &file, "/x", "--opaque"], 1, "opaque"),
        (vec!["insert", &app, "/nowhere", "/x"], 3, "/nowhere"),
        (vec!["insert", &app, "--whiteout", "/"], 1, "root"),
        (vec!["insert", &app, "--whiteout", ""], 2, "whiteout"),
        (vec!["insert", &app, "--opaque"], 2, "PATH"),
        (vec!["insert", &app, &file, "/etc/.wh.x"], 1, ".wh."),
        (vec!["insert", &app, &reserved, "/etc/.wh.bad"], 1, ".wh."),
        (vec!["insert", &app, bad.to_str().unwrap(), "/x"], 1, ".wh."),
        (vec!["insert", &app, place.to_str().unwrap(), "/x"], 1, "inside the source"),
    ] {
        refused(&arguments, code, said);
    }
    assert_eq!(fs::read(images.path().join("index.json")).unwrap(), before);
}

/// Layouts of a base of two versions, and of an image on the first.
fn bases(place: &Path) -> [String; 3] {
    let path = place.join("bases");
    let mut layout = Layout::create(&path).unwrap();
    let layer = |entries: &[Entry]| Layer::gzip(entries).unwrap();
    let old = || layer(&[Entry::directory("etc"), Entry::file("etc/version", "1"), Entry::file("old", "o")]);
    let here = architectures().0;
    let one = layout.image(("linux", here), &json!({ "Env": ["BASE=1"] }), &[old()]).unwrap();
    let new = [layer(&[Entry::file("etc/version", "2")]), layer(&[Entry::file("new", "n")])];
    let two = layout.image(("linux", here), &json!({ "Env": ["BASE=2"] }), &new).unwrap();
    let own = layer(&[Entry::file("app", "app"), Entry::whiteout("old")]);
    let app =
        layout.image(("linux", here), &json!({ "Env": ["BASE=1"], "Cmd": ["/app"] }), &[old(), own]).unwrap();
    let names = [(&one, "one"), (&two, "two"), (&app, "app")];
    for (descriptor, name) in names {
        layout.tag(descriptor, name).unwrap();
    }
    names.map(|(_, name)| format!("oci:{}:{name}", path.display()))
}

#[test]
fn an_image_is_put_onto_another_base() {
    let place = tempfile::tempdir().unwrap();
    let [one, two, app] = bases(place.path());
    for annotation in
        ["org.opencontainers.image.base.digest=sha256:x", "org.opencontainers.image.base.name=one"]
    {
        ok(["mutate", "-q", &app, "--annotation", annotation]);
    }
    let (upper, base) = (layers(&app)[1].clone(), layers(&two));
    ok(["rebase", "-q", &app, "--old-base", &one, "--new-base", &two, "-t", "moved"]);
    let moved = app.replace(":app", ":moved");
    assert_eq!(layers(&moved), [base[0].clone(), base[1].clone(), upper]);
    assert_eq!(ok(["cat", &moved, "/etc/version"]), "2");
    assert_eq!(ok(["cat", &moved, "/app"]), "app");
    assert_eq!(ok(["cat", &moved, "/new"]), "n");
    assert_eq!(config(&moved)["config"], json!({ "Cmd": ["/app"], "Env": ["BASE=1"] }));
    let annotations = json_of(&["inspect", "--raw", &moved])["annotations"].clone();
    let digest = json_of(&["inspect", "--format", "json", &two])["image"]["digest"].clone();
    assert_eq!(annotations["org.opencontainers.image.base.digest"], digest);
    assert_eq!(annotations["org.opencontainers.image.base.name"], two);
    // Back again, and into a layout that has none of it.
    let there = format!("oci:{}:back", place.path().join("elsewhere").display());
    ok(["rebase", "-q", &moved, "--old-base", &two, "--new-base", &one, "-t", &there]);
    assert_eq!(layers(&there), layers(&app));
    ok(["rootfs", "-q", &there, place.path().join("tree").to_str().unwrap()]);

    refused(&["rebase", &moved, "--old-base", &one, "--new-base", &two], 1, "not built on");
    refused(&["rebase", &one, "--old-base", &app, "--new-base", &two], 1, "not built on");
    let nope = app.replace(":app", ":nope");
    refused(&["rebase", &app, "--old-base", &nope, "--new-base", &two], 3, "nope");
    refused(&["rebase", &app, "--old-base", &one], 2, "--new-base");
}

#[test]
fn history_is_that_of_the_new_base_and_the_images_own() {
    let place = tempfile::tempdir().unwrap();
    let [one, two, app] = bases(place.path());
    let with = |image: &str, lines: &[(&str, bool)]| {
        let lines: Vec<Value> = lines
            .iter()
            .map(|(by, made)| match made {
                true => json!({ "created_by": by }),
                false => json!({ "created_by": by, "empty_layer": true }),
            })
            .collect();
        let mut whole = config(image);
        whole["history"] = json!(lines);
        let file = place.path().join("config.json");
        fs::write(&file, whole.to_string()).unwrap();
        ok(["mutate", "-q", image, "--config-file", file.to_str().unwrap()]);
    };
    with(&one, &[("one", true), ("cmd", false)]);
    with(&two, &[("two", true), ("too", true)]);
    with(&app, &[("one", true), ("cmd", false), ("env", false), ("app", true)]);
    ok(["rebase", "-q", &app, "--old-base", &one, "--new-base", &two]);
    let lines = config(&app)["history"].clone();
    let by: Vec<&str> =
        lines.as_array().unwrap().iter().map(|line| line["created_by"].as_str().unwrap()).collect();
    assert_eq!(by, ["two", "too", "env", "app"]);
    // A squash keeps what was said, and says what it did.
    ok(["squash", "-q", &app, "--from", "2"]);
    let lines = config(&app)["history"].clone();
    let lines: Vec<(&str, bool)> = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["created_by"].as_str().unwrap(), line["empty_layer"] == true))
        .collect();
    let expected =
        [("two", false), ("too", true), ("env", true), ("app", true), ("ocidian squash --from 2", false)];
    assert_eq!(lines, expected);
}

#[test]
fn a_signal_leaves_the_image_as_it_was() {
    let images = Images::new();
    let app = images.image("app");
    let before = fs::read(images.path().join("index.json")).unwrap();
    let place = images.beside("large");
    fs::create_dir(&place).unwrap();
    let noise: Vec<u8> = (0..40_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(place.join("noise"), noise).unwrap();
    let mut child = ocidian()
        .args(["insert", "-q", &app, place.to_str().unwrap(), "/large", "--compress", "gzip:9", "-j1"])
        .spawn()
        .unwrap();
    // Long enough to begin; if it is done already, that is a result too.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let status = child.wait().unwrap();
    if !status.success() {
        assert_eq!(fs::read(images.path().join("index.json")).unwrap(), before);
        let directories = fs::read_dir(images.path()).unwrap().map(Result::unwrap);
        let left: Vec<_> = directories.filter(|e| e.path().is_dir()).map(|e| e.file_name()).collect();
        assert_eq!(left, ["blobs"]);
    }
}
