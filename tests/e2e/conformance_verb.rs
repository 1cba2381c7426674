//! `conformance`: other programs over the cases, and the cases as files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::bin::{ocidian, ok, path, run};
use crate::room::Room;

fn report(arguments: &[&str]) -> (i32, Value) {
    let output = run([&["conformance"], arguments, &["--format", "json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    (output.status.code().unwrap(), json)
}

/// Every file below a directory: its content, or its type.
fn files(dir: &Path, found: &mut BTreeMap<String, Vec<u8>>, prefix: &str) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&entry.path(), found, &name);
        } else {
            let content =
                if kind.is_file() { fs::read(entry.path()).unwrap() } else { format!("{kind:?}").into() };
            found.insert(name, content);
        }
    }
}

#[test]
fn cases_are_written_the_same_each_time_and_never_over_something() {
    let room = Room::new();
    let written = ["one", "two"].map(|name| {
        let dir = room.path().join(name);
        ok(["conformance", "cases", dir.to_str().unwrap()]);
        let mut found = BTreeMap::new();
        files(&dir, &mut found, "");
        found
    });
    assert!(written[0] == written[1]);
    let json: Value = serde_json::from_slice(&written[0]["/cases.json"]).unwrap();
    assert!(json["validate"].as_array().unwrap().iter().all(|case| case["findings"].is_array()));
    assert!(json["unpack"].as_array().unwrap().len() >= 400);
    let again = run(["conformance", "cases", room.path().join("one").to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("not empty"));
}

#[test]
fn programs_are_tried_on_the_cases_that_are_chosen() {
    let tool = format!("{} unpack -q oci:{{layout}}:{{tag}} {{bundle}}", path().display());
    let (code, json) = report(&["unpack", "--tool", &tool, "path-absolute", "path-dot-*"]);
    assert_eq!((code, &json["failed"], &json["flawed"]), (0, &0.into(), &0.into()), "{json:#}");
    assert!(json["passed"].as_u64().unwrap() >= 2);

    let (code, json) = report(&["validate", "--tool", "true {layout}", "layer-*"]);
    assert_eq!(code, 1);
    let cases = json["cases"].as_array().unwrap();
    assert!(cases.iter().all(|case| case["id"].as_str().unwrap().starts_with("layer-")));
    assert!(json["failed"].as_u64().unwrap() > 5 && json["passed"].as_u64().unwrap() > 5, "{json:#}");

    let (code, json) = report(&["validate", "--tool", "test -f {bundle}/config.json", "bundle"]);
    assert_eq!((code, &json["passed"]), (0, &1.into()), "{json:#}");
}

#[test]
fn a_report_for_people_can_be_short() {
    let text = |show: &str| {
        let output =
            run(["conformance", "validate", "--tool", "true {layout}", "--show", show, "layer-gzip*"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("ocidian: of ") && said.lines().count() == 1, "{said}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(text("all").contains("passed   layer-gzip "));
    assert!(!text("bad").contains("passed   "));
    assert!(text("bad").contains("accepted, though invalid"));
    assert_eq!(text("none").lines().count(), 1);
}

#[test]
fn what_cannot_be_run_is_used_wrongly() {
    for arguments in [
        ["--tool", "/no/such/program {layout}"],
        ["--tool", "true [ {layout}"],
        ["--tool=true {layout}", "no-such-case"],
        ["--tool=true {layout}", "--timeout=0"],
    ] {
        let output = run([&["conformance", "validate"][..], &arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_signal_ends_the_program_under_test_and_leaves_nothing() {
    let room = Room::new();
    let (script, begun) = (room.path().join("tool"), room.path().join("begun"));
    fs::write(&script, format!("echo $$ > {0}.new && mv {0}.new {0} && exec sleep 600", begun.display()))
        .unwrap();
    fs::create_dir(room.path().join("tmp")).unwrap();
    let mut child = ocidian()
        .args(["conformance", "validate", "--tool", &format!("sh {} {{layout}}", script.display()), "image"])
        .env("TMPDIR", room.path().join("tmp"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !begun.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(Signal::SIGINT as i32));
    assert_eq!(fs::read_dir(room.path().join("tmp")).unwrap().count(), 0);
    let tool: i32 = fs::read_to_string(&begun).unwrap().trim().parse().unwrap();
    assert!(kill(Pid::from_raw(tool), None).is_err(), "the program still runs");
}
