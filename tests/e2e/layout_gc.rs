//! `gc`: what nothing leads to goes, all else stays.

use std::fs;
use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use ocidian_testkit::run::stdout;
use serde_json::{Value, json};

use crate::bin::{fails, ocidian, ok, report, run};
use crate::cli_images::Images;
use crate::copy_images::{Source, digest};

fn blobs(layout: &str) -> usize {
    let mut count = 0;
    for algorithm in fs::read_dir(format!("{layout}/blobs")).unwrap() {
        count += fs::read_dir(algorithm.unwrap().path()).unwrap().count();
    }
    count
}

#[test]
fn what_no_name_leads_to_goes_once_it_is_old_enough() {
    let images = Images::new();
    let layout = images.path().display().to_string();
    let before = blobs(&layout);
    ok(["rm", &images.image("multi")]);
    let young = report(["gc", &layout]);
    assert_eq!((young["freed"]["blobs"].clone(), young["kept"]["blobs"].clone()), (json!(0), json!(4)));
    let waiting = young["young"].as_array().unwrap().len();
    assert_eq!(waiting, before - 4);
    assert!(ok(["gc", &layout]).contains("too young; --grace 0"));

    // Two hours later all of it is old.
    let then = SystemTime::now() - Duration::from_secs(7200);
    for blob in young["young"].as_array().unwrap() {
        let file = File::options().append(true).open(images.blob(blob["digest"].as_str().unwrap())).unwrap();
        file.set_modified(then).unwrap();
    }
    assert_eq!(report(["gc", "--grace", "3h", &layout])["removed"], json!([]));
    let dry = report(["gc", "--dry-run", &layout]);
    assert_eq!((&dry["dryRun"], blobs(&layout)), (&json!(true), before));
    let freed = report(["gc", &layout]);
    assert_eq!(freed["removed"], dry["removed"]);
    assert_eq!(freed["freed"], dry["freed"]);
    assert_eq!(blobs(&layout), 4);
    // What is left is whole.
    ok(["copy", &images.image("app"), &format!("docker-archive:{}:a:b", images.beside("x.tar").display())]);
}

#[test]
fn unnamed_entries_and_what_refers_to_what_is_kept_stay() {
    let source = Source::new();
    let layout = source.path("source").display().to_string();
    assert_eq!(report(["gc", "--grace", "0", &layout])["removed"], json!([]));
    // A child of an index stays while the index does, whatever else named it.
    let app = digest(&source.image("app"));
    ok(["rm", &source.image("app")]);
    assert_eq!(report(["gc", "--grace", "0", &layout])["removed"], json!([]));
    assert!(source.path("source/blobs").join(app.replace(':', "/")).exists());
    ok(["rm", "--referrers", &source.image("multi"), &format!("oci:{layout}@{}", referrer(&layout))]);
    let freed = report(["gc", "--grace", "0", &layout]);
    let freed: Vec<&str> =
        freed["removed"].as_array().unwrap().iter().map(|blob| blob["digest"].as_str().unwrap()).collect();
    assert!(freed.contains(&app.as_str()), "{freed:?}");
    for tag in ["zstd", "sha512", "artifact"] {
        ok(["copy", &source.image(tag), &source.to("oci", "left")]);
    }
}

/// The unnamed entry that refers to another, and to which one refers.
fn referrer(layout: &str) -> String {
    let list = report(["ls", layout]);
    let signature = |entry: &&Value| entry["artifactType"] == "application/x-signature";
    let found = list.as_array().unwrap().iter().find(signature).unwrap_or_else(|| panic!("{list}"));
    found["digest"].as_str().unwrap().to_owned()
}

#[test]
fn what_a_killed_writer_left_goes_too() {
    let images = Images::new();
    let left = images.path().join(".ocidian-stage-killed");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("1"), "half a blob").unwrap();
    let layout = images.path().display().to_string();
    let dry = report(["gc", "-n", &layout]);
    assert_eq!(dry["leftovers"], json!([{ "name": ".ocidian-stage-killed", "size": 11 }]));
    assert!(left.exists());
    ok(["gc", &layout]);
    assert!(!left.exists());
}

#[test]
fn where_a_document_cannot_be_read_nothing_goes() {
    let images = Images::new();
    let layout = images.path().display().to_string();
    let multi = images.blob(&digest(&images.image("multi")));
    ok(["rm", &images.image("app")]);
    let kept = fs::read(&multi).unwrap();
    fs::write(&multi, "damaged").unwrap();
    let before = blobs(&layout);
    let output = run(["gc", "--grace", "0", &layout]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was removed"), "{output:?}");
    assert_eq!(blobs(&layout), before);
    fs::write(&multi, kept).unwrap();
    // One that is absent leads nowhere: a sparse layout can be collected.
    fs::remove_file(&multi).unwrap();
    let freed = report(["gc", "--grace", "0", &layout]);
    assert_eq!(freed["absent"], 1);
    assert_eq!(blobs(&layout), 0);
}

#[test]
fn a_layout_is_what_it_takes() {
    let images = Images::new();
    fails(["gc", &images.image("app")], 2, "whole layout");
    fails(["gc", "oci-archive:x.tar"], 2, "oci-archive");
    fails(["gc", "./nowhere"], 3, "nowhere");
    fails(["gc", "--grace", "soon", &images.path().display().to_string()], 2, "1h30m");
}

#[test]
fn writers_are_waited_for_and_that_is_said() {
    let images = Images::new();
    let lock =
        File::options().create(true).append(true).open(images.path().join(".ocidian-writers.lock")).unwrap();
    lock.lock_shared().unwrap();
    let mut command = ocidian();
    command.args(["gc", images.path().to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut waiting = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1200));
    assert!(waiting.try_wait().unwrap().is_none(), "it did not wait");
    lock.unlock().unwrap();
    let output = waiting.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("waiting for those who write"), "{output:?}");
}

#[test]
fn what_umoci_needs_stays_and_what_it_left_goes() {
    let [umoci] = ocidian_testkit::require!("umoci");
    let images = Images::new();
    let path = images.path().display().to_string();
    let image = format!("{path}:app");
    stdout(umoci.command().args(["config", "--image", &image, "--config.user", "1:1"])).unwrap();
    ok(["gc", "--grace", "0", &path]);
    stdout(umoci.command().args(["unpack", "--rootless", "--image", &image]).arg(images.beside("bundle")))
        .unwrap();
    // By umoci's own count there is nothing left to do.
    let before = blobs(&path);
    stdout(umoci.command().args(["gc", "--layout", &path])).unwrap();
    assert_eq!(blobs(&path), before);
}
