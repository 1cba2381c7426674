//! Hard links: to what is inside the root, and to the thing itself, never through a symlink.

use super::OUTSIDE;
use super::section::HARDLINKS;
use crate::case::Case;
use crate::tar::{SIZE, char_device, dir, fifo, file, hardlink, symlink};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = hard_links();
    all.extend(bad_hard_links());
    all
}

fn hard_links() -> Vec<Case> {
    vec![
        Case::legal(
            "hardlink",
            "a hard link to a file of the same layer",
            HARDLINKS,
            "Two names, one inode.",
            |b| b.layer([file("a", "x"), hardlink("d/b", "a")]),
            [tree::file("a", "x").linked("a"), tree::implied("d"), tree::file("d/b", "x").linked("a")],
        ),
        Case::legal(
            "hardlink-absolute",
            "a hard link with an absolute target",
            HARDLINKS,
            "The leading `/` is dropped: it is the image's root.",
            |b| b.layer([file("etc/a", "x"), hardlink("b", "/etc/a"), hardlink("c", "./etc/a")]),
            [
                tree::implied("etc"),
                tree::file("etc/a", "x").linked("a"),
                tree::file("b", "x").linked("a"),
                tree::file("c", "x").linked("a"),
            ],
        ),
        Case::legal(
            "hardlink-across-layers",
            "a hard link to a lower layer's file",
            HARDLINKS,
            "The target lies outside of the layer but inside the root.",
            |b| {
                b.layer([file("a", "x").mode(0o755)]);
                b.layer([hardlink("b", "a")]);
                b.layer([hardlink("c", "b")]);
            },
            [
                tree::file("a", "x").mode(0o755).linked("a"),
                tree::file("b", "x").mode(0o755).linked("a"),
                tree::file("c", "x").mode(0o755).linked("a"),
            ],
        ),
        Case::legal(
            "hardlink-to-symlink",
            "a hard link to a symlink",
            HARDLINKS,
            "All types but directories can be linked: the link itself gets a second name, not its target.",
            |b| b.layer([file("a", "x"), symlink("s", "a"), hardlink("h", "s")]),
            [tree::file("a", "x"), tree::symlink("s", "a").linked("s"), tree::symlink("h", "a").linked("s")],
        ),
        Case::legal(
            "hardlink-to-escaping-symlink",
            "a hard link to a symlink that points outside, and a file over it",
            HARDLINKS,
            "The link is not followed when it is linked nor when its second name is replaced.",
            |b| {
                b.layer([symlink("s", "../../outside/sentinel"), hardlink("h", "s"), file("h", "planted")]);
            },
            [tree::symlink("s", "../../outside/sentinel"), tree::file("h", "planted")],
        ),
        Case::legal(
            "hardlink-to-fifo",
            "hard links to a FIFO and a device",
            HARDLINKS,
            "All types but directories can be linked.",
            |b| b.layer([fifo("f"), hardlink("g", "f"), char_device("n", 1, 3), hardlink("m", "n")]),
            [
                tree::fifo("f").linked("f"),
                tree::fifo("g").linked("f"),
                tree::char_device("n", 1, 3).linked("n"),
                tree::char_device("m", 1, 3).linked("n"),
            ],
        ),
        Case::legal(
            "hardlink-through-symlink",
            "a hard link whose target's parent is a symlink",
            HARDLINKS,
            "Parents are resolved inside the root.",
            |b| b.layer([dir("usr"), file("usr/a", "x"), symlink("l", "/usr"), hardlink("b", "l/a")]),
            [
                tree::dir("usr"),
                tree::file("usr/a", "x").linked("a"),
                tree::symlink("l", "/usr"),
                tree::file("b", "x").linked("a"),
            ],
        ),
        Case::legal(
            "hardlink-own-attributes",
            "a hard link whose header has attributes of its own",
            HARDLINKS,
            "The file was described where it was put; what the link's header repeats is not applied a second time.",
            |b| b.layer([file("a", "x").mode(0o600), hardlink("b", "a").mode(0o777).owner(5, 5).mtime(5)]),
            [tree::file("a", "x").mode(0o600).linked("a"), tree::file("b", "x").mode(0o600).linked("a")],
        ),
        Case::legal(
            "hardlink-with-size",
            "a hard link with a size, and no data",
            HARDLINKS,
            "A hard link never carries data, whatever its size says: the next header follows at once.",
            |b| {
                b.layer([
                    file("a", "0123456789"),
                    hardlink("b", "a").header(|h| h.octal(SIZE, 10)),
                    file("c", "z"),
                ]);
            },
            [
                tree::file("a", "0123456789").linked("a"),
                tree::file("b", "0123456789").linked("a"),
                tree::file("c", "z"),
            ],
        ),
    ]
}

fn bad_hard_links() -> Vec<Case> {
    vec![
        Case::refused(
            "hardlink-dot-dot",
            "a hard link to ../../outside/sentinel",
            HARDLINKS,
            "A `..` component in a target is an error, never normalised.",
            |b| b.layer([hardlink("stolen", "../../outside/sentinel")]),
            &["../../outside/sentinel"],
        ),
        Case::refused(
            "hardlink-inner-dot-dot",
            "a hard link target with `..` that would stay inside",
            HARDLINKS,
            "Lexically d/../a is a, through a symlink it is not; so it is an error.",
            |b| b.layer([dir("d"), file("a", "x"), hardlink("b", "d/../a")]),
            &["d/../a"],
        ),
        Case::refused(
            "hardlink-through-escape",
            "a hard link to a file behind a symlink that leads outside",
            HARDLINKS,
            "Resolved inside the root, there is no such file; the sentinel outside must not be linked.",
            |b| b.layer([symlink("evil", OUTSIDE), hardlink("stolen", "evil/sentinel")]),
            &["evil/sentinel"],
        ),
        Case::refused(
            "hardlink-absolute-outside",
            "a hard link to an absolute path that exists outside only",
            HARDLINKS,
            "The target is looked up in the image's root.",
            |b| b.layer([hardlink("stolen", "/tmp/ocidian-conformance-outside/sentinel")]),
            &["tmp/ocidian-conformance-outside/sentinel"],
        ),
        Case::refused(
            "hardlink-working-directory",
            "a hard link to a name relative to the working directory",
            HARDLINKS,
            "`sentinel` exists in the tool's working directory, not in the image.",
            |b| b.layer([hardlink("stolen", "sentinel")]),
            &["sentinel"],
        ),
        Case::refused(
            "hardlink-missing",
            "a hard link to nothing",
            HARDLINKS,
            "An entry that cannot be made must not be lost in silence.",
            |b| b.layer([hardlink("b", "no/such/file")]),
            &["no/such/file"],
        ),
        Case::refused(
            "hardlink-before-target",
            "a hard link that comes before its target",
            HARDLINKS,
            "An archive is read once, from its start: there is no such file yet.",
            |b| b.layer([hardlink("b", "later"), file("later", "x")]),
            &["later"],
        ),
        Case::refused(
            "hardlink-to-itself",
            "a hard link to itself",
            HARDLINKS,
            "There is no such file.",
            |b| b.layer([hardlink("ouroboros", "ouroboros")]),
            &["ouroboros"],
        ),
        Case::refused(
            "hardlink-to-directory",
            "a hard link to a directory",
            HARDLINKS,
            "Hard links are possible with all types except directories.",
            |b| b.layer([dir("folder"), hardlink("b", "folder")]),
            &["folder"],
        ),
        Case::refused(
            "hardlink-to-root",
            "a hard link to the root",
            HARDLINKS,
            "The root is a directory.",
            |b| b.layer([file("a", "x"), hardlink("portal", "/")]),
            &["portal"],
        ),
    ]
}
