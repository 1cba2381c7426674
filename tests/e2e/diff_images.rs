//! `diff` of two images says why they differ: each cause alone is told by its own word, and by exit code 1.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bin::{fails, ok, run};

/// A source tree, and a layout of images of it.
struct Images {
    place: tempfile::TempDir,
}

impl Images {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        for (name, content) in [("etc/motd", "hello\n"), ("bin/tool", "#!/bin/sh\n"), ("a", "a")] {
            let path = place.path().join("source").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let images = Self { place };
        images.build("base", &[]);
        images
    }

    fn at(&self, name: &str) -> String {
        self.place.path().join(name).display().to_string()
    }

    fn image(&self, tag: &str) -> String {
        format!("oci:{}:{tag}", self.at("images"))
    }

    /// The source as an image whose times and owners are fixed, unless `flags` say otherwise.
    fn build(&self, tag: &str, flags: &[&str]) {
        let fixed = |name: &'static str, value: &'static str| {
            let given = flags.iter().any(|flag| flag.starts_with(name));
            (!given).then(|| format!("{name}={value}"))
        };
        let defaults = [fixed("--mtime", "1000000000"), fixed("--owner", "0:0")];
        let source = self.at("source");
        let image = self.image(tag);
        let arguments = ["build", "-q", source.as_str(), "-t", image.as_str()];
        let defaults = defaults.iter().flatten().map(String::as_str);
        ok(arguments.into_iter().chain(defaults).chain(flags.iter().copied()));
    }

    /// What the two differ in, which has to be something.
    fn differ(&self, a: &str, b: &str, flags: &[&str]) -> Value {
        differ(&self.image(a), &self.image(b), flags)
    }
}

/// The report on two things that differ.
pub(crate) fn differ(a: &str, b: &str, flags: &[&str]) -> Value {
    let (code, report) = compared(a, b, flags);
    assert_eq!((code, &report["same"]), (1, &false.into()), "{report}");
    report
}

/// The report on two things that do not.
pub(crate) fn same(a: &str, b: &str, flags: &[&str]) -> Value {
    let (code, report) = compared(a, b, flags);
    assert_eq!((code, &report["same"]), (0, &true.into()), "{report}");
    report
}

fn compared(a: &str, b: &str, flags: &[&str]) -> (i32, Value) {
    let output = run(["diff", "--format", "json", a, b].iter().chain(flags));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output.status.code().unwrap(), report)
}

fn causes(report: &Value) -> Vec<&str> {
    let layers = report["layers"].as_array().unwrap();
    layers
        .iter()
        .flat_map(|layer| layer["causes"].as_array().unwrap())
        .map(|it| it.as_str().unwrap())
        .collect()
}

fn verdict<'a>(report: &'a Value, role: &str) -> &'a str {
    let documents = report["documents"].as_array().unwrap();
    documents.iter().find(|it| it["role"] == role).unwrap()["verdict"].as_str().unwrap()
}

fn paths(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let paths = report["files"]["paths"].as_array().unwrap();
    paths.iter().map(|it| (text(&it["path"]), text(&it["verdict"]))).collect()
}

#[test]
fn an_image_is_itself() {
    let images = Images::new();
    images.build("again", &[]);
    let report = same(&images.image("base"), &images.image("again"), &[]);
    assert_eq!((verdict(&report, "manifest"), verdict(&report, "config")), ("same", "same"));
    assert_eq!((causes(&report), paths(&report)), (vec![], vec![]));
    let text = ok(["diff", &images.image("base"), &images.image("again")]);
    assert_eq!(text, "manifest: same\nconfig: same\nlayer 1: same\nfiles: same\n");
}

#[test]
fn each_cause_alone_is_told_by_its_word() {
    let images = Images::new();
    let table: [(&str, &[&str], &[&str], &str); 4] = [
        ("zstd", &["--compress=zstd"], &["compressor"], "same"),
        ("level", &["--compress=gzip:1"], &["compressor"], "same"),
        ("times", &["--mtime=1000000001"], &["mtime"], "changed"),
        ("owner", &["--owner=7:8"], &["owner"], "changed"),
    ];
    for (tag, flags, expected, config) in table {
        images.build(tag, flags);
        let report = images.differ("base", tag, &[]);
        assert_eq!(causes(&report), expected, "{tag}: {report}");
        assert_eq!((verdict(&report, "manifest"), verdict(&report, "config")), ("changed", config), "{tag}");
        assert_eq!(paths(&report).is_empty(), expected == ["compressor"], "{tag}: {report}");
    }
    let files = ["--only-files", "--ignore", "mtime"];
    same(&images.image("base"), &images.image("times"), &files);
    assert_eq!(causes(&images.differ("base", "times", &["--no-files"])), ["mtime"]);
    differ(&images.image("base"), &images.image("owner"), &files);
    same(&images.image("times"), &images.image("owner"), &["--only-files", "--ignore", "mtime,owner"]);
}

#[test]
fn one_file_that_changed() {
    let images = Images::new();
    fs::write(images.place.path().join("source/etc/motd"), "hullo\n").unwrap();
    fs::remove_file(images.place.path().join("source/a")).unwrap();
    fs::write(images.place.path().join("source/b\x1b[31m"), "b").unwrap();
    images.build("next", &[]);
    let report = images.differ("base", "next", &[]);
    assert_eq!(causes(&report), ["entries", "content"], "{report}");
    let pair = |path: &str, verdict: &str| (path.to_owned(), verdict.to_owned());
    let expected = [pair("/a", "only-a"), pair(r"/b\x1b[31m", "only-b"), pair("/etc/motd", "changed")];
    assert_eq!(paths(&report), expected);
    assert_eq!(report["files"]["paths"][2]["differences"][0]["what"], "content");
    let limited = images.differ("base", "next", &["--limit", "1"]);
    assert_eq!((paths(&limited).len(), &limited["files"]["count"]), (1, &3.into()));
    let output = run(["diff", &images.image("base"), &images.image("next"), "--limit", "2"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("  - /a (a regular file)\n  + /b\\x1b[31m (a regular file)\n  and 1 more"),
        "{text}"
    );
    assert!(text.contains("/rootfs/diff_ids/0") && !text.contains('\x1b'), "{text}");
    assert!(output.stderr.is_empty());
    let quiet = run(["diff", "-q", &images.image("base"), &images.image("next")]);
    assert_eq!((quiet.status.code(), quiet.stdout, quiet.stderr), (Some(1), vec![], vec![]));
}

#[test]
fn a_layer_on_top_and_a_config_of_other_values() {
    let images = Images::new();
    let base = images.image("base");
    fs::write(images.place.path().join("new"), "new").unwrap();
    ok(["insert", "-q", &base, &images.at("new"), "/etc/new", "-t", &images.image("more")]);
    let report = images.differ("base", "more", &[]);
    assert_eq!(report["layers"][0]["verdict"], "same", "{report}");
    assert_eq!(report["layers"][1]["verdict"], "only-b", "{report}");
    assert!(paths(&report).contains(&("/etc/new".to_owned(), "only-b".to_owned())), "{report}");
    ok(["mutate", "-q", &base, "--env", "A=b", "-t", &images.image("env")]);
    let report = images.differ("base", "env", &[]);
    assert_eq!((causes(&report), paths(&report)), (vec![], vec![]));
    let config = report["documents"][1]["changes"].to_string();
    assert!(config.contains("/config"), "{config}");
}

#[test]
fn json_that_is_only_formatted_otherwise() {
    let images = Images::new();
    let other = images.at("other");
    ok(["copy", "-q", &images.image("base"), &format!("oci:{other}:base")]);
    let index = Path::new(&other).join("index.json");
    let mut listed: Value = serde_json::from_slice(&fs::read(&index).unwrap()).unwrap();
    let entry = &mut listed["manifests"][0];
    let blobs = Path::new(&other).join("blobs/sha256");
    let old = entry["digest"].as_str().unwrap().trim_start_matches("sha256:").to_owned();
    let manifest: Value = serde_json::from_slice(&fs::read(blobs.join(old)).unwrap()).unwrap();
    let pretty = serde_json::to_vec_pretty(&manifest).unwrap();
    let digest = ocidian_spec::Digest::sha256(&pretty).to_string();
    fs::write(blobs.join(digest.trim_start_matches("sha256:")), &pretty).unwrap();
    entry["digest"] = digest.into();
    entry["size"] = pretty.len().into();
    fs::write(&index, listed.to_string()).unwrap();
    let report = differ(&images.image("base"), &format!("oci:{other}:base"), &[]);
    assert_eq!((verdict(&report, "manifest"), verdict(&report, "config")), ("formatting", "same"));
    assert_eq!((causes(&report), paths(&report)), (vec![], vec![]));
}

#[test]
fn what_fails_never_has_the_code_of_a_difference() {
    let images = Images::new();
    let base = images.image("base");
    fails(["diff", &base, &images.image("nope")], 3, "nope");
    fails(["diff", &base, "./does-not-exist"], 3, "does-not-exist");
    fails(["diff", &base], 2, "ocidian diff --help");
    fails(["diff", &base, &base, "--ignore", "colour"], 2, "colour");
    fails(["diff", "--no-files", &base, &images.at("source")], 2, "--no-files");
    fails(["diff", "-", "-"], 2, "standard input");
    let junk = images.at("junk");
    fs::write(&junk, "junk").unwrap();
    fails(["diff", &base, &format!("oci-archive:{junk}")], 2, "junk");
    // A damaged layer is found wherever it has to be read.
    images.build("times", &["--mtime=1000000001"]);
    let report = images.differ("base", "times", &[]);
    let digest = report["layers"][0]["b"]["digest"].as_str().unwrap().replace(':', "/");
    let blob = Path::new(&images.at("images")).join("blobs").join(digest);
    let mut bytes = fs::read(&blob).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&blob, bytes).unwrap();
    fails(["diff", &base, &images.image("times")], 5, "sha256:");
}
