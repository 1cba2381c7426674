//! Blobs that are absent, or no plain files.

use super::section::{BLOBS, VERIFICATION};
use super::{simple, simple_tree};
use crate::case::{Case, Refusal};
use crate::layout::{Node, Part};
use crate::tar::file;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::refused(
            "blob-missing-layer",
            "a layer that is not there",
            BLOBS,
            "A layout may lack blobs; unpacking needs this one.",
            |b| {
                simple(b);
                b.remove(Part::Layer(0));
            },
            &["{layer0}"],
        )
        .refused_as(Refusal::NotFound),
        Case::refused(
            "blob-missing-config",
            "a config that is not there",
            BLOBS,
            "A layout may lack blobs; unpacking needs this one.",
            |b| {
                simple(b);
                b.remove(Part::Config);
            },
            &["{config}"],
        )
        .refused_as(Refusal::NotFound),
        Case::refused(
            "blob-missing-manifest",
            "a manifest that is not there",
            BLOBS,
            "A layout may lack blobs; unpacking needs this one.",
            |b| {
                simple(b);
                b.remove(Part::Manifest);
            },
            &["{manifest}"],
        )
        .refused_as(Refusal::NotFound),
        Case::refused(
            "blob-fifo-layer",
            "a layer that is a FIFO",
            BLOBS,
            "Opened without looking it would block for ever.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Fifo);
            },
            &["{layer0}"],
        ),
        Case::refused(
            "blob-fifo-manifest",
            "a manifest that is a FIFO",
            BLOBS,
            "Opened without looking it would block for ever.",
            |b| {
                simple(b);
                b.replace(Part::Manifest, Node::Fifo);
            },
            &["{manifest}"],
        ),
        Case::refused(
            "blob-directory",
            "a layer that is a directory",
            BLOBS,
            "It is no content.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Directory);
            },
            &["{layer0}"],
        ),
        Case::refused(
            "blob-symlink-to-fifo",
            "a config that is a symlink to a FIFO",
            BLOBS,
            "What counts is what the link leads to.",
            |b| {
                simple(b);
                b.replace(Part::Config, Node::Symlink("../../fifo".into()));
                b.extra("fifo", Node::Fifo);
            },
            &["{config}"],
        ),
        Case::refused(
            "blob-symlink-to-device",
            "a layer that is a symlink to /dev/zero",
            BLOBS,
            "It has no end; reading it would not end either.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Symlink("/dev/zero".into()));
            },
            &["{layer0}"],
        ),
        Case::refused(
            "blob-symlink-loop",
            "a layer that is a symlink to itself",
            BLOBS,
            "It leads nowhere.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Symlink("../sha256/loop".into()));
                b.extra("blobs/sha256/loop", Node::Symlink("loop".into()));
            },
            &["{layer0}"],
        ),
        Case::refused(
            "blob-symlink-to-other-file",
            "a layer that is a symlink to another file of the host",
            VERIFICATION,
            "The digest tells, and nothing of the file gets into the tree or the message.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Symlink("/tmp/ocidian-conformance-outside/sentinel".into()));
            },
            &["{layer0}"],
        )
        .refused_as(Refusal::Verification),
        Case::legal(
            "blob-symlink-to-content",
            "a layer that is a symlink to a file with the right content",
            BLOBS,
            "Build tools share blobs that way; the content is what its digest says.",
            |b| {
                simple(b);
                b.replace(Part::Layer(0), Node::Symlink("../../stored".into()));
                b.extra("stored", Node::File(crate::tar::archive([file("a", "x")])));
            },
            simple_tree(),
        ),
    ]
}
