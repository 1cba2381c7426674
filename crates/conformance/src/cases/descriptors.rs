//! Descriptors and diff_ids: well-formed, of this image, and true.

use serde_json::json;

use super::section::{DESCRIPTOR, DIFF_ID, DIGESTS, VERIFICATION};
use super::simple;
use crate::case::{Case, Refusal};
use crate::layout::{self, Node, Part};
use crate::tar::{archive, file};

pub(super) fn cases() -> Vec<Case> {
    let mut all = descriptors();
    all.extend(lies());
    all.extend(diff_ids());
    all
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
