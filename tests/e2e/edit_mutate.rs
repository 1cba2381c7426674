//! `mutate`: what is named changes, all else stays, and no other writer's work is lost.

use std::path::Path;
use std::process::Stdio;

use ocidian_testkit::layout::{Entry, Layer, Layout};
use ocidian_testkit::require;
use serde_json::{Value, json};

use crate::bin::{ocidian, ok, run};
use crate::cli_images::{Images, architectures, read_json};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn config(image: &str) -> Value {
    parsed(&ok(["inspect", "--config", image]))
}

fn manifest(image: &str) -> Value {
    parsed(&ok(["inspect", "--raw", image]))
}

fn refused(arguments: &[&str], code: i32, said: &str) {
    let output = run(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
    assert!(error.contains(said), "{arguments:?}: {error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn every_field_can_be_set_and_cleared() {
    let images = Images::new();
    let app = images.image("app");
    ok([
        "mutate",
        &app,
        "--entrypoint",
        r#"["/bin/sh", "-c"]"#,
        "--cmd",
        "-x",
        "--cmd",
        "a b",
        "--env",
        "GREETING=hi",
    ]);
    ok([
        "mutate",
        &app,
        "--env",
        "NEW=1=2",
        "--user",
        "7",
        "--workdir",
        "/w",
        "--label",
        "a=b",
        "--port",
        "53/udp",
    ]);
    ok([
        "mutate",
        &app,
        "--volume",
        "/v",
        "--stop-signal",
        "SIGINT",
        "--author",
        "me",
        "--created",
        "2020-01-01T00:00:00Z",
    ]);
    let found = config(&app);
    assert_eq!(
        found["config"],
        json!({
            "Entrypoint": ["/bin/sh", "-c"],
            "Cmd": ["-x", "a b"],
            "Env": ["PATH=/bin", "GREETING=hi", "NEW=1=2"],
            "User": "7",
            "WorkingDir": "/w",
            "Labels": { "maintainer": "someone", "a": "b" },
            "ExposedPorts": { "80/tcp": {}, "53/udp": {} },
            "Volumes": { "/data": {}, "/v": {} },
            "StopSignal": "SIGINT",
        })
    );
    assert_eq!((&found["author"], &found["created"]), (&json!("me"), &json!("2020-01-01T00:00:00Z")));

    ok([
        "mutate",
        &app,
        "--unset-env",
        "PATH",
        "--unset-label",
        "a",
        "--unset-port",
        "80/tcp",
        "--unset-volume",
        "/v",
    ]);
    ok(["mutate", &app, "--set-platform", "linux/riscv64"]);
    let found = config(&app);
    assert_eq!(found["config"]["Env"], json!(["GREETING=hi", "NEW=1=2"]));
    assert_eq!(found["config"]["Labels"], json!({ "maintainer": "someone" }));
    assert_eq!(found["config"]["ExposedPorts"], json!({ "53/udp": {} }));
    assert_eq!(found["config"]["Volumes"], json!({ "/data": {} }));
    assert_eq!(found["architecture"], "riscv64");

    let fields =
        ["entrypoint", "cmd", "env", "user", "workdir", "label", "port", "volume", "stop-signal", "author"];
    let clear: Vec<&str> = fields.iter().flat_map(|field| ["--clear", field]).collect();
    ok(["mutate", &app, "--clear", "created"].iter().chain(&clear));
    let found = config(&app);
    assert_eq!(found["config"], json!({}));
    assert_eq!((found.get("author"), found.get("created")), (None, None));
    // What is cleared can be set in the same breath.
    ok(["mutate", &app, "--clear", "env", "--env", "ONLY=1"]);
    assert_eq!(config(&app)["config"], json!({ "Env": ["ONLY=1"] }));
}

#[test]
fn annotations_go_where_they_are_said_to() {
    let images = Images::new();
    let (here, other) = architectures();
    let platform = format!("linux/{here}");
    let multi = images.image("multi");
    // Written once, so that members are in the specification's order, which the fixture does not have.
    for flag in ["--annotation", "--unset-annotation"] {
        let value = if flag == "--annotation" { "a=1" } else { "a" };
        ok(["mutate", &multi, "--platform", &platform, flag, value]);
    }
    let before = manifest(&multi);
    ok([
        "mutate",
        &multi,
        "--platform",
        &platform,
        "--annotation",
        "a=1",
        "--annotation",
        "index:b=2",
        "--annotation",
        "manifest-descriptor:c=3",
        "--annotation",
        "config-descriptor:d=4",
    ]);
    let index = manifest(&multi);
    assert_eq!(index["annotations"], json!({ "b": "2" }));
    assert_eq!(index["manifests"][1], before["manifests"][1], "the image for {other} is as it was");
    assert_eq!(index["manifests"][0]["annotations"], json!({ "c": "3" }));
    assert_eq!(index["manifests"][0]["platform"], before["manifests"][0]["platform"]);
    let child = parsed(&ok(["inspect", "--raw", "--platform", &platform, &multi]));
    assert_eq!(child["annotations"], json!({ "a": "1" }));
    assert_eq!(child["config"]["annotations"], json!({ "d": "4" }));
    ok([
        "rootfs",
        "-q",
        "--platform",
        &format!("linux/{other}"),
        &multi,
        images.beside("tree").to_str().unwrap(),
    ]);

    // Taken out again, the index is what it was.
    ok([
        "mutate",
        &multi,
        "--platform",
        &platform,
        "--unset-annotation",
        "a",
        "--unset-annotation",
        "index:b",
        "--unset-annotation",
        "manifest-descriptor:c",
        "--unset-annotation",
        "config-descriptor:d",
    ]);
    assert_eq!(manifest(&multi)["manifests"], before["manifests"]);
    // In index.json, beside the name, where there is no index above.
    let app = images.image("app");
    ok(["mutate", &app, "--annotation", "manifest-descriptor:x=y"]);
    let entries = read_json(&images.path().join("index.json"));
    let annotations = json!({ "org.opencontainers.image.ref.name": "app", "x": "y" });
    assert!(entries["manifests"].as_array().unwrap().iter().any(|entry| entry["annotations"] == annotations));
    refused(&["mutate", &app, "--annotation", "index:a=b"], 1, "no index");
}

#[test]
fn what_is_not_named_stays_to_the_byte() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("layout");
    let mut layout = Layout::create(&path).unwrap();
    let layer = Layer::gzip(&[Entry::file("f", "x")]).unwrap();
    let image = layout.image(("linux", architectures().0), &json!({ "Cmd": ["x"] }), &[layer]).unwrap();
    // An image with everything that nobody here knows.
    let blob = |digest: &Value| path.join("blobs").join(digest.as_str().unwrap().replace(':', "/"));
    let plain = read_json(&blob(&image["digest"]));
    let text = std::fs::read_to_string(blob(&plain["config"]["digest"])).unwrap();
    let text =
        text.replacen('{', r#"{"com.example":{"n":1.10,"big":123456789012345678901234567890,"x":null},"#, 1);
    let text = text.replacen(r#""config":{"#, r#""config":{"Healthcheck":{"Test":["NONE"]},"Env":null,"#, 1);
    let config_descriptor = layout.blob("application/vnd.oci.image.config.v1+json", text.as_bytes()).unwrap();
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{config_descriptor},"layers":{},"annotations":{{"z":"1","a":"2"}},"x-more":[1.0]}}"#,
        plain["layers"]
    );
    let odd = layout.blob("application/vnd.oci.image.manifest.v1+json", text.as_bytes()).unwrap();
    layout.tag(&odd, "odd").unwrap();
    let odd = format!("oci:{}:odd", path.display());

    let digest = |text: &str| parsed(text)["digest"].as_str().unwrap().to_owned();
    // Nothing named, nothing changed.
    let same = digest(&ok(["mutate", "--format", "json", &odd]));
    assert_eq!(ok(["inspect", "--raw", &odd]), text);
    assert!(text_of(&path, &same) == text);
    let changed = ok(["mutate", &odd, "--label", "k=v", "--format", "json"]);
    assert_ne!(digest(&changed), same);
    let config = ok(["inspect", "--config", &odd]);
    for kept in [
        r#""com.example":{"n":1.10,"big":123456789012345678901234567890,"x":null}"#,
        r#""Healthcheck":{"Test":["NONE"]}"#,
        r#""Env":null"#,
    ] {
        assert!(config.contains(kept), "{kept}\n{config}");
    }
    assert!(ok(["inspect", "--raw", &odd]).contains(r#""x-more":[1.0]"#));
    // There and back again: members are in the specification's order from the first edit on.
    let once = digest(&ok(["mutate", &odd, "--user", "1", "--format", "json"]));
    ok(["mutate", &odd, "--user", "2"]);
    assert_eq!(digest(&ok(["mutate", &odd, "--user", "1", "--format", "json"])), once);
}

fn text_of(layout: &Path, digest: &str) -> String {
    std::fs::read_to_string(layout.join("blobs").join(digest.replace(':', "/"))).unwrap()
}

#[test]
fn a_whole_config_is_taken_from_a_file() {
    let images = Images::new();
    let app = images.image("app");
    let before = config(&app);
    let file = images.beside("config.json");
    let path = file.to_str().unwrap();
    std::fs::write(
        &file,
        r#"{"architecture":"arm","os":"linux","variant":"v7","config":{"Cmd":["/x"]},"more":1}"#,
    )
    .unwrap();
    ok(["mutate", &app, "--config-file", path, "--env", "A=b"]);
    let found = config(&app);
    assert_eq!(found["config"], json!({ "Cmd": ["/x"], "Env": ["A=b"] }));
    assert_eq!((&found["variant"], &found["more"]), (&json!("v7"), &json!(1)));
    assert_eq!((&found["rootfs"], &found["history"]), (&before["rootfs"], &before["history"]));

    let other =
        json!({ "architecture": "arm", "os": "linux", "rootfs": { "type": "layers", "diff_ids": [] } });
    std::fs::write(&file, other.to_string()).unwrap();
    refused(&["mutate", &app, "--config-file", path], 1, "rootfs.diff_ids");
    for (text, said) in
        [("{", "config"), (r#"{"os":"linux"}"#, "architecture"), (r#"{"os":"a","os":"b"}"#, "os")]
    {
        std::fs::write(&file, text).unwrap();
        refused(&["mutate", &app, "--config-file", path], 1, said);
    }
    refused(&["mutate", &app, "--config-file", "/nowhere/at/all"], 3, "/nowhere/at/all");
    assert_eq!(config(&app), found);
}

#[test]
fn history_gets_a_line_where_one_is_asked_for() {
    let images = Images::of_config(&json!({}));
    let image = images.image("latest");
    let lines = |image: &str| config(image)["history"].as_array().cloned().unwrap_or_default();
    let before = lines(&image).len();
    ok(["mutate", &image, "--user", "1"]);
    assert_eq!(lines(&image).len(), before);
    // The fixture has no history at all, so that no line could be told from a layer's.
    let output = run(["mutate", &image, "--history.comment", "why", "--user", "2"]);
    assert!(output.status.success());
    if before == 0 {
        assert!(String::from_utf8_lossy(&output.stderr).contains("history"), "{output:?}");
    }
    let file = images.beside("config.json");
    let with = json!({
        "architecture": architectures().0, "os": "linux", "created": "2001-02-03T04:05:06Z",
        "history": [{ "created_by": "base" }],
    });
    std::fs::write(&file, with.to_string()).unwrap();
    ok(["mutate", &image, "--config-file", file.to_str().unwrap()]);
    ok(["mutate", &image, "--user", "3", "--history.created-by", "by me", "--history.comment", "why"]);
    let line = json!({
        "created": "2001-02-03T04:05:06Z", "created_by": "by me", "comment": "why", "empty_layer": true,
    });
    assert_eq!(lines(&image), [json!({ "created_by": "base" }), line]);
    // SOURCE_DATE_EPOCH says when.
    let mut command = ocidian();
    command.env("SOURCE_DATE_EPOCH", "86400").args(["mutate", "-q", &image, "--user", "4"]);
    assert!(command.status().unwrap().success());
    assert_eq!(config(&image)["created"], "1970-01-02T00:00:00Z");
    let mut command = ocidian();
    command.env("SOURCE_DATE_EPOCH", "yesterday").args(["mutate", "-q", &image, "--user", "5"]);
    assert_eq!(command.output().unwrap().status.code(), Some(2));
}

#[test]
fn the_result_goes_where_it_is_said_to() {
    let images = Images::new();
    let app = images.image("app");
    let digest = |image: &str| parsed(&ok(["inspect", "--format", "json", image]))["image"]["digest"].clone();
    let before = digest(&app);
    let file = images.beside("digest");
    ok(["mutate", &app, "-t", "other", "--user", "9", "--digestfile", file.to_str().unwrap()]);
    let other = digest(&images.image("other"));
    assert_eq!((digest(&app), &json!(std::fs::read_to_string(file).unwrap())), (before.clone(), &other));
    // Another layout, which is made, and an archive, each whole.
    for (form, name) in [("oci", "elsewhere"), ("oci-archive", "elsewhere.tar")] {
        let there = format!("{form}:{}:x", images.beside(name).display());
        let report = parsed(&ok(["mutate", &app, "-t", &there, "--user", "9", "--format", "json"]));
        assert_eq!((&report["image"], &report["digest"]), (&json!(there), &other));
        ok(["rootfs", "-q", &there, images.beside(&format!("{name}-tree")).to_str().unwrap()]);
    }
    // An archive can be edited in place.
    let archive = format!("oci-archive:{}:x", images.beside("elsewhere.tar").display());
    ok(["mutate", "-q", &archive, "--user", "10"]);
    assert_eq!(config(&archive)["config"]["User"], "10");
    // All platforms of a multi-platform image come along.
    let there = format!("oci:{}:multi", images.beside("elsewhere").display());
    let (here, others) = architectures();
    ok([
        "mutate",
        &images.image("multi"),
        "--platform",
        &format!("linux/{here}"),
        "-t",
        &there,
        "--user",
        "9",
    ]);
    ok([
        "rootfs",
        "-q",
        "--platform",
        &format!("linux/{others}"),
        &there,
        images.beside("o").to_str().unwrap(),
    ]);

    // By digest an image can be edited, but then needs a name.
    let named = format!("oci:{}@{}", images.path().display(), before.as_str().unwrap());
    refused(&["mutate", &named, "--user", "1"], 2, "--tag");
    ok(["mutate", &named, "--user", "9", "-t", "third"]);
    assert_eq!(digest(&images.image("third")), other);
}

#[test]
fn wrong_uses_change_nothing() {
    let images = Images::new();
    let app = images.image("app");
    let index = std::fs::read(images.path().join("index.json")).unwrap();
    let missing = format!("oci:{}:x", images.beside("missing").display());
    refused(&["mutate", &images.image("nope"), "--user", "1"], 3, "nope");
    refused(&["mutate", &missing, "--user", "1"], 3, "missing");
    refused(&["mutate", &missing, "--user", "1", "-t", "y"], 3, "missing");
    refused(&["mutate", &images.image("multi"), "--user", "1"], 2, "--platform");
    refused(&["mutate", &app, "--user", "1", "-t", "..bad"], 1, "..bad");
    refused(&["mutate", &app, "--user", "1", "-t", "a b"], 2, "--tag");
    refused(&["mutate", &app, "--platform", "linux/s390x"], 3, "s390x");
    for (flag, value) in [
        ("--port", "http"),
        ("--env", "x"),
        ("--entrypoint", "[1]"),
        ("--clear", "everything"),
        ("--created", "yesterday"),
        ("--label", "=v"),
        ("--annotation", "a"),
        ("--set-platform", "linux"),
    ] {
        refused(&["mutate", &app, flag, value], 2, value);
    }
    assert!(!images.beside("missing").exists());
    assert_eq!(std::fs::read(images.path().join("index.json")).unwrap(), index);
    let directories = std::fs::read_dir(images.path()).unwrap().map(Result::unwrap);
    let left: Vec<_> = directories.filter(|e| e.path().is_dir()).map(|e| e.file_name()).collect();
    assert_eq!(left, ["blobs"]);
}

#[test]
fn sixteen_at_once_lose_nothing() {
    let images = Images::new();
    let app = images.image("app");
    let children: Vec<_> = (0..16)
        .map(|n| {
            let mut command = ocidian();
            command.args([
                "mutate",
                "-q",
                &app,
                "--env",
                &format!("N{n}={n}"),
                "--label",
                &format!("n{n}=x"),
            ]);
            command.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let found = config(&app);
    let env: Vec<&str> =
        found["config"]["Env"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
    for n in 0..16 {
        assert!(env.contains(&format!("N{n}={n}").as_str()), "{n}: {env:?}");
        assert_eq!(found["config"]["Labels"][format!("n{n}")], "x");
    }
}

#[test]
fn umoci_and_skopeo_read_the_result() {
    let [umoci, skopeo] = require!("umoci", "skopeo");
    let images = Images::new();
    let app = images.image("app");
    ok(["mutate", "-q", &app, "--env", "A=b", "--annotation", "x=y", "--history.created-by", "me"]);
    let layout = format!("{}:app", images.path().display());
    let stat = umoci.command().args(["stat", "--json", "--image", &layout]).output().unwrap();
    assert!(stat.status.success(), "{stat:?}");
    let inspected = skopeo.command().args(["inspect", "--config", &app]).output().unwrap();
    assert!(inspected.status.success(), "{inspected:?}");
    assert_eq!(parsed(&String::from_utf8(inspected.stdout).unwrap())["config"]["Env"][2], "A=b");
}
