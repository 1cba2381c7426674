//! Entries for the root itself: they set its attributes, and cannot replace it.

use super::section::{APPLYING, EXISTING, FORMAT};
use crate::case::Case;
use crate::tar::{dir, fifo, file, hardlink, symlink};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = roots();
    all.extend(bad_roots());
    all
}

fn roots() -> Vec<Case> {
    vec![
        Case::legal(
            "root-dot-slash",
            "a directory entry ./",
            APPLYING,
            "It is the root itself, and sets its attributes.",
            |b| {
                b.layer([dir("./").mode(0o750).owner(3, 4).mtime(77).xattr("user.k", "v"), file("./a", "x")]);
            },
            [tree::dir("").mode(0o750).owner(3, 4).mtime(77, 0).xattr("user.k", "v"), tree::file("a", "x")],
        ),
        Case::legal(
            "root-dot",
            "a directory entry `.`",
            APPLYING,
            "It is the root itself, and sets its attributes.",
            |b| b.layer([file("a", "x"), dir(".").mode(0o700).mtime(77)]),
            [tree::dir("").mode(0o700).mtime(77, 0), tree::file("a", "x")],
        ),
        Case::legal(
            "root-slash",
            "a directory entry `/`",
            APPLYING,
            "It is the root itself, and sets its attributes.",
            |b| b.layer([dir("/").mode(0o711), file("/a", "x")]),
            [tree::dir("").mode(0o711), tree::file("a", "x")],
        ),
        Case::legal(
            "root-slash-dot",
            "a directory entry `/.`",
            APPLYING,
            "It is the root itself, and sets its attributes; the last layer's count.",
            |b| {
                b.layer([dir("/").mode(0o711), file("a", "x")]);
                b.layer([dir("/.").mode(0o1777).mtime(5)]);
            },
            [tree::dir("").mode(0o1777).mtime(5, 0), tree::file("a", "x")],
        ),
    ]
}

fn bad_roots() -> Vec<Case> {
    const ABOUT: &str =
        "The root is a directory and stays one: replaced by a link, all that follows would leave it.";
    vec![
        Case::refused(
            "root-symlink-slash",
            "a symlink `/`",
            EXISTING,
            ABOUT,
            |b| b.layer([symlink("/", "../outside"), file("planted", "x")]),
            &["{layer0}"],
        ),
        Case::refused(
            "root-symlink-dot",
            "a symlink `.`",
            EXISTING,
            ABOUT,
            |b| b.layer([symlink(".", "../outside"), file("planted", "x")]),
            &["{layer0}"],
        ),
        Case::refused(
            "root-symlink-slash-dot",
            "a symlink `/.`",
            EXISTING,
            ABOUT,
            |b| {
                b.layer([file("a", "x")]);
                b.layer([symlink("/.", "/tmp/ocidian-conformance-outside"), file("planted", "x")]);
            },
            &["{layer1}"],
        ),
        Case::refused(
            "root-file",
            "a regular file ./",
            EXISTING,
            ABOUT,
            |b| b.layer([file("./.", "x")]),
            &["{layer0}"],
        ),
        Case::refused("root-fifo", "a FIFO `/`", EXISTING, ABOUT, |b| b.layer([fifo("/")]), &["{layer0}"]),
        Case::refused(
            "root-hard-link",
            "a hard link `.`",
            EXISTING,
            ABOUT,
            |b| b.layer([file("a", "x"), hardlink(".", "a")]),
            &["{layer0}"],
        ),
        Case::refused(
            "name-empty",
            "a file without a name",
            FORMAT,
            "There is nothing that it could be called.",
            |b| b.layer([file("", "x")]),
            &["{layer0}"],
        ),
    ]
}
