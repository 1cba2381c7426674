//! Stdout has one use: the archive, the digest, or the report.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::bin::{ocidian, ok};
use crate::cli_images::Images;

/// Runs it in a directory of its own, where a file named `-` would show.
fn run_in(place: &Path, arguments: &[&str]) -> Output {
    let output = ocidian().args(arguments).current_dir(place).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(!place.join("-").exists(), "{arguments:?} made a file");
    output
}

/// That it is refused, since stdout would have to have two things.
fn refused_in(place: &Path, arguments: &[&str]) {
    let output = ocidian().args(arguments).current_dir(place).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {told}");
    assert!(told.contains("stdout cannot have both") && told.lines().count() == 1, "{arguments:?}: {told}");
}

fn digest(image: &str) -> String {
    let shown: serde_json::Value = serde_json::from_str(&ok(["inspect", "--format", "json", image])).unwrap();
    shown["image"]["digest"].as_str().unwrap().to_owned()
}

/// A place with two directories to build from and a bundle.
fn images() -> Images {
    let images = Images::new();
    fs::create_dir(images.beside("tree")).unwrap();
    fs::write(images.beside("tree/file"), "x").unwrap();
    let bundle = images.beside("bundle");
    let rootless: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["--rootless"] };
    let (app, bundle) = (images.image("app"), bundle.to_str().unwrap());
    ok(["unpack", "-q", &app, bundle].iter().chain(rootless));
    images
}

#[test]
fn a_digestfile_named_by_a_dash_is_stdout_and_the_report_makes_way() {
    let images = images();
    let place = images.beside("");
    let app = images.image("app");
    let to = |tag: &str| images.image(tag);
    for (verb, made) in [
        (vec!["build", "tree", "-t", &to("built")], to("built")),
        (vec!["mutate", &app, "--user", "7", "-t", "mutated"], to("mutated")),
        (vec!["repack", "bundle", "-t", &to("repacked")], to("repacked")),
        (vec!["copy", &app, &to("copied")], to("copied")),
    ] {
        let output = run_in(&place, &[&verb[..], &["--digestfile", "-"]].concat());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{}\n", digest(&made)), "{verb:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            told.contains("oci:") && told.lines().all(|line| line.starts_with("ocidian: ")),
            "{verb:?}: {told}"
        );
        let output = run_in(&place, &[&verb[..], &["-q", "--digestfile", "-"]].concat());
        assert!(output.stderr.is_empty(), "{verb:?}: {output:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{}\n", digest(&made)), "{verb:?}");
        refused_in(&place, &[&verb[..], &["--digestfile", "-", "--format", "json"]].concat());
    }
}

#[test]
fn an_archive_on_stdout_has_nothing_behind_it() {
    let images = images();
    let place = images.beside("");
    let app = images.image("app");
    for form in ["oci-archive", "docker-archive"] {
        let to = format!("{form}:-:example.com/made:1");
        for verb in [
            vec!["build", "tree", "-t", &to],
            vec!["mutate", &app, "--user", "7", "-t", &to],
            vec!["repack", "bundle", "-t", &to],
            vec!["copy", &app, &to],
        ] {
            let output = run_in(&place, &[&verb[..], &["--digestfile", "digest"]].concat());
            assert!(output.stdout.ends_with(&[0; 1024]), "{verb:?}: more than an archive");
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(told.contains(form), "{verb:?}: {told}");
            fs::write(images.beside("back.tar"), &output.stdout).unwrap();
            let back = format!("{form}:{}", images.beside("back.tar").display());
            assert_eq!(digest(&back), fs::read_to_string(images.beside("digest")).unwrap(), "{verb:?}");
            refused_in(&place, &[&verb[..], &["--digestfile", "-"]].concat());
            refused_in(&place, &[&verb[..], &["--format", "json"]].concat());
        }
    }
}
