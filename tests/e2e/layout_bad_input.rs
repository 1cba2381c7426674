//! What every verb that changes a layout does with one that is not as it should be: a clear error, nothing changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::bin::{fails, ok, report};
use crate::cli_images::{Images, read_json};

/// Every file below a directory, with its content.
fn files(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![path.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            // The locks are ours, stay, and hold nothing.
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_none_or(|extension| extension != "lock") {
                found.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Each verb that changes a layout, as a change to this one.
fn verbs(images: &Images) -> Vec<Vec<String>> {
    let (app, multi, new) = (images.image("app"), images.image("multi"), images.image("new"));
    let layout = format!("oci:{}", images.path().display());
    let (elsewhere, other) = (images.beside("elsewhere"), images.beside("other"));
    let elsewhere = format!("oci:{}", elsewhere.display());
    let other = format!("oci:{}:x", other.display());
    [
        vec!["new", &new],
        vec!["tag", &app, "again"],
        vec!["rm", &app],
        vec!["rm", "--referrers", &app],
        vec!["index", "create", &new, &app],
        vec!["index", "add", &multi, &app],
        vec!["index", "rm", &multi, "linux/amd64"],
        vec!["index", "annotate", &multi, "--annotation", "a=b"],
        vec!["gc", &layout],
        vec!["gc", "--dry-run", "--grace", "0", &layout],
        vec!["copy", &app, &elsewhere],
        vec!["copy", "--all-tags", "--referrers", &layout, &elsewhere],
        vec!["copy", &other, &new],
    ]
    .into_iter()
    .map(|verb| verb.into_iter().map(str::to_owned).collect())
    .collect()
}

/// What is done to a layout, what it is called, and what the error says.
type Damage = (&'static str, fn(&Path), &'static str);

#[test]
fn a_layout_that_is_none_is_refused_by_every_verb() {
    let table: [Damage; 8] = [
        ("no oci-layout", |path| fs::remove_file(path.join("oci-layout")).unwrap(), "no oci-layout"),
        (
            "a future version",
            |path| fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap(),
            "2.0.0",
        ),
        ("oci-layout is no JSON", |path| fs::write(path.join("oci-layout"), "1.0.0").unwrap(), "oci-layout"),
        ("no index.json", |path| fs::remove_file(path.join("index.json")).unwrap(), "no index.json"),
        ("no JSON", |path| fs::write(path.join("index.json"), "{").unwrap(), "index.json"),
        (
            "duplicate names",
            |path| {
                let text = r#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#;
                fs::write(path.join("index.json"), text).unwrap();
            },
            "manifests",
        ),
        (
            "a digest of other characters",
            |path| {
                let mut index = read_json(&path.join("index.json"));
                index["manifests"][0]["digest"] = "sha256:../../x".into();
                fs::write(path.join("index.json"), index.to_string()).unwrap();
            },
            "digest",
        ),
        (
            "index.json is a directory",
            |path| {
                fs::remove_file(path.join("index.json")).unwrap();
                fs::create_dir(path.join("index.json")).unwrap();
            },
            "directory",
        ),
    ];
    for (what, damage, says) in table {
        let images = Images::new();
        let other = images.beside("other");
        ok(["init", other.to_str().unwrap()]);
        ok(["new", &format!("oci:{}:x", other.display())]);
        damage(&images.path());
        let before = files(&images.path());
        for verb in verbs(&images) {
            let said = fails(&verb, 1, "");
            assert!(said.contains(says), "{what}: {verb:?}: {said}");
            assert_eq!(files(&images.path()), before, "{what}: {verb:?}");
            assert!(!images.beside("elsewhere").exists(), "{what}: {verb:?}");
        }
    }
}

#[test]
fn a_document_that_is_not_what_its_digest_says_is_not_passed_on() {
    type Case = (&'static str, fn(&Path), i32);
    let table: [Case; 5] = [
        ("missing", |blob| fs::remove_file(blob).unwrap(), 3),
        ("short", |blob| fs::write(blob, "{").unwrap(), 5),
        (
            "long",
            |blob| {
                let mut bytes = fs::read(blob).unwrap();
                bytes.push(b' ');
                fs::write(blob, bytes).unwrap();
            },
            5,
        ),
        (
            "wrong",
            |blob| {
                let mut bytes = fs::read(blob).unwrap();
                let last = bytes.len() - 2;
                bytes[last] ^= 1;
                fs::write(blob, bytes).unwrap();
            },
            5,
        ),
        (
            "a directory",
            |blob| {
                fs::remove_file(blob).unwrap();
                fs::create_dir(blob).unwrap();
            },
            1,
        ),
    ];
    for (what, damage, code) in table {
        let images = Images::new();
        let digest = |tag: &str| report(["ls", &images.image(tag)])[0]["digest"].as_str().unwrap().to_owned();
        let (app, multi) = (digest("app"), digest("multi"));
        let (image, index, new) = (images.image("app"), images.image("multi"), images.image("new"));
        let elsewhere = format!("oci:{}", images.beside("elsewhere").display());
        let of_app: [&[&str]; 4] = [
            &["tag", &image, "again"],
            &["copy", &image, &elsewhere],
            &["index", "create", &new, &image],
            &["index", "add", &index, &image],
        ];
        let of_multi: [&[&str]; 4] = [
            &["tag", &index, "again"],
            &["index", "add", &index, &image],
            &["index", "rm", &index, "linux/amd64"],
            &["index", "annotate", &index, "--annotation", "a=b"],
        ];
        damage(&images.blob(&app));
        let before = files(&images.path());
        for verb in of_app {
            let said = fails(verb, code, "");
            assert!(said.contains(&app[..19]), "{what}: {verb:?}: {said}");
            assert_eq!(files(&images.path()), before, "{what}: {verb:?}");
        }
        damage(&images.blob(&multi));
        let before = files(&images.path());
        for verb in of_multi {
            fails(verb, code, "");
            assert_eq!(files(&images.path()), before, "{what}: {verb:?}");
        }
    }
}

#[test]
fn what_is_no_layout_directory_is_told_where_to_go() {
    let images = Images::new();
    let tar = images.beside("images.tar");
    let made =
        std::process::Command::new("tar").arg("-C").arg(images.path()).arg("-cf").arg(&tar).arg(".").status();
    assert!(made.unwrap().success());
    let bare = tar.display().to_string();
    for form in ["oci-archive", "docker-archive", "dir"] {
        fails(["tag", &format!("{form}:{bare}"), "x"], 2, "copy it into a layout first");
    }
    fails(["tag", &bare, "x"], 2, "copy it into a layout first");
    fails(["tag", "docker://busybox", "x"], 2, "registry");
    fails(["tag", &format!("oci:{bare}:app"), "x"], 1, "oci-archive:");
    fails(["tag", &format!("{}:app", images.beside("nowhere").display()), "x"], 3, "nowhere");
}

#[test]
fn what_was_meant_as_a_digest_and_is_none_is_told() {
    let place = tempfile::tempdir().unwrap();
    let layout = place.path().join("layout").display().to_string();
    ok(["init", &layout]);
    for wrong in ["sha256:abc", "sha512:ABC"] {
        let told = format!("{layout}: @{wrong} is no digest");
        fails(["inspect", &format!("oci:{layout}@{wrong}")], 1, &told);
    }
}
