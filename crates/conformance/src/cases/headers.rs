//! The header block: checksums, number formats, dialects and types.

use super::section::{ATTRIBUTES, FORMAT, TYPES};
use crate::case::Case;
use crate::tar::{
    self, GID, Header, MAGIC, MODE, SIZE, TIME, UID, char_device, dir, fifo, file, symlink, unended,
};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = checksums();
    all.extend(numbers());
    all.extend(bad_numbers());
    all.extend(types());
    all
}

fn checksums() -> Vec<Case> {
    vec![
        Case::refused(
            "checksum-wrong",
            "a header whose checksum is wrong",
            FORMAT,
            "The place is the second header: the first entry takes two blocks.",
            |b| b.layer([file("a", "x"), file("b", "y").header(|h| h.checksum(*b"0000000\0"))]),
            &["byte 1024"],
        ),
        Case::refused(
            "checksum-blank",
            "a header without a checksum",
            FORMAT,
            "Blanks are no checksum, not even a wrong one.",
            |b| b.layer([file("a", "x").header(|h| h.checksum(*b"        "))]),
            &["byte 0"],
        ),
        Case::refused(
            "header-noise",
            "bytes that are no header after an entry",
            FORMAT,
            "As when a size is wrong and the reader has lost its place.",
            |b| b.layer_tar([unended([file("a", "x")]), vec![0xa5; 2048]].concat()),
            &["byte 1024"],
        ),
        Case::legal(
            "header-v7",
            "headers from before ustar",
            FORMAT,
            "No magic, type NUL for a file: still a tar.",
            |b| {
                b.layer([
                    tar::with_data("a", 0, "x").header(|h| h.raw(MAGIC, b"")),
                    dir("d").header(|h| h.raw(MAGIC, b"")),
                ])
            },
            [tree::file("a", "x"), tree::dir("d")],
        ),
    ]
}

fn numbers() -> Vec<Case> {
    vec![
        Case::legal(
            "number-formats",
            "octal numbers as writers have written them",
            FORMAT,
            "Leading blanks or zeros, ended by a blank, a NUL or the field; all blank is zero.",
            |b| {
                b.layer([
                    file("blanks", "x").header(|h| h.raw(MODE, b"   644 \0").raw(SIZE, b"          1 ")),
                    file("full", "x").header(|h| h.raw(SIZE, b"000000000001").raw(UID, b"00000005")),
                    file("empty", "").header(|h| h.raw(SIZE, b"").raw(UID, b"        ").raw(GID, b"")),
                ]);
            },
            [tree::file("blanks", "x"), tree::file("full", "x").owner(5, 0), tree::file("empty", "")],
        ),
        Case::legal(
            "base256-numbers",
            "sizes and ids in GNU's base-256",
            FORMAT,
            "Any number may be written so, small ones too.",
            |b| {
                b.layer([file("a", "0123456789").header(|h| {
                    h.gnu().base256(SIZE, 10).base256(UID, 2_147_483_648).base256(GID, 4_294_967_294)
                })]);
            },
            [tree::file("a", "0123456789").owner(2_147_483_648, 4_294_967_294)],
        ),
        Case::legal(
            "mtime-negative",
            "a time before 1970 in base-256",
            FORMAT,
            "All bits set is -1.",
            |b| b.layer([file("a", "x").mtime(-1), dir("d").mtime(-86_400 * 365)]),
            [tree::file("a", "x").mtime(-1, 0), tree::dir("d").mtime(-31_536_000, 0)],
        ),
        Case::legal(
            "mtime-2106",
            "times beyond 32 bits",
            FORMAT,
            "In octal, where eleven digits hold them, and in base-256.",
            |b| b.layer([file("a", "x").mtime(1 << 32), file("b", "y").mtime((1 << 33) + 5)]),
            [tree::file("a", "x").mtime(1 << 32, 0), tree::file("b", "y").mtime((1 << 33) + 5, 0)],
        ),
        Case::legal(
            "mtime-huge",
            "a time that no file system can hold",
            FORMAT,
            "It is no reason to lose the file; what the time becomes is the file system's affair.",
            |b| b.layer([file("a", "x").mtime(1 << 55), file("b", "y").mtime(-(1 << 55))]),
            [tree::file("a", "x").any_mtime(), tree::file("b", "y").any_mtime()],
        ),
        Case::legal(
            "mode-type-bits",
            "a mode with the bits of a file's type",
            ATTRIBUTES,
            "Old writers put all of st_mode there. The type is the type field's; the rest of the mode counts.",
            |b| {
                b.layer([
                    file("a", "x").mode(0o100_755),
                    dir("d").mode(0o040_700),
                    symlink("l", "a").mode(0o120_777),
                ])
            },
            [tree::file("a", "x").mode(0o755), tree::dir("d").mode(0o700), tree::symlink("l", "a")],
        ),
    ]
}

fn bad_numbers() -> Vec<Case> {
    const ABOUT: &str =
        "A number that is none, or none that the field can mean, is an error and not a guess.";
    let refused = |id, title, build| Case::refused(id, title, FORMAT, ABOUT, build, &["byte 0"]);
    vec![
        refused("size-negative", "a negative size in base-256", |b| {
            b.layer([file("a", "x").header(|h| h.gnu().base256(SIZE, -1))]);
        }),
        refused("size-beyond-63-bits", "a size beyond 63 bits in base-256", |b| {
            b.layer([file("a", "x").header(|h| h.gnu().base256(SIZE, 1 << 63))]);
        }),
        refused("size-beyond-64-bits", "a size that is 512 if cut off to 64 bits", |b| {
            b.layer([file("a", [0; 512]).header(|h| h.gnu().base256(SIZE, (1 << 64) + 512))]);
        }),
        refused("size-not-octal", "a size with a digit that is not octal", |b| {
            b.layer([file("a", "x").header(|h| h.raw(SIZE, b"00000000009\0"))]);
        }),
        refused("size-minus", "a size with a minus sign", |b| {
            b.layer([file("a", "x").header(|h| h.raw(SIZE, b"-0000000001\0"))]);
        }),
        refused("size-with-nul", "a size with digits after the NUL that ends it", |b| {
            b.layer([file("a", "x").header(|h| h.raw(SIZE, b"0000001\x000777"))]);
        }),
        refused("mode-with-nul", "a mode with digits after the NUL that ends it", |b| {
            b.layer([file("a", "x").header(|h| h.raw(MODE, b"644\x00755\0"))]);
        }),
        refused("uid-word", "an owner that is no number", |b| {
            b.layer([file("a", "x").header(|h| h.raw(UID, b"root\0\0\0\0"))]);
        }),
        refused("uid-minus-one", "the owner 2^32-1, which chown(2) takes for none", |b| {
            b.layer([file("a", "x").header(|h| h.gnu().base256(UID, 4_294_967_295))]);
        }),
        refused("uid-negative", "a negative owner in base-256", |b| {
            b.layer([file("a", "x").header(|h| h.gnu().base256(UID, -2))]);
        }),
        refused("gid-beyond-32-bits", "the group 2^32, which cut off would be root's", |b| {
            b.layer([file("a", "x").mode(0o2755).header(|h| h.gnu().base256(GID, 1 << 32))]);
        }),
        refused("mtime-word", "a time that is no number", |b| {
            b.layer([file("a", "x").header(|h| h.raw(TIME, b"yesterday\0\0\0"))]);
        }),
        Case::refused(
            "size-beyond-end",
            "a size of 8 GiB in a tar of a few blocks",
            FORMAT,
            "The archive ends within the file; nothing may be allocated for the rest.",
            |b| b.layer([file("vast", "x").header(|h| h.octal(SIZE, (1 << 33) - 1))]),
            &["{layer0}"],
        ),
    ]
}

fn types() -> Vec<Case> {
    vec![
        Case::refused(
            "type-unknown",
            "an entry of a type that nobody knows",
            TYPES,
            "Made into a regular file it would be something else, left out it would be lost.",
            |b| b.layer([tar::with_data("strange", b'Q', "data"), file("a", "x")]),
            &["strange"],
        ),
        Case::refused(
            "type-multi-volume",
            "the continuation of a file from another volume",
            TYPES,
            "A layer is one archive; the file's beginning is missing.",
            |b| b.layer([tar::with_data("continued", b'M', "data").header(Header::gnu)]),
            &["continued"],
        ),
        Case::legal(
            "type-contiguous",
            "a contiguous file",
            TYPES,
            "Type 7 is a regular file where there is no such thing.",
            |b| b.layer([tar::with_data("a", b'7', "x")]),
            [tree::file("a", "x")],
        ),
        Case::legal(
            "type-nul",
            "a file of type NUL",
            TYPES,
            "The type that files had before ustar.",
            |b| b.layer([tar::with_data("a", 0, "x")]),
            [tree::file("a", "x")],
        ),
        Case::legal(
            "type-without-data",
            "directories, symlinks, devices and FIFOs with a size",
            TYPES,
            "They carry no data, whatever their size says: the next header follows at once.",
            |b| {
                let sized = |entry: tar::Entry| entry.header(|h| h.octal(SIZE, 700));
                b.layer([
                    sized(dir("d")),
                    sized(symlink("l", "d")),
                    sized(char_device("n", 1, 3)),
                    sized(fifo("p")),
                    file("a", "x"),
                ]);
            },
            [
                tree::dir("d"),
                tree::symlink("l", "d"),
                tree::char_device("n", 1, 3),
                tree::fifo("p"),
                tree::file("a", "x"),
            ],
        ),
    ]
}
