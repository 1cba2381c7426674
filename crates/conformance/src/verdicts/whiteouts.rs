//! Whiteouts, and names that only look like them.

use crate::layout::LayoutBuilder;
use crate::tar::{Entry, dir, file, whiteout};
use crate::validation::ValidationCase as Case;

const WHITEOUTS: &str = "layer.md, Whiteouts";
const OPAQUE: &str = "layer.md, Opaque Whiteout";

/// A layer over one that has something to hide.
fn upper(b: &mut LayoutBuilder, entries: impl IntoIterator<Item = Entry>) {
    b.layer([dir("d"), file("d/a", "x"), file("d/b", "x")]);
    b.layer(entries);
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::valid(
            ["whiteout", "a whiteout", WHITEOUTS, "An empty file whose name says what it hides."],
            |b| upper(b, [dir("d"), whiteout("d/.wh.a"), file("d/c", "x")]),
        ),
        Case::valid(
            [
                "whiteout-of-nothing-there",
                "a whiteout of what no lower layer has",
                WHITEOUTS,
                "It hides nothing; nothing says that it must.",
            ],
            |b| upper(b, [whiteout(".wh.none")]),
        ),
        Case::invalid(
            [
                "whiteout-bare",
                "a whiteout without a name",
                WHITEOUTS,
                "A `.wh.` file without a basename to delete is invalid.",
            ],
            "layer-whiteout-name",
            |b| upper(b, [whiteout("d/.wh.")]),
        ),
        Case::invalid(
            ["whiteout-of-parent", "a whiteout of `..`", WHITEOUTS, "It would hide the directory above."],
            "layer-whiteout-name",
            |b| upper(b, [whiteout("d/.wh...")]),
        ),
        Case::invalid(
            ["whiteout-content", "a whiteout with content", WHITEOUTS, "A whiteout is an empty file."],
            "layer-whiteout-file",
            |b| upper(b, [file("d/.wh.a", "x")]),
        ),
        Case::invalid(
            [
                "whiteout-directory",
                "a whiteout that is a directory",
                WHITEOUTS,
                "The whiteout file is a regular file whatever it deletes.",
            ],
            "layer-whiteout-file",
            |b| upper(b, [dir("d/.wh.a")]),
        ),
        Case::invalid(
            ["whiteout-below", "a file below a whiteout", WHITEOUTS, "No directory can have such a name."],
            "layer-whiteout-below",
            |b| upper(b, [file("d/.wh.a/b", "x")]),
        ),
        Case::invalid(
            ["whiteout-twice", "a whiteout twice", WHITEOUTS, "There must be no duplicate entries."],
            "layer-duplicate",
            |b| upper(b, [whiteout("d/.wh.a"), whiteout("./d/.wh.a")]),
        ),
        Case::odd(
            [
                "whiteout-and-entry",
                "a whiteout and an entry of one path",
                WHITEOUTS,
                "The whiteout hides the lower layers' file, the entry stays.",
            ],
            |b| upper(b, [whiteout("d/.wh.a"), file("d/a", "y")]),
        )
        .noted("layer-whiteout-entry"),
        Case::odd(
            [
                "whiteout-after-siblings",
                "a whiteout after its siblings",
                WHITEOUTS,
                "Whiteouts should come before sibling entries.",
            ],
            |b| upper(b, [file("d/c", "x"), whiteout("d/.wh.a")]),
        )
        .warned("layer-whiteout-order"),
        Case::odd(
            [
                "whiteout-opaque",
                "an opaque whiteout",
                OPAQUE,
                "Explicit whiteouts should be generated, but both must be accepted.",
            ],
            |b| upper(b, [dir("d"), whiteout("d/.wh..wh..opq"), file("d/c", "x")]),
        )
        .warned("layer-opaque"),
        Case::odd(
            [
                "whiteout-bookkeeping",
                "files of AUFS's own",
                WHITEOUTS,
                "Neither files of the image nor whiteouts of anything.",
            ],
            |b| upper(b, [dir(".wh..wh.plnk"), file(".wh..wh.plnk/1.2", "x"), whiteout(".wh..wh.aufs")]),
        )
        .warned("layer-bookkeeping"),
        Case::valid(
            [
                "whiteout-lookalike",
                "names that begin almost as whiteouts do",
                WHITEOUTS,
                "The prefix is `.wh.`, in this case and with both dots.",
            ],
            |b| upper(b, [file(".wh", "x"), file(".WH.a", "x"), file("a.wh.b", "x")]),
        ),
    ]
}
