//! Tars: how they end, and what is no tar.

use crate::tar::{self, archive, file, unended};
use crate::validation::ValidationCase as Case;

const FORMAT: &str = "layer.md, Distributable Format";

fn plain() -> Vec<u8> {
    archive([file("a", "x")])
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::odd(
            [
                "tar-without-end",
                "a layer without end-of-archive blocks",
                FORMAT,
                "Real layers lack them; POSIX asks for two.",
            ],
            |b| b.layer_tar(unended([file("a", "x")])),
        )
        .warned("layer-end"),
        Case::odd(
            [
                "tar-one-end-block",
                "a layer with one end-of-archive block",
                FORMAT,
                "POSIX asks for two; at the very end one is understood.",
            ],
            |b| {
                let mut tar = unended([file("a", "x")]);
                tar.resize(tar.len() + tar::BLOCK, 0);
                b.layer_tar(tar);
            },
        )
        .warned("layer-end"),
        Case::odd(
            [
                "tar-without-padding",
                "a layer that ends with its last file's last byte",
                FORMAT,
                "umoci 0.4.7 wrote such layers; GNU tar refuses them.",
            ],
            |b| {
                let mut tar = unended([file("a", "x")]);
                tar.truncate(tar::BLOCK + 1);
                b.layer_tar(tar);
            },
        )
        .warned("layer-file-padding")
        .warned("layer-end"),
        Case::odd(
            ["tar-empty", "a layer of no bytes", FORMAT, "An archive without entries and without its end."],
            |b| b.layer_tar(Vec::new()),
        )
        .warned("layer-end"),
        Case::valid(
            [
                "tar-no-entries",
                "a layer without entries",
                FORMAT,
                "An archive may be empty; builders make such layers.",
            ],
            |b| b.layer([]),
        ),
        Case::valid(
            [
                "tar-record-padding",
                "a layer filled up to a record of 10,240 bytes",
                FORMAT,
                "As GNU tar writes by default.",
            ],
            |b| {
                let mut tar = plain();
                tar.resize(10_240, 0);
                b.layer_tar(tar);
            },
        ),
        Case::odd(
            [
                "tar-much-padding",
                "a layer with 100,000 zeros after its end",
                FORMAT,
                "Legal; every reader has to get through them.",
            ],
            |b| {
                let mut tar = plain();
                tar.resize(tar.len() + 100_000, 0);
                b.layer_tar(tar);
            },
        )
        .noted("layer-end-padding"),
        Case::odd(
            [
                "tar-trailing-data",
                "bytes after the end of the tar",
                FORMAT,
                "No reader shows them, yet they are part of the diff_id.",
            ],
            |b| b.layer_tar([plain(), b"hidden".to_vec()].concat()),
        )
        .warned("layer-trailing-data"),
        Case::odd(
            [
                "tar-second-archive",
                "a second archive after the end of the tar",
                FORMAT,
                "Readers that ignore the end see its entries, too.",
            ],
            |b| b.layer_tar([plain(), archive([file("b", "y")])].concat()),
        )
        .warned("layer-trailing-data"),
        Case::invalid(
            [
                "tar-lone-zero-block",
                "a block of zeros between entries",
                FORMAT,
                "GNU tar stops there, others read on: no one archive.",
            ],
            "layer-tar",
            |b| {
                b.layer_tar(
                    [unended([file("a", "x")]), vec![0; tar::BLOCK], archive([file("b", "y")])].concat(),
                )
            },
        ),
        Case::invalid(
            ["tar-cut-off-content", "a tar that ends within a file", FORMAT, "The file's size says more."],
            "layer-tar",
            |b| {
                let mut tar = unended([file("a", "x".repeat(2000))]);
                tar.truncate(1500);
                b.layer_tar(tar);
            },
        ),
        Case::invalid(
            [
                "tar-cut-off-header",
                "a tar that ends within a header",
                FORMAT,
                "A header is a block of 512 bytes.",
            ],
            "layer-tar",
            |b| {
                let mut tar = unended([file("a", "x"), file("b", "y")]);
                tar.truncate(3 * tar::BLOCK - 100);
                b.layer_tar(tar);
            },
        ),
        Case::invalid(
            [
                "tar-checksum",
                "a header with a wrong checksum",
                FORMAT,
                "The sum over the header's bytes is wrong, so nothing in it can be trusted.",
            ],
            "layer-tar",
            |b| b.layer([file("a", "x").header(|h| h.checksum(*b"0000001\0"))]),
        ),
        Case::invalid(
            ["tar-not-a-tar", "a layer that is no tar", FORMAT, "A layer must be a tar archive."],
            "layer-tar",
            |b| b.layer_tar(b"#!/bin/sh\necho this is no tar\n".repeat(40)),
        ),
    ]
}
