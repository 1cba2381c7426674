//! What is special about writing docker-archives.

use std::fs;
use std::path::Path;

use ocidian_content::copy::Root;
use ocidian_content::{Class, Destination, Error, MemoryStore, Role, Store, When, document};
use ocidian_image_layout::{CreateOptions, DockerArchive, OciArchive, Options, create};
use ocidian_spec::{Algorithm, Descriptor, ImageManifest, MediaType};
use serde_json::{Value, json};

use crate::destinations::{copy, copy_into, copy_to, host, image, listed, mixed, one, tag, target, verify};
use crate::{config_of, says};

fn old() -> CreateOptions {
    CreateOptions { uncompressed: true, ..CreateOptions::default() }
}

fn copy_old(source: &dyn Store, path: &Path) -> Result<(), Error> {
    copy(source, create(&target("docker-archive", path), &old())?)
}

fn open(path: &Path) -> DockerArchive {
    DockerArchive::open(path, &Options::default()).unwrap()
}

/// A JSON member of an archive.
fn member(path: &Path, name: &str) -> Value {
    let mut tar = tar::Archive::new(fs::File::open(path).unwrap());
    let mut entries = tar.entries().unwrap();
    let entry = entries.find(|entry| entry.as_ref().unwrap().path().unwrap() == Path::new(name));
    serde_json::from_reader(entry.unwrap_or_else(|| panic!("no {name}")).unwrap()).unwrap()
}

fn members(path: &Path) -> Vec<String> {
    let mut tar = tar::Archive::new(fs::File::open(path).unwrap());
    tar.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
}

#[test]
fn manifest_json_and_index_json_say_the_same() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    let source = mixed();
    copy_to(&source, "docker-archive", &path).unwrap();
    let list = member(&path, "manifest.json");
    let tags: Vec<&Value> = list.as_array().unwrap().iter().map(|image| &image["RepoTags"]).collect();
    let expected = [json!(["quay.io/x/multi:1", "x/single:2", "x/single:also"]), json!(["x/long:512"])];
    assert_eq!(tags, expected.iter().collect::<Vec<_>>(), "the host's platform of one, and the other");
    assert!(list[1]["Config"].as_str().unwrap().starts_with("blobs/sha512/"));
    let index = member(&path, "index.json");
    let names: Vec<(&str, &str)> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| {
            let annotations = entry.get("annotations")?;
            let full = annotations["io.containerd.image.name"].as_str().unwrap();
            Some((full, annotations["org.opencontainers.image.ref.name"].as_str().unwrap()))
        })
        .collect();
    assert_eq!(
        names,
        [
            ("quay.io/x/multi:1", "1"),
            ("docker.io/x/single:2", "2"),
            ("docker.io/x/single:also", "also"),
            ("docker.io/x/long:512", "512"),
        ]
    );
    let archive = open(&path);
    for name in ["quay.io/x/multi:1", "x/single:2"] {
        assert_eq!(config_of(&archive, name), config_of(&source, name), "{name}");
    }
    assert_eq!(listed(&archive), listed(&source), "names and digests come back");
    assert_eq!(verify(&archive), verify(&source));
    assert_eq!(verify(&OciArchive::open(&path, &Options::default()).unwrap()), verify(&source));
}

#[test]
fn the_old_form_has_plain_layers_and_the_same_configs() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    let source = MemoryStore::new();
    let layers = [("a", "gzip"), ("b", "zstd"), ("c", "plain"), ("a", "zstd")];
    let first = image(&source, &Algorithm::Sha256, host(), &layers);
    tag(&source, &first, Some("a:1"));
    tag(&source, &first, Some("quay.io/a:2"));
    tag(&source, &image(&source, &Algorithm::Sha256, "riscv64", &layers[..2]), Some("b:1"));
    copy_old(&source, &path).unwrap();
    let archive = open(&path);
    for name in ["a:1", "quay.io/a:2", "b:1"] {
        assert_eq!(config_of(&archive, name), config_of(&source, name));
    }
    verify(&archive);
    let list = member(&path, "manifest.json");
    assert_eq!(list[0]["RepoTags"], json!(["a:1", "quay.io/a:2"]));
    assert_eq!(list[0]["Layers"][0], list[0]["Layers"][3]);
    let names = members(&path);
    assert_eq!(names.len(), 2 + 2 + 3, "two configs, two lists, three layers: {names:?}");
    assert_eq!(member(&path, "repositories")["quay.io/a"]["2"], {
        let top = list[0]["Layers"][3].as_str().unwrap().strip_suffix(".tar").unwrap();
        json!(top)
    });
    let before = fs::read(&path).unwrap();
    copy_old(&source, &path).unwrap();
    assert!(before == fs::read(&path).unwrap(), "adding what is there changes nothing");
    copy_old(&one("c:1", "c"), &path).unwrap();
    assert_eq!(listed(&open(&path)).len(), 4);
    verify(&open(&path));
}

#[test]
fn what_a_docker_archive_cannot_hold_is_refused_with_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    let empty = |name: Option<&str>| {
        let store = MemoryStore::new();
        let config = store.insert(MediaType::Empty, b"{}").unwrap();
        let mut artifact = ImageManifest::new(config, Vec::new());
        artifact.artifact_type = Some("a/b".parse().unwrap());
        let bytes = serde_json::to_vec(&artifact).unwrap();
        tag(&store, &store.insert(MediaType::ImageManifest, &bytes).unwrap(), name);
        store
    };
    let foreign = || {
        let store = MemoryStore::new();
        let sha256 = Algorithm::Sha256;
        let platforms =
            ["m68k", "vax"].map(|architecture| image(&store, &sha256, architecture, &[("a", "gzip")]));
        let index = serde_json::to_vec(&ocidian_spec::ImageIndex::new(platforms.to_vec())).unwrap();
        tag(&store, &store.insert(MediaType::ImageIndex, &index).unwrap(), Some("a:1"));
        store
    };
    for (source, expected) in [
        (empty(Some("a:1")), "holds images only, an oci-archive: takes it"),
        (empty(None), "no image that its manifest.json could name"),
        (foreign(), "choose one by --platform: linux/m68k, linux/vax"),
        (one("latest", "a"), "NAME:TAG"),
    ] {
        says(copy_to(&source, "docker-archive", &path), expected);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
    let long = MemoryStore::new();
    tag(&long, &image(&long, &Algorithm::Sha512, host(), &[("d", "gzip")]), Some("a:1"));
    for (source, expected) in [
        (foreign(), "choose one by --platform"),
        (empty(Some("a:1")), "its media type is"),
        (long, "write without --uncompressed"),
    ] {
        says(copy_old(&source, &path), expected);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_layer_that_is_not_what_the_config_says_is_refused_in_the_old_form() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    for (text, class, expected) in [
        (&b"something else"[..], Class::Verification, "does not match its digest"),
        (&ocidian_testkit::layout::gzip(b"something else").unwrap()[..20], Class::Failed, "cut off"),
    ] {
        let source = one("a:1", "x");
        let entry = source_entry(&source);
        let mut manifest =
            document::read::<ImageManifest>(&source, Role::Manifest, &entry).unwrap().into_value();
        let kind = if expected == "cut off" { "+gzip" } else { "" };
        let media_type = format!("application/vnd.oci.image.layer.v1.tar{kind}").parse().unwrap();
        manifest.layers[0] = source.insert(media_type, text).unwrap();
        let other = source.insert(MediaType::ImageManifest, &serde_json::to_vec(&manifest).unwrap()).unwrap();
        let roots = vec![Root::named(other, Some("b:1".parse().unwrap()))];
        let to = create(&target("docker-archive", &path), &old()).unwrap();
        let error = ocidian_content::copy::copy(&source, roots, to, &Default::default()).unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}

fn source_entry(store: &dyn Store) -> Descriptor {
    store.list().unwrap()[0].1.clone()
}

#[test]
fn an_archive_keeps_its_form_and_its_unknown_members() {
    let place = tempfile::tempdir().unwrap();
    let (new, plain) = (place.path().join("new"), place.path().join("old"));
    let layout = place.path().join("layout");
    copy_to(&one("a:1", "a"), "docker-archive", &new).unwrap();
    copy_old(&one("a:1", "a"), &plain).unwrap();
    copy_to(&one("a:1", "a"), "oci-archive", &layout).unwrap();
    says(copy_old(&one("b:1", "b"), &new), "of the new form");
    says(copy_to(&one("b:1", "b"), "docker-archive", &plain), "only --uncompressed adds");
    says(copy_to(&one("b:1", "b"), "docker-archive", &layout), "add to it as oci-archive:");
    says(copy_to(&one("b:1", "b"), "oci-archive", &new), "add to it as docker-archive:");

    // As Docker 25 writes it: with sources of layers, and the list of old.
    let mut files = crate::layout_files(None);
    let list = format!(
        r#"[{{"Config":"{}","RepoTags":["k:1"],"Layers":["{}"],"LayerSources":{{"x":1e400}}}}]"#,
        files[1].0, files[0].0
    );
    files.push(("manifest.json".to_owned(), list.into_bytes()));
    files.push(("repositories".to_owned(), br#"{"k":{"1":"0"},"l":{"2":"3"}}"#.to_vec()));
    fs::write(&new, crate::tar_of(&files)).unwrap();
    copy_to(&one("b:1", "b"), "docker-archive", &new).unwrap();
    let bytes = fs::read(&new).unwrap();
    let has = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(has(r#""LayerSources":{"x":1e400}"#));
    assert_eq!(listed(&open(&new)).len(), 2);
    let repositories = member(&new, "repositories");
    assert_eq!((&repositories["k"]["1"], &repositories["l"]["2"]), (&json!("0"), &json!("3")));
    assert!(repositories["b"]["1"].is_string());
    copy_to(&one("k:1", "k"), "docker-archive", &new).unwrap();
    assert!(member(&new, "repositories")["k"]["1"] != "0");
    assert_eq!(member(&new, "manifest.json").as_array().unwrap().len(), 2);
    let list = listed(&open(&new));
    assert_eq!(list.len(), 3, "what index.json had without a name stays there");
    assert_eq!(list[2].0, None);
    verify(&open(&new));
}

#[test]
fn a_list_that_cannot_be_added_to_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("to");
    for (name, text, expected) in [
        ("manifest.json", "{}", "not a valid manifest.json"),
        ("manifest.json", r#"[{"Config":"a","Config":"b","Layers":[]}]"#, "manifest.json"),
        ("repositories", "[]", "not a valid repositories"),
        ("repositories", r#"{"a":{},"a":{}}"#, "repositories"),
    ] {
        let mut files = vec![(name.to_owned(), text.as_bytes().to_vec())];
        if name != "manifest.json" {
            files.push(("manifest.json".to_owned(), b"[]".to_vec()));
        }
        let tar = crate::tar_of(&files);
        fs::write(&path, &tar).unwrap();
        says(copy_old(&one("a:1", "a"), &path), expected);
        assert_eq!(fs::read(&path).unwrap(), tar);
    }
}

#[test]
fn names_are_put_on_conditions_and_removed() {
    let place = tempfile::tempdir().unwrap();
    let document = |store: &MemoryStore| document::raw(store, Role::Manifest, &source_entry(store)).unwrap();
    let (a, b) = (one("a:1", "a"), one("b:1", "b"));
    let name = |text: &str| text.parse().unwrap();
    for options in [CreateOptions::default(), old()] {
        let path = place.path().join(format!("{}", options.uncompressed));
        let create = || create(&target("docker-archive", &path), &options).unwrap();
        copy(&a, create()).unwrap();
        let attempt = |edit: &dyn Fn(&dyn Destination) -> Result<(), Error>| {
            let to = create();
            copy_into(&b, &*to).unwrap();
            edit(&*to)?;
            to.finish()
        };
        let absent = attempt(&|to| to.put(Some(&name("docker.io/library/a:1")), &document(&b), When::Absent));
        assert!(matches!(absent, Err(Error::Conflict { .. })), "{absent:?}");
        let gone = attempt(&|to| to.remove(&name("c:1"), When::Any));
        assert!(matches!(gone, Err(Error::RefNotFound { .. })), "{gone:?}");
        assert_eq!(listed(&open(&path)).len(), 1, "nothing has changed");
        attempt(&|to| {
            to.put(Some(&name("c:1")), &document(&b), When::Absent)?;
            to.remove(&name("a:1"), When::Any)
        })
        .unwrap();
        let names: Vec<String> =
            listed(&open(&path)).into_iter().map(|(name, _)| name.unwrap().to_string()).collect();
        assert_eq!(names, ["b:1", "c:1"]);
    }
}
