//! `copy --compress` and `--manifest-type`: another image of the same content.

use serde_json::{Value, json};

use crate::bin::{fails, ok, report, run};
use crate::copy_images::{Source, configs, copy, digest};

fn types(image: &str) -> Vec<String> {
    let layers = report(["inspect", image])["image"]["layers"].clone();
    layers.as_array().unwrap().iter().map(|layer| layer["mediaType"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn layers_are_compressed_otherwise_and_the_config_stays() {
    let source = Source::new();
    const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
    for (n, tag) in ["app", "zstd", "multi", "sha512"].into_iter().enumerate() {
        for (how, suffix) in [("zstd:7", "+zstd"), ("none", ""), ("gzip", "+gzip")] {
            let to = source.to("oci", &format!("to-{n}:{}", how.replace(':', "-")));
            copy(&["--compress", how, &source.image(tag), &to]);
            assert_eq!(configs(&to), configs(&source.image(tag)), "{tag} {how}");
            for media_type in types(&to) {
                assert_eq!(media_type, format!("{LAYER}{suffix}"), "{tag} {how}");
            }
            // The tree is the same, and every layer is what the config says.
            assert_eq!(ok(["ls", &to, "/etc"]), ok(["ls", &source.image(tag), "/etc"]), "{tag} {how}");
            // Once more is nothing to do.
            let again = report(["copy", "--compress", how, &to, &source.to("oci", "again:x")]);
            assert_eq!(again["images"][0]["digest"], digest(&to), "{tag} {how}");
        }
    }
    // Everything that was written is counted, once.
    let to = source.to("oci", "counted:x");
    let done = report(["copy", "--compress", "zstd", &source.image("app"), &to]);
    assert_eq!((&done["copied"]["blobs"], &done["present"]["blobs"]), (&json!(4), &json!(0)));
    let again = report(["copy", "--compress", "zstd", &to, &source.to("oci", "counted:y")]);
    assert_eq!(again["present"]["blobs"], json!(3), "the manifest alone is written again");
    let said = run(["copy", "--compress", "zstd", &source.image("app"), &source.to("oci", "said")]);
    assert!(String::from_utf8(said.stderr).unwrap().contains(" became sha256:"));
}

#[test]
fn the_same_conversion_gives_the_same_bytes() {
    let source = Source::new();
    let to = |name: &str| source.to("oci", name);
    copy(&["--compress", "zstd", "-j", "1", &source.image("multi"), &to("one")]);
    copy(&["--compress", "zstd", "-j", "4", &source.image("multi"), &to("four")]);
    assert_eq!(digest(&to("one")), digest(&to("four")));
}

#[test]
fn documents_become_dockers_and_back() {
    let source = Source::new();
    let (docker, back) = (source.to("oci", "docker"), source.to("oci", "back"));
    copy(&["--manifest-type", "docker", &source.image("multi"), &docker]);
    let raw = |arguments: &[&str]| -> Value { serde_json::from_str(&ok(arguments)).unwrap() };
    let list = raw(&["inspect", "--raw", &docker]);
    assert_eq!(list["mediaType"], "application/vnd.docker.distribution.manifest.list.v2+json");
    let manifest = raw(&["inspect", "--raw", "--platform", &platform(), &docker]);
    assert_eq!(manifest["mediaType"], "application/vnd.docker.distribution.manifest.v2+json");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.docker.container.image.v1+json");
    assert_eq!(manifest["layers"][0]["mediaType"], "application/vnd.docker.image.rootfs.diff.tar.gzip");
    copy(&["--manifest-type", "oci", &docker, &back]);
    assert_eq!(configs(&back), configs(&source.image("multi")));
    // Value by value: the order of a document's members is its author's.
    let image = |image: &str| raw(&["inspect", "--raw", "--platform", &platform(), image]);
    assert_eq!(image(&back), image(&source.image("multi")));
}

fn platform() -> String {
    format!("linux/{}", crate::cli_images::architectures().0)
}

#[test]
fn what_is_no_image_keeps_its_bytes() {
    let source = Source::new();
    let to = source.to("oci", "to");
    let both = ["--compress", "zstd", "--manifest-type", "docker"];
    let done = report(["copy"].iter().chain(&both).copied().chain([&*source.image("artifact"), &*to]));
    assert_eq!(done["images"][0]["digest"], digest(&source.image("artifact")));
    // An attestation stays, and its descriptor follows the image that it is about.
    copy(&["--compress", "zstd", &source.image("multi"), &source.to("oci", "multi")]);
    let index: Value = serde_json::from_str(&ok(["inspect", "--raw", &source.to("oci", "multi")])).unwrap();
    let about = &index["manifests"][2]["annotations"]["vnd.docker.reference.digest"];
    assert_eq!(*about, index["manifests"][0]["digest"]);
}

#[test]
fn a_conversion_reads_what_it_is_told_or_says_why_not() {
    let source = Source::new();
    let to = source.to("oci", "to");
    fails(["copy", "--compress", "lzma", &source.image("app"), &to], 2, "lzma");
    fails(["copy", "--manifest-type", "v1", &source.image("app"), &to], 2, "docker");
    let old = source.to("docker-archive", "x.tar:a:b");
    fails(["copy", "--compress", "zstd", "--uncompressed", &source.image("app"), &old], 2, "--uncompressed");
    // A layer that is not what the config says it unpacks to is found out on the way.
    let app = report(["inspect", &source.image("app")]);
    let config = app["image"]["config"]["digest"].as_str().unwrap();
    let path = source.path("source/blobs").join(config.replace(':', "/"));
    let mut document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    document["rootfs"]["diff_ids"][0] = json!(format!("sha256:{}", "0".repeat(64)));
    let forged = Forged::new(&source, &app, &document);
    fails(["copy", "--compress", "zstd", &forged.image, &to], 5, "layer 1");
    assert!(!source.path("to").exists());
}

/// An image like another, with another config.
struct Forged {
    image: String,
}

impl Forged {
    fn new(source: &Source, app: &Value, config: &Value) -> Self {
        let mut layout = ocidian_testkit::layout::Layout::create(&source.path("forged")).unwrap();
        let mut manifest: Value =
            serde_json::from_str(&ok(["inspect", "--raw", &source.image("app")])).unwrap();
        for layer in app["image"]["layers"].as_array().unwrap() {
            let digest = layer["digest"].as_str().unwrap().replace(':', "/");
            let from = source.path("source/blobs").join(&digest);
            std::fs::copy(from, source.path("forged/blobs").join(&digest)).unwrap();
        }
        let media_type = "application/vnd.oci.image.config.v1+json";
        manifest["config"] = layout.blob(media_type, config.to_string().as_bytes()).unwrap();
        let media_type = manifest["mediaType"].as_str().unwrap().to_owned();
        let manifest = layout.blob(&media_type, manifest.to_string().as_bytes()).unwrap();
        layout.tag(&manifest, "forged").unwrap();
        Self { image: format!("oci:{}:forged", source.path("forged").display()) }
    }
}
