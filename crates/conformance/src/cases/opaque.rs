//! Opaque whiteouts: they hide what lower layers put in their directory, and nothing else.

use super::section::OPAQUE;
use crate::case::Case;
use crate::tar::{dir, file, whiteout};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::legal(
            "opaque-before-children",
            "an opaque whiteout before this layer's children",
            OPAQUE,
            "All that lower layers had in the directory goes, descendants too.",
            |b| {
                b.layer([dir("a"), dir("a/b"), dir("a/b/c"), file("a/b/c/bar", "x"), file("a/old", "x")]);
                b.layer([
                    dir("a"),
                    whiteout("a/.wh..wh..opq"),
                    dir("a/b"),
                    dir("a/b/c"),
                    file("a/b/c/foo", "y"),
                ]);
            },
            [tree::dir("a"), tree::dir("a/b"), tree::dir("a/b/c"), tree::file("a/b/c/foo", "y")],
        ),
        Case::legal(
            "opaque-after-children",
            "an opaque whiteout after this layer's children",
            OPAQUE,
            "The order of the archive does not matter: the outcome equals that of the whiteout standing first.",
            |b| {
                b.layer([dir("a"), dir("a/b"), dir("a/b/c"), file("a/b/c/bar", "x"), file("a/old", "x")]);
                b.layer([
                    dir("a"),
                    dir("a/b"),
                    dir("a/b/c"),
                    file("a/b/c/foo", "y"),
                    whiteout("a/.wh..wh..opq"),
                ]);
            },
            [tree::dir("a"), tree::dir("a/b"), tree::dir("a/b/c"), tree::file("a/b/c/foo", "y")],
        ),
        Case::legal(
            "opaque-keeps-directory",
            "an opaque whiteout in a directory that its layer does not mention",
            OPAQUE,
            "The directory stays with the lower layer's attributes; its children go.",
            |b| {
                b.layer([dir("d").mode(0o1777).owner(7, 8), file("d/a", "x"), file("e", "y")]);
                b.layer([whiteout("d/.wh..wh..opq")]);
            },
            [tree::dir("d").mode(0o1777).owner(7, 8), tree::file("e", "y")],
        ),
        Case::legal(
            "opaque-root",
            "an opaque whiteout at the root",
            OPAQUE,
            "The lower layers' whole tree goes.",
            |b| {
                b.layer([dir("d"), file("d/a", "x"), file("b", "y")]);
                b.layer([file("c", "z"), whiteout(".wh..wh..opq")]);
            },
            [tree::file("c", "z")],
        ),
        Case::legal(
            "opaque-missing-directory",
            "an opaque whiteout in a directory that does not exist",
            OPAQUE,
            "There is nothing to hide, and no directory is made for it.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([whiteout("no/such/.wh..wh..opq")]);
            },
            [tree::file("a", "x")],
        ),
        Case::legal(
            "opaque-below-file",
            "an opaque whiteout whose parent is a lower layer's file",
            OPAQUE,
            "A file has no children to hide; it stays.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([whiteout("a/.wh..wh..opq")]);
            },
            [tree::file("a", "x")],
        ),
        Case::legal(
            "opaque-with-whiteout",
            "an opaque whiteout and an explicit one in the same directory",
            OPAQUE,
            "Both hide lower layers alone, in either order.",
            |b| {
                b.layer([dir("d"), file("d/a", "x"), file("d/b", "x")]);
                b.layer([
                    whiteout("d/.wh.a"),
                    file("d/a", "new"),
                    whiteout("d/.wh..wh..opq"),
                    whiteout("d/.wh.b"),
                ]);
            },
            [tree::dir("d"), tree::file("d/a", "new")],
        ),
        Case::legal(
            "opaque-nested-child",
            "an opaque whiteout above a directory in which its layer has put a file",
            OPAQUE,
            "The way down to the new file must exist, beside it nothing of the lower layers does.",
            |b| {
                b.layer([dir("a"), dir("a/b"), file("a/b/old", "x"), file("a/old", "x")]);
                b.layer([file("a/b/new", "y"), whiteout("a/.wh..wh..opq")]);
            },
            [tree::dir("a"), tree::implied("a/b").any_attributes(), tree::file("a/b/new", "y")],
        ),
    ]
}
