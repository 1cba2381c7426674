//! The verb `validate`: what is found, how it is shown, and the exit codes.

use std::fs;

use serde_json::Value;

use crate::bin::{fails, ok, repository, run};

/// A copy of the shipped layout, to break.
fn layout() -> tempfile::TempDir {
    let room = tempfile::tempdir().unwrap();
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(repository().join("testdata/hello"))
        .arg(room.path().join("layout"))
        .status();
    assert!(copied.unwrap().success());
    room
}

fn code(arguments: &[&str]) -> (i32, String, String) {
    let output = run(arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn codes_are_0_for_warnings_1_for_errors_and_2_for_whatever_keeps_it_from_looking() {
    let room = layout();
    let path = room.path().join("layout");
    let path = path.to_str().unwrap();
    let (exit, stdout, stderr) = code(&["validate", path]);
    assert_eq!((exit, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.contains("0 errors, 1 warning"), "{stdout}");
    assert_eq!(code(&["validate", "--strict", path]).0, 1);
    assert_eq!(code(&["validate", "--strict", "--ignore", "layer-hardlink-below", path]).0, 0);
    assert_eq!(code(&["validate", "--strict", "--depth", "digests", path]).0, 0);

    fs::write(room.path().join("layout/oci-layout"), "{}").unwrap();
    let (exit, stdout, stderr) = code(&["validate", path]);
    assert_eq!((exit, stderr.as_str()), (1, ""), "{stdout}");
    assert!(
        stdout.contains(
            "oci-layout\n  error   an oci-layout has no \"imageLayoutVersion\"  [layout-version]\n"
        ),
        "{stdout}"
    );
    assert_eq!(code(&["validate", "--only", "config-os", path]).0, 0);
    assert_eq!(code(&["validate", "--only", "config-os,layout-version", path]).0, 1);

    fails(["validate", "./none"], 2, "cannot validate");
    fails(["validate", &format!("oci:{path}:none")], 2, "none");
    fails(["validate", "docker://example.com/a"], 2, "registries are not supported");
    fails(["validate", room.path().to_str().unwrap()], 2, "neither an image layout nor a runtime bundle");
    fails(["validate", "--as", "manifest", path], 2, "not a regular file");
}

#[test]
fn slips_in_the_names_of_rules_are_usage_errors_that_help() {
    for flag in ["--only", "--ignore", "--explain"] {
        let (exit, stdout, stderr) = code(&["validate", flag, "descriptor-sise", "x"]);
        assert_eq!((exit, stdout.as_str()), (2, ""), "{flag}");
        assert!(stderr.contains("descriptor-size"), "{flag}: {stderr}");
    }
    assert_eq!(code(&["validate"]).0, 2);
    assert_eq!(code(&["validate", "--spec", "2.0", "x"]).0, 2);
}

#[test]
fn one_document_is_taken_for_what_the_person_says() {
    let room = tempfile::tempdir().unwrap();
    let file = room.path().join("document.json");
    let file = file.to_str().unwrap();
    for (kind, text, rule) in [
        ("manifest", "{}", "manifest-config"),
        ("index", "{}", "index-manifests"),
        ("config", "{}", "config-rootfs"),
        ("descriptor", "{}", "descriptor-digest"),
        ("layout", "{}", "layout-version"),
        ("layer", "{}", "layer-tar"),
    ] {
        fs::write(file, text).unwrap();
        let (exit, stdout, _) = code(&["validate", "--as", kind, file]);
        assert_eq!(exit, 1, "{kind}: {stdout}");
        assert!(stdout.contains(&format!("[{rule}]")), "{kind}: {stdout}");
    }
    fails(["validate", file], 2, "--as");
}

#[test]
fn a_bundle_is_recognised() {
    let room = tempfile::tempdir().unwrap();
    let bundle = room.path().join("bundle");
    let bundle = bundle.to_str().unwrap();
    ok(["unpack", "-q", &format!("{}:latest", repository().join("testdata/hello").display()), bundle]);
    assert!(ok(["validate", bundle]).contains("against runtime-spec"));
    let config = room.path().join("bundle/config.json");
    let text = fs::read_to_string(&config).unwrap().replace("\"cwd\": \"/", "\"cwd\": \"");
    fs::write(&config, text).unwrap();
    let (exit, stdout, _) = code(&["validate", bundle]);
    assert_eq!(exit, 1, "{stdout}");
    assert!(stdout.contains("/process/cwd"), "{stdout}");
}

#[test]
fn rules_are_listed_and_explained() {
    let rules: Vec<Value> = serde_json::from_str(&ok(["validate", "--rules", "--format", "json"])).unwrap();
    let list = ok(["validate", "--rules"]);
    assert_eq!(list.lines().count(), rules.len() + 1);
    for rule in &rules {
        let id = rule["id"].as_str().unwrap();
        assert!(list.contains(id), "{id}");
    }
    let text = ok(["validate", "--explain", "layer-diff-id"]);
    for part in ["layer-diff-id (error)", "image-spec config.md#layer-diffid", "What to do:", "Good:", "Bad:"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    fails(["validate", "--rules", "--format", "sarif"], 2, "text or json");
}

#[test]
fn reports_for_machines_are_well_formed() {
    let room = layout();
    let path = room.path().join("layout");
    fs::write(path.join("blobs/sha256/\u{1b}[2J<&>"), "").unwrap();
    let path = path.to_str().unwrap();
    let (exit, json, _) = code(&["validate", "--format", "json", path]);
    assert_eq!(exit, 1);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((report["passed"].as_bool(), report["errors"].as_u64()), (Some(false), Some(1)));
    let sarif: Value = serde_json::from_str(&code(&["validate", "--format", "sarif", path]).1).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "layout-blob-name");
    let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.is_ascii() && !uri.contains(['<', ' ', '\u{1b}']), "{uri}");
    let (_, junit, _) = code(&["validate", "--format", "junit", path]);
    assert!(
        junit.starts_with("<?xml") && junit.contains("failures=\"1\"") && !junit.contains('\u{1b}'),
        "{junit}"
    );
    let (_, text, _) = code(&["validate", path]);
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn nothing_is_changed() {
    let room = layout();
    let listing = || {
        let output = std::process::Command::new("find")
            .arg(room.path())
            .args(["-printf", "%p %s %m %T@\\n"])
            .output()
            .unwrap();
        let mut lines: Vec<_> =
            String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let before = listing();
    ok(["validate", room.path().join("layout").to_str().unwrap()]);
    assert_eq!(listing(), before);
}

/// Runs it with that on standard input; the exit code, stdout and stderr.
fn piped(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = crate::bin::ocidian()
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Who refuses need not read all of it.
    let _ = std::io::Write::write_all(&mut stdin, input);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn whatever_is_piped_in_is_recognised_and_named_as_it_was() {
    let room = tempfile::tempdir().unwrap();
    let archive = room.path().join("docker.tar");
    ok([
        "copy",
        &format!("oci:{}", repository().join("testdata/hello").display()),
        &format!("docker-archive:{}:a:b", archive.display()),
    ]);
    let layer = {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_mtime(1);
        header.set_size(0);
        for _ in 0..2 {
            tar.append_data(&mut header, "a", std::io::empty()).unwrap();
        }
        tar.into_inner().unwrap()
    };
    let (exit, stdout, stderr) = piped(&["validate", "-"], &fs::read(&archive).unwrap());
    assert_eq!(exit, 0, "{stdout}{stderr}");
    assert!(stdout.contains("-: valid") && stdout.contains("3 layers"), "{stdout}");
    for arguments in [&["validate", "-"][..], &["validate", "--as", "layer", "-"]] {
        let (exit, stdout, _) = piped(arguments, &layer);
        assert_eq!(exit, 1, "{stdout}");
        assert!(stdout.starts_with("-\n") && stdout.contains("[layer-duplicate]"), "{stdout}");
    }
    let (exit, stdout, _) = piped(&["validate", "--as", "descriptor", "--format", "json", "-"], b"{}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((exit, &report["target"]), (1, &"-".into()), "{stdout}");
    let (exit, _, stderr) = piped(&["validate", "-"], b"{}");
    assert_eq!(exit, 2, "{stderr}");
    assert!(stderr.contains("-: it looks like JSON"), "{stderr}");
    let (exit, _, stderr) = piped(&["validate", "--max-bytes", "100", "-"], &layer);
    assert_eq!(exit, 2, "{stderr}");
    // A file need not be kept in another first, so there it is a finding.
    fs::write(room.path().join("layer.tar"), &layer).unwrap();
    let file = room.path().join("layer.tar").display().to_string();
    let (exit, stdout, _) = piped(&["validate", "--max-bytes", "100", &file], b"");
    assert_eq!(exit, 1, "{stdout}");
    assert!(stdout.contains("it decompresses to more than 100 bytes"), "{stdout}");
    fails(["validate", "/dev/null"], 2, "not a regular file");
}
