//! Images in memory.

use ocidian_content::memory::MemoryStore;
use ocidian_content::{Cancel, Silent};
use ocidian_layer::tar::Limits;
use ocidian_spec::{Digest, ImageConfig, ImageManifest, MediaType, Raw};

use self::Item::{Dir, Fifo, File, Link, Symlink};
use crate::files::{ImageTree, Result};
use crate::image::Image;

/// What a test's layer holds.
#[derive(Debug, Clone)]
pub(super) enum Item<'a> {
    File(&'a str, &'a str),
    Dir(&'a str),
    Symlink(&'a str, &'a str),
    Link(&'a str, &'a str),
    Fifo(&'a str),
}

/// A layer of these, each with the mode 0640 and as old as all others.
pub(super) fn layer(items: &[Item<'_>]) -> Vec<u8> {
    layer_of(items.iter().map(|item| (item.clone(), 0o640, 9)))
}

/// A layer of these with their modes and times.
pub(super) fn layer_of<'a>(items: impl IntoIterator<Item = (Item<'a>, u32, u64)>) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (item, mode, mtime) in items {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_uid(7);
        header.set_gid(8);
        header.set_mtime(mtime);
        header.set_size(0);
        match item {
            File(path, text) => {
                header.set_size(text.len() as u64);
                tar.append_data(&mut header, path, text.as_bytes()).unwrap();
            }
            Dir(path) => {
                header.set_entry_type(tar::EntryType::Directory);
                tar.append_data(&mut header, path, &b""[..]).unwrap();
            }
            Symlink(path, target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                tar.append_link(&mut header, path, target).unwrap();
            }
            Fifo(path) => {
                header.set_entry_type(tar::EntryType::Fifo);
                tar.append_data(&mut header, path, &b""[..]).unwrap();
            }
            Link(path, target) => {
                header.set_entry_type(tar::EntryType::Link);
                tar.append_link(&mut header, path, target).unwrap();
            }
        }
    }
    tar.into_inner().unwrap()
}

pub(super) struct Fixture {
    pub(super) store: MemoryStore,
    pub(super) manifest: Raw<ImageManifest>,
    pub(super) config: Raw<ImageConfig>,
}

impl Fixture {
    pub(super) fn new(layers: &[Vec<u8>]) -> Self {
        Self::with_diff_ids(layers, layers.iter().map(|tar| digest(tar)).collect())
    }

    pub(super) fn with_diff_ids(layers: &[Vec<u8>], diff_ids: Vec<String>) -> Self {
        let store = MemoryStore::new();
        let tar: MediaType = "application/vnd.oci.image.layer.v1.tar".parse().unwrap();
        let layers: Vec<_> = layers.iter().map(|bytes| store.insert(tar.clone(), bytes).unwrap()).collect();
        let config = serde_json::json!({
            "os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = config.to_string().into_bytes();
        let config = (store.insert(MediaType::ImageConfig, &config).unwrap(), config);
        let manifest = serde_json::json!({"schemaVersion": 2, "config": config.0, "layers": layers});
        let manifest = manifest.to_string().into_bytes();
        let descriptor = store.insert(MediaType::ImageManifest, &manifest).unwrap();
        Self {
            store,
            manifest: Raw::verify(manifest, descriptor).unwrap(),
            config: Raw::verify(config.1, config.0).unwrap(),
        }
    }

    pub(super) fn image(&self) -> Image<'_> {
        Image { manifest: &self.manifest, config: &self.config }
    }

    pub(super) fn read(&self) -> Result<ImageTree<'_>, crate::Error> {
        self.read_within(Limits::default(), &Cancel::new())
    }

    pub(super) fn read_within(&self, limits: Limits, cancel: &Cancel) -> Result<ImageTree<'_>, crate::Error> {
        ImageTree::read(&self.store, self.image(), limits, &Silent, cancel)
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    Digest::sha256(bytes).to_string()
}

pub(super) fn content(tree: &ImageTree<'_>, path: &str) -> Result<String> {
    let mut out = Vec::new();
    let size = tree.content(path.as_bytes(), &mut out)?;
    assert_eq!(size, out.len() as u64);
    Ok(String::from_utf8(out).unwrap())
}

pub(super) fn paths(tree: &ImageTree<'_>) -> Vec<String> {
    tree.entries().map(|(path, _)| String::from_utf8(path).unwrap()).collect()
}
