//! Names: what is dropped, what is kept byte for byte, and what can be no name at all.

use super::section::{APPLYING, EXISTING, FORMAT};
use crate::case::Case;
use crate::tar::{self, NAME, PREFIX, dir, file, gnu_long, symlink, whiteout};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = dot_dot();
    all.extend(spelling());
    all.extend(lengths());
    all.extend(parents());
    all
}

fn dot_dot() -> Vec<Case> {
    vec![
        Case::refused(
            "path-dot-dot",
            "a file ../../outside/sentinel",
            FORMAT,
            "A `..` component is an error, never normalised.",
            |b| b.layer([file("../../outside/sentinel", "planted")]),
            &["../../outside/sentinel"],
        ),
        Case::refused(
            "path-dot-dot-inner",
            "a file d/../a, which would stay inside",
            FORMAT,
            "Lexically it is a; if d is a symlink it is something else. So it is an error wherever it leads.",
            |b| b.layer([dir("d"), file("d/../a", "x")]),
            &["d/../a"],
        ),
        Case::refused(
            "path-dot-dot-last",
            "a directory d/..",
            FORMAT,
            "It would set the attributes of what d stands in.",
            |b| b.layer([dir("d"), dir("d/..").mode(0o777)]),
            &["d/.."],
        ),
        Case::refused(
            "path-dot-dot-alone",
            "a directory ..",
            FORMAT,
            "It would set the attributes of what the root stands in.",
            |b| b.layer([dir("../").mode(0o777)]),
            &[".."],
        ),
        Case::refused(
            "path-dot-dot-absolute",
            "a file /../../outside/planted",
            FORMAT,
            "The `..` counts after the leading `/` is dropped, too.",
            |b| b.layer([file("/../../outside/planted", "x")]),
            &["../../outside/planted"],
        ),
        Case::refused(
            "path-dot-dot-pax",
            "a `..` that only the PAX path has",
            FORMAT,
            "The PAX path is the entry's name, and is judged as one.",
            |b| b.layer([file("harmless", "x").pax("path", "../../outside/planted")]),
            &["../../outside/planted"],
        ),
        Case::refused(
            "path-dot-dot-gnu",
            "a `..` that only the GNU long name has",
            FORMAT,
            "The long name is the entry's name, and is judged as one.",
            |b| b.layer([file("harmless", "x").after(gnu_long(b'L', b"../../outside/planted"))]),
            &["../../outside/planted"],
        ),
        Case::refused(
            "path-dot-dot-prefix",
            "a `..` that only the ustar prefix has",
            FORMAT,
            "Prefix, `/` and name together are the entry's name.",
            |b| b.layer([file("planted", "x").header(|h| h.raw(PREFIX, b"../../outside"))]),
            &["../../outside/planted"],
        ),
        Case::legal(
            "path-dots-in-names",
            "names that only look like `..`",
            FORMAT,
            "Three dots, dots and letters, dots and blanks are ordinary names.",
            |b| b.layer([file("...", "x"), file("..a", "y"), file("a..", "z"), file(".. ", "w")]),
            [tree::file("...", "x"), tree::file("..a", "y"), tree::file("a..", "z"), tree::file(".. ", "w")],
        ),
    ]
}

fn spelling() -> Vec<Case> {
    vec![
        Case::legal(
            "path-absolute",
            "absolute names",
            APPLYING,
            "The leading `/` is dropped: it is the image's root.",
            |b| {
                b.layer([
                    dir("/tmp"),
                    file("/tmp/ocidian-conformance-outside/planted", "x"),
                    file("//a", "y"),
                ])
            },
            [
                tree::dir("tmp"),
                tree::implied("tmp/ocidian-conformance-outside"),
                tree::file("tmp/ocidian-conformance-outside/planted", "x"),
                tree::file("a", "y"),
            ],
        ),
        Case::legal(
            "path-empty-components",
            "inner `.` and empty components",
            APPLYING,
            "They are dropped, so all spellings are one directory.",
            |b| b.layer([dir("d//"), file("d/./a", "x"), file(".//d///./b", "y"), dir("./d/.").mode(0o700)]),
            [tree::dir("d").mode(0o700), tree::file("d/a", "x"), tree::file("d/b", "y")],
        ),
        Case::legal(
            "name-bytes",
            "names that are not UTF-8",
            FORMAT,
            "Names are bytes.",
            |b| b.layer([file(b"\xff\xfe", "x"), dir(b"latin-\xe9"), symlink(b"\x80", b"\xff\xfe")]),
            [tree::file(b"\xff\xfe", "x"), tree::dir(b"latin-\xe9"), tree::symlink(b"\x80", b"\xff\xfe")],
        ),
        Case::legal(
            "name-special",
            "names with newlines, backslashes, quotes, patterns, dashes, blanks",
            FORMAT,
            "All bytes but NUL and `/` are ordinary in a name.",
            |b| {
                b.layer([
                    file("a\nb", "1"),
                    file("a\\b", "2"),
                    file("*?[a]", "3"),
                    file("-rf", "4"),
                    file(" ", "5"),
                    file("\"'$(id)`", "6"),
                    file("\x1b[31m", "7"),
                ]);
            },
            [
                tree::file("a\nb", "1"),
                tree::file("a\\b", "2"),
                tree::file("*?[a]", "3"),
                tree::file("-rf", "4"),
                tree::file(" ", "5"),
                tree::file("\"'$(id)`", "6"),
                tree::file("\x1b[31m", "7"),
            ],
        ),
        Case::legal(
            "name-not-normalised",
            "names that differ in case or in Unicode normalisation alone",
            FORMAT,
            "They are different names.",
            |b| b.layer([file("A", "1"), file("a", "2"), file("\u{e9}", "3"), file("e\u{301}", "4")]),
            [
                tree::file("A", "1"),
                tree::file("a", "2"),
                tree::file("\u{e9}", "3"),
                tree::file("e\u{301}", "4"),
            ],
        ),
        Case::legal(
            "name-unterminated",
            "a name that fills its 100 bytes, without a NUL",
            FORMAT,
            "The field's end ends it.",
            |b| b.layer([file([b'n'; 100], "x")]),
            [tree::file([b'n'; 100], "x")],
        ),
        Case::legal(
            "name-after-nul",
            "bytes after the NUL that ends a name",
            FORMAT,
            "They are not part of it.",
            |b| b.layer([file("a", "x").header(|h| h.raw(NAME, b"a\0../../outside/planted"))]),
            [tree::file("a", "x")],
        ),
        Case::legal(
            "name-prefix",
            "a name split into ustar's prefix and name",
            FORMAT,
            "They are joined by a `/`.",
            |b| b.layer([file("b", "x").header(|h| h.raw(PREFIX, b"some/deep/a"))]),
            [
                tree::implied("some"),
                tree::implied("some/deep"),
                tree::implied("some/deep/a"),
                tree::file("some/deep/a/b", "x"),
            ],
        ),
        Case::legal(
            "name-gnu-no-prefix",
            "GNU's header, which has times where ustar has the prefix",
            FORMAT,
            "They must not be read as part of the name.",
            |b| b.layer([file("a", "x").header(|h| h.gnu().raw(PREFIX, b"07346545000\x0007346545000\0"))]),
            [tree::file("a", "x")],
        ),
        Case::legal(
            "name-trailing-slash-old",
            "an entry of the oldest type whose name ends in `/`",
            FORMAT,
            "Before type 5 existed, a directory was a file (type NUL) with a `/` at its end.",
            |b| {
                let old = tar::with_data("d/", 0, "").mode(0o755);
                b.layer([old, file("d/a", "x")]);
            },
            [tree::dir("d"), tree::file("d/a", "x")],
        ),
    ]
}

fn lengths() -> Vec<Case> {
    vec![
        Case::legal(
            "name-255",
            "a name of 255 bytes",
            FORMAT,
            "As long as Linux takes.",
            |b| b.layer([file([b'n'; 255], "x")]),
            [tree::file([b'n'; 255], "x")],
        ),
        Case::refused(
            "name-256",
            "a name of 256 bytes",
            FORMAT,
            "Longer than Linux takes; it must not be cut off.",
            |b| b.layer([file([b'n'; 256], "x")]),
            &["nnnnnnnn"],
        ),
        Case::refused(
            "name-256-whiteout",
            "a whiteout of 256 bytes",
            FORMAT,
            "The limit is on the whiteout's name as on any other's.",
            |b| b.layer([whiteout([&b".wh."[..], &[b'n'; 252]].concat())]),
            &[".wh.nnnn"],
        ),
        Case::refused(
            "path-4096",
            "a path longer than PATH_MAX",
            FORMAT,
            "Longer than any system call takes.",
            |b| b.layer([file(format!("{}f", format!("{}/", "directory-".repeat(5)).repeat(81)), "x")]),
            &["directory-"],
        ),
        Case::refused(
            "path-one-mebibyte",
            "a PAX path of 1 MiB",
            FORMAT,
            "Refused, and without much memory.",
            |b| b.layer([file("a", "x").pax("path", b"ab/".repeat(350_000))]),
            &["{layer0}"],
        ),
        Case::legal(
            "path-1000-components",
            "a path of 1,000 components",
            FORMAT,
            "Deep, but well below PATH_MAX.",
            |b| b.layer([file([&b"d/".repeat(999)[..], b"f"].concat(), "x")]),
            (1..1000)
                .map(|depth| tree::implied(b"d/".repeat(depth).strip_suffix(b"/").unwrap_or_default()))
                .chain([tree::file([&b"d/".repeat(999)[..], b"f"].concat(), "x")]),
        ),
    ]
}

fn parents() -> Vec<Case> {
    vec![
        Case::legal(
            "parents-missing",
            "a file whose parents no layer mentions",
            APPLYING,
            "They are made, 0755 and root's.",
            |b| b.layer([file("a/b/c", "x").owner(5, 6)]),
            [tree::implied("a"), tree::implied("a/b"), tree::file("a/b/c", "x").owner(5, 6)],
        ),
        Case::legal(
            "parents-later",
            "directories that come after their children",
            APPLYING,
            "They take the attributes of their entry, modes that forbid writing too.",
            |b| b.layer([file("a/b/c", "x"), dir("a/b").mode(0o555).mtime(5), dir("a").mode(0o711).mtime(6)]),
            [
                tree::dir("a").mode(0o711).mtime(6, 0),
                tree::dir("a/b").mode(0o555).mtime(5, 0),
                tree::file("a/b/c", "x"),
            ],
        ),
        Case::legal(
            "parent-is-file",
            "a file below a lower layer's file",
            EXISTING,
            "The parent is replaced by a directory.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([file("a/b", "y")]);
            },
            [tree::implied("a"), tree::file("a/b", "y")],
        ),
        Case::legal(
            "parent-mode-kept",
            "a file below a directory that its layer does not mention",
            APPLYING,
            "The directory keeps mode, owner and time.",
            |b| {
                b.layer([dir("d").mode(0o2770).owner(5, 6).mtime(77)]);
                b.layer([file("d/a", "x")]);
            },
            [tree::dir("d").mode(0o2770).owner(5, 6).mtime(77, 0), tree::file("d/a", "x")],
        ),
        Case::legal(
            "parent-read-only",
            "files below a directory that nobody may write",
            APPLYING,
            "Within a layer and from the next one; the mode is exact at the end.",
            |b| {
                b.layer([dir("d").mode(0), file("d/a", "x").mode(0)]);
                b.layer([file("d/b", "y")]);
            },
            [tree::dir("d").mode(0), tree::file("d/a", "x").mode(0), tree::file("d/b", "y")],
        ),
    ]
}
