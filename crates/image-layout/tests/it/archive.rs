use std::io::Write;

use ocidian_content::{Class, Error};
use ocidian_image_layout::{OciArchive, Options};
use proptest::prelude::*;
use tar::EntryType;

use crate::{LAYER, append, append_link, file, layout_files, read_all, says, tar_of};

fn open(bytes: &[u8]) -> Result<OciArchive, Error> {
    let place = tempfile::tempdir().unwrap();
    OciArchive::open(&file(&place, bytes), &Options::default())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_layout_is_read_from_a_tar_plain_and_compressed() {
    let tar = tar_of(&layout_files(Some("v1")));
    for bytes in [tar.clone(), gzip(&tar), zstd::encode_all(&tar[..], 1).unwrap()] {
        assert!(read_all(&open(&bytes).unwrap()).unwrap().ends_with(LAYER));
    }
}

#[test]
fn names_may_begin_with_a_dot_or_a_slash() {
    for prefix in ["./", "/", "././/"] {
        let mut files = layout_files(None);
        files.iter_mut().for_each(|(name, _)| name.insert_str(0, prefix));
        read_all(&open(&tar_of(&files)).unwrap()).unwrap();
    }
}

#[test]
fn an_archive_cut_off_anywhere_is_an_error() {
    let tar = tar_of(&layout_files(None));
    let end = tar.len() - 1024;
    for cut in (0..=end).step_by(256) {
        let outcome = open(&tar[..cut]).and_then(|archive| read_all(&archive));
        assert!(outcome.is_err(), "cut at {cut} of {}", tar.len());
    }
    read_all(&open(&tar[..end + 512]).unwrap()).unwrap(); // one block at the end is enough
    for compressed in [gzip(&tar), zstd::encode_all(&tar[..], 1).unwrap()] {
        for cut in (1..compressed.len()).step_by(97) {
            assert!(open(&compressed[..cut]).is_err(), "cut at {cut} of {}", compressed.len());
        }
    }
}

#[test]
fn what_is_no_archive_is_refused() {
    says(open(b""), "it is empty");
    says(open(b"hello"), "not an archive");
    says(open(&[b'x'; 4096]), "not an archive");
    says(open(&gzip(b"hello")), "not an archive");
    says(open(&gzip(&gzip(b"hello"))), "not an archive");
    says(open(&[0x1f, 0x8b, 0xff, 0xff, 0, 0, 0, 0]), "cannot be decompressed");
    says(open(&[0; 10_240]), "has no oci-layout");
    let files = layout_files(None);
    says(open(&tar_of(&files[..4])), "has no oci-layout");
    says(open(&tar_of(&[&files[..3], &files[4..]].concat())), "has no index.json");
    let error = open(&tar_of(&files[1..])).and_then(|archive| read_all(&archive)).unwrap_err();
    assert_eq!(error.class(), Class::NotFound, "{error}");
}

#[test]
fn a_name_that_stands_for_two_things_is_refused() {
    let files = layout_files(None);
    for at in 0..files.len() {
        for (name, bytes) in [
            (files[at].0.clone(), b"something else".to_vec()),
            (format!("./{}", files[at].0), [&files[at].1[1..], b"x"].concat()),
        ] {
            let all = [&files[..], &[(name, bytes)]].concat();
            says(open(&tar_of(&all)), "twice, and the two differ");
        }
        let mut tar = tar::Builder::new(tar_of(&files)[..].to_vec());
        tar.get_mut().truncate(tar_of(&files).len() - 1024);
        append_link(&mut tar, &files[at].0, EntryType::Symlink, "elsewhere");
        says(open(&tar.into_inner().unwrap()), "twice");
    }
    let twice = [files.clone(), files].concat();
    read_all(&open(&tar_of(&twice)).unwrap()).unwrap(); // the same twice is the same
}

#[test]
fn members_outside_the_archive_are_refused() {
    for name in ["../index.json", "blobs/../../x", ".."] {
        let mut files = layout_files(None);
        files.push((name.to_owned(), b"x".to_vec()));
        says(open(&tar_of(&files)), "at byte");
    }
}

#[test]
fn links_and_other_kinds_are_not_read() {
    let files = layout_files(None);
    for at in 0..files.len() {
        for kind in
            [EntryType::Symlink, EntryType::Link, EntryType::Fifo, EntryType::Char, EntryType::Directory]
        {
            let mut tar = tar::Builder::new(Vec::new());
            for (name, bytes) in files.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, file)| file) {
                append(&mut tar, name, bytes);
            }
            append(&mut tar, "aside", &files[at].1);
            append_link(&mut tar, &files[at].0, kind, "aside");
            let outcome = open(&tar.into_inner().unwrap()).and_then(|archive| read_all(&archive));
            says(outcome, "only a regular file can be read");
        }
    }
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let place = tempfile::tempdir().unwrap();
    let bomb = file(&place, &gzip(&vec![0; 4 << 20]));
    let options = Options { max_bytes: Some(1 << 20) };
    says(OciArchive::open(&bomb, &options), "more than 1048576 bytes");
    says(OciArchive::open(&bomb, &Options::default()), "has no oci-layout");
}

#[test]
fn a_bad_index_in_an_archive_is_as_bad() {
    let mut files = layout_files(None);
    files[3].1 = format!("{}{}", r#"{"schemaVersion":2,"x":"#, "[".repeat(10_000)).into_bytes();
    says(open(&tar_of(&files)), "index.json");
    let mut files = layout_files(None);
    files[4].1 = br#"{"imageLayoutVersion":"7"}"#.to_vec();
    says(open(&tar_of(&files)), "version \"7\"");
}

proptest! {
    #[test]
    fn a_damaged_archive_is_read_right_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let tar = tar_of(&layout_files(None));
        let whole = read_all(&open(&tar).unwrap()).unwrap();
        let mut damaged = tar;
        for (at, byte) in changes {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        if let Ok(read) = open(&damaged).and_then(|archive| read_all(&archive)) {
            prop_assert_eq!(read, whole);
        }
    }
}
