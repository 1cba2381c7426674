//! The overlay form: hard links to files of lower layers.

use std::fs::{Metadata, read, symlink_metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ocidian_unpack::{Form, UnpackOptions, must_be_rootless};
use tar::{Builder, EntryType, Header};

use crate::image::Stored;

const MIB: u64 = 1 << 20;

fn header(kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header
}

fn file(tar: &mut Builder<Vec<u8>>, path: &str, content: &[u8]) {
    let mut header = header(EntryType::Regular, content.len() as u64);
    tar.append_data(&mut header, path, content).unwrap();
}

fn link(tar: &mut Builder<Vec<u8>>, path: &str, target: &str) {
    tar.append_link(&mut header(EntryType::Link, 0), path, target).unwrap();
}

fn archive(fill: impl FnOnce(&mut Builder<Vec<u8>>)) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    fill(&mut tar);
    tar.into_inner().unwrap()
}

fn options(max_bytes: Option<u64>) -> UnpackOptions {
    UnpackOptions { form: Form::Overlay, rootless: must_be_rootless(), max_bytes, ..UnpackOptions::default() }
}

fn look(target: &Path, path: &str) -> Option<Metadata> {
    symlink_metadata(target.join("layers/1").join(path)).ok()
}

#[test]
fn every_name_still_seen_comes_along_and_no_other() {
    const GROUPS: usize = 300;
    let lower = archive(|tar| {
        for n in 0..GROUPS {
            file(tar, &format!("a{}/file{n}", n % 7), n.to_string().as_bytes());
            link(tar, &format!("b/c{}/second{n}", n % 5), &format!("a{}/file{n}", n % 7));
            link(tar, &format!("third{n}"), &format!("a{}/file{n}", n % 7));
            file(tar, &format!("alone{n}"), b"");
        }
    });
    let upper = archive(|tar| {
        file(tar, "third4", b"another");
        file(tar, "b/c1/.wh.second6", b"");
        for n in (0..GROUPS).step_by(2) {
            link(tar, &format!("new{n}"), &format!("a{}/file{n}", n % 7));
            link(tar, &format!("newer{n}"), &format!("alone{n}"));
        }
    });
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("stack");
    // A whiteout in this form is a device, which an ordinary user cannot make.
    if must_be_rootless() {
        return;
    }
    Stored::new(&[lower, upper]).unpack(&target, &options(None)).unwrap();
    for n in 0..GROUPS {
        let names = [format!("a{}/file{n}", n % 7), format!("b/c{}/second{n}", n % 5), format!("third{n}")];
        let Some(new) = look(&target, &format!("new{n}")) else {
            assert!(names.iter().all(|name| look(&target, name).is_none()), "{n}");
            continue;
        };
        assert_eq!(new.nlink(), if n == 4 || n == 6 { 3 } else { 4 }, "{n}");
        for name in &names {
            let same = look(&target, name).unwrap().ino() == new.ino();
            assert_eq!(same, *name != "third4" && *name != "b/c1/second6", "{name}");
        }
        assert_eq!(look(&target, &format!("alone{n}")).unwrap().nlink(), 2);
        assert_eq!(read(target.join(format!("layers/1/new{n}"))).unwrap(), n.to_string().as_bytes());
    }
}

#[test]
fn a_link_to_a_sparse_file_writes_no_more_than_the_file_has() {
    let lower = archive(|tar| {
        let size = (256 * MIB).to_string();
        let records = [
            ("GNU.sparse.size", size.as_bytes()),
            ("GNU.sparse.numblocks", b"1"),
            ("GNU.sparse.map", b"1048576,4"),
        ];
        tar.append_pax_extensions(records).unwrap();
        file(tar, "sparse", b"data");
    });
    let upper = archive(|tar| link(tar, "link", "sparse"));
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("stack");
    Stored::new(&[lower, upper]).unpack(&target, &options(Some(257 * MIB))).unwrap();
    let copy = look(&target, "link").unwrap();
    assert_eq!(copy.len(), 256 * MIB);
    assert!(copy.blocks() * 512 < MIB, "{} blocks", copy.blocks());
}

#[test]
fn copies_count_against_the_limit() {
    let lower = archive(|tar| file(tar, "file", &vec![1; MIB as usize]));
    let layers = [lower, archive(|tar| link(tar, "b", "file")), archive(|tar| link(tar, "c", "file"))];
    let unpack = |max| {
        let place = tempfile::tempdir().unwrap();
        Stored::new(&layers).unpack(&place.path().join("stack"), &options(Some(max)))
    };
    unpack(2 * MIB).unwrap();
    let error = unpack(2 * MIB - 1).unwrap_err().to_string();
    assert!(error.contains("layer 3") && error.contains("--max-bytes"), "{error}");
}
