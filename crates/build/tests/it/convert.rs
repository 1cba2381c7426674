//! Images converted: what is asked for changes, and nothing else does.

use ocidian_build::convert::{self, Family, Options};
use ocidian_build::{Error, Result};
use ocidian_content::error::Class;
use ocidian_content::{BlobSink, BlobSource, Cancel, MemoryStore, Role, Silent, document};
use ocidian_layer::compress::Compressor;
use ocidian_spec::annotations::DOCKER_REFERENCE_DIGEST;
use ocidian_spec::{
    Annotations, Compression, Descriptor, DiffId, Digest, Document, ImageIndex, ImageManifest, MediaType,
    Platform, Raw,
};

use crate::made::{bytes, directory, file, image, index, layer, tar, untarred};

fn convert(from: &MemoryStore, root: &Descriptor, options: Options) -> Result<(MemoryStore, Descriptor)> {
    let to = MemoryStore::new();
    let sink = Box::new(to.sink());
    let made = convert::image(from, root, &*sink, &options, &Silent, &Cancel::new())?;
    sink.finish()?;
    assert_eq!(bytes(&to, Role::Manifest, made.descriptor()), made.bytes());
    Ok((to, made.descriptor().clone()))
}

fn compress(text: &str) -> Options {
    Options { compressor: Some(text.parse().unwrap()), ..Options::default() }
}

fn family(family: Family) -> Options {
    Options { family: Some(family), ..Options::default() }
}

fn manifest(store: &MemoryStore, descriptor: &Descriptor) -> ImageManifest {
    let raw: Raw<ImageManifest> = document::read(store, Role::Manifest, descriptor).unwrap();
    raw.into_value()
}

fn two_layers(store: &MemoryStore) -> Descriptor {
    let lower = tar(&[directory("a"), file("a/b", 700_000)]);
    let upper = tar(&[file("c", 10)]);
    image(store, vec![layer(store, &lower, Compressor::GZIP), layer(store, &upper, Compressor::ZSTD)])
}

#[test]
fn layers_are_compressed_as_asked_for_and_stay_the_same_tars() {
    let store = MemoryStore::new();
    let root = two_layers(&store);
    let old = manifest(&store, &root);
    for (text, compression) in
        [("zstd", Compression::Zstd), ("gzip:1", Compression::Gzip), ("none", Compression::None)]
    {
        let (to, made) = convert(&store, &root, compress(text)).unwrap();
        let new = manifest(&to, &made);
        assert_eq!(new.config, old.config, "{text}");
        bytes(&to, Role::Blob, &new.config);
        for (old, new) in old.layers.iter().zip(&new.layers) {
            assert_eq!(new.media_type, MediaType::ImageLayer(compression));
            assert_eq!(untarred(&to, new), untarred(&store, old));
            // One that is so already keeps its bytes, whatever the level.
            assert_eq!(new.digest == old.digest, old.media_type == new.media_type);
        }
    }
}

#[test]
fn docker_and_back_is_what_it_was() {
    let store = MemoryStore::new();
    let one = two_layers(&store);
    let platform = Some(Platform::host());
    let root = index(&store, vec![Descriptor { platform, ..one }]);
    let (docker, made) = convert(&store, &root, family(Family::Docker)).unwrap();
    assert_eq!(made.media_type, MediaType::DockerManifestList);
    let list: Raw<ImageIndex> = document::read(&docker, Role::Manifest, &made).unwrap();
    let child = &list.value().manifests[0];
    assert_eq!((&child.media_type, &child.platform), (&MediaType::DockerManifest, &Some(Platform::host())));
    let inner = manifest(&docker, child);
    assert_eq!(inner.media_type, Some(MediaType::DockerManifest));
    assert_eq!(inner.config.media_type, MediaType::DockerConfig);
    assert_eq!(inner.layers[0].media_type, MediaType::DockerLayer(Compression::Gzip));
    let (_, back) = convert(&docker, &made, family(Family::Oci)).unwrap();
    assert_eq!(back, root);
    // Asked for what it is, nothing changes.
    assert_eq!(convert(&store, &root, family(Family::Oci)).unwrap().1, root);
    assert_eq!(convert(&store, &root, Options::default()).unwrap().1, root);
}

#[test]
fn what_is_no_image_keeps_its_bytes() {
    let store = MemoryStore::new();
    let app = two_layers(&store);
    let statement = store.insert(MediaType::Other("application/vnd.in-toto+json".to_owned()), b"{}").unwrap();
    let attestation = ImageManifest::new(manifest(&store, &app).config, vec![statement.clone()]);
    let mut attestation = store.insert(MediaType::ImageManifest, &attestation.to_json().unwrap()).unwrap();
    attestation.annotations =
        Some(Annotations::from([(DOCKER_REFERENCE_DIGEST.to_owned(), app.digest.to_string())]));
    let unknown = store.insert(MediaType::Other("application/x-unknown".to_owned()), b"\x00\x01").unwrap();
    let absent = Descriptor::new(MediaType::ImageManifest, Digest::sha256(b"absent"), 6);
    let nested = index(&store, vec![app.clone()]);
    let root = index(&store, vec![nested, attestation.clone(), unknown.clone(), absent.clone(), app.clone()]);
    let (to, made) = convert(&store, &root, compress("zstd")).unwrap();
    let list: Raw<ImageIndex> = document::read(&to, Role::Manifest, &made).unwrap();
    let [nested, about, same, missing, image] = list.value().manifests.as_slice() else { panic!() };
    assert_ne!(image.digest, app.digest);
    let inner: Raw<ImageIndex> = document::read(&to, Role::Manifest, nested).unwrap();
    assert_eq!(inner.value().manifests, std::slice::from_ref(image));
    assert_eq!(
        (&about.digest, about.annotation(DOCKER_REFERENCE_DIGEST)),
        (&attestation.digest, Some(&*image.digest.to_string()))
    );
    bytes(&to, Role::Blob, &statement);
    assert_eq!((same, missing), (&unknown, &absent));
    assert_eq!(bytes(&to, Role::Manifest, same), b"\x00\x01");
    let complete = Options { complete: true, ..compress("zstd") };
    assert_eq!(convert(&store, &root, complete).unwrap_err().class(), Class::NotFound);
}

#[test]
fn foreign_layers_are_left_where_they_are() {
    let store = MemoryStore::new();
    let mut foreign = layer(&store, &tar(&[file("x", 1)]), Compressor::GZIP);
    foreign.0.media_type = MediaType::NondistributableLayer(Compression::Gzip);
    foreign.0.urls = Some(vec!["https://example.com/x".to_owned()]);
    let root = image(&store, vec![foreign.clone()]);
    let (_, made) = convert(&store, &root, compress("zstd")).unwrap();
    assert_eq!(made, root);
    let (to, made) = convert(&store, &root, family(Family::Docker)).unwrap();
    let layer = &manifest(&to, &made).layers[0];
    assert_eq!(layer.media_type, MediaType::DockerForeignLayer(Compression::Gzip));
    assert_eq!((&layer.digest, &layer.urls), (&foreign.0.digest, &foreign.0.urls));
}

#[test]
fn a_docker_layer_is_what_its_bytes_are() {
    let store = MemoryStore::new();
    let content = tar(&[file("x", 100_000)]);
    let (mut plain, diff_id) = layer(&store, &content, Compressor::NONE);
    plain.media_type = MediaType::DockerLayer(Compression::Gzip);
    let root = image(&store, vec![(plain, diff_id)]);
    let (to, made) = convert(&store, &root, compress("zstd")).unwrap();
    let layer = &manifest(&to, &made).layers[0];
    assert_eq!(layer.media_type, MediaType::DockerLayer(Compression::Zstd));
    let as_oci = Descriptor { media_type: MediaType::ImageLayer(Compression::Zstd), ..layer.clone() };
    assert_eq!(untarred(&to, &as_oci), content);
}

#[test]
fn annotations_on_the_old_bytes_go_with_them() {
    let store = MemoryStore::new();
    let mut chunked = layer(&store, &tar(&[file("x", 1)]), Compressor::ZSTD);
    let annotations = [("io.github.containers.zstd-chunked.manifest-checksum", "sha256:x"), ("keep", "me")];
    chunked.0.annotations = Some(annotations.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    let root = image(&store, vec![chunked.clone()]);
    let (to, made) = convert(&store, &root, compress("gzip")).unwrap();
    let kept = Annotations::from([("keep".to_owned(), "me".to_owned())]);
    assert_eq!(manifest(&to, &made).layers[0].annotations, Some(kept));
    let (to, made) = convert(&store, &root, compress("zstd")).unwrap();
    assert_eq!(manifest(&to, &made).layers[0], chunked.0);
}

#[test]
fn what_is_wrong_is_found_before_it_is_published() {
    let store = MemoryStore::new();
    let content = tar(&[file("x", 300_000)]);
    let (blob, diff_id) = layer(&store, &content, Compressor::GZIP);
    let lies = image(&store, vec![(blob.clone(), DiffId(Digest::sha256(b"")))]);
    let error = convert(&store, &lies, compress("zstd")).unwrap_err();
    assert_eq!(error.class(), Class::Verification, "{error}");
    assert!(error.to_string().contains("layer 1"), "{error}");

    let root = image(&store, vec![(blob.clone(), diff_id)]);
    let mut damaged = bytes(&store, Role::Blob, &blob);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    store.insert_as(blob.digest.clone(), &damaged);
    assert_eq!(convert(&store, &root, compress("zstd")).unwrap_err().class(), Class::Verification);
    assert_eq!(convert(&store, &root, family(Family::Docker)).unwrap_err().class(), Class::Verification);

    let cancel = Cancel::new();
    cancel.cancel();
    let sink = store.sink();
    let stopped = convert::image(&store, &root, &sink, &compress("zstd"), &Silent, &cancel);
    assert!(matches!(stopped, Err(Error::Cancelled)));
    let nowhere = Descriptor::new(MediaType::ImageIndex, Digest::sha256(b"nowhere"), 7);
    assert_eq!(convert(&store, &nowhere, compress("zstd")).unwrap_err().class(), Class::NotFound);
    assert_eq!(store.stat(Role::Blob, &nowhere).unwrap(), None);
}
