//! `tag`: more names in the same layout.

use std::process::Stdio;

use ocidian_testkit::run::stdout;
use serde_json::{Value, json};

use crate::bin::{fails, ocidian, ok, report};
use crate::cli_images::{Images, architectures, read_json};

fn digest(images: &Images, tag: &str) -> Value {
    report(["ls", &images.image(tag)])[0]["digest"].clone()
}

#[test]
fn an_image_gets_names_whole_or_by_platform_or_digest() {
    let images = Images::new();
    let (app, multi) = (digest(&images, "app"), digest(&images, "multi"));
    let tagged = report(["tag", &images.image("multi"), "a", "b/c:d", "a"]);
    assert_eq!(tagged["digest"], multi);
    assert_eq!(tagged["names"], json!([{ "name": "a", "was": [] }, { "name": "b/c:d", "was": [] }]));
    let here = format!("linux/{}", architectures().0);
    assert_eq!(report(["tag", "--platform", &here, &images.image("multi"), "one"])["digest"], app);
    let child = format!("oci:{}@{}", images.path().display(), app.as_str().unwrap());
    assert_eq!(report(["tag", &child, "two"])["digest"], app);
    assert_eq!(ok(["ls", "--names", images.path().to_str().unwrap()]), "app\nmulti\na\nb/c:d\none\ntwo\n");
    assert_eq!(digest(&images, "b/c:d"), multi);
}

#[test]
fn a_tag_is_moved_and_it_is_said_from_where() {
    let images = Images::new();
    let (app, multi) = (digest(&images, "app"), digest(&images, "multi"));
    ok(["tag", &images.image("app"), "v1"]);
    fails(["tag", "--no-clobber", &images.image("multi"), "v2", "v1"], 1, app.as_str().unwrap());
    fails(["ls", &images.image("v2")], 3, "app, multi, v1");
    // The same again is nothing to refuse.
    ok(["tag", "--no-clobber", &images.image("app"), "v1"]);
    let said = ok(["tag", &images.image("multi"), "v1"]);
    assert_eq!(said, format!("v1: {} (was {})\n", multi.as_str().unwrap(), app.as_str().unwrap()));
    assert_eq!(digest(&images, "v1"), multi);
}

#[test]
fn what_cannot_be_a_tag_is_refused_before_anything_is_done() {
    let images = Images::new();
    let index = std::fs::read(images.path().join("index.json")).unwrap();
    for name in ["", "a b", "-a", "a//b", "é", "oci:other:tag", "docker://busybox", "a\u{1b}[2J"] {
        fails(["tag", &images.image("app"), "--", "fine", name], 2, "");
    }
    fails(["tag", &images.image("nope"), "x"], 3, "app, multi");
    fails(["tag", &images.path().display().to_string(), "x"], 1, ":multi");
    fails(["tag", &format!("oci:{}@sha256:{}", images.path().display(), "0".repeat(64)), "x"], 3, "000");
    fails(["tag", "--platform", "linux/s390x", &images.image("multi"), "x"], 3, architectures().1);
    assert_eq!(std::fs::read(images.path().join("index.json")).unwrap(), index);
}

#[test]
fn a_name_that_stands_for_several_entries_is_not_guessed_at() {
    let images = Images::new();
    let path = images.path().join("index.json");
    let mut index = read_json(&path);
    let annotations = index["manifests"][0]["annotations"].clone();
    index["manifests"][1]["annotations"] = annotations;
    std::fs::write(&path, index.to_string()).unwrap();
    let said = fails(["tag", &images.image("app"), "x"], 1, "several");
    for entry in index["manifests"].as_array().unwrap() {
        assert!(said.contains(entry["digest"].as_str().unwrap()), "{said}");
    }
}

#[test]
fn many_at_once_all_show() {
    let images = Images::new();
    let image = images.image("app");
    let tag = |n: usize| {
        let mut command = ocidian();
        command.args(["tag", "-q", &image, &format!("t{n}"), "latest"]).stdout(Stdio::null());
        command.spawn().unwrap()
    };
    let children: Vec<_> = (0..16).map(tag).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let names = ok(["ls", "--names", images.path().to_str().unwrap()]);
    for n in 0..16 {
        assert!(names.lines().any(|name| name == format!("t{n}")), "{names}");
    }
    assert_eq!(names.lines().filter(|name| *name == "latest").count(), 1);
}

#[test]
fn other_tools_find_it() {
    let [umoci, skopeo] = ocidian_testkit::require!("umoci", "skopeo");
    let images = Images::new();
    let path = images.path().display().to_string();
    ok(["tag", &images.image("app"), "again"]);
    assert!(stdout(umoci.command().args(["ls", "--layout", &path])).unwrap().contains("again"));
    let raw = stdout(skopeo.command().args(["inspect", "--raw", &images.image("again")])).unwrap();
    assert_eq!(raw, ok(["inspect", "--raw", &images.image("app")]));
    stdout(umoci.command().args(["tag", "--image", &format!("{path}:app"), "theirs"])).unwrap();
    ok(["tag", &images.image("theirs"), "ours"]);
    assert_eq!(digest(&images, "ours"), digest(&images, "app"));
}
