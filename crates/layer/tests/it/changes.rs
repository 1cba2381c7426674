//! Changes: whiteouts, and what no layer may hold.

use ocidian_layer::path::PathError;
use ocidian_layer::{Change, Device, EntryKind, EntryPath, Error};

use crate::make::*;

fn path(path: &str) -> EntryPath {
    EntryPath::new(path.as_bytes()).unwrap()
}

#[test]
fn whiteouts() {
    for (name, expected) in [
        ("a/.wh.b", Some(Change::Whiteout(path("a/b")))),
        ("./.wh.b", Some(Change::Whiteout(path("b")))),
        ("/.wh.b/", Some(Change::Whiteout(path("b")))),
        (".wh..b", Some(Change::Whiteout(path(".b")))),
        (".wh....", Some(Change::Whiteout(path("...")))),
        ("a/.wh..wh..opq", Some(Change::Opaque(path("a")))),
        (".wh..wh..opq", Some(Change::Opaque(EntryPath::root()))),
        (".wh..wh.plnk", None),
        (".wh..wh.plnk/12.34", None),
        ("a/.wh..wh.aufs", None),
    ] {
        for flag in [b'0', b'2', b'3'] {
            let header = Header::new(flag, name).bytes();
            if name.ends_with('/') && flag != b'0' {
                continue;
            }
            assert_eq!(
                changes(&[&header]).unwrap(),
                expected.clone().into_iter().collect::<Vec<_>>(),
                "{name}"
            );
        }
    }
}

#[test]
fn whiteouts_of_nothing() {
    for (name, expected) in [
        (".wh.", PathError::Whiteout),
        ("a/.wh.", PathError::Whiteout),
        (".wh..", PathError::Whiteout),
        ("a/.wh...", PathError::Whiteout),
        (".wh.a/b", PathError::BelowWhiteout),
        ("a/.wh.b/c/.wh.d", PathError::BelowWhiteout),
        ("../a", PathError::Parent),
        ("a/../b", PathError::Parent),
        ("", PathError::Empty),
    ] {
        match changes(&[&file("first", b""), &file(name, b"")]) {
            Err(Error::Path { offset: 512, source, .. }) => assert_eq!(source, expected, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn kinds() {
    for (header, expected) in [
        (Header::new(b'7', "f"), EntryKind::File { size: 0, sparse: false }),
        (Header::new(b'5', "f"), EntryKind::Directory),
        (Header::new(b'1', "f").link("/a/./b"), EntryKind::Hardlink(path("a/b"))),
        (Header::new(b'2', "f").link("/../x/"), EntryKind::Symlink(b"/../x/".to_vec())),
        (Header::new(b'6', "f"), EntryKind::Fifo),
        (
            Header::new(b'3', "f").put(329, b"0000010\0").put(337, b"0003777\0"),
            EntryKind::CharDevice(Device { major: 8, minor: 0o3777 }),
        ),
        (Header::new(b'4', "f"), EntryKind::BlockDevice(Device { major: 0, minor: 0 })),
    ] {
        let found = changes(&[&header.put(100, b"0104755\0").bytes()]).unwrap();
        let [Change::Put(entry)] = &found[..] else { panic!("{found:?}") };
        assert_eq!(entry.kind, expected);
        assert_eq!(entry.metadata.mode, 0o4755);
    }
    assert_eq!(changes(&[&Header::new(b'V', "label").gnu().bytes()]).unwrap(), []);
}

#[test]
fn the_root_is_a_directory() {
    for name in ["/", ".", "./", "/.", "//./"] {
        let root = changes(&[&Header::new(b'5', name).bytes()]).unwrap();
        assert!(matches!(&root[..], [Change::Put(entry)] if entry.path.is_root()), "{name}");
        for flag in [b'1', b'2', b'3', b'6', b'S'] {
            assert!(changes(&[&Header::new(flag, name).gnu().link("etc").bytes()]).is_err(), "{name}");
        }
    }
    assert!(changes(&[&file(".", b"x")]).is_err());
}

#[test]
fn what_no_layer_may_hold() {
    let long = "x".repeat(256);
    for (what, parts) in [
        ("hard link out", vec![Header::new(b'1', "f").link("../a").bytes()]),
        ("hard link to the root", vec![Header::new(b'1', "f").link("/.").bytes()]),
        ("hard link to nothing", vec![Header::new(b'1', "f").bytes()]),
        ("symlink to nothing", vec![Header::new(b'2', "f").bytes()]),
        ("dump directory", vec![Header::new(b'D', "f").gnu().bytes()]),
        ("volume continued", vec![Header::new(b'M', "f").gnu().bytes()]),
        ("unknown type", vec![Header::new(b'Z', "f").bytes()]),
        ("major number", vec![Header::new(b'3', "f").put(329, b"0010000\0").bytes()]),
        ("minor number", vec![Header::new(b'3', "f").put(337, b"4000000\0").bytes()]),
        ("owner -1", vec![pax(b'x', &[("uid", b"4294967295")]), file("f", b"")]),
        ("owner 2^32", vec![pax(b'x', &[("uid", b"4294967296")]), file("f", b"")]),
        ("group -1", vec![pax(b'x', &[("gid", b"4294967295")]), file("f", b"")]),
        ("a long name", vec![Header::file(&long[..100], 0).bytes(), vec![]]),
        ("a longer name", vec![pax(b'x', &[("path", long.as_bytes())]), file("f", b"")]),
    ] {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        assert_eq!(changes(&parts).is_err(), what != "a long name", "{what}");
    }
}

#[test]
fn errors_name_the_entry_and_the_path() {
    let long = "t/".repeat(3000);
    for (parts, expected) in [
        (
            vec![Header::new(b'2', "pointless").bytes()],
            "entry \"pointless\" at byte 0: its symbolic link target is not allowed: it is empty".to_owned(),
        ),
        (
            vec![Header::new(b'1', "f").link("../a").bytes()],
            "entry \"f\" at byte 0: its hard link target \"../a\" is not allowed: it has a `..` component"
                .to_owned(),
        ),
        (
            vec![pax(b'x', &[("linkpath", long.as_bytes())]), Header::new(b'2', "s").bytes()],
            format!(
                "entry \"s\" at byte 0: its symbolic link target \"{}…\" is not allowed: it is longer than 4095 bytes",
                &long[..100]
            ),
        ),
        (
            vec![Header::file("../a", 0).bytes()],
            "entry \"../a\" at byte 0: its name is not allowed: it has a `..` component".to_owned(),
        ),
    ] {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        assert_eq!(changes(&parts).unwrap_err().to_string(), expected);
    }
}

/// However it is spelt, the error says so and shows its start.
#[test]
fn a_path_beyond_what_linux_takes() {
    let path = format!("{}f", format!("{}/", "directory-".repeat(5)).repeat(81));
    for spelt in [long(b'L', &path), pax(b'x', &[("path", path.as_bytes())])] {
        // A writer leaves the start of the name in the header, here cut off after a `/`.
        let header = Header::file(&format!("{}/", &path[..50]), 1).with(b"x");
        let error = changes(&[&spelt, &header]).unwrap_err().to_string();
        let expected = format!(
            "entry \"{}…\" at byte 0: its name is not allowed: it is longer than 4095 bytes",
            &path[..100]
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn errors_do_not_repeat_a_megabyte() {
    let error = changes(&[&pax(b'x', &[("path", &vec![b'a'; 1_000_000])]), &file("f", b"")]).unwrap_err();
    assert!(error.to_string().len() < 300);
}
