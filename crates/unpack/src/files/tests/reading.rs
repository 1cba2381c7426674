//! What is found, what is read, and what is said where neither can be.

use ocidian_content::Cancel;
use ocidian_content::error::Class;
use ocidian_layer::Timestamp;
use ocidian_layer::tar::Limits;

use super::fixture::Item::{Dir, File, Link, Symlink};
use super::fixture::{Fixture, content, digest, layer, paths};
use crate::convert::{Attributes, ImageFiles};
use crate::files::{Error, FileKind};

fn sample() -> Fixture {
    Fixture::new(&[
        layer(&[
            Dir("etc"),
            File("etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
            File("etc/old", "old"),
            File("etc/gone", "gone"),
            Dir("usr"),
            Dir("usr/lib"),
            Symlink("lib", "usr/lib"),
            Symlink("up", "../../etc/old"),
            Symlink("loop", "loop"),
        ]),
        layer(&[
            File("etc/.wh.gone", ""),
            File("etc/old", "new"),
            Link("etc/linked", "etc/old"),
            File("lib/a.so", "a"),
            File("implied/deep/file", "x"),
        ]),
    ])
}

#[test]
fn the_tree_is_what_an_unpack_would_make() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    let expected = [
        "",
        "etc",
        "etc/linked",
        "etc/old",
        "etc/passwd",
        "implied",
        "implied/deep",
        "implied/deep/file",
        "lib",
        "loop",
        "up",
        "usr",
        "usr/lib",
        "usr/lib/a.so",
    ];
    assert_eq!(paths(&tree), expected);
    let old = tree.lookup(b"/etc/old").unwrap();
    assert_eq!((old.mode(), old.uid(), old.gid(), old.links()), (0o640, 7, 8, 2));
    assert_eq!(old.mtime(), Timestamp { seconds: 9, nanoseconds: 0 });
    let implied = tree.lookup(b"implied/deep").unwrap();
    assert_eq!((implied.mode(), implied.uid(), implied.links()), (0o755, 0, 1));
    let names: Vec<_> = tree.list(b"lib/").unwrap().map(|(name, node)| (name, node.kind().name())).collect();
    assert_eq!(names, [(&b"a.so"[..], "a regular file")]);
}

#[test]
fn content_is_found_through_links_and_verified() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    for (path, text) in [
        ("etc/old", "new"),
        ("/etc/../etc//old", "new"),
        ("etc/linked", "new"),
        ("up", "new"),
        ("lib/a.so", "a"),
        ("usr/lib/../../lib/a.so", "a"),
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
    ] {
        assert_eq!(content(&tree, path).unwrap(), text, "{path}");
    }
    assert!(
        matches!(tree.lookup_link(b"up").unwrap().kind(), FileKind::Symlink(target) if **target == *b"../../etc/old")
    );
}

#[test]
fn what_cannot_be_found_or_read_says_why() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    for path in ["etc/gone", "nothing", "etc/old/x", "up/x", "loops/x"] {
        assert_eq!(content(&tree, path).unwrap_err().class(), Class::NotFound, "{path}");
    }
    assert!(matches!(content(&tree, "etc"), Err(Error::NotAFile { what: "a directory", .. })));
    assert!(matches!(content(&tree, "loop"), Err(Error::Loop { .. })));
    assert_eq!(tree.list(b"etc/old").err().unwrap().class(), Class::NotFound);
}

#[test]
fn holes_come_out_as_zeros() {
    let mut tar = tar::Builder::new(Vec::new());
    let map = [
        ("GNU.sparse.size", &b"9"[..]),
        ("GNU.sparse.numblocks", b"2"),
        ("GNU.sparse.map", b"2,3,6,1"),
        ("GNU.sparse.name", b"holes"),
    ];
    tar.append_pax_extensions(map).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(4);
    tar.append_data(&mut header, "stored", &b"abcd"[..]).unwrap();
    let fixture = Fixture::new(&[tar.into_inner().unwrap()]);
    let tree = fixture.read().unwrap();
    assert_eq!(content(&tree, "holes").unwrap(), "\0\0abc\0d\0\0");
}

#[test]
fn a_conversion_finds_its_files() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    let files: &dyn ImageFiles = &tree;
    assert_eq!(files.read("/etc/old", 3).unwrap().unwrap(), b"new");
    assert!(files.read("/etc/old", 2).is_err());
    assert_eq!(files.read("/etc", 9).unwrap(), None);
    assert_eq!(files.read("/etc/group", 9).unwrap(), None);
    assert!(files.read("/loop", 9).is_err());
    let directory = files.stat("/lib").unwrap().unwrap();
    assert_eq!(directory, Attributes { directory: true, mode: 0o640, uid: 7, gid: 8 });
    assert_eq!(files.stat("/nothing").unwrap(), None);
}

#[test]
fn a_layer_that_changes_after_it_was_read_is_no_success() {
    let fixture = sample();
    let tree = fixture.read().unwrap();
    let blob = &fixture.manifest.value().layers[1];
    let mut bytes = layer(&[
        File("etc/.wh.gone", ""),
        File("etc/old", "bad"),
        Link("etc/linked", "etc/old"),
        File("lib/a.so", "a"),
        File("implied/deep/file", "x"),
    ]);
    assert_eq!(bytes.len() as u64, blob.size);
    fixture.store.insert_as(blob.digest.clone(), &bytes);
    assert_eq!(content(&tree, "etc/old").unwrap_err().class(), Class::Verification);
    // Nothing of a blob that is cut off, or of one that lacks the entry, passes either.
    bytes.truncate(600);
    fixture.store.insert_as(blob.digest.clone(), &bytes);
    assert!(content(&tree, "etc/old").is_err());
    // What was kept from the first read is verified already.
    assert!(content(&tree, "etc/passwd").is_ok());
}

#[test]
fn lies_limits_and_interruptions_end_the_read() {
    let tar = layer(&[File("a", "a"), File("b", "b")]);
    let lie = Fixture::with_diff_ids(std::slice::from_ref(&tar), vec![digest(b"other")]);
    assert_eq!(lie.read().err().unwrap().class(), Class::Verification);
    let few = Fixture::with_diff_ids(std::slice::from_ref(&tar), vec![]);
    assert!(matches!(few.read().err().unwrap(), crate::Error::DiffIds { .. }));
    let fixture = Fixture::new(std::slice::from_ref(&tar));
    for limits in
        [Limits { max_entries: 1, ..Limits::default() }, Limits { max_bytes: Some(700), ..Limits::default() }]
    {
        assert!(fixture.read_within(limits, &Cancel::new()).is_err(), "{limits:?}");
    }
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = fixture.read_within(Limits::default(), &cancel).err().unwrap();
    assert!(matches!(stopped, crate::Error::Cancelled));
    for items in
        [&[Link("a", "nothing")][..], &[Dir("d"), Link("a", "d")], &[Symlink("l", "l"), File("l/x", "")]]
    {
        let error = Fixture::new(&[layer(items)]).read().err().unwrap();
        assert!(matches!(error, crate::Error::Entry { .. }), "{items:?}: {error}");
    }
}

#[test]
fn an_image_without_layers_has_a_root() {
    let fixture = Fixture::new(&[]);
    let tree = fixture.read().unwrap();
    assert_eq!(paths(&tree), [""]);
    assert_eq!(tree.lookup(b"/..").unwrap().mode(), 0o755);
    assert_eq!(tree.list(b"").unwrap().count(), 0);
}

#[test]
fn a_hidden_directory_that_stays_is_an_implied_one_or_the_layers_own() {
    let lower = layer(&[Dir("d"), File("d/old", "")]);
    for (upper, mode) in [
        (vec![File("d/new", ""), File(".wh.d", "")], 0o755),
        (vec![Dir("d"), File("d/new", ""), File(".wh.d", "")], 0o640),
    ] {
        let fixture = Fixture::new(&[lower.clone(), layer(&upper)]);
        let tree = fixture.read().unwrap();
        assert_eq!(paths(&tree), ["", "d", "d/new"]);
        assert_eq!(tree.lookup(b"d").unwrap().mode(), mode);
    }
}
