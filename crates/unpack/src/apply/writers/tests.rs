//! A writer that panics: the unpack fails, and neither waits for it nor leaves anything.

use std::sync::mpsc;
use std::time::Duration;

use ocidian_content::{Cancel, MemoryStore, Silent};
use ocidian_spec::{Compression, Descriptor, Digest, Document, ImageConfig, ImageManifest, MediaType, Raw};
use serde_json::json;
use tar::{Builder, EntryType, Header};

use crate::{Image, UnpackOptions, must_be_rootless, unpack_rootfs};

/// The name of a file at which a writer panics.
pub(super) const DEADLY: &[u8] = b"deadly";

/// A path, what is there, and where a link leads.
type Entry = (String, EntryType, &'static str);

fn file(path: &str) -> Entry {
    (path.to_owned(), EntryType::Regular, "")
}

fn files(dir: &'static str) -> impl Iterator<Item = Entry> {
    (0..200).map(move |n| file(&format!("{dir}/{n}")))
}

fn tar(entries: impl IntoIterator<Item = Entry>) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (path, kind, target) in entries {
        let content: &[u8] = if kind == EntryType::Regular { b"content" } else { b"" };
        let mut header = Header::new_ustar();
        header.set_path(path).unwrap();
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        if !target.is_empty() {
            header.set_link_name(target).unwrap();
        }
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn raw<T: Document>(media_type: MediaType, json: &serde_json::Value) -> Raw<T> {
    let bytes = serde_json::to_vec(json).unwrap();
    let descriptor = Descriptor::of(media_type, &bytes);
    Raw::verify(bytes, descriptor).unwrap()
}

/// What unpacking an image of this one layer comes to; then, the names that are left beside the target.
#[expect(clippy::disallowed_methods, reason = "nobody makes symlinks beside this target")]
fn unpacked(layer: &[u8], writers: usize) -> (crate::Result<()>, Vec<std::ffi::OsString>) {
    let store = MemoryStore::new();
    let blob = store.insert(MediaType::ImageLayer(Compression::None), layer).unwrap();
    let diff_id = Digest::sha256(layer).to_string();
    let config: Raw<ImageConfig> = raw(
        MediaType::ImageConfig,
        &json!({ "os": "linux", "architecture": "amd64", "rootfs": { "type": "layers", "diff_ids": [diff_id] } }),
    );
    let manifest = ImageManifest::new(config.descriptor().clone(), vec![blob]);
    let manifest = serde_json::from_slice(&manifest.to_json().unwrap()).unwrap();
    let manifest = raw(MediaType::ImageManifest, &manifest);
    let place = tempfile::tempdir().unwrap();
    let options =
        UnpackOptions { rootless: must_be_rootless(), writers: Some(writers), ..UnpackOptions::default() };
    let image = Image { manifest: &manifest, config: &config };
    let target = place.path().join("tree");
    let result = unpack_rootfs(&store, image, &target, &options, &Silent, &Cancel::new()).map(drop);
    let left = std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    (result, left)
}

#[test]
fn a_writer_that_panics_ends_the_unpack_with_an_error_and_nothing_is_left() {
    let deadly = || files("d").take(5).chain([file("d/deadly")]);
    let layers = [
        // Noticed at the end of the layer; while further batches are handed over; and by what waits for that
        // very name, or for all.
        ("the end", tar(deadly())),
        ("more files", tar(deadly().chain(files("d").skip(5)).chain(files("e")).chain(files("f")))),
        (
            "a link to it",
            tar(deadly().chain([("link".to_owned(), EntryType::Link, "d/deadly")]).chain(files("e"))),
        ),
        ("the same name again", tar(deadly().chain([file("d/deadly")]))),
        ("its directory replaced", tar(deadly().chain([file("d")]).chain(files("e")))),
    ];
    for (what, layer) in layers {
        for writers in [1, 2, 4] {
            let (send, done) = mpsc::channel();
            let layer = layer.clone();
            std::thread::spawn(move || send.send(unpacked(&layer, writers)));
            let (result, left) = done.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| {
                panic!("{what}, {writers} writers: it waits for a thread that is no more")
            });
            let error = result.expect_err(what).to_string();
            assert!(error.contains("a thread that writes files died"), "{what}, {writers} writers: {error}");
            assert!(left.is_empty(), "{what}, {writers} writers: {left:?}");
        }
    }
}

#[test]
fn the_same_without_a_panic_is_unpacked() {
    let (result, left) = unpacked(&tar(files("d").chain(files("e"))), 2);
    result.unwrap();
    assert_eq!(left, ["tree"]);
}
