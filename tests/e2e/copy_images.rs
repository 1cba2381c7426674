//! Images to copy: of several layers, several platforms, zstd, sha512, artifacts and what refers to them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use ocidian_layer::compress::{Encoder, Threads};
use ocidian_spec::{Algorithm, Hasher};
use ocidian_testkit::layout::{Entry, Layer, Layout, tar};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bin::{ok, report};
use crate::cli_images::{architectures, read_json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A directory with a layout `source` in it.
pub(crate) struct Source {
    place: TempDir,
}

impl Source {
    /// `app` of two layers and `zstd`, `sha512`, `multi` of two platforms with an attestation, `artifact`; unnamed a
    /// signature of `app` and an SBOM of that.
    pub(crate) fn new() -> Self {
        let source = Self { place: TempDir::new().unwrap() };
        let mut layout = Layout::create(&source.path("source")).unwrap();
        let (here, other) = architectures();
        let plain = Layer::plain(&[Entry::directory("etc"), Entry::whiteout("etc/old")]).unwrap();
        let gzip = Layer::gzip(&[Entry::file("etc/old", "old"), Entry::file("etc/motd", "hello\n")]).unwrap();
        let config = json!({ "Cmd": ["/bin/app"], "Healthcheck": { "Test": ["NONE"] } });
        let app = layout.image(("linux", here), &config, &[gzip.clone(), plain.clone()]).unwrap();
        layout.tag(&app, "app").unwrap();

        let zstd = layout.image(("linux", here), &config, &[zstd_layer(), plain.clone()]).unwrap();
        layout.tag(&zstd, "zstd").unwrap();

        let elsewhere = layout.image(("linux", other), &json!({}), std::slice::from_ref(&gzip)).unwrap();
        let mut attestation = artifact(&layout, None, "application/vnd.in-toto+json");
        attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        attestation["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": app["digest"],
        });
        let multi = layout.index(&[app.clone(), elsewhere, attestation]).unwrap();
        layout.tag(&multi, "multi").unwrap();

        let artifact_only = artifact(&layout, None, "application/x-thing");
        layout.tag(&artifact_only, "artifact").unwrap();
        let signature = artifact(&layout, Some(&app), "application/x-signature");
        let sbom = artifact(&layout, Some(&signature), "application/x-sbom");
        let sha512 = sha512_image(&layout, here, &plain);

        let path = source.path("source").join("index.json");
        let mut index = read_json(&path);
        index["manifests"].as_array_mut().unwrap().extend([sha512, signature, sbom]);
        std::fs::write(path, index.to_string()).unwrap();
        source
    }

    /// A place in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// An image of the source layout.
    pub(crate) fn image(&self, tag: &str) -> String {
        format!("oci:{}:{tag}", self.path("source").display())
    }

    /// Another place in a form, with a tag after a colon where that is given.
    pub(crate) fn to(&self, form: &str, name: &str) -> String {
        format!("{form}:{}/{name}", self.place.path().display())
    }
}

fn zstd_layer() -> Layer {
    let bytes = tar(&[Entry::directory("usr"), Entry::file("usr/large", "z".repeat(100_000))]).unwrap();
    let mut encoder = Encoder::new(Vec::new(), "zstd".parse().unwrap(), Threads::new(1)).unwrap();
    encoder.write_all(&bytes).unwrap();
    Layer {
        blob: encoder.finish().unwrap(),
        diff_id: ocidian_spec::Digest::sha256(&bytes),
        media_type: "application/vnd.oci.image.layer.v1.tar+zstd".to_owned(),
    }
}

fn artifact(layout: &Layout, subject: Option<&Value>, kind: &str) -> Value {
    let empty = layout.blob("application/vnd.oci.empty.v1+json", b"{}").unwrap();
    let content = layout.blob("text/plain", kind.as_bytes()).unwrap();
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind, "config": empty, "layers": [content],
        "annotations": { "org.example.kind": kind },
    });
    if let Some(subject) = subject {
        let of = |member: &str| subject[member].clone();
        manifest["subject"] =
            json!({ "mediaType": of("mediaType"), "digest": of("digest"), "size": of("size") });
    }
    let mut descriptor = layout.blob(MANIFEST, manifest.to_string().as_bytes()).unwrap();
    descriptor["artifactType"] = json!(kind);
    descriptor
}

/// An image all of whose blobs are named by sha512; its entry.
fn sha512_image(layout: &Layout, architecture: &str, layer: &Layer) -> Value {
    let directory = layout.path().join("blobs/sha512");
    std::fs::create_dir_all(&directory).unwrap();
    let blob = |media_type: &str, bytes: &[u8]| {
        let mut hasher = Hasher::new(&Algorithm::Sha512).unwrap();
        hasher.update(bytes);
        let digest = hasher.finish();
        std::fs::write(directory.join(digest.encoded()), bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    };
    let config = json!({
        "os": "linux", "architecture": architecture, "x-config": 1,
        "rootfs": { "type": "layers", "diff_ids": [layer.diff_id.to_string()] },
    });
    let config = blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
    let layer = blob("application/vnd.oci.image.layer.v1.tar", &layer.blob);
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] });
    let mut entry = blob(MANIFEST, manifest.to_string().as_bytes());
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": "sha512" });
    entry
}

/// The digest of what an image's name stands for.
pub(crate) fn digest(image: &str) -> String {
    report(["ls", image])[0]["digest"].as_str().unwrap_or_else(|| panic!("no digest of {image}")).to_owned()
}

/// The digests of all configs and layers that an image's name leads to, by platform.
pub(crate) fn configs(image: &str) -> BTreeMap<String, String> {
    let tree = report(["inspect", "--tree", image]);
    let mut found = BTreeMap::new();
    let mut pending: Vec<&Value> = tree.as_array().unwrap().iter().collect();
    while let Some(node) = pending.pop() {
        for child in node["children"].as_array().unwrap() {
            if child["role"] == "config" && child["state"] != "absent" {
                let platform = node["platform"].to_string();
                found.insert(platform, child["digest"].as_str().unwrap().to_owned());
            }
            if child["role"] != "referrer" {
                pending.push(child);
            }
        }
    }
    found
}

/// Everything that a place lists, but for its names: digest by digest.
pub(crate) fn listed(place: &str) -> Vec<String> {
    let list = report(["ls", place]);
    let digests = list.as_array().unwrap().iter().map(|entry| entry["digest"].as_str().unwrap().to_owned());
    let mut digests: Vec<String> = digests.collect();
    digests.sort();
    digests
}

/// A copy, which must succeed.
pub(crate) fn copy(arguments: &[&str]) -> String {
    ok(["copy"].iter().chain(arguments))
}
