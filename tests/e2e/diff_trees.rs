//! `diff` where one side at least is a tree on this machine: bundles and directories, against each other and images.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bin::{fails, ok, run};
use crate::diff_images::{differ, same};

struct Place(tempfile::TempDir);

impl Place {
    /// A directory `source`, its image and a bundle of that.
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (name, content) in [("etc/motd", "hello\n"), ("bin/tool", "#!/bin/sh\n")] {
            place.write(&format!("source/{name}"), content);
        }
        fs::hard_link(place.at("source/bin/tool"), place.at("source/bin/again")).unwrap();
        std::os::unix::fs::symlink("motd", place.at("source/etc/link")).unwrap();
        ok(["build", "-q", &place.at("source"), "-t", &place.image()]);
        place.unpack("bundle");
        place
    }

    fn unpack(&self, name: &str) {
        ok(["unpack", "-q", &self.image(), &self.at(name)]);
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn image(&self) -> String {
        format!("oci:{}:app", self.at("images"))
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Each path with all in which it differs, but for the times that a change brings with it.
fn found(report: &Value) -> Vec<String> {
    let paths = report["files"]["paths"].as_array().unwrap();
    let mut found = Vec::new();
    for path in paths {
        let differences =
            path["differences"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap());
        let differences: Vec<&str> = differences.filter(|what| *what != "mtime").collect();
        if path["verdict"] != "changed" || !differences.is_empty() {
            let (path, verdict) = (path["path"].as_str().unwrap(), path["verdict"].as_str().unwrap());
            found.push(format!("{path} {verdict} {}", differences.join(",")));
        }
    }
    found
}

#[test]
fn a_bundle_is_its_image_until_it_is_changed() {
    let place = Place::new();
    let report = same(&place.image(), &place.at("bundle"), &[]);
    assert_eq!(report["layers"].as_array().unwrap().len(), 0);
    place.write("bundle/rootfs/etc/motd", "hullo\n");
    place.write("bundle/rootfs/etc/new", "new");
    fs::remove_file(place.at("bundle/rootfs/etc/link")).unwrap();
    fs::remove_file(place.at("bundle/rootfs/bin/again")).unwrap();
    place.write("bundle/rootfs/bin/again", "#!/bin/sh\n");
    let report = differ(&place.image(), &place.at("bundle"), &[]);
    let mut expected =
        vec!["/bin/tool changed links", "/etc/link only-a ", "/etc/motd changed content", "/etc/new only-b "];
    assert_eq!(found(&report), expected, "{report}");
    expected.remove(0);
    let report = differ(&place.image(), &place.at("bundle"), &["--ignore", "mtime,links"]);
    assert_eq!(found(&report), expected, "{report}");
}

#[test]
fn bundles_differ_in_their_files_and_in_config_json() {
    let place = Place::new();
    place.unpack("other");
    let (one, other) = (place.at("bundle"), place.at("other"));
    let report = same(&one, &other, &[]);
    assert_eq!(report["documents"][0]["role"], "config.json");
    let path = Path::new(&other).join("config.json");
    let text = fs::read_to_string(&path).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    fs::write(&path, value.to_string()).unwrap();
    assert_eq!(differ(&one, &other, &[])["documents"][0]["verdict"], "formatting");
    let mut value = value;
    value["hostname"] = "elsewhere".into();
    fs::write(&path, value.to_string()).unwrap();
    let report = differ(&one, &other, &[]);
    assert_eq!(report["documents"][0]["changes"][0]["pointer"], "/hostname", "{report}");
    assert_eq!(report["files"]["count"], 0);
    same(&one, &other, &["--only-files"]);
}

#[test]
fn directories_against_each_other_an_image_and_a_bundle() {
    let place = Place::new();
    let source = place.at("source");
    let ignore = ["--ignore", "mtime,owner"];
    same(&source, &source, &[]);
    same(&source, &place.image(), &ignore);
    same(&place.at("bundle"), &source, &ignore);
    same(&place.at("bundle/rootfs"), &place.at("bundle"), &ignore);
    fs::create_dir(place.at("empty")).unwrap();
    let report = differ(&place.at("empty"), &source, &["--all"]);
    let only = ["/bin", "/bin/again", "/bin/tool", "/etc", "/etc/link", "/etc/motd"];
    let paths = report["files"]["paths"].as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap());
    assert_eq!(paths.filter(|path| *path != "/").collect::<Vec<_>>(), only);
}

#[test]
fn trees_that_cannot_be_read_are_no_difference() {
    let place = Place::new();
    fails(["diff", &place.at("source"), &place.at("missing")], 3, "missing");
    place.write("broken/config.json", "{");
    fs::create_dir(place.at("broken/rootfs")).unwrap();
    fails(["diff", &place.at("bundle"), &place.at("broken")], 2, "config.json");
    place.write("damaged/ocidian.json", "{");
    fails(["diff", &place.at("damaged"), &place.at("source")], 2, "ocidian.json");
    let output = run(["diff", "-q", &place.at("source"), &place.at("broken")]);
    assert_eq!(output.status.code(), Some(1));
}
