//! Entries: their names, their types, and paths that occur twice.

use crate::tar::{NAME, block_device, char_device, dir, fifo, file, symlink, with_data};
use crate::validation::ValidationCase as Case;

const FORMAT: &str = "layer.md, Distributable Format";
const APPLYING: &str = "layer.md, Applying Changesets";
const EXISTING: &str = "layer.md, Changeset over existing files";
const TYPES: &str = "layer.md, File Types";

pub(super) fn cases() -> Vec<Case> {
    let mut all = names();
    all.extend(duplicates());
    all.extend(types());
    all
}

fn names() -> Vec<Case> {
    vec![
        Case::invalid(
            [
                "name-parent",
                "a name with a `..` component",
                APPLYING,
                "It would lead out of the root, or be taken differently.",
            ],
            "layer-name-parent",
            |b| b.layer([file("a/../../b", "x")]),
        ),
        Case::valid(
            [
                "name-dots",
                "names of dots that are no `..`",
                APPLYING,
                "Only a whole component of two dots means the parent.",
            ],
            |b| b.layer([file("..a", "x"), file("...", "x"), file("a..", "x")]),
        ),
        Case::odd(
            [
                "name-absolute",
                "a name that begins with a slash",
                APPLYING,
                "It is taken relative to the root.",
            ],
            |b| b.layer([file("/a", "x")]),
        )
        .noted("layer-name-absolute"),
        Case::valid(
            [
                "name-dot-slash",
                "names that begin with ./, and the root itself",
                APPLYING,
                "As the specification's own example has them.",
            ],
            |b| b.layer([dir("./"), dir("./etc/"), file("./etc/a", "x")]),
        ),
        Case::odd(["name-latin-1", "a name that is not UTF-8", APPLYING, "Names are bytes on Linux."], |b| {
            b.layer([file(b"caf\xe9", "x")])
        })
        .noted("layer-name-encoding"),
        Case::valid(["name-utf-8", "a name in UTF-8", APPLYING, "In the header alone, or in PAX."], |b| {
            b.layer([file("café", "x"), file("b", "x").pax("path", "čaj")])
        }),
        Case::invalid(
            ["name-component-long", "a component of 256 bytes", APPLYING, "Linux takes 255."],
            "layer-name-length",
            |b| b.layer([file("n".repeat(256), "x")]),
        ),
        Case::valid(
            ["name-component-255", "a component of 255 bytes", APPLYING, "As long as Linux takes it."],
            |b| b.layer([file("n".repeat(255), "x")]),
        ),
        Case::invalid(
            ["name-long", "a path of more than 4095 bytes", APPLYING, "No system call takes it."],
            "layer-name-length",
            |b| b.layer([file("n/".repeat(2100) + "x", "x")]),
        ),
        Case::invalid(
            ["name-empty", "an entry without a name", APPLYING, "There is nothing that it could put."],
            "layer-name-empty",
            |b| b.layer([file("a", "x").header(|h| h.raw(NAME, b""))]),
        ),
        Case::invalid(
            [
                "root-symlink",
                "a root that is a symbolic link",
                APPLYING,
                "It would replace the root itself (CVE-2021-29136).",
            ],
            "layer-root",
            |b| b.layer([symlink("./", "/tmp")]),
        ),
    ]
}

fn duplicates() -> Vec<Case> {
    vec![
        Case::invalid(
            ["duplicate-file", "a file twice", FORMAT, "There must be no duplicate entries."],
            "layer-duplicate",
            |b| b.layer([file("a", "x"), file("a", "y")]),
        ),
        Case::invalid(
            ["duplicate-directory", "a directory twice", FORMAT, "There must be no duplicate entries."],
            "layer-duplicate",
            |b| b.layer([dir("a"), file("a/b", "x"), dir("a/")]),
        ),
        Case::invalid(
            ["duplicate-spelling", "one path in two spellings", FORMAT, "a and ./a are the same path."],
            "layer-duplicate",
            |b| b.layer([file("etc/a", "x"), file("./etc//a", "y")]),
        ),
        Case::invalid(
            [
                "duplicate-types",
                "a file and a directory of one path",
                FORMAT,
                "There must be no duplicate entries.",
            ],
            "layer-duplicate",
            |b| b.layer([file("a", "x"), dir("a")]),
        ),
        Case::odd(
            [
                "below-symlink",
                "an entry below a symbolic link of its own layer",
                EXISTING,
                "Extractors follow the link, or replace it.",
            ],
            |b| b.layer([dir("usr/lib"), symlink("lib", "usr/lib"), file("lib/a", "x")]),
        )
        .warned("layer-parent"),
        Case::odd(
            [
                "below-file",
                "an entry below a file",
                EXISTING,
                "The file would have to be replaced by a directory.",
            ],
            |b| b.layer([file("a", "x"), file("a/b", "y")]),
        )
        .warned("layer-parent"),
        Case::odd(
            [
                "file-above",
                "a symbolic link over what its layer put below it",
                EXISTING,
                "What was put before is lost.",
            ],
            |b| b.layer([file("a/b", "y"), symlink("a", "c")]),
        )
        .warned("layer-parent"),
        Case::valid(
            [
                "implied-parents",
                "an entry without its directories",
                APPLYING,
                "They are made when it is extracted.",
            ],
            |b| b.layer([file("a/b/c/d", "x")]),
        ),
        Case::valid(
            ["unsorted", "a directory after what is in it", APPLYING, "No order is asked for."],
            |b| b.layer([file("a/b", "x"), dir("a")]),
        ),
        Case::valid(
            ["case-differs", "two names that differ in case alone", FORMAT, "They are different paths."],
            |b| b.layer([file("README", "x"), file("readme", "y")]),
        ),
    ]
}

fn types() -> Vec<Case> {
    vec![
        Case::valid(
            [
                "types",
                "a file, a directory, a symbolic link and a FIFO",
                TYPES,
                "All of these may be in a layer.",
            ],
            |b| b.layer([file("a", "x"), dir("b"), symlink("c", "a"), fifo("d")]),
        ),
        Case::odd(
            [
                "devices",
                "a character and a block device",
                TYPES,
                "Both may be in a layer; only root can make them.",
            ],
            |b| b.layer([char_device("null", 1, 3), block_device("loop0", 7, 0)]),
        )
        .noted("layer-device"),
        Case::invalid(
            [
                "type-multi-volume",
                "a piece of a multi-volume archive",
                TYPES,
                "Type M is no file; readers make one of it, or stop.",
            ],
            "layer-entry-type",
            |b| b.layer([with_data("a", b'M', "x")]),
        ),
        Case::invalid(
            ["type-unknown", "an entry of an unknown type", TYPES, "Nobody knows what to make of it."],
            "layer-entry-type",
            |b| b.layer([with_data("a", b'Z', "x")]),
        ),
        Case::invalid(
            [
                "symlink-empty",
                "a symbolic link to nothing",
                "layer.md, File Attributes",
                "Linux has no such link.",
            ],
            "layer-symlink-target",
            |b| b.layer([symlink("a", "")]),
        ),
        Case::valid(
            [
                "symlink-anywhere",
                "symbolic links that lead out of the root, or nowhere",
                "layer.md, File Attributes",
                "A link may say anything; following it is another matter.",
            ],
            |b| b.layer([symlink("a", "/etc/passwd"), symlink("b", "../../../x"), symlink("c", "none")]),
        ),
    ]
}
