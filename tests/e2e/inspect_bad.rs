//! The looking verbs over what is not as it should be: one line, the right exit code, never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::bin::{ok, run};
use crate::cli_images::{Images, read_json};

/// The verbs of this subject, each before the image.
const VERBS: [&[&str]; 5] = [
    &["inspect"],
    &["inspect", "--tree"],
    &["inspect", "--layers"],
    &["inspect", "--space"],
    &["ls", "--size"],
];

/// Runs each verb on `image`; their exit codes. What each says is one line of ours.
fn codes(image: &str) -> Vec<i32> {
    let code = |verb: &&[&str]| {
        let output = run(verb.iter().chain(&[image]));
        let said = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code().unwrap_or_else(|| panic!("{verb:?} {image}: {}", output.status));
        if code != 0 {
            let last = said.lines().last().unwrap_or_default();
            assert!(last.starts_with("ocidian: "), "{verb:?} {image}: {said:?}");
        }
        assert!(said.lines().all(|line| line.starts_with("ocidian: ")), "{verb:?} {image}: {said}");
        code
    };
    VERBS.iter().map(code).collect()
}

#[test]
fn a_name_that_is_not_there_lists_those_that_are() {
    let images = Images::new();
    let image = images.image("nope");
    assert_eq!(codes(&image), [3; 5]);
    for verb in VERBS {
        let output = run(verb.iter().chain(&[image.as_str()]));
        assert!(String::from_utf8(output.stderr).unwrap().contains("it has: app, multi"), "{verb:?}");
    }
    let digest = format!("oci:{}@sha256:{}", images.path().display(), "0".repeat(64));
    assert_eq!(codes(&digest), [3; 5]);
    for malformed in ["oci:", "oci:x:", "oci-archive:x:", "docker-archive:"] {
        assert_eq!(codes(malformed), [2; 5], "{malformed}");
    }
}

/// Ways to damage a layout's own files, and the exit codes that follow.
#[test]
fn a_layout_that_is_none_is_refused() {
    type Damage = fn(&Path);
    let table: [(&str, Damage, i32); 8] = [
        ("no oci-layout", |l| fs::remove_file(l.join("oci-layout")).unwrap(), 1),
        (
            "a future version",
            |l| fs::write(l.join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap(),
            1,
        ),
        ("no index.json", |l| fs::remove_file(l.join("index.json")).unwrap(), 1),
        ("an index that is no JSON", |l| fs::write(l.join("index.json"), "{").unwrap(), 1),
        ("an empty index", |l| fs::write(l.join("index.json"), "").unwrap(), 1),
        (
            "duplicate keys",
            |l| {
                fs::write(l.join("index.json"), r#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#)
                    .unwrap()
            },
            1,
        ),
        (
            "an index that is a directory",
            |l| {
                fs::remove_file(l.join("index.json")).unwrap();
                fs::create_dir(l.join("index.json")).unwrap();
            },
            1,
        ),
        ("nothing at all", |l| fs::remove_dir_all(l).unwrap(), 3),
    ];
    for (what, damage, expected) in table {
        let images = Images::new();
        damage(&images.path());
        assert_eq!(codes(&images.image("app")), [expected; 5], "{what}");
    }
}

#[test]
fn blobs_that_are_not_what_they_should_be() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 6] = [
        ("missing", |b| fs::remove_file(b).unwrap()),
        ("short", |b| fs::write(b, &fs::read(b).unwrap()[1..]).unwrap()),
        ("long", |b| fs::write(b, [fs::read(b).unwrap(), vec![0]].concat()).unwrap()),
        ("wrong", |b| {
            let mut bytes = fs::read(b).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(b, bytes).unwrap();
        }),
        ("a directory", |b| {
            fs::remove_file(b).unwrap();
            fs::create_dir(b).unwrap();
        }),
        ("a FIFO", |b| {
            fs::remove_file(b).unwrap();
            nix::unistd::mkfifo(b, nix::sys::stat::Mode::S_IRWXU).unwrap();
        }),
    ];
    // Of `inspect`, `--tree`, `--layers`, `--space` and `ls --size`. What looks at a store as a whole shows what is
    // absent (what is no file is no blob there), and where only room counts nothing but documents is opened.
    let expected = |role: &str, damage: &str| -> [i32; 5] {
        match (role, damage) {
            ("manifest", "missing") => [3, 0, 3, 0, 0],
            ("manifest", "a directory" | "a FIFO") => [1, 1, 1, 0, 1],
            ("manifest", _) => [5, 5, 5, 5, 0],
            ("config", "missing") => [0, 0, 3, 0, 0],
            ("config", "a directory" | "a FIFO") => [1, 1, 1, 0, 0],
            ("config", _) => [5, 5, 5, 0, 0],
            ("layer", "missing") => [0, 0, 3, 0, 0],
            ("layer", "a directory" | "a FIFO") => [1, 1, 1, 0, 0],
            ("layer", "wrong") => [0, 0, 5, 0, 0],
            _ => [0, 5, 5, 0, 0],
        }
    };
    for role in ["manifest", "config", "layer"] {
        for (damage, apply) in damages {
            let images = Images::of_config(&json!({}));
            let image = images.image("latest");
            let report: Value = serde_json::from_str(&ok(["inspect", "--format", "json", &image])).unwrap();
            let digest = match role {
                "manifest" => &report["image"]["digest"],
                "config" => &report["image"]["config"]["digest"],
                _ => &report["image"]["layers"][0]["digest"],
            };
            apply(&images.blob(digest.as_str().unwrap()));
            assert_eq!(codes(&image), expected(role, damage), "{role} {damage}");
        }
    }
}

fn archive(images: &Images, script: &str) -> PathBuf {
    let file = images.beside("archive.tar");
    let script = format!("cd \"$1\"; {script}");
    ocidian_testkit::run::script(&script, &[images.path().as_os_str(), file.as_os_str()]).unwrap();
    file
}

#[test]
fn archives_that_are_not_what_they_should_be() {
    let images = Images::new();
    for (what, script, expected) in [
        ("whole", "tar -cf \"$2\" *", 0),
        ("truncated", "tar -cf - * | head -c 3000 > \"$2\"", 1),
        ("gzip of something else", "echo hello | gzip > \"$2\"", 1),
        ("empty", ": > \"$2\"", 1),
        ("names that lead out", "tar -cf \"$2\" --transform 's,^index.json$,../index.json,' *", 1),
        (
            "an index that occurs twice",
            "tar -cf \"$2\" *; echo '{}' > ../index.json; tar -rf \"$2\" -C .. index.json",
            1,
        ),
    ] {
        let file = archive(&images, script);
        let image = format!("oci-archive:{}:app", file.display());
        assert_eq!(codes(&image), [expected; 5], "{what}");
    }
}

#[test]
fn figures_that_cannot_be_true_do_not_overflow() {
    let images = Images::new();
    let index = images.path().join("index.json");
    let mut entries = read_json(&index);
    for n in 0..3 {
        entries["manifests"].as_array_mut().unwrap().push(json!({
            "mediaType": "application/x-huge", "digest": format!("sha256:{}", n.to_string().repeat(64)),
            "size": i64::MAX,
        }));
    }
    fs::write(&index, entries.to_string()).unwrap();
    let path = images.path().display().to_string();
    for verb in [&["inspect", "--tree"][..], &["inspect", "--space"], &["ls", "--size"]] {
        ok(verb.iter().copied().chain([path.as_str()]));
    }
}
