use std::io::Write;

use ocidian_content::{Class, Error, PlatformChoice, RefSource, select};
use ocidian_image_layout::{DockerArchive, Options};
use ocidian_spec::{Digest, Selector};
use tar::EntryType;

use crate::{LAYER, append, append_link, config, file, layout_files, read_all, says, tar_of};

fn open(bytes: &[u8]) -> Result<DockerArchive, Error> {
    let place = tempfile::tempdir().unwrap();
    DockerArchive::open(&file(&place, bytes), &Options::default())
}

fn files(manifest: &str) -> Vec<(String, Vec<u8>)> {
    vec![
        ("c.json".to_owned(), config()),
        ("one/layer.tar".to_owned(), LAYER.to_vec()),
        ("manifest.json".to_owned(), manifest.as_bytes().to_vec()),
    ]
}

const SIMPLE: &str = r#"[{"Config":"c.json","RepoTags":["busybox:1"],"Layers":["one/layer.tar"]}]"#;

#[test]
fn the_old_form_is_read_with_links_as_skopeo_writes_them() {
    let mut tar = tar::Builder::new(Vec::new());
    append(&mut tar, "c.json", &config());
    append(&mut tar, "abc.tar", LAYER);
    append_link(&mut tar, "abc/layer.tar", EntryType::Symlink, "../abc.tar");
    append_link(&mut tar, "hard.tar", EntryType::Link, "abc/layer.tar");
    let manifest =
        r#"[{"Config":"c.json","RepoTags":null,"Layers":["abc.tar","abc/layer.tar","./hard.tar"]}]"#;
    append(&mut tar, "manifest.json", manifest.as_bytes());
    let archive = open(&tar.into_inner().unwrap()).unwrap();
    assert_eq!(read_all(&archive).unwrap(), [config(), LAYER.repeat(3)].concat());
    assert_eq!(archive.list().unwrap()[0].0, None);
}

#[test]
fn the_new_form_serves_what_manifest_json_names() {
    let mut files = layout_files(Some("1"));
    let manifest =
        format!(r#"[{{"Config":"{}","RepoTags":["busybox:1"],"Layers":["{}"]}}]"#, files[1].0, files[0].0);
    files.push(("manifest.json".to_owned(), manifest.into_bytes()));
    let archive = open(&tar_of(&files)).unwrap();
    assert_eq!(read_all(&archive).unwrap(), [config(), LAYER.to_vec()].concat());

    files[0].1[0] ^= 1; // the name says another digest than the bytes have
    let error = read_all(&open(&tar_of(&files)).unwrap()).unwrap_err();
    assert_eq!(error.class(), Class::Verification, "{error}");
}

#[test]
fn the_made_manifest_is_the_same_each_time_and_its_layers_are_as_stored() {
    let mut gzipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzipped.write_all(LAYER).unwrap();
    let mut members = files(r#"[{"Config":"c.json","Layers":["one/layer.tar","two","three"]}]"#);
    members.push(("two".to_owned(), gzipped.finish().unwrap()));
    members.push(("three".to_owned(), zstd::encode_all(LAYER, 1).unwrap()));
    let chosen = || crate::sole(&open(&tar_of(&members)).unwrap()).unwrap();
    let first = chosen();
    assert_eq!(first.manifest.descriptor().digest, chosen().manifest.descriptor().digest);
    let types: Vec<&str> =
        first.manifest.value().layers.iter().map(|layer| layer.media_type.as_str()).collect();
    assert_eq!(
        types,
        [
            "application/vnd.oci.image.layer.v1.tar",
            "application/vnd.oci.image.layer.v1.tar+gzip",
            "application/vnd.oci.image.layer.v1.tar+zstd",
        ]
    );
    assert_eq!(first.manifest.value().config.digest, Digest::sha256(&config()));
}

#[test]
fn names_are_repo_tags() {
    let both = r#"[
        {"Config":"c.json","RepoTags":["busybox:1","quay.io/x/y:2"],"Layers":["one/layer.tar"]},
        {"Config":"d.json","RepoTags":["busybox:2"],"Layers":[]}]"#;
    let mut members = files(both);
    let other = String::from_utf8(config()).unwrap().replace("amd64", "arm64").into_bytes();
    members.push(("d.json".to_owned(), other.clone()));
    let archive = open(&tar_of(&members)).unwrap();
    let config_of = |name: &str| {
        let selector = Selector::Name(name.parse().unwrap());
        let chosen = select(&archive, &selector, &PlatformChoice::Host)?;
        Ok::<_, Error>(chosen.manifest.value().config.digest.clone())
    };
    assert_eq!(config_of("busybox:1").unwrap(), Digest::sha256(&config()));
    assert_eq!(config_of("docker.io/library/busybox:1").unwrap(), Digest::sha256(&config()));
    assert_eq!(config_of("quay.io/x/y:2").unwrap(), Digest::sha256(&config()));
    assert_eq!(config_of("busybox:2").unwrap(), Digest::sha256(&other));
    says(config_of("busybox:3"), "it has: busybox:1, quay.io/x/y:2, busybox:2");
    says(read_all(&archive), "several images");
}

#[test]
fn a_manifest_json_that_is_wrong_is_an_error() {
    says(open(&tar_of(&files(SIMPLE)[..2])), "no manifest.json");
    let nested = "[".repeat(10_000);
    for text in ["", "{}", "[{}]", "[1]", r#"[{"Config":1}]"#, r#"[{"Config":"a","Config":"b"}]"#, &nested] {
        says(open(&tar_of(&files(text))), "manifest.json");
    }
    says(open(&tar_of(&files("[]"))).and_then(|archive| read_all(&archive)), "holds no image");
    for text in [
        r#"[{"Config":"gone.json","Layers":[]}]"#,
        r#"[{"Config":"c.json","Layers":["gone"]}]"#,
        r#"[{"Config":"../c.json","Layers":[]}]"#,
        r#"[{"Config":"/etc/passwd","Layers":[]}]"#,
        r#"[{"Config":"c.json","Layers":["one"]}]"#,
        r#"[{"Config":"c.json","Layers":[""]}]"#,
    ] {
        says(open(&tar_of(&files(text))).and_then(|archive| read_all(&archive)), "manifest.json names");
    }
}

#[test]
fn links_that_lead_out_or_nowhere_are_refused() {
    for (target, expected) in [
        ("../../x", "leads out"),
        ("/etc/passwd", "leads out"),
        ("layer.tar", "more than 8 links"),
        ("gone", "not in the archive"),
        ("../c.json/..", "cannot be read"),
    ] {
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, "c.json", &config());
        append_link(&mut tar, "one/layer.tar", EntryType::Symlink, target);
        append(&mut tar, "manifest.json", SIMPLE.as_bytes());
        let outcome = open(&tar.into_inner().unwrap()).and_then(|archive| read_all(&archive));
        if expected == "cannot be read" {
            assert!(outcome.is_err(), "{target}");
        } else {
            says(outcome, expected);
        }
    }
}

#[test]
fn the_layout_besides_gives_the_manifests_but_cannot_say_otherwise_than_manifest_json() {
    let layout = |tag: &str| {
        let mut files = layout_files(Some(tag));
        let manifest = format!(
            r#"[{{"Config":"{}","RepoTags":["busybox:1"],"Layers":["{}"]}}]"#,
            files[1].0, files[0].0
        );
        files.push(("manifest.json".to_owned(), manifest.into_bytes()));
        files
    };
    let list = |files: &[(String, Vec<u8>)]| {
        let archive = open(&tar_of(files)).unwrap();
        read_all(&archive).unwrap();
        let list = archive.list().unwrap();
        list.into_iter()
            .map(|(name, entry)| (name.map(|name| name.to_string()), entry.digest))
            .collect::<Vec<_>>()
    };
    let busybox = Some("busybox:1".to_owned());
    for tag in ["busybox:1", "1"] {
        let files = layout(tag);
        assert_eq!(list(&files), [(busybox.clone(), Digest::sha256(&files[2].1))], "as it is named there");
    }
    // A layout that leads elsewhere, or nowhere, is not believed, but what has another name is still there.
    let mut files = layout("busybox:1");
    let other = String::from_utf8(config()).unwrap().replace("amd64", "riscv64").into_bytes();
    let config_path = format!("blobs/sha256/{}", Digest::sha256(&other).encoded());
    files[5].1 =
        String::from_utf8(files[5].1.clone()).unwrap().replace(&files[1].0, &config_path).into_bytes();
    files.push((config_path, other));
    let made = list(&files);
    assert_eq!((made.len(), &made[0].0), (1, &busybox));
    assert_ne!(made[0].1, Digest::sha256(&files[2].1));
    for damage in 2..5 {
        let mut files = layout("busybox:1");
        files[damage].1 = b"{".to_vec();
        assert_eq!(list(&files).len(), 1, "{}", files[damage].0);
    }
    let mut files = layout("busybox:1");
    files[5].1 = b"[]".to_vec();
    assert_eq!(
        list(&files),
        [(busybox.clone(), Digest::sha256(&files[2].1))],
        "which Docker's readers do not see"
    );
}
