//! `rm`: names and entries, all or none.

use ocidian_testkit::layout::Layout;
use ocidian_testkit::run::stdout;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bin::{fails, ok, report, run};
use crate::cli_images::{Images, read_json};

fn names(images: &Images) -> String {
    ok(["ls", "--names", images.path().to_str().unwrap()])
}

fn digest(images: &Images, tag: &str) -> String {
    report(["ls", &images.image(tag)])[0]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn a_name_goes_and_the_blobs_stay() {
    let images = Images::new();
    ok(["tag", &images.image("app"), "other"]);
    let digest = digest(&images, "app");
    let said = ok(["rm", &images.image("app"), &images.image("app")]);
    assert_eq!(said, format!("removed app, which was {digest}\n"));
    assert_eq!(names(&images), "multi\nother\n");
    assert!(images.blob(&digest).is_file());
}

#[test]
fn a_digest_takes_every_entry_of_it() {
    let images = Images::new();
    ok(["tag", &images.image("app"), "other"]);
    let by_digest = format!("oci:{}@{}", images.path().display(), digest(&images, "app"));
    let removed = report(["rm", &images.image("app"), &by_digest]);
    let gone: Vec<&Value> = removed.as_array().unwrap().iter().map(|entry| &entry["name"]).collect();
    assert_eq!(gone, ["app", "other"]);
    assert_eq!(names(&images), "multi\n");
    // It is still a child of the index; that is for `index rm`.
    fails(["rm", &by_digest], 3, "multi");
}

#[test]
fn all_or_none() {
    let (images, others) = (Images::new(), Images::new());
    let before = std::fs::read(images.path().join("index.json")).unwrap();
    fails(["rm", &images.image("app"), &others.image("nope")], 3, "app, multi");
    fails(["rm", &images.image("app"), &images.image("nope")], 3, "app, multi");
    fails(["rm", &images.image("app"), &format!("oci:{}", images.path().display())], 2, "oci:PATH:TAG");
    assert_eq!(std::fs::read(images.path().join("index.json")).unwrap(), before);
    ok(["rm", &images.image("app"), &others.image("multi")]);
    assert_eq!((names(&images), names(&others)), ("multi\n".to_owned(), "app\n".to_owned()));
}

#[test]
fn a_damaged_or_absent_image_can_be_removed() {
    let images = Images::new();
    std::fs::remove_file(images.blob(&digest(&images, "app"))).unwrap();
    std::fs::write(images.blob(&digest(&images, "multi")), "damaged").unwrap();
    ok(["rm", &images.image("app"), &images.image("multi")]);
    assert_eq!(read_json(&images.path().join("index.json"))["manifests"], json!([]));
}

/// An image, a signature of it, and a signature of that one, both unnamed.
fn signed() -> (TempDir, String, Vec<String>) {
    let place = TempDir::new().unwrap();
    let path = place.path().join("images");
    let mut layout = Layout::create(&path).unwrap();
    let image = layout.image(("linux", "amd64"), &json!({}), &[]).unwrap();
    let empty = layout.blob("application/vnd.oci.empty.v1+json", b"{}").unwrap();
    let signature = |subject: &Value| {
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type, "artifactType": "application/x-signature",
            "config": empty, "layers": [empty], "subject": subject,
        });
        layout.blob(media_type, manifest.to_string().as_bytes()).unwrap()
    };
    let first = signature(&image);
    let second = signature(&first);
    layout.tag(&image, "app").unwrap();
    let mut index = read_json(&path.join("index.json"));
    index["manifests"].as_array_mut().unwrap().extend([first.clone(), second.clone()]);
    std::fs::write(path.join("index.json"), index.to_string()).unwrap();
    let digests = [first, second].map(|it| it["digest"].as_str().unwrap().to_owned());
    (place, path.display().to_string(), digests.to_vec())
}

#[test]
fn referrers_go_where_that_is_asked_for() {
    // Else they keep it, and it is said how they go.
    let (_place, path, digests) = signed();
    let said = String::from_utf8(run(["rm", &format!("oci:{path}:app")]).stderr).unwrap();
    assert_eq!(report(["ls", &path]).as_array().unwrap().len(), 2);
    assert_eq!(said.lines().count(), 2, "{said}");
    for digest in &digests {
        let command = format!("oci:{path}@{digest}");
        assert!(said.contains(&format!("`ocidian rm {command}`")), "{said}");
        ok(["rm", &command]);
    }
    ok(["gc", "--grace", "0", &path]);
    assert_eq!(report(["gc", "--dry-run", &path])["kept"]["blobs"], 0);

    let (_place, path, digests) = signed();
    let removed = report(["rm", "--referrers", &format!("oci:{path}:app")]);
    let gone: Vec<&str> =
        removed.as_array().unwrap().iter().map(|entry| entry["digest"].as_str().unwrap()).collect();
    assert_eq!(gone[1..], digests);
    assert_eq!(report(["ls", &path]), json!([]));

    // Another name keeps the image, and so what refers to it.
    let (_place, path, _) = signed();
    ok(["tag", &format!("oci:{path}:app"), "kept"]);
    ok(["rm", "--referrers", &format!("oci:{path}:app")]);
    assert_eq!(report(["ls", &path]).as_array().unwrap().len(), 3);
}

#[test]
fn other_tools_miss_it() {
    let [umoci] = ocidian_testkit::require!("umoci");
    let images = Images::new();
    ok(["rm", &images.image("app")]);
    let listed = stdout(umoci.command().args(["ls", "--layout", images.path().to_str().unwrap()])).unwrap();
    assert_eq!(listed.trim(), "multi");
    stdout(umoci.command().args(["rm", "--image", &format!("{}:multi", images.path().display())])).unwrap();
    fails(["rm", &images.image("multi")], 3, "it has no tags");
}
