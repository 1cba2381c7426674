//! `append`: layer tars on top of an image.

use std::path::Path;

use ocidian_testkit::layout::{Entry, tar};
use ocidian_testkit::tree::{Ignore, Snapshot, diff};
use ocidian_testkit::{require, require_able};
use serde_json::{Value, json};

use crate::bin::{ocidian, ok, run};
use crate::cli_images::Images;

fn json_of(arguments: &[&str]) -> Value {
    serde_json::from_str(&ok(arguments)).unwrap()
}

fn manifest(image: &str) -> Value {
    json_of(&["inspect", "--raw", image])
}

fn config(image: &str) -> Value {
    json_of(&["inspect", "--config", image])
}

/// Files of those names beside the layout, one uncompressed, one by each compressor.
fn tars(images: &Images, entries: &[Entry]) -> [String; 3] {
    let plain = tar(entries).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = images.beside(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let gzip = ocidian_testkit::layout::gzip(&plain).unwrap();
    let path = write("plain.tar", &plain);
    assert!(
        std::process::Command::new("zstd")
            .args(["-qf", &path, "-o"])
            .arg(images.beside("z.tar"))
            .status()
            .unwrap()
            .success()
    );
    [path, write("gzip.tar", &gzip), images.beside("z.tar").to_str().unwrap().to_owned()]
}

#[test]
fn a_tar_becomes_the_top_layer_however_it_is_compressed() {
    require!("zstd");
    let images = Images::of_config(&json!({ "Cmd": ["x"] }));
    let entries = [Entry::file("etc/new", "new").with_mtime(1_500_000_000), Entry::whiteout("etc/gone")];
    let [plain, gzip, zstd] = tars(&images, &entries);
    let base = images.image("latest");
    let before = manifest(&base);
    let mut diff_ids = Vec::new();
    for (tar, tag, suffix) in [(&plain, "a", "gzip"), (&gzip, "b", "gzip"), (&zstd, "c", "zstd")] {
        ok(["append", &base, tar, "-t", tag]);
        let image = images.image(tag);
        let (manifest, config) = (manifest(&image), config(&image));
        assert_eq!(manifest["layers"].as_array().unwrap().len(), 2);
        assert_eq!(manifest["layers"][0], before["layers"][0]);
        let layer = &manifest["layers"][1];
        assert_eq!(layer["mediaType"], format!("application/vnd.oci.image.layer.v1.tar+{suffix}"));
        if tag != "a" {
            let blob = std::fs::read(images.blob(layer["digest"].as_str().unwrap())).unwrap();
            assert!(blob == std::fs::read(tar).unwrap(), "what is compressed keeps its bytes");
        }
        diff_ids.push(config["rootfs"]["diff_ids"][1].clone());
        assert_eq!(config["config"], json!({ "Cmd": ["x"] }));
        assert_eq!(ok(["cat", &image, "/etc/new"]), "new");
    }
    assert!(diff_ids.iter().all(|id| *id == diff_ids[0]), "{diff_ids:?}");
    ok(["append", &base, &plain, &gzip, "-t", "d", "--compress", "zstd:1", "-j1"]);
    let four = manifest(&images.image("d"));
    let types: Vec<&Value> =
        four["layers"].as_array().unwrap().iter().map(|layer| &layer["mediaType"]).collect();
    let zstd_tar = zstd.clone();
    let zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    assert_eq!(types[1..], [zstd, zstd]);
    ok(["append", &base, &plain, "-t", "e", "--compress", "none"]);
    let mut command = ocidian();
    command.args(["append", "-q", &base, "-", "-t", "f"]).stdin(std::fs::File::open(&zstd_tar).unwrap());
    assert!(command.status().unwrap().success());
    let f = config(&images.image("f"))["rootfs"]["diff_ids"][1].clone();
    assert_eq!(f, diff_ids[0]);
    assert_eq!(run(["append", &base, "-", "-"]).status.code(), Some(2));
    assert_eq!(run(["append", &base, "-"]).status.code(), Some(1), "there is nothing on it");
    let layer = manifest(&images.image("e"))["layers"][1].clone();
    assert_eq!(
        (&layer["digest"], &layer["mediaType"]),
        (&diff_ids[0], &json!("application/vnd.oci.image.layer.v1.tar"))
    );
}

#[test]
fn time_and_history_follow_from_the_input() {
    let images = Images::of_config(&json!({}));
    let [plain, ..] = tars(&images, &[Entry::file("f", "").with_mtime(1_500_000_000)]);
    let base = images.image("latest");
    // A history that adds up, so that it can grow.
    let file = images.beside("config.json");
    let mut with = config(&base);
    with["created"] = json!("2010-01-01T00:00:00Z");
    with["history"] = json!([{ "created_by": "base" }, { "created_by": "env", "empty_layer": true }]);
    std::fs::write(&file, with.to_string()).unwrap();
    ok(["mutate", &base, "--config-file", file.to_str().unwrap()]);
    let digest = |arguments: &[&str]| json_of(arguments)["digest"].clone();
    let one = digest(&["append", &base, &plain, "-t", "a", "--format", "json", "-j1"]);
    let two = digest(&["append", &base, &plain, "-t", "b", "--format", "json", "-j2"]);
    assert_eq!(one, two);
    let a = config(&images.image("a"));
    assert_eq!(a["created"], "2017-07-14T02:40:00Z");
    assert_eq!(a["history"][1], with["history"][1]);
    assert_eq!(
        a["history"][2],
        json!({ "created": "2017-07-14T02:40:00Z", "created_by": "ocidian append plain.tar" })
    );
    ok([
        "append",
        &base,
        &plain,
        "-t",
        "c",
        "--history.created-by",
        "make",
        "--history.comment",
        "c",
        "--history.author",
        "me",
        "--history.created",
        "2020-02-02T02:02:02Z",
    ]);
    let line =
        json!({ "created": "2020-02-02T02:02:02Z", "created_by": "make", "author": "me", "comment": "c" });
    assert_eq!(config(&images.image("c"))["history"][2], line);
    ok(["append", &base, &plain, "-t", "d", "--no-reproducible"]);
    assert!(config(&images.image("d"))["created"].as_str().unwrap() > "2026");
}

#[test]
fn what_is_no_layer_is_refused_and_nothing_changes() {
    let images = Images::of_config(&json!({}));
    let base = images.image("latest");
    let before = std::fs::read(images.path().join("index.json")).unwrap();
    let good = tar(&[Entry::file("f", "x".repeat(5000))]).unwrap();
    let gzip = ocidian_testkit::layout::gzip(&good).unwrap();
    let mut damaged = good.clone();
    damaged[148] ^= 1;
    for (bytes, said) in [
        (b"".to_vec(), "empty"),
        (b"just some text, which is no tar at all".repeat(30), "tar"),
        (good[..3000].to_vec(), "f"),
        (damaged, "checksum"),
        (gzip[..gzip.len() / 2].to_vec(), "cut off"),
        (tar(&[Entry::file("../escape", "x")]).unwrap_or_default(), ""),
        (tar(&[Entry::file(".wh.", "")]).unwrap(), ".wh."),
    ] {
        let path = images.beside("bad.tar");
        std::fs::write(&path, &bytes).unwrap();
        let output = run(["append", &base, path.to_str().unwrap()]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}: {error}");
        assert!(error.contains(said) && error.lines().count() == 1, "{said}: {error}");
    }
    let directory = images.path();
    for (path, code) in [("/nowhere/x.tar", 3), (directory.to_str().unwrap(), 1)] {
        assert_eq!(run(["append", &base, path]).status.code(), Some(code), "{path}");
    }
    let many = images.beside("many.tar");
    std::fs::write(&many, &good).unwrap();
    let many = many.to_str().unwrap();
    for limit in [["--max-bytes", "1000"], ["--max-entries", "0"]] {
        let output = run(["append", &base, many].iter().chain(&limit));
        assert_eq!(output.status.code(), Some(1), "{limit:?}");
    }
    for wrong in [["--compress", "xz"], ["--compress", "gzip:13"], ["-j", "0"]] {
        assert_eq!(run(["append", &base, many].iter().chain(&wrong)).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(run(["append", &base]).status.code(), Some(2));
    assert_eq!(std::fs::read(images.path().join("index.json")).unwrap(), before);
    let blobs = |path: &Path| std::fs::read_dir(path.join("blobs/sha256")).unwrap().count();
    assert_eq!(blobs(&images.path()), 3);
}

#[test]
fn umoci_unpacks_the_same_tree() {
    require_able!(Root);
    let [umoci] = require!("umoci");
    let images = Images::of_config(&json!({}));
    let entries = [
        Entry::directory("d").with_mode(0o2775).with_owner(3, 4),
        Entry::file("d/f", "content").with_mode(0o4755),
        Entry::hard_link("d/h", "d/f"),
        Entry::symlink("s", "d/f"),
        Entry::opaque("etc"),
    ];
    let path = images.beside("x.tar");
    std::fs::write(&path, tar(&entries).unwrap()).unwrap();
    let base = images.image("latest");
    ok(["append", &base, path.to_str().unwrap()]);
    let (ours, theirs) = (images.beside("ours"), images.beside("theirs"));
    ok(["rootfs", "-q", &base, ours.to_str().unwrap()]);
    let layout = format!("{}:latest", images.path().display());
    let status = umoci.command().args(["raw", "unpack", "--image", &layout]).arg(&theirs).status().unwrap();
    assert!(status.success());
    let snapshot = |path: &Path| Snapshot::of(path).unwrap();
    let found = diff(&snapshot(&ours), &snapshot(&theirs), &Ignore::nothing());
    assert!(found.is_empty(), "{found:?}");
}
