//! An image that is edited differs by what was named, and what cannot be edited is refused.

use ocidian_build::mutate::{Settings, Target};
use ocidian_build::{Created, Error, Image, Mutation};
use ocidian_content::{BlobSink, MemoryStore, Role, Selection, document};
use ocidian_layer::compress::Compressor;
use ocidian_spec::{
    Annotations, Descriptor, Document, ImageConfig, ImageIndex, ImageManifest, MediaType, Platform, Raw,
};

use crate::made::{self, config, file, image, index, layer, name, tar};

fn for_platform(descriptor: Descriptor, architecture: &str) -> Descriptor {
    let platform = Platform { architecture: architecture.to_owned(), ..Platform::host() };
    Descriptor { platform: Some(platform), ..descriptor }
}

fn sample(store: &MemoryStore, size: u64) -> Descriptor {
    image(store, vec![layer(store, &tar(&[file("f", size)]), Compressor::GZIP)])
}

fn write(store: &MemoryStore, image: Image) -> ocidian_build::Written {
    let sink = Box::new(store.sink());
    let written = image.write(&*sink).unwrap();
    sink.finish().unwrap();
    written
}

fn label(key: &str) -> Mutation {
    let set = Settings { labels: vec![(key.to_owned(), String::new())], ..Settings::default() };
    Mutation { set, ..Mutation::default() }
}

fn children(store: &MemoryStore, descriptor: &Descriptor) -> Vec<Descriptor> {
    let raw: Raw<ImageIndex> = document::read(store, Role::Manifest, descriptor).unwrap();
    raw.into_value().manifests
}

#[test]
fn an_edit_that_names_nothing_changes_nothing() {
    let store = MemoryStore::new();
    let one = sample(&store, 1);
    let selection = name(&store, &one, "one");
    let mut image = Image::open(&store, &selection).unwrap();
    Mutation::default().apply(&mut image, &Created { source_date_epoch: Some(7), now: None }).unwrap();
    assert_eq!(write(&store, image).root.descriptor().digest, one.digest);
}

#[test]
fn one_image_of_nested_indexes_is_replaced_on_all_the_way_up() {
    let store = MemoryStore::new();
    let host = Platform::host().architecture;
    let (one, other) = (for_platform(sample(&store, 1), &host), for_platform(sample(&store, 2), "s390x"));
    // Another platform's entry may well be of the same manifest.
    let twin = for_platform(one.clone(), "riscv64");
    let inner = index(&store, vec![one.clone(), twin.clone(), other.clone()]);
    let outer = index(&store, vec![other.clone(), inner]);
    let selection = name(&store, &outer, "multi");
    let mut image = Image::open(&store, &selection).unwrap();
    assert_eq!(image.siblings(&store).unwrap(), 4);
    label("x").apply(&mut image, &Created::default()).unwrap();
    let written = write(&store, image);
    let [first, inner] = children(&store, written.root.descriptor()).try_into().unwrap();
    assert_eq!(first, other);
    let [changed, left, right] = children(&store, &inner).try_into().unwrap();
    assert_eq!((&left, &right), (&twin, &other));
    assert_eq!((&changed, &changed.platform), (&written.manifest, &one.platform));
    let raw: Raw<ImageManifest> = document::read(&store, Role::Manifest, &changed).unwrap();
    let config: Raw<ImageConfig> = document::config(&store, raw.value()).unwrap();
    let exec = config.value().config.clone().unwrap();
    assert_eq!(exec.labels.unwrap(), Annotations::from([("x".to_owned(), String::new())]));
    // What the index is to say of the platform follows the config.
    let mut image = Image::open(&store, &name(&store, written.root.descriptor(), "again")).unwrap();
    let platform = Some(Platform { architecture: "loong64".to_owned(), ..Platform::host() });
    Mutation { platform: platform.clone(), ..Mutation::default() }
        .apply(&mut image, &Created::default())
        .unwrap();
    assert_eq!(write(&store, image).manifest.platform, platform);
}

#[test]
fn an_embedded_copy_of_the_old_document_goes() {
    let store = MemoryStore::new();
    let one = sample(&store, 1);
    let raw: Raw<ImageManifest> = document::read(&store, Role::Manifest, &one).unwrap();
    let mut manifest = raw.into_value();
    manifest.config.data = Some("bm90IHRoZSBjb25maWc=".to_owned());
    let one = store.insert(MediaType::ImageManifest, &manifest.to_json().unwrap()).unwrap();
    let mut image = Image::open(&store, &name(&store, &one, "one")).unwrap();
    label("x").apply(&mut image, &Created::default()).unwrap();
    assert_eq!(write(&store, image).config.data, None);
}

fn refused(store: &MemoryStore, selection: &Selection) -> String {
    match Image::open(store, selection) {
        Err(Error::NotEditable { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_image_of_layers_is_refused() {
    let store = MemoryStore::new();
    let (blob, diff_id) = layer(&store, &tar(&[file("f", 1)]), Compressor::GZIP);
    let of = |config: &ImageConfig, tag: &str| {
        let config = store.insert(MediaType::ImageConfig, &config.to_json().unwrap()).unwrap();
        let manifest = ImageManifest::new(config, vec![blob.clone()]);
        let made = store.insert(MediaType::ImageManifest, &manifest.to_json().unwrap()).unwrap();
        name(&store, &made, tag)
    };
    let short = of(&config(vec![]), "short");
    assert_eq!(refused(&store, &short), "its config has 0 diff_ids for 1 layers");
    let mut odd = config(vec![diff_id]);
    odd.rootfs.kind = "squashfs".to_owned();
    assert!(refused(&store, &of(&odd, "odd")).contains("squashfs"));
}

#[test]
fn an_annotation_needs_something_to_be_on() {
    let store = MemoryStore::new();
    let mut image = Image::open(&store, &name(&store, &sample(&store, 1), "one")).unwrap();
    let annotations = vec![(Target::Index, "a".to_owned(), Some("b".to_owned()))];
    let mutation = Mutation { annotations, ..Mutation::default() };
    assert!(matches!(mutation.apply(&mut image, &Created::default()), Err(Error::Refused(_))));
}

#[test]
fn layers_of_unknown_types_are_kept_as_they_are() {
    let store = MemoryStore::new();
    let (mut odd, diff_id) = layer(&store, b"not a tar", Compressor::NONE);
    odd.media_type = MediaType::Other("application/x-odd".to_owned());
    let one = image(&store, vec![(odd.clone(), diff_id)]);
    let mut image = Image::open(&store, &name(&store, &one, "odd")).unwrap();
    label("x").apply(&mut image, &Created::default()).unwrap();
    let written = write(&store, image);
    let raw: Raw<ImageManifest> = document::read(&store, Role::Manifest, &written.manifest).unwrap();
    assert_eq!(raw.value().layers, [odd]);
    assert_eq!(made::bytes(&store, Role::Blob, &raw.value().layers[0]), b"not a tar");
}
