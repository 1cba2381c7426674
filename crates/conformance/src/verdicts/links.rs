//! Hard links and what they lead to.

use crate::tar::{dir, file, hardlink, symlink};
use crate::validation::ValidationCase as Case;

const LINKS: &str = "layer.md, Hardlinks";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::valid(
            [
                "hard-link",
                "hard links to a file and to a symbolic link",
                LINKS,
                "All types but directories can have several names.",
            ],
            |b| {
                b.layer([
                    file("a", "x"),
                    hardlink("b", "a"),
                    symlink("c", "a"),
                    hardlink("d", "./c"),
                    hardlink("e", "b"),
                ])
            },
        ),
        Case::invalid(
            [
                "hard-link-missing",
                "a hard link to nothing",
                LINKS,
                "In the lowest layer the target must be there.",
            ],
            "layer-hardlink-missing",
            |b| b.layer([file("a", "x"), hardlink("b", "c")]),
        ),
        Case::invalid(
            [
                "hard-link-forward",
                "a hard link to what comes later",
                LINKS,
                "When the link is made, its target is not there yet.",
            ],
            "layer-hardlink-missing",
            |b| b.layer([hardlink("b", "a"), file("a", "x")]),
        ),
        Case::invalid(
            [
                "hard-link-itself",
                "a hard link to itself",
                LINKS,
                "There is nothing that it could be a name of.",
            ],
            "layer-hardlink-name",
            |b| b.layer([file("a", "x"), hardlink("b", "b")]),
        ),
        Case::invalid(
            [
                "hard-link-parent",
                "a hard link with a `..` component",
                LINKS,
                "It would lead out of the root, or be taken differently.",
            ],
            "layer-hardlink-name",
            |b| b.layer([file("a", "x"), hardlink("b", "c/../a")]),
        ),
        Case::invalid(
            ["hard-link-empty", "a hard link without a target", LINKS, "A link must have its `linkname`."],
            "layer-hardlink-name",
            |b| b.layer([file("a", "x"), hardlink("b", "")]),
        ),
        Case::invalid(
            [
                "hard-link-directory",
                "a hard link to a directory",
                LINKS,
                "Possible with all file types except directories.",
            ],
            "layer-hardlink-directory",
            |b| b.layer([dir("a"), hardlink("b", "a")]),
        ),
        Case::odd(
            [
                "hard-link-below",
                "a hard link to a file of a lower layer",
                LINKS,
                "Extracting it may fail, as on overlay file systems.",
            ],
            |b| {
                b.layer([file("a", "x")]);
                b.layer([hardlink("b", "a")]);
            },
        )
        .warned("layer-hardlink-below"),
        Case::valid(
            [
                "hard-link-absolute",
                "a hard link to an absolute name",
                LINKS,
                "Taken relative to the root, as the entries' own names.",
            ],
            |b| b.layer([file("a", "x"), hardlink("b", "/a")]),
        ),
    ]
}
