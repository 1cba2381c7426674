//! Whiteouts: they hide what lower layers brought, wherever they stand, and nothing else.

use super::section::{OPAQUE, WHITEOUTS};
use crate::case::Case;
use crate::tar::{dir, file, hardlink, symlink, whiteout};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = explicit();
    all.extend(hostile());
    all
}

fn explicit() -> Vec<Case> {
    vec![
        Case::legal(
            "whiteout-file",
            "a whiteout removes a lower layer's file",
            WHITEOUTS,
            "The sibling stays, the directory keeps its time, and the whiteout itself is not seen.",
            |b| {
                b.layer([dir("d"), file("d/gone", "x"), file("d/stays", "y")]);
                b.layer([whiteout("d/.wh.gone")]);
            },
            [tree::dir("d"), tree::file("d/stays", "y")],
        ),
        Case::legal(
            "whiteout-directory",
            "a whiteout removes a whole directory",
            WHITEOUTS,
            "All descendants go, those that no layer mentions as a directory too.",
            |b| {
                b.layer([dir("d"), file("d/a/b/c", "x"), symlink("d/l", "/"), file("e", "y")]);
                b.layer([whiteout(".wh.d")]);
            },
            [tree::file("e", "y")],
        ),
        Case::legal(
            "whiteout-absent",
            "a whiteout of a path that does not exist does nothing",
            WHITEOUTS,
            "Neither the file nor the directory that it would stand in exists, and none is made.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([whiteout(".wh.nothing"), whiteout("no/such/.wh.thing")]);
            },
            [tree::file("a", "x")],
        ),
        Case::legal(
            "whiteout-before-sibling",
            "a whiteout before an entry of the same name in its layer",
            WHITEOUTS,
            "The lower layer's file goes, this layer's stays.",
            |b| {
                b.layer([file("a", "old")]);
                b.layer([whiteout(".wh.a"), file("a", "new")]);
            },
            [tree::file("a", "new")],
        ),
        Case::legal(
            "whiteout-after-sibling",
            "a whiteout after an entry of the same name in its layer",
            WHITEOUTS,
            "Whiteouts apply to lower layers only, so this layer's file stays although the whiteout comes later.",
            |b| {
                b.layer([file("a", "old")]);
                b.layer([file("a", "new"), whiteout(".wh.a")]);
            },
            [tree::file("a", "new")],
        ),
        Case::legal(
            "whiteout-after-directory",
            "a whiteout after a directory of the same name in its layer",
            WHITEOUTS,
            "What this layer put in the directory stays, what the lower layer had in it goes.",
            |b| {
                b.layer([dir("d"), file("d/old", "x"), file("d/sub/old", "x")]);
                b.layer([dir("d").mode(0o700), file("d/new", "y"), whiteout(".wh.d")]);
            },
            [tree::dir("d").mode(0o700), tree::file("d/new", "y")],
        ),
        Case::legal(
            "whiteout-after-child",
            "a whiteout of a directory in which this layer has put something",
            WHITEOUTS,
            "The layer mentions only a child; the directory must exist for it, all else in it goes.",
            |b| {
                b.layer([dir("d"), file("d/old", "x")]);
                b.layer([file("d/new", "y"), whiteout(".wh.d")]);
            },
            [tree::implied("d").any_attributes(), tree::file("d/new", "y")],
        ),
        Case::legal(
            "whiteout-same-layer-only",
            "a whiteout of what only its own layer has",
            WHITEOUTS,
            "Files of the same layer can only be hidden by later layers.",
            |b| b.layer([file("a", "x"), whiteout(".wh.a"), whiteout("d/.wh.b"), file("d/b", "y")]),
            [tree::file("a", "x"), tree::implied("d"), tree::file("d/b", "y")],
        ),
        Case::legal(
            "whiteout-then-back",
            "a file removed by one layer and brought back by the next",
            WHITEOUTS,
            "The third layer's file has nothing of the first's.",
            |b| {
                b.layer([file("a", "first").mode(0o4755).xattr("user.k", "v")]);
                b.layer([whiteout(".wh.a")]);
                b.layer([file("a", "third")]);
            },
            [tree::file("a", "third")],
        ),
        Case::legal(
            "whiteout-dir-then-back",
            "a directory removed by one layer and brought back by the next",
            WHITEOUTS,
            "The old children do not come back.",
            |b| {
                b.layer([dir("d"), file("d/old", "x")]);
                b.layer([whiteout(".wh.d")]);
                b.layer([dir("d"), file("d/new", "y")]);
            },
            [tree::dir("d"), tree::file("d/new", "y")],
        ),
        Case::legal(
            "whiteout-symlink",
            "a whiteout of a symlink removes the link alone",
            WHITEOUTS,
            "The directory that it points to, and what is in it, stays.",
            |b| {
                b.layer([dir("d"), file("d/a", "x"), symlink("l", "d")]);
                b.layer([whiteout(".wh.l")]);
            },
            [tree::dir("d"), tree::file("d/a", "x")],
        ),
        Case::legal(
            "whiteout-through-symlink",
            "a whiteout whose parent is a lower layer's symlink to a directory",
            WHITEOUTS,
            "Parents are resolved inside the root, as for any entry.",
            |b| {
                b.layer([
                    dir("usr"),
                    dir("usr/lib"),
                    file("usr/lib/a", "x"),
                    file("usr/lib/b", "y"),
                    symlink("lib", "usr/lib"),
                ]);
                b.layer([whiteout("lib/.wh.a")]);
            },
            [
                tree::dir("usr"),
                tree::dir("usr/lib"),
                tree::file("usr/lib/b", "y"),
                tree::symlink("lib", "usr/lib"),
            ],
        ),
        Case::legal(
            "whiteout-below-file",
            "a whiteout whose parent is a lower layer's file",
            WHITEOUTS,
            "There is nothing below a file to hide; the file stays as it is.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([whiteout("a/.wh.b")]);
            },
            [tree::file("a", "x")],
        ),
        Case::legal(
            "whiteout-hard-link",
            "a whiteout of one name of a file with two",
            WHITEOUTS,
            "The other name keeps the content.",
            |b| {
                b.layer([file("a", "x"), hardlink("b", "a")]);
                b.layer([whiteout(".wh.a")]);
            },
            [tree::file("b", "x")],
        ),
        Case::legal(
            "whiteout-not-empty",
            "a whiteout with content",
            WHITEOUTS,
            "A whiteout should be empty; one that is not still marks a removal and leaves no file.",
            |b| {
                b.layer([file("a", "x"), file("b", "y")]);
                b.layer([file(".wh.a", "content")]);
            },
            [tree::file("b", "y")],
        ),
        Case::legal(
            "whiteout-of-everything",
            "whiteouts that leave an empty root",
            WHITEOUTS,
            "The result is a tree without entries.",
            |b| {
                b.layer([file("a", "x"), dir("d")]);
                b.layer([whiteout(".wh.a"), whiteout("./.wh.d")]);
            },
            [],
        ),
        Case::legal(
            "whiteout-aufs",
            "AUFS's own bookkeeping",
            WHITEOUTS,
            "Names that begin with .wh..wh. and are not the opaque marker are AUFS's own: no file of the tree and no whiteout of .wh. names.",
            |b| {
                b.layer([
                    file(".wh..wh.aufs", ""),
                    dir(".wh..wh.plnk").mode(0o700),
                    dir(".wh..wh.orph").mode(0o700),
                    file("a", "x"),
                ]);
            },
            [tree::file("a", "x")],
        ),
    ]
}

fn hostile() -> Vec<Case> {
    vec![
        Case::refused(
            "whiteout-empty",
            "a whiteout without a name",
            WHITEOUTS,
            "`.wh.` names nothing to delete; implementations should return an error.",
            |b| {
                b.layer([dir("d"), file("d/a", "x")]);
                b.layer([whiteout("d/.wh.")]);
            },
            &["d/.wh."],
        ),
        Case::refused(
            "whiteout-empty-at-root",
            "a whiteout without a name, at the root",
            WHITEOUTS,
            "Taken literally it would delete the root itself.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([whiteout(".wh.")]);
            },
            &[".wh."],
        ),
        Case::refused(
            "whiteout-dot",
            "a whiteout of `.`",
            WHITEOUTS,
            "`.` is no name that a layer could have put; it would delete the directory from within.",
            |b| {
                b.layer([dir("d"), file("d/a", "x")]);
                b.layer([whiteout("d/.wh..")]);
            },
            &["d/.wh.."],
        ),
        Case::refused(
            "whiteout-dot-dot",
            "a whiteout of `..`",
            WHITEOUTS,
            "At the root it would delete what the root stands in.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([whiteout(".wh...")]);
            },
            &[".wh..."],
        ),
        Case::refused(
            "whiteout-parent-dot-dot",
            "a whiteout below `..`",
            WHITEOUTS,
            "A `..` component is an error wherever it stands.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([whiteout("../../outside/.wh.sentinel")]);
            },
            &["../../outside/.wh.sentinel"],
        ),
        Case::legal(
            "whiteout-through-escape",
            "whiteouts through symlinks that point outside",
            WHITEOUTS,
            "Links are resolved inside the root, where nothing of that name is; nothing outside may be removed.",
            |b| {
                b.layer([
                    symlink("rel", "../../outside"),
                    symlink("abs", "/tmp/ocidian-conformance-outside"),
                ]);
                b.layer([whiteout("rel/.wh.sentinel"), whiteout("abs/.wh.sentinel")]);
            },
            [tree::symlink("rel", "../../outside"), tree::symlink("abs", "/tmp/ocidian-conformance-outside")],
        ),
        Case::legal(
            "opaque-through-escape",
            "opaque whiteouts through symlinks that point outside",
            OPAQUE,
            "As for whiteouts: nothing outside may be emptied.",
            |b| {
                b.layer([
                    symlink("rel", "../../outside"),
                    symlink("abs", "/tmp/ocidian-conformance-outside"),
                ]);
                b.layer([whiteout("rel/.wh..wh..opq"), whiteout("abs/.wh..wh..opq")]);
            },
            [tree::symlink("rel", "../../outside"), tree::symlink("abs", "/tmp/ocidian-conformance-outside")],
        ),
    ]
}
