//! Members of JSON objects: none twice, and those that we do not know change nothing.

use serde_json::{Value, json};

use super::section::{EXTENSIBILITY, JSON, MANIFEST, NONDISTRIBUTABLE};
use super::{simple, simple_tree};
use crate::case::Case;
use crate::tar::{archive, file};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = duplicates();
    all.extend(extensions());
    all
}

/// Puts members before all others of a JSON object.
fn prepend(members: &str, object: &str) -> Vec<u8> {
    object.replacen('{', &format!("{{{members},"), 1).into_bytes()
}

fn duplicates() -> Vec<Case> {
    const ABOUT: &str = "One reader takes the first, another the last; the signature of both is the same.";
    vec![
        Case::refused(
            "json-duplicate-layers",
            "a manifest with two `layers`",
            JSON,
            ABOUT,
            |b| {
                simple(b);
                b.manifest_bytes(|text| prepend("\"layers\":[]", &text));
            },
            &["layers"],
        ),
        Case::refused(
            "json-duplicate-escaped",
            "a manifest with `layers` and `l\\u0061yers`",
            JSON,
            "Escapes are undone before names are compared.",
            |b| {
                simple(b);
                b.manifest_bytes(|text| prepend("\"l\\u0061yers\":[]", &text));
            },
            &["layers"],
        ),
        Case::refused(
            "json-duplicate-digest",
            "a descriptor with two digests",
            JSON,
            ABOUT,
            |b| {
                simple(b);
                b.manifest_bytes(|text| {
                    text.replacen("\"digest\":", "\"digest\":\"sha256:00\",\"digest\":", 1).into_bytes()
                });
            },
            &["digest"],
        ),
        Case::refused(
            "json-duplicate-diff-ids",
            "a config with two `rootfs`",
            JSON,
            ABOUT,
            |b| {
                simple(b);
                b.config_bytes(|text| prepend("\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}", &text));
            },
            &["rootfs"],
        ),
        Case::refused(
            "json-duplicate-unknown",
            "a duplicate name deep inside a member that nobody knows",
            JSON,
            "Another reader may know the member.",
            |b| {
                simple(b);
                b.config_bytes(|text| {
                    prepend("\"vendor\":[{\"x\":{\"twice\":1,\"once\":2,\"twice\":3}}]", &text)
                });
            },
            &["twice"],
        ),
        Case::refused(
            "json-duplicate-index",
            "an index.json with two `manifests`",
            JSON,
            ABOUT,
            |b| {
                simple(b);
                b.index_bytes(|text| prepend("\"manifests\":[]", &text));
            },
            &["manifests"],
        ),
    ]
}

fn extensions() -> Vec<Case> {
    vec![
        Case::legal(
            "json-unknown-members",
            "members that nobody knows, everywhere",
            EXTENSIBILITY,
            "They are ignored: big numbers, nulls, and names that differ from known ones in case alone.",
            |b| {
                simple(b);
                let extra = |json: &mut Value| {
                    json["x-big"] = json!(123_456_789_012_345_678_u64);
                    json["x-null"] = Value::Null;
                    json["Layers"] = json!([{ "digest": "nonsense" }]);
                    json["RootFS"] = json!({ "diff_ids": [1] });
                    json["Manifests"] = json!("none");
                };
                b.config(extra);
                b.manifest(extra);
                b.manifest(move |manifest| extra(&mut manifest["layers"][0]));
                b.index(extra);
            },
            simple_tree(),
        ),
        Case::legal(
            "json-nulls",
            "nulls where optional members may stand",
            EXTENSIBILITY,
            "As some writers leave them.",
            |b| {
                simple(b);
                b.config(|config| {
                    config["config"] = json!({ "Env": null, "Cmd": null, "Labels": null, "Volumes": null });
                    config["history"] = Value::Null;
                });
                b.manifest(|manifest| manifest["annotations"] = Value::Null);
            },
            simple_tree(),
        ),
        Case::legal(
            "manifest-without-media-type",
            "documents that do not say their media type",
            MANIFEST,
            "The descriptor does.",
            |b| {
                simple(b);
                let remove = |json: &mut Value| {
                    if let Some(members) = json.as_object_mut() {
                        members.remove("mediaType");
                    }
                };
                b.manifest(remove);
                b.index(remove);
            },
            simple_tree(),
        ),
        Case::legal(
            "layer-none",
            "an image without layers",
            MANIFEST,
            "`layers` should have an entry, for portability; without one the tree is empty.",
            |_| {},
            [],
        ),
        Case::legal(
            "layer-twice",
            "one layer twice",
            MANIFEST,
            "Layers are applied in stack order; nothing forbids that one returns.",
            |b| {
                let tar = archive([file("a", "first")]);
                b.layer_tar(tar.clone());
                b.layer([file("a", "second"), file("b", "y")]);
                b.layer_tar(tar);
            },
            [tree::file("a", "first"), tree::file("b", "y")],
        ),
        Case::legal(
            "layer-nondistributable",
            "layers of the nondistributable types",
            NONDISTRIBUTABLE,
            "Where the blob is present it is a layer like others, `urls` or not.",
            |b| {
                let tar = archive([file("a", "x")]);
                b.layer_blob("application/vnd.oci.image.layer.nondistributable.v1.tar", tar.clone(), &tar);
                b.manifest(|manifest| {
                    manifest["layers"][0]["urls"] = json!(["https://example.com/layer.tar"])
                });
            },
            simple_tree(),
        ),
        Case::legal(
            "docker-media-types",
            "an image of Docker's media types",
            MANIFEST,
            "The formats are compatible; such images stand in layouts.",
            |b| {
                let tar = archive([file("a", "x")]);
                let gzip = crate::gzip::member(&tar);
                b.layer_blob("application/vnd.docker.image.rootfs.diff.tar.gzip", gzip, &tar);
                const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
                b.manifest(|manifest| {
                    manifest["mediaType"] = MANIFEST.into();
                    manifest["config"]["mediaType"] = "application/vnd.docker.container.image.v1+json".into();
                });
                b.index(|index| index["manifests"][0]["mediaType"] = MANIFEST.into());
            },
            simple_tree(),
        ),
    ]
}
