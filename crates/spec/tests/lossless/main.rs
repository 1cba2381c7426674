//! Nothing is lost: whatever valid document is read and written keeps every member, big numbers
//! and nulls included, and an edit changes what it names alone.

#![allow(clippy::unwrap_used, reason = "the helpers of these tests are tests too")]

mod generate;
mod image;
mod runtime_spec;
mod tree;

use std::collections::BTreeMap;

use ocidian_spec::{
    Descriptor, Digest, DockerArchiveManifest, Document, ExecConfig, ImageConfig, ImageIndex, ImageLayout,
    ImageManifest, MediaType, json, runtime,
};
use proptest::prelude::*;

use self::image::{config, docker_archive, index, layout, manifest};
use self::runtime_spec::runtime_config;
use self::tree::Tree;

fn parse<T: Document>(tree: &Tree) -> T {
    T::parse(tree.text().as_bytes(), json::DOCUMENT).unwrap_or_else(|e| panic!("{e}: {}", tree.text()))
}

fn written(document: &impl Document) -> Tree {
    Tree::read(std::str::from_utf8(&document.to_json().unwrap()).unwrap())
}

fn kept<T: Document + PartialEq + std::fmt::Debug>(tree: &Tree) -> Result<(), TestCaseError> {
    let value: T = parse(tree);
    prop_assert_eq!(&written(&value), tree);
    let bytes = value.to_json().unwrap();
    let again = T::parse(&bytes, json::DOCUMENT).unwrap();
    prop_assert_eq!(&again, &value);
    prop_assert_eq!(again.to_json().unwrap(), bytes, "equal values give equal bytes");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_member_survives(
        manifest in manifest(), index in index(), config in config(), archive in docker_archive(), layout in layout(),
    ) {
        kept::<ImageManifest>(&manifest)?;
        kept::<ImageIndex>(&index)?;
        kept::<ImageConfig>(&config)?;
        kept::<Vec<DockerArchiveManifest>>(&archive)?;
        kept::<ImageLayout>(&layout)?;
    }

    #[test]
    fn every_member_of_a_runtime_configuration_survives(tree in runtime_config()) {
        let spec = runtime::Spec::parse(tree.text().as_bytes()).unwrap();
        let bytes = spec.to_json().unwrap();
        prop_assert_eq!(&Tree::read(std::str::from_utf8(&bytes).unwrap().trim_end()), &tree);
        let mut again = runtime::Spec::parse(&bytes).unwrap();
        prop_assert_eq!(&again, &spec);
        prop_assert_eq!(again.to_json().unwrap(), bytes, "equal values give equal bytes");

        let mut expected = tree.clone();
        again.hostname = Some("edited".to_owned());
        expected.members().insert("hostname".to_owned(), Tree::String("edited".to_owned()));
        let edited = again.to_json().unwrap();
        prop_assert_eq!(Tree::read(std::str::from_utf8(&edited).unwrap().trim_end()), expected);
    }

    #[test]
    fn an_edit_of_an_index_changes_what_it_names(tree in index()) {
        let mut expected = tree.clone();
        let mut index: ImageIndex = parse(&tree);
        index.annotations = Some([("k".to_owned(), "v".to_owned())].into());
        expected.members().insert("annotations".to_owned(), Tree::read(r#"{"k":"v"}"#));
        prop_assert_eq!(&written(&index), &expected);

        let entry = Descriptor::empty();
        let members = Tree::read(&serde_json::to_string(&entry).unwrap());
        index.manifests.push(entry);
        match expected.members().get_mut("manifests") {
            Some(Tree::Array(entries)) => entries.push(members),
            other => *other.unwrap() = Tree::Array(vec![members]),
        }
        prop_assert_eq!(written(&index), expected);
    }

    #[test]
    fn an_edit_of_a_manifest_changes_what_it_names(tree in manifest()) {
        let mut expected = tree.clone();
        let mut manifest: ImageManifest = parse(&tree);
        manifest.config.size = 7;
        manifest.artifact_type = Some(MediaType::Empty);
        let config = expected.members().get_mut("config").unwrap();
        config.members().insert("size".to_owned(), Tree::Word("7".to_owned()));
        let media_type = Tree::String(MediaType::Empty.to_string());
        expected.members().insert("artifactType".to_owned(), media_type);
        prop_assert_eq!(written(&manifest), expected);
    }

    #[test]
    fn an_edit_of_a_config_changes_what_it_names(tree in config()) {
        let mut expected = tree.clone();
        let mut config: ImageConfig = parse(&tree);
        config.author = Some("me".to_owned());
        expected.members().insert("author".to_owned(), Tree::String("me".to_owned()));
        config.config.get_or_insert_with(ExecConfig::default).env = Some(vec!["A=b".to_owned()]);
        let exec = expected.members().entry("config".to_owned()).or_insert(Tree::Word("null".to_owned()));
        if *exec == Tree::Word("null".to_owned()) {
            *exec = Tree::Object(BTreeMap::new());
        }
        exec.members().insert("Env".to_owned(), Tree::read(r#"["A=b"]"#));
        config.rootfs.diff_ids.clear();
        let rootfs = expected.members().get_mut("rootfs").unwrap().members();
        if rootfs["diff_ids"] != Tree::Word("null".to_owned()) {
            rootfs.insert("diff_ids".to_owned(), Tree::Array(vec![]));
        }
        prop_assert_eq!(written(&config), expected);
    }
}

#[test]
fn nulls_of_go_stay_null_until_something_is_put_in() {
    let text = r#"{"schemaVersion":2,"mediaType":null,"manifests":null,"annotations":null}"#;
    let mut index = ImageIndex::parse(text.as_bytes(), json::INDEX_JSON).unwrap();
    assert!(index.manifests.is_empty());
    assert_eq!(index.to_json().unwrap(), text.as_bytes());
    index.manifests.push(Descriptor::empty());
    index.annotations = Some(BTreeMap::new());
    let edited = String::from_utf8(index.to_json().unwrap()).unwrap();
    assert!(edited.starts_with(r#"{"schemaVersion":2,"mediaType":null,"manifests":[{"#), "{edited}");
    assert!(edited.ends_with(r#"}],"annotations":{}}"#), "{edited}");
}

#[test]
fn what_a_reader_must_refuse() {
    let digest = Digest::sha256(b"");
    let config = format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":1}}"#);
    let good = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[]}}"#);
    assert!(ImageManifest::parse(good.as_bytes(), json::DOCUMENT).is_ok());
    for (change, wrong) in [
        ((r#""layers":[]"#, r#""layers":[],"layers":[]"#), "duplicate name \"layers\""),
        ((r#""layers":[]"#, r#""layers":null,"layers":[]"#), "duplicate name \"layers\""),
        ((r#""layers":[]"#, r#""x":0,"layers":[],"\u0078":1"#), "duplicate name \"x\""),
        ((r#""layers":[]"#, r#""layers":[],"x":{"y":[{"a":1,"a":2}]}"#), "in /x/y/0"),
        ((r#""layers":[]"#, r#""layers":[],"annotations":{"a":"1","a":"2"}"#), "duplicate name \"a\""),
        ((r#","layers":[]"#, ""), "layers is missing"),
        ((r#""schemaVersion":2,"#, ""), "schemaVersion is missing"),
        ((r#""layers":[]"#, r#""layers":{}"#), "layers: invalid type: map, expected a sequence"),
        ((r#""layers":[]"#, r#""layers":[],"annotations":{"a":1}"#), "annotations: invalid type"),
        ((r#""size":1"#, r#""size":-1"#), "config: size: invalid value: integer `-1`"),
        ((r#""size":1"#, r#""size":null"#), "config: size: invalid type: null"),
        (("sha256:", "sha256:../"), "config: digest: invalid digest"),
        ((r#""layers":[]"#, r#""layers":[],"manifests":[]"#), "belongs to another kind"),
        (
            (r#""layers":[]"#, r#""layers":[],"mediaType":"application/vnd.oci.image.index.v1+json""#),
            "its mediaType is",
        ),
    ] {
        assert!(good.contains(change.0));
        let text = good.replacen(change.0, change.1, 1);
        let error = ImageManifest::parse(text.as_bytes(), json::DOCUMENT).unwrap_err().to_string();
        assert!(error.contains(wrong), "{text}\n{error}");
    }
    assert!(ImageManifest::parse(b"[]", json::DOCUMENT).is_err());
    assert!(ImageManifest::parse(b"null", json::DOCUMENT).is_err());
}

#[test]
fn even_without_the_scan_a_second_member_is_refused() {
    for text in [
        r#"{"imageLayoutVersion":"1","imageLayoutVersion":"1"}"#,
        r#"{"imageLayoutVersion":"1","x":1,"x":1}"#,
    ] {
        assert!(serde_json::from_str::<ImageLayout>(text).unwrap_err().to_string().contains("duplicate"));
    }
    for text in
        [r#"{"Env":null,"Env":[]}"#, r#"{"Labels":{"a":"","a":""}}"#, r#"{"Volumes":{"a":{},"a":{}}}"#]
    {
        assert!(serde_json::from_str::<ExecConfig>(text).unwrap_err().to_string().contains("duplicate"));
    }
}

/// `oci-spec` reads what we write, as the same document.
#[test]
fn oci_spec_reads_it_too() {
    let mut manifest = ImageManifest::new(
        Descriptor::of(MediaType::ImageConfig, b"config"),
        vec![Descriptor::of(MediaType::ImageLayer(ocidian_spec::Compression::Gzip), b"layer")],
    );
    manifest.annotations = Some([("a".to_owned(), "b".to_owned())].into());
    let theirs = oci_spec::image::ImageManifest::from_reader(&manifest.to_json().unwrap()[..]).unwrap();
    assert_eq!(theirs.config().digest().to_string(), manifest.config.digest.to_string());
    assert_eq!(theirs.layers()[0].size(), manifest.layers[0].size);
    let theirs = Tree::read(&serde_json::to_string(&theirs).unwrap());
    assert_eq!(theirs, written(&manifest));
}
