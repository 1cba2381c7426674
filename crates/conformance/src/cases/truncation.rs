//! Archives that end too early, and those that end in a way that must be accepted.

use super::section::FORMAT;
use crate::case::Case;
use crate::tar::{archive, dir, file, gnu_long, pax, record, unended};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = cut();
    all.push(lone_zero_block());
    all.extend(tolerated());
    all
}

fn cut_to(tar: Vec<u8>, len: usize) -> Vec<u8> {
    tar.into_iter().take(len).collect()
}

fn cut() -> Vec<Case> {
    const ABOUT: &str = "What is missing may be anything; a part of the tree is not the tree.";
    let refused = |id, title, build| Case::refused(id, title, FORMAT, ABOUT, build, &["{layer0}"]);
    vec![
        refused("cut-in-first-header", "a tar that ends within its first header", |b| {
            b.layer_tar(cut_to(archive([file("a", "x")]), 300));
        }),
        refused("cut-in-header", "a tar that ends within a later header", |b| {
            b.layer_tar(cut_to(archive([file("a", "x"), file("b", "y")]), 1024 + 511));
        }),
        refused("cut-before-body", "a tar that ends between header and data", |b| {
            b.layer_tar(cut_to(archive([file("a", [b'x'; 1000])]), 512));
        }),
        refused("cut-in-body", "a tar that ends within a file's data", |b| {
            b.layer_tar(cut_to(archive([file("a", [b'x'; 1000])]), 512 + 999));
        }),
        refused("cut-in-body-on-block", "a tar that ends within a file's data, at a block", |b| {
            b.layer_tar(cut_to(archive([file("a", [b'x'; 1000])]), 1024));
        }),
        refused("cut-in-pax", "a tar that ends within a PAX header's records", |b| {
            b.layer_tar(cut_to(pax(&record(b"path", b"b")), 512 + 4));
        }),
        refused("cut-after-pax", "a tar that ends after a PAX header", |b| {
            b.layer_tar(pax(&record(b"path", b"b")));
        }),
        refused("cut-in-gnu-long-name", "a tar that ends within a GNU long name", |b| {
            b.layer_tar(cut_to(gnu_long(b'L', &[b'n'; 200]), 512 + 100));
        }),
        refused("cut-one-byte", "a tar of one byte", |b| b.layer_tar(vec![b'a'])),
    ]
}

fn lone_zero_block() -> Case {
    Case::refused(
        "one-zero-block-between-entries",
        "one block of zeros between two entries",
        FORMAT,
        "GNU tar stops there, Go's reader has an error, others go on: three trees from one layer.",
        |b| b.layer_tar([unended([file("a", "x")]), vec![0; 512], archive([file("b", "y")])].concat()),
        &["byte 1024"],
    )
}

fn tolerated() -> Vec<Case> {
    vec![
        Case::legal(
            "no-end-of-archive",
            "a tar without the two blocks of zeros",
            FORMAT,
            "Such layers exist; nothing is missing.",
            |b| b.layer_tar(unended([file("a", "x"), dir("d")])),
            [tree::file("a", "x"), tree::dir("d")],
        ),
        Case::legal(
            "one-zero-block-at-end",
            "a tar with one block of zeros at its end",
            FORMAT,
            "Half an end of archive, and nothing after it that one reader could see and another not.",
            |b| b.layer_tar([unended([file("a", "x")]), vec![0; 512]].concat()),
            [tree::file("a", "x")],
        ),
        Case::legal(
            "no-last-padding",
            "a tar that ends with the last byte of its last file",
            FORMAT,
            "Such layers exist too (umoci 0.4.7 writes them); the file is whole.",
            |b| b.layer_tar(cut_to(unended([file("a", "x"), file("b", "whole")]), 1024 + 512 + 5)),
            [tree::file("a", "x"), tree::file("b", "whole")],
        ),
        Case::legal(
            "part-of-last-padding",
            "a tar that ends within the padding of its last file",
            FORMAT,
            "The file is whole.",
            |b| b.layer_tar(cut_to(unended([file("a", "x"), file("b", "whole")]), 1024 + 512 + 100)),
            [tree::file("a", "x"), tree::file("b", "whole")],
        ),
        Case::legal(
            "trailing-zeros",
            "zeros after the end of the archive",
            FORMAT,
            "tar itself fills up to its record size of 10 KiB.",
            |b| b.layer_tar([archive([file("a", "x")]), vec![0; 10_000]].concat()),
            [tree::file("a", "x")],
        ),
        Case::legal(
            "trailing-garbage",
            "other bytes after the end of the archive",
            FORMAT,
            "The archive has ended: they are hashed with it, but are no part of the tree, whatever they look like.",
            |b| {
                b.layer_tar(
                    [archive([file("a", "x")]), archive([file("planted", "y")]), vec![0xa5; 700]].concat(),
                )
            },
            [tree::file("a", "x")],
        ),
        Case::legal(
            "padding-not-zero",
            "padding that is not zeros",
            FORMAT,
            "It is no part of the file.",
            |b| {
                let mut tar = archive([file("a", "x"), file("b", "y")]);
                tar[513..1024].fill(0xa5);
                b.layer_tar(tar);
            },
            [tree::file("a", "x"), tree::file("b", "y")],
        ),
        Case::legal(
            "layer-of-zeros",
            "a layer that is an end of archive and nothing else",
            FORMAT,
            "An empty archive changes nothing.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([]);
            },
            [tree::file("a", "x")],
        ),
        Case::legal(
            "layer-of-no-bytes",
            "a layer of no bytes at all",
            FORMAT,
            "An archive without its end, and without entries.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer_tar(Vec::new());
            },
            [tree::file("a", "x")],
        ),
        Case::legal(
            "concatenated-without-end",
            "two archives, the first without its end",
            FORMAT,
            "Together they are one archive.",
            |b| b.layer_tar([unended([file("a", "x")]), archive([file("b", "y")])].concat()),
            [tree::file("a", "x"), tree::file("b", "y")],
        ),
    ]
}
