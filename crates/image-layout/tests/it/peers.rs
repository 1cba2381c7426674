//! What we write, read by others; what others write, read by us.

use std::path::{Path, PathBuf};

use ocidian_content::{MemoryStore, PlatformChoice, Store, select};
use ocidian_image_layout::{CreateOptions, LayoutDir, Opened, create, open};
use ocidian_spec::{Algorithm, ImageManifest, ImageSource, Selector};
use ocidian_testkit::peers::Peer;
use ocidian_testkit::{require, run};

use crate::destinations::{copy, copy_to, host, image, listed, tag, target, verify};

const LAYERS: [(&str, &str); 4] = [("a", "gzip"), ("b", "plain"), ("c", "zstd"), ("a", "gzip")];

/// Two images of several layers.
fn source() -> MemoryStore {
    let store = MemoryStore::new();
    tag(&store, &image(&store, &Algorithm::Sha256, host(), &LAYERS), Some("a/b:1"));
    tag(&store, &image(&store, &Algorithm::Sha256, host(), &LAYERS[..2]), Some("c:2"));
    store
}

fn first(store: &dyn Store) -> ImageManifest {
    let selector = Selector::Digest(listed(store)[0].1.clone());
    select(store, &selector, &PlatformChoice::Host).unwrap().manifest.into_value()
}

/// Copies with skopeo, to whatever form keeps what the source has.
fn skopeo(skopeo: &Peer, from: &str, to: &ImageSource, arguments: &[&str]) -> Opened {
    let mut command = skopeo.command();
    command.args(["copy", "--insecure-policy"]).args(arguments).args([from, &to.to_string()]);
    run::stdout(&mut command).unwrap();
    open(to).unwrap()
}

/// The forms with the name of the first image in each, as skopeo and buildah take it.
fn written(place: &Path) -> Vec<(&'static str, String)> {
    let source = source();
    let path = |form: &str| place.join(form);
    copy_to(&source, "oci", &path("oci")).unwrap();
    copy_to(&source, "oci-archive", &path("oci-archive")).unwrap();
    copy_to(&source, "docker-archive", &path("docker-archive")).unwrap();
    let old = CreateOptions { uncompressed: true, ..CreateOptions::default() };
    copy(&source, create(&target("docker-archive", &path("old")), &old).unwrap()).unwrap();
    let single = MemoryStore::new();
    tag(&single, &image(&single, &Algorithm::Sha256, host(), &LAYERS), None);
    copy_to(&single, "dir", &path("dir")).unwrap();
    let of = |form: &str, name: &str, tag: &str| format!("{form}:{}{tag}", path(name).display());
    vec![
        ("oci", of("oci", "oci", ":a/b:1")),
        ("oci-archive", of("oci-archive", "oci-archive", ":a/b:1")),
        ("docker-archive", of("docker-archive", "docker-archive", ":a/b:1")),
        ("docker-archive, old", of("docker-archive", "old", ":a/b:1")),
        ("dir", of("dir", "dir", "")),
    ]
}

#[test]
fn skopeo_reads_every_form() {
    let [tool] = require!("skopeo");
    let place = tempfile::tempdir().unwrap();
    let expected = first(&source());
    for (at, (form, reference)) in written(place.path()).into_iter().enumerate() {
        // Of a docker-archive skopeo decompresses the layers, makes a manifest of Docker's types, and would make
        // another config for an OCI layout.
        let docker = form.starts_with("docker-archive");
        let path = place.path().join(at.to_string());
        let back = match docker {
            true => skopeo(&tool, &reference, &target("dir", &path), &[]).store,
            false => skopeo(&tool, &reference, &target("oci", &path), &["--preserve-digests"]).store,
        };
        assert_eq!(first(&*back).config.digest, expected.config.digest, "{form}");
        assert_eq!(listed(&*back)[0].1 == listed(&source())[0].1, !docker, "{form}: the manifest");
        verify(&*back);
    }
}

#[test]
fn buildah_reads_every_form() {
    let [tool] = require!("buildah");
    // buildah makes a name of the path, and a name has no capitals.
    let name = format!("ocidian-buildah-{}", std::process::id());
    let place = tempfile::Builder::new().prefix(&name).rand_bytes(0).tempdir().unwrap();
    let id = first(&source()).config.digest;
    for (form, reference) in written(place.path()) {
        let storage = tempfile::tempdir().unwrap();
        let buildah = |arguments: &[&str]| {
            let mut command = tool.command();
            command.args(["--root", storage.path().join("root").to_str().unwrap()]);
            command.args([
                "--runroot",
                storage.path().join("run").to_str().unwrap(),
                "--storage-driver",
                "vfs",
            ]);
            command.args(arguments);
            run::stdout(&mut command)
        };
        // A machine whose containers cannot have their own storage says so for the simplest thing.
        if let Err(error) = buildah(&["images", "-q"]) {
            return ocidian_testkit::peers::skip(&ocidian_testkit::this_test!(), &format!("{error:#}"));
        }
        let pulled = buildah(&["pull", "-q", &reference]).unwrap_or_else(|e| panic!("{form}: {e:#}"));
        assert_eq!(pulled.trim(), id.encoded(), "{form}");
        buildah(&["rmi", "-a", "-f"]).unwrap();
    }
}

#[test]
fn umoci_reads_a_layout_that_was_added_to() {
    let [tool] = require!("umoci");
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("oci");
    for name in ["one", "two"] {
        let store = MemoryStore::new();
        tag(&store, &image(&store, &Algorithm::Sha256, host(), &LAYERS[..2]), Some(name));
        copy_to(&store, "oci", &path).unwrap();
        let mut command = tool.command();
        let list = run::stdout(command.args(["list", "--layout"]).arg(&path)).unwrap();
        assert!(list.lines().any(|line| line == name), "{list}");
        let mut command = tool.command();
        run::stdout(
            command
                .args(["unpack", "--rootless", "--image", &format!("{}:{name}", path.display())])
                .arg(place.path().join(name)),
        )
        .unwrap();
        assert_eq!(std::fs::read_to_string(place.path().join(name).join("rootfs/a")).unwrap(), "a");
        let mut command = tool.command();
        // And then we read what it did to it.
        run::stdout(command.args([
            "tag",
            "--image",
            &format!("{}:{name}", path.display()),
            &format!("{name}-again"),
        ]))
        .unwrap();
    }
    assert_eq!(listed(&LayoutDir::open(&path).unwrap()).len(), 4);
}

#[test]
fn what_skopeo_writes_is_read_and_added_to() {
    let [tool] = require!("skopeo");
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { place.path().join(name) };
    copy_to(&source(), "oci", &path("from")).unwrap();
    let from = format!("oci:{}:c:2", path("from").display());
    let id = {
        let selector = Selector::Name("c:2".parse().unwrap());
        select(&source(), &selector, &PlatformChoice::Host).unwrap().manifest.value().config.digest.clone()
    };
    for (form, tag) in [("oci", ":c:2"), ("oci-archive", ":c:2"), ("docker-archive", ":c:2"), ("dir", "")] {
        let to = format!("{form}:{}{tag}", path(form).display());
        let mut command = tool.command();
        run::stdout(command.args(["copy", "--insecure-policy", &from, &to])).unwrap();
        let read = |expected: usize| {
            let opened = open(&target(form, &path(form))).unwrap();
            assert_eq!(opened.store.list().unwrap().len(), expected, "{form}");
            verify(&*opened.store);
            let selector = Selector::Digest(listed(&*opened.store)[0].1.clone());
            let image = select(&*opened.store, &selector, &PlatformChoice::Host).unwrap();
            assert_eq!(image.manifest.value().config.digest, id, "{form}");
        };
        read(1);
        let options = CreateOptions { uncompressed: form == "docker-archive", ..CreateOptions::default() };
        let place: ImageSource = target(form, &path(form));
        let more = MemoryStore::new();
        let name = if form == "dir" { None } else { Some("d:3") };
        crate::destinations::tag(&more, &image(&more, &Algorithm::Sha256, host(), &LAYERS[..2]), name);
        copy(&more, create(&place, &options).unwrap()).unwrap();
        read(if form == "dir" { 1 } else { 2 });
    }
}

#[test]
fn libarchive_lists_a_long_name_as_it_is() {
    let [tool] = require!("bsdtar");
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    let store = MemoryStore::new();
    tag(&store, &image(&store, &Algorithm::Sha512, host(), &LAYERS), Some("a:1"));
    copy_to(&store, "docker-archive", &path).unwrap();
    let list = run::stdout(tool.command().arg("-tf").arg(&path)).unwrap();
    let long = format!("blobs/sha512/{}", first(&store).config.digest.encoded());
    assert!(list.lines().any(|line| line == long), "{list}");
}
