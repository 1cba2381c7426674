//! Documents that are one thing to one reader and another to the next.

use serde_json::json;

use super::section::{CONFIG, EMPTY, INDEX, MANIFEST};
use super::simple;
use crate::case::Case;
use crate::layout::{self, LAYER};
use crate::tar::{archive, file};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::refused(
            "manifest-labelled-index",
            "a manifest whose descriptor says that it is an index",
            INDEX,
            "Its own media type disagrees; taken for an index it is one without images, or one that leads elsewhere.",
            |b| {
                simple(b);
                b.index(|index| index["manifests"][0]["mediaType"] = layout::INDEX.into());
            },
            &["{manifest}"],
        ),
        Case::refused(
            "index-labelled-manifest",
            "an index whose descriptor says that it is a manifest",
            MANIFEST,
            "It has neither config nor layers.",
            |b| {
                simple(b);
                b.roots(|blobs, manifest| {
                    let mut index = blobs.add_index(vec![manifest]);
                    index["mediaType"] = layout::MANIFEST.into();
                    vec![layout::tagged(index, layout::TAG)]
                });
            },
            &["sha256:"],
        ),
        Case::refused(
            "manifest-with-manifests",
            "one document with layers and with manifests",
            MANIFEST,
            "What it is depends on who reads it (CVE-2021-41190).",
            |b| {
                simple(b);
                b.manifest(|manifest| {
                    let config = manifest["config"].clone();
                    manifest["manifests"] = json!([config]);
                });
            },
            &["{manifest}"],
        ),
        Case::refused(
            "manifest-other-media-type",
            "a manifest that says it is a config",
            MANIFEST,
            "A document's own media type must agree with its descriptor.",
            |b| {
                simple(b);
                b.manifest(|manifest| manifest["mediaType"] = layout::CONFIG.into());
            },
            &["{manifest}"],
        ),
        Case::refused(
            "manifest-schema-1",
            "a manifest of schema version 1",
            MANIFEST,
            "The version must be 2.",
            |b| {
                simple(b);
                b.manifest(|manifest| manifest["schemaVersion"] = json!(1));
            },
            &["{manifest}"],
        ),
        Case::refused(
            "manifest-without-config",
            "a manifest without a config",
            MANIFEST,
            "It is required.",
            |b| {
                simple(b);
                b.manifest(|manifest| {
                    if let Some(members) = manifest.as_object_mut() {
                        members.remove("config");
                    }
                });
            },
            &["{manifest}"],
        ),
        Case::refused(
            "config-is-layer",
            "a manifest whose config is its layer",
            CONFIG,
            "The bytes are what the digest says, and no config.",
            |b| {
                simple(b);
                b.manifest(|manifest| {
                    manifest["config"]["digest"] = manifest["layers"][0]["digest"].clone();
                    manifest["config"]["size"] = manifest["layers"][0]["size"].clone();
                });
            },
            &["{layer0}"],
        ),
        Case::refused(
            "config-rootfs-type",
            "a config whose rootfs is not of type `layers`",
            CONFIG,
            "The type must be `layers`.",
            |b| {
                simple(b);
                b.config(|config| config["rootfs"]["type"] = "blobs".into());
            },
            &["blobs"],
        ),
        Case::refused(
            "config-without-rootfs",
            "a config without a rootfs",
            CONFIG,
            "It is required, and with it the diff_ids.",
            |b| {
                simple(b);
                b.config(|config| {
                    if let Some(members) = config.as_object_mut() {
                        members.remove("rootfs");
                    }
                });
            },
            &["{config}"],
        ),
        Case::refused(
            "layer-unknown-media-type",
            "a layer of a media type that nobody knows",
            MANIFEST,
            "It may be stored and copied; what it does to a tree is unknown.",
            |b| {
                let tar = archive([file("a", "x")]);
                b.layer_blob("application/vnd.example.layer.v9.squash", tar.clone(), &tar);
            },
            &["application/vnd.example.layer.v9.squash"],
        ),
        Case::refused(
            "artifact-empty-config",
            "an artifact: a manifest whose config is the empty descriptor",
            EMPTY,
            "It is no image, so it cannot be unpacked.",
            |b| {
                b.layer_blob(LAYER, archive([file("a", "x")]), b"");
                b.config_bytes(|_| b"{}".to_vec());
                b.manifest(|manifest| {
                    manifest["artifactType"] = "application/vnd.example.thing".into();
                    manifest["config"]["mediaType"] = "application/vnd.oci.empty.v1+json".into();
                });
            },
            &["{manifest}"],
        ),
    ]
}
