//! Writing skopeo's `dir:`.

use std::fs;
use std::path::Path;

use ocidian_content::{Class, MemoryStore, RefSource, Store};
use ocidian_image_layout::{CreateOptions, FlatDir, create};
use ocidian_spec::{Algorithm, ImageIndex, MediaType};
use ocidian_testkit::store::FailingStore;

use crate::destinations::{copy_into, copy_to, host, image, mixed, one, snapshot, tag, target, verify};
use crate::says;

fn platforms() -> MemoryStore {
    let store = MemoryStore::new();
    let layers = [("a", "gzip"), ("b", "zstd")];
    let images =
        [host(), "riscv64"].map(|architecture| image(&store, &Algorithm::Sha512, architecture, &layers));
    let index = serde_json::to_vec(&ImageIndex::new(images.to_vec())).unwrap();
    tag(&store, &store.insert(MediaType::ImageIndex, &index).unwrap(), None);
    store
}

fn files(path: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    names
}

#[test]
fn an_image_and_an_index_come_back() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    for source in [one("a:1", "x"), platforms(), one("b:1", "y")] {
        copy_to(&source, "dir", &path).unwrap();
        let back = FlatDir::open(&path).unwrap();
        assert_eq!(verify(&back), verify(&source));
        assert_eq!(back.list().unwrap()[0].1.digest, source.list().unwrap()[0].1.digest);
        assert_eq!(fs::read_to_string(path.join("version")).unwrap(), "Directory Transport Version: 1.1\n");
        assert_eq!(files(place.path()), ["to"], "the one before is gone, and nothing else is left");
    }
    assert_eq!(files(&path).len(), 5, "of the one before nothing is left: {:?}", files(&path));
}

#[test]
fn it_holds_one_image() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    assert!(copy_to(&mixed(), "dir", &path).is_err());
    let to = create(&target("dir", &path), &CreateOptions::default()).unwrap();
    copy_into(&one("a:1", "x"), &*to).unwrap();
    says(copy_into(&one("b:1", "y"), &*to), "holds one image");
    drop(to);
    says(create(&target("dir", &path), &CreateOptions::default()).unwrap().finish(), "no image was put");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn what_is_no_such_image_is_not_replaced() {
    use std::os::unix::fs::symlink;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    let attempt = || copy_to(&one("a:1", "x"), "dir", &path);
    fs::create_dir(&path).unwrap();
    attempt().unwrap();
    for (name, expected) in
        [("thesis.tex", "thesis.tex"), ("index.json", "index.json"), ("ab.manifest.json", "no part")]
    {
        fs::write(path.join(name), b"x").unwrap();
        says(attempt(), expected);
        fs::remove_file(path.join(name)).unwrap();
    }
    fs::write(path.join("signature-1"), b"x").unwrap();
    attempt().unwrap();
    assert!(!path.join("signature-1").exists(), "a signature is of the image that is replaced");
    fs::write(path.join("version"), b"my notes").unwrap();
    says(attempt(), "no dir: image");
    fs::write(path.join("version"), b"Directory Transport Version: 1.1\n").unwrap();
    fs::write(path.join("manifest.json"), b"{").unwrap();
    says(attempt(), "manifest.json");
    let file = place.path().join("file");
    fs::write(&file, b"x").unwrap();
    says(copy_to(&one("a:1", "x"), "dir", &file), "a file");
    let (link, real) = (place.path().join("link"), place.path().join("real"));
    fs::create_dir(&real).unwrap();
    symlink("real", &link).unwrap();
    copy_to(&one("a:1", "x"), "dir", &link).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    verify(&FlatDir::open(&real).unwrap());
}

#[test]
fn failing_at_any_call_leaves_the_one_that_was_there() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    copy_to(&one("a:1", "x"), "dir", &path).unwrap();
    let before = snapshot(place.path());
    let ignore = ocidian_testkit::tree::Ignore::nothing().aspect(ocidian_testkit::tree::Aspect::Mtime);
    for n in 1.. {
        let source = FailingStore::new(one("a:1", "y"), n);
        if copy_to(&source, "dir", &path).is_ok() {
            assert!(n > 10);
            break;
        }
        assert_eq!(ocidian_testkit::tree::diff(&before, &snapshot(place.path()), &ignore), [], "at call {n}");
    }
    assert_eq!(FlatDir::open(&path).unwrap().list().unwrap()[0].1.digest, digest(&one("a:1", "y")));
}

fn digest(store: &dyn Store) -> ocidian_spec::Digest {
    store.list().unwrap()[0].1.digest.clone()
}

#[test]
fn damaged_files_of_the_one_before_are_not_taken_over() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    copy_to(&one("a:1", "x"), "dir", &path).unwrap();
    for name in files(&path).iter().filter(|name| name.len() == 64) {
        let mut bytes = fs::read(path.join(name)).unwrap();
        bytes[0] ^= 1;
        fs::write(path.join(name), bytes).unwrap();
    }
    assert_eq!(verify_class(&path), Some(Class::Verification));
    copy_to(&one("a:1", "x"), "dir", &path).unwrap();
    assert_eq!(verify_class(&path), None);
}

fn verify_class(path: &Path) -> Option<Class> {
    crate::read_all(&FlatDir::open(path).unwrap()).err().map(|error| error.class())
}
