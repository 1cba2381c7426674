//! Attributes: modes exact, capabilities and set-id bits that survive the chown, xattrs of any
//! value, devices.

use super::section::{ATTRIBUTES, TYPES};
use crate::case::Case;
use crate::tar::{self, MAJOR, MINOR, block_device, char_device, dir, fifo, file, symlink, whiteout};
use crate::tree;

pub(super) fn cases() -> Vec<Case> {
    let mut all = modes();
    all.extend(xattrs());
    all.extend(acls());
    all.extend(devices());
    all
}

/// `cap_net_raw+ep` as the kernel stores it, revision 2.
const CAPABILITY: &[u8] = b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn modes() -> Vec<Case> {
    vec![
        Case::legal(
            "mode-set-id",
            "setuid, setgid and sticky on files and directories that have owners",
            ATTRIBUTES,
            "chown(2) clears the set-id bits of a file; they must be there in the end.",
            |b| {
                b.layer([
                    file("setuid", "x").mode(0o4755).owner(7, 8),
                    file("setgid", "x").mode(0o2755).owner(7, 8),
                    file("all", "x").mode(0o7777).owner(7, 8),
                    file("not-executable", "x").mode(0o6644).owner(7, 8),
                    dir("sticky").mode(0o1777).owner(7, 8),
                    dir("setgid-dir").mode(0o2775).owner(7, 8),
                ]);
            },
            [
                tree::file("setuid", "x").mode(0o4755).owner(7, 8),
                tree::file("setgid", "x").mode(0o2755).owner(7, 8),
                tree::file("all", "x").mode(0o7777).owner(7, 8),
                tree::file("not-executable", "x").mode(0o6644).owner(7, 8),
                tree::dir("sticky").mode(0o1777).owner(7, 8),
                tree::dir("setgid-dir").mode(0o2775).owner(7, 8),
            ],
        ),
        Case::legal(
            "mode-umask",
            "modes that every umask would change",
            ATTRIBUTES,
            "They are the image's, not the caller's.",
            |b| {
                b.layer([
                    file("a", "x").mode(0o666),
                    dir("d").mode(0o777),
                    fifo("p").mode(0o622),
                    file("none", "x").mode(0),
                    file("d/implied/b", "x").mode(0o777),
                ]);
            },
            [
                tree::file("a", "x").mode(0o666),
                tree::dir("d").mode(0o777),
                tree::fifo("p").mode(0o622),
                tree::file("none", "x").mode(0),
                tree::implied("d/implied"),
                tree::file("d/implied/b", "x").mode(0o777),
            ],
        ),
        Case::legal(
            "setgid-directory",
            "entries in a setgid directory",
            ATTRIBUTES,
            "They keep their own group, and directories do not become setgid.",
            |b| {
                b.layer([
                    dir("d").mode(0o2775).owner(0, 8),
                    file("d/a", "x"),
                    dir("d/sub"),
                    file("d/implied/b", "y"),
                ])
            },
            [
                tree::dir("d").mode(0o2775).owner(0, 8),
                tree::file("d/a", "x"),
                tree::dir("d/sub"),
                tree::implied("d/implied"),
                tree::file("d/implied/b", "y"),
            ],
        ),
        Case::legal(
            "owner-names-ignored",
            "user and group names that contradict the ids",
            ATTRIBUTES,
            "Names are ignored where ids are supported.",
            |b| {
                let named = |entry: tar::Entry| entry.pax("uname", "root").pax("gname", "root");
                b.layer([named(file("a", "x").owner(1234, 5678))]);
            },
            [tree::file("a", "x").owner(1234, 5678)],
        ),
        Case::legal(
            "directory-times",
            "times of directories whose children come later",
            ATTRIBUTES,
            "They are the entries', whatever is made or removed in them afterwards, in this layer or the next.",
            |b| {
                b.layer([
                    dir("d").mtime(11),
                    dir("d/e").mtime(12),
                    file("d/e/a", "x").mtime(13),
                    file("d/b", "y").mtime(14),
                    file("d/gone", "z"),
                ]);
                b.layer([whiteout("d/.wh.gone"), file("d/e/c", "w").mtime(15)]);
            },
            [
                tree::dir("d").mtime(11, 0),
                tree::dir("d/e").mtime(12, 0),
                tree::file("d/e/a", "x").mtime(13, 0),
                tree::file("d/b", "y").mtime(14, 0),
                tree::file("d/e/c", "w").mtime(15, 0),
            ],
        ),
    ]
}

fn xattrs() -> Vec<Case> {
    vec![
        Case::legal(
            "xattr-capability",
            "a file capability on a file that has an owner",
            ATTRIBUTES,
            "chown(2) clears it; it must be there in the end.",
            |b| b.layer([file("ping", "x").mode(0o755).owner(7, 8).xattr("security.capability", CAPABILITY)]),
            [tree::file("ping", "x").mode(0o755).owner(7, 8).xattr("security.capability", CAPABILITY)],
        ),
        Case::legal(
            "xattr-capability-hard-link",
            "a file capability on a file with two names",
            ATTRIBUTES,
            "Linking must not clear it.",
            |b| {
                b.layer([
                    file("a", "x").mode(0o755).owner(7, 8).xattr("security.capability", CAPABILITY),
                    tar::hardlink("b", "a").mode(0o755).owner(7, 8),
                ]);
            },
            [
                tree::file("a", "x")
                    .mode(0o755)
                    .owner(7, 8)
                    .xattr("security.capability", CAPABILITY)
                    .linked("a"),
                tree::file("b", "x")
                    .mode(0o755)
                    .owner(7, 8)
                    .xattr("security.capability", CAPABILITY)
                    .linked("a"),
            ],
        ),
        Case::legal(
            "xattr-values",
            "attributes with binary and with empty values",
            ATTRIBUTES,
            "An empty value is a value: in PAX it takes back what was said of a header field, but an attribute has no field.",
            |b| {
                b.layer([
                    file("a", "x").xattr("user.binary", b"\0\xff\n=").xattr("user.empty", ""),
                    dir("d").xattr("user.k", "v").xattr("trusted.k", b"\0"),
                    file("read-only", "x").mode(0o444).xattr("user.k", "v"),
                ]);
            },
            [
                tree::file("a", "x").xattr("user.binary", b"\0\xff\n=").xattr("user.empty", ""),
                tree::dir("d").xattr("user.k", "v").xattr("trusted.k", b"\0"),
                tree::file("read-only", "x").mode(0o444).xattr("user.k", "v"),
            ],
        ),
        Case::legal(
            "xattr-links-and-fifos",
            "attributes of a symlink, a FIFO and a device",
            ATTRIBUTES,
            "They are the entry's own: nothing is followed or opened.",
            |b| {
                b.layer([
                    file("a", "x"),
                    symlink("l", "a").xattr("trusted.k", "link"),
                    symlink("out", "../../outside/sentinel").xattr("trusted.k", "link"),
                    fifo("p").xattr("trusted.k", "fifo"),
                    char_device("n", 1, 3).xattr("trusted.k", "device"),
                ]);
            },
            [
                tree::file("a", "x"),
                tree::symlink("l", "a").xattr("trusted.k", "link"),
                tree::symlink("out", "../../outside/sentinel").xattr("trusted.k", "link"),
                tree::fifo("p").xattr("trusted.k", "fifo"),
                tree::char_device("n", 1, 3).xattr("trusted.k", "device"),
            ],
        ),
        Case::legal(
            "xattr-repeated",
            "one attribute twice",
            ATTRIBUTES,
            "As for any PAX key, the last one wins.",
            |b| b.layer([file("a", "x").xattr("user.k", "first").xattr("user.k", "last")]),
            [tree::file("a", "x").xattr("user.k", "last")],
        ),
        Case::legal(
            "xattr-overlay",
            "attributes that overlayfs would obey",
            ATTRIBUTES,
            "They belong to the host's file system. From a layer they would hide or redirect other layers' files, so they are not set.",
            |b| {
                b.layer([
                    dir("d").xattr("trusted.overlay.opaque", "y").xattr("user.overlay.opaque", "y"),
                    dir("r").xattr("trusted.overlay.redirect", "/d"),
                    file("a", "x").xattr("trusted.overlay.metacopy", "").xattr("user.k", "v"),
                ]);
            },
            [tree::dir("d"), tree::dir("r"), tree::file("a", "x").xattr("user.k", "v")],
        ),
    ]
}

/// An ACL as the kernel stores it: version 2, then tag, permissions, id for each entry.
fn acl(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&permissions.to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    bytes
}

const NO_ID: u32 = u32::MAX;

/// Owner rw, user 1000 r, group r, mask r, others r: what mode 0644 is with one user more.
fn access_acl() -> Vec<u8> {
    acl(&[(1, 6, NO_ID), (2, 4, 1000), (4, 4, NO_ID), (16, 4, NO_ID), (32, 4, NO_ID)])
}

/// A default ACL that gives user 1000 all and narrows nothing.
fn default_acl() -> Vec<u8> {
    acl(&[(1, 7, NO_ID), (2, 7, 1000), (4, 5, NO_ID), (16, 7, NO_ID), (32, 5, NO_ID)])
}

fn acls() -> Vec<Case> {
    vec![
        Case::legal(
            "acl-access",
            "an access ACL",
            ATTRIBUTES,
            "It is an attribute like others, and agrees with the mode.",
            |b| b.layer([file("a", "x").owner(7, 8).xattr("system.posix_acl_access", access_acl())]),
            [tree::file("a", "x").owner(7, 8).xattr("system.posix_acl_access", access_acl())],
        ),
        Case::legal(
            "acl-default",
            "entries in a directory that has a default ACL",
            ATTRIBUTES,
            "They are as the layers say, of exactly that mode and without an ACL; nothing is inherited.",
            |b| {
                b.layer([
                    dir("d").xattr("system.posix_acl_default", default_acl()),
                    file("d/a", "x"),
                    dir("d/sub").mode(0o700),
                ]);
                b.layer([file("d/b", "y").mode(0o600), file("d/implied/c", "z")]);
            },
            [
                tree::dir("d").xattr("system.posix_acl_default", default_acl()),
                tree::file("d/a", "x"),
                tree::dir("d/sub").mode(0o700),
                tree::file("d/b", "y").mode(0o600),
                tree::implied("d/implied"),
                tree::file("d/implied/c", "z"),
            ],
        ),
    ]
}

fn devices() -> Vec<Case> {
    vec![
        Case::legal(
            "devices",
            "character and block devices",
            TYPES,
            "Type, numbers, mode and owner, as the layer says.",
            |b| {
                b.layer([
                    char_device("null", 1, 3).mode(0o666),
                    block_device("loop", 7, 200).mode(0o660).owner(0, 6),
                    char_device("large", 4095, 1_048_575),
                ]);
            },
            [
                tree::char_device("null", 1, 3).mode(0o666),
                tree::block_device("loop", 7, 200).mode(0o660).owner(0, 6),
                tree::char_device("large", 4095, 1_048_575),
            ],
        ),
        Case::legal(
            "device-zero",
            "a character device 0/0",
            TYPES,
            "overlayfs takes it for a whiteout; in a layer it is a device like others, and hides nothing.",
            |b| {
                b.layer([file("a", "x")]);
                b.layer([char_device("n", 0, 0)]);
            },
            [tree::file("a", "x"), tree::char_device("n", 0, 0)],
        ),
        Case::legal(
            "fifos",
            "FIFOs",
            TYPES,
            "Made, not opened.",
            |b| b.layer([fifo("p").mode(0o600).owner(7, 8).mtime(77), fifo("d/q")]),
            [tree::fifo("p").mode(0o600).owner(7, 8).mtime(77, 0), tree::implied("d"), tree::fifo("d/q")],
        ),
        Case::refused(
            "device-number-beyond",
            "a device number beyond 32 bits",
            TYPES,
            "Cut off it would be another device: the disk, say.",
            |b| b.layer([block_device("disk", 0, 0).header(|h| h.gnu().base256(MAJOR, (1 << 32) + 8))]),
            &["{layer0}"],
        ),
        Case::refused(
            "device-number-negative",
            "a negative device number",
            TYPES,
            "There is no such device.",
            |b| b.layer([block_device("disk", 8, 0).header(|h| h.gnu().base256(MINOR, -1))]),
            &["{layer0}"],
        ),
    ]
}
