//! Killed at a random moment, every destination holds what it held before or what was copied, whole.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ocidian_content::{BlobAdmin, MemoryStore, Store};
use ocidian_image_layout::{CreateOptions, LayoutDir, create, open};
use ocidian_spec::{Algorithm, ImageSource};

use crate::destinations::{copy, copy_to, host, image, listed, one, tag, verify};

const DESTINATION: &str = "OCIDIAN_TEST_KILLED";
const ROUNDS: u64 = 25;

/// An image of enough blobs for a kill to fall between two of them.
fn many() -> MemoryStore {
    let store = MemoryStore::new();
    let names: Vec<String> = (0..40).map(|n| format!("file-{n}")).collect();
    let layers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "gzip")).collect();
    tag(&store, &image(&store, &Algorithm::Sha256, host(), &layers), Some("new:1"));
    store
}

/// Not a test: what the one below starts and kills.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn victim() {
    let Ok(text) = std::env::var(DESTINATION) else { return };
    let destination: ImageSource = text.parse().unwrap();
    copy(&many(), create(&destination, &CreateOptions::default()).unwrap()).unwrap();
}

fn start(destination: &str) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::victim", "--ignored"])
        .env(DESTINATION, destination)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn names(store: &dyn Store) -> Vec<String> {
    listed(store)
        .into_iter()
        .map(|(name, _)| name.map_or_else(|| "-".to_owned(), |name| name.to_string()))
        .collect()
}

fn check(form: &str, destination: &str, path: &Path, already: bool) -> bool {
    let old: &[&str] = if already && form != "dir" { &["old:1"] } else { &[] };
    if !path.exists() {
        assert!(!already, "{destination} is gone");
        return false;
    }
    let store = open(&destination.parse().unwrap()).unwrap().store;
    verify(&*store);
    let names = names(&*store);
    if form == "dir" {
        return listed(&*store)[0].1 == listed(&many())[0].1;
    }
    let new = names == [old, &["new:1"]].concat();
    assert!(new || names == old, "{destination}: {names:?}");
    if form == "oci" {
        let layout = LayoutDir::open(path).unwrap();
        let _alone = layout.exclude_writers().unwrap();
        for leftover in layout.leftovers().unwrap() {
            layout.remove_leftover(&leftover).unwrap();
        }
        let stages =
            fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(stages.filter(|name| name.contains("stage")).count(), 0);
    }
    new
}

#[test]
fn killed_at_any_moment_a_destination_holds_the_old_or_the_new() {
    for form in ["oci", "oci-archive", "docker-archive", "dir"] {
        let (mut old, mut new) = (0, 0);
        for round in 0..ROUNDS {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join("to");
            let destination = format!("{form}:{}", path.display());
            let already = round % 2 == 0;
            if already {
                copy_to(&one("old:1", "old"), form, &path).unwrap();
            }
            let mut child = start(&destination);
            if round == 0 {
                assert!(child.wait().unwrap().success());
            } else {
                std::thread::sleep(Duration::from_micros(round * 1500));
                child.kill().unwrap();
                child.wait().unwrap();
            }
            match check(form, &destination, &path, already) {
                true => new += 1,
                false => old += 1,
            }
        }
        assert!(new > 0 && old > 0, "{form}: {old} old, {new} new: every kill was too early or too late");
    }
}
