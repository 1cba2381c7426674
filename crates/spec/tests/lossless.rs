//! Nothing is lost: whatever valid document is read and written keeps every member, big numbers
//! and nulls included, and an edit changes what it names alone.

#![allow(clippy::unwrap_used, reason = "the helpers of these tests are tests too")]

use std::collections::BTreeMap;

use ocidian_spec::{
    Descriptor, Digest, DockerArchiveManifest, Document, ExecConfig, ImageConfig, ImageIndex, ImageLayout,
    ImageManifest, MediaType, json,
};
use proptest::prelude::*;
use serde_json::value::RawValue;

/// JSON whose numbers are text, so that comparing two of them compares every digit.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Object(BTreeMap<String, Tree>),
    Array(Vec<Tree>),
    String(String),
    /// A number, true, false or null.
    Word(String),
}

impl Tree {
    fn read(text: &str) -> Self {
        match text.as_bytes()[0] {
            b'{' => {
                let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
                Self::Object(members.into_iter().map(|(name, v)| (name, Self::read(v.get()))).collect())
            }
            b'[' => {
                let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap();
                Self::Array(elements.into_iter().map(|v| Self::read(v.get())).collect())
            }
            b'"' => Self::String(serde_json::from_str(text).unwrap()),
            _ => Self::Word(text.to_owned()),
        }
    }

    /// With spaces wherever they may stand.
    fn write(&self, out: &mut String) {
        let (open, close) = match self {
            Self::Object(_) => ("{\n", " }"),
            Self::Array(_) => ("[ ", "\t]"),
            Self::String(text) => return out.push_str(&serde_json::to_string(text).unwrap()),
            Self::Word(word) => return out.push_str(word),
        };
        out.push_str(open);
        let mut first = true;
        let mut comma = |out: &mut String| {
            if !std::mem::take(&mut first) {
                out.push_str(" ,\r\n");
            }
        };
        match self {
            Self::Object(members) => members.iter().for_each(|(name, value)| {
                comma(out);
                out.push_str(&format!("{} : ", serde_json::to_string(name).unwrap()));
                value.write(out);
            }),
            Self::Array(elements) => elements.iter().for_each(|value| {
                comma(out);
                value.write(out);
            }),
            _ => {}
        }
        out.push_str(close);
    }

    fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn members(&mut self) -> &mut BTreeMap<String, Tree> {
        match self {
            Self::Object(members) => members,
            other => panic!("no object: {other:?}"),
        }
    }
}

type Member = (&'static str, BoxedStrategy<Tree>);

fn word(text: &'static str) -> BoxedStrategy<Tree> {
    Just(Tree::Word(text.to_owned())).boxed()
}

fn string(pattern: &'static str) -> BoxedStrategy<Tree> {
    pattern.prop_map(Tree::String).boxed()
}

fn anything() -> BoxedStrategy<Tree> {
    let leaf = prop_oneof![
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?".prop_map(Tree::Word),
        prop::sample::select(vec!["null", "true", "false"]).prop_map(|w| Tree::Word(w.to_owned())),
        any::<String>().prop_map(Tree::String),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Tree::Object),
        ]
    })
    .boxed()
}

fn array(of: BoxedStrategy<Tree>) -> BoxedStrategy<Tree> {
    prop::collection::vec(of, 0..3).prop_map(Tree::Array).boxed()
}

fn strings() -> BoxedStrategy<Tree> {
    prop::collection::btree_map(any::<String>(), string("\\PC{0,8}"), 0..3).prop_map(Tree::Object).boxed()
}

fn or_null(of: BoxedStrategy<Tree>) -> BoxedStrategy<Tree> {
    prop_oneof![4 => of, 1 => word("null")].boxed()
}

/// An object of required members, of lists that may be null, of optional members, and of others.
fn object(required: Vec<Member>, lists: Vec<Member>, optional: Vec<Member>) -> BoxedStrategy<Tree> {
    let known: Vec<_> =
        required.iter().chain(&lists).chain(&optional).map(|(name, _)| name.to_string()).collect();
    let mut members = Vec::new();
    for (name, of) in required {
        members.push(of.prop_map(move |value| Some((name.to_owned(), value))).boxed());
    }
    for (name, of) in lists {
        members.push(or_null(of).prop_map(move |value| Some((name.to_owned(), value))).boxed());
    }
    for (name, of) in optional {
        let there = or_null(of).prop_map(move |value| (name.to_owned(), value));
        members.push(prop::option::of(there).boxed());
    }
    let extra = prop_oneof![
        "[A-Za-z.]{0,6}",
        any::<String>(),
        // Wrong case: unknown members.
        prop::sample::select(known.clone()).prop_map(|name| name.to_uppercase()),
    ];
    let extra = prop::collection::btree_map(extra, anything(), 0..3);
    (members, extra)
        .prop_map(move |(members, mut extra)| {
            extra.retain(|name, _| !known.contains(name));
            extra.extend(members.into_iter().flatten());
            Tree::Object(extra)
        })
        .boxed()
}

fn digest() -> BoxedStrategy<Tree> {
    prop_oneof![string("sha256:[0-9a-f]{64}"), string("[a-z0-9]{1,5}(\\+[a-z]{1,3})?:[a-zA-Z0-9=_-]{1,20}")]
        .prop_filter("a known algorithm's digest has its length", |tree| match tree {
            Tree::String(text) => text.parse::<Digest>().is_ok(),
            _ => false,
        })
        .boxed()
}

fn platform() -> BoxedStrategy<Tree> {
    object(
        vec![("architecture", string("\\PC{0,5}")), ("os", string("[a-z]{0,5}"))],
        vec![],
        vec![
            ("os.version", string("[0-9.]{0,5}")),
            ("os.features", array(string("[a-z]{0,5}"))),
            ("variant", string("v[0-9]")),
        ],
    )
}

fn descriptor() -> BoxedStrategy<Tree> {
    let size = (0..=i64::MAX).prop_map(|size| Tree::Word(size.to_string())).boxed();
    object(
        vec![("mediaType", string("\\PC{0,9}")), ("digest", digest()), ("size", size)],
        vec![],
        vec![
            ("urls", array(string("\\PC{0,9}"))),
            ("annotations", strings()),
            ("data", string("[a-z=]{0,8}")),
            ("platform", platform()),
            ("artifactType", string("[a-z/]{0,9}")),
        ],
    )
}

fn manifest() -> BoxedStrategy<Tree> {
    let media_type = Just(Tree::String(MediaType::ImageManifest.to_string())).boxed();
    object(
        vec![("schemaVersion", word("2")), ("mediaType", media_type), ("config", descriptor())],
        vec![("layers", array(descriptor()))],
        vec![("artifactType", string("[a-z/]{0,9}")), ("subject", descriptor()), ("annotations", strings())],
    )
}

fn index() -> BoxedStrategy<Tree> {
    let media_type = Just(Tree::String(MediaType::ImageIndex.to_string())).boxed();
    object(
        vec![("schemaVersion", word("2")), ("mediaType", media_type)],
        vec![("manifests", array(descriptor()))],
        vec![("artifactType", string("[a-z/]{0,9}")), ("subject", descriptor()), ("annotations", strings())],
    )
}

fn config() -> BoxedStrategy<Tree> {
    let text = || string("\\PC{0,9}");
    let raw =
        || prop::collection::btree_map(any::<String>(), anything(), 0..3).prop_map(Tree::Object).boxed();
    let exec = object(
        vec![],
        vec![],
        vec![
            ("User", text()),
            ("ExposedPorts", raw()),
            ("Env", array(text())),
            ("Entrypoint", array(text())),
            ("Cmd", array(text())),
            ("Volumes", raw()),
            ("WorkingDir", text()),
            ("Labels", strings()),
            ("StopSignal", text()),
        ],
    );
    let history = object(
        vec![],
        vec![],
        vec![
            ("created", text()),
            ("author", text()),
            ("created_by", text()),
            ("comment", text()),
            ("empty_layer", word("true")),
        ],
    );
    let rootfs = object(vec![("type", text())], vec![("diff_ids", array(digest()))], vec![]);
    object(
        vec![("architecture", text()), ("os", text()), ("rootfs", rootfs)],
        vec![],
        vec![
            ("created", text()),
            ("author", text()),
            ("os.version", text()),
            ("os.features", array(text())),
            ("variant", text()),
            ("config", exec),
            ("history", array(history)),
        ],
    )
}

fn docker_archive() -> BoxedStrategy<Tree> {
    let text = || string("\\PC{0,9}");
    let image =
        object(vec![("Config", text())], vec![("Layers", array(text()))], vec![("RepoTags", array(text()))]);
    array(image)
}

fn layout() -> BoxedStrategy<Tree> {
    object(vec![("imageLayoutVersion", string("[0-9.]{0,5}"))], vec![], vec![])
}

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
