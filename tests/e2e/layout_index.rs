//! `index create|add|rm|annotate`: multi-platform images, made and changed in place.

use std::process::Stdio;

use ocidian_testkit::run::stdout;
use serde_json::{Value, json};

use crate::bin::{fails, ocidian, ok, report};
use crate::cli_images::{Images, architectures, read_json};

const OS_ARCHES: [&str; 3] = ["linux/amd64", "linux/arm64", "linux/arm/v7"];

/// As [`Images::new`], with an image for each of three platforms.
fn images() -> Images {
    let images = Images::new();
    for (n, platform) in OS_ARCHES.iter().enumerate() {
        ok(["new", "--platform", platform, &images.image(&format!("p{n}"))]);
    }
    images
}

fn digest(images: &Images, tag: &str) -> String {
    report(["ls", &images.image(tag)])[0]["digest"].as_str().unwrap().to_owned()
}

fn index(images: &Images, tag: &str) -> Value {
    serde_json::from_str(&ok(["inspect", "--raw", &images.image(tag)])).unwrap()
}

fn platforms(images: &Images, tag: &str) -> Vec<String> {
    let told = |child: &Value| {
        let part = |name: &str| child["platform"][name].as_str().map(str::to_owned);
        ["os", "architecture", "variant"].iter().filter_map(|name| part(name)).collect::<Vec<_>>().join("/")
    };
    index(images, tag)["manifests"].as_array().unwrap().iter().map(told).collect()
}

#[test]
fn an_index_is_made_of_images_by_what_their_configs_say() {
    let images = images();
    let sources = ["p0", "p1", "p2"].map(|tag| images.image(tag));
    let made = report(
        ["index", "create", "--annotation", "a=b=c", "--artifact-type", "application/x-set"]
            .into_iter()
            .map(str::to_owned)
            .chain([images.image("all")])
            .chain(sources.clone()),
    );
    assert_eq!(made["digest"], digest(&images, "all"));
    assert_eq!(made["added"].as_array().unwrap().len(), 3);
    assert_eq!(platforms(&images, "all"), OS_ARCHES);
    let document = index(&images, "all");
    assert_eq!(document["annotations"], json!({ "a": "b=c" }));
    assert_eq!(document["artifactType"], "application/x-set");
    for child in document["manifests"].as_array().unwrap() {
        assert_eq!(child.get("annotations"), None, "the name that the layout gave it stays there");
    }
    fails(["index", "create", &images.image("all"), &sources[0]], 1, "--force");
    ok(["index", "create", "--force", &images.image("all"), &sources[0]]);
    assert_eq!(platforms(&images, "all"), OS_ARCHES[..1]);
    fails(["index", "create", &images.image("x"), &sources[0], &images.image("multi")], 2, "linux/amd64");
    assert_eq!(report(["index", "create", &images.image("none")])["added"], json!([]));
}

#[test]
fn images_are_added_replaced_and_removed() {
    let images = images();
    ok(["index", "create", &images.image("all"), &images.image("p0")]);
    let before = digest(&images, "all");
    let added = report(["index", "add", &images.image("all"), &images.image("p1"), &images.image("p2")]);
    assert_eq!(added["was"], json!([before]));
    assert_eq!(platforms(&images, "all"), OS_ARCHES);

    // Nothing new, nothing written.
    let before = digest(&images, "all");
    ok(["index", "add", &images.image("all"), &images.image("p1")]);
    assert_eq!(digest(&images, "all"), before);

    // Another image for the same platform takes the place of the first.
    fails(["index", "add", "-n", &images.image("all"), &images.image("app")], 1, "--no-clobber");
    let here = format!("linux/{}", architectures().0);
    let replaced = report(["index", "add", &images.image("all"), &images.image("app")]);
    assert_eq!(replaced["added"][0]["digest"], digest(&images, "app"));
    assert_eq!(replaced["replaced"].as_array().unwrap().len(), 1);
    assert_eq!(platforms(&images, "all"), OS_ARCHES);

    fails(["index", "rm", &images.image("all"), "linux/s390x"], 3, "linux/arm/v7");
    fails(["index", "rm", &images.image("all"), &format!("sha256:{}", "0".repeat(64))], 3, "sha256:000");
    fails(["index", "rm", &images.image("all"), "linux"], 2, "os/arch");
    let app = digest(&images, "app");
    let removed = report(["index", "rm", &images.image("all"), "linux/arm", &app]);
    assert_eq!(removed["removed"].as_array().unwrap().len(), 2);
    assert!(!platforms(&images, "all").contains(&here));
    assert_eq!(platforms(&images, "all").len(), 1);
}

#[test]
fn a_platform_can_be_chosen_and_one_can_be_said() {
    let images = images();
    ok(["index", "create", &images.image("all")]);
    let other = format!("linux/{}", architectures().1);
    ok(["index", "add", "--platform", &other, &images.image("all"), &images.image("multi")]);
    assert_eq!(platforms(&images, "all"), [other.as_str()]);
    ok(["index", "add", "--as-platform", "linux/amd64/v3", &images.image("all"), &images.image("p0")]);
    assert_eq!(platforms(&images, "all"), [other.as_str(), "linux/amd64/v3"]);
    let as_one = ["index", "add", "--as-platform", "linux/386", &images.image("all"), &images.image("multi")];
    fails(as_one, 2, "--as-platform");
    // What a platform without a variant means is not guessed where several would do.
    ok(["index", "add", "--as-platform", "linux/amd64/v2", &images.image("all"), &images.image("p0")]);
    if architectures().0 == "amd64" {
        fails(["index", "rm", &images.image("all"), "linux/amd64"], 1, "linux/amd64/v2");
    }
}

#[test]
fn images_of_other_places_are_copied_into_the_layout() {
    let (images, others) = (Images::new(), Images::new());
    let archive = format!("oci-archive:{}", images.beside("x.tar").display());
    ok(["new", "--platform", "linux/s390x", &others.image("far")]);
    ok(["copy", &others.image("far"), &archive]);
    ok(["index", "create", &images.image("all"), &others.image("multi")]);
    ok(["index", "add", &images.image("all"), &archive]);
    assert_eq!(platforms(&images, "all").len(), 3);
    // All of it is there: nothing of the others is needed any more.
    let layout = images.path().display().to_string();
    drop(others);
    ok(["gc", "--grace", "0", &layout]);
    let whole = report(["copy", &images.image("all"), &format!("oci:{}", images.beside("whole").display())]);
    assert_eq!(whole["absent"], json!([]));
}

#[test]
fn annotations_change_and_nothing_else_does() {
    let images = Images::new();
    // A document of someone else's, with members that nobody knows and spaces that nobody needs.
    let mut document = index(&images, "multi");
    document["x-unknown"] = json!({ "b": 1, "a": [null, 1.5] });
    document["manifests"][0]["x-child"] = json!("kept");
    document["manifests"][1]["urls"] = json!(["https://example.com"]);
    let bytes = serde_json::to_vec_pretty(&document).unwrap();
    let stored = ocidian_testkit::layout::Layout::create(&images.beside("scratch")).unwrap();
    let descriptor = stored.blob("application/vnd.oci.image.index.v1+json", &bytes).unwrap();
    let made = descriptor["digest"].as_str().unwrap();
    std::fs::write(images.blob(made), &bytes).unwrap();
    let path = images.path().join("index.json");
    let mut list = read_json(&path);
    for member in ["digest", "size"] {
        list["manifests"][1][member] = descriptor[member].clone();
    }
    list["manifests"][1]["x-entry"] = json!(7);
    std::fs::write(&path, list.to_string()).unwrap();

    // Without a change the document keeps its bytes.
    ok(["index", "annotate", &images.image("multi"), "--remove", "nothing"]);
    assert_eq!(digest(&images, "multi"), made);

    ok(["index", "annotate", &images.image("multi"), "--annotation", "a=1", "--annotation", "b=2"]);
    ok(["index", "annotate", &images.image("multi"), "--remove", "a"]);
    let here = format!("linux/{}", architectures().0);
    let child = ["--child", here.as_str(), "--annotation", "note=here"];
    let changed = report(
        ["index", "annotate", &images.image("multi")]
            .into_iter()
            .map(str::to_owned)
            .chain(child.map(str::to_owned)),
    );
    assert_eq!(changed["changed"][0]["annotations"], json!({ "note": "here" }));
    document["annotations"] = json!({ "b": "2" });
    document["manifests"][0]["annotations"] = json!({ "note": "here" });
    assert_eq!(index(&images, "multi"), document);
    assert_eq!(read_json(&path)["manifests"][1]["x-entry"], 7);

    ok(["index", "annotate", &images.image("multi"), "--child", &here, "--as-platform", "linux/riscv64"]);
    assert!(platforms(&images, "multi").contains(&"linux/riscv64".to_owned()));
    let other = format!("linux/{}", architectures().1);
    let taken =
        ["index", "annotate", &images.image("multi"), "--child", "linux/riscv64", "--as-platform", &other];
    fails(taken, 1, &other);
    fails(["index", "annotate", &images.image("multi")], 2, "--annotation");
}

#[test]
fn what_attests_an_image_leaves_with_it() {
    let images = Images::new();
    let path = images.path().join("index.json");
    let app = digest(&images, "app");
    ok(["new", "--platform", "unknown/unknown", &images.image("attestation")]);
    ok([
        "index",
        "add",
        &images.image("multi"),
        &images.image("attestation"),
        "--annotation",
        "vnd.docker.reference.type=attestation-manifest",
        "--annotation",
        &format!("vnd.docker.reference.digest={app}"),
    ]);
    assert_eq!(index(&images, "multi")["manifests"].as_array().unwrap().len(), 3);
    let removed = report(["index", "rm", &images.image("multi"), &app]);
    assert_eq!(removed["removed"].as_array().unwrap().len(), 2);
    assert_eq!(read_json(&path)["manifests"].as_array().unwrap().len(), 3);
}

#[test]
fn only_a_tagged_index_in_a_layout_can_be_changed() {
    let images = Images::new();
    let path = images.path().display().to_string();
    fails(["index", "add", &images.image("app"), &images.image("app")], 2, "index create");
    fails(["index", "add", &images.image("nope"), &images.image("app")], 3, "app, multi");
    fails(
        ["index", "add", &format!("oci:{path}@{}", digest(&images, "multi")), &images.image("app")],
        2,
        "TAG",
    );
    fails(["index", "add", "oci-archive:x.tar:multi", &images.image("app")], 2, "oci-archive");
    fails(["index", "create", &images.image("x"), &images.image("nope")], 3, "app, multi");
    fails(["index", "frobnicate"], 2, "ocidian index --help");
}

#[test]
fn many_at_once_all_show() {
    let images = Images::new();
    ok(["index", "create", &images.image("all")]);
    let (all, app) = (images.image("all"), images.image("app"));
    let add = |n: usize| {
        let mut command = ocidian();
        let platform = format!("linux/amd64/v{}", n + 2);
        command.args(["index", "add", "-q", "--as-platform", &platform, &all, &app]).stdout(Stdio::null());
        command.spawn().unwrap()
    };
    let children: Vec<_> = (0..16).map(add).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let mut found = platforms(&images, "all");
    found.sort_by_key(|platform| platform.trim_start_matches("linux/amd64/v").parse::<usize>().unwrap());
    let expected: Vec<String> = (0..16).map(|n| format!("linux/amd64/v{}", n + 2)).collect();
    assert_eq!(found, expected);
}

#[test]
fn other_tools_take_it() {
    let [skopeo] = ocidian_testkit::require!("skopeo");
    let images = images();
    let sources = ["p0", "p1", "p2"].map(|tag| images.image(tag));
    ok(["index", "create"].into_iter().map(str::to_owned).chain([images.image("all")]).chain(sources));
    let to = format!("oci:{}:all", images.beside("copy").display());
    stdout(skopeo.command().args(["copy", "--all", &images.image("all"), &to])).unwrap();
    assert_eq!(ok(["inspect", "--raw", &to]), ok(["inspect", "--raw", &images.image("all")]));
    let arm = skopeo
        .command()
        .args(["--override-arch", "arm64", "inspect", &images.image("all")])
        .output()
        .unwrap();
    let arm: Value = serde_json::from_slice(&arm.stdout).unwrap();
    assert_eq!(arm["Architecture"], "arm64");
}
