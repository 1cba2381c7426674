//! GNU tar as a second opinion on the layers that we call legal: a mistake of our writer would be
//! one that all our readers could share.

#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use ocidian_conformance::layout::{LAYER, Layout, Node, blob_path};
use ocidian_conformance::{Expectation, cases};
use serde_json::Value;

/// Legal cases that GNU tar does not read, and what it objects to (seen with 1.34).
const NOT_BY_GNU_TAR: &[(&str, &str)] = &[
    ("global-deleted", "a PAX record without a value, by which POSIX deletes one"),
    ("layer-of-no-bytes", "an archive of no bytes, which it wants to be at least a block"),
    ("no-last-padding", "the padding that is missing, though the file is whole"),
    ("number-formats", "an owner that is all blanks"),
    ("part-of-last-padding", "the padding that is missing, though the file is whole"),
    ("pax-empty-value", "a PAX record without a value, by which POSIX deletes one"),
    ("pax-hard-link-size", "a hard link's size, if PAX has it; if the header has it, it looks away"),
];

fn blob<'a>(layout: &'a Layout, digest: &str) -> Option<&'a [u8]> {
    match layout.files().get(&blob_path(digest))? {
        Node::File(bytes) => Some(bytes),
        Node::Directory | Node::Symlink(_) | Node::Fifo => None,
    }
}

/// The plain layers of a layout, as far as its manifest leads to them.
fn plain_layers(layout: &Layout) -> Vec<&[u8]> {
    let manifest = blob(layout, &layout.fill_in("sha256:{manifest}")).unwrap_or_default();
    let manifest: Value = serde_json::from_slice(manifest).unwrap_or_default();
    let layers = manifest["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let plain = layers.iter().filter(|layer| layer["mediaType"] == LAYER);
    plain.filter_map(|layer| blob(layout, layer["digest"].as_str()?)).collect()
}

/// What GNU tar says against an archive; `None` if it lists it.
fn complaint(archive: &[u8]) -> Option<String> {
    let mut tar = Command::new("tar")
        .args(["--list", "--file=-"])
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It stops reading at the end of the archive, which need not be that of the layer.
    let _ = tar.stdin.take().unwrap().write_all(archive);
    let output = tar.wait_with_output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn gnu_tar_reads_what_we_call_legal() {
    let version = Command::new("tar").arg("--version").output();
    if !version.is_ok_and(|output| output.stdout.starts_with(b"tar (GNU tar)")) {
        eprintln!("skipped: there is no GNU tar");
        return;
    }
    let mut read = 0;
    let mut complaints = Vec::new();
    for case in cases().iter().filter(|case| matches!(case.expect, Expectation::Tree(_))) {
        let layout = case.layout().unwrap();
        for layer in plain_layers(&layout) {
            read += 1;
            if let Some(text) = complaint(layer) {
                complaints.push((case.id, text));
            }
        }
    }
    complaints.retain(|(id, _)| !NOT_BY_GNU_TAR.iter().any(|(other, _)| other == id));
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(read >= 200, "{read} layers");
}

#[test]
fn what_gnu_tar_does_not_read_is_a_legal_case() {
    for (id, _) in NOT_BY_GNU_TAR {
        let case = cases().into_iter().find(|case| case.id == *id).unwrap();
        assert!(matches!(case.expect, Expectation::Tree(_)), "{id}");
    }
}
