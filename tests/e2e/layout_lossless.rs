//! Nothing is lost: whatever a verb was not asked to change is afterwards as it was before, byte for byte. One odd layout,
//! and every verb run over it.

use std::fs;
use std::path::Path;

use ocidian_testkit::layout::Layout;
use serde_json::{Value, json};

use crate::bin::ok;
use crate::cli_images::{Images, read_json};

/// A layout with all that a strict reader could stumble over and a careless writer lose.
fn odd() -> Images {
    let images = Images::new();
    let path = images.path();
    let unreferenced = Layout::create(&images.beside("scratch")).unwrap();
    let blob = unreferenced.blob("text/plain", b"nobody names me").unwrap();
    let digest = blob["digest"].as_str().unwrap();
    fs::write(images.blob(digest), "nobody names me").unwrap();
    fs::create_dir_all(path.join("blobs/sha512")).unwrap();
    fs::write(path.join("blobs/sha512/not-a-digest"), "x").unwrap();
    fs::create_dir_all(path.join("notes/deep")).unwrap();
    fs::write(path.join("notes/deep/README"), "mine").unwrap();
    fs::write(path.join(".hidden"), "mine too").unwrap();
    let layout = json!({ "imageLayoutVersion": "1.0.0", "x-layout": [1, null, "\u{1b}"] });
    fs::write(path.join("oci-layout"), layout.to_string()).unwrap();

    let mut index = read_json(&path.join("index.json"));
    index["x-top"] = json!({ "big": 123_456_789_012_345_678_901_234_567_890_f64, "z": null, "a": [[]] });
    index["annotations"] = json!({ "org.example.layout": "ours" });
    let list = index["manifests"].as_array_mut().unwrap();
    list[0]["x-entry"] = json!({ "kept": true });
    list[0]["annotations"]["org.example.entry"] = json!("first");
    list.extend([
        json!({ "mediaType": "application/x-unknown", "digest": format!("sha256:{}", "ab".repeat(32)), "size": 3,
                "annotations": { "org.opencontainers.image.ref.name": "absent" } }),
        json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8",
                "size": 3, "urls": [], "data": null }),
        json!({ "mediaType": "text/plain", "digest": digest, "size": 15, "annotations": {} }),
        json!({ "mediaType": "application/vnd.oci.image.index.v1+json", "digest": format!("sha512:{}", "cd".repeat(64)), "size": 3,
                "annotations": { "io.containerd.image.name": "docker.io/library/absent:1" }, "artifactType": "a/b" }),
    ]);
    fs::write(path.join("index.json"), serde_json::to_vec_pretty(&index).unwrap()).unwrap();
    images
}

/// Every file, but the list of images and our own locks.
fn files(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut pending = vec![path.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let file = entry.unwrap().path();
            let name = file.strip_prefix(path).unwrap().to_str().unwrap().to_owned();
            match name.as_str() {
                _ if file.is_dir() => pending.push(file),
                "index.json" => {}
                _ if name.starts_with(".ocidian-") => assert!(name.ends_with(".lock"), "{name} was left"),
                _ => found.push((name, fs::read(&file).unwrap())),
            }
        }
    }
    found
}

/// Runs the verb on an odd layout of its own. What it is not about must be as before: every file that was there, the
/// members of index.json, and all entries but those of these names, in their order.
fn changes_only(names: &[&str], verb: impl FnOnce(&Images) -> Vec<String>) {
    let images = odd();
    let path = images.path();
    let (files_before, index_before) = (files(&path), read_json(&path.join("index.json")));
    let arguments = verb(&images);
    ok(&arguments);
    let (files_after, index_after) = (files(&path), read_json(&path.join("index.json")));
    for file in &files_before {
        assert!(files_after.contains(file), "{arguments:?}: {} is gone or changed", file.0);
    }
    let others = |index: &Value| -> Vec<Value> {
        let name = |entry: &Value| entry["annotations"]["org.opencontainers.image.ref.name"].clone();
        let list = index["manifests"].as_array().unwrap().iter();
        list.filter(|entry| !names.iter().any(|it| name(entry) == *it)).cloned().collect()
    };
    assert_eq!(others(&index_after), others(&index_before), "{arguments:?}");
    let top = |index: &Value| {
        let mut top = index.clone();
        top["manifests"] = Value::Null;
        top
    };
    assert_eq!(top(&index_after), top(&index_before), "{arguments:?}");
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn verbs_change_what_they_are_about_and_nothing_else() {
    changes_only(&["new"], |images| words(&["new", &images.image("new")]));
    changes_only(&["app"], |images| words(&["new", "--force", &images.image("app")]));
    changes_only(&["x", "y"], |images| words(&["tag", &images.image("app"), "x", "y"]));
    changes_only(&["multi"], |images| words(&["tag", &images.image("app"), "multi"]));
    changes_only(&["app"], |images| words(&["rm", &images.image("app")]));
    changes_only(&["absent"], |images| words(&["rm", &images.image("absent")]));
    changes_only(&["app"], |images| words(&["rm", "--referrers", &images.image("app")]));
    changes_only(&["new"], |images| words(&["index", "create", &images.image("new"), &images.image("app")]));
    changes_only(&["multi"], |images| {
        words(&["index", "add", "--as-platform", "linux/386", &images.image("multi"), &images.image("app")])
    });
    changes_only(&["multi"], |images| words(&["index", "rm", &images.image("multi"), "linux/amd64"]));
    changes_only(&["multi"], |images| {
        words(&["index", "annotate", &images.image("multi"), "--annotation", "a=b"])
    });
    changes_only(&["new"], |images| words(&["copy", &images.image("app"), &images.image("new")]));
    changes_only(&["theirs", "x"], |images| {
        let other = images.beside("other").display().to_string();
        ok(["init", &other]);
        ok(["new", &format!("oci:{other}:theirs")]);
        ok(["tag", &format!("oci:{other}:theirs"), "x"]);
        words(&["copy", "--all-tags", &other, &format!("oci:{}", images.path().display())])
    });
    // What is referenced and what is young stays, and what is not a blob is not looked at.
    changes_only(&[], |images| words(&["gc", &images.path().display().to_string()]));
}

/// Every file but the locks, which say nothing.
fn bytes(images: &Images) -> Vec<(String, Vec<u8>)> {
    let mut all = files(&images.path());
    all.sort();
    all
}

#[test]
fn a_copy_of_all_leaves_its_source_alone_and_takes_every_entry() {
    let images = odd();
    let index = images.path().join("index.json");
    let before = (bytes(&images), fs::read(&index).unwrap());
    let to = images.beside("copy");
    ok(["copy", "--all-tags", images.path().to_str().unwrap(), &format!("oci:{}", to.display())]);
    assert_eq!((bytes(&images), fs::read(&index).unwrap()), before);
    // Entries that are held are there with every member; those of absent blobs are told, and left out.
    let (from, copied) = (read_json(&index), read_json(&to.join("index.json")));
    let (from, copied) = (from["manifests"].as_array().unwrap(), copied["manifests"].as_array().unwrap());
    assert!(copied.iter().all(|entry| from.contains(entry)), "{copied:?}");
    assert!(copied.contains(&from[0]) && copied.contains(&from[1]), "{copied:?}");
}

#[test]
fn gc_frees_what_nothing_names_and_nothing_else() {
    let images = odd();
    let named =
        |files: Vec<(String, Vec<u8>)>| -> Vec<String> { files.into_iter().map(|(name, _)| name).collect() };
    let layout = images.path().display().to_string();
    ok(["rm", &images.image("app"), &images.image("multi")]);
    let before = named(bytes(&images));
    ok(["gc", "--grace", "0", "--dry-run", &layout]);
    assert_eq!(named(bytes(&images)), before);
    ok(["gc", "--grace", "0", &layout]);
    let after = named(bytes(&images));
    // The one blob that an entry of an unknown type keeps, and everything that is no blob.
    let blobs = |names: &[String]| names.iter().filter(|name| name.starts_with("blobs/sha256/")).count();
    assert_eq!(blobs(&after), 1, "{after:?}");
    let others = |names: &[String]| -> Vec<String> {
        names.iter().filter(|name| !name.starts_with("blobs/sha256/")).cloned().collect()
    };
    assert_eq!(others(&after), others(&before));
}
