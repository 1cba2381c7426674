//! Whole layouts: files, the graph, and what its documents say of each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ocidian_content::{Cancel, Silent};
use ocidian_image_layout::Options;
use ocidian_spec::Digest;
use ocidian_validate::{Depth, Environment, Error, Report, Settings, Target, validate};
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A layout in the making.
pub(crate) struct Layout {
    place: tempfile::TempDir,
}

impl Layout {
    pub(crate) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("blobs/sha256")).unwrap();
        fs::write(place.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let layout = Self { place };
        layout.index(json!([]));
        layout
    }

    /// A layout with one image of two layers, tagged `v1`.
    pub(crate) fn with_image() -> Self {
        let layout = Self::new();
        let manifest = layout.image(json!({}), json!({}));
        layout.index(json!([entry(&manifest, "v1")]));
        layout
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.place.path().to_owned()
    }

    pub(crate) fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::sha256(bytes);
        fs::write(self.blob_path(&digest), bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    }

    pub(crate) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.path().join("blobs/sha256").join(digest.encoded())
    }

    pub(crate) fn document(&self, media_type: &str, document: &Value) -> Value {
        self.blob(media_type, document.to_string().as_bytes())
    }

    /// An image; the members given replace those of its config and manifest.
    pub(crate) fn image(&self, config: Value, manifest: Value) -> Value {
        // Two empty tars, the second with a block of padding.
        let layers = [1024, 1536].map(|zeros| vec![0; zeros]);
        let diff_ids: Vec<String> = layers.iter().map(|layer| Digest::sha256(layer).to_string()).collect();
        let layers: Vec<Value> = layers.iter().map(|layer| self.blob(LAYER, layer)).collect();
        let mut whole = json!({
            "architecture": "amd64", "os": "linux", "config": {}, "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        replace(&mut whole, config);
        let config = self.document(CONFIG, &whole);
        let mut whole =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
        replace(&mut whole, manifest);
        self.document(MANIFEST, &whole)
    }

    pub(crate) fn index(&self, manifests: Value) {
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
        fs::write(self.path().join("index.json"), index.to_string()).unwrap();
    }

    fn report(&self) -> Report {
        report(&self.path(), &Settings::default()).unwrap()
    }

    fn broken(&self) -> BTreeSet<&'static str> {
        broken(&self.report())
    }
}

fn replace(document: &mut Value, members: Value) {
    for (name, value) in members.as_object().unwrap() {
        document[name.as_str()] = value.clone();
    }
}

pub(crate) fn entry(descriptor: &Value, name: &str) -> Value {
    let mut entry = descriptor.clone();
    entry["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
    entry
}

fn digest(descriptor: &Value) -> Digest {
    descriptor["digest"].as_str().unwrap().parse().unwrap()
}

pub(crate) fn report(path: &Path, settings: &Settings) -> Result<Report, Error> {
    let target = Target::recognise(path.to_str().unwrap().parse().unwrap(), None)?;
    report_of(&target, settings)
}

pub(crate) fn report_of(target: &Target, settings: &Settings) -> Result<Report, Error> {
    let options = Options::default();
    validate(target, settings, Environment { options: &options, progress: &Silent, cancel: &Cancel::new() })
}

pub(crate) fn broken(report: &Report) -> BTreeSet<&'static str> {
    report.findings.iter().map(|finding| finding.rule.id).collect()
}

pub(crate) fn of(report: &Report, rule: &str) -> Vec<String> {
    let matching = report.findings.iter().filter(|finding| finding.rule.id == rule);
    matching.map(|finding| format!("{}: {}", finding.location, finding.message)).collect()
}

#[test]
fn a_sound_layout_breaks_nothing() {
    assert_eq!(Layout::new().broken(), [].into());
    let layout = Layout::with_image();
    let report = layout.report();
    assert_eq!(broken(&report), [].into(), "{:?}", report.findings);
    assert_eq!((report.checked.documents, report.checked.blobs, report.checked.layers), (4, 4, 2));
    assert!(report.passed());
}

#[test]
fn the_files_of_a_layout() {
    let after = |change: &dyn Fn(&Path)| {
        let layout = Layout::with_image();
        change(&layout.path());
        layout.broken()
    };
    let remove = |name: &'static str| move |path: &Path| fs::remove_file(path.join(name)).unwrap();
    assert_eq!(after(&remove("oci-layout")), ["layout-oci-layout"].into());
    assert_eq!(after(&remove("index.json")), ["layout-blob-unreferenced", "layout-index"].into());
    let write =
        |name: &'static str, text: &'static str| move |path: &Path| fs::write(path.join(name), text).unwrap();
    assert_eq!(after(&write("oci-layout", "[]")), ["layout-oci-layout-object"].into());
    assert_eq!(after(&write("oci-layout", "{}")), ["layout-version"].into());
    assert_eq!(
        after(&write("oci-layout", r#"{"imageLayoutVersion":"2.0.0"}"#)),
        ["layout-version-known"].into()
    );
    assert_eq!(after(&write("index.json", "[]")), ["index-object", "layout-blob-unreferenced"].into());
    assert_eq!(after(&write("index.json", "{")), ["json-syntax", "layout-blob-unreferenced"].into());
    assert_eq!(after(&write("README", "legal")), [].into());
    assert_eq!(after(&write("blobs/README", "not legal")), ["layout-blob-file"].into());
    assert_eq!(after(&write("blobs/sha256/README", "not legal")), ["layout-blob-name"].into());
    let blobs = |path: &Path| fs::remove_dir_all(path.join("blobs")).unwrap();
    assert_eq!(after(&blobs), ["layout-blob-absent", "layout-blobs"].into());
    assert_eq!(
        after(&|path| fs::create_dir(path.join("blobs/SHA256")).unwrap()),
        ["layout-blob-name"].into()
    );
    assert_eq!(after(&|path| fs::create_dir(path.join("blobs/x+y")).unwrap()), [].into());
    let dangling =
        |path: &Path| std::os::unix::fs::symlink("nowhere", path.join("blobs/sha256/link")).unwrap();
    assert_eq!(after(&dangling), ["layout-blob-file"].into());
    let directory = |path: &Path| {
        fs::remove_file(path.join("index.json")).unwrap();
        fs::create_dir(path.join("index.json")).unwrap();
    };
    assert_eq!(after(&directory), ["layout-blob-unreferenced", "layout-index"].into());
}

#[test]
fn a_fifo_is_named_and_never_waited_for() {
    let layout = Layout::with_image();
    let path = layout.path().join("blobs/sha256").join("f".repeat(64));
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(layout.broken(), ["layout-blob-file"].into());
    fs::remove_file(layout.path().join("oci-layout")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        layout.path().join("oci-layout"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    assert_eq!(layout.broken(), ["layout-blob-file", "layout-oci-layout"].into());
}

#[test]
fn content_is_hashed_whoever_names_it() {
    // One that is named, one that is not, a document, and a layer.
    let layout = Layout::with_image();
    let unnamed = layout.blob("text/plain", b"hello");
    fs::write(layout.blob_path(&digest(&unnamed)), b"hellO").unwrap();
    assert_eq!(layout.broken(), ["layout-blob-digest", "layout-blob-unreferenced"].into());

    let layout = Layout::with_image();
    let layer = Digest::sha256(&[0; 1024]);
    fs::write(layout.blob_path(&layer), [0; 1536]).unwrap();
    assert_eq!(layout.broken(), ["descriptor-size-mismatch", "layer-diff-id", "layout-blob-digest"].into());

    let layout = Layout::new();
    let manifest = layout.image(json!({}), json!({}));
    let text = fs::read_to_string(layout.blob_path(&digest(&manifest))).unwrap();
    fs::write(
        layout.blob_path(&digest(&manifest)),
        text.replace("amd64", "arm64").replace("schemaVersion\":2", "schemaVersion\":3"),
    )
    .unwrap();
    layout.index(json!([entry(&manifest, "v1")]));
    assert_eq!(layout.broken(), ["layout-blob-digest", "manifest-schema-version"].into());
}

#[test]
fn depth_says_what_is_read() {
    let layout = Layout::with_image();
    fs::write(layout.blob_path(&Digest::sha256(&[0; 1024])), [1; 1024]).unwrap();
    let at = |depth| broken(&report(&layout.path(), &Settings { depth, ..Settings::default() }).unwrap());
    assert_eq!(at(Depth::Documents), [].into());
    assert_eq!(at(Depth::Digests), ["layout-blob-digest"].into());
    assert!(
        at(Depth::Layers).contains("layer-diff-id") || at(Depth::Layers).contains("layer-tar"),
        "{:?}",
        at(Depth::Layers)
    );
}

#[test]
fn legal_things_stay_legal() {
    let layout = Layout::with_image();
    layout.blob("text/plain", b"named by nothing");
    let manifest = layout.image(json!({}), json!({}));
    let absent = json!({ "mediaType": MANIFEST, "digest": format!("sha256:{}", "a".repeat(64)), "size": 1 });
    let unknown = layout.blob("application/xml", b"<a/>");
    layout.index(json!([entry(&manifest, "v1"), absent, unknown]));
    let report = layout.report();
    assert_eq!(
        broken(&report),
        ["index-manifest-media-type", "layout-blob-absent", "layout-blob-unreferenced"].into()
    );
    assert_eq!(report.counts.errors + report.counts.warnings, 0);
}

#[test]
fn diff_ids_are_counted_and_computed() {
    let with = |diff_ids: Value| {
        let layout = Layout::new();
        let manifest =
            layout.image(json!({ "rootfs": { "type": "layers", "diff_ids": diff_ids } }), json!({}));
        layout.index(json!([entry(&manifest, "v1")]));
        layout.report()
    };
    let [one, two] = [1024, 1536].map(|zeros| Digest::sha256(&vec![0; zeros]).to_string());
    let zero = format!("sha256:{}", "0".repeat(64));
    assert_eq!(broken(&with(json!([one, two]))), [].into());
    assert_eq!(broken(&with(json!([one]))), ["config-diff-id-count"].into());
    assert_eq!(broken(&with(json!([one, two, two]))), ["config-diff-id-count"].into());
    assert_eq!(broken(&with(json!([]))), ["config-diff-id-count"].into());
    assert_eq!(broken(&with(json!([two, one]))), ["layer-diff-id"].into());
    let report = with(json!([zero, two]));
    assert_eq!(broken(&report), ["layer-diff-id"].into());
    assert!(of(&report, "layer-diff-id")[0].contains("/rootfs/diff_ids/0"), "{:?}", report.findings);
}

#[test]
fn platforms_are_held_against_configs() {
    let with = |platform: Value, config: Value| {
        let layout = Layout::new();
        let mut entry = entry(&layout.image(config, json!({})), "v1");
        match platform {
            Value::Null => drop(entry.as_object_mut().unwrap().remove("platform")),
            platform => entry["platform"] = platform,
        }
        layout.index(json!([entry]));
        layout.broken()
    };
    let arm = json!({ "os": "linux", "architecture": "arm", "variant": "v7" });
    assert_eq!(with(arm.clone(), json!({})), ["index-platform-config"].into());
    assert_eq!(with(arm.clone(), json!({ "architecture": "arm" })), [].into());
    assert_eq!(with(arm.clone(), json!({ "architecture": "arm", "variant": "v7" })), [].into());
    assert_eq!(
        with(arm, json!({ "architecture": "arm", "variant": "v6" })),
        ["index-platform-variant-config"].into()
    );
    assert_eq!(with(Value::Null, json!({})), ["index-platform-missing"].into());
}

#[test]
fn nested_indexes_artifacts_and_subjects_are_walked() {
    let layout = Layout::new();
    let image = layout.image(json!({}), json!({}));
    let empty = layout.blob("application/vnd.oci.empty.v1+json", b"{}");
    let sbom = "application/vnd.example.sbom.v1";
    let mut artifact = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": sbom, "config": empty, "layers": [empty], "subject": image,
    });
    let described = |artifact: &Value| {
        let mut descriptor = layout.document(MANIFEST, artifact);
        descriptor["artifactType"] = json!(sbom);
        descriptor
    };
    let nested = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry(&image, "x"), described(&artifact)] });
    layout.index(json!([layout.document(INDEX, &nested)]));
    let report = layout.report();
    assert_eq!(broken(&report), ["annotation-ref-name-place"].into(), "{:?}", report.findings);
    assert_eq!(report.checked.documents, 6);

    artifact["artifactType"] = json!("application/vnd.example.chart.v1");
    layout.index(json!([described(&artifact)]));
    assert_eq!(of(&layout.report(), "descriptor-artifact-type-differs").len(), 1);
    // An artifact's config is nobody's business, whatever it holds.
    let odd = layout.blob("application/vnd.example.config.v1+json", b"\xff not json");
    let artifact = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": odd, "layers": [odd] });
    layout.index(json!([layout.document(MANIFEST, &artifact)]));
    assert_eq!(layout.broken(), ["layout-blob-unreferenced"].into());
}

#[test]
fn one_name_for_two_images_is_worth_a_warning() {
    let layout = Layout::new();
    let one = entry(&layout.image(json!({}), json!({})), "v1");
    let mut other = entry(&layout.image(json!({ "author": "a" }), json!({})), "v1");
    layout.index(json!([one, other]));
    assert_eq!(layout.broken(), ["layout-ref-duplicate"].into());
    layout.index(json!([one, one]));
    assert_eq!(layout.broken(), ["layout-blob-unreferenced"].into());
    let arm = entry(&layout.image(json!({ "architecture": "arm64" }), json!({})), "v1");
    other = arm;
    other["platform"]["architecture"] = json!("arm64");
    layout.index(json!([one, other]));
    assert!(!layout.broken().contains("layout-ref-duplicate"));
}

#[test]
fn one_image_of_a_layout_is_looked_at_alone() {
    let layout = Layout::new();
    let good = layout.image(json!({}), json!({}));
    let bad = layout.image(json!({ "os": 1 }), json!({}));
    layout.index(json!([entry(&good, "good"), entry(&bad, "bad")]));
    let of = |what: &str| {
        let source = format!("oci:{}{what}", layout.path().display()).parse().unwrap();
        report_of(&Target::Images(source), &Settings::default())
    };
    assert_eq!(broken(&of(":good").unwrap()), [].into());
    assert_eq!(broken(&of(":bad").unwrap()), ["config-os"].into());
    assert_eq!(broken(&of(&format!("@{}", digest(&bad))).unwrap()), ["config-os"].into());
    assert!(of(":none").unwrap_err().to_string().contains("good, bad"));
    let absent = format!("@sha256:{}", "a".repeat(64));
    assert!(matches!(of(&absent).unwrap_err(), Error::Content(_)));
}

#[test]
fn what_is_no_target_is_an_error_and_no_finding() {
    let place = tempfile::tempdir().unwrap();
    assert!(report(&place.path().join("none"), &Settings::default()).is_err());
    assert!(report(place.path(), &Settings::default()).unwrap_err().to_string().contains("neither"));
    let json = place.path().join("x.json");
    fs::write(&json, "{}").unwrap();
    assert!(report(&json, &Settings::default()).unwrap_err().to_string().contains("--as"));
}

#[test]
fn a_layer_is_recognised_and_an_archive_that_is_cut_off_is_a_finding() {
    let place = tempfile::tempdir().unwrap();
    let layout = Layout::with_image();
    let archive = place.path().join("layout.tar");
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_dir_all(".", layout.path()).unwrap();
    let bytes = tar.into_inner().unwrap();
    fs::write(&archive, &bytes).unwrap();
    let whole = report(&archive, &Settings::default()).unwrap();
    assert_eq!((broken(&whole), whole.kind), ([].into(), "image layout in an archive"));
    fs::write(&archive, &bytes[..bytes.len() - 1024]).unwrap();
    assert_eq!(broken(&report(&archive, &Settings::default()).unwrap()), ["layout-archive"].into());

    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(0);
    header.set_mode(0o644);
    header.set_mtime(1);
    header.set_uid(0);
    header.set_gid(0);
    tar.append_data(&mut header, "file", &b""[..]).unwrap();
    let layer = place.path().join("layer");
    fs::write(&layer, tar.into_inner().unwrap()).unwrap();
    let layer = report(&layer, &Settings::default()).unwrap();
    assert_eq!((layer.kind, layer.counts.errors), ("layer", 0), "{:?}", layer.findings);
}

#[test]
fn the_report_does_not_depend_on_chance() {
    let layout = Layout::with_image();
    for n in 0..300_u32 {
        let blob = layout.blob("text/plain", &n.to_le_bytes());
        fs::write(layout.blob_path(&digest(&blob)), b"x").unwrap();
    }
    let shown = || {
        layout.report().findings.iter().map(|f| format!("{} {}", f.location, f.message)).collect::<Vec<_>>()
    };
    let first = shown();
    assert_eq!(first.len(), 101);
    for _ in 0..5 {
        assert_eq!(shown(), first);
    }
    assert_eq!(layout.report().omitted[0].count, 200);
}

#[test]
fn reports_are_what_their_formats_say() {
    let layout = Layout::with_image();
    layout.index(json!([{ "mediaType": "<&>", "digest": "x", "size": 1 }]));
    let report = layout.report();
    let json = serde_json::to_value(report.to_json()).unwrap();
    assert_eq!(json["passed"], false);
    let found = json["findings"].as_array().unwrap();
    let finding = found.iter().find(|finding| finding["rule"] == "descriptor-media-type").unwrap();
    assert_eq!(finding["file"], "index.json");
    assert_eq!(finding["pointer"], "/manifests/0/mediaType");
    assert_eq!(finding["digest"], Value::Null);
    let sarif = report.to_sarif("1");
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
    }
    let junit = report.to_junit();
    assert!(
        junit.contains("<testcase classname=\"descriptor\" name=\"descriptor-media-type\">\n<failure"),
        "{junit}"
    );
    assert!(junit.contains("&lt;&amp;&gt;") && !junit.contains("<&"), "{junit}");
    assert_eq!(junit.matches("<testcase").count(), ocidian_validate::rules::all().count());
}
