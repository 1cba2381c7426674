//! Layouts: their files, and their blobs.

use super::image::{digest, other, simple};
use super::pointer::set;
use crate::layout::{Node, Part, TAG, blob_path, tagged};
use crate::tar::{archive, file};
use crate::validation::ValidationCase as Case;

const CONTENT: &str = "image-layout.md, Content";
const OCI: &str = "image-layout.md, oci-layout file";
const INDEX_JSON: &str = "image-layout.md, index.json file";
const BLOBS: &str = "image-layout.md, Blobs";
const DIGESTS: &str = "descriptor.md, Digests";
const INDEX: &str = "image-index.md, Image Index Property Descriptions";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::valid(
            ["layout-extra-files", "files that do not belong to a layout", CONTENT, "They are ignored."],
            |b| {
                simple(b);
                b.extra("manifest.json", Node::File(b"not JSON".to_vec()));
                b.extra("notes/README", Node::File(b"x".to_vec()));
            },
        ),
        Case::invalid(
            ["oci-layout-missing", "a layout without its oci-layout file", OCI, "It must exist."],
            "layout-oci-layout",
            |b| {
                simple(b);
                b.remove(Part::OciLayout);
            },
        ),
        Case::invalid(
            [
                "oci-layout-fifo",
                "an oci-layout that is a FIFO",
                OCI,
                "Opened without looking it would block for ever.",
            ],
            "layout-oci-layout",
            |b| {
                simple(b);
                b.replace(Part::OciLayout, Node::Fifo);
            },
        ),
        Case::invalid(
            ["oci-layout-array", "an oci-layout that is an array", OCI, "It must be an object."],
            "layout-oci-layout-object",
            |b| {
                simple(b);
                b.replace(Part::OciLayout, Node::File(br#"["1.0.0"]"#.to_vec()));
            },
        ),
        Case::invalid(
            ["oci-layout-version-number", "a version that is a number", OCI, "It must be a string."],
            "layout-version",
            |b| {
                simple(b);
                b.replace(Part::OciLayout, Node::File(br#"{"imageLayoutVersion":1}"#.to_vec()));
            },
        ),
        Case::invalid(
            ["oci-layout-version-missing", "an oci-layout without a version", OCI, "It is required."],
            "layout-version",
            |b| {
                simple(b);
                b.replace(Part::OciLayout, Node::File(b"{}".to_vec()));
            },
        ),
        Case::invalid(
            [
                "oci-layout-version-later",
                "a layout of version 2.0.0",
                OCI,
                "It may mean anything by the same files.",
            ],
            "layout-version-known",
            |b| {
                simple(b);
                b.replace(Part::OciLayout, Node::File(br#"{"imageLayoutVersion":"2.0.0"}"#.to_vec()));
            },
        ),
        Case::invalid(
            ["index-json-missing", "a layout without index.json", INDEX_JSON, "It must exist."],
            "layout-index",
            |b| {
                simple(b);
                b.remove(Part::IndexJson);
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            ["index-json-directory", "an index.json that is a directory", INDEX_JSON, "It must be a file."],
            "layout-index",
            |b| {
                simple(b);
                b.replace(Part::IndexJson, Node::Directory);
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::valid(
            ["layout-empty", "a layout without images", INDEX_JSON, "An index may list nothing."],
            |b| {
                b.roots(|_, _| Vec::new());
                b.remove(Part::Manifest);
                b.remove(Part::Config);
            },
        )
        .beyond_the_image(),
        Case::invalid(
            [
                "blobs-missing",
                "a layout without blobs",
                CONTENT,
                "The directory must exist, although it may be empty.",
            ],
            "layout-blobs",
            |b| {
                b.roots(|_, _| Vec::new());
                b.without_blobs();
            },
        )
        .beyond_the_image(),
        Case::invalid(
            [
                "blob-name",
                "a file in blobs whose name is no digest",
                BLOBS,
                "Blobs are named by algorithm and digest.",
            ],
            "layout-blob-name",
            |b| {
                simple(b);
                b.extra("blobs/sha256/layer.tar.gz", Node::File(b"x".to_vec()));
            },
        )
        .beyond_the_image(),
        Case::invalid(
            ["blob-fifo", "a blob that is a FIFO", BLOBS, "A blob is a file with that content."],
            "layout-blob-file",
            |b| {
                simple(b);
                b.extra(&blob_path(&digest('a')), Node::Fifo);
            },
        )
        .beyond_the_image(),
        Case::invalid(
            [
                "blob-damaged",
                "a layer with one byte changed",
                BLOBS,
                "The content of a blob must match its name.",
            ],
            "layout-blob-digest",
            |b| {
                simple(b);
                let mut tar = archive([file("a", "x")]);
                if let Some(byte) = tar.get_mut(700) {
                    *byte = 1;
                }
                b.replace(Part::Layer(0), Node::File(tar));
            },
        )
        .breaks("layer-diff-id"),
        Case::invalid(
            [
                "blob-unreferenced-damaged",
                "a damaged blob that nothing names",
                BLOBS,
                "The content of a blob must match its name.",
            ],
            "layout-blob-digest",
            |b| {
                simple(b);
                b.extra(&blob_path(&digest('a')), Node::File(b"x".to_vec()));
            },
        )
        .noted("layout-blob-unreferenced")
        .beyond_the_image(),
        Case::odd(
            ["blob-unreferenced", "a blob that nothing names", BLOBS, "A layout may hold others."],
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    blobs.add("application/vnd.example.x", b"x".to_vec());
                    vec![tagged(manifest, TAG)]
                });
            },
        )
        .noted("layout-blob-unreferenced")
        .beyond_the_image(),
        Case::odd(
            [
                "blob-absent",
                "an image whose layer is not there",
                BLOBS,
                "A layout may lack blobs that are got elsewhere.",
            ],
            |b| {
                simple(b);
                b.remove(Part::Layer(0));
            },
        )
        .noted("layout-blob-absent")
        .beyond_the_image(),
        Case::odd(
            [
                "blob-unverified",
                "a blob by an algorithm that nobody knows",
                DIGESTS,
                "It cannot be verified; the grammar allows it.",
            ],
            |b| {
                simple(b);
                b.extra("blobs/example/abc", Node::File(b"x".to_vec()));
                b.index(|x| set(x, "/manifests/1", other("application/vnd.example.x", "example:abc")));
            },
        )
        .noted("layout-blob-unverified")
        .warned("descriptor-algorithm")
        .noted("index-manifest-media-type")
        .beyond_the_image(),
        Case::odd(
            ["ref-name-twice", "one name for two images", INDEX_JSON, "Nothing tells them apart."],
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let other = blobs.add_index(vec![manifest.clone()]);
                    vec![tagged(manifest, TAG), tagged(other, TAG)]
                });
            },
        )
        .warned("layout-ref-duplicate")
        .beyond_the_image(),
        Case::invalid(
            ["index-chain", "a hundred indexes, each in the next", INDEX, "Deeper than anybody walks."],
            "layout-limits",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let top = (0..100).fold(manifest, |below, _| blobs.add_index(vec![below]));
                    vec![tagged(top, TAG)]
                });
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::valid(["index-nested", "an index in an index", INDEX, "Indexes may be nested."], |b| {
            simple(b);
            b.roots(|blobs, manifest| {
                let inner = blobs.add_index(vec![manifest]);
                vec![tagged(blobs.add_index(vec![inner]), TAG)]
            });
        }),
    ]
}
