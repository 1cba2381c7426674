//! `copy`: any form to any other, digests kept.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bin::{fails, ocidian, ok, report, run};
use crate::copy_images::{Source, configs, copy, digest, listed};

const TAGS: [&str; 5] = ["app", "zstd", "multi", "artifact", "sha512"];

#[test]
fn what_goes_through_every_form_comes_back_as_it_was() {
    let source = Source::new();
    for tag in TAGS {
        let image = source.image(tag);
        let before = digest(&image);
        let mut now = image.clone();
        let forms = ["dir", "oci", "oci-archive", "dir", "oci-archive", "oci"];
        // dir: has no digests, and who reads one takes sha256 for all of them.
        let kept = forms.into_iter().filter(|form| *form != "dir" || tag != "sha512");
        for (n, form) in kept.enumerate() {
            let to = source.to(form, &format!("{tag}-{n}"));
            copy(&[&now, &to]);
            assert_eq!(digest(&to), before, "{tag} as {to}");
            assert_eq!(configs(&to), configs(&image), "{tag} as {to}");
            now = to;
        }
        // In the end nothing but what was copied, byte for byte.
        assert_eq!(ok(["inspect", "--raw", &now]), ok(["inspect", "--raw", &image]));
    }
}

#[test]
fn images_go_through_a_docker_archive_and_come_back_as_they_were() {
    let source = Source::new();
    for tag in ["app", "zstd", "multi", "sha512"] {
        let (archive, back) = (source.to("docker-archive", "x.tar"), source.to("oci", "back"));
        let name = format!("{archive}:example.com/{tag}:1");
        copy(&[&source.image(tag), &name]);
        copy(&[&name, &format!("{back}:{tag}")]);
        let back = format!("{back}:{tag}");
        assert_eq!(configs(&back), configs(&source.image(tag)), "{tag}");
        assert_eq!(digest(&back), digest(&source.image(tag)), "{tag}");
    }
    // All of them in the one archive, each under its name.
    let names = ok(["ls", "--names", &source.to("docker-archive", "x.tar")]);
    assert_eq!(names.lines().count(), 4, "{names}");
    assert!(names.contains("example.com/zstd:1"), "{names}");
    fails(["copy", &source.image("artifact"), &source.to("docker-archive", "y.tar:a:b")], 1, "oci-archive");
    assert!(!source.path("y.tar").exists());
}

#[test]
fn the_old_form_of_a_docker_archive_keeps_configs() {
    let source = Source::new();
    for tag in ["app", "zstd", "multi"] {
        let archive = source.to("docker-archive", &format!("{tag}.tar:{tag}:1"));
        let done = report(["copy", "--uncompressed", &source.image(tag), &archive]);
        assert_eq!(done["images"][0]["digest"], Value::Null);
        let said = run(["copy", "--uncompressed", &source.image(tag), &archive]).stderr;
        assert!(String::from_utf8(said).unwrap().contains("uncompressed"));
        let back = source.to("oci", &format!("back-{tag}:x"));
        copy(&[&archive, &back]);
        let (before, after) = (configs(&source.image(tag)), configs(&back));
        let here = after.iter().next().unwrap();
        assert_eq!((after.len(), before.get(here.0)), (1, Some(here.1)), "{tag}");
        let list = fs::File::open(source.path(&format!("{tag}.tar"))).unwrap();
        let mut list = tar::Archive::new(list);
        let names = list.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string());
        assert!(names.collect::<Vec<_>>().iter().all(|name| !name.contains("blobs")));
    }
    fails(["copy", "--uncompressed", &source.image("app"), &source.to("oci", "x")], 2, "docker-archive");
}

#[test]
fn stdin_and_stdout_are_places_too() {
    let source = Source::new();
    for form in ["oci-archive", "docker-archive"] {
        let to = format!("{form}:-:example.com/app:1");
        let archive = run(["copy", &source.image("app"), &to]);
        let said = String::from_utf8(archive.stderr).unwrap();
        assert!(archive.status.success() && said.contains("blobs"), "{said}");
        let back = source.to("oci", &format!("{form}-back:app"));
        let mut command = ocidian();
        command.args(["copy", "-q", "-", &back]).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(&archive.stdout).unwrap();
        assert!(child.wait().unwrap().success());
        assert_eq!(digest(&back), digest(&source.image("app")));
        fails(["copy", "--format", "json", &source.image("app"), &to], 2, "stdout");
    }
}

#[test]
fn all_that_a_layout_lists_is_copied_with_every_name() {
    let source = Source::new();
    let all = source.path("source").display().to_string();
    let image = source.image("app");
    ok(["tag", &image, "again"]);
    for form in ["oci", "oci-archive"] {
        let to = source.to(form, &format!("all-{form}"));
        let done = report(["copy", "--all-tags", &all, &to]);
        assert_eq!(done["images"].as_array().unwrap().len(), 8);
        assert_eq!(listed(&to), listed(&all));
        assert_eq!(ok(["ls", "--names", &to]), ok(["ls", "--names", &all]));
    }
    fails(["copy", "--all-tags", &image, &source.to("oci", "x")], 2, "app");
    fails(["copy", "--all-tags", &all, &source.to("oci", "x:tag")], 2, "tag");
    fails(["copy", &all, &source.to("oci", "x")], 1, "--all-tags");
    fails(["copy", "--all-tags", &all, &source.to("dir", "x")], 1, "");
    assert!(!source.path("x").exists());
}

#[test]
fn all_tags_into_a_docker_archive_are_refused_before_a_blob_is_read() {
    let source = Source::new();
    let all = source.path("source").display().to_string();
    // Whoever reads a blob finds it damaged.
    for entry in fs::read_dir(source.path("source").join("blobs/sha256")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        if !bytes.starts_with(b"{") {
            fs::write(path, vec![0; bytes.len()]).unwrap();
        }
    }
    fails(["copy", &source.image("app"), &source.to("oci", "damaged:app")], 5, "sha256:");
    let said = fails(["copy", "--all-tags", &all, &source.to("docker-archive", "x.tar")], 1, "has no tag");
    assert!(said.contains("the name \"app\"") || said.contains("the name \"multi\""), "{said}");
    assert!(said.contains("NAME:TAG") && said.contains("copy that image by itself"), "{said}");
    assert!(!source.path("x.tar").exists());
}

#[test]
fn all_tags_go_into_a_docker_archive_by_the_full_names_beside_them() {
    let source = Source::new();
    for tag in ["app", "zstd"] {
        copy(&[&source.image(tag), &source.to("oci", &format!("two:{tag}"))]);
    }
    let index = source.path("two").join("index.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&index).unwrap()).unwrap();
    for entry in document["manifests"].as_array_mut().unwrap() {
        let tag = entry["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap().to_owned();
        entry["annotations"]["io.containerd.image.name"] = json!(format!("example.com/team/{tag}:{tag}"));
    }
    fs::write(&index, document.to_string()).unwrap();
    let (two, archive) = (source.path("two").display().to_string(), source.to("docker-archive", "two.tar"));
    copy(&["--all-tags", &two, &archive]);
    let names = ok(["ls", "--names", &archive]);
    assert_eq!(names, "example.com/team/app:app\nexample.com/team/zstd:zstd\n");
}

#[test]
fn what_is_there_is_not_written_again() {
    let source = Source::new();
    let to = source.to("oci", "to:app");
    let first = report(["copy", &source.image("app"), &to]);
    assert_eq!(first["present"], json!({ "blobs": 0, "bytes": 0 }));
    let blob = |digest: &str| source.path("to/blobs").join(digest.replace(':', "/"));
    let manifest = blob(&digest(&to));
    let before = fs::metadata(&manifest).unwrap();
    let second = report(["copy", &source.image("app"), &to]);
    assert_eq!(second["copied"]["blobs"], 0);
    assert_eq!(second["present"], first["copied"]);
    assert_eq!(fs::metadata(&manifest).unwrap().modified().unwrap(), before.modified().unwrap());
}

#[test]
fn links_are_made_where_that_is_asked_for() {
    use std::os::unix::fs::MetadataExt;
    let source = Source::new();
    let path = |place: &str| {
        let layer = report(["inspect", &source.image("app")])["image"]["layers"][0]["digest"].clone();
        source.path(place).join("blobs").join(layer.as_str().unwrap().replace(':', "/"))
    };
    copy(&[&source.image("app"), &source.to("oci", "copied:app")]);
    copy(&["--link", &source.image("app"), &source.to("oci", "linked:app")]);
    let inode = |place: &str| path(place).metadata().unwrap().ino();
    assert_ne!(inode("source"), inode("copied"));
    assert_eq!(inode("source"), inode("linked"));
}
