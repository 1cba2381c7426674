//! The files of a layout: those that must be there, and those that do not matter.

use serde_json::json;

use super::section::{BLOBS, CONTENT, INDEX_JSON, OCI_LAYOUT};
use super::{simple, simple_tree};
use crate::case::Case;
use crate::layout::{self, Node, Part, TAG, tagged};

pub(super) fn cases() -> Vec<Case> {
    let mut all = files();
    all.extend(legal());
    all
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
