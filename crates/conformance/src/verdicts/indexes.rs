//! Indexes.

use super::image::{MANIFEST_TYPE, simple};
use super::pointer::{remove, set};
use crate::layout::{Node, Part, TAG, tagged};
use crate::validation::ValidationCase as Case;

const INDEX: &str = "image-index.md, Image Index Property Descriptions";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::invalid(
            ["index-array", "an index.json that is an array", INDEX, "It must be an object."],
            "index-object",
            |b| {
                simple(b);
                b.replace(Part::IndexJson, Node::File(b"[]".to_vec()));
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            ["index-schema-version", "an index whose schema version is a string", INDEX, "It is a number."],
            "index-schema-version",
            |b| {
                simple(b);
                b.index(|x| set(x, "/schemaVersion", "2"));
            },
        ),
        Case::invalid(
            [
                "index-media-type",
                "an index that says that it is a manifest",
                INDEX,
                "Its own media type must be that of an index.",
            ],
            "index-media-type",
            |b| {
                simple(b);
                b.index(|x| set(x, "/mediaType", MANIFEST_TYPE));
            },
        ),
        Case::odd(
            [
                "index-media-type-missing",
                "an index that does not say what it is",
                INDEX,
                "It should be used.",
            ],
            |b| {
                simple(b);
                b.index(|x| remove(x, "", "mediaType"));
            },
        )
        .warned("index-media-type-missing"),
        Case::invalid(
            [
                "index-artifact-type",
                "an index whose artifact type is no media type",
                INDEX,
                "It must be by RFC 6838.",
            ],
            "index-artifact-type",
            |b| {
                simple(b);
                b.index(|x| set(x, "/artifactType", "set"));
            },
        ),
        Case::invalid(
            [
                "index-manifests-missing",
                "an index that lists nothing, not even an empty list",
                INDEX,
                "manifests is required.",
            ],
            "index-manifests",
            |b| {
                simple(b);
                b.index(|x| remove(x, "", "manifests"));
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::odd(
            [
                "index-other",
                "something in an index that is no image",
                INDEX,
                "Implementations should pass over what they do not know.",
            ],
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let notes = blobs.add("application/vnd.example.notes", b"x".to_vec());
                    vec![tagged(manifest, TAG), notes]
                });
            },
        )
        .noted("index-manifest-media-type")
        .beyond_the_image(),
        Case::odd(
            [
                "index-platform-missing",
                "an image in an index without a platform",
                INDEX,
                "Platform should be set in an index of images.",
            ],
            |b| {
                simple(b);
                b.index(|x| remove(x, "/manifests/0", "platform"));
            },
        )
        .warned("index-platform-missing"),
    ]
}
