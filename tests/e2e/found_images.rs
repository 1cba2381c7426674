//! Images that Docker, containerd and skopeo wrote, found in the directory that `OCIDIAN_TEST_IMAGES`
//! names. They are too large to ship, so where the variable is unset the test says so and passes.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bin::{ok, run};

#[expect(clippy::print_stderr, reason = "whoever runs the tests is to see what was left out")]
pub(crate) fn found() -> Option<Vec<PathBuf>> {
    let Some(dir) = std::env::var_os("OCIDIAN_TEST_IMAGES") else {
        eprintln!("SKIPPED {}: OCIDIAN_TEST_IMAGES names no directory of images", module_path!());
        return None;
    };
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut images: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|ext| ext == "tar")).collect();
    images.sort();
    assert!(!images.is_empty(), "the directory holds no image");
    Some(images)
}

/// The platform of the one image that is really there; exporters list others that they leave out.
pub(crate) fn platform(image: &str) -> String {
    let tree: Value = serde_json::from_str(&ok(["inspect", "--tree", "--format", "json", image])).unwrap();
    let mut pending: Vec<&Value> = tree.as_array().unwrap().iter().collect();
    while let Some(node) = pending.pop() {
        let parts = ["os", "architecture", "variant"].map(|part| node["platform"][part].as_str());
        let platform = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
        let held = node["role"] == "manifest" && node["state"] == "present";
        if held && !platform.is_empty() && platform != "unknown/unknown" {
            return platform;
        }
        pending.extend(node["children"].as_array().into_iter().flatten());
    }
    panic!("no image is held in {image}");
}

fn unpack_one(image: &Path) {
    let text = image.to_str().unwrap();
    let place = tempfile::tempdir().unwrap();
    let bundle = place.path().join("bundle");
    let platform = platform(text);
    ok(["unpack", "--platform", &platform, text, bundle.to_str().unwrap()]);
    let busybox = bundle.join("rootfs/bin/busybox");
    assert!(busybox.metadata().unwrap().len() > 100_000, "{text}");
    assert!(bundle.join("config.json").is_file(), "{text}");
    // The same file, without unpacking.
    let cat = run(["cat", "--platform", &platform, text, "/bin/busybox"]);
    assert_eq!(cat.stdout, std::fs::read(busybox).unwrap(), "{text}");
    let other =
        run(["unpack", "--platform", "plan9/mips", text, place.path().join("other").to_str().unwrap()]);
    assert_eq!(other.status.code(), Some(3), "{text}");
    assert!(!place.path().join("other").exists(), "{text}");
}

#[test]
fn every_one_unpacks_by_its_own_name() {
    for image in found().unwrap_or_default() {
        unpack_one(&image);
    }
}

#[test]
fn every_one_is_taken_in_its_own_form() {
    for image in found().unwrap_or_default() {
        let file = image.to_str().unwrap();
        let form = if file.ends_with("docker-archive.tar") { "docker-archive" } else { "oci-archive" };
        assert!(ok(["ls", &format!("{form}:{file}")]).lines().count() > 1, "{file}");
    }
}

/// The digests of configs that are really there.
fn configs(image: &str) -> Vec<String> {
    crate::copy_images::configs(image).into_values().collect()
}

#[test]
fn every_one_is_copied_to_every_form_and_back() {
    for image in found().unwrap_or_default() {
        let file = image.to_str().unwrap();
        let place = tempfile::tempdir().unwrap();
        let to = |form: &str, name: &str| format!("{form}:{}", place.path().join(name).display());
        for form in ["oci", "oci-archive", "docker-archive", "dir"] {
            let (there, back) = (to(form, form), to("oci", &format!("{form}-back")));
            ok(["copy", "-q", file, &there]);
            ok(["copy", "-q", &there, &back]);
            assert_eq!(configs(&back), configs(file), "{file} {form}");
            let digest = |image: &str| crate::copy_images::digest(image);
            assert_eq!(digest(&back), digest(file), "{file} {form}");
        }
        let platform = platform(file);
        let old = to("docker-archive", "old.tar:example.com/x:1");
        ok(["copy", "-q", "--uncompressed", "--platform", &platform, file, &old]);
        ok(["copy", "-q", &old, &to("oci", "old-back")]);
        let [one] = &configs(&to("oci", "old-back"))[..] else { panic!("{file}") };
        assert!(configs(file).contains(one), "{file}");
    }
}
