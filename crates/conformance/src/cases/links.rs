//! Symbolic and hard links: nothing is reached through them that is not inside the root.
//!
//! `../../outside` is where the runner keeps its sentinel beside the target, and
//! `/tmp/ocidian-conformance-outside` is its other one.

use super::section::{APPLYING, EXISTING, FORMAT, HARDLINKS};
use crate::case::Case;
use crate::tar::{SIZE, char_device, dir, fifo, file, hardlink, symlink};
use crate::tree;

const OUTSIDE: &str = "../../outside";
const OUTSIDE_ABSOLUTE: &str = "/tmp/ocidian-conformance-outside";

pub(super) fn cases() -> Vec<Case> {
    let mut all = escapes();
    all.extend(symlinks());
    all.extend(hard_links());
    all.extend(bad_hard_links());
    all.extend(replaced());
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

fn replaced() -> Vec<Case> {
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
