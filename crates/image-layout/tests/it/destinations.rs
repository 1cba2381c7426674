//! What every form of destination promises, and how the tests copy.

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use ocidian_content::copy::{Root, Target, listed as listed_roots};
use ocidian_content::walk::{Content, Order};
use ocidian_content::{Destination, Error, Expect, MemoryStore, Role, Store, Walk, When};
use ocidian_image_layout::{CreateOptions, LayoutDir, OciArchive, Options, create, refuse_overlap};
use ocidian_spec::{
    Algorithm, Descriptor, Digest, Hasher, ImageIndex, ImageManifest, ImageSource, MediaType, RefName,
};
use ocidian_testkit::store::FailingStore;
use ocidian_testkit::tree::{Ignore, Snapshot, diff};

use crate::says;

pub(crate) fn target(text: &str, path: &Path) -> ImageSource {
    format!("{text}:{}", path.display()).parse().unwrap()
}

/// Copies all that a store lists.
pub(crate) fn copy(source: &dyn Store, to: Box<dyn Destination>) -> Result<(), Error> {
    copy_into(source, &*to)?;
    to.finish()
}

pub(crate) fn copy_into(source: &dyn Store, to: &dyn Destination) -> Result<(), Error> {
    let options = ocidian_content::copy::Options { threads: NonZeroUsize::MIN, ..Default::default() };
    ocidian_content::copy::copy_into(source, listed_roots(source)?, to, &options).map(drop)
}

/// Copies all that a store lists to a place that is made for it.
pub(crate) fn copy_to(source: &dyn Store, form: &str, path: &Path) -> Result<(), Error> {
    copy(source, create(&target(form, path), &CreateOptions::default())?)
}

fn put_as(store: &MemoryStore, algorithm: &Algorithm, media_type: MediaType, bytes: &[u8]) -> Descriptor {
    let mut hasher = Hasher::new(algorithm).unwrap();
    hasher.update(bytes);
    let digest = hasher.finish();
    store.insert_as(digest.clone(), bytes);
    Descriptor::new(media_type, digest, bytes.len() as u64)
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

/// A layer of one file, gzip'd, zstd'd or plain, and its diff_id.
fn layer(store: &MemoryStore, algorithm: &Algorithm, text: &str, how: &str) -> (Descriptor, Digest) {
    let tar = ocidian_testkit::layout::tar(&[ocidian_testkit::layout::Entry::file(text, text)]).unwrap();
    let (blob, kind) = match how {
        "gzip" => (ocidian_testkit::layout::gzip(&tar).unwrap(), "+gzip"),
        "zstd" => (zstd::encode_all(&tar[..], 3).unwrap(), "+zstd"),
        _ => (tar.clone(), ""),
    };
    let media_type = format!("application/vnd.oci.image.layer.v1.tar{kind}").parse().unwrap();
    (put_as(store, algorithm, media_type, &blob), Digest::sha256(&tar))
}

/// An image of that architecture and those layers, each `(text, compression)`.
pub(crate) fn image(
    store: &MemoryStore,
    algorithm: &Algorithm,
    architecture: &str,
    layers: &[(&str, &str)],
) -> Descriptor {
    let layers: Vec<_> = layers.iter().map(|(text, how)| layer(store, algorithm, text, how)).collect();
    let diff_ids: Vec<String> = layers.iter().map(|(_, diff_id)| diff_id.to_string()).collect();
    let config = serde_json::json!({"os":"linux","architecture":architecture,"rootfs":{"type":"layers","diff_ids":diff_ids},"config":{},"x-kept":null});
    let config = put_as(store, algorithm, MediaType::ImageConfig, &json(&config));
    let manifest = ImageManifest::new(config, layers.into_iter().map(|(layer, _)| layer).collect());
    let mut descriptor = put_as(store, algorithm, MediaType::ImageManifest, &json(&manifest));
    descriptor.platform = Some(ocidian_spec::Platform::new("linux", architecture));
    descriptor
}

pub(crate) fn tag(store: &MemoryStore, descriptor: &Descriptor, name: Option<&str>) {
    let mut entry = descriptor.clone();
    entry.annotations = name.map(|name| {
        [("org.opencontainers.image.ref.name".to_owned(), name.to_owned()), ("x".to_owned(), "y".to_owned())]
            .into()
    });
    store.push_entry(entry);
}

pub(crate) fn host() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// Several platforms, compressions, an artifact, sha512.
pub(crate) fn mixed() -> MemoryStore {
    let store = MemoryStore::new();
    let sha256 = Algorithm::Sha256;
    let layers = [("a", "gzip"), ("b", "zstd"), ("c", "plain")];
    let platforms =
        [host(), "riscv64", "s390x"].map(|architecture| image(&store, &sha256, architecture, &layers));
    let index = json(&ImageIndex::new(platforms.to_vec()));
    let index = put_as(&store, &sha256, MediaType::ImageIndex, &index);
    tag(&store, &index, Some("quay.io/x/multi:1"));
    tag(&store, &platforms[0], Some("x/single:2"));
    tag(&store, &platforms[0], Some("x/single:also"));
    tag(&store, &image(&store, &Algorithm::Sha512, host(), &[("d", "gzip")]), Some("x/long:512"));
    let empty = put_as(&store, &sha256, MediaType::Empty, b"{}");
    let mut artifact =
        ImageManifest::new(empty, vec![put_as(&store, &sha256, "text/plain".parse().unwrap(), b"hello")]);
    artifact.artifact_type = Some("text/plain".parse().unwrap());
    artifact.subject = Some(platforms[0].clone());
    tag(&store, &put_as(&store, &sha256, MediaType::ImageManifest, &json(&artifact)), None);
    store
}

/// One image of two layers under that name.
pub(crate) fn one(name: &str, text: &str) -> MemoryStore {
    let store = MemoryStore::new();
    let image = image(&store, &Algorithm::Sha256, host(), &[(text, "gzip"), ("shared", "plain")]);
    tag(&store, &image, Some(name));
    store
}

/// Every digest that is listed, with its name.
pub(crate) fn listed(store: &dyn Store) -> Vec<(Option<RefName>, Digest)> {
    store.list().unwrap().into_iter().map(|(name, entry)| (name, entry.digest)).collect()
}

/// Reads and verifies all that the store lists.
pub(crate) fn verify(store: &dyn Store) -> usize {
    let entries: Vec<_> = store.list().unwrap().into_iter().map(|(_, entry)| entry).collect();
    let mut count = 0;
    for node in Walk::new(store, entries, Order::ParentsFirst) {
        let node = node.unwrap();
        assert!(!matches!(node.content, Content::Missing), "{}", node.descriptor.digest);
        std::io::copy(&mut store.open(node.role, &node.descriptor).unwrap(), &mut std::io::sink()).unwrap();
        count += 1;
    }
    count
}

/// Everything below the directory, as it is.
pub(crate) fn snapshot(path: &Path) -> Snapshot {
    Snapshot::of(path).unwrap()
}

fn same(before: &Snapshot, after: &Snapshot) -> bool {
    let ignore = Ignore::nothing().aspect(ocidian_testkit::tree::Aspect::Mtime);
    diff(before, after, &ignore).is_empty()
}

fn open(text: &str, path: &Path) -> Box<dyn Store> {
    ocidian_image_layout::open(&target(text, path)).unwrap().store
}

const FORMS: [&str; 3] = ["oci", "oci-archive", "docker-archive"];

#[test]
fn everything_comes_back_as_it_was() {
    for form in FORMS {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("to");
        let source = mixed();
        copy_to(&source, form, &path).unwrap();
        let back = open(form, &path);
        assert_eq!(listed(&*back), listed(&source), "{form}");
        assert_eq!(verify(&*back), verify(&source), "{form}");
        let entry = &back.list().unwrap()[0].1;
        assert_eq!(entry.annotation("x"), Some("y"), "{form}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "{form}: nothing else is left");
    }
}

#[test]
fn the_same_images_give_the_same_archive() {
    let place = tempfile::tempdir().unwrap();
    let (a, b) = (place.path().join("a"), place.path().join("b"));
    copy_to(&mixed(), "oci-archive", &a).unwrap();
    copy_to(&mixed(), "oci-archive", &b).unwrap();
    assert!(fs::read(&a).unwrap() == fs::read(&b).unwrap());
    copy_to(&mixed(), "oci-archive", &a).unwrap();
    assert!(fs::read(&a).unwrap() == fs::read(&b).unwrap(), "adding what is there changes nothing");
    let mut tar = tar::Archive::new(fs::File::open(&a).unwrap());
    let names: Vec<PathBuf> =
        tar.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().into_owned()).collect();
    assert!(names.is_sorted());
    assert_eq!(names[0], Path::new("blobs/"));
}

#[test]
fn images_are_added_to_what_is_there() {
    for form in FORMS {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("to");
        copy_to(&one("a:1", "one"), form, &path).unwrap();
        copy_to(&one("b:1", "two"), form, &path).unwrap();
        copy_to(&one("a:1", "three"), form, &path).unwrap();
        let back = open(form, &path);
        let names: Vec<String> =
            listed(&*back).into_iter().map(|(name, _)| name.unwrap().to_string()).collect();
        // Docker's list drops an image that loses its name, and adds the new one.
        let expected = if form == "docker-archive" { ["b:1", "a:1"] } else { ["a:1", "b:1"] };
        assert_eq!(names, expected, "{form}");
        let expected = crate::config_of(&one("a:1", "three"), "a:1");
        assert_eq!(crate::config_of(&*back, "a:1"), expected, "{form}");
        verify(&*back);
    }
}

#[test]
fn a_destination_that_is_dropped_leaves_what_was_there() {
    for form in FORMS {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("to");
        let source = mixed();
        let unfinished = |path: &Path| {
            let to = create(&target(form, path), &CreateOptions::default()).unwrap();
            copy_into(&source, &*to).unwrap();
            let mut blob = to.begin(Role::Blob, Expect::Hash(Algorithm::Sha256)).unwrap();
            blob.write_all(b"abandoned").unwrap();
        };
        unfinished(&path);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "{form}");
        copy_to(&one("a:1", "one"), form, &path).unwrap();
        let before = snapshot(place.path());
        unfinished(&path);
        assert!(same(&before, &snapshot(place.path())), "{form}");
    }
}

#[test]
fn failing_at_any_call_leaves_what_was_there() {
    for form in FORMS {
        for already in [false, true] {
            for n in 0.. {
                let place = tempfile::tempdir().unwrap();
                let path = place.path().join("to");
                if already {
                    copy_to(&one("a:1", "one"), form, &path).unwrap();
                }
                let before = snapshot(place.path());
                let source = FailingStore::new(one("a:1", "two"), n + 1);
                let done = copy_to(&source, form, &path);
                if done.is_ok() {
                    assert!(n > 10);
                    break;
                }
                assert!(same(&before, &snapshot(place.path())), "{form} at call {n}");
            }
        }
    }
}

#[test]
fn a_layout_that_is_not_there_is_made_by_many_at_once_and_goes_if_all_fail() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("new");
    for round in 0..20 {
        std::thread::scope(|scope| {
            for writer in 0..6 {
                let path = &path;
                scope.spawn(move || {
                    let to = create(&target("oci", path), &CreateOptions::default()).unwrap();
                    let source = one(&format!("t{writer}:1"), "x");
                    copy_into(&source, &*to).unwrap();
                    if round % 2 == 0 && writer == 3 {
                        to.finish().unwrap()
                    }
                });
            }
        });
        if round % 2 == 0 {
            let layout = LayoutDir::open(&path).unwrap();
            assert_eq!(listed(&layout).len(), 1);
            verify(&layout);
            fs::remove_dir_all(&path).unwrap();
        } else if path.exists() {
            // Who made it may have ended before the others did: then it stays, empty.
            assert!(LayoutDir::open(&path).map_or(true, |layout| listed(&layout).is_empty()));
            assert!(
                !fs::read_dir(&path).unwrap().any(|e| e
                    .unwrap()
                    .file_name()
                    .to_str()
                    .unwrap()
                    .contains("stage"))
            );
            fs::remove_dir_all(&path).unwrap();
        }
    }
}

#[test]
fn an_empty_directory_is_filled_and_emptied_again() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("new");
    fs::create_dir(&path).unwrap();
    drop(create(&target("oci", &path), &CreateOptions::default()).unwrap());
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    fs::write(path.join("thesis.tex"), b"x").unwrap();
    says(create(&target("oci", &path), &CreateOptions::default()).map(drop), "not empty");
    says(create(&target("oci", &path.join("no/parent")), &CreateOptions::default()).map(drop), "create");
    std::os::unix::fs::symlink("nowhere", place.path().join("dangling")).unwrap();
    let dangling = create(&target("oci", &place.path().join("dangling")), &CreateOptions::default());
    says(dangling.map(drop), "dangling: No such file");
    let other = place.path().join("other");
    fs::create_dir(&other).unwrap();
    crate::make_fifo(&other.join("index.json")); // which nothing waits for
    says(create(&target("oci", &other), &CreateOptions::default()).map(drop), "an index.json of its own");
    let file = path.join("thesis.tex");
    says(create(&target("oci", &file), &CreateOptions::default()).map(drop), "oci-archive: writes those");
}

#[test]
fn many_who_add_to_one_archive_lose_nothing() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    copy_to(&one("t:0", "first"), "oci-archive", &path).unwrap();
    std::thread::scope(|scope| {
        for writer in 1..9 {
            let path = &path;
            scope.spawn(move || {
                let source = one(&format!("t:{writer}"), &format!("layer {writer}"));
                copy_to(&source, "oci-archive", path).unwrap();
            });
        }
    });
    let back = open("oci-archive", &path);
    assert_eq!(listed(&*back).len(), 9);
    verify(&*back);
}

#[test]
fn an_archive_that_is_replaced_meanwhile_still_gets_what_it_had() {
    let place = tempfile::tempdir().unwrap();
    let (path, other) = (place.path().join("to"), place.path().join("other"));
    let create_at = |path: &Path| create(&target("oci-archive", path), &CreateOptions::default()).unwrap();
    copy(&one("t:0", "first"), create_at(&path)).unwrap();
    copy(&one("t:1", "second"), create_at(&other)).unwrap();
    let to = create_at(&path);
    copy_into(&one("t:2", "first"), &*to).unwrap(); // all of it is there already
    fs::rename(&other, &path).unwrap();
    to.finish().unwrap();
    let back = open("oci-archive", &path);
    assert_eq!(listed(&*back).len(), 2);
    verify(&*back);
}

#[test]
fn what_an_archive_had_besides_survives() {
    use tar::EntryType::{Directory, Link, Regular, Symlink};
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    let mut files = crate::layout_files(Some("v1"));
    files.push(("notes/README".to_owned(), b"kept".to_vec()));
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in &files {
        crate::append(&mut tar, &format!("./{name}"), bytes);
    }
    crate::append_link(&mut tar, "LINK", Symlink, "notes/README");
    crate::append_link(&mut tar, "HARD", Link, "notes/README");
    fs::write(&path, tar.into_inner().unwrap()).unwrap();
    copy_to(&one("t:2", "x"), "oci-archive", &path).unwrap();
    let mut tar = tar::Archive::new(fs::File::open(&path).unwrap());
    let kept: Vec<(String, tar::EntryType)> = tar
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path().unwrap().display().to_string(), entry.header().entry_type()))
        .filter(|(name, _)| !name.starts_with("blobs"))
        .collect();
    let kept: Vec<_> = kept.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    assert_eq!(
        kept,
        [
            ("LINK", Symlink),
            ("index.json", Regular),
            ("notes/", Directory),
            ("notes/README", Regular),
            ("oci-layout", Regular),
            ("HARD", Link),
        ]
    );
    let bytes = fs::read(&path).unwrap();
    let has = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(has(r#""x-kept":1e400"#) && has(r#""x-also-kept":null"#));
    let back = OciArchive::open(&path, &Options::default()).unwrap();
    assert_eq!(listed(&back).len(), 2);
}

#[test]
fn an_archive_that_cannot_be_added_to_is_refused_and_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    let files = crate::layout_files(Some("v1"));
    let tar = crate::tar_of(&files);
    let gzip = ocidian_testkit::layout::gzip(&tar).unwrap();
    let twice = crate::tar_of(&[&files[..], &[(files[0].0.clone(), b"other".to_vec())]].concat());
    let outside = crate::tar_of(&[&files[..], &[("../x".to_owned(), b"other".to_vec())]].concat());
    let docker = crate::tar_of(&[&files[..], &[("manifest.json".to_owned(), b"[]".to_vec())]].concat());
    let no_layout = crate::tar_of(&files[..4]);
    let mut fifo = tar::Builder::new(Vec::new());
    files.iter().for_each(|(name, bytes)| crate::append(&mut fifo, name, bytes));
    crate::append_link(&mut fifo, "pipe", tar::EntryType::Fifo, "");
    let fifo = fifo.into_inner().unwrap();
    let mut linked = tar::Builder::new(Vec::new());
    files[3..].iter().for_each(|(name, bytes)| crate::append(&mut linked, name, bytes));
    crate::append_link(&mut linked, "blobs", tar::EntryType::Symlink, "elsewhere");
    let linked = linked.into_inner().unwrap();
    for (bytes, expected) in [
        (&linked[..], "no directory"),
        (&tar[..tar.len() - 1024], "cut off"),
        (&gzip, "it is compressed"),
        (&twice, "twice"),
        (&outside, "at byte"),
        (&docker, "docker-archive:"),
        (&no_layout, "no oci-layout"),
        (&fifo, "cannot be kept"),
        (b"something else", "not an archive"),
    ] {
        fs::write(&path, bytes).unwrap();
        let to = create(&target("oci-archive", &path), &CreateOptions::default());
        says(to.and_then(|to| copy(&one("t:2", "x"), to)), expected);
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "{expected}");
    }
    fs::write(&path, b"").unwrap();
    copy_to(&one("t:2", "x"), "oci-archive", &path).unwrap();
    verify(&*open("oci-archive", &path));
    says(create(&target("oci-archive", place.path()), &CreateOptions::default()).map(drop), "a directory");
    crate::make_fifo(&place.path().join("fifo"));
    says(
        create(&target("oci-archive", &place.path().join("fifo")), &CreateOptions::default()).map(drop),
        "a FIFO",
    );
}

#[test]
fn a_symlink_to_an_archive_stays_one() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = tempfile::tempdir().unwrap();
    let (path, link) = (place.path().join("to"), place.path().join("link"));
    copy_to(&one("t:1", "x"), "oci-archive", &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("to", &link).unwrap();
    copy_to(&one("t:2", "y"), "oci-archive", &link).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(listed(&*open("oci-archive", &path)).len(), 2);
}

#[test]
fn hard_links_are_made_only_on_request_and_of_what_verifies() {
    use std::os::unix::fs::MetadataExt;
    let place = tempfile::tempdir().unwrap();
    let from = place.path().join("from");
    copy_to(&one("t:1", "x"), "oci", &from).unwrap();
    let source = LayoutDir::open(&from).unwrap();
    let links = |path: &Path| {
        let blobs = fs::read_dir(path.join("blobs/sha256")).unwrap();
        blobs.filter(|entry| entry.as_ref().unwrap().metadata().unwrap().nlink() > 1).count()
    };
    let plain = place.path().join("plain");
    copy_to(&source, "oci", &plain).unwrap();
    assert_eq!(links(&plain), 0);
    let linked = place.path().join("linked");
    let options = CreateOptions { link: true, ..CreateOptions::default() };
    copy(&source, create(&target("oci", &linked), &options).unwrap()).unwrap();
    assert_eq!(links(&linked), 4);
    verify(&LayoutDir::open(&linked).unwrap());

    let blob = fs::read_dir(from.join("blobs/sha256")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&blob).unwrap();
    bytes[0] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, bytes).unwrap();
    let other = place.path().join("other");
    let error = copy(&source, create(&target("oci", &other), &options).unwrap()).unwrap_err();
    assert_eq!(error.class(), ocidian_content::Class::Verification, "{error}");
    assert!(!other.exists());
}

#[test]
fn a_destination_within_its_source_is_refused() {
    use std::os::unix::fs::symlink;
    let place = tempfile::tempdir().unwrap();
    let layout = place.path().join("layout");
    copy_to(&one("t:1", "x"), "oci", &layout).unwrap();
    let link = place.path().join("link");
    symlink(&layout, &link).unwrap();
    let archive = place.path().join("archive");
    fs::write(&archive, b"x").unwrap();
    let at = |form: &str, path: &Path| target(form, path);
    for (from, to, expected) in [
        (at("oci", &layout), at("oci", &layout), ""),
        (at("oci", &layout), at("oci", &link), ""),
        (at("oci", &layout), at("dir", &link), "both what is read"),
        (at("oci", &layout), at("oci", &layout.join("inner")), "inside what is read"),
        (at("oci", &layout), at("oci-archive", &link.join("blobs/x.tar")), "inside what is read"),
        (at("oci", &link), at("oci", &layout.join("blobs/../inner")), "inside what is read"),
        (at("oci", &layout), at("oci", &place.path().join("layout2")), ""),
        (at("oci", &layout), at("dir", place.path()), "is inside of it"),
        (at("oci-archive", &archive), at("oci-archive", &archive), ""),
        (at("oci-archive", &archive), at("docker-archive", &archive), "both what is read"),
        (at("oci-archive", &archive), at("oci", &layout), ""),
        (at("dir", &layout), at("dir", &layout), "both what is read"),
        (at("oci", &place.path().join("missing")), at("oci", &layout), ""),
        ("oci-archive:-".parse().unwrap(), "oci-archive:-".parse().unwrap(), ""),
    ] {
        match refuse_overlap(&from, &to) {
            Ok(()) => assert_eq!(expected, "", "{from} to {to}"),
            Err(error) => assert!(
                error.to_string().contains(expected) && !expected.is_empty(),
                "{from} to {to}: {error}"
            ),
        }
    }
}

#[test]
fn a_bare_word_is_what_is_there() {
    let place = tempfile::tempdir().unwrap();
    let layout = place.path().join("layout");
    let bare = |path: &Path| ImageSource::Bare(path.display().to_string());
    says(create(&bare(&layout), &CreateOptions::default()).map(drop), "say what to make: oci:");
    copy_to(&one("t:1", "x"), "oci", &layout).unwrap();
    copy(&one("t:2", "y"), create(&bare(&layout), &CreateOptions::default()).unwrap()).unwrap();
    assert_eq!(listed(&LayoutDir::open(&layout).unwrap()).len(), 2);
}

#[test]
fn a_conflict_leaves_no_blobs_behind() {
    for form in FORMS {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("to");
        copy_to(&one("a:1", "one"), form, &path).unwrap();
        let before = snapshot(place.path());
        let other = one("a:1", "two");
        let to = create(&target(form, &path), &CreateOptions::default()).unwrap();
        let root = listed_roots(&other).unwrap().remove(0).descriptor;
        let target = Target::Name { name: Some("a:1".parse().unwrap()), when: When::Absent };
        let roots = vec![Root { descriptor: root, target }];
        let error = ocidian_content::copy::copy(&other, roots, to, &Default::default()).unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{form}: {error}");
        assert!(same(&before, &snapshot(place.path())), "{form}");
    }
}

#[test]
fn an_archive_can_be_copied_into_itself_under_another_name() {
    for form in ["oci-archive", "docker-archive"] {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("to");
        copy_to(&one("a:1", "one"), form, &path).unwrap();
        let source = open(form, &path);
        let root = Root::named(source.list().unwrap().remove(0).1, Some("a:2".parse().unwrap()));
        let to = create(&target(form, &path), &CreateOptions::default()).unwrap();
        let report = ocidian_content::copy::copy(&*source, vec![root], to, &Default::default()).unwrap();
        assert_eq!(report.copied.blobs, 0, "{form}");
        let list = listed(&*open(form, &path));
        assert_eq!((list.len(), &list[0].1), (2, &list[1].1), "{form}");
        verify(&*source); // which still reads the one that it opened
    }
}
