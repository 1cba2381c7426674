//! A valid document with one thing broken, for every member that the specification knows: the right rule says so.

use ocidian_validate::{Type, rules};
use serde_json::{Value, json};

use crate::{bases, broken};

/// What is done to a member.
#[derive(Debug, Clone, Copy)]
enum Break {
    Remove,
    Null,
    WrongType,
    WrongValue(&'static str),
}

use Break::{Null, Remove, WrongType, WrongValue};

/// A pointer, what to do there, and the rule that must say so; empty: nothing must be said.
type Row = (&'static str, &'static [Break], &'static str);

const DESCRIPTOR: &[Row] = &[
    (
        "/mediaType",
        &[Remove, Null, WrongType, WrongValue("\"text\""), WrongValue("\"\"")],
        "descriptor-media-type",
    ),
    (
        "/digest",
        &[Remove, Null, WrongType, WrongValue("\"sha256\""), WrongValue("\"sha256:a/b\"")],
        "descriptor-digest",
    ),
    (
        "/digest",
        &[WrongValue("\"sha256:abc\""), WrongValue("\"sha512:abc\"")],
        "descriptor-digest-registered",
    ),
    ("/digest", &[WrongValue("\"multihash+base58:QmRZ\"")], "descriptor-algorithm"),
    (
        "/size",
        &[
            Remove,
            Null,
            WrongType,
            WrongValue("-1"),
            WrongValue("1.0"),
            WrongValue("1e3"),
            WrongValue("9223372036854775808"),
        ],
        "descriptor-size",
    ),
    ("/urls", &[Null, WrongType, WrongValue("[1]"), WrongValue("[\"a b\"]")], "descriptor-urls"),
    ("/urls", &[WrongValue("[\"ftp://example.com/\"]")], "descriptor-urls-scheme"),
    ("/annotations", &[Null, WrongType, WrongValue("[]")], "annotation-map"),
    (
        "/annotations",
        &[WrongValue("{\"com.example.a\":1}"), WrongValue("{\"com.example.a\":null}")],
        "annotation-value",
    ),
    ("/data", &[Null, WrongType, WrongValue("\"!\"")], "descriptor-data"),
    ("/data", &[WrongValue("\"e30=\"")], "descriptor-data-mismatch"),
    ("/artifactType", &[Null, WrongType, WrongValue("\"\"")], "descriptor-artifact-type"),
    ("/platform", &[Null, WrongType, WrongValue("[]")], "index-platform"),
    ("/platform/architecture", &[Remove, Null, WrongType], "index-platform-architecture"),
    ("/platform/architecture", &[WrongValue("\"aarch64\"")], "index-platform-architecture-known"),
    ("/platform/os", &[Remove, Null, WrongType], "index-platform-os"),
    ("/platform/os", &[WrongValue("\"Linux\"")], "index-platform-os-known"),
    ("/platform/os.version", &[Null, WrongType], "index-platform-os-version"),
    ("/platform/os.features", &[Null, WrongType, WrongValue("[1]")], "index-platform-os-features"),
    ("/platform/variant", &[Null, WrongType], "index-platform-variant"),
    ("/platform/variant", &[WrongValue("\"8\"")], "index-platform-variant-known"),
    ("/platform/features", &[WrongValue("[]")], "index-platform-features"),
    ("/urls", &[Remove], ""),
    ("/annotations", &[Remove], ""),
    ("/artifactType", &[Remove], ""),
    ("/platform", &[Remove], ""),
    ("/com.example", &[WrongValue("{\"any\":[null]}")], ""),
];

const INDEX: &[Row] = &[
    (
        "/schemaVersion",
        &[Remove, Null, WrongType, WrongValue("1"), WrongValue("2.0")],
        "index-schema-version",
    ),
    (
        "/mediaType",
        &[Null, WrongType, WrongValue("\"application/vnd.oci.image.manifest.v1+json\"")],
        "index-media-type",
    ),
    ("/mediaType", &[Remove], "index-media-type-missing"),
    ("/artifactType", &[Null, WrongType, WrongValue("\"a\"")], "index-artifact-type"),
    ("/manifests", &[Remove, Null, WrongType, WrongValue("{}")], "index-manifests"),
    ("/manifests/0", &[WrongType, WrongValue("null"), WrongValue("[]")], "descriptor-object"),
    ("/manifests/0/mediaType", &[WrongValue("\"application/xml\"")], "index-manifest-media-type"),
    ("/manifests/0/digest", &[Remove], "descriptor-digest"),
    ("/subject", &[Null, WrongType, WrongValue("[]")], "index-subject"),
    ("/subject/mediaType", &[WrongValue("\"application/vnd.oci.image.layer.v1.tar\"")], "index-subject"),
    ("/subject/size", &[Remove], "descriptor-size"),
    ("/annotations", &[Null, WrongType], "annotation-map"),
    ("/layers", &[WrongValue("[]")], "index-ambiguous"),
    ("/config", &[WrongValue("{}")], "index-ambiguous"),
    ("/manifests", &[WrongValue("[]")], ""),
    ("/artifactType", &[Remove], ""),
    ("/subject", &[Remove], ""),
];

const MANIFEST: &[Row] = &[
    ("/schemaVersion", &[Remove, Null, WrongType, WrongValue("1")], "manifest-schema-version"),
    (
        "/mediaType",
        &[Null, WrongType, WrongValue("\"application/vnd.oci.image.index.v1+json\"")],
        "manifest-media-type",
    ),
    ("/mediaType", &[Remove], "manifest-media-type-missing"),
    ("/artifactType", &[WrongValue("null"), WrongValue("1"), WrongValue("\"a\"")], "manifest-artifact-type"),
    ("/config", &[Remove, Null, WrongType, WrongValue("[]")], "manifest-config"),
    ("/config/mediaType", &[Remove, Null, WrongType], "descriptor-media-type"),
    (
        "/config/mediaType",
        &[WrongValue("\"application/vnd.docker.container.image.v1+json\"")],
        "manifest-docker-media-type",
    ),
    ("/config/digest", &[Remove, Null, WrongType], "descriptor-digest"),
    ("/config/size", &[Remove, Null, WrongType], "descriptor-size"),
    ("/layers", &[Remove, Null, WrongType, WrongValue("{}")], "manifest-layers"),
    ("/layers", &[WrongValue("[]")], "manifest-layers-empty"),
    ("/layers/1", &[WrongValue("null"), WrongType], "descriptor-object"),
    ("/layers/1/mediaType", &[Remove, WrongType], "descriptor-media-type"),
    ("/layers/1/mediaType", &[WrongValue("\"application/x-tar\"")], "manifest-layer-media-type"),
    (
        "/layers/1/mediaType",
        &[WrongValue("\"application/vnd.oci.image.layer.nondistributable.v1.tar\"")],
        "manifest-layer-nondistributable",
    ),
    ("/layers/1/digest", &[Remove], "descriptor-digest"),
    ("/layers/1/size", &[Remove], "descriptor-size"),
    ("/subject", &[Null, WrongType], "manifest-subject"),
    ("/subject/mediaType", &[WrongValue("\"application/vnd.oci.image.config.v1+json\"")], "manifest-subject"),
    ("/annotations", &[Null, WrongType], "annotation-map"),
    (
        "/annotations",
        &[WrongValue("{\"org.opencontainers.image.ref.name\":\"v1\"}")],
        "annotation-ref-name-place",
    ),
    ("/manifests", &[WrongValue("[]")], "manifest-ambiguous"),
    ("/subject", &[Remove], ""),
    ("/annotations", &[Remove], ""),
];

const ARTIFACT: &[Row] = &[
    ("/artifactType", &[Remove], "manifest-artifact-type-missing"),
    (
        "/config/digest",
        &[WrongValue("\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"")],
        "descriptor-empty",
    ),
    ("/config/size", &[WrongValue("3")], "descriptor-empty"),
    ("/config/data", &[WrongValue("\"e30K\"")], "descriptor-data-mismatch"),
    (
        "/config/mediaType",
        &[WrongValue("\"application/vnd.oci.image.config.v1+json\"")],
        "manifest-artifact-config",
    ),
    ("/layers", &[WrongValue("[]")], "manifest-layers-empty"),
    ("/layers/0/size", &[WrongValue("0")], "manifest-artifact-layer"),
    ("/config/data", &[Remove], ""),
    ("/config/mediaType", &[WrongValue("\"application/vnd.example.config.v1+json\"")], ""),
];

const CONFIG: &[Row] = &[
    ("/created", &[WrongType, WrongValue("\"2015-10-31\"")], "config-created"),
    ("/author", &[WrongType], "config-author"),
    ("/architecture", &[Remove, Null, WrongType], "config-architecture"),
    ("/architecture", &[WrongValue("\"x86_64\"")], "config-architecture-known"),
    ("/os", &[Remove, Null, WrongType], "config-os"),
    ("/os", &[WrongValue("\"\"")], "config-os-known"),
    ("/os.version", &[WrongType], "config-os-version"),
    ("/os.features", &[WrongType, WrongValue("[null]")], "config-os-features"),
    ("/variant", &[WrongType], "config-variant"),
    ("/variant", &[WrongValue("\"armv8\"")], "config-variant-known"),
    ("/config", &[WrongType, WrongValue("[]")], "config-config"),
    ("/config/User", &[WrongType, WrongValue("\"a:b:c\"")], "config-user"),
    (
        "/config/ExposedPorts",
        &[WrongType, WrongValue("[]"), WrongValue("{\"80\":null}"), WrongValue("{\"80\":1}")],
        "config-exposed-ports",
    ),
    ("/config/ExposedPorts", &[WrongValue("{\"http\":{}}")], "config-exposed-ports-key"),
    (
        "/config/Env",
        &[WrongType, WrongValue("[1]"), WrongValue("[\"A\"]"), WrongValue("[\"=a\"]")],
        "config-env",
    ),
    ("/config/Env", &[WrongValue("[\"A=1\",\"A=2\"]")], "config-env-duplicate"),
    ("/config/Entrypoint", &[WrongType, WrongValue("\"sh\""), WrongValue("[1]")], "config-entrypoint"),
    ("/config/Cmd", &[WrongType, WrongValue("\"sh\""), WrongValue("[null]")], "config-cmd"),
    ("/config/Volumes", &[WrongType, WrongValue("[]"), WrongValue("{\"/a\":1}")], "config-volumes"),
    ("/config/Volumes", &[WrongValue("{\"a\":{}}")], "config-volumes-path"),
    ("/config/WorkingDir", &[WrongType], "config-working-dir"),
    ("/config/WorkingDir", &[WrongValue("\"a\"")], "config-working-dir-path"),
    ("/config/Labels", &[WrongType, WrongValue("[]")], "annotation-map"),
    ("/config/Labels", &[WrongValue("{\"com.example.a\":1}")], "annotation-value"),
    ("/config/Labels", &[WrongValue("{\"maintainer\":\"a\"}")], "annotation-key"),
    ("/config/StopSignal", &[WrongType], "config-stop-signal"),
    ("/config/StopSignal", &[WrongValue("\"TERM\"")], "config-stop-signal-name"),
    ("/config/ArgsEscaped", &[WrongValue("\"true\""), WrongValue("1")], "config-args-escaped"),
    ("/config/ArgsEscaped", &[WrongValue("true")], "config-args-escaped-deprecated"),
    ("/config/Memory", &[WrongType], "config-reserved"),
    ("/config/MemorySwap", &[WrongType], "config-reserved"),
    ("/config/CpuShares", &[WrongType], "config-reserved"),
    ("/config/Healthcheck", &[WrongType], "config-reserved"),
    ("/rootfs", &[Remove, Null, WrongType, WrongValue("[]")], "config-rootfs"),
    ("/rootfs/type", &[Remove, Null, WrongType, WrongValue("\"Layers\"")], "config-rootfs-type"),
    ("/rootfs/diff_ids", &[Remove, Null, WrongType, WrongValue("{}")], "config-diff-ids"),
    (
        "/rootfs/diff_ids/0",
        &[WrongValue("null"), WrongType, WrongValue("\"a\""), WrongValue("\"sha256:a\"")],
        "config-diff-id",
    ),
    ("/history", &[WrongType, WrongValue("{}"), WrongValue("[1]"), WrongValue("[null]")], "config-history"),
    ("/history/0/created", &[WrongType, WrongValue("\"\"")], "config-history-created"),
    ("/history/0/author", &[WrongType], "config-history-member"),
    ("/history/0/created_by", &[WrongType], "config-history-member"),
    ("/history/0/comment", &[WrongType], "config-history-member"),
    ("/history/0/empty_layer", &[WrongType, WrongValue("\"true\"")], "config-history-member"),
    ("/history/1/empty_layer", &[WrongValue("false")], "config-history-excess"),
    ("/history/0/empty_layer", &[WrongValue("true")], "config-history-missing"),
    // "Any OPTIONAL field MAY also be set to null, which is equivalent to being absent."
    ("/created", &[Remove, Null], ""),
    ("/author", &[Remove, Null], ""),
    ("/os.version", &[Remove, Null], ""),
    ("/os.features", &[Remove, Null], ""),
    ("/variant", &[Remove, Null], ""),
    ("/config", &[Remove, Null], ""),
    ("/config/User", &[Remove, Null, WrongValue("\"\"")], ""),
    ("/config/ExposedPorts", &[Remove, Null], ""),
    ("/config/Env", &[Remove, Null], ""),
    ("/config/Entrypoint", &[Remove, Null], ""),
    ("/config/Cmd", &[Remove, Null], ""),
    ("/config/Volumes", &[Remove, Null], ""),
    ("/config/WorkingDir", &[Remove, Null, WrongValue("\"\"")], ""),
    ("/config/Labels", &[Remove, Null], ""),
    ("/config/StopSignal", &[Remove, Null, WrongValue("\"\""), WrongValue("\"9\"")], ""),
    ("/history", &[Remove, Null, WrongValue("[]")], ""),
    ("/history/0/created", &[Remove, Null], ""),
    ("/history/0/empty_layer", &[Remove, Null], ""),
];

const LAYOUT: &[Row] = &[
    ("/imageLayoutVersion", &[Remove, Null, WrongType], "layout-version"),
    ("/imageLayoutVersion", &[WrongValue("\"1.1.0\""), WrongValue("\"\"")], "layout-version-known"),
    ("/com.example", &[WrongValue("1")], ""),
];

fn apply(document: &mut Value, pointer: &str, how: Break) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    let value = match how {
        Remove => {
            parent.as_object_mut().unwrap().remove(name).unwrap();
            return;
        }
        Null => Value::Null,
        // A value of another type than any that is meant: strings are nearly everywhere, and 1 is no string.
        WrongType
            if name == "size"
                || name == "schemaVersion"
                || name.starts_with("Mem")
                || name == "CpuShares" =>
        {
            json!("1")
        }
        WrongType => json!(1),
        WrongValue(text) => serde_json::from_str(text).unwrap(),
    };
    match parent {
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        Value::Array(elements) => elements[name.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer}"),
    }
}

fn tables() -> Vec<(Type, Value, &'static [Row])> {
    vec![
        (Type::Descriptor, bases::descriptor(), DESCRIPTOR),
        (Type::Index(None), bases::index(), INDEX),
        (Type::Manifest(None), bases::manifest(), MANIFEST),
        (Type::Manifest(None), bases::artifact(), ARTIFACT),
        (Type::Config, bases::config(), CONFIG),
        (Type::Layout, bases::layout(), LAYOUT),
    ]
}

#[test]
fn each_broken_member_is_named_by_its_rule() {
    for (document, base, rows) in tables() {
        for (pointer, ways, rule) in rows {
            assert!(rule.is_empty() || rules::find(rule).is_some(), "{rule}");
            for how in *ways {
                let mut broken_one = base.clone();
                // What is not there yet is there before it is removed.
                apply(&mut broken_one, pointer, *how);
                let found = broken(&broken_one.to_string(), &document);
                if rule.is_empty() {
                    assert_eq!(found, [].into(), "{document:?} {pointer} {how:?}");
                } else {
                    assert!(
                        found.contains(rule),
                        "{document:?} {pointer} {how:?}: {rule} is not among {found:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_required_is_removed_in_some_row() {
    let required = [
        (0, "mediaType digest size platform/architecture platform/os"),
        (1, "schemaVersion manifests"),
        (2, "schemaVersion config layers"),
        (4, "architecture os rootfs rootfs/type rootfs/diff_ids"),
        (5, "imageLayoutVersion"),
    ];
    let tables = tables();
    for (at, names) in required {
        for name in names.split(' ') {
            let removed =
                |row: &&Row| row.0 == format!("/{name}") && row.1.iter().any(|how| matches!(how, Remove));
            assert!(tables[at].2.iter().find(removed).is_some_and(|row| !row.2.is_empty()), "{name}");
        }
    }
}

#[test]
fn a_document_with_many_faults_shows_all_of_them() {
    let text = r#"{"schemaVersion":1,"mediaType":1,"config":{"digest":"x","size":-1},"layers":[{},1],"annotations":{"a":1},"Config":0}"#;
    let expected = [
        "annotation-key",
        "annotation-value",
        "descriptor-digest",
        "descriptor-media-type",
        "descriptor-object",
        "descriptor-size",
        "json-name-case",
        "manifest-media-type",
        "manifest-schema-version",
    ];
    assert_eq!(broken(text, &Type::Manifest(None)), expected.into());
}

#[test]
fn version_1_0_knows_nothing_of_what_came_later() {
    use ocidian_validate::{Settings, Version};
    let old = || Settings { spec: Version(1, 0), ..Settings::default() };
    let mut manifest = bases::manifest();
    manifest["artifactType"] = json!(1);
    manifest["subject"] = json!({ "digest": 1 });
    manifest["config"]["data"] = json!(1);
    assert_eq!(crate::broken_under(&manifest.to_string(), &Type::Manifest(None), old()), [].into());
    let broken = broken(&manifest.to_string(), &Type::Manifest(None));
    assert!(
        broken.contains("manifest-artifact-type")
            && broken.contains("descriptor-data")
            && broken.contains("descriptor-size")
    );
    manifest["layers"] = json!([]);
    assert_eq!(
        crate::broken_under(&manifest.to_string(), &Type::Manifest(None), old()),
        ["manifest-layers-empty"].into()
    );
}
