//! What of an image can be unpacked: its layers, paired with what the config says of them.

use std::io::{self, Cursor, Read};

use ocidian_layer::compress;
use ocidian_spec::{Compression, Descriptor, DiffId, ImageConfig, ImageManifest, Kind, MediaType, Raw};

use crate::error::{Error, Result};

/// As many bytes as tell gzip, zstd and tar apart.
const MAGIC: u64 = 8;

/// A manifest and its config, both verified.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// The manifest.
    pub manifest: &'a Raw<ImageManifest>,
    /// The config that the manifest names.
    pub config: &'a Raw<ImageConfig>,
}

/// One layer to apply: what the manifest says of it, and what the config does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(crate) descriptor: &'a Descriptor,
    pub(crate) diff_id: &'a DiffId,
    compression: Compression,
}

impl<'a> Layer<'a> {
    /// Pairs a layer with its diff_id; `index` is its place in the manifest, from 0.
    pub(crate) fn new(index: usize, descriptor: &'a Descriptor, diff_id: &'a DiffId) -> Result<Self> {
        match descriptor.media_type.kind() {
            Kind::Layer(compression) => Ok(Self { descriptor, diff_id, compression }),
            _ => Err(Error::LayerType {
                layer: index + 1,
                digest: descriptor.digest.clone(),
                media_type: descriptor.media_type.clone(),
            }),
        }
    }

    /// What went wrong with it; `index` is its place in the manifest, from 0. A store's own error, which
    /// travelled through the layer's stream, comes out as what it is.
    pub(crate) fn error(&self, index: usize, error: ocidian_layer::Error) -> Error {
        let (layer, digest) = (index + 1, self.descriptor.digest.clone());
        match error {
            ocidian_layer::Error::Io(error) => {
                let context = || format!("reading layer {layer} ({digest})");
                Error::Content(ocidian_content::Error::from_io(context, error))
            }
            source => Error::Layer { layer, digest, source },
        }
    }

    /// How the blob is compressed. An OCI media type is believed, and a blob that breaks its word is an
    /// error; Docker's are what other tools write over layers of any compression, so the blob's first
    /// bytes decide, as they do for those tools. What was read is put back in front.
    pub(crate) fn compression_of<R: Read>(
        &self,
        mut blob: R,
    ) -> io::Result<(impl Read + use<R>, Compression)> {
        let docker = matches!(
            self.descriptor.media_type,
            MediaType::DockerLayer(_) | MediaType::DockerForeignLayer(_)
        );
        let mut first = Vec::new();
        let mut compression = self.compression;
        if docker {
            blob.by_ref().take(MAGIC).read_to_end(&mut first)?;
            compression = compress::sniff(&first);
        }
        Ok((Cursor::new(first).chain(blob), compression))
    }
}

/// Pairs the manifest's layers with the config's diff_ids.
pub(crate) fn layers<'a>(image: Image<'a>) -> Result<Vec<Layer<'a>>> {
    let manifest = image.manifest.value();
    if !matches!(manifest.config.media_type.kind(), Kind::Config) {
        let reason = format!("its config is of the type {}", manifest.config.media_type);
        return Err(Error::NotAnImage { reason });
    }
    let rootfs = &image.config.value().rootfs;
    if rootfs.kind != "layers" {
        let reason = format!("the config's rootfs.type is {:?}, not \"layers\"", rootfs.kind);
        return Err(Error::NotAnImage { reason });
    }
    if rootfs.diff_ids.len() != manifest.layers.len() {
        return Err(Error::DiffIds {
            config: manifest.config.digest.clone(),
            diff_ids: rootfs.diff_ids.len(),
            layers: manifest.layers.len(),
        });
    }
    let pairs = manifest.layers.iter().zip(&rootfs.diff_ids).enumerate();
    pairs.map(|(index, (descriptor, diff_id))| Layer::new(index, descriptor, diff_id)).collect()
}
