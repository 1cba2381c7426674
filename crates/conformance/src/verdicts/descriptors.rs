//! Descriptors.

use serde_json::json;

use super::image::{EMPTY_TYPE, MANIFEST_TYPE, artifact, digest, other, simple};
use super::pointer::{remove, set};
use crate::layout::{TAG, tagged};
use crate::validation::ValidationCase as Case;

const MANIFEST: &str = "manifest.md, Image Manifest Property Descriptions";
const DESCRIPTOR: &str = "descriptor.md, Properties";
const DIGESTS: &str = "descriptor.md, Digests";
const SHA: &str = "descriptor.md, SHA-256";
const ALGORITHMS: &str = "descriptor.md, Registered Algorithms";
const EMPTY: &str = "manifest.md, Guidance for an Empty Descriptor";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::invalid(
            [
                "descriptor-string",
                "a layer's descriptor that is a string",
                MANIFEST,
                "Each layer must be a descriptor.",
            ],
            "descriptor-object",
            |b| {
                simple(b);
                b.manifest(|x| {
                    let digest = x["layers"][0]["digest"].take();
                    set(x, "/layers/0", digest)
                });
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            [
                "descriptor-media-type",
                "a media type with a parameter",
                DESCRIPTOR,
                "It must be a type and a subtype by RFC 6838.",
            ],
            "descriptor-media-type",
            |b| {
                simple(b);
                b.index(|x| set(x, "/manifests/1", other("text/plain; charset=utf-8", &digest('1'))));
            },
        )
        .noted("index-manifest-media-type")
        .noted("layout-blob-absent")
        .beyond_the_image(),
        Case::invalid(
            [
                "descriptor-media-type-missing",
                "a config's descriptor without a media type",
                DESCRIPTOR,
                "mediaType is required.",
            ],
            "descriptor-media-type",
            |b| {
                simple(b);
                b.manifest(|x| remove(x, "/config", "mediaType"));
            },
        ),
        Case::invalid(
            [
                "descriptor-digest",
                "a digest without an algorithm",
                DIGESTS,
                "A digest is algorithm, colon, encoded.",
            ],
            "descriptor-digest",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/digest", "1".repeat(64)));
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            ["descriptor-digest-missing", "a descriptor without a digest", DESCRIPTOR, "digest is required."],
            "descriptor-digest",
            |b| {
                simple(b);
                b.manifest(|x| remove(x, "/layers/0", "digest"));
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            [
                "descriptor-digest-upper",
                "a SHA-256 digest in upper case",
                SHA,
                "The encoded portion must be lower-case hex.",
            ],
            "descriptor-digest-registered",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/digest", format!("sha256:{}", "A".repeat(64))));
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            ["descriptor-digest-short", "a SHA-256 digest of 63 digits", SHA, "It has 64."],
            "descriptor-digest-registered",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/digest", format!("sha256:{}", "a".repeat(63))));
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::odd(
            [
                "descriptor-algorithm",
                "a digest by another algorithm than SHA-256",
                ALGORITHMS,
                "Implementations should use SHA-256.",
            ],
            |b| {
                simple(b);
                b.index(|x| {
                    let digest = format!("sha512:{}", "1".repeat(128));
                    let platform = x["manifests"][0]["platform"].clone();
                    set(x, "/manifests/1", other(MANIFEST_TYPE, &digest))?;
                    set(x, "/manifests/1/platform", platform)
                });
            },
        )
        .warned("descriptor-algorithm")
        .noted("layout-blob-absent")
        .beyond_the_image(),
        Case::invalid(
            ["descriptor-size-string", "a size that is a string", DESCRIPTOR, "It is an integer."],
            "descriptor-size",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/size", "2048"));
            },
        ),
        Case::invalid(
            ["descriptor-size-negative", "a negative size", DESCRIPTOR, "It cannot be less than nothing."],
            "descriptor-size",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/size", -1));
            },
        ),
        Case::invalid(
            ["descriptor-size-missing", "a descriptor without a size", DESCRIPTOR, "size is required."],
            "descriptor-size",
            |b| {
                simple(b);
                b.manifest(|x| remove(x, "/layers/0", "size"));
            },
        ),
        Case::invalid(
            [
                "descriptor-size-mismatch",
                "a layer that is larger than its descriptor says",
                DESCRIPTOR,
                "The size must be that of the content.",
            ],
            "descriptor-size-mismatch",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/size", 2047));
            },
        ),
        Case::invalid(
            ["descriptor-urls", "a url that is none", DESCRIPTOR, "Each entry must be a URI."],
            "descriptor-urls",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/urls", json!(["example.com/an example"])));
            },
        ),
        Case::odd(
            [
                "descriptor-urls-scheme",
                "a url that is not http",
                DESCRIPTOR,
                "Entries should use http or https.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/urls", json!(["ftp://example.com/layer"])));
            },
        )
        .warned("descriptor-urls-scheme"),
        Case::valid(
            ["descriptor-urls-https", "a url", DESCRIPTOR, "A place that the blob may be fetched from."],
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/urls", json!(["https://example.com/layer"])));
            },
        ),
        Case::invalid(
            [
                "descriptor-data",
                "embedded data that is no base64",
                DESCRIPTOR,
                "data is base64 with padding.",
            ],
            "descriptor-data",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/data", "?"));
            },
        ),
        Case::invalid(
            [
                "descriptor-data-mismatch",
                "embedded data of other content",
                DESCRIPTOR,
                "The decoded data must be the referenced content.",
            ],
            "descriptor-data-mismatch",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/data", "e30="));
            },
        ),
        Case::invalid(
            [
                "descriptor-artifact-type",
                "an artifact type that is no media type",
                DESCRIPTOR,
                "It must be by RFC 6838.",
            ],
            "descriptor-artifact-type",
            |b| {
                simple(b);
                b.index(|x| {
                    set(x, "/manifests/1", other(MANIFEST_TYPE, &digest('1')))?;
                    set(x, "/manifests/1/artifactType", "sbom")
                });
            },
        )
        .noted("layout-blob-absent")
        .beyond_the_image(),
        Case::invalid(
            [
                "descriptor-artifact-type-differs",
                "an artifact type that its manifest does not have",
                DESCRIPTOR,
                "It must be the manifest's own.",
            ],
            "descriptor-artifact-type-differs",
            |b| {
                artifact(b);
                b.index(|x| set(x, "/manifests/0/artifactType", "application/vnd.example.other"));
            },
        ),
        Case::invalid(
            [
                "descriptor-empty",
                "an empty descriptor of no bytes",
                EMPTY,
                "The empty value is the two bytes {}.",
            ],
            "descriptor-empty",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let none = blobs.add(EMPTY_TYPE, Vec::new());
                    let artifact = json!({
                    "schemaVersion": 2,
                    "mediaType": MANIFEST_TYPE,
                    "artifactType": "application/vnd.example.x",
                    "config": none,
                    "layers": [blobs.add(EMPTY_TYPE, b"{}".to_vec())],
                    });
                    let artifact = blobs.add(MANIFEST_TYPE, artifact.to_string().into_bytes());
                    vec![tagged(manifest, TAG), tagged(artifact, "other")]
                });
            },
        )
        .beyond_the_image(),
    ]
}
