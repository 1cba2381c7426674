//! Each way in which two layers can differ is told by its word, and by no other.

use ocidian_build::diff::{Aspect, Cause, ImageDiff, Pair, Rules, images};
use ocidian_content::{Cancel, MemoryStore, Silent, document};
use ocidian_layer::compress::Compressor;
use ocidian_layer::{Change, Device, Entry, EntryKind, Metadata};
use ocidian_spec::Compression;
use ocidian_unpack::Image;

use crate::made::{directory, file, image, layer, name, path, put, tar};

/// Two images of these layers' tars, compared.
fn compared(a: (&[Vec<u8>], Compressor), b: (&[Vec<u8>], Compressor)) -> ImageDiff {
    let made = |(tars, compressor): (&[Vec<u8>], Compressor)| {
        let store = MemoryStore::new();
        let layers = tars.iter().map(|tar| layer(&store, tar, compressor)).collect();
        let descriptor = image(&store, layers);
        let selection = name(&store, &descriptor, "app");
        let config = document::config(&store, selection.manifest.value()).unwrap();
        (store, selection.manifest, config)
    };
    let (a, b) = (made(a), made(b));
    let one = Pair { store: &a.0, image: Image { manifest: &a.1, config: &a.2 } };
    let other = Pair { store: &b.0, image: Image { manifest: &b.1, config: &b.2 } };
    images(one, other, Some(&Rules::default()), &Silent, &Cancel::new()).unwrap()
}

fn plain(a: &[Vec<u8>], b: &[Vec<u8>]) -> ImageDiff {
    compared((a, Compressor::NONE), (b, Compressor::NONE))
}

fn causes(diff: &ImageDiff) -> Vec<Cause> {
    diff.layers.iter().flat_map(|layer| layer.causes.iter().copied()).collect()
}

fn with(mut change: Change, work: impl FnOnce(&mut Metadata)) -> Change {
    if let Change::Put(Entry { metadata, .. }) = &mut change {
        work(metadata);
    }
    change
}

fn link(name: &str, target: &str) -> Change {
    put(name, EntryKind::Symlink(target.into()), 0o777)
}

fn device(minor: u32) -> Change {
    put("d", EntryKind::CharDevice(Device { major: 1, minor }), 0o600)
}

#[test]
fn each_cause_alone_is_told_by_its_word() {
    let base = || file("a", 3);
    let of = |aspect| vec![Cause::Of(aspect)];
    let hard = |target: &str| put("c", EntryKind::Hardlink(path(target)), 0o644);
    let table = [
        (vec![base()], vec![with(base(), |it| it.mtime.seconds += 1)], of(Aspect::Mtime)),
        (vec![base()], vec![with(base(), |it| it.mtime.nanoseconds = 1)], of(Aspect::Mtime)),
        (vec![base()], vec![with(base(), |it| it.gid = 5)], of(Aspect::Owner)),
        (vec![base()], vec![with(base(), |it| it.mode = 0o600)], of(Aspect::Mode)),
        (
            vec![base()],
            vec![with(base(), |it| it.xattrs.push((b"user.x".into(), b"1".into())))],
            of(Aspect::Xattrs),
        ),
        (vec![base()], vec![file("a", 4)], of(Aspect::Content)),
        (vec![base()], vec![put("a", EntryKind::Fifo, 0o644)], of(Aspect::Type)),
        (vec![link("l", "a")], vec![link("l", "b")], of(Aspect::Target)),
        (vec![device(3)], vec![device(4)], of(Aspect::Device)),
        (vec![base()], vec![base(), directory("b")], vec![Cause::Entries]),
        (vec![base()], vec![base(), Change::Whiteout(path("b"))], vec![Cause::Entries]),
        (vec![base(), file("b", 1)], vec![file("b", 1), base()], vec![Cause::Order]),
        (vec![base(), file("b", 3), hard("a")], vec![base(), file("b", 3), hard("b")], of(Aspect::Target)),
        (
            vec![base(), file("b", 1)],
            vec![file("b", 2), with(base(), |it| it.mtime.seconds += 1)],
            vec![Cause::Of(Aspect::Content), Cause::Of(Aspect::Mtime), Cause::Order],
        ),
    ];
    for (a, b, expected) in table {
        let diff = plain(&[tar(&a)], &[tar(&b)]);
        assert_eq!(causes(&diff), expected, "{a:?}\n{b:?}");
        let whiteout = b.iter().any(|change| matches!(change, Change::Whiteout(_)));
        let silent = expected == [Cause::Order] || whiteout;
        assert_eq!(diff.files.unwrap().is_empty(), silent, "{a:?}\n{b:?}");
    }
}

#[test]
fn the_same_entries_in_other_words_are_framing_and_the_same_tar_is_the_compressor() {
    let one = tar(&[file("a", 3)]);
    let mut padded = one.clone();
    padded.resize(padded.len() + 10240, 0);
    let diff = plain(std::slice::from_ref(&one), &[padded]);
    assert_eq!((causes(&diff), diff.files), (vec![Cause::Framing], Some(vec![])));
    let (gzip, zstd) = (Compressor::new(Compression::Gzip), Compressor::new(Compression::Zstd));
    let tars = [one];
    let diff = compared((&tars, gzip), (&tars, zstd));
    assert_eq!((causes(&diff), diff.files), (vec![Cause::Compressor], Some(vec![])));
    assert_eq!(causes(&compared((&tars, gzip), (&tars, gzip))), []);
}

#[test]
fn what_a_layer_that_both_have_holds_is_read_where_the_other_image_hides_it() {
    let base = || tar(&[file("a", 3), file("b", 5), file("c", 7)]);
    // `a` is put again as it was, `b` as something else.
    let other = link("b", "x");
    let diff = plain(&[base()], &[base(), tar(&[file("a", 3), other])]);
    assert_eq!((diff.layers.len(), causes(&diff)), (2, vec![]));
    assert!(diff.layers[1].a.is_none() && diff.layers[1].b.is_some());
    let paths: Vec<Vec<u8>> = diff.files.unwrap().into_iter().map(|found| found.path).collect();
    assert_eq!(paths, [b"b".to_vec()]);
}
