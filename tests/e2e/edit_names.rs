//! containerd's full name, which stands beside the tag and ends with it, through edits.

use std::fs;

use serde_json::{Value, json};

use crate::bin::{ok, run};
use crate::cli_images::{Images, read_json};

const FULL: &str = "docker.io/library/app:1";
const FULL_NAME: &str = "io.containerd.image.name";
const TAG: &str = "org.opencontainers.image.ref.name";

/// A layout as `docker save` and `ctr image export` list images: `1` for one platform, `2` for several.
fn exported() -> Images {
    let images = Images::new();
    let path = images.path().join("index.json");
    let mut index = read_json(&path);
    for (at, entry) in index["manifests"].as_array_mut().unwrap().iter_mut().enumerate() {
        let tag = (at + 1).to_string();
        entry["annotations"] =
            json!({ TAG: tag, FULL_NAME: format!("docker.io/library/app:{tag}"), "org.example": "kept" });
    }
    fs::write(path, index.to_string()).unwrap();
    images
}

/// The annotations of the entry of that tag.
fn entry(images: &Images, tag: &str) -> Value {
    let index = read_json(&images.path().join("index.json"));
    let found = index["manifests"].as_array().unwrap().iter().find(|it| it["annotations"][TAG] == tag);
    found.unwrap_or_else(|| panic!("{tag}: {index:#}"))["annotations"].clone()
}

#[test]
fn an_edit_that_keeps_the_tag_keeps_the_full_name_beside_it() {
    let images = exported();
    let app = images.image("1");
    let file = images.beside("file");
    fs::write(&file, "x").unwrap();
    let file = file.to_str().unwrap();
    let kept = entry(&images, "1");
    let mut last = json!(null);
    for edit in [
        &["mutate", &app, "--user", "7"][..],
        &["mutate", &app, "--user", "8", "--tag", "1"],
        &["mutate", &images.image(FULL), "--user", "9"],
        &["insert", &app, file, "/new"],
        &["squash", &app],
    ] {
        let output = run(edit);
        assert!(output.status.success(), "{edit:?}: {output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("any more"), "{edit:?}: {output:?}");
        assert_eq!(entry(&images, "1"), kept, "{edit:?}");
        let now = read_json(&images.path().join("index.json"))["manifests"][0]["digest"].clone();
        assert_ne!(now, last, "{edit:?} changed nothing");
        last = now;
        ok(["inspect", &images.image(FULL)]);
    }
    ok(["index", "annotate", &images.image("2"), "--annotation", "a=b"]);
    assert_eq!(entry(&images, "2")[FULL_NAME], "docker.io/library/app:2");
}

#[test]
fn a_repacked_bundle_keeps_the_full_name_of_its_image_under_the_same_tag() {
    let images = exported();
    let bundle = images.beside("bundle");
    let bundle = bundle.to_str().unwrap();
    let mut unpack = vec!["unpack", "-q"];
    if !rustix::process::geteuid().is_root() {
        unpack.push("--rootless");
    }
    let app = images.image("1");
    ok(unpack.iter().copied().chain([app.as_str(), bundle]));
    fs::write(images.beside("bundle/rootfs/new"), "x").unwrap();
    let kept = entry(&images, "1");
    ok(["repack", bundle, "-t", &app]);
    assert_eq!(entry(&images, "1"), kept);
    let output = run(["repack", bundle, "-t", &images.image("next")]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(&format!("the result is next and not {FULL} any more")), "{told}");
    assert!(entry(&images, "next").get(FULL_NAME).is_none());
}

#[test]
fn under_another_tag_the_full_name_would_be_wrong_and_is_dropped_with_a_note() {
    let images = exported();
    let before = entry(&images, "1");
    let output = run(["mutate", &images.image("1"), "--user", "7", "--tag", "next"]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(&format!("the result is next and not {FULL} any more")), "{told}");
    assert_eq!(entry(&images, "next"), json!({ TAG: "next", "org.example": "kept" }));
    assert_eq!(entry(&images, "1"), before);
    let elsewhere = format!("oci:{}:1", images.beside("elsewhere").display());
    ok(["mutate", &images.image("1"), "--user", "7", "--tag", &elsewhere]);
    assert_eq!(read_json(&images.beside("elsewhere/index.json"))["manifests"][0]["annotations"], before);
}
