//! What a collector sees of a layout directory.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use ocidian_content::{BlobAdmin, BlobSink, Expect, Role};
use ocidian_image_layout::{CreateOptions, LayoutDir, create};
use ocidian_spec::{Algorithm, Digest};

use crate::destinations::{copy_into, copy_to, one, target, verify};
use crate::{layout_dir, layout_files, says};

#[test]
fn blobs_are_what_has_the_name_of_one() {
    let (place, path) = layout_dir(&layout_files(Some("v1")));
    let layout = LayoutDir::open(&path).unwrap();
    let blobs = path.join("blobs/sha256");
    fs::write(blobs.join("README"), b"?").unwrap();
    fs::write(blobs.join("A".repeat(64)), b"?").unwrap();
    fs::create_dir(blobs.join("b".repeat(64))).unwrap();
    symlink("nowhere", blobs.join("c".repeat(64))).unwrap();
    symlink("/dev/zero", blobs.join("d".repeat(64))).unwrap();
    fs::write(path.join("blobs/README"), b"?").unwrap();
    fs::write(place.path().join("aside"), b"four").unwrap();
    symlink(place.path().join("aside"), blobs.join("e".repeat(64))).unwrap();
    fs::create_dir(path.join("blobs/sha512")).unwrap();
    fs::write(path.join("blobs/sha512").join("f".repeat(128)), b"12345").unwrap();
    fs::create_dir(path.join("blobs/Nonsense")).unwrap();
    fs::write(path.join("blobs/Nonsense").join("f".repeat(64)), b"12345").unwrap();
    let stored = layout.blobs().unwrap();
    let mut expected: Vec<(String, u64)> = layout_files(Some("v1"))[..3]
        .iter()
        .map(|(_, bytes)| (Digest::sha256(bytes).to_string(), bytes.len() as u64))
        .collect();
    expected.push((format!("sha256:{}", "e".repeat(64)), 4));
    expected.push((format!("sha512:{}", "f".repeat(128)), 5));
    expected.sort();
    let found: Vec<(String, u64)> =
        stored.iter().map(|stored| (stored.digest.to_string(), stored.size)).collect();
    assert_eq!(found, expected);
    let age = SystemTime::now().duration_since(stored[0].modified.unwrap()).unwrap();
    assert!(age < Duration::from_secs(600));

    for stored in &stored {
        layout.remove_blob(&stored.digest).unwrap();
        layout.remove_blob(&stored.digest).unwrap(); // gone already
    }
    assert!(layout.blobs().unwrap().is_empty());
    assert!(blobs.join("README").exists() && place.path().join("aside").exists());
    fs::remove_dir_all(path.join("blobs")).unwrap();
    assert!(layout.blobs().unwrap().is_empty());
}

#[test]
fn nothing_is_removed_through_a_symlink() {
    for linked in ["blobs", "blobs/sha256"] {
        let (place, path) = layout_dir(&layout_files(Some("v1")));
        fs::rename(path.join(linked), place.path().join("shared")).unwrap();
        symlink(place.path().join("shared"), path.join(linked)).unwrap();
        let layout = LayoutDir::open(&path).unwrap();
        let stored = layout.blobs().unwrap();
        assert_eq!(stored.len(), 3, "they can be read, so they are listed");
        says(layout.remove_blob(&stored[0].digest), "not followed to write");
        assert_eq!(layout.blobs().unwrap().len(), 3);
    }
}

#[test]
fn writers_and_a_collector_keep_apart() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("layout");
    copy_to(&one("a:1", "x"), "oci", &path).unwrap();
    let layout = LayoutDir::open(&path).unwrap();
    let alone = layout.exclude_writers().unwrap();
    let (began, begun) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let path = &path;
        scope.spawn(move || {
            let to = create(&target("oci", path), &CreateOptions::default()).unwrap();
            began.send(()).unwrap();
            copy_into(&one("b:1", "y"), &*to).unwrap();
            to.finish().unwrap();
        });
        assert!(begun.recv_timeout(Duration::from_millis(200)).is_err(), "it waits");
        assert!(layout.leftovers().unwrap().is_empty());
        drop(alone);
        begun.recv_timeout(Duration::from_secs(20)).unwrap();
        drop(layout.exclude_writers().unwrap()); // until it is done
        assert!(layout.leftovers().unwrap().is_empty());
    });
    verify(&layout);
}

#[test]
fn what_a_killed_writer_left_is_seen_and_removed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("layout");
    copy_to(&one("a:1", "x"), "oci", &path).unwrap();
    let layout = LayoutDir::open(&path).unwrap();
    let writer = layout.writer().unwrap();
    let mut blob = writer.begin(Role::Blob, Expect::Hash(Algorithm::Sha256)).unwrap();
    blob.write_all(b"12345").unwrap();
    let staged = layout.leftovers().unwrap();
    assert_eq!(staged.len(), 1, "a living one's, since nobody is excluded");
    let copy = path.join(format!("{}x", staged[0].name));
    fs::create_dir(&copy).unwrap();
    fs::write(copy.join("1"), b"12345").unwrap();
    drop((blob, writer));
    let _alone = layout.exclude_writers().unwrap();
    let left = layout.leftovers().unwrap();
    assert_eq!((left.len(), left[0].size), (1, 5));
    fs::write(path.join(".ocidian-stage-file"), b"a file is none").unwrap();
    fs::create_dir(path.join(".umoci-123")).unwrap();
    assert_eq!(layout.leftovers().unwrap().len(), 1);
    layout.remove_leftover(&left[0]).unwrap();
    layout.remove_leftover(&left[0]).unwrap();
    assert!(layout.leftovers().unwrap().is_empty());
    for name in ["blobs", "../x", ".ocidian-stage-x/../blobs", "."] {
        let other = ocidian_content::store::Leftover { name: name.to_owned(), size: 0 };
        says(layout.remove_leftover(&other), "no writer's leftover");
    }
    verify(&layout);
}
