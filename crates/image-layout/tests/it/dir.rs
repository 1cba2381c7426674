use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use ocidian_content::{BlobSource, Class, RefSource, Role};
use ocidian_image_layout::LayoutDir;

use crate::{LAYER, layout_dir, layout_files, make_fifo, read_all, says};

#[test]
fn an_image_is_read_whole() {
    let (_place, path) = layout_dir(&layout_files(Some("v1")));
    let layout = LayoutDir::open(&path).unwrap();
    assert!(read_all(&layout).unwrap().ends_with(LAYER));
    assert_eq!(layout.list().unwrap()[0].0.as_ref().unwrap().as_str(), "v1");
}

#[test]
fn what_is_no_layout_is_refused_with_its_path() {
    let place = tempfile::tempdir().unwrap();
    let missing = place.path().join("missing");
    let error = LayoutDir::open(&missing).unwrap_err();
    assert_eq!(error.class(), Class::NotFound, "{error}");
    assert!(error.to_string().contains("missing"), "{error}");
    says(LayoutDir::open(place.path()), "it has no oci-layout");

    for (bytes, expected) in [
        (&b""[..], "oci-layout"),
        (b"1.0.0", "oci-layout"),
        (b"[]", "oci-layout"),
        (b"{}", "imageLayoutVersion"),
        (br#"{"imageLayoutVersion":1}"#, "oci-layout"),
        (br#"{"imageLayoutVersion":"2.0.0"}"#, "\"2.0.0\", and this program reads version 1.0.0 only"),
        (br#"{"imageLayoutVersion":"1.1.0"}"#, "1.1.0"),
        (br#"{"imageLayoutVersion":"2.0.0","imageLayoutVersion":"1.0.0"}"#, "imageLayoutVersion"),
        (&[b' '; 70_000], "longer than 65536"),
    ] {
        let (_place, path) = layout_dir(&[("oci-layout".to_owned(), bytes.to_vec())]);
        says(LayoutDir::open(&path), expected);
    }
}

#[test]
fn an_index_json_that_is_wrong_is_an_error_that_names_it() {
    let nested = format!("{}{}", r#"{"schemaVersion":2,"manifests":[],"x":"#, "[".repeat(10_000));
    let double = r#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#;
    let inner = r#"{"schemaVersion":2,"manifests":[],"x":{"a":{"b":1,"b":2}}}"#;
    let digest =
        r#"{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"sha256:../../x","size":1}]}"#;
    let size = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"a/b","digest":"sha256:{}","size":-1}}]}}"#,
        "0".repeat(64)
    );
    for text in
        [&nested, double, inner, digest, &size, "", "[]", "{}", "\u{0}", "{\"schemaVersion\":2,\"manif"]
    {
        let mut files = layout_files(None);
        files[3].1 = text.as_bytes().to_vec();
        let (_place, path) = layout_dir(&files);
        says(LayoutDir::open(&path).unwrap().list(), "index.json");
    }
    let (_place, path) = layout_dir(&layout_files(None));
    fs::File::create(path.join("index.json")).unwrap().set_len((64 << 20) + 1).unwrap();
    says(LayoutDir::open(&path).unwrap().list(), "longer than 67108864");
    fs::remove_file(path.join("index.json")).unwrap();
    says(LayoutDir::open(&path).unwrap().list(), "no index.json");
}

#[test]
fn only_regular_files_are_read_and_nothing_blocks() {
    let names: Vec<String> = layout_files(None).into_iter().map(|(name, _)| name).collect();
    for name in names {
        let last = name.rsplit('/').next().unwrap();
        for kind in
            ["fifo", "directory", "dangling", "loop", "device", "linked fifo", "linked directory", "socket"]
        {
            let (place, path) = layout_dir(&layout_files(None));
            let file = path.join(&name);
            let aside = place.path().join("aside");
            fs::rename(&file, &aside).unwrap();
            match kind {
                "fifo" => make_fifo(&file),
                "directory" => fs::create_dir(&file).unwrap(),
                "linked fifo" => {
                    make_fifo(&place.path().join("fifo"));
                    symlink(place.path().join("fifo"), &file).unwrap();
                }
                "linked directory" => symlink("/", &file).unwrap(),
                "dangling" => symlink("nowhere", &file).unwrap(),
                "loop" => symlink(file.file_name().unwrap(), &file).unwrap(),
                "device" => symlink("/dev/zero", &file).unwrap(),
                _ => {
                    // A socket's path is limited to about 100 bytes.
                    let socket = place.path().join("s");
                    drop(UnixListener::bind(&socket).unwrap());
                    fs::rename(socket, &file).unwrap();
                }
            }
            let outcome = LayoutDir::open(&path).and_then(|layout| read_all(&layout));
            let text = outcome.unwrap_err().to_string();
            assert!(text.contains("only a regular file is read here"), "{text}");
            assert!(text.contains(file.to_str().unwrap()), "{text}");
            if name.starts_with("blobs/") {
                assert!(text.starts_with(&format!("blob sha256:{last}: ")), "{text}");
            }
        }
    }
}

#[test]
fn a_regular_file_behind_a_symlink_is_read_and_verified() {
    for (name, _) in layout_files(None) {
        let (place, path) = layout_dir(&layout_files(None));
        let aside = place.path().join("aside");
        fs::rename(path.join(&name), &aside).unwrap();
        symlink(&aside, path.join(&name)).unwrap();
        assert!(read_all(&LayoutDir::open(&path).unwrap()).unwrap().ends_with(LAYER));
    }
    let (place, path) = layout_dir(&layout_files(None));
    let other = place.path().join("other");
    fs::write(&other, vec![b'x'; LAYER.len()]).unwrap();
    let blob = path.join(&layout_files(None)[0].0);
    fs::remove_file(&blob).unwrap();
    symlink(&other, &blob).unwrap();
    assert_eq!(read_all(&LayoutDir::open(&path).unwrap()).unwrap_err().class(), Class::Verification);
}

#[test]
fn a_directory_of_blobs_may_be_shared_by_a_symlink() {
    for name in ["blobs", "blobs/sha256"] {
        let (place, path) = layout_dir(&layout_files(None));
        fs::rename(path.join(name), place.path().join("aside")).unwrap();
        symlink(place.path().join("aside"), path.join(name)).unwrap();
        read_all(&LayoutDir::open(&path).unwrap()).unwrap();
    }
}

#[test]
fn a_blob_that_is_absent_or_differs_is_told_apart() {
    let files = layout_files(None);
    for (change, class, expected) in [
        (&None, Class::NotFound, "sparse"),
        (
            &Some(b"longer than the descriptor says it is".to_vec()),
            Class::Verification,
            "its descriptor says",
        ),
        (&Some(b"short".to_vec()), Class::Verification, "its descriptor says"),
        (&Some(vec![b'x'; LAYER.len()]), Class::Verification, "does not match its digest"),
    ] {
        let (_place, path) = layout_dir(&files);
        let blob = path.join(&files[0].0);
        match change {
            Some(bytes) => fs::write(blob, bytes).unwrap(),
            None => fs::remove_file(blob).unwrap(),
        }
        let error = read_all(&LayoutDir::open(&path).unwrap()).unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn unknown_files_and_blobs_are_no_error() {
    let mut files = layout_files(None);
    files.push(("manifest.json".to_owned(), b"{".to_vec()));
    files.push(("blobs/sha256/README".to_owned(), b"?".to_vec()));
    let (_place, path) = layout_dir(&files);
    read_all(&LayoutDir::open(&path).unwrap()).unwrap();
}

#[test]
fn a_range_is_a_part_of_the_blob() {
    use std::io::Read;
    let (_place, path) = layout_dir(&layout_files(None));
    let layout = LayoutDir::open(&path).unwrap();
    let layer = crate::sole(&layout).unwrap().manifest.value().layers[0].clone();
    for (offset, len, expected) in [
        (0, 3, &LAYER[..3]),
        (4, 6, &LAYER[4..10]),
        (25, 99, &LAYER[25..]),
        (99, 1, b""),
        (u64::MAX >> 1, 1, b""),
    ] {
        let mut read = Vec::new();
        layout.open_range(Role::Blob, &layer, offset, len).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, expected);
    }
}
