//! PAX headers: framed by length, the last of equal keys wins, and what they say overrides the
//! header. Malformed ones are errors, because two readers would see two archives.

use super::section::FORMAT;
use crate::case::Case;
use crate::tar::{self, SIZE, dir, file, global, hardlink, pax, record, symlink};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = overrides();
    all.extend(framing());
    all.extend(malformed());
    all.extend(values());
    all
}

/// An entry of another name, as data: what a reader that loses its place would unpack.
fn hidden_entry() -> Vec<u8> {
    tar::unended([file("planted", "x")])
}

fn all_bytes() -> Vec<u8> {
    (0..=255).collect()
}

fn overrides() -> Vec<Case> {
    vec![
        Case::legal(
            "pax-overrides",
            "a PAX header that overrides every field",
            FORMAT,
            "Path, owner, group and time are as PAX says, the header's are not looked at.",
            |b| {
                b.layer([file("header-name", "x")
                    .owner(1, 2)
                    .mtime(3)
                    .pax("path", "d/pax-name")
                    .pax("uid", "100000")
                    .pax("gid", "2097152")
                    .pax("mtime", "1234567890.123456789")
                    .pax("uname", "nobody")
                    .pax("comment", "ignored")]);
            },
            [
                tree::implied("d"),
                tree::file("d/pax-name", "x").owner(100_000, 2_097_152).mtime(1_234_567_890, 123_456_789),
            ],
        ),
        Case::legal(
            "pax-linkpath",
            "link targets from PAX",
            FORMAT,
            "For hard links and symlinks alike.",
            |b| {
                b.layer([
                    file("a", "x"),
                    hardlink("b", "wrong").pax("linkpath", "a"),
                    symlink("c", "wrong").pax("linkpath", "right\n=\n"),
                ]);
            },
            [
                tree::file("a", "x").linked("a"),
                tree::file("b", "x").linked("a"),
                tree::symlink("c", "right\n=\n"),
            ],
        ),
        Case::legal(
            "pax-size-larger",
            "a PAX size larger than the header's",
            FORMAT,
            "PAX wins: what a reader of the header would take for the next entry is data.",
            |b| {
                let data = [hidden_entry(), b"end".to_vec()].concat();
                let size = data.len().to_string();
                b.layer([
                    tar::with_data("a", b'0', data).header(|h| h.octal(SIZE, 0)).pax("size", size),
                    file("b", "y"),
                ]);
            },
            [tree::file("a", [hidden_entry(), b"end".to_vec()].concat()), tree::file("b", "y")],
        ),
        Case::legal(
            "pax-size-smaller",
            "a PAX size smaller than the header's",
            FORMAT,
            "PAX wins: what a reader of the header would take for data is the next entry.",
            |b| b.layer([file("a", "abc").header(|h| h.octal(SIZE, 1024)).pax("size", "3"), file("b", "y")]),
            [tree::file("a", "abc"), tree::file("b", "y")],
        ),
        Case::legal(
            "pax-size-zero",
            "a PAX size of zero over a header's that is not",
            FORMAT,
            "A zero is a value, not the absence of one.",
            |b| b.layer([file("a", "").header(|h| h.octal(SIZE, 512)).pax("size", "0"), file("b", "y")]),
            [tree::file("a", ""), tree::file("b", "y")],
        ),
        Case::legal(
            "pax-repeated-key",
            "a key that occurs twice",
            FORMAT,
            "The last one wins.",
            |b| {
                b.layer([file("a", "x")
                    .pax("path", "first")
                    .pax("uid", "1")
                    .pax("path", "last")
                    .pax("uid", "2")])
            },
            [tree::file("last", "x").owner(2, 0)],
        ),
        Case::legal(
            "pax-empty-value",
            "a key with an empty value",
            FORMAT,
            "It takes back what was said before; the header's field counts again.",
            |b| {
                b.layer([file("a", "x")
                    .owner(7, 0)
                    .pax("path", "b")
                    .pax("uid", "5")
                    .pax("path", "")
                    .pax("uid", "")])
            },
            [tree::file("a", "x").owner(7, 0)],
        ),
        Case::legal(
            "pax-applies-once",
            "an entry after one with a PAX header",
            FORMAT,
            "An `x` header is for the next entry alone.",
            |b| b.layer([file("a", "x").pax("uid", "5").xattr("user.k", "v"), file("b", "y")]),
            [tree::file("a", "x").owner(5, 0).xattr("user.k", "v"), tree::file("b", "y")],
        ),
        Case::legal(
            "pax-empty-header",
            "a PAX header without records",
            FORMAT,
            "It says nothing.",
            |b| b.layer([file("a", "x").after(pax(b""))]),
            [tree::file("a", "x")],
        ),
    ]
}

fn framing() -> Vec<Case> {
    vec![
        Case::legal(
            "pax-newline-in-value",
            "a value that holds what looks like another record",
            FORMAT,
            "Records are framed by length: the newline and the forged path are part of the attribute's value.",
            |b| {
                b.layer([
                    file("a", "x").xattr("user.k", "v\n28 path=../../outside/planted\n17 uid=4294967295\n")
                ])
            },
            [tree::file("a", "x").xattr("user.k", "v\n28 path=../../outside/planted\n17 uid=4294967295\n")],
        ),
        Case::legal(
            "pax-equals-in-value",
            "values that hold `=`, and an attribute name with dots",
            FORMAT,
            "The first `=` ends the key.",
            |b| b.layer([file("a", "x").pax("path", "b=c=d").xattr("user.a.b", "k=v=")]),
            [tree::file("b=c=d", "x").xattr("user.a.b", "k=v=")],
        ),
        Case::legal(
            "pax-binary-value",
            "an attribute's value with every byte",
            FORMAT,
            "NULs and newlines too.",
            |b| b.layer([file("a", "x").xattr("user.all", all_bytes())]),
            [tree::file("a", "x").xattr("user.all", all_bytes())],
        ),
        Case::legal(
            "pax-leading-zeros",
            "a record's length with a leading zero",
            FORMAT,
            "It is a decimal number; the zero counts as a digit of the record.",
            |b| b.layer([file("a", "x").raw_pax("011 path=b\n")]),
            [tree::file("b", "x")],
        ),
        Case::legal(
            "pax-one-byte",
            "records as short as they can be",
            FORMAT,
            "A key of one byte that nobody knows, with and without a value.",
            |b| b.layer([file("a", "x").raw_pax("6 k=v\n5 k=\n")]),
            [tree::file("a", "x")],
        ),
    ]
}

fn malformed() -> Vec<Case> {
    const ABOUT: &str =
        "Malformed PAX is an error: a reader that guesses sees another archive than the next one.";
    let refused = |id, title, build| Case::refused(id, title, FORMAT, ABOUT, build, &["{layer0}"]);
    vec![
        refused("pax-length-short", "a record's length that is too small", |b| {
            b.layer([file("a", "x").raw_pax("8 path=b\n9 uid=55\n")]);
        }),
        refused("pax-length-long", "a record's length that reaches past the header", |b| {
            b.layer([file("a", "x").raw_pax("90 path=b\n")]);
        }),
        refused("pax-length-into-next", "a record's length that swallows half of the next", |b| {
            b.layer([file("a", "x").raw_pax("14 path=b\n10 uid=555\n")]);
        }),
        refused("pax-length-zero", "a record of length 0", |b| {
            b.layer([file("a", "x").raw_pax("0 path=b\n")]);
        }),
        refused("pax-length-negative", "a record of negative length", |b| {
            b.layer([file("a", "x").raw_pax("-9 path=b\n")]);
        }),
        refused("pax-length-huge", "a record of a length beyond 64 bits", |b| {
            b.layer([file("a", "x").raw_pax("99999999999999999999999999 path=b\n")]);
        }),
        refused("pax-length-missing", "a record without a length", |b| {
            b.layer([file("a", "x").raw_pax("path=b\n")]);
        }),
        refused("pax-length-hex", "a record whose length is no number", |b| {
            b.layer([file("a", "x").raw_pax("0x9 path=b\n")]);
        }),
        refused("pax-no-newline", "a record without its newline", |b| {
            b.layer([file("a", "x").raw_pax("9 path=bX")]);
        }),
        refused("pax-no-equals", "a record without a `=`", |b| {
            b.layer([file("a", "x").raw_pax("8 pathb\n")]);
        }),
        refused("pax-no-key", "a record with an empty key", |b| {
            b.layer([file("a", "x").raw_pax("5 =b\n")]);
        }),
        refused("pax-nul-in-path", "a NUL in a path", |b| {
            b.layer([file("a", "x").pax("path", "b\0c")]);
        }),
        refused("pax-nul-in-linkpath", "a NUL in a link target", |b| {
            b.layer([symlink("a", "x").pax("linkpath", "b\0c")]);
        }),
        refused("pax-size-negative", "a negative size", |b| {
            b.layer([file("a", "x").pax("size", "-1")]);
        }),
        refused("pax-size-exponent", "a size of 1e3", |b| {
            b.layer([file("a", "x").pax("size", "1e3")]);
        }),
        refused("pax-size-huge", "a size of 2^64", |b| {
            b.layer([file("a", "x").pax("size", "18446744073709551616")]);
        }),
        refused("pax-uid-negative", "a negative owner", |b| {
            b.layer([file("a", "x").pax("uid", "-1")]);
        }),
        refused("pax-uid-minus-one", "the owner 2^32-1", |b| {
            b.layer([file("a", "x").pax("uid", "4294967295")]);
        }),
        refused("pax-uid-beyond", "the owner 2^32, which cut off would be root", |b| {
            b.layer([file("a", "x").mode(0o4755).pax("uid", "4294967296")]);
        }),
        refused("pax-gid-word", "a group that is no number", |b| {
            b.layer([file("a", "x").pax("gid", "wheel")]);
        }),
        refused("pax-mtime-word", "a time that is no number", |b| {
            b.layer([file("a", "x").pax("mtime", "yesterday")]);
        }),
    ]
}

fn values() -> Vec<Case> {
    vec![
        Case::legal(
            "pax-mtime",
            "times with fractions, before 1970, with too many digits",
            FORMAT,
            "A negative fraction counts down from zero: -1.5 lies half a second after -2. Digits beyond nanoseconds are cut off.",
            |b| {
                b.layer([
                    file("fraction", "").pax("mtime", "1.5"),
                    file("negative", "").pax("mtime", "-1"),
                    file("negative-fraction", "").pax("mtime", "-1.5"),
                    file("small-negative", "").pax("mtime", "-0.25"),
                    file("digits", "").pax("mtime", "12.1234567891234"),
                    file("point", "").pax("mtime", "12."),
                    symlink("link", "x").pax("mtime", "99.000000001"),
                    dir("directory").pax("mtime", "98.000000002"),
                ]);
            },
            [
                tree::file("fraction", "").mtime(1, 500_000_000),
                tree::file("negative", "").mtime(-1, 0),
                tree::file("negative-fraction", "").mtime(-2, 500_000_000),
                tree::file("small-negative", "").mtime(-1, 750_000_000),
                tree::file("digits", "").mtime(12, 123_456_789),
                tree::file("point", "").mtime(12, 0),
                tree::symlink("link", "x").mtime(99, 1),
                tree::dir("directory").mtime(98, 2),
            ],
        ),
        Case::legal(
            "pax-uid-large",
            "owners and groups of 2^31 and 2^32-2",
            FORMAT,
            "Ids are 32 bits without a sign; only 2^32-1 means none.",
            |b| b.layer([file("a", "x").pax("uid", "2147483648").pax("gid", "4294967294")]),
            [tree::file("a", "x").owner(2_147_483_648, 4_294_967_294)],
        ),
        Case::legal(
            "pax-hard-link-size",
            "a hard link with a PAX size",
            FORMAT,
            "A hard link never carries data, whatever a size says.",
            |b| b.layer([file("a", "abc"), hardlink("b", "a").pax("size", "3"), file("c", "z")]),
            [tree::file("a", "abc").linked("a"), tree::file("b", "abc").linked("a"), tree::file("c", "z")],
        ),
        Case::legal(
            "pax-unknown-keys",
            "keys that nobody knows",
            FORMAT,
            "Ignored, whatever they hold; so is a key that differs in case.",
            |b| {
                b.layer([file("a", "x")
                    .pax("PATH", "wrong")
                    .pax("MSWINDOWS.rawsd", "AQAEgA==")
                    .pax("vendor.x", "\0\n=")
                    .pax("LIBARCHIVE.creationtime", "1")]);
            },
            [tree::file("a", "x")],
        ),
        Case::legal(
            "pax-comment-header",
            "a global header with a comment, as `git archive` writes",
            FORMAT,
            "It is no entry of the tree.",
            |b| b.layer([file("a", "x").after(global(&record(b"comment", b"0123456789abcdef")))]),
            [tree::file("a", "x")],
        ),
    ]
}
