//! `copy` of and into what is not as it should be: a clear error, and the destination as it was.

use std::fs;
use std::path::Path;

use crate::bin::{fails, report};
use crate::copy_images::{Source, copy, digest};

fn tar(path: &Path, members: &[(&str, &[u8])]) {
    let mut builder = tar::Builder::new(fs::File::create(path).unwrap());
    for (name, content) in members {
        let mut header = tar::Header::new_ustar();
        // By hand, because the writer refuses what it should.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.finish().unwrap();
}

const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
const INDEX: &[u8] = br#"{"schemaVersion":2,"manifests":[]}"#;

#[test]
fn an_archive_that_is_none_is_refused() {
    let source = Source::new();
    let archive = source.path("bad.tar");
    let good = source.path("good.tar");
    copy(&[&source.image("app"), &format!("oci-archive:{}", good.display())]);
    let whole = fs::read(&good).unwrap();
    let gzip = ocidian_testkit::layout::gzip(b"no tar at all, but long enough to be taken for one").unwrap();
    let index_twice: &[(&str, &[u8])] =
        &[("oci-layout", LAYOUT), ("index.json", INDEX), ("index.json", b"{}")];
    let outside: &[(&str, &[u8])] = &[("oci-layout", LAYOUT), ("index.json", INDEX), ("../evil", b"x")];
    let future: &[(&str, &[u8])] =
        &[("oci-layout", br#"{"imageLayoutVersion":"9.0.0"}"#), ("index.json", INDEX)];
    let nothing: &[(&str, &[u8])] = &[("README", b"x")];
    type Make<'a> = Box<dyn Fn() + 'a>;
    let table: Vec<(&str, Make<'_>)> = vec![
        ("cut in a header", Box::new(|| fs::write(&archive, &whole[..700]).unwrap())),
        ("cut in a member", Box::new(|| fs::write(&archive, &whole[..whole.len() / 2]).unwrap())),
        ("gzip of something else", Box::new(|| fs::write(&archive, &gzip).unwrap())),
        ("text", Box::new(|| fs::write(&archive, "no archive").unwrap())),
        ("empty", Box::new(|| fs::write(&archive, "").unwrap())),
        ("duplicate names", Box::new(|| tar(&archive, index_twice))),
        ("a name that leads out", Box::new(|| tar(&archive, outside))),
        ("a future version", Box::new(|| tar(&archive, future))),
        ("no layout", Box::new(|| tar(&archive, nothing))),
    ];
    for (what, make) in table {
        make();
        for form in ["oci-archive:", "docker-archive:", ""] {
            let from = format!("{form}{}", archive.display());
            let said = fails(["copy", &from, &source.to("oci", "to")], 1, "bad.tar");
            assert!(!source.path("to").exists(), "{what}: {said}");
        }
    }
    assert!(!source.path("evil").exists() && !source.path("../evil").exists());
}

/// What is done to a layer of the source.
type Damage = (&'static str, fn(&Path), i32);

#[test]
fn a_layer_that_is_not_what_it_should_be_leaves_the_destination_as_it_was() {
    let table: [Damage; 4] = [
        ("short", |blob| fs::write(blob, "x").unwrap(), 5),
        ("wrong", |blob| flip(blob), 5),
        ("long", |blob| fs::write(blob, [fs::read(blob).unwrap(), vec![0]].concat()).unwrap(), 5),
        (
            "a directory",
            |blob| {
                fs::remove_file(blob).unwrap();
                fs::create_dir(blob).unwrap();
            },
            1,
        ),
    ];
    for (what, damage, code) in table {
        let source = Source::new();
        let app = report(["inspect", &source.image("app")]);
        let layer = app["image"]["layers"][0]["digest"].as_str().unwrap();
        damage(&source.path("source/blobs").join(layer.replace(':', "/")));
        for form in ["oci", "oci-archive", "docker-archive", "dir"] {
            let new = source.to(form, &format!("new-{form}"));
            let said = fails(["copy", &source.image("app"), &new], code, &layer[..19]);
            assert!(!source.path(&format!("new-{form}")).exists(), "{what} {form}: {said}");
        }
        // And where there is something already.
        let there = source.to("oci", "there:app");
        copy(&[&source.image("artifact"), &there]);
        let before = digest(&there);
        fails(["copy", &source.image("app"), &there], code, "");
        assert_eq!(digest(&there), before, "{what}");
        let left = fs::read_dir(source.path("there")).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(
            left.map(|name| name.to_string_lossy().into_owned()).all(|name| !name.contains("stage")),
            "{what}"
        );
    }
}

fn flip(blob: &Path) {
    let mut bytes = fs::read(blob).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(blob, bytes).unwrap();
}

#[test]
fn a_destination_is_neither_in_the_source_nor_the_source() {
    let source = Source::new();
    let index = fs::read(source.path("source/index.json")).unwrap();
    let app = source.image("app");
    for form in ["oci", "dir", "oci-archive", "docker-archive"] {
        let name = if form == "docker-archive" { ":a:b" } else { "" };
        let inside = format!("{}{name}", source.to(form, "source/inside"));
        fails(["copy", &app, &inside], 1, "inside");
    }
    copy(&[&app, &source.to("dir", "flat")]);
    let flat = source.to("dir", "flat");
    fails(["copy", &flat, &flat], 1, "flat");
    fails(["copy", &flat, &source.to("oci", "flat")], 1, "flat");
    assert_eq!(fs::read(source.path("source/index.json")).unwrap(), index);
    assert_eq!(digest(&flat), digest(&app));
}

#[test]
fn a_place_that_holds_something_else_is_left_alone() {
    let source = Source::new();
    fs::write(source.path("file"), "mine").unwrap();
    fs::create_dir(source.path("full")).unwrap();
    fs::write(source.path("full/notes"), "mine").unwrap();
    for (to, says) in [
        (source.to("oci", "file"), "file"),
        (source.to("oci", "full"), "notes"),
        (source.to("dir", "file"), "file"),
        (source.to("dir", "full"), "full"),
        (source.to("oci-archive", "full"), "directory"),
        (source.to("oci-archive", "file"), "file"),
        (source.to("docker-archive", "file:a:b"), "file"),
    ] {
        fails(["copy", &source.image("app"), &to], 1, says);
    }
    fails(["copy", &source.image("app"), &source.to("oci", "no/where")], 3, "no/where");
    fails(["copy", &source.image("app"), &source.to("oci-archive", "no/where")], 3, "no");
    fails(["copy", &source.image("app"), "nothing-there"], 1, "oci:nothing-there");
    fails(["copy", &source.image("app"), "docker://example.com/x"], 1, "registries");
    fails(["copy", "docker://example.com/x", &source.to("oci", "x")], 1, "registries");
    fails(["copy", &source.image("nope"), &source.to("oci", "x")], 3, "app, zstd, multi");
    assert_eq!(fs::read(source.path("file")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(source.path("full")).unwrap().count(), 1);
}

#[test]
fn an_archive_may_not_grow_beyond_what_is_allowed() {
    let source = Source::new();
    let archive = source.path("x.tar");
    copy(&[&source.image("app"), &format!("oci-archive:{}", archive.display())]);
    let packed = source.path("x.tar.gz");
    fs::write(&packed, ocidian_testkit::layout::gzip(&fs::read(&archive).unwrap()).unwrap()).unwrap();
    let from = packed.to_str().unwrap();
    copy(&[from, &source.to("oci", "fits")]);
    fails(["copy", "--max-bytes", "4K", from, &source.to("oci", "to")], 1, "4096");
    assert!(!source.path("to").exists());
}
