//! Images in memory, made of a few entries.

use std::io::{BufReader, Read, Write};

use ocidian_content::{BlobSource, MemoryStore, Role, Selection, select};
use ocidian_layer::compress::{Compressor, Decoder, Threads};
use ocidian_layer::tar::Writer;
use ocidian_layer::{Change, Entry, EntryKind, EntryPath, LayerWriter, Metadata, Timestamp};
use ocidian_spec::{
    Annotations, Compression, Descriptor, DiffId, Document, History, ImageConfig, ImageIndex, ImageManifest,
    Kind, MediaType, Platform, RootFs, annotations,
};

pub(crate) fn path(text: &str) -> EntryPath {
    EntryPath::new(text.as_bytes()).unwrap()
}

pub(crate) fn put(text: &str, kind: EntryKind, mode: u32) -> Change {
    let mtime = Timestamp { seconds: 1_000_000_000, nanoseconds: 0 };
    let metadata = Metadata { mode, mtime, ..Metadata::default() };
    Change::Put(Entry { path: path(text), kind, metadata, offset: 0 })
}

/// Changes as a tar; the content of a file is its path, repeated up to its size.
pub(crate) fn tar(changes: &[Change]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    for change in changes {
        writer.put(change).unwrap();
        if let Change::Put(Entry { kind: EntryKind::File { size, .. }, path, .. }) = change {
            let content: Vec<u8> = path.as_bytes().iter().copied().cycle().take(*size as usize).collect();
            writer.data(&content).unwrap();
        }
    }
    writer.finish().unwrap()
}

pub(crate) fn file(text: &str, size: u64) -> Change {
    put(text, EntryKind::File { size, sparse: false }, 0o644)
}

pub(crate) fn directory(text: &str) -> Change {
    put(text, EntryKind::Directory, 0o755)
}

/// A layer blob of that tar in the store.
pub(crate) fn layer(store: &MemoryStore, tar: &[u8], compressor: Compressor) -> (Descriptor, DiffId) {
    let mut writer = LayerWriter::new(Vec::new(), compressor, Threads::ONE).unwrap();
    writer.write_all(tar).unwrap();
    let (blob, summary) = writer.finish().unwrap();
    (store.insert(MediaType::ImageLayer(compressor.compression()), &blob).unwrap(), summary.diff_id)
}

pub(crate) fn config(diff_ids: Vec<DiffId>) -> ImageConfig {
    let history = diff_ids
        .iter()
        .enumerate()
        .map(|(n, _)| History { created_by: Some(format!("layer {n}")), ..History::default() });
    ImageConfig {
        created: Some("2000-01-01T00:00:00Z".to_owned()),
        author: None,
        architecture: Platform::host().architecture,
        os: "linux".to_owned(),
        os_version: None,
        os_features: None,
        variant: None,
        config: None,
        history: Some(history.collect()),
        rootfs: RootFs::new(diff_ids),
        other: Default::default(),
    }
}

/// An image of those layers; its manifest's descriptor.
pub(crate) fn image(store: &MemoryStore, layers: Vec<(Descriptor, DiffId)>) -> Descriptor {
    let (layers, diff_ids) = layers.into_iter().unzip();
    let config = store.insert(MediaType::ImageConfig, &config(diff_ids).to_json().unwrap()).unwrap();
    let manifest = ImageManifest::new(config, layers);
    store.insert(MediaType::ImageManifest, &manifest.to_json().unwrap()).unwrap()
}

pub(crate) fn index(store: &MemoryStore, children: Vec<Descriptor>) -> Descriptor {
    store.insert(MediaType::ImageIndex, &ImageIndex::new(children).to_json().unwrap()).unwrap()
}

/// Lists it under a name.
pub(crate) fn name(store: &MemoryStore, descriptor: &Descriptor, name: &str) -> Selection {
    let mut entry = descriptor.clone();
    let names = Annotations::from([(annotations::REF_NAME.to_owned(), name.to_owned())]);
    entry.annotations.get_or_insert_default().extend(names);
    store.push_entry(entry);
    let selector = ocidian_spec::Selector::Name(name.parse().unwrap());
    select(store, &selector, &ocidian_content::PlatformChoice::Host).unwrap()
}

pub(crate) fn bytes(store: &dyn BlobSource, role: Role, descriptor: &Descriptor) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.open(role, descriptor).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// A layer's tar.
pub(crate) fn untarred(store: &dyn BlobSource, descriptor: &Descriptor) -> Vec<u8> {
    let compression = match descriptor.media_type.kind() {
        Kind::Layer(compression) => compression,
        _ => Compression::None,
    };
    let mut tar = Vec::new();
    let blob = store.open(Role::Blob, descriptor).unwrap();
    Decoder::new(BufReader::new(blob), compression).unwrap().read_to_end(&mut tar).unwrap();
    tar
}
