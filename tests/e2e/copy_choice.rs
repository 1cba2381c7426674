//! `copy`: which images, under which names, with what refers to them.

use serde_json::{Value, json};

use crate::bin::{fails, ok, report, run};
use crate::cli_images::architectures;
use crate::copy_images::{Source, copy, digest, listed};

#[test]
fn without_a_tag_an_image_keeps_its_name() {
    let source = Source::new();
    let to = source.to("oci", "to");
    copy(&[&source.image("app"), &to]);
    copy(&[&source.image("multi"), &format!("{to}:other")]);
    assert_eq!(ok(["ls", "--names", &to]), "app\nother\n");
    // A child of an index has no name of its own.
    let child = ok([
        "inspect",
        "--raw",
        "--platform",
        &format!("linux/{}", architectures().1),
        &source.image("multi"),
    ]);
    let child = ocidian_spec::Digest::sha256(child.as_bytes());
    copy(&[&format!("oci:{}@{child}", source.path("source").display()), &source.to("oci", "child")]);
    assert_eq!(ok(["ls", "--names", &source.to("oci", "child")]), "");
    assert_eq!(listed(&source.to("oci", "child")), [child.to_string()]);
    // Docker's names are of another kind: one that cannot be is left out, and that is said.
    let archive = source.to("docker-archive", "x.tar");
    let said = run(["copy", &source.image("app"), &archive]);
    assert!(said.status.success());
    assert!(String::from_utf8(said.stderr).unwrap().contains("app is no name for a docker-archive"));
    assert_eq!(ok(["ls", "--names", &archive]), "");
    fails(["copy", &source.image("app"), &format!("{archive}:app")], 1, "NAME:TAG");
    fails(["copy", &source.image("app"), &format!("{to}:a b")], 2, "a b");
    fails(["copy", &source.image("app"), &format!("{to}@{child}")], 2, "tag");
}

#[test]
fn a_tag_that_is_there_is_moved_and_it_is_said() {
    let source = Source::new();
    let to = source.to("oci", "to:x");
    copy(&[&source.image("app"), &to]);
    let app = digest(&to);
    fails(["copy", "--no-clobber", &source.image("multi"), &to], 1, &app);
    assert_eq!(digest(&to), app);
    copy(&["--no-clobber", &source.image("app"), &to]);
    let done = report(["copy", &source.image("multi"), &to]);
    assert_eq!(done["images"][0]["was"], json!([app]));
    assert_eq!(digest(&to), digest(&source.image("multi")));
    let again = copy(&[&source.image("app"), &to]);
    assert!(again.contains(&format!("(was {})", digest(&source.image("multi")))), "{again}");
    ok(["tag", &source.image("multi"), "x"]);
    fails(["copy", "--no-clobber", "--all-tags", &to[..to.len() - 2], &source.to("oci", "source")], 1, "x");
}

#[test]
fn within_a_layout_a_copy_is_another_tag() {
    let source = Source::new();
    let done = report(["copy", &source.image("multi"), &source.image("again")]);
    assert_eq!(done["copied"]["blobs"], 0);
    assert_eq!(digest(&source.image("again")), digest(&source.image("multi")));
    let index = std::fs::read(source.path("source/index.json")).unwrap();
    copy(&[&source.image("app"), &source.image("app")]);
    let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    assert_eq!(parse(&std::fs::read(source.path("source/index.json")).unwrap()), parse(&index));
}

#[test]
fn platforms_are_kept_as_they_are_asked_for() {
    let source = Source::new();
    let (here, other) = architectures();
    let (here, other) = (format!("linux/{here}"), format!("linux/{other}"));
    let multi = source.image("multi");

    let all = report(["copy", "--platform", "all", &multi, &source.to("oci", "all")]);
    assert_eq!(all["images"][0]["digest"], digest(&multi));
    let both = format!("{here},{other}");
    let both = report(["copy", "--platform", &both, &multi, &source.to("oci", "both")]);
    assert_eq!(both["images"][0]["digest"], digest(&multi), "nothing was left out");

    let to = source.to("oci", "one:x");
    let one = report(["copy", "--platform", &other, &multi, &to]);
    let image = &one["images"][0];
    assert_ne!(image["digest"], image["sourceDigest"]);
    assert_eq!(image["kept"].as_array().unwrap().len(), 1);
    // The image for this machine, and what attests it.
    assert_eq!(image["leftOut"].as_array().unwrap().len(), 2);
    let index: Value = serde_json::from_str(&ok(["inspect", "--raw", &to])).unwrap();
    assert_eq!(index["manifests"].as_array().unwrap().len(), 1);
    let said = String::from_utf8(run(["copy", "--platform", &other, &multi, &to]).stderr).unwrap();
    assert!(said.contains(&format!("without {here}")), "{said}");
    // The same platform of the same index is the same index.
    let again = report(["copy", "--platform", &other, &multi, &source.to("oci-archive", "again.tar")]);
    assert_eq!(again["images"][0]["digest"], image["digest"]);

    fails(["copy", "--platform", "linux/s390x", &multi, &source.to("oci", "none")], 3, &other);
    assert!(!source.path("none").exists());
    fails(["copy", "--platform", "all,linux/s390x", &multi, &source.to("oci", "none")], 2, "all");
    fails(["copy", "--platform", "linux", &multi, &source.to("oci", "none")], 2, "os/arch");
}

#[test]
fn of_several_images_of_one_name_the_platform_tells() {
    let source = Source::new();
    let platforms = ["linux/arm/v6", "linux/arm/v7"];
    for (name, platform) in ["a", "b"].iter().zip(platforms) {
        ok(["new", "--platform", platform, &source.image(name)]);
    }
    let digests = ["a", "b"].map(|name| digest(&source.image(name)));
    let index = source.path("source").join("index.json");
    let mut list: Value = serde_json::from_slice(&std::fs::read(&index).unwrap()).unwrap();
    for entry in list["manifests"].as_array_mut().unwrap() {
        if digests.iter().any(|digest| entry["digest"] == **digest) {
            entry["annotations"]["org.opencontainers.image.ref.name"] = json!("both");
        }
    }
    std::fs::write(&index, list.to_string()).unwrap();
    let to = source.to("oci", "to");
    fails(["copy", &source.image("both"), &to], 1, "linux/arm/v6");
    for (platform, digest) in platforms.iter().zip(&digests) {
        copy(&["--platform", platform, &source.image("both"), &to]);
        assert_eq!(listed(&to), [digest.as_str()]);
    }
    fails(["copy", "--platform", "linux/s390x", &source.image("both"), &to], 3, "linux/arm/v7");
}

#[test]
fn children_that_a_source_lacks_are_left_out_and_told() {
    let source = Source::new();
    let multi = source.image("multi");
    let index: Value = serde_json::from_str(&ok(["inspect", "--raw", &multi])).unwrap();
    let gone = index["manifests"][1]["digest"].as_str().unwrap();
    std::fs::remove_file(source.path("source/blobs").join(gone.replace(':', "/"))).unwrap();
    let to = source.to("oci", "to");
    let done = report(["copy", &multi, &to]);
    assert_eq!(done["absent"][0]["digest"], gone);
    assert_eq!(done["absent"][0]["dispensable"], false);
    assert_eq!(done["images"][0]["digest"], digest(&multi));
    let said = String::from_utf8(run(["copy", &multi, &to]).stderr).unwrap();
    assert!(said.contains("does not hold") && said.contains(architectures().1), "{said}");
    // A layer of what is asked for is another matter where the destination cannot do without.
    let app = report(["inspect", &source.image("app")]);
    let layer = app["image"]["layers"][0]["digest"].as_str().unwrap();
    std::fs::remove_file(source.path("source/blobs").join(layer.replace(':', "/"))).unwrap();
    fails(["copy", &source.image("app"), &source.to("docker-archive", "x.tar:a:b")], 3, layer);
    assert!(!source.path("x.tar").exists());
}

#[test]
fn referrers_come_along_where_that_is_asked_for() {
    let source = Source::new();
    let app = source.image("app");
    let done = report(["copy", &app, &source.to("oci", "alone")]);
    assert_eq!(done["images"].as_array().unwrap().len(), 1);
    let to = source.to("oci", "with");
    let done = report(["copy", "--referrers", &app, &to]);
    let why: Vec<&Value> = done["images"].as_array().unwrap().iter().map(|image| &image["why"]).collect();
    assert_eq!(why, ["asked", "referrer", "referrer"]);
    assert_eq!(listed(&to).len(), 3);
    // And from there, once more, into an archive.
    let archive = source.to("oci-archive", "with.tar");
    copy(&["--referrers", &format!("{to}:app"), &archive]);
    assert_eq!(listed(&archive), listed(&to));
    let tree = ok(["inspect", "--tree", &to]);
    assert!(tree.contains("application/x-sbom"), "{tree}");
}

#[test]
fn the_lists_that_registries_keep_come_along_and_are_joined() {
    let source = Source::new();
    let app = source.image("app");
    let tag = digest(&app).replace(':', "-");
    let signature = |entry: &&Value| entry["artifactType"] == "application/x-signature";
    let listed = report(["ls", source.path("source").to_str().unwrap()]);
    let signature = listed.as_array().unwrap().iter().find(signature).unwrap()["digest"].clone();
    let signature = format!("oci:{}@{}", source.path("source").display(), signature.as_str().unwrap());
    ok(["index", "create", &source.image(&tag), &signature]);
    // The destination has a list of its own, of another referrer.
    let to = source.to("oci", "to");
    copy(&[&app, &to]);
    ok(["index", "create", &format!("{to}:{tag}"), &source.image("artifact")]);
    let done = report(["copy", "--referrers", &app, &to]);
    let why: Vec<&Value> = done["images"].as_array().unwrap().iter().map(|image| &image["why"]).collect();
    assert!(why.contains(&&json!("fallbackTag")), "{why:?}");
    let list: Value = serde_json::from_str(&ok(["inspect", "--raw", &format!("{to}:{tag}")])).unwrap();
    let digests: Vec<&str> =
        list["manifests"].as_array().unwrap().iter().map(|child| child["digest"].as_str().unwrap()).collect();
    assert!(digests.contains(&&*digest(&source.image("artifact"))), "{digests:?}");
    assert!(signature.ends_with(digests.iter().find(|it| signature.ends_with(**it)).unwrap()));
}

#[test]
fn a_digest_is_left_in_a_file() {
    let source = Source::new();
    let file = source.path("digest");
    let file = file.to_str().unwrap();
    copy(&["--digestfile", file, &source.image("app"), &source.to("oci", "to")]);
    assert_eq!(std::fs::read_to_string(file).unwrap(), digest(&source.image("app")));
    copy(&[
        "--digestfile",
        file,
        "--all-tags",
        source.path("source").to_str().unwrap(),
        &source.to("oci", "all"),
    ]);
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 7);
    let old = source.to("docker-archive", "x.tar:a:b");
    fails(["copy", "--digestfile", file, "--uncompressed", &source.image("app"), &old], 2, "--uncompressed");
}
