//! The crate as its callers see it, over files made on the spot.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod admin;
mod archive;
mod destinations;
mod dir;
mod docker;
mod docker_written;
mod engines;
mod flat_dir;
mod found;
mod killed;
mod open;
mod peers;
mod writers;

use std::fs;
use std::path::{Path, PathBuf};

use ocidian_content::{Error, PlatformChoice, Role, Selection, Store, select};
use ocidian_spec::{Digest, Selector};
use tempfile::TempDir;

const LAYER: &[u8] = b"not looked into by these tests";

/// The files of a layout of one image, in the order in which they are written.
fn layout_files(tag: Option<&str>) -> Vec<(String, Vec<u8>)> {
    let path = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::sha256(bytes).encoded());
    let config = config();
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[{}]}}"#,
        descriptor("config.v1+json", &config),
        descriptor("layer.v1.tar", LAYER)
    )
    .into_bytes();
    let mut entry = descriptor("manifest.v1+json", &manifest);
    if let Some(tag) = tag {
        entry.pop();
        entry +=
            &format!(r#","annotations":{{"org.opencontainers.image.ref.name":"{tag}"}},"x-kept":1e400}}"#);
    }
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{entry}],"x-also-kept":null}}"#);
    vec![
        (path(LAYER), LAYER.to_vec()),
        (path(&config), config),
        (path(&manifest), manifest),
        ("index.json".to_owned(), index.into_bytes()),
        ("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()),
    ]
}

fn config() -> Vec<u8> {
    br#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}"#.to_vec()
}

fn descriptor(kind: &str, bytes: &[u8]) -> String {
    format!(
        r#"{{"mediaType":"application/vnd.oci.image.{kind}","digest":"{}","size":{}}}"#,
        Digest::sha256(bytes),
        bytes.len()
    )
}

/// A layout directory with those files.
fn layout_dir(files: &[(String, Vec<u8>)]) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("layout");
    for (name, bytes) in files {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    (place, path)
}

/// A tar of those files.
fn tar_of(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        append(&mut tar, name, bytes);
    }
    tar.into_inner().unwrap()
}

/// Appends a member of that very name, whatever `tar` thinks of it.
fn append(tar: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]) {
    let mut header = header(name, tar::EntryType::Regular);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    tar.append(&header, bytes).unwrap();
}

fn append_link(tar: &mut tar::Builder<Vec<u8>>, name: &str, kind: tar::EntryType, target: &str) {
    let mut header = header(name, kind);
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    tar.append(&header, &[][..]).unwrap();
}

fn header(name: &str, kind: tar::EntryType) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(0);
    header
}

fn file(place: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = place.path().join("archive");
    fs::write(&path, bytes).unwrap();
    path
}

fn sole(store: &dyn Store) -> Result<Selection, Error> {
    select(store, &Selector::Sole, &PlatformChoice::Host)
}

/// The config's digest of the image of that name: what Docker calls its id.
fn config_of(store: &dyn Store, name: &str) -> Digest {
    let selector = Selector::Name(name.parse().unwrap());
    select(store, &selector, &PlatformChoice::Host).unwrap().manifest.value().config.digest.clone()
}

/// Selects the only image and reads all of it, verified.
fn read_all(store: &dyn Store) -> Result<Vec<u8>, Error> {
    let selection = sole(store)?;
    let manifest = selection.manifest.value();
    let mut all = Vec::new();
    for descriptor in std::iter::once(&manifest.config).chain(&manifest.layers) {
        std::io::copy(&mut store.open(Role::Blob, descriptor)?, &mut all)
            .map_err(|e| Error::from_io(|| "read".to_owned(), e))?;
    }
    Ok(all)
}

#[track_caller]
fn says<T>(outcome: Result<T, Error>, expected: &str) {
    let Err(error) = outcome else { panic!("it should fail, saying {expected:?}") };
    let text = error.to_string();
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains('\n'), "{text}");
}

fn make_fifo(path: &Path) {
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
}
