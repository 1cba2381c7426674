//! Entries over what is there already: removed and made anew, unless both are directories.

use super::OUTSIDE;
use super::section::{EXISTING, FORMAT};
use crate::case::Case;
use crate::tar::{char_device, dir, fifo, file, hardlink, symlink};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::legal(
            "replace-symlink-by-file",
            "a file where a symlink to a file was",
            EXISTING,
            "The link is removed, then the file is made; what it pointed to is not written.",
            |b| {
                b.layer([file("a", "kept"), symlink("in", "a"), symlink("out", "../../outside/sentinel")]);
                b.layer([file("in", "new").mode(0o777), file("out", "new").mode(0o777)]);
            },
            [
                tree::file("a", "kept"),
                tree::file("in", "new").mode(0o777),
                tree::file("out", "new").mode(0o777),
            ],
        ),
        Case::legal(
            "replace-symlink-by-file-same-layer",
            "a symlink and then a file of the same name, in one layer",
            EXISTING,
            "The oldest way out: the second entry must not be written through the first.",
            |b| {
                b.layer([
                    symlink("rel", "../../outside/sentinel"),
                    file("rel", "planted"),
                    symlink("abs", "/tmp/ocidian-conformance-outside/sentinel"),
                    file("abs", "planted"),
                    symlink("new", "../../outside/planted"),
                    file("new", "planted"),
                ]);
            },
            [tree::file("rel", "planted"), tree::file("abs", "planted"), tree::file("new", "planted")],
        ),
        Case::legal(
            "replace-symlink-by-directory",
            "a directory where a symlink to a directory was",
            EXISTING,
            "Not both are directories, so the link is replaced; mode, owner and xattrs are not applied to what it pointed to.",
            |b| {
                b.layer([
                    dir("real").mode(0o700),
                    file("real/a", "x"),
                    symlink("in", "real"),
                    symlink("out", OUTSIDE),
                ]);
                b.layer([
                    dir("in").mode(0o777).owner(5, 6).xattr("user.k", "v"),
                    file("in/b", "y"),
                    dir("out").mode(0o777).owner(5, 6).xattr("user.k", "v"),
                    file("out/sentinel", "planted"),
                ]);
            },
            [
                tree::dir("real").mode(0o700),
                tree::file("real/a", "x"),
                tree::dir("in").mode(0o777).owner(5, 6).xattr("user.k", "v"),
                tree::file("in/b", "y"),
                tree::dir("out").mode(0o777).owner(5, 6).xattr("user.k", "v"),
                tree::file("out/sentinel", "planted"),
            ],
        ),
        Case::legal(
            "replace-directory-by-symlink",
            "a symlink where a directory was",
            EXISTING,
            "The directory goes with all that is in it.",
            |b| {
                b.layer([dir("d"), file("d/a", "x"), dir("e"), file("e/b", "y")]);
                b.layer([symlink("d", "e")]);
            },
            [tree::symlink("d", "e"), tree::dir("e"), tree::file("e/b", "y")],
        ),
        Case::legal(
            "replace-directory-by-symlink-same-layer",
            "a directory, a symlink in its place, and a file below it, in one layer",
            EXISTING,
            "What is remembered of the directory must not be used once it is a link.",
            |b| {
                b.layer([
                    dir("outside"),
                    dir("d"),
                    file("d/first", "x"),
                    symlink("d", OUTSIDE),
                    file("d/planted", "y"),
                ]);
            },
            [tree::dir("outside"), tree::symlink("d", OUTSIDE), tree::file("outside/planted", "y")],
        ),
        Case::legal(
            "replace-file-by-directory",
            "a directory where a file was",
            EXISTING,
            "The file is removed.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([dir("a"), file("a/b", "y")]);
            },
            [tree::dir("a"), tree::file("a/b", "y")],
        ),
        Case::legal(
            "replace-directory-by-file",
            "a file where a directory was",
            EXISTING,
            "The directory goes with all that is in it.",
            |b| {
                b.layer([dir("a"), file("a/b/c", "x"), fifo("a/f")]);
                b.layer([file("a", "y")]);
            },
            [tree::file("a", "y")],
        ),
        Case::legal(
            "replace-fifo-by-file",
            "files where a FIFO and a device were",
            EXISTING,
            "They are removed, not opened: opening the FIFO would wait for ever, writing to the device would reach the host.",
            |b| {
                b.layer([fifo("f"), char_device("n", 1, 3)]);
                b.layer([file("f", "x"), file("n", "y")]);
            },
            [tree::file("f", "x"), tree::file("n", "y")],
        ),
        Case::legal(
            "replace-hard-link",
            "a file where one of two names of a file was",
            EXISTING,
            "Removed, then made: the other name keeps content and mode.",
            |b| {
                b.layer([file("a", "old"), hardlink("b", "a")]);
                b.layer([file("a", "new").mode(0o4755)]);
            },
            [tree::file("a", "new").mode(0o4755), tree::file("b", "old")],
        ),
        Case::legal(
            "replace-hard-link-same-layer",
            "a file over a hard link, in one layer",
            EXISTING,
            "As across layers.",
            |b| b.layer([file("a", "old"), hardlink("b", "a"), file("b", "new")]),
            [tree::file("a", "old"), tree::file("b", "new")],
        ),
        Case::legal(
            "replace-directory-attributes",
            "a directory over a directory",
            EXISTING,
            "The attributes are replaced, xattrs too; the children stay.",
            |b| {
                b.layer([dir("d").mode(0o700).owner(1, 2).xattr("user.old", "x"), file("d/a", "x")]);
                b.layer([dir("d").mode(0o2755).owner(3, 4).mtime(77).xattr("user.new", "y")]);
            },
            [
                tree::dir("d").mode(0o2755).owner(3, 4).mtime(77, 0).xattr("user.new", "y"),
                tree::file("d/a", "x"),
            ],
        ),
        Case::legal(
            "duplicate-file",
            "two entries of one name in one layer",
            FORMAT,
            "A layer must not have them; where one does, the last one counts, and nothing of the first is left.",
            |b| b.layer([file("a", "first").mode(0o4755).xattr("user.k", "v"), file("./a", "last")]),
            [tree::file("a", "last")],
        ),
        Case::legal(
            "duplicate-directory",
            "one directory twice in one layer",
            FORMAT,
            "The children between stay, the last attributes count.",
            |b| b.layer([dir("d").mode(0o700), file("d/a", "x"), dir("d/").mode(0o750).mtime(5)]),
            [tree::dir("d").mode(0o750).mtime(5, 0), tree::file("d/a", "x")],
        ),
        Case::legal(
            "duplicate-types",
            "one name as file, directory, symlink and file in one layer",
            FORMAT,
            "Each replaces the one before.",
            |b| {
                b.layer([
                    file("a", "first"),
                    dir("a"),
                    file("a/child", "x"),
                    symlink("a", "b"),
                    dir("b"),
                    file("a", "last"),
                ]);
            },
            [tree::file("a", "last"), tree::dir("b")],
        ),
    ]
}
