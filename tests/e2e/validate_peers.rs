//! What other tools write has no errors: their real images, and small ones.

use std::process::Command;

use ocidian_testkit::images::{self, Shape, Writer};
use ocidian_testkit::{require, require_able, run, this_test};
use serde_json::Value;

use crate::bin;
use crate::validate_found::said_of_real_tools;

/// Validates: no errors, and no warnings but those that docs/validate.md says of these tools.
fn only_what_is_said(target: &str) {
    let output = bin::run(["validate", "--format", "json", target]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("{target}: {}", String::from_utf8_lossy(&output.stderr));
    });
    assert_eq!(report["errors"], 0, "{target}: {}", report["findings"]);
    assert_eq!(output.status.code(), Some(0), "{target}");
    for finding in report["findings"].as_array().unwrap() {
        let rule = finding["rule"].as_str().unwrap();
        assert!(
            finding["level"] == "note" || said_of_real_tools(rule),
            "{target}: docs/validate.md does not say {rule}"
        );
    }
}

fn is_free_of_errors(writer: Writer, shape: Shape) {
    require_able!(Root);
    let Some(image) = images::debian(&this_test!(), writer, shape) else { return };
    only_what_is_said(&image.reference());
}

#[test]
fn debian_by_umoci() {
    is_free_of_errors(Writer::Umoci, Shape::Several);
}

#[test]
fn debian_by_skopeo() {
    is_free_of_errors(Writer::Skopeo, Shape::Several);
}

#[test]
fn debian_by_buildah() {
    is_free_of_errors(Writer::Buildah, Shape::Several);
}

#[test]
fn small_images_in_every_form_that_skopeo_writes() {
    require!("umoci");
    require!("skopeo");
    let room = tempfile::tempdir().unwrap();
    let shell = |script: &str| {
        run::stdout(Command::new("sh").args(["-ec", script]).current_dir(room.path())).unwrap();
    };
    shell(
        "umoci init --layout umoci; umoci new --image umoci:v1; echo hello > file
         umoci insert --image umoci:v1 file /file
         skopeo copy -q oci:umoci:v1 oci:skopeo:v1; skopeo copy -q oci:umoci:v1 oci-archive:archive.tar:v1
         skopeo copy -q oci:umoci:v1 docker-archive:docker.tar:example.com/a:v1; skopeo copy -q oci:umoci:v1 dir:flat",
    );
    for target in ["umoci", "umoci:v1", "skopeo", "archive.tar", "docker.tar", "flat"] {
        only_what_is_said(room.path().join(target).to_str().unwrap());
    }
}

/// The errors that are found, in order.
fn errors(target: &str) -> Vec<String> {
    let output = bin::run(["validate", "--format", "json", target]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let of = findings.iter().filter(|finding| finding["level"] == "error");
    of.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_errors_that_the_page_says_are_those_that_are_found() {
    require_able!(Root);
    require!("umoci");
    require!("buildah");
    let room = tempfile::tempdir().unwrap();
    run::stdout(
        Command::new("sh")
            .args([
                "-ec",
                "umoci init --layout umoci; umoci new --image umoci:new
                 buildah() { command buildah --root \"$PWD/root\" --runroot \"$PWD/run\" --storage-driver vfs \"$@\"; }
                 buildah commit -q \"$(buildah from scratch)\" oci:buildah:scratch",
            ])
            .current_dir(room.path())
            .env("BUILDAH_ISOLATION", "chroot"),
    )
    .unwrap();
    let of = |target| errors(room.path().join(target).to_str().unwrap());
    assert_eq!(of("umoci"), ["manifest-layers-empty"]);
    assert!(said_of_real_tools("manifest-layers-empty"));
    // Its annotations are empty where there is no base, which is legal.
    assert_eq!(of("buildah"), [""; 0]);
}
