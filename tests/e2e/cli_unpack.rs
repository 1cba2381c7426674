//! `unpack`, `rootfs` and `runtime-config`: flags, summaries, and what a signal leaves.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ocidian_testkit::layout::{self, Entry, Layer};
use serde_json::{Value, json};

use crate::bin::{ocidian, ok, run};
use crate::cli_images::{Images, read_json};

#[test]
fn the_summary_names_the_next_step() {
    let images = Images::new();
    let bundle = images.beside("my bundle");
    let text = ok(["unpack", &images.image("app"), bundle.to_str().unwrap()]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("2 layers, 6 entries, "), "{text}");
    assert_eq!(lines[1], format!("next: cd '{}' && runc run mybundle", bundle.display()));
    assert_eq!(std::fs::read_to_string(bundle.join("rootfs/etc/motd")).unwrap(), "hello\n");
    assert!(!bundle.join("rootfs/etc/old").exists());
}

#[test]
fn an_overlay_stack_is_mounted_first() {
    let images = Images::new();
    let bundle = images.beside("bundle");
    let text = ok(["unpack", "--form", "overlay", &images.image("app"), bundle.to_str().unwrap()]);
    let next = text.lines().nth(1).unwrap();
    assert!(next.contains(" && mount -t overlay ") && next.ends_with(" && runc run bundle"), "{text}");
    assert_eq!(std::fs::read_to_string(bundle.join("layers/0/etc/motd")).unwrap(), "hello\n");
}

#[test]
fn the_summary_can_be_json() {
    let images = Images::new();
    for (verb, member) in [("unpack", "bundle"), ("rootfs", "rootfs")] {
        let target = images.beside(verb);
        let target = target.to_str().unwrap();
        let report: Value =
            serde_json::from_str(&ok([verb, "--format", "json", &images.image("app"), target])).unwrap();
        assert_eq!(report[member], target);
        assert_eq!((&report["layers"], &report["entries"]), (&json!(2), &json!(6)));
        assert_eq!(report["form"], "rootfs");
        assert_eq!(report["source"], images.image("app"));
        assert!(report["seconds"].is_f64() && report["bytes"].is_u64() && report["warnings"].is_array());
    }
}

#[test]
fn flags_change_the_document_the_same_way_in_both_verbs() {
    let images = Images::new();
    let bundle = images.beside("bundle");
    let flags = [
        "--env",
        "A=b",
        "--env",
        "GREETING",
        "--cwd",
        "/tmp",
        "--user",
        "5:6",
        "--hostname",
        "box",
        "--readonly",
        "--memory",
        "64M",
        "--cpus",
        "1.5",
        "--annotation",
        "k=v=w",
        "--cap-drop",
        "ALL",
        "--cap-add",
        "kill",
        "--mount",
        "type=bind,source=here,target=/mnt,readonly",
        "--hook",
        "poststop=/bin/true,x",
        "--no-volumes",
        "--no-masked-paths",
        "--no-readonly-paths",
        "--no-namespace",
        "network",
        "--new-privileges",
        "--terminal",
    ];
    let app = images.image("app");
    ok(["unpack", &app, bundle.to_str().unwrap()].iter().chain(&flags).chain(&["--", "sh", "-c", "a b"]));
    let document = read_json(&bundle.join("config.json"));
    let printed = ok(["runtime-config", &app].iter().chain(&flags).chain(&["--", "sh", "-c", "a b"]));
    let printed: Value = serde_json::from_str(&printed).unwrap();
    if is_root() {
        assert_eq!(printed, document);
    }
    let process = &document["process"];
    assert_eq!(process["args"], json!(["sh", "-c", "a b"]));
    assert_eq!(process["cwd"], "/tmp");
    assert_eq!((&process["user"]["uid"], &process["user"]["gid"]), (&json!(5), &json!(6)));
    assert_eq!(process["terminal"], true);
    assert_ne!(process["noNewPrivileges"], true);
    let env = process["env"].as_array().unwrap();
    assert!(env.contains(&json!("A=b")) && !env.iter().any(|e| e.as_str().unwrap().starts_with("GREETING")));
    assert_eq!(process["capabilities"]["bounding"], json!(["CAP_KILL"]));
    assert_eq!(document["root"], json!({ "path": "rootfs", "readonly": true }));
    assert_eq!(document["hostname"], "box");
    assert_eq!(document["annotations"]["k"], "v=w");
    assert_eq!(document["hooks"]["poststop"][0]["args"], json!(["/bin/true", "x"]));
    let linux = &document["linux"];
    assert_eq!(linux["resources"]["memory"]["limit"], 64 << 20);
    assert_eq!(linux["resources"]["cpu"]["quota"], 150_000);
    let namespaces: Vec<&Value> =
        linux["namespaces"].as_array().unwrap().iter().map(|n| &n["type"]).collect();
    assert!(
        namespaces.contains(&&json!("pid")) && !namespaces.contains(&&json!("network")),
        "{namespaces:?}"
    );
    let mounts = document["mounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| mount["destination"] == "/mnt").unwrap();
    let here = std::env::current_dir().unwrap().join("here");
    assert_eq!(mount["source"], here.to_str().unwrap(), "a relative source counts from where it was typed");
    assert!(!mounts.iter().any(|mount| mount["destination"] == "/data"));
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

#[test]
fn words_are_taken_one_by_one_and_hyphens_are_no_flags() {
    let images = Images::new();
    let args = |given: &[&str]| -> Value {
        let app = images.image("app");
        let text = ok(["runtime-config"]
            .iter()
            .chain(given.iter().take_while(|w| **w != "--"))
            .chain(&[&*app])
            .chain(given.iter().skip_while(|w| **w != "--")));
        serde_json::from_str::<Value>(&text).unwrap()["process"]["args"].clone()
    };
    assert_eq!(args(&[]), json!(["/bin/app", "--serve", "a b"]));
    assert_eq!(args(&["--args", "-x", "--args", "a b"]), json!(["-x", "a b"]));
    assert_eq!(args(&["--", "--args", "-q"]), json!(["--args", "-q"]));
}

#[test]
fn limits_stop_an_unpack_and_nothing_is_left() {
    let images = Images::new();
    let target = images.beside("tree");
    for limit in [["--max-bytes", "1k"], ["--max-entries", "2"]] {
        let output = run(["rootfs", &images.image("app"), target.to_str().unwrap()].iter().chain(&limit));
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8(output.stderr).unwrap().contains("more than"), "{limit:?}");
        assert!(!target.exists());
        let beside = std::fs::read_dir(images.beside("")).unwrap().count();
        assert_eq!(beside, 1, "only the layout is left");
    }
}

#[test]
fn a_signal_cleans_up_and_is_passed_on() {
    let entries: Vec<Entry> = (0..60_000).map(|n| Entry::file(&format!("{n}"), "")).collect();
    let layer = Layer::plain(&entries).unwrap();
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let place = tempfile::tempdir().unwrap();
        layout::simple(&place.path().join("images"), &json!({}), std::slice::from_ref(&layer)).unwrap();
        let child = ocidian()
            .current_dir(place.path())
            .args(["-q", "rootfs", "oci:images", "tree"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let beside = || std::fs::read_dir(place.path()).unwrap().count();
        let begun = Instant::now();
        while beside() == 1 {
            assert!(begun.elapsed() < Duration::from_secs(60), "it never began");
            std::thread::sleep(Duration::from_millis(1));
        }
        let kill = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(number), "{output:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
        assert_eq!(beside(), 1, "only the layout is left");
    }
}
