//! Images that Docker, containerd and skopeo wrote, to every form and back. They are looked for in the directory that
//! `OCIDIAN_TEST_IMAGES` names; where it names none, that is said, and the test passes.

use std::path::{Path, PathBuf};

use ocidian_content::walk::{Content, Order};
use ocidian_content::{Store, Walk};
use ocidian_image_layout::{CreateOptions, create, open};
use ocidian_spec::{Digest, ImageSource};

use crate::destinations::{copy, target};

#[expect(clippy::print_stderr, reason = "whoever runs the tests is to see what was left out")]
fn found() -> Vec<PathBuf> {
    let Some(directory) = std::env::var_os("OCIDIAN_TEST_IMAGES") else {
        eprintln!("SKIPPED {}: OCIDIAN_TEST_IMAGES names no directory of images", module_path!());
        return Vec::new();
    };
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let images: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "tar")).collect();
    assert!(!images.is_empty(), "the directory holds no image");
    images
}

/// What is there of all that is listed, verified, in order.
fn content(store: &dyn Store) -> Vec<Digest> {
    let entries: Vec<_> = store.list().unwrap().into_iter().map(|(_, entry)| entry).collect();
    let mut there = Vec::new();
    for node in Walk::new(store, entries, Order::ParentsFirst) {
        let node = node.unwrap();
        if matches!(node.content, Content::Missing) {
            continue;
        }
        std::io::copy(&mut store.open(node.role, &node.descriptor).unwrap(), &mut std::io::sink()).unwrap();
        there.push(node.descriptor.digest);
    }
    there
}

#[test]
fn every_one_goes_to_every_form_and_comes_back() {
    for image in found() {
        let name = image.display();
        let opened = open(&ImageSource::Bare(image.display().to_string())).unwrap();
        let all = content(&*opened.store);
        assert!(all.len() >= 3, "{name}: a manifest, a config, a layer");
        for form in ["oci", "oci-archive", "docker-archive", "dir"] {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join("to");
            let to = create(&target(form, &path), &CreateOptions::default()).unwrap();
            copy(&*opened.store, to).unwrap_or_else(|e| panic!("{name} to {form}: {e}"));
            let back = open(&target(form, &path)).unwrap().store;
            assert_eq!(content(&*back), all, "{name} by {form}");
            let plain = place.path().join("plain");
            if all.len() == 3 && form != "dir" {
                uncompressed(&*back, &plain, &all);
            }
        }
    }
}

/// One image to the old form, where it must be of one platform.
fn uncompressed(source: &dyn Store, path: &Path, all: &[Digest]) {
    let options = CreateOptions { uncompressed: true, ..CreateOptions::default() };
    copy(source, create(&target("docker-archive", path), &options).unwrap()).unwrap();
    let back = open(&target("docker-archive", path)).unwrap();
    let content = content(&*back.store);
    assert_eq!((content.len(), &content[1]), (all.len(), &all[1]), "the config's digest is kept");
}
