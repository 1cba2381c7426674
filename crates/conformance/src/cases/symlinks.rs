//! Symbolic links: nothing is reached through them that is not inside the root.

use super::section::{APPLYING, EXISTING, FORMAT};
use super::{OUTSIDE, OUTSIDE_ABSOLUTE};
use crate::case::Case;
use crate::tar::{dir, fifo, file, symlink};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = escapes();
    all.extend(symlinks());
    all
}

fn escapes() -> Vec<Case> {
    vec![
        Case::legal(
            "symlink-escape-relative",
            "a file written through a symlink to ../../outside",
            APPLYING,
            "The link is resolved inside the root, where `..` of the root is the root.",
            |b| b.layer([dir("outside"), symlink("evil", OUTSIDE), file("evil/planted", "x")]),
            [tree::dir("outside"), tree::symlink("evil", OUTSIDE), tree::file("outside/planted", "x")],
        ),
        Case::legal(
            "symlink-escape-absolute",
            "a file written through a symlink to an absolute path",
            APPLYING,
            "An absolute target begins at the image's root.",
            |b| {
                b.layer([
                    dir("tmp"),
                    dir("tmp/ocidian-conformance-outside"),
                    symlink("evil", OUTSIDE_ABSOLUTE),
                    file("evil/planted", "x"),
                ]);
            },
            [
                tree::dir("tmp"),
                tree::dir("tmp/ocidian-conformance-outside"),
                tree::symlink("evil", OUTSIDE_ABSOLUTE),
                tree::file("tmp/ocidian-conformance-outside/planted", "x"),
            ],
        ),
        Case::legal(
            "symlink-escape-lower-layer",
            "a file written through a lower layer's symlink",
            APPLYING,
            "As within one layer.",
            |b| {
                b.layer([dir("outside"), symlink("evil", OUTSIDE)]);
                b.layer([file("evil/planted", "x"), dir("evil/made"), fifo("evil/fifo")]);
            },
            [
                tree::dir("outside"),
                tree::symlink("evil", OUTSIDE),
                tree::file("outside/planted", "x"),
                tree::dir("outside/made"),
                tree::fifo("outside/fifo"),
            ],
        ),
        Case::legal(
            "symlink-escape-chained",
            "a file written through a chain of symlinks",
            APPLYING,
            "Each link alone looks harmless; the last leads out, and is resolved inside.",
            |b| {
                b.layer([
                    dir("outside"),
                    dir("d"),
                    symlink("d/up", ".."),
                    symlink("two", "d/up/d/up/.."),
                    symlink("three", "two/../outside"),
                    file("three/planted", "x"),
                ]);
            },
            [
                tree::dir("outside"),
                tree::dir("d"),
                tree::symlink("d/up", ".."),
                tree::symlink("two", "d/up/d/up/.."),
                tree::symlink("three", "two/../outside"),
                tree::file("outside/planted", "x"),
            ],
        ),
        Case::legal(
            "symlink-escape-dangling",
            "a file written through a symlink that leads nowhere inside the root",
            APPLYING,
            "The directory that the link names is missing inside the root, and is made there as missing parents are.",
            |b| b.layer([symlink("evil", OUTSIDE), file("evil/planted", "x")]),
            [tree::symlink("evil", OUTSIDE), tree::implied("outside"), tree::file("outside/planted", "x")],
        ),
        Case::legal(
            "symlink-to-root",
            "a file written through a symlink to `/`",
            APPLYING,
            "`/` is the image's root.",
            |b| b.layer([symlink("root", "/"), file("root/a", "x")]),
            [tree::symlink("root", "/"), tree::file("a", "x")],
        ),
        Case::legal(
            "symlink-lib-to-usr-lib",
            "a merged /usr: lib is a lower layer's symlink to usr/lib",
            APPLYING,
            "What a higher layer puts below lib comes to lie in usr/lib, and lib stays a link.",
            |b| {
                b.layer([dir("usr"), dir("usr/lib"), file("usr/lib/a", "x"), symlink("lib", "usr/lib")]);
                b.layer([file("lib/b", "y"), file("lib/sub/c", "z")]);
            },
            [
                tree::dir("usr"),
                tree::dir("usr/lib"),
                tree::file("usr/lib/a", "x"),
                tree::symlink("lib", "usr/lib"),
                tree::file("usr/lib/b", "y"),
                tree::implied("usr/lib/sub"),
                tree::file("usr/lib/sub/c", "z"),
            ],
        ),
    ]
}

fn symlinks() -> Vec<Case> {
    let mut all = vec![
        Case::refused(
            "symlink-loop",
            "a parent that is a symlink to itself",
            APPLYING,
            "No directory is ever reached.",
            |b| b.layer([symlink("loop", "loop"), file("loop/file", "x")]),
            &["loop/file"],
        ),
        Case::refused(
            "symlink-loop-of-two",
            "a parent in a loop of two symlinks, across layers",
            APPLYING,
            "No directory is ever reached.",
            |b| {
                b.layer([symlink("one", "two"), symlink("two", "one")]);
                b.layer([file("one/file", "x")]);
            },
            &["one/file"],
        ),
        Case::legal(
            "symlink-loop-unused",
            "symlinks in a loop that nothing goes through",
            APPLYING,
            "A link's target is bytes; it need not lead anywhere.",
            |b| b.layer([symlink("one", "two"), symlink("two", "one"), symlink("self", "self")]),
            [tree::symlink("one", "two"), tree::symlink("two", "one"), tree::symlink("self", "self")],
        ),
        Case::legal(
            "symlink-target-kept",
            "symlink targets are kept byte for byte",
            APPLYING,
            "Slashes, dots and bytes that are no UTF-8 are neither normalised nor refused.",
            |b| {
                b.layer([
                    symlink("a", "./x//y/../z/"),
                    symlink("b", "../../../.."),
                    symlink("c", b"\xff\n\\"),
                    symlink("d", [b't'; 300]),
                ]);
            },
            [
                tree::symlink("a", "./x//y/../z/"),
                tree::symlink("b", "../../../.."),
                tree::symlink("c", b"\xff\n\\"),
                tree::symlink("d", [b't'; 300]),
            ],
        ),
        Case::refused(
            "symlink-empty-target",
            "a symlink without a target",
            FORMAT,
            "Linux cannot make one, and skipping it would lose an entry.",
            |b| b.layer([symlink("pointless", "")]),
            &["pointless"],
        ),
        Case::refused(
            "symlink-long-target",
            "a symlink whose target is longer than PATH_MAX",
            FORMAT,
            "Linux cannot make one.",
            |b| b.layer([symlink("far", [b't'; 5000])]),
            &["far"],
        ),
    ];
    all.push(Case::legal(
        "symlink-attributes",
        "owner, time and nothing else of a symlink",
        EXISTING,
        "They are the link's own; the file that it points to keeps its own.",
        |b| {
            b.layer([file("a", "x").owner(1, 2), symlink("l", "a").owner(1000, 1001).mtime(5).mode(0)]);
        },
        [tree::file("a", "x").owner(1, 2), tree::symlink("l", "a").owner(1000, 1001).mtime(5, 0)],
    ));
    all
}
