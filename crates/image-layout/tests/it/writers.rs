use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ocidian_content::{
    BlobAdmin, BlobSink, BlobSource, Cancel, Class, Error, Expect, RefSink, RefSource, Role, When,
};
use ocidian_image_layout::{CreateOptions, LayoutDir, create};
use ocidian_spec::{Algorithm, Descriptor, Digest, ImageSource, MediaType, RawDocument, RefName, Selector};

use crate::{layout_dir, layout_files, says};

fn document(text: &str) -> RawDocument {
    let bytes =
        format!(r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"x":"{text}"}}}}"#).into_bytes();
    let descriptor = Descriptor::new(MediaType::ImageIndex, Digest::sha256(&bytes), bytes.len() as u64);
    RawDocument::verify(bytes, descriptor).unwrap()
}

fn name(text: &str) -> RefName {
    text.parse().unwrap()
}

/// Everything in the layout but the locks.
fn tree(path: &Path) -> BTreeSet<String> {
    fn below(path: &Path, at: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{at}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                below(&entry.path(), &format!("{name}/"), found);
            } else if !name.ends_with(".lock") {
                found.insert(name);
            }
        }
    }
    let mut found = BTreeSet::new();
    below(path, "", &mut found);
    found
}

#[test]
fn blobs_show_once_the_writer_is_finished_and_not_at_all_if_it_is_dropped() {
    let place = tempfile::tempdir().unwrap();
    let layout = LayoutDir::create(&place.path().join("new")).unwrap();
    let before = tree(layout.path());
    let write = |finish: bool, text: &[u8], algorithm: Algorithm| {
        let sink = Box::new(layout.writer().unwrap());
        let mut blob = sink.begin(Role::Blob, Expect::Hash(algorithm)).unwrap();
        blob.write_all(text).unwrap();
        let mut abandoned = sink.begin(Role::Blob, Expect::Hash(Algorithm::Sha256)).unwrap();
        abandoned.write_all(b"abandoned").unwrap();
        drop(abandoned);
        let descriptor = blob.commit(None).unwrap();
        assert_eq!(layout.stat(Role::Blob, &descriptor).unwrap(), None);
        if finish {
            sink.finish().unwrap();
        }
        descriptor
    };
    write(false, b"dropped", Algorithm::Sha256);
    assert_eq!(tree(layout.path()), before);
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512, Algorithm::Blake3] {
        let descriptor = write(true, b"kept", algorithm);
        assert_eq!(layout.stat(Role::Blob, &descriptor).unwrap(), Some(4));
        let mut read = Vec::new();
        std::io::copy(&mut layout.open(Role::Blob, &descriptor).unwrap(), &mut read).unwrap();
        assert_eq!(read, b"kept");
    }
    assert_eq!(tree(layout.path()).len(), before.len() + 3);
}

#[test]
fn a_blob_other_than_expected_is_refused_and_leaves_nothing() {
    let (_place, path) = layout_dir(&layout_files(Some("v1")));
    let layout = LayoutDir::open(&path).unwrap();
    let before = tree(&path);
    let sink = Box::new(layout.writer().unwrap());
    let expected = Descriptor::new(MediaType::Empty, Digest::sha256(b"hello"), 5);
    for text in [&b"hellO"[..], b"hell", b"hello!"] {
        let mut blob = sink.begin(Role::Blob, Expect::Known(expected.clone())).unwrap();
        blob.write_all(text).unwrap();
        assert_eq!(blob.commit(None).unwrap_err().class(), Class::Verification);
    }
    sink.finish().unwrap();
    assert_eq!(tree(&path), before);
}

#[test]
fn a_damaged_blob_is_mended_by_the_right_one() {
    let files = layout_files(None);
    let (_place, path) = layout_dir(&files);
    fs::write(path.join(&files[0].0), b"damaged").unwrap();
    let layout = LayoutDir::open(&path).unwrap();
    let sink = Box::new(layout.writer().unwrap());
    let mut blob = sink.begin(Role::Blob, Expect::Hash(Algorithm::Sha256)).unwrap();
    blob.write_all(&files[0].1).unwrap();
    blob.commit(None).unwrap();
    sink.finish().unwrap();
    crate::read_all(&layout).unwrap();
}

#[test]
fn a_put_keeps_what_it_does_not_know() {
    let (_place, path) = layout_dir(&layout_files(Some("v1")));
    let layout = LayoutDir::open(&path).unwrap();
    layout.put(Some(&name("v2")), &document("2"), When::Absent).unwrap();
    layout.put(Some(&name("v2")), &document("3"), When::Any).unwrap();
    let text = fs::read_to_string(path.join("index.json")).unwrap();
    for kept in [r#""x-kept":1e400"#, r#""x-also-kept":null"#, r#""v1""#, r#""v2""#] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
    assert_eq!(layout.list().unwrap().len(), 2);
    assert_eq!(layout.resolve(&name("v2")).unwrap()[0].digest, document("3").descriptor().digest);

    says(layout.put(Some(&name("v1")), &document("4"), When::Absent), "changed by another writer");
    layout.remove(&name("v1"), When::Any).unwrap();
    let error = layout.remove(&name("v1"), When::Any).unwrap_err();
    assert!(matches!(error, Error::RefNotFound { .. }), "{error}");
    assert!(!tree(&path).iter().any(|name| name.contains("stage")));
}

#[test]
fn of_many_writers_none_loses_a_tag() {
    const WRITERS: usize = 8;
    const TAGS: usize = 6;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("layout");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let path = &path;
            scope.spawn(move || {
                let layout = LayoutDir::create(path).unwrap(); // all of them at once
                for tag in 0..TAGS {
                    let text = format!("{writer}-{tag}");
                    layout.put(Some(&name(&text)), &document(&text), When::Absent).unwrap();
                }
            });
        }
    });
    let layout = LayoutDir::open(&path).unwrap();
    assert_eq!(layout.list().unwrap().len(), WRITERS * TAGS);
    for writer in 0..WRITERS {
        for tag in 0..TAGS {
            let text = format!("{writer}-{tag}");
            let found = layout.resolve(&name(&text)).unwrap();
            assert_eq!(found[0].digest, document(&text).descriptor().digest);
            assert!(layout.stat(Role::Manifest, &found[0]).unwrap().is_some());
        }
    }
    assert!(!tree(&path).iter().any(|name| name.contains("stage")));
}

#[test]
fn of_many_who_put_one_name_on_a_condition_one_succeeds() {
    let place = tempfile::tempdir().unwrap();
    let layout = LayoutDir::create(&place.path().join("layout")).unwrap();
    let done = thread::scope(|scope| {
        let put = |n: usize| {
            let layout = &layout;
            scope.spawn(move || {
                layout.put(Some(&name("one")), &document(&n.to_string()), When::Absent).is_ok()
            })
        };
        let all: Vec<_> = (0..8).map(put).collect();
        all.into_iter().filter_map(|one| one.join().ok()).filter(|won| *won).count()
    });
    assert_eq!(done, 1);
    assert_eq!(layout.list().unwrap().len(), 1);
}

#[test]
fn a_layout_is_created_only_where_nothing_else_is() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("new");
    fs::create_dir(&path).unwrap();
    LayoutDir::create(&path).unwrap();
    LayoutDir::create(&path).unwrap().put(Some(&name("a")), &document("a"), When::Any).unwrap();
    assert_eq!(LayoutDir::create(&path).unwrap().list().unwrap().len(), 1, "what is there stays");

    let full = place.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("thesis.tex"), b"x").unwrap();
    says(LayoutDir::create(&full), "not empty (it has \"thesis.tex\")");
    assert_eq!(tree(&full).len(), 1);
    says(LayoutDir::create(&place.path().join("no/parent")), "create");
    says(LayoutDir::create(&full.join("thesis.tex")), "thesis.tex");
}

#[test]
fn writing_does_not_leave_the_layout_through_a_symlink() {
    for linked in ["blobs", "blobs/sha256", ".ocidian-index.lock"] {
        let place = tempfile::tempdir().unwrap();
        let outside = place.path().join("outside");
        fs::create_dir(&outside).unwrap();
        let (_kept, path) = layout_dir(&layout_files(Some("v1"))[3..]);
        fs::create_dir_all(path.join(linked).parent().unwrap()).unwrap();
        symlink(&outside, path.join(linked)).unwrap();
        let before = fs::read(path.join("index.json")).unwrap();
        let layout = LayoutDir::open(&path).unwrap();
        assert!(layout.put(Some(&name("v2")), &document("2"), When::Any).is_err());
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
        assert_eq!(fs::read(path.join("index.json")).unwrap(), before);
    }
}

#[test]
fn an_index_json_that_is_a_symlink_is_replaced_and_what_it_led_to_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (place, path) = layout_dir(&layout_files(Some("v1")));
    let (index, aside) = (path.join("index.json"), place.path().join("aside"));
    fs::rename(&index, &aside).unwrap();
    symlink(&aside, &index).unwrap();
    let before = fs::read(&aside).unwrap();
    let layout = LayoutDir::open(&path).unwrap();
    layout.put(Some(&name("v2")), &document("2"), When::Any).unwrap();
    assert_eq!(fs::read(&aside).unwrap(), before);
    let metadata = fs::symlink_metadata(&index).unwrap();
    assert!(metadata.is_file());
    assert_eq!(metadata.permissions().mode() & 0o022, 0, "a symlink's mode is none to take over");
    assert_eq!(layout.list().unwrap().len(), 2);
}

/// Waits for what somebody holds: until that is asked to stop, and no longer.
#[track_caller]
fn stops(waits: impl FnOnce(Cancel) -> Result<(), Error> + Send) {
    let cancel = Cancel::new();
    let (done, outcome) = mpsc::channel();
    thread::scope(|scope| {
        let asked = cancel.clone();
        scope.spawn(move || done.send(waits(asked)).unwrap());
        assert!(outcome.recv_timeout(Duration::from_millis(200)).is_err(), "it waits");
        cancel.cancel();
        let outcome = outcome.recv_timeout(Duration::from_secs(20)).expect("it should stop");
        assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
    });
}

#[test]
fn who_waits_for_a_lock_can_be_stopped_and_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let layout = LayoutDir::create(&place.path().join("layout")).unwrap();
    layout.put(None, &document("there"), When::Any).unwrap();
    let before = tree(layout.path());
    let locked = |name: &str| {
        let file = fs::File::create(layout.path().join(name)).unwrap();
        file.lock().unwrap();
        file
    };
    let writing = |cancel: Cancel, finish: bool| {
        let target = ImageSource::Oci { path: layout.path().to_owned(), select: Selector::Sole };
        let to = create(&target, &CreateOptions { cancel, ..CreateOptions::default() })?;
        to.put(Some(&name("x")), &document("x"), When::Any)?;
        let to: Box<dyn BlobSink> = to;
        if finish { to.finish() } else { Ok(()) }
    };
    let collector = locked(".ocidian-writers.lock");
    stops(|cancel| writing(cancel, false));
    stops(|cancel| layout.clone().with_cancel(cancel).writer().map(drop));
    stops(|cancel| layout.clone().with_cancel(cancel).exclude_writers().map(drop));
    drop(collector);
    let other = locked(".ocidian-index.lock");
    stops(|cancel| writing(cancel, true));
    stops(|cancel| layout.clone().with_cancel(cancel).put(None, &document("x"), When::Any));
    assert_eq!(tree(layout.path()), before);
    drop(other);
    writing(Cancel::new(), true).unwrap();
    // Those who waited have let go of what they got in the end.
    layout.exclude_writers().unwrap();

    let archive = place.path().join("archive");
    let adding = |cancel: Cancel| {
        let target = ImageSource::OciArchive { path: archive.clone(), select: Selector::Sole };
        let to = create(&target, &CreateOptions { cancel, ..CreateOptions::default() })?;
        to.put(Some(&name("x")), &document("x"), When::Any)?;
        let to: Box<dyn BlobSink> = to;
        to.finish()
    };
    adding(Cancel::new()).unwrap();
    let held = fs::File::open(&archive).unwrap();
    held.lock().unwrap();
    stops(adding);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2, "nothing is left beside it");
}
