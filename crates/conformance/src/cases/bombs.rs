//! Small inputs that would become large: each is refused at the limit, before the harm is done.
//!
//! The limits are those of the case, so a tool that has none to give does not run it.

use super::section::{ATTRIBUTES, FORMAT, GZIP, ZSTD};
use crate::case::Case;
use crate::gzip;
use crate::layout::{LAYER_GZIP, LAYER_ZSTD};
use crate::tar::{
    self, EXTENDED, Header, REAL_SIZE, SIZE, SPARSE, dir, file, hardlink, member, octal, record,
};
use crate::tree;
use crate::zstd;

const MIB: u64 = 1 << 20;

pub(super) fn cases() -> Vec<Case> {
    let mut all = bytes();
    all.extend(entries());
    all.extend(headers());
    all
}

fn bytes() -> Vec<Case> {
    vec![
        Case::refused(
            "bomb-gzip",
            "2 MiB of zeros in 13 KB of gzip",
            GZIP,
            "The blob's size says little of what it inflates to.",
            |b| {
                let header = Header::new(b"vast", b'0').octal(SIZE, 2 * MIB).bytes();
                let (blob, plain) = gzip::zero_bomb(&header, 2 << 20);
                b.layer_blob(LAYER_GZIP, blob, &plain);
            },
            &["{layer0}"],
        )
        .under(MIB, 1000),
        Case::refused(
            "bomb-zstd",
            "2 MiB of zeros in 600 bytes of zstd",
            ZSTD,
            "Each block of 128 KiB takes four bytes.",
            |b| {
                let header = Header::new(b"vast", b'0').octal(SIZE, 2 * MIB).bytes();
                let (blob, plain) = zstd::zero_bomb(&header, 17);
                b.layer_blob(LAYER_ZSTD, blob, &plain);
            },
            &["{layer0}"],
        )
        .under(MIB, 1000),
        Case::refused(
            "bomb-after-end",
            "2 MiB of zeros after the end of a small archive",
            GZIP,
            "Padding has to be hashed, and so to be inflated: it counts.",
            |b| {
                let (blob, plain) = gzip::zero_bomb(&tar::unended([file("a", "x")]), 2 << 20);
                b.layer_blob(LAYER_GZIP, blob, &plain);
            },
            &["{layer0}"],
        )
        .under(MIB, 1000),
        Case::refused(
            "bomb-sparse",
            "a sparse file of 8 GiB of which nothing is stored",
            ATTRIBUTES,
            "Holes take no room here, but do in every copy of the tree.",
            |b| {
                let header = Header::new(b"vast", b'S').gnu().octal(REAL_SIZE, (1 << 33) - 1);
                b.layer([file("b", "y").after(header.bytes().to_vec())]);
            },
            &["{layer0}"],
        )
        .under(MIB, 1000),
        Case::refused(
            "bomb-layers",
            "ten layers of 200 KB over a limit of 1 MiB",
            FORMAT,
            "The limit is on the image, not on a layer.",
            |b| (0..10).for_each(|at| b.layer([file(format!("file-{at}"), vec![b'0' + at; 200_000])])),
            &["{layer5}"],
        )
        .under(MIB, 1000),
        Case::legal(
            "limit-not-reached",
            "an image below its limits",
            FORMAT,
            "Limits refuse what is beyond them and nothing else: 10 entries, of which 10 are allowed.",
            |b| b.layer((0..10).map(|at| file(format!("file-{at}"), [b'x'; 100]))),
            (0..10).map(|at| tree::file(format!("file-{at}"), [b'x'; 100])),
        )
        .under(MIB, 10),
    ]
}

fn entries() -> Vec<Case> {
    vec![
        Case::refused(
            "bomb-entries",
            "2,000 empty files over a limit of 1,000 entries",
            FORMAT,
            "Entries cost inodes, however small they are.",
            |b| b.layer((0..2000).map(|at| file(format!("file-{at}"), ""))),
            &["{layer0}"],
        )
        .under(64 * MIB, 1000),
        Case::refused(
            "bomb-entries-in-one-layer",
            "a layer of 1,200 entries between small ones, over a limit of 1,000",
            FORMAT,
            "Each layer is held to the limit, not the first alone.",
            |b| {
                b.layer([dir("d")]);
                b.layer((0..1200).map(|at| dir(format!("directory-{at}"))));
                b.layer([file("a", "x")]);
            },
            &["{layer1}"],
        )
        .under(64 * MIB, 1000),
        Case::legal(
            "limit-entries-is-a-layer-s",
            "two layers of six entries under a limit of ten",
            FORMAT,
            "The limit on entries is on a layer: it keeps an archive from never ending, and the layers' number is known before.",
            |b| {
                b.layer((0..6).map(|at| file(format!("file-{at}"), "x")));
                b.layer((6..12).map(|at| file(format!("file-{at}"), "x")));
            },
            (0..12).map(|at| tree::file(format!("file-{at}"), "x")),
        )
        .under(MIB, 10),
        Case::refused(
            "bomb-one-name",
            "one file 2,000 times over a limit of 1,000 entries",
            FORMAT,
            "The tree stays small, the work does not.",
            |b| b.layer((0..2000).map(|_| file("a", "x"))),
            &["{layer0}"],
        )
        .under(64 * MIB, 1000),
        Case::refused(
            "bomb-hard-links",
            "2,000 hard links over a limit of 1,000 entries",
            FORMAT,
            "A link is an entry.",
            |b| {
                b.layer(
                    (0..2000)
                        .map(|at| if at == 0 { file("a", "x") } else { hardlink(format!("link-{at}"), "a") }),
                )
            },
            &["{layer0}"],
        )
        .under(64 * MIB, 1000),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        Case::refused(
            "bomb-pax",
            "a PAX header of 4 MiB in gzip",
            FORMAT,
            "It has to be held in memory, and so has a limit of its own.",
            |b| {
                let mut start = Header::new(b"PaxHeaders/x", b'x').octal(SIZE, 4 * MIB).bytes().to_vec();
                start.extend_from_slice(format!("{} comment=", 4 * MIB).as_bytes());
                let (blob, plain) = gzip::zero_bomb(&start, 4 << 20);
                b.layer_blob(LAYER_GZIP, blob, &plain);
            },
            &["{layer0}"],
        ),
        Case::refused(
            "bomb-pax-many",
            "2,000 PAX headers before one entry",
            FORMAT,
            "Each is small; together they are 2 MB for a file of one byte.",
            |b| {
                let headers = member("PaxHeaders/x", b'x', &record(b"comment", b"x")).repeat(2000);
                let tar = tar::archive([file("a", "x").after(headers)]);
                b.layer_blob(LAYER_ZSTD, zstd::frame(&tar), &tar);
            },
            &["{layer0}"],
        )
        .under(MIB, 1000),
        Case::refused(
            "bomb-sparse-map",
            "a sparse map of 4,000 blocks of empty extents",
            ATTRIBUTES,
            "A map grows without end as long as each block promises another.",
            |b| {
                let map = [octal(0, 12), octal(0, 12)].concat();
                let header =
                    Header::new(b"a", b'S').gnu().raw(SPARSE, &map).raw(EXTENDED, &[1]).octal(REAL_SIZE, 1);
                let mut block = map.repeat(21);
                block.extend([1; 8]);
                b.layer_tar([header.bytes().to_vec(), block.repeat(4000)].concat());
            },
            &["{layer0}"],
        )
        .under(MIB, 1000),
    ]
}
