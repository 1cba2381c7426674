//! What other programs write is read as they meant it.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, symlink};
use std::path::Path;
use std::process::Command;

use ocidian_layer::Timestamp;
use proptest::prelude::*;
use tar_core::parse::{ParseEvent, Parser};

use crate::make::read;

/// A directory with a long name, a symlink, a hard link and a file with holes.
fn tree(root: &Path) -> String {
    let long = format!("{}/{}", "d".repeat(90), "f".repeat(120));
    fs::create_dir(root.join("d".repeat(90))).unwrap();
    fs::write(root.join(&long), b"hello").unwrap();
    symlink("s".repeat(150), root.join("sym")).unwrap();
    fs::hard_link(root.join(&long), root.join("hard")).unwrap();
    let sparse = File::create(root.join("sparse")).unwrap();
    for place in 0..20 {
        sparse.write_all_at(&[b'x'; 4096], place << 17).unwrap();
    }
    sparse.set_len(4 << 20).unwrap();
    long
}

fn gnu_tar(root: &Path, options: &[&str]) -> Vec<u8> {
    let output =
        Command::new("tar").args(options).args(["-C"]).arg(root).args(["-cf", "-", "."]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn gnu_tar_in_all_its_formats() {
    let root = tempfile::tempdir().unwrap();
    let long = tree(root.path());
    for options in [
        &["--format=gnu"][..],
        &["--format=oldgnu", "--sparse"],
        &["--format=gnu", "--sparse"],
        &["--format=posix"],
        &["--format=posix", "--sparse", "--sparse-version=0.0"],
        &["--format=posix", "--sparse", "--sparse-version=0.1"],
        &["--format=posix", "--sparse", "--sparse-version=1.0"],
    ] {
        let (entries, trailer) = read(&gnu_tar(root.path(), options)).unwrap();
        assert_eq!(trailer.garbage, None);
        let find = |name: &str| {
            let path = format!("./{name}");
            entries.iter().find(|(entry, _)| entry.path == path.as_bytes()).expect(name)
        };
        let (sparse, content) = find("sparse");
        assert_eq!((sparse.size, sparse.sparse), (4 << 20, options.contains(&"--sparse")), "{options:?}");
        let mut whole = vec![0; 4 << 20];
        for (offset, bytes) in content {
            whole[*offset as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        assert_eq!(whole, fs::read(root.path().join("sparse")).unwrap(), "{options:?}");
        assert_eq!(find("sym").0.link, [b's'; 150]);
        let names = [find(&long), find("hard")];
        let link = names.iter().find(|(entry, _)| entry.typeflag == b'1').expect("one of the two is a link");
        let file = names.iter().find(|(entry, _)| entry.typeflag == b'0').expect("the other is the file");
        assert_eq!(link.0.link, file.0.path);
        assert_eq!(file.1, [(0, b"hello".to_vec())]);
    }
}

#[test]
fn gnu_tar_in_old_formats() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("f"), b"hello").unwrap();
    for format in ["v7", "ustar"] {
        let (entries, _) = read(&gnu_tar(root.path(), &["--format", format])).unwrap();
        let types: Vec<_> = entries.iter().map(|(entry, _)| (&entry.path[..], entry.typeflag)).collect();
        assert_eq!(types, [(&b"./"[..], b'5'), (b"./f", b'0')]);
    }
}

#[derive(Debug, Clone)]
struct Spec {
    path: String,
    content: Vec<u8>,
    id: u32,
    mtime: u32,
    xattr: Option<Vec<u8>>,
}

fn spec() -> impl Strategy<Value = Spec> {
    let path = "[a-z]{1,60}(/[a-z]{1,60}){0,5}";
    let content = prop::collection::vec(any::<u8>(), 0..1500);
    let xattr = prop::option::of(prop::collection::vec(any::<u8>(), 1..50));
    (path, content, 0..0x1f_ffffu32, any::<u32>(), xattr).prop_map(|(path, content, id, mtime, xattr)| Spec {
        path,
        content,
        id,
        mtime,
        xattr,
    })
}

fn write(specs: &[Spec]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for spec in specs {
        if let Some(value) = &spec.xattr {
            builder.append_pax_extensions([("SCHILY.xattr.user.a", &value[..])]).unwrap();
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(spec.content.len() as u64);
        header.set_uid(spec.id.into());
        header.set_gid(7);
        header.set_mode(0o640);
        header.set_mtime(spec.mtime.into());
        builder.append_data(&mut header, &spec.path, &spec.content[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

/// What tar-core sees: path, size and xattrs of each entry, and where its content begins.
type Seen = (Vec<u8>, u64, Vec<(Vec<u8>, Vec<u8>)>, u64);

fn tar_core(archive: &[u8]) -> Vec<Seen> {
    let mut parser = Parser::with_defaults();
    let (mut at, mut seen) = (0, Vec::new());
    loop {
        match parser.parse(&archive[at..]).unwrap() {
            ParseEvent::Entry { consumed, entry } => {
                at += consumed;
                let xattrs =
                    entry.xattrs.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
                seen.push((entry.path.to_vec(), entry.size, xattrs, at as u64));
                at += entry.padded_size() as usize;
            }
            ParseEvent::GlobalExtensions { consumed, .. } => at += consumed,
            ParseEvent::End { .. } => return seen,
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_tar_crates_archives(specs in prop::collection::vec(spec(), 0..6)) {
        let archive = write(&specs);
        let (entries, _) = read(&archive).unwrap();
        prop_assert_eq!(entries.len(), specs.len());
        let ours: Vec<Seen> = entries
            .iter()
            .map(|(entry, _)| (entry.path.clone(), entry.size, entry.xattrs.clone(), entry.data_offset))
            .collect();
        prop_assert_eq!(ours, tar_core(&archive));
        for ((entry, content), spec) in entries.iter().zip(&specs) {
            prop_assert_eq!(&entry.path, spec.path.as_bytes());
            prop_assert_eq!(content.iter().flat_map(|(_, b)| b.clone()).collect::<Vec<_>>(), spec.content.clone());
            prop_assert_eq!((entry.uid, entry.gid, entry.mode), (u64::from(spec.id), 7, 0o640));
            prop_assert_eq!(entry.mtime, Timestamp { seconds: spec.mtime.into(), nanoseconds: 0 });
            prop_assert_eq!(entry.stored_size, entry.size);
            prop_assert_eq!(entry.xattrs.first().map(|(_, value)| value), spec.xattr.as_ref());
        }
    }
}
