//! What a PAX header applies to: global ones to all that follows, and either kind beside GNU's.

use super::section::FORMAT;
use crate::case::Case;
use crate::tar::{self, SIZE, UID, end, file, global, gnu_long, member, pax, record, symlink};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = globals();
    all.extend(with_gnu());
    all
}

/// An entry of another name, as data: what a reader that loses its place would unpack.
fn hidden_entry() -> Vec<u8> {
    tar::unended([file("planted", "x")])
}

fn globals() -> Vec<Case> {
    vec![
        Case::legal(
            "global-applies",
            "a global header",
            FORMAT,
            "It is for all entries that follow; an `x` header goes before it, the header's field after it.",
            |b| {
                let records = [record(b"uid", b"5"), record(b"mtime", b"77.5")].concat();
                b.layer([
                    file("before", ""),
                    file("a", "").after(global(&records)).owner(9, 9),
                    file("b", "").pax("uid", "6"),
                    file("c", ""),
                ]);
            },
            [
                tree::file("before", ""),
                tree::file("a", "").owner(5, 9).mtime(77, 500_000_000),
                tree::file("b", "").owner(6, 0).mtime(77, 500_000_000),
                tree::file("c", "").owner(5, 0).mtime(77, 500_000_000),
            ],
        ),
        Case::legal(
            "global-changed",
            "a second global header",
            FORMAT,
            "It changes the keys that it names and leaves the others.",
            |b| {
                let first = [record(b"uid", b"5"), record(b"gid", b"6")].concat();
                b.layer([
                    file("a", "").after(global(&first)),
                    file("b", "").after(global(&record(b"uid", b"7"))),
                ]);
            },
            [tree::file("a", "").owner(5, 6), tree::file("b", "").owner(7, 6)],
        ),
        Case::legal(
            "global-deleted",
            "a global header with an empty value",
            FORMAT,
            "It takes the key back, and the header's own field counts again.",
            |b| {
                b.layer([
                    file("a", "").after(global(&record(b"uid", b"5"))).owner(9, 0),
                    file("b", "").after(global(&record(b"uid", b""))).owner(9, 0),
                ]);
            },
            [tree::file("a", "").owner(5, 0), tree::file("b", "").owner(9, 0)],
        ),
        Case::legal(
            "global-of-one-layer",
            "a global header in a lower layer",
            FORMAT,
            "It ends with its archive.",
            |b| {
                b.layer([file("a", "").after(global(&record(b"uid", b"5")))]);
                b.layer([file("b", "")]);
            },
            [tree::file("a", "").owner(5, 0), tree::file("b", "")],
        ),
        Case::refused(
            "global-malformed",
            "a global header with a malformed record",
            FORMAT,
            "Malformed PAX is an error in any header.",
            |b| b.layer([file("a", "").after(global(b"90 uid=5\n"))]),
            &["{layer0}"],
        ),
    ]
}

fn with_gnu() -> Vec<Case> {
    vec![
        Case::legal(
            "gnu-long-name",
            "GNU's long name and long link target",
            FORMAT,
            "`L` and `K` in either order; they end at their NUL.",
            |b| {
                let (name, target) = ("n".repeat(150), "t".repeat(150));
                b.layer([
                    symlink("cut", "cut").after(gnu_long(b'L', name.as_bytes())).header(tar::Header::gnu),
                    symlink("m", "cut")
                        .after(gnu_long(b'K', target.as_bytes()))
                        .after(gnu_long(b'L', b"other")),
                    file("plain", "x"),
                ]);
            },
            [
                tree::symlink("n".repeat(150), "cut"),
                tree::symlink("other", "t".repeat(150)),
                tree::file("plain", "x"),
            ],
        ),
        Case::legal(
            "pax-before-gnu",
            "an `x` header, then `L`, then the entry",
            FORMAT,
            "Both are for the entry: the size and attribute from PAX, the name from GNU. The `L` entry itself has its own size.",
            |b| {
                let data = hidden_entry();
                let size = data.len().to_string();
                let records =
                    [record(b"size", size.as_bytes()), record(b"SCHILY.xattr.user.k", b"v")].concat();
                b.layer([
                    tar::with_data("cut", b'0', data)
                        .header(|h| h.gnu().octal(SIZE, 0))
                        .after([pax(&records), gnu_long(b'L', b"long-name")].concat()),
                    file("b", "y"),
                ]);
            },
            [tree::file("long-name", hidden_entry()).xattr("user.k", "v"), tree::file("b", "y")],
        ),
        Case::legal(
            "gnu-before-pax",
            "`L`, then an `x` header, then the entry",
            FORMAT,
            "As the other way round.",
            |b| {
                let data = hidden_entry();
                let size = data.len().to_string();
                let records = [record(b"size", size.as_bytes()), record(b"uid", b"5")].concat();
                b.layer([
                    tar::with_data("cut", b'0', data)
                        .header(|h| h.gnu().octal(SIZE, 0))
                        .after([gnu_long(b'L', b"long-name"), pax(&records)].concat()),
                    file("b", "y"),
                ]);
            },
            [tree::file("long-name", hidden_entry()).owner(5, 0), tree::file("b", "y")],
        ),
        Case::refused(
            "pax-alone",
            "a PAX header that no entry follows",
            FORMAT,
            "It describes an entry that was lost.",
            |b| b.layer_tar(end([tar::unended([file("a", "x")]), pax(&record(b"path", b"lost"))].concat())),
            &["{layer0}"],
        ),
        Case::refused(
            "gnu-long-name-alone",
            "a GNU long name that no entry follows",
            FORMAT,
            "It names an entry that was lost.",
            |b| b.layer_tar(end([tar::unended([file("a", "x")]), gnu_long(b'L', b"lost")].concat())),
            &["{layer0}"],
        ),
        Case::refused(
            "gnu-long-name-huge",
            "a GNU long name that says it has 4 GiB",
            FORMAT,
            "Refused before memory is taken for it.",
            |b| {
                let mut tar =
                    tar::Header::new(b"././@LongLink", b'L').gnu().octal(SIZE, 1 << 32).bytes().to_vec();
                file("a", "x").write(&mut tar);
                b.layer_tar(end(tar));
            },
            &["{layer0}"],
        ),
        Case::refused(
            "pax-header-huge",
            "a PAX header that says it has 4 GiB",
            FORMAT,
            "Refused before memory is taken for it.",
            |b| {
                let mut tar = tar::Header::new(b"PaxHeaders/x", b'x').octal(SIZE, 1 << 32).bytes().to_vec();
                file("a", "x").write(&mut tar);
                b.layer_tar(end(tar));
            },
            &["{layer0}"],
        ),
        Case::legal(
            "pax-header-own-owner",
            "a PAX header whose own header has odd fields",
            FORMAT,
            "Only its type and size count.",
            |b| {
                let mut odd = member("../../outside/planted", b'x', &record(b"uid", b"5"));
                let header = tar::Header::new(b"../../outside/planted", b'x').octal(SIZE, 8).octal(UID, 99);
                odd[..tar::BLOCK].copy_from_slice(&header.bytes());
                b.layer([file("a", "x").after(odd)]);
            },
            [tree::file("a", "x").owner(5, 0)],
        ),
    ]
}
