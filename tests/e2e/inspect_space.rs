//! `inspect --space` and `ls --size`: what images take alone and share.

use std::path::Path;

use ocidian_testkit::layout::{Entry, Layer, Layout};
use serde_json::{Value, json};

use crate::bin::{ok, run};
use crate::cli_images::{Images, architectures, read_json};
use crate::found_images::found;

fn space(arguments: &[&str]) -> Value {
    let all = ["inspect", "--space", "--format", "json"].iter().chain(arguments);
    serde_json::from_str(&ok(all)).unwrap()
}

/// `one` and `two` over a common layer of some 50 kB, `one` also as `uno`.
fn sharing(path: &Path) -> Layout {
    let noise: Vec<u8> = (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let base = Layer::plain(&[Entry::file("base", noise)]).unwrap();
    let own = |text: &str| Layer::plain(&[Entry::file("own", text.repeat(2_000))]).unwrap();
    let mut layout = Layout::create(path).unwrap();
    for (name, text) in [("one", "1"), ("two", "22")] {
        let layers = [base.clone(), own(text)];
        let image = layout.image(("linux", architectures().0), &json!({ "Cmd": [name] }), &layers).unwrap();
        layout.tag(&image, name).unwrap();
        if name == "one" {
            layout.tag(&image, "uno").unwrap();
        }
    }
    layout
}

fn blobs_on_disk(layout: &Path) -> (u64, u64) {
    let sizes = std::fs::read_dir(layout.join("blobs/sha256")).unwrap();
    let sizes: Vec<u64> = sizes.map(|entry| entry.unwrap().metadata().unwrap().len()).collect();
    (sizes.len() as u64, sizes.iter().sum())
}

#[test]
fn a_layout_of_several_images_is_summed_up_by_what_they_share() {
    let place = tempfile::tempdir().unwrap();
    let layout = sharing(&place.path().join("images"));
    let path = layout.path().to_str().unwrap();
    let report = space(&[path]);
    let plain: Value = serde_json::from_str(&ok(["inspect", "--format", "json", path])).unwrap();
    assert_eq!(plain, report, "several images and no tag");
    let (blobs, size) = blobs_on_disk(layout.path());
    let total = &report["total"];
    assert_eq!([&total["blobs"], &total["size"]], [blobs, size]);
    assert_eq!([&total["images"], &total["names"]], [2, 3]);
    assert_eq!(report["images"][0]["names"], json!(["one", "uno"]));
    let [one, two] = [&report["images"][0], &report["images"][1]];
    assert_eq!([&one["shared"], &two["shared"]], [&total["shared"], &total["shared"]]);
    let base = 200_000_u64.div_ceil(512) * 512 + 512 + 1024;
    assert_eq!(total["shared"], base, "the common layer");
    let figure = |image: &Value, name: &str| image[name].as_u64().unwrap();
    assert_eq!(figure(one, "own") + figure(two, "own") + base, size);
    assert_eq!(figure(one, "size"), figure(one, "own") + base);

    let text = ok(["inspect", "--space", path]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "Images:       2 images with 3 tags");
    assert!(lines[6].ends_with("two") && lines[7].ends_with("one, uno"), "the larger first\n{text}");
    // What is named, measured against all.
    assert_eq!(space(&[&format!("oci:{path}:uno")])["images"], json!([one]));
}

#[test]
fn blobs_that_nothing_reaches_are_counted_as_a_collector_would() {
    let place = tempfile::tempdir().unwrap();
    let layout = sharing(&place.path().join("images"));
    let path = layout.path().to_str().unwrap();
    assert_eq!(space(&[path])["unreached"], json!({ "blobs": 0, "size": 0 }));
    let lost = layout.blob("application/x-lost", &[7; 700]).unwrap();
    let kept = layout.blob("application/x-kept", b"mentioned by an entry of an unknown type").unwrap();
    let unknown = format!("see {}", kept["digest"].as_str().unwrap());
    let unknown = layout.blob("application/x-unknown", unknown.as_bytes()).unwrap();
    let index = layout.path().join("index.json");
    let mut entries = read_json(&index);
    entries["manifests"].as_array_mut().unwrap().push(unknown);
    std::fs::write(&index, entries.to_string()).unwrap();
    assert_eq!(space(&[path])["unreached"], json!({ "blobs": 1, "size": 700 }), "{lost}");
    assert!(ok(["inspect", "--space", path]).contains("\nUnreached:    700 B in 1 blob\n"));
    // Of an archive only what is named counts.
    let archive = place.path().join("archive.tar");
    let script = "tar -cf \"$2\" -C \"$1\" .";
    ocidian_testkit::run::script(script, &[layout.path().as_os_str(), archive.as_os_str()]).unwrap();
    assert_eq!(space(&[archive.to_str().unwrap()])["unreached"], Value::Null);
}

#[test]
fn sizes_are_listed_beside_the_tags() {
    let place = tempfile::tempdir().unwrap();
    let layout = sharing(&place.path().join("images"));
    let path = layout.path().to_str().unwrap();
    let list: Value = serde_json::from_str(&ok(["ls", "--size", "--format", "json", path])).unwrap();
    let images = &space(&[path])["images"];
    for (entry, image) in [(0, 0), (1, 0), (2, 1)] {
        for member in ["size", "own", "shared", "blobs", "absent"] {
            assert_eq!(list[entry]["space"][member], images[image][member], "{member} of {entry}");
        }
    }
    let text = ok(["ls", "--size", path]);
    assert!(text.starts_with("TAG  TYPE   SIZE      SHARED    DIGEST"), "{text}");
    let without: Value = serde_json::from_str(&ok(["ls", "--format", "json", path])).unwrap();
    assert_eq!(without[0]["space"], Value::Null);
}

#[test]
fn layers_are_neither_read_nor_missed() {
    let place = tempfile::tempdir().unwrap();
    let layout = sharing(&place.path().join("images"));
    let path = layout.path().to_str().unwrap();
    let before = space(&[path]);
    let one: Value =
        serde_json::from_str(&ok(["inspect", "--format", "json", &format!("{path}:one")])).unwrap();
    let layer = |at: usize| {
        let digest = one["image"]["layers"][at]["digest"].as_str().unwrap().replace(':', "/");
        layout.path().join("blobs").join(digest)
    };
    // Of the same size and another content: a command that reads it finds out.
    let size = layer(0).metadata().unwrap().len();
    std::fs::write(layer(0), vec![0; size as usize]).unwrap();
    assert_eq!(space(&[path]), before);
    std::fs::remove_file(layer(1)).unwrap();
    let after = space(&[path]);
    assert_eq!(after["images"][0]["absent"], 1);
    assert!(after["images"][0]["size"].as_u64() < before["images"][0]["size"].as_u64());
    assert!(ok(["inspect", "--space", path]).contains("one, uno  (1 blob absent)"));
}

#[test]
fn a_damaged_manifest_hides_no_other_and_is_told_at_the_end() {
    let images = Images::new();
    let path = images.path().display().to_string();
    let app: Value =
        serde_json::from_str(&ok(["inspect", "--format", "json", &images.image("app")])).unwrap();
    std::fs::write(images.blob(app["image"]["digest"].as_str().unwrap()), "{}").unwrap();
    let output = run(["inspect", "--space", "--format", "json", &path]);
    assert_eq!(output.status.code(), Some(5));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["images"].as_array().unwrap().len(), 2);
    let output = run(["ls", "--size", &path]);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(0), false), "ls shows what there is");
    assert!(!output.stderr.is_empty());
}

#[test]
fn what_is_damaged_is_told_once_however_many_tags_it_has() {
    let images = Images::new();
    let (app, path) = (images.image("app"), images.path().display().to_string());
    // What an entry says of its platform need not be read.
    let index = images.path().join("index.json");
    let mut list: Value = serde_json::from_slice(&std::fs::read(&index).unwrap()).unwrap();
    for entry in list["manifests"].as_array_mut().unwrap() {
        entry.as_object_mut().unwrap().remove("platform");
    }
    std::fs::write(&index, list.to_string()).unwrap();
    ok(["tag", &app, "again", "third"]);
    let shown: Value = serde_json::from_str(&ok(["inspect", "--format", "json", &app])).unwrap();
    let digest = shown["image"]["digest"].as_str().unwrap();
    std::fs::write(images.blob(digest), "{}").unwrap();
    for (list, lines) in [(&["ls", &path][..], 1), (&["ls", "--size", &path], 2)] {
        let output = run(list);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.lines().all(|line| line.contains(digest)), "{list:?}: {said}");
        assert_eq!(said.lines().count(), lines, "{list:?}: {said}");
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 5, "{list:?}");
    }
}

#[test]
fn one_image_is_still_shown_as_an_image_and_an_empty_layout_has_no_room() {
    let images = Images::of_config(&json!({}));
    let path = images.path().display().to_string();
    assert!(ok(["inspect", &path]).contains("Layers: "));
    assert_eq!(space(&[&path])["total"]["images"], 1);
    let empty = Layout::create(&images.beside("empty")).unwrap();
    let empty = empty.path().to_str().unwrap();
    assert_eq!(
        space(&[empty])["total"],
        json!({ "images": 0, "names": 0, "blobs": 0, "size": 0, "shared": 0 })
    );
    assert_eq!(run(["inspect", empty]).status.code(), Some(3));
    assert_eq!(ok(["ls", "--size", empty]).lines().count(), 1);
}

#[test]
fn names_cannot_act_on_the_terminal() {
    let place = tempfile::tempdir().unwrap();
    let layout = sharing(&place.path().join("images"));
    let index = layout.path().join("index.json");
    let mut entries = read_json(&index);
    entries["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] = json!("\u{1b}[2J\nforged");
    entries["manifests"][0]["artifactType"] = json!("application/\u{9b}31m");
    std::fs::write(&index, entries.to_string()).unwrap();
    let path = layout.path().to_str().unwrap();
    for arguments in
        [&["inspect", "--space", path][..], &["ls", "--size", path], &["inspect", "--tree", path]]
    {
        let output = run(arguments);
        for said in [output.stdout, output.stderr] {
            let said = String::from_utf8(said).unwrap();
            assert!(!said.contains(|c: char| c.is_control() && c != '\n'), "{said:?}");
            assert!(!said.lines().any(|line| line.starts_with("forged")), "{said:?}");
        }
    }
}

#[test]
fn found_images_take_no_more_than_their_archives() {
    for image in found().unwrap_or_default() {
        let text = image.to_str().unwrap();
        let report = space(&[text]);
        let size = report["total"]["size"].as_u64().unwrap();
        assert!(size > 0 && size <= image.metadata().unwrap().len(), "{text}: {report}");
        let list: Value = serde_json::from_str(&ok(["ls", "--size", "--format", "json", text])).unwrap();
        assert_eq!(list[0]["space"]["size"], report["images"][0]["size"], "{text}");
    }
}
