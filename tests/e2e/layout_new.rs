//! `new`: an image without layers.

use ocidian_testkit::run::stdout;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bin::{fails, ocidian, ok, report};
use crate::cli_images::{Images, architectures};

fn config(image: &str) -> Value {
    serde_json::from_str(&ok(["inspect", "--config", image])).unwrap()
}

#[test]
fn it_says_what_it_is_for_and_nothing_else() {
    let images = Images::new();
    let image = images.image("empty");
    let made = report(["new", &image]);
    assert_eq!((&made["name"], &made["was"]), (&json!("empty"), &json!([])));
    assert_eq!(made["platform"], json!({ "os": "linux", "architecture": architectures().0 }));
    let rootfs = json!({ "type": "layers", "diff_ids": [] });
    assert_eq!(config(&image), json!({ "architecture": architectures().0, "os": "linux", "rootfs": rootfs }));
    let manifest: Value = serde_json::from_str(&ok(["inspect", "--raw", &image])).unwrap();
    assert_eq!(manifest["layers"], json!([]));
    // The same anywhere: nothing of it depends on the clock or the place.
    let elsewhere = TempDir::new().unwrap();
    let path = elsewhere.path().join("x").to_str().unwrap().to_owned();
    ok(["init", &path]);
    assert_eq!(report(["new", &format!("oci:{path}:other")])["digest"], made["digest"]);
}

#[test]
fn a_platform_and_a_time_are_what_was_asked_for() {
    let images = Images::new();
    let image = images.image("empty");
    let mut command = ocidian();
    command.args(["new", "--platform", "linux/arm/v6", &image]).env("SOURCE_DATE_EPOCH", "1700000000");
    stdout(&mut command).unwrap();
    let made = config(&image);
    assert_eq!(made["created"], "2023-11-14T22:13:20Z");
    assert_eq!((&made["architecture"], &made["variant"]), (&json!("arm"), &json!("v6")));
    let output =
        ocidian().args(["new", &images.image("x")]).env("SOURCE_DATE_EPOCH", "now").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("SOURCE_DATE_EPOCH"));
}

#[test]
fn a_tag_that_exists_is_moved_by_force_alone() {
    let images = Images::new();
    let image = images.image("app");
    let before = ok(["inspect", "--raw", &image]);
    fails(["new", &image], 1, "--force");
    assert_eq!(ok(["inspect", "--raw", &image]), before);
    assert_eq!(report(["new", "--force", &image])["was"].as_array().unwrap().len(), 1);
    assert_eq!(ok(["ls", "--names", images.path().to_str().unwrap()]), "app\nmulti\n");
}

#[test]
fn it_needs_a_layout_and_a_tag() {
    let images = Images::new();
    let path = images.path().display().to_string();
    fails(["new", &format!("oci:{path}")], 2, "oci:PATH:TAG");
    fails(["new", &format!("oci:{path}@sha256:{}", "0".repeat(64))], 2, "oci:PATH:TAG");
    fails(["new", &format!("oci:{path}:a b")], 2, "a b");
    fails(["new", &format!("oci:{path}:")], 2, "no tag");
    fails(["new", "oci:./nowhere:a"], 3, "nowhere");
    fails(["new", "oci-archive:./x.tar:a"], 2, "oci-archive");
}

#[test]
fn other_tools_take_it() {
    let [umoci, skopeo] = ocidian_testkit::require!("umoci", "skopeo");
    let images = Images::new();
    ok(["new", &images.image("empty")]);
    let image = format!("{}:empty", images.path().display());
    let (bundle, copy) = (images.beside("bundle"), images.beside("copy"));
    stdout(umoci.command().args(["unpack", "--rootless", "--image", &image]).arg(&bundle)).unwrap();
    assert!(bundle.join("config.json").is_file());
    let to = format!("oci:{}:x", copy.display());
    stdout(skopeo.command().args(["copy", &format!("oci:{image}"), &to])).unwrap();
    let digest = |image: &str| report(["inspect", image])["image"]["digest"].clone();
    assert_eq!(digest(&to), digest(&images.image("empty")));
}
