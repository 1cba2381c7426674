//! The layout around the image: its files, tags, indexes, and blobs that are no plain files.

use serde_json::{Value, json};

use super::section::{BLOBS, CONTENT, INDEX, INDEX_JSON, OCI_LAYOUT, VERIFICATION};
use crate::case::{Case, Refusal};
use crate::layout::{self, Blobs, LayoutBuilder, Node, Part, TAG, tagged};
use crate::tar::file;
use crate::tree::{self, ExpectedEntry};

pub(super) fn cases() -> Vec<Case> {
    let mut all = blobs();
    all.extend(files());
    all.extend(legal());
    all.extend(tags());
    all.extend(indexes());
    all
}

fn simple(b: &mut LayoutBuilder) {
    b.layer([file("a", "x")]);
}

fn simple_tree() -> [ExpectedEntry; 1] {
    [tree::file("a", "x")]
}

fn blobs() -> Vec<Case> {
    vec![
        Case::refused(
            "blob-missing-layer",
            "a layer that is not there",
            BLOBS,
            "A layout may lack blobs; unpacking needs this one.",
            |b| {
                simple(b);
                b.remove(Part::Layer(0));
            },
            &["{layer0}"],
        )
        .refused_as(Refusal::NotFound),
        Case::refused(
            "blob-missing-config",
            "a config that is not there",
            BLOBS,
            "A layout may lack blobs; unpacking needs this one.",
            |b| {
                simple(b);
                b.remove(Part::Config);
            },
            &["{config}"],
        )
        .refused_as(Refusal::NotFound),
        Case::refused(
            "blob-missing-manifest",
            "a manifest that is not there",
            BLOBS,
            "A layout may lack blobs; unpacking needs this one.",
            |b| {
                simple(b);
                b.remove(Part::Manifest);
            },
            &["{manifest}"],
        )
        .refused_as(Refusal::NotFound),
        Case::refused(
            "blob-fifo-layer",
            "a layer that is a FIFO",
            BLOBS,
            "Opened without looking it would block for ever.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Fifo);
            },
            &["{layer0}"],
        ),
        Case::refused(
            "blob-fifo-manifest",
            "a manifest that is a FIFO",
            BLOBS,
            "Opened without looking it would block for ever.",
            |b| {
                simple(b);
                b.replace(Part::Manifest, Node::Fifo);
            },
            &["{manifest}"],
        ),
        Case::refused(
            "blob-directory",
            "a layer that is a directory",
            BLOBS,
            "It is no content.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Directory);
            },
            &["{layer0}"],
        ),
        Case::refused(
            "blob-symlink-to-fifo",
            "a config that is a symlink to a FIFO",
            BLOBS,
            "What counts is what the link leads to.",
            |b| {
                simple(b);
                b.replace(Part::Config, Node::Symlink("../../fifo".into()));
                b.extra("fifo", Node::Fifo);
            },
            &["{config}"],
        ),
        Case::refused(
            "blob-symlink-to-device",
            "a layer that is a symlink to /dev/zero",
            BLOBS,
            "It has no end; reading it would not end either.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Symlink("/dev/zero".into()));
            },
            &["{layer0}"],
        ),
        Case::refused(
            "blob-symlink-loop",
            "a layer that is a symlink to itself",
            BLOBS,
            "It leads nowhere.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Symlink("../sha256/loop".into()));
                b.extra("blobs/sha256/loop", Node::Symlink("loop".into()));
            },
            &["{layer0}"],
        ),
        Case::refused(
            "blob-symlink-to-other-file",
            "a layer that is a symlink to another file of the host",
            VERIFICATION,
            "The digest tells, and nothing of the file gets into the tree or the message.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Symlink("/tmp/ocidian-conformance-outside/sentinel".into()));
            },
            &["{layer0}"],
        )
        .refused_as(Refusal::Verification),
        Case::legal(
            "blob-symlink-to-content",
            "a layer that is a symlink to a file with the right content",
            BLOBS,
            "Build tools share blobs that way; the content is what its digest says.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Symlink("../../stored".into()));
                b.extra("stored", Node::File(crate::tar::archive([file("a", "x")])));
            },
            simple_tree(),
        ),
    ]
}

fn files() -> Vec<Case> {
    vec![
        Case::refused(
            "oci-layout-missing",
            "a layout without its oci-layout file",
            OCI_LAYOUT,
            "The file marks the base of a layout, and must exist.",
            |b| {
                simple(b);
                b.remove(Part::OciLayout);
            },
            &["oci-layout"],
        ),
        Case::refused(
            "oci-layout-version",
            "a layout of version 2.0.0",
            OCI_LAYOUT,
            "A later version may mean anything by the same files.",
            |b| {
                simple(b);
                b.replace(Part::OciLayout, Node::File(br#"{"imageLayoutVersion":"2.0.0"}"#.to_vec()));
            },
            &["2.0.0"],
        ),
        Case::refused(
            "oci-layout-empty",
            "an oci-layout file of no bytes",
            OCI_LAYOUT,
            "It must be a JSON object with the version.",
            |b| {
                simple(b);
                b.replace(Part::OciLayout, Node::File(Vec::new()));
            },
            &["oci-layout"],
        ),
        Case::refused(
            "oci-layout-fifo",
            "an oci-layout file that is a FIFO",
            OCI_LAYOUT,
            "Opened without looking it would block for ever.",
            |b| {
                simple(b);
                b.replace(Part::OciLayout, Node::Fifo);
            },
            &["oci-layout"],
        ),
        Case::refused(
            "index-json-missing",
            "a layout without its index.json",
            INDEX_JSON,
            "It must exist: without it this is no layout.",
            |b| {
                simple(b);
                b.remove(Part::IndexJson);
            },
            &["index.json"],
        ),
        Case::refused(
            "index-json-fifo",
            "an index.json that is a FIFO",
            INDEX_JSON,
            "Opened without looking it would block for ever.",
            |b| {
                simple(b);
                b.replace(Part::IndexJson, Node::Fifo);
            },
            &["index.json"],
        ),
        Case::refused(
            "index-json-directory",
            "an index.json that is a directory",
            INDEX_JSON,
            "It must be a JSON file.",
            |b| {
                simple(b);
                b.replace(Part::IndexJson, Node::Directory);
            },
            &["index.json"],
        ),
        Case::refused(
            "index-json-device",
            "an index.json that is a symlink to /dev/zero",
            INDEX_JSON,
            "It has no end; neither memory nor time may be spent on it.",
            |b| {
                simple(b);
                b.replace(Part::IndexJson, Node::Symlink("/dev/zero".into()));
            },
            &["index.json"],
        ),
    ]
}

fn legal() -> Vec<Case> {
    vec![
        Case::legal(
            "layout-extra-files",
            "files that do not belong to a layout",
            CONTENT,
            "They are ignored, Docker's manifest.json too; so are blobs that nobody references.",
            |b| {
                simple(b);
                b.extra("manifest.json", Node::File(b"not even JSON".to_vec()));
                b.extra("repositories", Node::Directory);
                b.extra("blobs/sha256/.tmp", Node::Fifo);
                b.extra("blobs/other/x", Node::File(b"x".to_vec()));
            },
            simple_tree(),
        ),
        Case::legal(
            "layout-sparse",
            "blobs of other images that are not there",
            BLOBS,
            "The layout may lack what unpacking this image does not need.",
            |b| {
                simple(b);
                b.roots(|_, manifest| {
                    let absent = json!({
                        "mediaType": layout::MANIFEST,
                        "digest": format!("sha256:{}", "1".repeat(64)),
                        "size": 500,
                    });
                    vec![tagged(absent, "other"), tagged(manifest, TAG)]
                });
            },
            simple_tree(),
        ),
        Case::legal(
            "layout-unknown-entries",
            "entries of index.json that are no images",
            INDEX_JSON,
            "An unknown media type is no error, nor is an unknown digest algorithm of something else.",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let notes = blobs.add("application/vnd.example.notes+json", b"[".to_vec());
                    let other =
                        json!({ "mediaType": "application/vnd.example.x", "digest": "x+y:Zz=_-", "size": 1 });
                    vec![notes, tagged(other, "other"), tagged(manifest, TAG)]
                });
            },
            simple_tree(),
        ),
    ]
}

/// The manifest again, with an annotation that makes it another document.
fn variant(blobs: &mut Blobs, name: &str, config: &Value) -> Value {
    let json = json!({
        "schemaVersion": 2,
        "mediaType": layout::MANIFEST,
        "config": config,
        "layers": [],
        "annotations": { "com.example.variant": name },
    });
    blobs.add(layout::MANIFEST, json.to_string().into_bytes())
}

fn empty_config(blobs: &mut Blobs) -> Value {
    let json =
        json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": [] } });
    blobs.add(layout::CONFIG, json.to_string().into_bytes())
}

fn tags() -> Vec<Case> {
    vec![
        Case::refused(
            "tag-absent",
            "a tag that does not exist",
            INDEX_JSON,
            "The error names the tags that there are.",
            |b| {
                simple(b);
                b.roots(|_, manifest| vec![tagged(manifest, "another-tag")]);
            },
            &["another-tag"],
        )
        .refused_as(Refusal::NotFound),
        Case::refused(
            "tag-prefix",
            "a tag of which another is the beginning",
            INDEX_JSON,
            "Names are compared whole, and with regard to case.",
            |b| {
                simple(b);
                b.roots(|_, manifest| vec![tagged(manifest.clone(), "t1"), tagged(manifest, "T")]);
            },
            &["t1"],
        )
        .refused_as(Refusal::NotFound),
        Case::refused(
            "tag-nested",
            "a tag that stands in a nested index",
            INDEX_JSON,
            "`ref.name` counts in index.json itself and nowhere else.",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let index = blobs.add_index(vec![tagged(manifest, TAG)]);
                    vec![tagged(index, "another-tag")]
                });
            },
            &["another-tag"],
        )
        .refused_as(Refusal::NotFound),
        Case::refused(
            "tag-ambiguous",
            "one tag for two images",
            INDEX_JSON,
            "Which of them is meant cannot be known, and taking one in silence may be the wrong one.",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let config = empty_config(blobs);
                    let other = variant(blobs, "other", &config);
                    vec![tagged(manifest, TAG), tagged(other, TAG)]
                });
            },
            &["{manifest}"],
        ),
        Case::legal(
            "tag-twice",
            "one tag twice for the same image",
            INDEX_JSON,
            "Both descriptors lead to the same manifest: there is only one image to mean.",
            |b| {
                simple(b);
                b.roots(|_, manifest| vec![tagged(manifest.clone(), TAG), tagged(manifest, TAG)]);
            },
            simple_tree(),
        ),
        Case::legal(
            "tag-many",
            "an image among others",
            INDEX_JSON,
            "The tag decides.",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let config = empty_config(blobs);
                    let others = ["tt", "T", "x/t", "t:t", "latest"].map(|name| {
                        let other = variant(blobs, name, &config);
                        tagged(other, name)
                    });
                    let untagged = variant(blobs, "untagged", &config);
                    others.into_iter().chain([untagged, tagged(manifest, TAG)]).collect()
                });
            },
            simple_tree(),
        ),
    ]
}

fn indexes() -> Vec<Case> {
    vec![
        Case::legal(
            "index-nested",
            "an image in an index in an index",
            INDEX,
            "Nested indexes are followed.",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let inner = blobs.add_index(vec![manifest]);
                    let outer = blobs.add_index(vec![inner]);
                    vec![tagged(outer, TAG)]
                });
            },
            simple_tree(),
        ),
        Case::legal(
            "index-nested-32",
            "an image below 32 indexes",
            INDEX,
            "Deeper than anyone needs, and still no reason to refuse.",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let outer = (0..32).fold(manifest, |inner, _| blobs.add_index(vec![inner]));
                    vec![tagged(outer, TAG)]
                });
            },
            simple_tree(),
        ),
        Case::legal(
            "index-doubling",
            "a graph of 40 levels that doubles its paths at each",
            INDEX,
            "2^40 paths lead to one image; a reader that remembers what it has seen visits 81 documents.",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let mut pair = (manifest.clone(), manifest);
                    for _ in 0..40 {
                        let mut one = json!({ "schemaVersion": 2, "mediaType": layout::INDEX, "manifests": [pair.0, pair.1] });
                        let left = blobs.add(layout::INDEX, one.to_string().into_bytes());
                        one["annotations"] = json!({ "com.example.side": "right" });
                        pair = (left, blobs.add(layout::INDEX, one.to_string().into_bytes()));
                    }
                    vec![tagged(pair.0, TAG)]
                });
            },
            simple_tree(),
        ),
        Case::legal(
            "index-attestation",
            "an index of an image and its attestation",
            INDEX,
            "What is for platform unknown/unknown is no image to unpack.",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let config = empty_config(blobs);
                    let mut attestation = variant(blobs, "attestation", &config);
                    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
                    attestation["annotations"] = json!({
                        "vnd.docker.reference.type": "attestation-manifest",
                        "vnd.docker.reference.digest": manifest["digest"],
                    });
                    let index = blobs.add_index(vec![attestation, manifest]);
                    vec![tagged(index, TAG)]
                });
            },
            simple_tree(),
        ),
        Case::refused(
            "index-empty",
            "an index without images",
            INDEX,
            "Legal as a document, but there is nothing in it to unpack.",
            |b| {
                simple(b);
                b.roots(|blobs, _| {
                    let index = blobs.add_index(Vec::new());
                    vec![tagged(index, TAG)]
                });
            },
            &["image"],
        )
        .refused_as(Refusal::NotFound),
    ]
}
