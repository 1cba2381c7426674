//! Images in memory, and unpacking them.

use std::path::Path;

use ocidian_content::{Cancel, MemoryStore, Silent};
use ocidian_spec::{Compression, Descriptor, Digest, Document, ImageConfig, ImageManifest, MediaType, Raw};
use ocidian_unpack::{Image, UnpackOptions, Unpacked, unpack_rootfs};
use serde_json::json;

/// An image whose layers are in a store of its own.
pub(crate) struct Stored {
    pub(crate) store: MemoryStore,
    pub(crate) manifest: Raw<ImageManifest>,
    pub(crate) config: Raw<ImageConfig>,
}

impl Stored {
    /// An image of these uncompressed layers.
    pub(crate) fn new(tars: &[Vec<u8>]) -> Self {
        let store = MemoryStore::new();
        let media_type = || MediaType::ImageLayer(Compression::None);
        let layers: Vec<Descriptor> =
            tars.iter().map(|tar| store.insert(media_type(), tar).unwrap()).collect();
        let diff_ids: Vec<String> = tars.iter().map(|tar| Digest::sha256(tar).to_string()).collect();
        let config = json!({ "os": "linux", "architecture": "amd64",
            "rootfs": { "type": "layers", "diff_ids": diff_ids } });
        let config = raw(MediaType::ImageConfig, &config);
        let describe = |descriptor: &Descriptor| {
            json!({ "mediaType": descriptor.media_type.to_string(),
                "digest": descriptor.digest.to_string(), "size": descriptor.size })
        };
        let manifest = json!({ "schemaVersion": 2, "config": describe(config.descriptor()),
            "layers": layers.iter().map(describe).collect::<Vec<_>>() });
        Self { store, manifest: raw(MediaType::ImageManifest, &manifest), config }
    }

    /// Unpacks its root file system.
    pub(crate) fn unpack(&self, target: &Path, options: &UnpackOptions) -> ocidian_unpack::Result<Unpacked> {
        let image = Image { manifest: &self.manifest, config: &self.config };
        unpack_rootfs(&self.store, image, target, options, &Silent, &Cancel::new())
    }
}

fn raw<T: Document>(media_type: MediaType, json: &serde_json::Value) -> Raw<T> {
    let bytes = serde_json::to_vec(json).unwrap();
    let descriptor = Descriptor::new(media_type, Digest::sha256(&bytes), bytes.len() as u64);
    Raw::verify(bytes, descriptor).unwrap()
}
