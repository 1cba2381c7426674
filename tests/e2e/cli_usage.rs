//! How the command line answers: exit codes, one line an error, where output goes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use ocidian_testkit::peers::Peer;

use crate::bin::{fails, ocidian, ok, path, run};
use crate::cli_images::{Images, architectures};

const VERBS: [&str; 17] = [
    "unpack",
    "rootfs",
    "runtime-config",
    "inspect",
    "ls",
    "cat",
    "diff",
    "init",
    "new",
    "tag",
    "rm",
    "index",
    "copy",
    "gc",
    "conformance",
    "completion",
    "man",
];

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn every_verb_has_help_with_an_example() {
    for verb in VERBS {
        let help = ok([verb, "--help"]);
        assert!(help.contains("Example") && help.contains(&format!("  ocidian {verb} ")), "{help}");
        assert!(!ok([verb, "-h"]).is_empty());
    }
    let help = ok(["--help"]);
    for word in VERBS.iter().chain(&["Exit codes", "oci-archive:FILE", "NO_COLOR"]) {
        assert!(help.contains(word), "{word}\n{help}");
    }
    assert_eq!(ok(["--version"]), format!("ocidian {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_is_typed_wrong_is_a_usage_error() {
    let table: [(&[&str], &str); 11] = [
        (&["frobnicate"], "see `ocidian --help`"),
        (&["unpack"], "see `ocidian unpack --help`"),
        (&["inspect", "oci:x", "--platform", "linux"], "os/arch"),
        (&["inspect", "--raw", "--tree", "oci:x"], "--tree"),
        (&["inspect", "--raw", "--format", "json", "oci:x"], "--format"),
        (&["ls", "oci:x", "--format", "yaml"], "json"),
        (&["rootfs", "oci:x", "y", "--uid-map", "0:1"], "container:host:size"),
        (&["rootfs", "oci:x", "y", "--max-bytes", "lots"], "512M"),
        (&["unpack", "oci:x", "y", "--cap-add", "CAP_FLY"], "CAP_FLY"),
        (&["unpack", "oci:x", "y", "--args", "a", "--", "b"], "--args"),
        (&["man", "frobnicate"], "unpack"),
    ];
    for (arguments, says) in table {
        fails(arguments, 2, says);
    }
    // Without anything at all the help is the best answer, but a script must not take it for success.
    let output = run([] as [&str; 0]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Usage: ocidian"));
}

#[test]
fn what_does_not_exist_is_not_found_and_what_exists_is_named() {
    let images = Images::new();
    let layout = images.path().display().to_string();
    fails(["inspect", &images.image("nope")], 3, "app, multi");
    fails(["ls", &images.image("nope")], 3, "app, multi");
    fails(["ls", "./does-not-exist"], 3, "does-not-exist");
    fails(["ls", "does-not-exist"], 3, "registry");
    fails(["cat", &images.image("app"), "/etc/nothing"], 3, "nothing");
    fails(["inspect", &images.image("multi"), "--platform", "linux/s390x"], 3, architectures().1);
    fails(["inspect", &format!("oci:{layout}@sha256:{}", "0".repeat(64))], 3, "sha256:000");
}

#[test]
fn a_damaged_blob_fails_verification() {
    let images = Images::new();
    let inspected: serde_json::Value =
        serde_json::from_str(&ok(["inspect", "--format", "json", &images.image("app")])).unwrap();
    let layer = images.blob(inspected["image"]["layers"][0]["digest"].as_str().unwrap());
    let mut bytes = fs::read(&layer).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&layer, bytes).unwrap();
    let target = images.beside("tree");
    fails(["-q", "rootfs", &images.image("app"), target.to_str().unwrap()], 5, "sha256:");
    assert!(!target.exists());
    fails(["cat", &images.image("app"), "/etc/motd"], 5, "sha256:");

    let manifest = images.blob(inspected["image"]["digest"].as_str().unwrap());
    let text = fs::read_to_string(&manifest).unwrap().replace("schemaVersion", "schemaversion");
    fs::write(&manifest, text).unwrap();
    fails(["inspect", &images.image("app")], 5, "sha256:");
    // The tree shows what it can, and fails all the same.
    let output = run(["inspect", "--tree", layout_of(&images).as_str()]);
    assert_eq!(output.status.code(), Some(5));
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("DAMAGED") && tree.contains("multi  index"), "{tree}");
}

fn layout_of(images: &Images) -> String {
    images.path().display().to_string()
}

#[test]
fn a_store_that_may_not_be_read_is_not_allowed_in() {
    let images = Images::new();
    let index = images.path().join("index.json");
    fs::set_permissions(&index, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::File::open(&index).is_ok() {
        return; // root reads everything
    }
    fails(["ls", &layout_of(&images)], 4, "index.json");
}

#[test]
fn an_existing_target_is_refused_and_left_alone() {
    let images = Images::new();
    let target = images.beside("tree");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("mine"), "mine").unwrap();
    for verb in ["unpack", "rootfs"] {
        fails(["-q", verb, &images.image("app"), target.to_str().unwrap()], 1, "not an empty directory");
    }
    assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let images = Images::new();
    let (layout, app) = (layout_of(&images), images.image("app"));
    let verbs: [&[&str]; 8] = [
        &["ls", &layout],
        &["ls", &app, "/etc"],
        &["inspect", &app],
        &["inspect", "--raw", &app],
        &["inspect", "--tree", "--format", "json", &layout],
        &["cat", &app, "/etc/motd"],
        &["completion", "zsh"],
        &["man"],
    ];
    for arguments in verbs {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = ocidian().args(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stderr(&output), "", "{arguments:?}");
    }
}

#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let images = Images::new();
    for arguments in [["ls", &layout_of(&images)], ["inspect", &images.image("app")]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = ocidian().args(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("No space left"), "{}", stderr(&output));
    }
}

#[test]
fn quiet_says_nothing_but_data_and_errors() {
    let images = Images::new();
    let target = images.beside("tree");
    let output = run(["-q", "rootfs", &images.image("app"), target.to_str().unwrap()]);
    assert_eq!((output.status.code(), &*output.stdout, &*output.stderr), (Some(0), &b""[..], &b""[..]));
    assert!(target.join("etc/motd").is_file());
    assert_eq!(ok(["cat", "--quiet", &images.image("app"), "/etc/motd"]), "hello\n");
}

#[test]
fn nothing_is_drawn_or_coloured_where_there_is_no_terminal() {
    let images = Images::new();
    for debug in [&[][..], &["--debug"]] {
        let target = images.beside(if debug.is_empty() { "a" } else { "b" });
        let mut command = ocidian();
        // As if a person had asked for colours: what is no terminal gets none.
        command.env_remove("NO_COLOR").env("CLICOLOR", "1");
        let output = command.args(debug).args(["rootfs", &images.image("app")]).arg(target).output().unwrap();
        assert!(output.status.success());
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "{}", stderr(&output));
        assert!(!stderr(&output).contains("[=="));
    }
}

#[test]
fn bars_are_drawn_on_a_terminal_that_wants_them() {
    let Some(script) = Peer::find("script") else {
        return; // util-linux has it, and it is the terminal here
    };
    let images = Images::new();
    let table: [(&str, &str, bool); 4] =
        [("", "xterm", true), ("--no-progress", "xterm", false), ("-q", "xterm", false), ("", "dumb", false)];
    for (at, (flag, term, drawn)) in table.into_iter().enumerate() {
        let target = images.beside(&at.to_string());
        let line = format!("{} rootfs {flag} {} {}", path().display(), images.image("app"), target.display());
        let output = script
            .command()
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", term)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        assert_eq!(said.contains("layer 2/2"), drawn, "{line}, {term}: {said:?}");
        assert_eq!(said.contains("2 layers, "), flag != "-q", "{said:?}");
    }
}

#[test]
fn bare_words_are_read_by_looking() {
    let images = Images::new();
    let by_path = ok(["inspect", &format!("{}:app", images.path().display())]);
    assert_eq!(by_path, ok(["inspect", &images.image("app")]));
    // A word that exists here is a path without `./`.
    let output = ocidian().current_dir(images.beside("")).args(["inspect", "images:app"]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), by_path);
    // The kind of an archive is found too.
    let archive = images.beside("images.tar");
    let mut tar = Command::new("tar");
    assert!(tar.arg("-C").arg(images.path()).arg("-cf").arg(&archive).arg(".").status().unwrap().success());
    assert_eq!(ok(["inspect", &format!("{}:app", archive.display())]), by_path);
    assert_eq!(ok(["inspect", &format!("oci-archive:{}:app", archive.display())]), by_path);
}
