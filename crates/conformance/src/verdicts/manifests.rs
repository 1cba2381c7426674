//! Manifests.

use serde_json::json;

use super::image::{INDEX_TYPE, artifact, artifact_of, digest, simple};
use super::pointer::{remove, set};
use crate::validation::ValidationCase as Case;

const MANIFEST: &str = "manifest.md, Image Manifest Property Descriptions";
const ARTIFACTS: &str = "manifest.md, Guidelines for Artifact Usage";
const NONDIST: &str = "layer.md, Non-Distributable Layers";
const COMPAT: &str = "media-types.md, Compatibility Matrix";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::invalid(
            ["manifest-array", "a manifest that is an array", MANIFEST, "It must be an object."],
            "manifest-object",
            |b| {
                simple(b);
                b.manifest_bytes(|_| b"[]".to_vec());
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            ["manifest-schema-version", "a manifest of schema version 1", MANIFEST, "It must be 2."],
            "manifest-schema-version",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/schemaVersion", 1));
            },
        ),
        Case::invalid(
            [
                "manifest-schema-version-missing",
                "a manifest without a schema version",
                MANIFEST,
                "It is required.",
            ],
            "manifest-schema-version",
            |b| {
                simple(b);
                b.manifest(|x| remove(x, "", "schemaVersion"));
            },
        ),
        Case::invalid(
            [
                "manifest-media-type",
                "a manifest that says that it is an index",
                MANIFEST,
                "Its own media type must be that of a manifest.",
            ],
            "manifest-media-type",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/mediaType", INDEX_TYPE));
            },
        ),
        Case::odd(
            [
                "manifest-media-type-missing",
                "a manifest that does not say what it is",
                MANIFEST,
                "It should be used.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| remove(x, "", "mediaType"));
            },
        )
        .warned("manifest-media-type-missing"),
        Case::invalid(
            [
                "manifest-artifact-type",
                "an artifact type that is no media type",
                MANIFEST,
                "It must be by RFC 6838.",
            ],
            "manifest-artifact-type",
            |b| {
                artifact(b);
                b.manifest(|x| set(x, "/artifactType", "sbom"));
            },
        ),
        Case::valid(["artifact", "an artifact", ARTIFACTS, "A type, an empty config, a blob."], |b| {
            artifact(b);
        }),
        Case::invalid(
            [
                "artifact-type-missing",
                "an artifact without a type",
                MANIFEST,
                "With an empty config it must be set.",
            ],
            "manifest-artifact-type-missing",
            |b| {
                artifact(b);
                b.manifest(|x| remove(x, "", "artifactType"));
            },
        ),
        Case::invalid(
            [
                "artifact-image-config",
                "an artifact with an image's config",
                ARTIFACTS,
                "Its config must not be of that type.",
            ],
            "manifest-artifact-config",
            |b| {
                simple(b);
                b.manifest(|x| {
                    set(x, "/artifactType", "application/vnd.example.x")?;
                    set(x, "/layers/0/mediaType", "application/vnd.example.x")
                });
            },
        )
        .warned("manifest-layer-media-type"),
        Case::odd(
            [
                "artifact-layer-empty",
                "an artifact whose only layer has no bytes",
                ARTIFACTS,
                "The empty descriptor should stand for none.",
            ],
            |b| {
                artifact_of(b, b"");
            },
        )
        .warned("manifest-artifact-layer"),
        Case::invalid(
            ["manifest-config-null", "a manifest whose config is null", MANIFEST, "A config is required."],
            "manifest-config",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/config", json!(null)));
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            ["manifest-config-missing", "a manifest without a config", MANIFEST, "A config is required."],
            "manifest-config",
            |b| {
                simple(b);
                b.manifest(|x| remove(x, "", "config"));
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            ["manifest-layers-null", "a manifest whose layers are null", MANIFEST, "Layers are an array."],
            "manifest-layers",
            |b| {
                simple(b);
                b.config(|x| set(x, "/rootfs/diff_ids", json!([])));
                b.manifest(|x| set(x, "/layers", json!(null)));
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            ["manifest-layers-empty", "a manifest without layers", MANIFEST, "At least one is asked for."],
            "manifest-layers-empty",
            |b| {
                b.manifest(|x| set(x, "/layers", json!([])));
            },
        ),
        Case::odd(
            [
                "layer-unknown-media-type",
                "a layer of a media type that is no layer's",
                MANIFEST,
                "An image's layers should be of those types.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/layers/0/mediaType", "application/x-tar"));
            },
        )
        .warned("manifest-layer-media-type"),
        Case::odd(
            [
                "layer-nondistributable",
                "a non-distributable layer",
                NONDIST,
                "They should no longer be made.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| {
                    set(x, "/layers/0/mediaType", "application/vnd.oci.image.layer.nondistributable.v1.tar")
                });
            },
        )
        .warned("manifest-layer-nondistributable"),
        Case::odd(
            [
                "config-docker-media-type",
                "a config of Docker's media type",
                COMPAT,
                "Legal, and known to most readers.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/config/mediaType", "application/vnd.docker.container.image.v1+json"));
            },
        )
        .noted("manifest-docker-media-type"),
        Case::invalid(
            ["manifest-subject", "a subject that is a string", MANIFEST, "It is a descriptor of a manifest."],
            "manifest-subject",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/subject", digest('1')));
            },
        ),
        Case::odd(
            [
                "manifest-with-manifests",
                "a manifest that lists manifests",
                MANIFEST,
                "Readers may take it for an index.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/manifests", json!([])));
            },
        )
        .warned("manifest-ambiguous"),
    ]
}
