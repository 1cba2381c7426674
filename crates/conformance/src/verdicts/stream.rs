//! Layers as streams: how they are compressed, and their diff_ids.

use serde_json::json;

use crate::layout::{LAYER, LAYER_GZIP, LAYER_ZSTD, LayoutBuilder};
use crate::tar::{archive, file};
use crate::validation::ValidationCase as Case;
use crate::{gzip, zstd};

const GZIP: &str = "layer.md, +gzip Media Types";
const ZSTD: &str = "layer.md, +zstd Media Types";
const FORMAT: &str = "layer.md, Distributable Format";
const DIFF_ID: &str = "config.md, Layer DiffID";

/// A window of 2^27 bytes, as `zstd --long=27` asks for.
const WINDOW_128_MIB: u8 = 17 << 3;

pub(super) fn cases() -> Vec<Case> {
    let mut all = compression();
    all.extend(framing());
    all.extend(diff_ids());
    all
}

fn plain() -> Vec<u8> {
    archive([file("a", "x")])
}

/// A layer whose blob is `blob`, of the tar [`plain`].
fn layer(b: &mut LayoutBuilder, media_type: &str, blob: Vec<u8>) {
    b.layer_blob(media_type, blob, &plain());
}

fn compression() -> Vec<Case> {
    vec![
        Case::valid(["layer-gzip", "a gzip layer", GZIP, "One member of a plain tar."], |b| {
            layer(b, LAYER_GZIP, gzip::member(&plain()))
        }),
        Case::valid(["layer-zstd", "a zstd layer", ZSTD, "One frame of a plain tar."], |b| {
            layer(b, LAYER_ZSTD, zstd::frame(&plain()))
        }),
        Case::invalid(
            [
                "layer-gzip-as-zstd",
                "a gzip layer labelled zstd",
                ZSTD,
                "The media type says how the blob is compressed.",
            ],
            "layer-compression",
            |b| layer(b, LAYER_ZSTD, gzip::member(&plain())),
        ),
        Case::invalid(
            [
                "layer-zstd-as-gzip",
                "a zstd layer labelled gzip",
                GZIP,
                "The media type says how the blob is compressed.",
            ],
            "layer-compression",
            |b| layer(b, LAYER_GZIP, zstd::frame(&plain())),
        ),
        Case::invalid(
            [
                "layer-tar-as-gzip",
                "a plain layer labelled gzip",
                GZIP,
                "The media type says how the blob is compressed.",
            ],
            "layer-compression",
            |b| layer(b, LAYER_GZIP, plain()),
        ),
        Case::invalid(
            [
                "layer-gzip-as-tar",
                "a gzip layer labelled as a plain tar",
                FORMAT,
                "The media type says how the blob is compressed.",
            ],
            "layer-compression",
            |b| layer(b, LAYER, gzip::member(&plain())),
        ),
        Case::invalid(
            [
                "layer-empty-as-gzip",
                "a layer of no bytes labelled gzip",
                GZIP,
                "A gzip stream has at least a header and a trailer.",
            ],
            "layer-compression",
            |b| b.layer_blob(LAYER_GZIP, Vec::new(), &[]),
        ),
    ]
}

fn framing() -> Vec<Case> {
    vec![
        Case::invalid(
            [
                "layer-gzip-cut-off",
                "a gzip stream that is cut off",
                GZIP,
                "Its checksum and length are missing.",
            ],
            "layer-compressed-stream",
            |b| {
                let mut blob = gzip::member(&plain());
                blob.truncate(blob.len() - 8);
                layer(b, LAYER_GZIP, blob);
            },
        ),
        Case::invalid(
            [
                "layer-gzip-checksum",
                "a gzip stream with a wrong checksum",
                GZIP,
                "RFC 1952: a reader has to verify it.",
            ],
            "layer-compressed-stream",
            |b| {
                let mut blob = gzip::member(&plain());
                let at = blob.len() - 8;
                blob[at] ^= 1;
                layer(b, LAYER_GZIP, blob);
            },
        ),
        Case::invalid(
            ["layer-gzip-garbage", "bytes after a gzip stream", GZIP, "Neither another member nor padding."],
            "layer-compressed-stream",
            |b| layer(b, LAYER_GZIP, [gzip::member(&plain()), b"garbage".to_vec()].concat()),
        ),
        Case::invalid(
            ["layer-zstd-cut-off", "a zstd stream that is cut off", ZSTD, "Its last block is missing."],
            "layer-compressed-stream",
            |b| {
                let mut blob = zstd::frame(&plain());
                blob.truncate(blob.len() - 600);
                layer(b, LAYER_ZSTD, blob);
            },
        ),
        Case::odd(
            [
                "layer-gzip-members",
                "a layer of several gzip members",
                GZIP,
                "RFC 1952 allows it; some readers stop after the first.",
            ],
            |b| {
                let tar = plain();
                let (first, second) = tar.split_at(700);
                layer(b, LAYER_GZIP, [gzip::member(first), gzip::member(second)].concat());
            },
        )
        .noted("layer-gzip-members"),
        Case::odd(
            [
                "layer-gzip-padding",
                "zeros after a gzip stream",
                GZIP,
                "Some tools fill up to a block; readers get over it.",
            ],
            |b| layer(b, LAYER_GZIP, [gzip::member(&plain()), vec![0; 100]].concat()),
        )
        .noted("layer-compressed-padding"),
        Case::valid(
            [
                "layer-zstd-frames",
                "a layer of several zstd frames",
                ZSTD,
                "RFC 8878: frames are decoded one after the other.",
            ],
            |b| {
                let tar = plain();
                let (first, second) = tar.split_at(700);
                layer(b, LAYER_ZSTD, [zstd::frame(first), zstd::frame(second)].concat());
            },
        ),
        Case::odd(
            [
                "layer-zstd-skippable",
                "a zstd layer with a skippable frame",
                ZSTD,
                "As zstd:chunked has it; readers skip it.",
            ],
            |b| layer(b, LAYER_ZSTD, [zstd::frame(&plain()), zstd::skippable(b"table of contents")].concat()),
        )
        .noted("layer-zstd-skippable"),
        Case::odd(
            [
                "layer-zstd-window",
                "a zstd layer that asks for a window of 128 MiB",
                ZSTD,
                "RFC 8878 recommends that decoders support 8 MiB, and leaves more to them.",
            ],
            |b| layer(b, LAYER_ZSTD, zstd::frame_with_window(&plain(), WINDOW_128_MIB)),
        )
        .noted("layer-zstd-window"),
    ]
}

fn diff_ids() -> Vec<Case> {
    vec![
        Case::invalid(
            ["diff-id-zeros", "a diff_id of zeros", DIFF_ID, "It is not the digest of the layer's tar."],
            "layer-diff-id",
            |b| {
                b.layer([file("a", "x")]);
                b.config(|c| c["rootfs"]["diff_ids"][0] = format!("sha256:{}", "0".repeat(64)).into());
            },
        ),
        Case::invalid(
            [
                "diff-id-of-the-blob",
                "a diff_id that is the compressed blob's digest",
                DIFF_ID,
                "It must be taken of the uncompressed tar.",
            ],
            "layer-diff-id",
            |b| {
                let blob = gzip::member(&plain());
                b.layer_blob(LAYER_GZIP, blob.clone(), &blob);
            },
        ),
        Case::invalid(
            [
                "diff-id-order",
                "two layers with each other's diff_id",
                DIFF_ID,
                "diff_ids are in the order of the layers, first to last.",
            ],
            "layer-diff-id",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([file("b", "y")]);
                b.config(|c| {
                    let ids = &c["rootfs"]["diff_ids"];
                    c["rootfs"]["diff_ids"] = json!([ids[1], ids[0]]);
                });
            },
        ),
        Case::odd(
            [
                "diff-id-unknown",
                "a diff_id of an unknown algorithm",
                DIFF_ID,
                "A digest's algorithm may be unregistered; then nobody can verify it.",
            ],
            |b| {
                b.layer([file("a", "x")]);
                b.config(|c| c["rootfs"]["diff_ids"][0] = "example+custom:abc123".into());
            },
        )
        .noted("layer-diff-id-unverified"),
        Case::valid(["layer-twice", "one layer twice", DIFF_ID, "Nothing says that layers differ."], |b| {
            b.layer([file("a", "x")]);
            b.layer([file("a", "x")]);
        }),
    ]
}
