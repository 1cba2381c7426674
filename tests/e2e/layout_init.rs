//! `init`: an empty layout, where there is none.

use std::fs;

use ocidian_testkit::peers::Peer;
use ocidian_testkit::run::stdout;
use tempfile::TempDir;

use crate::bin::{fails, ok, report};
use crate::cli_images::read_json;

#[test]
fn a_layout_is_made_once() {
    let place = TempDir::new().unwrap();
    let layout = place.path().join("images");
    let path = layout.to_str().unwrap();
    assert_eq!(ok(["init", path]), format!("{path} is an empty image layout\n"));
    assert_eq!(read_json(&layout.join("oci-layout"))["imageLayoutVersion"], "1.0.0");
    assert_eq!(read_json(&layout.join("index.json"))["manifests"], serde_json::json!([]));
    assert!(layout.join("blobs").is_dir());
    fails(["init", path], 1, "--if-missing");
    ok(["new", &format!("oci:{path}:a")]);
    let before = fs::read(layout.join("index.json")).unwrap();
    assert_eq!(report(["init", "--if-missing", path])["created"], false);
    assert_eq!(fs::read(layout.join("index.json")).unwrap(), before);
}

#[test]
fn an_empty_directory_becomes_one_and_a_full_one_does_not() {
    let place = TempDir::new().unwrap();
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("empty")).unwrap();
    assert_eq!(report(["init", &format!("oci:{}", path("empty"))])["created"], true);
    fs::create_dir(path("full")).unwrap();
    fs::write(place.path().join("full/notes"), "mine").unwrap();
    fails(["init", "--if-missing", &path("full")], 1, "notes");
    assert_eq!(fs::read_dir(path("full")).unwrap().count(), 1);
    fs::write(path("file"), "").unwrap();
    fails(["init", &path("file")], 1, "file");
    fails(["init", &path("no/parent")], 3, "no/parent");
}

#[test]
fn a_layout_is_a_path_and_nothing_more() {
    for image in ["oci:images:tag", "images:tag", "oci-archive:x", "docker-archive:x", "dir:x", "docker://x"]
    {
        fails(["init", image], 2, "ocidian new");
    }
}

#[test]
fn other_tools_take_it() {
    let [umoci] = ocidian_testkit::require!("umoci");
    let place = TempDir::new().unwrap();
    let path = place.path().join("images").to_str().unwrap().to_owned();
    ok(["init", &path]);
    let image = format!("{path}:mine");
    stdout(umoci.command().args(["new", "--image", &image])).unwrap();
    assert_eq!(ok(["ls", "--names", &path]), "mine\n");
    let Some(skopeo) = Peer::find("skopeo") else { return };
    let other = place.path().join("other").to_str().unwrap().to_owned();
    stdout(skopeo.command().args(["copy", &format!("oci:{image}"), &format!("oci:{other}:x")])).unwrap();
}
