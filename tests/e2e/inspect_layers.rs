//! `inspect --layers`: where the size went, to people and to programs.

use std::path::Path;

use ocidian_testkit::layout::{Entry, Layer, simple};
use ocidian_testkit::tree::{Kind, Snapshot};
use serde_json::{Value, json};

use crate::bin::{ok, run};
use crate::cli_images::{Images, architectures, read_json};
use crate::found_images::{found, platform};

fn weigh(arguments: &[&str]) -> Value {
    let all = ["inspect", "--layers", "--format", "json"].iter().chain(arguments);
    serde_json::from_str(&ok(all)).unwrap()
}

/// Three layers: the second overwrites and removes what the first brought, the third the rest.
fn layout(path: &Path) -> String {
    let first = [
        Entry::directory("data"),
        Entry::file("data/large", vec![b'l'; 9_000]),
        Entry::file("data/small", "small"),
        Entry::hard_link("data/other", "data/small"),
        Entry::symlink("link", "data"),
    ];
    let second = [
        Entry::file("link/large", vec![b'm'; 3_000]),
        Entry::whiteout("data/small"),
        Entry::file("new", "new"),
    ];
    let third = [Entry::opaque("data"), Entry::file("data/last", "last")];
    let layers = [Layer::gzip(&first), Layer::plain(&second), Layer::gzip(&third)].map(Result::unwrap);
    simple(path, &json!({}), &layers).unwrap();
    format!("oci:{}:latest", path.display())
}

#[test]
fn each_layer_tells_what_it_brings_and_what_of_it_is_hidden_again() {
    let place = tempfile::tempdir().unwrap();
    let report = weigh(&["--top", "1", &layout(&place.path().join("images"))]);
    let layers = report["layers"].as_array().unwrap();
    let figures: Vec<Value> = layers
        .iter()
        .map(|layer| json!([layer["files"], layer["content"], layer["hidden"], layer["hides"]]))
        .collect();
    assert_eq!(
        Value::from(figures),
        json!([
            [{ "added": 4, "changed": 0, "removed": 0 }, 9005, 9005, 0],
            [{ "added": 1, "changed": 1, "removed": 1 }, 3003, 3000, 9000],
            [{ "added": 1, "changed": 0, "removed": 2 }, 4, 0, 3005],
        ])
    );
    let largest = &layers[0]["largest"];
    assert_eq!(*largest, json!([{ "path": "data/large", "size": 9000, "hiddenBy": 2 }]));
    assert_eq!(layers[1]["size"], layers[1]["uncompressedSize"], "it is not compressed");
    let total = &report["total"];
    assert_eq!([&total["content"], &total["hidden"]], [12_012, 12_005]);
    assert_eq!([&total["files"], &total["directories"]], [3, 1]);
    assert!((total["efficiency"].as_f64().unwrap() - 7.0 / 12_012.0).abs() < 1e-9);
}

#[test]
fn people_see_the_same() {
    let place = tempfile::tempdir().unwrap();
    let text = ok(["inspect", "--layers", &layout(&place.path().join("images"))]);
    for line in [
        "Name:         latest",
        "Hidden:       12.0 kB stored and hidden again; efficiency 0.0 %",
        "  files: 1 added, 1 changed, 1 removed; 3.0 kB of content",
        "  hides 9.0 kB of lower layers; 3.0 kB of its content is hidden again",
        "      9.0 kB  data/large  (hidden by layer 2)",
        "         4 B  data/last",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
}

#[test]
fn a_step_of_the_history_stands_at_its_layer_and_cannot_act_on_the_terminal() {
    let place = tempfile::tempdir().unwrap();
    let layout = ocidian_testkit::layout::Layout::create(&place.path().join("images")).unwrap();
    let layers = [Entry::file("a", "a"), Entry::file("\u{1b}[2Jb\n", "b")];
    let layers = layers.map(|entry| Layer::plain(&[entry]).unwrap());
    let config = json!({
        "os": "linux", "architecture": architectures().0,
        "rootfs": { "type": "layers", "diff_ids": layers.clone().map(|layer| layer.diff_id.to_string()) },
        "history": [
            { "created": "2024-01-01T00:00:00Z", "created_by": "ADD a /" },
            { "created_by": "ENV A=1", "empty_layer": true },
            { "created_by": "RUN \u{1b}[31mb\nLayer 3  forged", "comment": "by hand" },
        ],
    });
    let config =
        layout.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes()).unwrap();
    let blobs: Vec<Value> =
        layers.iter().map(|layer| layout.blob(&layer.media_type, &layer.blob).unwrap()).collect();
    let manifest = json!({ "schemaVersion": 2, "config": config, "layers": blobs });
    let manifest =
        layout.blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes()).unwrap();
    let image = format!("oci:{}@{}", layout.path().display(), manifest["digest"].as_str().unwrap());
    let mut index = read_json(&layout.path().join("index.json"));
    index["manifests"] = json!([manifest]);
    std::fs::write(layout.path().join("index.json"), index.to_string()).unwrap();

    let text = ok(["inspect", "--layers", &image]);
    assert!(text.contains("\n  2024-01-01T00:00:00Z  ADD a /\n"), "{text}");
    assert!(text.contains(r"  RUN \x1b[31mb\nLayer 3  forged  by hand"), "{text}");
    assert!(text.contains(r"1 B  \x1b[2Jb\n"), "{text}");
    let report = weigh(&[&image]);
    assert_eq!(report["layers"][1]["createdBy"], "RUN \u{1b}[31mb\nLayer 3  forged");
    assert_eq!(report["layers"][1]["largest"][0]["path"], r"\x1b[2Jb\n");
}

#[test]
fn what_is_damaged_is_found_and_nothing_is_shown() {
    let images = Images::new();
    let app = images.image("app");
    let image = weigh(&[&app]);
    let blob = images.blob(image["layers"][1]["digest"].as_str().unwrap());
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let output = run(["inspect", "--layers", &app]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(5), 0));
    std::fs::remove_file(&blob).unwrap();
    let output = run(["inspect", "--layers", &app]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0));
}

/// Bytes of files below a directory, each inode once, and names of files and directories.
fn on_disk(path: &Path) -> (u64, u64, u64) {
    let (mut bytes, mut files, mut directories) = (0, 0, 0);
    for (path, node) in Snapshot::of(path).unwrap().iter().filter(|(path, _)| !path.is_empty()) {
        match &node.kind {
            Kind::Directory => directories += 1,
            Kind::File { size, .. } if node.link_group.as_deref().is_none_or(|first| first == path) => {
                (bytes, files) = (bytes + size, files + 1);
            }
            _ => files += 1,
        }
    }
    (bytes, files, directories)
}

#[test]
fn found_images_weigh_what_they_unpack_to() {
    for image in found().unwrap_or_default() {
        let text = image.to_str().unwrap();
        let platform = platform(text);
        let place = tempfile::tempdir().unwrap();
        let tree = place.path().join("tree");
        ok(["rootfs", "-q", "--platform", &platform, text, tree.to_str().unwrap()]);
        let total = &weigh(&["--platform", &platform, text])["total"];
        let figure = |name: &str| total[name].as_u64().unwrap();
        let figures = (figure("content") - figure("hidden"), figure("files"), figure("directories"));
        assert_eq!(figures, on_disk(&tree), "{text}");
    }
}
