//! How a tag leads to an image: by its whole name, in index.json alone, through indexes.

use serde_json::{Value, json};

use super::section::{INDEX, INDEX_JSON};
use super::{simple, simple_tree};
use crate::case::{Case, Refusal};
use crate::layout::{self, Blobs, TAG, tagged};

pub(super) fn cases() -> Vec<Case> {
    let mut all = tags();
    all.extend(indexes());
    all
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
