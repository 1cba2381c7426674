use base64::Engine;
use ocidian_content::{Class, MemoryStore, Role, document};
use ocidian_spec::{Descriptor, Digest, ImageIndex, ImageManifest, MediaType};

use crate::{image, manifest_of};

#[test]
fn a_document_of_a_huge_size_is_refused_before_it_is_read() {
    let store = MemoryStore::new();
    // Nothing is stored: had it tried to read, the error would be that.
    for size in [(16 << 20) + 1, u64::MAX >> 1] {
        let huge = Descriptor::new(MediaType::ImageManifest, Digest::sha256(b""), size);
        let error = document::read::<ImageManifest>(&store, Role::Manifest, &huge).unwrap_err();
        assert!(error.to_string().contains("more than the 16777216"), "{error}");
        assert!(document::raw(&store, Role::Manifest, &huge).unwrap_err().to_string().contains("more than"));
    }
}

#[test]
fn a_manifest_is_never_read_as_an_index_or_the_other_way_round() {
    let store = MemoryStore::new();
    let manifest = image(&store, "linux/amd64");
    let error = document::read::<ImageIndex>(&store, Role::Manifest, &manifest).unwrap_err();
    assert!(error.to_string().contains("media type application/vnd.oci.image.manifest"), "{error}");
    document::read::<ImageManifest>(&store, Role::Manifest, &manifest).unwrap();
}

#[test]
fn embedded_data_counts_only_where_it_verifies() {
    let encode = |bytes: &[u8]| Some(base64::engine::general_purpose::STANDARD.encode(bytes));
    let store = MemoryStore::new();
    let bytes = br#"{"schemaVersion":2,"manifests":[]}"#;
    let mut held = Descriptor::new(MediaType::ImageIndex, Digest::sha256(bytes), bytes.len() as u64);
    held.data = encode(bytes);
    document::read::<ImageIndex>(&store, Role::Manifest, &held).unwrap();

    for wrong in [encode(b"{}"), Some("not base64!".to_owned()), Some(String::new())] {
        held.data = wrong;
        let error = document::read::<ImageIndex>(&store, Role::Manifest, &held).unwrap_err();
        assert_eq!(error.class(), Class::NotFound, "{error}");
    }
    store.insert(MediaType::ImageIndex, bytes).unwrap();
    document::read::<ImageIndex>(&store, Role::Manifest, &held).unwrap();
}

#[test]
fn an_artifacts_config_is_not_read_as_an_images() {
    let store = MemoryStore::new();
    let helm = MediaType::Other("application/vnd.cncf.helm.config.v1+json".to_owned());
    let manifest = manifest_of(&store, helm, b"{}");
    let manifest = document::read::<ImageManifest>(&store, Role::Manifest, &manifest).unwrap();
    let error = document::config(&store, manifest.value()).unwrap_err();
    assert!(error.to_string().contains("helm"), "{error}");
}

#[test]
fn a_document_that_lies_about_itself_fails_verification() {
    let store = MemoryStore::new();
    let digest = Digest::sha256(b"one thing");
    for stored in [&b"one thinG"[..], b"one thing and more", b"one", b""] {
        store.insert_as(digest.clone(), stored);
        let descriptor = Descriptor::new(MediaType::ImageIndex, digest.clone(), 9);
        let error = document::raw(&store, Role::Manifest, &descriptor).unwrap_err();
        assert_eq!(error.class(), Class::Verification, "{error}");
    }
}
