use std::fs;
use std::path::Path;

use ocidian_content::{Class, Error};
use ocidian_image_layout::{LayoutDir, Opened, StoreKind, open};
use ocidian_spec::{Digest, ImageSource, Selector};

use crate::{config, descriptor, file, layout_dir, layout_files, make_fifo, read_all, says, tar_of};

fn bare(text: impl AsRef<Path>) -> Result<Opened, Error> {
    open(&ImageSource::Bare(text.as_ref().to_str().unwrap().to_owned()))
}

#[test]
fn a_bare_path_is_opened_as_what_is_there() {
    let (place, path) = layout_dir(&layout_files(Some("v1")));
    let opened = bare(&path).unwrap();
    assert_eq!((opened.kind, &opened.selector), (StoreKind::LayoutDir, &Selector::Sole));
    read_all(&*opened.store).unwrap();

    let archive = file(&place, &tar_of(&layout_files(None)));
    assert_eq!(bare(&archive).unwrap().kind, StoreKind::OciArchive);
    let docker = [("c".to_owned(), config()), ("manifest.json".to_owned(), br#"[{"Config":"c"}]"#.to_vec())];
    let archive = file(&place, &tar_of(&docker));
    let opened = bare(&archive).unwrap();
    assert_eq!(opened.kind, StoreKind::DockerArchive);
    read_all(&*opened.store).unwrap();

    let neither = file(&place, &tar_of(&docker[..1]));
    says(bare(&neither), "neither oci-layout nor manifest.json");
    says(bare(place.path()), "no oci-layout");
    make_fifo(&place.path().join("fifo"));
    says(bare(place.path().join("fifo")), "a FIFO");
    says(bare("/dev/null"), "a device");
}

#[test]
fn a_bare_path_may_have_a_tag_or_a_digest_unless_it_exists_as_it_is() {
    let (place, path) = layout_dir(&layout_files(Some("v1")));
    let path = path.to_str().unwrap();
    assert_eq!(bare(format!("{path}:v1")).unwrap().selector, Selector::Name("v1".parse().unwrap()));
    let tag = "docker.io/library/x:1@y";
    assert_eq!(bare(format!("{path}:{tag}")).unwrap().selector, Selector::Name(tag.parse().unwrap()));
    let digest = Digest::sha256(b"x");
    assert_eq!(bare(format!("{path}@{digest}")).unwrap().selector, Selector::Digest(digest));
    LayoutDir::create(&place.path().join("layout:v1")).unwrap();
    assert_eq!(bare(format!("{path}:v1")).unwrap().selector, Selector::Sole);
}

#[test]
fn what_does_not_exist_is_said_to_be_missing() {
    for (text, expected) in [
        ("/no/such/path", "/no/such/path"),
        ("./no-such-path:tag", "./no-such-path"),
        ("no-such-image:tag", "as a registry's reference it cannot be read yet"),
        ("", "cannot be read yet"),
    ] {
        let error = bare(text).unwrap_err();
        assert_eq!(error.class(), Class::NotFound, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn the_wrong_prefix_is_told_the_right_one() {
    let (place, path) = layout_dir(&layout_files(None));
    let archive = file(&place, &tar_of(&layout_files(None)));
    says(open(&ImageSource::OciArchive { path, select: Selector::Sole }), "oci: reads those");
    says(open(&ImageSource::Oci { path: archive, select: Selector::Sole }), "oci-archive: reads those");
}

#[test]
fn skopeos_flat_directory_is_read() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path();
    let config = config();
    let manifest =
        format!(r#"{{"schemaVersion":2,"config":{},"layers":[]}}"#, descriptor("config.v1+json", &config));
    fs::write(path.join("version"), "Directory Transport Version: 1.1\n").unwrap();
    fs::write(path.join("manifest.json"), &manifest).unwrap();
    fs::write(path.join(Digest::sha256(&config).encoded()), &config).unwrap();
    for source in
        [ImageSource::Dir { path: path.to_owned() }, ImageSource::Bare(path.to_str().unwrap().to_owned())]
    {
        let opened = open(&source).unwrap();
        assert_eq!(opened.kind, StoreKind::FlatDir);
        assert_eq!(read_all(&*opened.store).unwrap(), config);
    }
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
        descriptor("manifest.v1+json", manifest.as_bytes())
    );
    let child = format!("{}.manifest.json", Digest::sha256(manifest.as_bytes()).encoded());
    fs::rename(path.join("manifest.json"), path.join(child)).unwrap();
    fs::write(path.join("manifest.json"), index).unwrap();
    read_all(&*bare(path).unwrap().store).unwrap();
    fs::write(path.join("manifest.json"), "{").unwrap();
    says(bare(path), "manifest.json");
}
