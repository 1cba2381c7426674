//! `inspect --tree` over graphs that are deep, wide or hostile, and what refers to what.

use std::path::Path;

use ocidian_testkit::layout::{Entry, Layer, Layout};
use serde_json::{Value, json};

use crate::bin::{ok, run};
use crate::cli_images::{architectures, read_json};
use crate::found_images::found;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn tree(image: &str) -> Value {
    serde_json::from_str(&ok(["inspect", "--tree", "--format", "json", image])).unwrap()
}

fn image(layout: &Layout) -> Value {
    let layer = Layer::plain(&[Entry::file("a", "a")]).unwrap();
    layout.image(("linux", architectures().0), &json!({}), &[layer]).unwrap()
}

/// An artifact that refers to `subject`.
fn referrer(layout: &Layout, kind: &str, subject: &Value) -> Value {
    let empty = layout.blob("application/vnd.oci.empty.v1+json", b"{}").unwrap();
    let subject =
        json!({ "mediaType": subject["mediaType"], "digest": subject["digest"], "size": subject["size"] });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind, "config": empty, "layers": [empty],
        "subject": subject, "annotations": { "org.opencontainers.image.created": "2024-05-06T07:08:09Z" },
    });
    layout.blob(MANIFEST, manifest.to_string().as_bytes()).unwrap()
}

/// Lists entries as they are, as another tool would.
fn list(layout: &Path, entries: &[&Value]) {
    let path = layout.join("index.json");
    let mut index = read_json(&path);
    index["manifests"].as_array_mut().unwrap().extend(entries.iter().copied().cloned());
    std::fs::write(path, index.to_string()).unwrap();
}

#[test]
fn referrers_of_referrers_stand_below_each_other_with_their_times() {
    let place = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(&place.path().join("images")).unwrap();
    let image = image(&layout);
    let index = layout.index(std::slice::from_ref(&image)).unwrap();
    let sbom = referrer(&layout, "application/x-sbom", &image);
    let signature = referrer(&layout, "application/x-signature", &sbom);
    let of_index = referrer(&layout, "application/x-signature", &index);
    let lost = referrer(
        &layout,
        "application/x-lost",
        &json!({
        "mediaType": MANIFEST, "digest": format!("sha256:{}", "0".repeat(64)), "size": 5 }),
    );
    layout.tag(&index, "app").unwrap();
    list(layout.path(), &[&signature, &of_index, &lost, &sbom]);
    let path = layout.path().to_str().unwrap();

    let all = tree(path);
    let roots: Vec<&Value> = all.as_array().unwrap().iter().map(|root| &root["digest"]).collect();
    assert_eq!(roots, [&index["digest"], &lost["digest"]], "what refers to something held is no root");
    for root in [&all[0], &tree(&format!("oci:{path}:app"))[0]] {
        let below = |node: &Value| -> Vec<Value> {
            let nodes = node["children"].as_array().unwrap().iter();
            nodes.filter(|node| node["role"] == "referrer").cloned().collect()
        };
        assert_eq!(below(root)[0]["digest"], of_index["digest"]);
        let sboms = below(&root["children"][0]);
        assert_eq!(
            (&sboms[0]["digest"], &sboms[0]["created"]),
            (&sbom["digest"], &json!("2024-05-06T07:08:09Z"))
        );
        assert_eq!(below(&sboms[0])[0]["digest"], signature["digest"]);
    }
    let text = ok(["inspect", "--tree", path]);
    assert!(text.contains("referrer (application/x-sbom)  sha256:"), "{text}");
}

#[test]
fn what_several_share_is_shown_once_and_referred_to() {
    let place = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(&place.path().join("images")).unwrap();
    let layer = Layer::plain(&[Entry::file("a", "a")]).unwrap();
    for name in ["one", "two"] {
        let image = layout
            .image(("linux", architectures().0), &json!({ "Cmd": [name] }), std::slice::from_ref(&layer))
            .unwrap();
        layout.tag(&image, name).unwrap();
    }
    let nodes = tree(layout.path().to_str().unwrap());
    let states = |at: usize| [0, 1].map(|child| nodes[at]["children"][child]["state"].clone());
    assert_eq!(
        (states(0), states(1)),
        ([json!("present"), json!("present")], [json!("present"), json!("repeated")])
    );
    // The second image is described although its config may have been met.
    assert_eq!(nodes[1]["created"], "1970-01-01T00:00:00Z");
}

#[test]
fn a_graph_that_doubles_at_each_level_is_drawn_in_its_own_size() {
    let place = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(&place.path().join("images")).unwrap();
    let mut top = image(&layout);
    for _ in 0..60 {
        top = layout.index(&[top.clone(), top]).unwrap();
    }
    layout.tag(&top, "bomb").unwrap();
    let text = ok(["inspect", "--tree", layout.path().to_str().unwrap()]);
    assert_eq!(text.lines().count(), 1 + 60 + 60 + 1 + 2, "the store, each index, each once more, the image");
}

#[test]
fn a_graph_without_end_is_an_error_of_one_line() {
    let place = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(&place.path().join("images")).unwrap();
    let mut top = image(&layout);
    for _ in 0..200 {
        top = layout.index(&[top]).unwrap();
    }
    layout.tag(&top, "deep").unwrap();
    let path = layout.path().to_str().unwrap();
    for arguments in
        [["inspect", "--tree"], ["inspect", "--space"], ["ls", "--size"], ["inspect", "--layers"]]
    {
        let output = run(arguments.iter().chain(&[path]));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("levels") && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn a_document_that_two_types_are_claimed_for_is_looked_into() {
    let place = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(&place.path().join("images")).unwrap();
    let real = image(&layout);
    let mut masked = real.clone();
    masked["mediaType"] = json!("application/x-nothing-to-see");
    layout.tag(&masked, "masked").unwrap();
    layout.tag(&real, "real").unwrap();
    let nodes = tree(layout.path().to_str().unwrap());
    assert_eq!((&nodes[0]["role"], &nodes[1]["state"]), (&json!("other"), &json!("present")));
    assert_eq!(nodes[1]["children"].as_array().unwrap().len(), 2);
}

#[test]
fn an_index_that_calls_itself_a_manifest_is_marked() {
    let place = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(&place.path().join("images")).unwrap();
    let image = image(&layout);
    let mut index = layout.index(&[image]).unwrap();
    assert_eq!(index["mediaType"], INDEX);
    index["mediaType"] = json!(MANIFEST);
    layout.tag(&index, "confused").unwrap();
    let output = run(["inspect", "--tree", layout.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("DAMAGED: "));
}

#[test]
fn found_images_are_drawn_whole() {
    for image in found().unwrap_or_default() {
        let text = image.to_str().unwrap();
        let mut pending: Vec<Value> = tree(text).as_array().unwrap().clone();
        let (mut layers, mut platforms) = (0, 0);
        while let Some(node) = pending.pop() {
            assert_ne!(node["state"], "damaged", "{text}");
            layers += usize::from(node["role"] == "layer" && node["state"] == "present");
            platforms += usize::from(node["platform"].is_object());
            pending.extend(node["children"].as_array().unwrap().iter().cloned());
        }
        assert!(layers > 0 && platforms > 0, "{text}");
    }
}
