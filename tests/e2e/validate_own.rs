//! Whatever Ocidian writes passes its own validator, warnings included: layouts, archives, flat directories, and the
//! bundles that it makes.

use std::fs;
use std::path::Path;

use crate::bin::ok;

/// A tree with something of each kind that needs no rights, and one to put on top.
fn trees(place: &Path) -> (String, String) {
    let (lower, upper) = (place.join("lower"), place.join("upper"));
    fs::create_dir_all(lower.join("etc/deep/er")).unwrap();
    fs::create_dir_all(upper.join("etc")).unwrap();
    fs::write(lower.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\n").unwrap();
    fs::hard_link(lower.join("etc/passwd"), lower.join("etc/passwd-")).unwrap();
    std::os::unix::fs::symlink("../passwd", lower.join("etc/deep/link")).unwrap();
    fs::write(lower.join("name with \u{e9} and\ttab"), "x").unwrap();
    fs::write(lower.join(format!("{}.long", "n".repeat(180))), "y".repeat(70_000)).unwrap();
    fs::write(upper.join("etc/passwd"), "root:x:0:0::/root:/bin/bash\n").unwrap();
    (lower.display().to_string(), upper.display().to_string())
}

/// Strictly: a warning is a failure.
fn valid(target: &str) {
    ok(["validate", "--strict", target]);
}

#[test]
fn what_the_verbs_write_is_valid_to_the_letter() {
    let place = tempfile::tempdir().unwrap();
    let (lower, upper) = trees(place.path());
    let layout = place.path().join("layout").display().to_string();
    let image = |tag: &str| format!("oci:{layout}:{tag}");
    let steps: &[&[&str]] = &[
        &["init", &layout],
        &["build", &lower, "-t", &image("built"), "--env", "A=b", "--port", "80/tcp", "--volume", "/data"],
        &["build", &lower, "-t", &image("zstd"), "--compress", "zstd"],
        &["build", &lower, "-t", &image("plain"), "--compress", "none"],
        &[
            "build",
            &upper,
            "--base",
            &image("built"),
            "-t",
            &image("based"),
            "--label",
            "com.example.label=v",
        ],
        &["build", "--platform=linux/amd64", &lower, "--platform=linux/arm64", &upper, "-t", &image("both")],
        &["mutate", &image("built"), "-t", "mutated", "--cmd", "sh", "--user", "1000", "--author", "a b"],
        &["insert", &image("built"), &format!("{upper}/etc/passwd"), "/etc/passwd", "-t", "inserted"],
        &["insert", &image("built"), "--whiteout", "/etc/deep", "-t", "removed"],
        &["squash", &image("based"), "-t", "squashed"],
        &[
            "rebase",
            &image("based"),
            "--old-base",
            &image("built"),
            "--new-base",
            &image("plain"),
            "-t",
            "rebased",
        ],
        &["tag", &image("built"), "again"],
        &["index", "create", &image("index"), &image("built")],
        &["rm", &image("again")],
        &["gc", "--grace", "0", &layout],
    ];
    for step in steps {
        ok(*step);
        valid(&layout);
    }
    for tag in ["built", "zstd", "plain", "based", "both", "mutated", "inserted", "removed", "squashed"] {
        valid(&image(tag));
    }
}

#[test]
fn a_new_image_is_valid_once_it_has_a_layer() {
    let place = tempfile::tempdir().unwrap();
    let (lower, _) = trees(place.path());
    let layout = place.path().join("layout").display().to_string();
    ok(["init", &layout]);
    ok(["new", &format!("oci:{layout}:new")]);
    // The specification's schema asks for a layer, and an image without any is what was asked for here.
    ok(["validate", "--strict", "--ignore", "manifest-layers-empty", &layout]);
    assert_eq!(crate::bin::run(["validate", &layout]).status.code(), Some(1));
    ok(["insert", &format!("oci:{layout}:new"), &lower, "/"]);
    ok(["gc", "--grace", "0", &layout]);
    valid(&layout);
}

#[test]
fn what_a_copy_writes_is_valid_to_the_letter() {
    let place = tempfile::tempdir().unwrap();
    let (lower, upper) = trees(place.path());
    let at = |form: &str, name: &str| format!("{form}:{}", place.path().join(name).display());
    let image = format!("{}:built", at("oci", "layout"));
    ok(["build", &lower, &upper, "-t", &image]);
    let copies: &[(&str, &[&str])] = &[
        (&at("oci", "copy"), &[]),
        (&at("oci-archive", "copy.tar"), &[]),
        (&at("docker-archive", "docker.tar"), &[]),
        (&at("dir", "flat"), &[]),
        (&at("oci", "zstd"), &["--compress", "zstd"]),
        (&at("oci", "platform"), &["--platform", "linux/amd64"]),
    ];
    for (to, flags) in copies {
        let to = if to.starts_with("oci") { format!("{to}:tag") } else { (*to).to_owned() };
        ok(["copy", &image, &to].into_iter().chain(flags.iter().copied()));
        valid(&to);
    }
}

#[test]
fn a_bundle_is_valid_to_the_letter() {
    let place = tempfile::tempdir().unwrap();
    let (lower, _) = trees(place.path());
    let image = format!("oci:{}:built", place.path().join("layout").display());
    ok(["build", &lower, "-t", &image, "--cmd", "sh", "--volume", "/data"]);
    let bundle = place.path().join("bundle").display().to_string();
    ok(["unpack", &image, &bundle]);
    valid(&bundle);
}
