//! JSON documents: duplicate names, wrong types, confusion of one document with another.

use serde_json::{Value, json};

use super::section::{
    CONFIG, DESCRIPTOR, DIFF_ID, DIGESTS, EMPTY, EXTENSIBILITY, INDEX, INDEX_JSON, JSON, MANIFEST,
    NONDISTRIBUTABLE, VERIFICATION,
};
use crate::case::{Case, Refusal};
use crate::layout::{self, LAYER, LayoutBuilder, Node, Part};
use crate::tar::{archive, file};
use crate::tree::{self, ExpectedEntry};

pub(super) fn cases() -> Vec<Case> {
    let mut all = syntax();
    all.extend(index_syntax());
    all.extend(duplicates());
    all.extend(extensions());
    all.extend(descriptors());
    all.extend(lies());
    all.extend(diff_ids());
    all.extend(confusion());
    all
}

/// The layer of a case that is about something else.
fn simple(b: &mut LayoutBuilder) {
    b.layer([file("a", "x")]);
}

fn simple_tree() -> [ExpectedEntry; 1] {
    [tree::file("a", "x")]
}

fn deep() -> String {
    format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))
}

/// Puts members before all others of a JSON object.
fn prepend(members: &str, object: &str) -> Vec<u8> {
    object.replacen('{', &format!("{{{members},"), 1).into_bytes()
}

fn syntax() -> Vec<Case> {
    vec![
        Case::refused(
            "json-deep-config",
            "a config nested 10,000 deep in a member that nobody knows",
            JSON,
            "A reader that calls itself for each level runs out of stack.",
            |b| {
                simple(b);
                b.config_bytes(|text| prepend(&format!("\"x\":{}", deep()), &text));
            },
            &["{config}"],
        ),
        Case::refused(
            "json-deep-manifest",
            "a manifest nested 10,000 deep in a member that nobody knows",
            JSON,
            "A reader that calls itself for each level runs out of stack.",
            |b| {
                simple(b);
                b.manifest_bytes(|text| prepend(&format!("\"x\":{}", deep()), &text));
            },
            &["{manifest}"],
        ),
        Case::refused(
            "json-deep-index",
            "an index.json of 10,000 brackets that never close",
            JSON,
            "A reader that calls itself for each level runs out of stack.",
            |b| {
                simple(b);
                b.index_bytes(|text| prepend(&format!("\"x\":{}", "[{\"x\":".repeat(10_000)), &text));
            },
            &["index.json"],
        ),
        Case::refused(
            "json-byte-order-mark",
            "a manifest that begins with a byte order mark",
            JSON,
            "RFC 8259, section 8.1: it must not be there.",
            |b| {
                simple(b);
                b.manifest_bytes(|text| [b"\xef\xbb\xbf".to_vec(), text.into_bytes()].concat());
            },
            &["{manifest}"],
        ),
        Case::refused(
            "json-trailing-garbage",
            "a manifest with another document after it",
            JSON,
            "A reader that stops at the first sees one document, another sees the second.",
            |b| {
                simple(b);
                b.manifest_bytes(|text| format!("{text}{{}}").into_bytes());
            },
            &["{manifest}"],
        ),
        Case::refused(
            "json-cut",
            "a config that is cut off",
            JSON,
            "Its digest is right, but it is no JSON.",
            |b| {
                simple(b);
                b.config_bytes(|text| text.as_bytes()[..text.len() - 1].to_vec());
            },
            &["{config}"],
        ),
        Case::refused(
            "json-not-utf8",
            "a config with a string that is not UTF-8",
            JSON,
            "RFC 8259, section 8.1: JSON is UTF-8.",
            |b| {
                simple(b);
                b.config_bytes(|text| {
                    let mut bytes = prepend("\"author\":\"?\"", &text);
                    if let Some(byte) = bytes.iter_mut().find(|byte| **byte == b'?') {
                        *byte = 0xff;
                    }
                    bytes
                });
            },
            &["{config}"],
        ),
        Case::refused(
            "json-empty-config",
            "a config of no bytes",
            JSON,
            "Its digest is right, but it is no JSON.",
            |b| {
                simple(b);
                b.config_bytes(|_| Vec::new());
            },
            &["{config}"],
        ),
        Case::refused(
            "json-array-manifest",
            "a manifest that is an array",
            MANIFEST,
            "A manifest is an object.",
            |b| {
                simple(b);
                b.manifest_bytes(|text| format!("[{text}]").into_bytes());
            },
            &["{manifest}"],
        ),
    ]
}

fn index_syntax() -> Vec<Case> {
    vec![
        Case::refused(
            "index-json-cut",
            "an index.json that is cut off",
            INDEX_JSON,
            "As a writer that died would leave it.",
            |b| {
                simple(b);
                b.index_bytes(|text| text.as_bytes()[..text.len() / 2].to_vec());
            },
            &["index.json"],
        ),
        Case::refused(
            "index-json-empty",
            "an index.json of no bytes",
            INDEX_JSON,
            "As a full disk would leave it.",
            |b| {
                simple(b);
                b.index_bytes(|_| Vec::new());
            },
            &["index.json"],
        ),
        Case::refused(
            "index-json-manifests-object",
            "an index.json whose manifests are no array",
            INDEX,
            "The member must be an array of descriptors.",
            |b| {
                simple(b);
                b.index(|index| index["manifests"] = json!({}));
            },
            &["index.json"],
        ),
        Case::refused(
            "index-json-digest-path",
            "a digest in index.json that is a path",
            DIGESTS,
            "It must be parsed before it is made into a path.",
            |b| {
                simple(b);
                b.index(|index| index["manifests"][0]["digest"] = "sha256:../../../outside/sentinel".into());
            },
            &["../../../outside/sentinel"],
        ),
    ]
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

fn descriptors() -> Vec<Case> {
    vec![
        Case::refused(
            "digest-path",
            "a layer's digest that is a path",
            DIGESTS,
            "It must be parsed before it is made into a path.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["digest"] = "sha256:../../../outside/sentinel".into());
            },
            &["../../../outside/sentinel"],
        ),
        Case::refused(
            "digest-algorithm-path",
            "a digest whose algorithm is a path",
            DIGESTS,
            "The algorithm names a directory below blobs/.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["digest"] = "../../outside:sentinel".into());
            },
            &["../../outside:sentinel"],
        ),
        Case::refused(
            "digest-upper-case",
            "a digest in upper-case hex",
            DIGESTS,
            "A-F must not be used; on some file systems it would name the same file.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["digest"] = format!("sha256:{}", "AB".repeat(32)).into());
            },
            &["ABABABAB"],
        ),
        Case::refused(
            "digest-short",
            "a sha256 digest of 63 digits",
            DIGESTS,
            "It has 64.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["digest"] = format!("sha256:{}", "0".repeat(63)).into());
            },
            &["sha256:0000"],
        ),
        Case::refused(
            "digest-unknown-algorithm",
            "a digest of an algorithm that nobody registered",
            DIGESTS,
            "It is well-formed, so documents with it may be kept and copied; content that cannot be verified must not be used.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["digest"] = "md5:d41d8cd98f00b204e9800998ecf8427e".into());
                b.extra("blobs/md5/d41d8cd98f00b204e9800998ecf8427e", Node::File(archive([file("a", "x")])));
            },
            &["md5:d41d8cd98f00b204e9800998ecf8427e"],
        ),
        Case::refused(
            "size-negative-descriptor",
            "a descriptor of negative size",
            DESCRIPTOR,
            "The size must not be negative.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["size"] = json!(-1));
            },
            &["{manifest}"],
        ),
        Case::refused(
            "size-exponent-descriptor",
            "a descriptor of size 1e3",
            DESCRIPTOR,
            "The size is an int64; readers differ on whether this is one.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["size"] = json!("SIZE"));
                b.manifest_bytes(|text| text.replace("\"SIZE\"", "1e3").into_bytes());
            },
            &["{manifest}"],
        ),
        Case::refused(
            "size-string-descriptor",
            "a descriptor whose size is a string",
            DESCRIPTOR,
            "The size is a number.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["size"] = json!("2048"));
            },
            &["{manifest}"],
        ),
        Case::refused(
            "size-missing-descriptor",
            "a descriptor without a size",
            DESCRIPTOR,
            "It is required.",
            |b| {
                simple(b);
                b.manifest(|m| {
                    if let Some(members) = m["layers"][0].as_object_mut() {
                        members.remove("size");
                    }
                });
            },
            &["{manifest}"],
        ),
        Case::refused(
            "size-huge-descriptor",
            "a descriptor of size 2^63",
            DESCRIPTOR,
            "The size is an int64.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["size"] = json!(1_u64 << 63));
            },
            &["{manifest}"],
        ),
    ]
}

/// Content that is not what its descriptor says.
fn lies() -> Vec<Case> {
    let lie = |id, title, section, about, build, needle| {
        Case::refused(id, title, section, about, build, needle).refused_as(Refusal::Verification)
    };
    vec![
        lie(
            "size-too-small",
            "a layer larger than its descriptor says",
            VERIFICATION,
            "The content should not be trusted, nor read further than the size.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["size"] = json!(512));
            },
            &["{layer0}"],
        ),
        lie(
            "size-too-large",
            "a layer smaller than its descriptor says",
            VERIFICATION,
            "The content should not be trusted.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["size"] = json!(1_000_000));
            },
            &["{layer0}"],
        ),
        lie(
            "size-zero",
            "a layer whose descriptor says it is empty",
            VERIFICATION,
            "Zero is a size like any other.",
            |b| {
                simple(b);
                b.manifest(|m| m["layers"][0]["size"] = json!(0));
            },
            &["{layer0}"],
        ),
        lie(
            "digest-lie-layer",
            "a layer of the right size and other content",
            VERIFICATION,
            "The digest tells.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::File(archive([file("a", "z")])));
            },
            &["{layer0}"],
        ),
        lie(
            "digest-lie-after-end",
            "a layer that differs in its last byte",
            VERIFICATION,
            "After the end of the archive, where no reader of tar looks.",
            |b| {
                simple(b);
                let mut tar = archive([file("a", "x")]);
                if let Some(last) = tar.last_mut() {
                    *last = 1;
                }
                b.replace(Part::Layer(0), Node::File(tar));
            },
            &["{layer0}"],
        ),
        lie(
            "digest-lie-grown",
            "a layer with more bytes after those of its descriptor",
            VERIFICATION,
            "The first bytes match size and digest; the blob does not.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::File([archive([file("a", "x")]), vec![0; 512]].concat()));
            },
            &["{layer0}"],
        ),
        lie(
            "digest-lie-config",
            "a config of the right size and other content",
            VERIFICATION,
            "The digest tells before anything in it is believed.",
            |b| {
                simple(b);
                b.config(|config| config["author"] = "one".into());
                b.replace(Part::Config, Node::File(b"{}".to_vec()));
            },
            &["{config}"],
        ),
        lie(
            "digest-lie-manifest",
            "a manifest of other content",
            VERIFICATION,
            "Nothing it lists may be opened.",
            |b| {
                simple(b);
                b.replace(Part::Manifest, Node::File(b"{}".to_vec()));
            },
            &["{manifest}"],
        ),
    ]
}

fn diff_ids() -> Vec<Case> {
    vec![
        Case::refused(
            "diff-id-lie",
            "a diff_id of another archive",
            DIFF_ID,
            "The blob is what its digest says, but not the layer that the config names.",
            |b| {
                let (tar, other) = (archive([file("a", "x")]), archive([file("a", "y")]));
                b.layer_blob(layout::LAYER_GZIP, crate::gzip::member(&tar), &other);
            },
            &["diff_id"],
        )
        .refused_as(Refusal::Verification),
        Case::refused(
            "diff-id-of-blob",
            "a diff_id that is the digest of the compressed blob",
            DIFF_ID,
            "A common mistake of writers: it is over the uncompressed archive.",
            |b| {
                let blob = crate::gzip::member(&archive([file("a", "x")]));
                b.layer_blob(layout::LAYER_GZIP, blob.clone(), &blob);
            },
            &["diff_id"],
        )
        .refused_as(Refusal::Verification),
        Case::refused(
            "diff-id-zeros",
            "a diff_id of zeros",
            DIFF_ID,
            "It is no wildcard.",
            |b| {
                simple(b);
                b.config(|c| c["rootfs"]["diff_ids"][0] = format!("sha256:{}", "0".repeat(64)).into());
            },
            &["diff_id"],
        )
        .refused_as(Refusal::Verification),
        Case::refused(
            "diff-id-swapped",
            "the diff_ids of two layers in the wrong order",
            DIFF_ID,
            "They stand from first to last.",
            |b| {
                simple(b);
                b.layer([file("a", "y")]);
                b.config(|c| {
                    if let Some(ids) = c["rootfs"]["diff_ids"].as_array_mut() {
                        ids.swap(0, 1);
                    }
                });
            },
            &["diff_id"],
        )
        .refused_as(Refusal::Verification),
        Case::refused(
            "diff-ids-too-few",
            "two layers and one diff_id",
            DIFF_ID,
            "A layer that the config does not name cannot be verified.",
            |b| {
                simple(b);
                b.layer([file("b", "y")]);
                b.config(|c| {
                    if let Some(ids) = c["rootfs"]["diff_ids"].as_array_mut() {
                        ids.pop();
                    }
                });
            },
            &["diff_id"],
        ),
        Case::refused(
            "diff-ids-too-many",
            "one layer and two diff_ids",
            DIFF_ID,
            "A layer is missing.",
            |b| {
                simple(b);
                b.config(|c| {
                    let first = c["rootfs"]["diff_ids"][0].clone();
                    c["rootfs"]["diff_ids"] = json!([first, first]);
                });
            },
            &["diff_id"],
        ),
        Case::refused(
            "diff-ids-none",
            "one layer and no diff_ids",
            DIFF_ID,
            "They are required.",
            |b| {
                simple(b);
                b.config(|c| c["rootfs"]["diff_ids"] = json!([]));
            },
            &["diff_id"],
        ),
        Case::refused(
            "diff-id-malformed",
            "a diff_id that is no digest",
            DIFF_ID,
            "It follows the grammar of digests.",
            |b| {
                simple(b);
                b.config(|c| c["rootfs"]["diff_ids"][0] = "sha256:xyz".into());
            },
            &["{config}"],
        ),
    ]
}

fn confusion() -> Vec<Case> {
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
