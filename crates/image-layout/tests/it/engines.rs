//! Copying into layout directories and collecting them, at once and step by step.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ocidian_content::copy::{Options, Root, listed};
use ocidian_content::{
    BlobAdmin, Error, MemoryStore, RefSink, RefSource, Role, Store, Walk, When, copy, document, gc, update,
    walk,
};
use ocidian_image_layout::LayoutDir;
use ocidian_spec::annotations::REF_NAME;
use ocidian_spec::{
    Compression, Descriptor, Digest, Document, ImageIndex, ImageManifest, MediaType, RawDocument, RefName,
};

/// An image of two layers, one of which all of them have.
fn image(store: &MemoryStore, n: usize) -> Descriptor {
    let config = format!(r#"{{"os":"linux","architecture":"amd64","n":{n}}}"#);
    let config = store.insert(MediaType::ImageConfig, config.as_bytes()).unwrap();
    let layer = |text: &str| store.insert(MediaType::ImageLayer(Compression::Gzip), text.as_bytes()).unwrap();
    let manifest = ImageManifest::new(config, vec![layer("base"), layer(&format!("layer {n}"))]);
    let made = store.insert(MediaType::ImageManifest, &manifest.to_json().unwrap()).unwrap();
    let entry = Descriptor { annotations: Some([(REF_NAME.to_owned(), format!("v{n}"))].into()), ..made };
    store.push_entry(entry.clone());
    entry
}

fn layout(path: &Path) -> LayoutDir {
    LayoutDir::create(path).unwrap()
}

fn name(text: &str) -> RefName {
    text.parse().unwrap()
}

fn at_once() -> gc::Options {
    gc::Options { grace: Duration::ZERO, ..gc::Options::default() }
}

/// Everything that is listed is there, and is what it should be.
fn whole(store: &dyn Store) -> BTreeSet<Digest> {
    let entries = store.list().unwrap().into_iter().map(|(_, entry)| entry);
    let mut found = BTreeSet::new();
    for node in Walk::new(store, entries, walk::Order::ParentsFirst) {
        let node = node.unwrap();
        assert!(!matches!(node.content, walk::Content::Missing), "{:?}", node.descriptor);
        document::raw(store, node.role, &node.descriptor).unwrap();
        found.insert(node.descriptor.digest);
    }
    found
}

fn digests(layout: &LayoutDir) -> BTreeSet<Digest> {
    layout.blobs().unwrap().into_iter().map(|stored| stored.digest).collect()
}

#[test]
fn a_store_comes_over_with_its_entries_and_what_is_removed_is_collected() {
    let place = tempfile::tempdir().unwrap();
    let (from, there) = (MemoryStore::new(), layout(&place.path().join("there")));
    let images: Vec<Descriptor> = (0..3).map(|n| image(&from, n)).collect();
    let all = || listed(&from).unwrap();
    let report = copy(&from, all(), Box::new(there.writer().unwrap()), &Options::default()).unwrap();
    assert_eq!(there.index().unwrap().manifests, images);
    assert_eq!(report.copied.blobs, 3 * 3 + 1);
    assert_eq!(whole(&there), digests(&there));

    there.remove(&name("v1"), When::Any).unwrap();
    assert!(gc(&there, &gc::Options::default()).unwrap().freed.is_empty(), "an hour's grace");
    let before = digests(&there);
    let dry = gc(&there, &gc::Options { dry_run: true, ..at_once() }).unwrap();
    assert_eq!(digests(&there), before);
    assert_eq!(gc(&there, &at_once()).unwrap().freed, dry.freed);
    assert_eq!(dry.freed.len(), 3, "its manifest, config and own layer");
    assert_eq!(whole(&there), digests(&there));
}

#[test]
fn of_copies_tags_and_collections_at_once_none_loses_anything() {
    const WRITERS: usize = 6;
    const EACH: usize = 5;
    let place = tempfile::tempdir().unwrap();
    let (from, there) = (MemoryStore::new(), layout(&place.path().join("there")));
    let images: Vec<Descriptor> = (0..WRITERS * EACH).map(|n| image(&from, n)).collect();
    let over = AtomicBool::new(false);
    let put = |image: &Descriptor, tag: &RefName| {
        let roots = vec![Root::named(image.clone(), Some(tag.clone()))];
        copy(&from, roots, Box::new(there.writer().unwrap()), &Options::default()).unwrap();
    };
    let shared = name("shared");
    // Each adds its image to an index that all of them change.
    let add = |image: &Descriptor| {
        update(&there, &shared, Error::is_conflict, |now, when| {
            let mut index = match now {
                Some(now) => document::read::<ImageIndex>(&there, Role::Manifest, &now)?.into_value(),
                None => ImageIndex::new(Vec::new()),
            };
            index.manifests.push(Descriptor { annotations: None, ..image.clone() });
            let bytes = index.to_json()?;
            let descriptor = Descriptor::of(MediaType::ImageIndex, &bytes);
            there.put(Some(&shared), &RawDocument::verify(bytes, descriptor)?, when)
        })
        .unwrap();
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = images
            .chunks(EACH)
            .map(|images| {
                let (put, add, there) = (&put, &add, &there);
                scope.spawn(move || {
                    for image in images {
                        let tag = name(image.annotation(REF_NAME).unwrap());
                        put(image, &tag);
                        there.remove(&tag, When::Any).unwrap();
                        // What it needs may have been collected, or be about to be.
                        put(image, &tag);
                        add(image);
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                gc(&there, &at_once()).unwrap();
            }
        });
        let outcomes: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        over.store(true, Ordering::Relaxed);
        assert!(outcomes.iter().all(Result::is_ok));
    });
    gc(&there, &at_once()).unwrap();
    assert_eq!(there.list().unwrap().len(), images.len() + 1);
    assert_eq!(whole(&there), digests(&there));
    let entry = there.resolve(&shared).unwrap().pop().unwrap();
    let index = document::read::<ImageIndex>(&there, Role::Manifest, &entry).unwrap();
    assert_eq!(index.value().manifests.len(), images.len());
}

#[test]
fn a_damaged_document_keeps_everything_and_a_damaged_layer_does_not() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("there");
    let (from, there) = (MemoryStore::new(), layout(&path));
    let image = image(&from, 0);
    copy(&from, listed(&from).unwrap(), Box::new(there.writer().unwrap()), &Options::default()).unwrap();
    let stray = path.join("blobs/sha256").join("e".repeat(64));
    fs::write(&stray, b"stray").unwrap();
    let blob = |digest: &Digest| path.join("blobs/sha256").join(digest.encoded());

    let manifest = fs::read(blob(&image.digest)).unwrap();
    for damage in [&manifest[1..], &[&manifest[..], b" "].concat(), b"", &vec![b'x'; manifest.len()]] {
        fs::write(blob(&image.digest), damage).unwrap();
        let error = gc(&there, &at_once()).unwrap_err().to_string();
        assert!(error.contains("nothing was removed") && error.contains(image.digest.encoded()), "{error}");
        assert!(stray.exists());
    }
    fs::remove_file(blob(&image.digest)).unwrap();
    fs::create_dir(blob(&image.digest)).unwrap();
    assert!(gc(&there, &at_once()).unwrap_err().to_string().contains("directory"));
    fs::remove_dir(blob(&image.digest)).unwrap();
    fs::write(blob(&image.digest), &manifest).unwrap();

    fs::write(blob(&Digest::sha256(b"layer 0")), b"damaged").unwrap();
    assert_eq!(gc(&there, &at_once()).unwrap().freed.len(), 1);
    assert!(!stray.exists());
    // What was damaged is written anew by the next copy, because its size is not right.
    fs::write(blob(&Digest::sha256(b"layer 0")), b"much too long").unwrap();
    let report =
        copy(&from, listed(&from).unwrap(), Box::new(there.writer().unwrap()), &Options::default()).unwrap();
    assert_eq!(report.copied.blobs, 1);
    whole(&there);
}

#[test]
fn blobs_in_a_directory_that_is_shared_are_not_removed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("there");
    let (from, there) = (MemoryStore::new(), layout(&path));
    image(&from, 0);
    copy(&from, listed(&from).unwrap(), Box::new(there.writer().unwrap()), &Options::default()).unwrap();
    there.remove(&name("v0"), When::Any).unwrap();
    fs::rename(path.join("blobs/sha256"), place.path().join("shared")).unwrap();
    std::os::unix::fs::symlink(place.path().join("shared"), path.join("blobs/sha256")).unwrap();
    let error = gc(&there, &at_once()).unwrap_err();
    assert!(error.to_string().contains("symlink"), "{error}");
    assert_eq!(fs::read_dir(place.path().join("shared")).unwrap().count(), 4);
}
