//! Few descriptors and little memory, whatever the image.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use ocidian_testkit::layout::{self, Entry, Layer};
use serde_json::json;

use crate::bin;

fn write_image(place: &Path, layers: &[Vec<Entry>]) {
    let layers: Vec<Layer> = layers.iter().map(|entries| Layer::gzip(entries).unwrap()).collect();
    layout::simple(&place.join("images"), &json!({}), &layers).unwrap();
}

/// Unpacks `images` to `target` with at most so many descriptors; the peak of its memory in bytes.
fn unpack(place: &Path, form: &str, descriptors: u32) -> u64 {
    let script = format!("ulimit -n {descriptors}; exec \"$0\" rootfs -q --form {form} oci:images target");
    let mut child = Command::new("sh")
        .args(["-euc", &script])
        .arg(bin::path())
        .current_dir(place)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A high-water mark: reading it once more before the end is enough.
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) << 10);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{form}: {}", String::from_utf8_lossy(&output.stderr));
    Command::new("rm").arg("-rf").arg(place.join("target")).status().unwrap();
    peak
}

fn deep(levels: usize) -> String {
    vec!["d"; levels].join("/")
}

#[test]
fn forty_descriptors_are_enough() {
    let bottom = deep(1_000);
    let wide =
        (0..300).flat_map(|n| [Entry::directory(&format!("w{n}")), Entry::file(&format!("w{n}/f"), "x")]);
    // As many directories as there can be on the way down, and files for several others at once.
    let many = (0..200).flat_map(|n| {
        let files = if n % 10 == 0 { 70 } else { 2 };
        (0..files).map(move |file| Entry::file(&format!("{}/m{n}/{file}", deep(30)), "x"))
    });
    let mut layers = vec![
        many.collect(),
        vec![Entry::file(&format!("{bottom}/f"), "x"), Entry::directory(&bottom).with_mode(0o700)],
        wide.collect(),
        vec![
            Entry::hard_link("near", &format!("{bottom}/f")),
            Entry::symlink("way", &bottom),
            Entry::file("way/through", "x"),
            Entry::whiteout(&format!("{bottom}/f")),
            Entry::opaque(&deep(990)),
            Entry::file(&format!("{}/again", deep(980)), "x"),
        ],
    ];
    layers.extend((0..96).map(|n| {
        vec![
            Entry::file(&format!("w{n}/of-its-own"), "x"),
            Entry::hard_link(&format!("w{n}/linked"), &format!("w{}/f", n + 1)),
            Entry::whiteout(&format!("w{}/f", n + 100)),
        ]
    }));
    assert_eq!(layers.len(), 100);
    let place = tempfile::tempdir().unwrap();
    write_image(place.path(), &layers);
    for form in ["rootfs", "overlay"] {
        unpack(place.path(), form, 40);
    }
}

#[test]
fn memory_does_not_grow_with_bytes_and_little_with_entries() {
    const MIB: u64 = 1 << 20;
    let place = tempfile::tempdir().unwrap();
    let names = || (0..50_000).map(|n| format!("some/directory/{}/a-file-with-a-name-{n}", n / 500));
    let files = || names().map(|name| Entry::file(&name, "x")).collect::<Vec<_>>();
    write_image(place.path(), &[files(), files()]);
    let many = unpack(place.path(), "rootfs", 40);
    fs::remove_dir_all(place.path().join("images")).unwrap();
    write_image(place.path(), &[vec![Entry::file("large", vec![0; 64 << 20])], vec![Entry::file("f", "")]]);
    let large = unpack(place.path(), "rootfs", 40);
    // What is promised: 24 MiB, and 64 bytes an entry of the largest layer.
    assert!(many <= 24 * MIB + 50_000 * 64, "{} KiB for 50,000 entries", many >> 10);
    assert!(large <= 24 * MIB, "{} KiB for one file", large >> 10);
}
