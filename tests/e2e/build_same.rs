//! The same tree gives the same digest, whoever builds it, where, when, and by how many threads.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use ocidian_testkit::user::TestUser;
use ocidian_testkit::{require_able, run};
use serde_json::Value;

use crate::bin::{fails, ocidian, ok, path, report};

/// A tree of fixed names, contents, modes and times; `reverse` makes it in the other order.
fn tree(root: &Path, reverse: bool) {
    let mut names: Vec<String> = (0..50).map(|n| format!("d{}/f{n}", n % 7)).collect();
    if reverse {
        names.reverse();
    }
    for name in &names {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Some of it compresses, and there is more than one block of it.
        let byte = |n: usize| (n.wrapping_mul(2_654_435_761) >> (n % 13)) as u8;
        fs::write(&path, (0..40_000 + name.len()).map(byte).collect::<Vec<u8>>()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    let time = UNIX_EPOCH + Duration::new(1_700_000_000, 5);
    let all = names.iter().map(|name| root.join(name));
    let directories = (0..7).map(|n| root.join(format!("d{n}"))).chain([root.to_owned()]);
    for path in directories.clone() {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for path in all.chain(directories) {
        fs::File::open(&path).unwrap().set_modified(time).unwrap();
    }
}

fn build(source: &Path, layout: &Path, flags: &[&str]) -> Value {
    let layout = format!("oci:{}:latest", layout.display());
    let words =
        ["build", source.to_str().unwrap(), "-t", &layout, "--owner", "0:0", "--platform", "linux/amd64"];
    report(words.iter().chain(flags))
}

/// What the tree above has always been: a change of these is a change of every image that anyone builds.
#[test]
fn golden_digests() {
    let room = tempfile::tempdir().unwrap();
    let source = room.path().join("source");
    tree(&source, false);
    for (compress, manifest, layer) in [
        (
            "none",
            "sha256:b32968c4623bcac53be574bb3f52afa44b7be33ba02da13ce62baf04f33144db",
            "sha256:e0a296b102a40bf367303098e00c8d9451edce0bf4602e358bddbbb7828bffab",
        ),
        (
            "gzip",
            "sha256:4391b34905ca14c98ce4703ef11ca298a18c1632d5cdcbe1410f6206940f291b",
            "sha256:648264191ad8c00eec6d444091fa416074b5645eedb8688305643cca4686e116",
        ),
        (
            "zstd",
            "sha256:f73d764193d293d4c2d462bdbab35b7ef08eb83be6fd670ca8fae2a1d5da01eb",
            "sha256:4979ab2b269a018265a9e5fb7215e374ccffbfe9713af185578c11254bc31fe3",
        ),
    ] {
        let built = build(&source, &room.path().join("images"), &["--compress", compress]);
        let found =
            (built["digest"].as_str().unwrap(), built["images"][0]["layers"][0]["digest"].as_str().unwrap());
        assert_eq!(found, (manifest, layer), "{compress}");
    }
}

#[test]
fn neither_place_nor_order_nor_threads_nor_the_day_show() {
    let room = tempfile::tempdir().unwrap();
    let at = |name: &str| room.path().join(name);
    tree(&at("one"), false);
    tree(&at("another place"), true);
    for compress in ["none", "gzip", "gzip:9", "zstd", "zstd:1"] {
        let digest = |source: &str, jobs: &str, layout: &str| {
            build(&at(source), &at(layout), &["--compress", compress, "-j", jobs])["digest"].clone()
        };
        let first = digest("one", "1", "a");
        assert_eq!(digest("one", "2", "b"), first, "{compress}");
        assert_eq!(digest("another place", "5", "c"), first, "{compress}");
    }
    // The clock itself: only where it is asked for.
    let clock = build(&at("one"), &at("d"), &["--no-reproducible"]);
    assert_ne!(clock["digest"], build(&at("one"), &at("d"), &[])["digest"]);
}

#[test]
fn an_ordinary_user_builds_the_same() {
    require_able!(Root);
    let Ok(user) = TestUser::get() else { return };
    let room = tempfile::tempdir().unwrap();
    fs::set_permissions(room.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let source = room.path().join("source");
    tree(&source, false);
    run::script("chmod -R a+rX \"$1\"", &[source.as_os_str()]).unwrap();
    let ours = build(&source, &room.path().join("images"), &[]);
    let home = user.directory().unwrap();
    let layout = format!("oci:{}:latest", home.path().join("images").display());
    // The tests' own directory may be closed to others.
    let program = room.path().join("ocidian");
    fs::copy(path(), &program).unwrap();
    let mut command = user.command(&program);
    command.args(["build", source.to_str().unwrap(), "-t", &layout, "--owner", "0:0"]);
    command.args(["--platform", "linux/amd64", "--format", "json"]);
    let theirs: Value = serde_json::from_str(&run::stdout(&mut command).unwrap()).unwrap();
    assert_eq!(theirs["digest"], ours["digest"]);
}

#[test]
fn source_date_epoch_cuts_off_and_decides() {
    let room = tempfile::tempdir().unwrap();
    let at = |name: &str| room.path().join(name);
    tree(&at("source"), false);
    fs::write(at("source/new"), "new").unwrap();
    let layout = format!("oci:{}:latest", at("images").display());
    let with = |epoch: &str| {
        let mut command = ocidian();
        command
            .args(["build", at("source").to_str().unwrap(), "-t", &layout])
            .env("SOURCE_DATE_EPOCH", epoch);
        command.output().unwrap()
    };
    assert!(with("1600000000").status.success());
    let config: Value = serde_json::from_str(&ok(["inspect", "--config", &layout])).unwrap();
    assert_eq!(config["created"], "2020-09-13T12:26:40Z");
    assert_eq!(config["history"][0]["created"], "2020-09-13T12:26:40Z");
    let listed = ok(["ls", &layout, "/"]);
    assert!(listed.lines().all(|line| line.contains("2020-09-13T12:26:40Z")), "{listed}");
    assert_eq!(with("yesterday").status.code(), Some(2));
    // Without it, the newest file says when.
    let source = at("source").display().to_string();
    ok(["build", "-q", &source, "-t", &layout, "--exclude", "new", "--mtime", "2001-01-01T00:00:00Z"]);
    let config: Value = serde_json::from_str(&ok(["inspect", "--config", &layout])).unwrap();
    assert_eq!(config["created"], "2001-01-01T00:00:00Z");
    fails(["build", &source, "-t", &layout, "--mtime", "noon"], 2, "--mtime");
}
