//! An image copied with its layers compressed otherwise, or in the other family of media types: a manifest, or an
//! index with all that is below it.
//!
//! Nothing is changed that need not be. A layer that is compressed as asked for, and whatever is no image (artifacts,
//! attestations, children of unknown types), keeps its bytes; so does a document none of whose children changed.
//! Layers that must not be distributed keep their bytes and their URLs. Each blob is converted once, however many
//! images share it, and checked against its digest and its diff_id.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use ocidian_content::walk::{Content, Order};
use ocidian_content::{BlobSink, BlobSource, Cancel, Event, Progress, Role, Walk, document};
use ocidian_layer::compress::{Compressor, Threads, sniff};
use ocidian_spec::annotations::DOCKER_REFERENCE_DIGEST;
use ocidian_spec::{
    Compression, Descriptor, DiffId, Digest, ImageConfig, ImageIndex, ImageManifest, Kind, MediaType, Raw,
    RawDocument,
};

use crate::blob::Transform;
use crate::carry::Carrier;
use crate::error::{Error, Result};
use crate::image::{make, put_as_it_is};

/// Whose media types a manifest is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// image-spec's.
    Oci,
    /// Docker's: image manifest version 2, schema 2.
    Docker,
}

/// What is to be converted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How layers are to be compressed.
    pub compressor: Option<Compressor>,
    /// Whose media types documents, configs and layers are to have.
    pub family: Option<Family>,
    /// Threads that may compress.
    pub threads: Threads,
    /// Whether it is an error that the source does not hold a part. Otherwise it is left out.
    pub complete: bool,
}

/// Copies what is below `root` from `source` to `sink`, converted; the root document of the result, described as
/// `root` but for what changed, which the caller is to put under a name. It was written, as all below it was.
///
/// # Errors
/// Those of the stores; [`Error::Layer`] where a layer cannot be read or is not what its config says.
pub fn image(
    source: &dyn BlobSource,
    root: &Descriptor,
    sink: &dyn BlobSink,
    options: &Options,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<RawDocument> {
    let carrier = Carrier { source, sink, complete: options.complete, progress, cancel };
    let mut convert = Convert { carrier, options, documents: HashMap::new(), layers: HashMap::new() };
    let mut last = None;
    for node in Walk::new(source, [root.clone()], Order::ChildrenFirst).without_subjects() {
        let node = node?;
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if node.role == Role::Blob {
            // With the manifest that it belongs to.
            continue;
        }
        let made = match node.content {
            Content::Index(index) => convert.index(*index)?,
            Content::Manifest(manifest) => convert.manifest(*manifest)?,
            Content::Opaque => {
                convert.carrier.graphs([node.descriptor.clone()])?;
                document::raw(source, Role::Manifest, &node.descriptor)?
            }
            Content::Missing if options.complete || node.descriptor.digest == root.digest => {
                // Says which store lacks it.
                document::raw(source, Role::Manifest, &node.descriptor)?
            }
            Content::Missing => continue,
        };
        convert.documents.insert(node.descriptor.digest.clone(), made.descriptor().clone());
        last = Some(made);
    }
    let made = last.filter(|_| convert.documents.contains_key(&root.digest));
    made.ok_or_else(|| Error::Refused(format!("{} could not be converted", root.digest)))
}

struct Convert<'a> {
    carrier: Carrier<'a>,
    options: &'a Options,
    /// What documents became, by their digests.
    documents: HashMap<Digest, Descriptor>,
    /// What layers became.
    layers: HashMap<Digest, Converted>,
}

/// What a layer became.
#[derive(Debug, Clone)]
struct Converted {
    digest: Digest,
    size: u64,
    compression: Compression,
}

impl Convert<'_> {
    fn index(&mut self, raw: Raw<ImageIndex>) -> Result<RawDocument> {
        let mut value = raw.value().clone();
        for child in &mut value.manifests {
            if let Some(made) = self.documents.get(&child.digest) {
                *child = follow(child, made);
            }
            // An attestation says in its descriptor which image it is about.
            if let Some(about) =
                child.annotations.as_mut().and_then(|all| all.get_mut(DOCKER_REFERENCE_DIGEST))
                && let Some(made) = about.parse().ok().and_then(|digest: Digest| self.documents.get(&digest))
            {
                *about = made.digest.to_string();
            }
        }
        let descriptor = self.typed(&mut value.media_type, raw.descriptor());
        let made = match value == *raw.value() {
            true => raw.document().clone(),
            false => make(&value, &descriptor)?,
        };
        put_as_it_is(self.carrier.sink, Role::Manifest, &made)?;
        Ok(made)
    }

    fn manifest(&mut self, raw: Raw<ImageManifest>) -> Result<RawDocument> {
        let old = raw.value();
        let is_image = old.config.media_type.kind() == Kind::Config
            && old.layers.iter().all(|layer| matches!(layer.media_type.kind(), Kind::Layer(_)));
        if !is_image {
            self.carrier.graphs([raw.descriptor().clone()])?;
            return Ok(raw.document().clone());
        }
        let config = self.config(&raw)?;
        let mut value = old.clone();
        let count = value.layers.len();
        for (index, layer) in value.layers.iter_mut().enumerate() {
            // None where the source is sparse: then nothing has to be read.
            let diff_id = config.as_ref().and_then(|config| config.rootfs.diff_ids.get(index));
            self.layer(layer, diff_id, index, count)?;
        }
        self.carrier.blobs([&old.config])?;
        if let Some(family) = self.options.family {
            value.config.media_type = match family {
                Family::Oci => MediaType::ImageConfig,
                Family::Docker => MediaType::DockerConfig,
            };
        }
        let descriptor = self.typed(&mut value.media_type, raw.descriptor());
        let made = match value == *old {
            true => raw.document().clone(),
            false => make(&value, &descriptor)?,
        };
        put_as_it_is(self.carrier.sink, Role::Manifest, &made)?;
        Ok(made)
    }

    /// The config, where a layer may have to be checked against it.
    fn config(&self, raw: &Raw<ImageManifest>) -> Result<Option<ImageConfig>> {
        let manifest = raw.value();
        let asked = self.options.compressor.is_some();
        if !asked || self.carrier.source.stat(Role::Blob, &manifest.config)?.is_none() {
            return Ok(None);
        }
        let config = document::config(self.carrier.source, manifest)?.into_value();
        let (layers, diff_ids) = (manifest.layers.len(), config.rootfs.diff_ids.len());
        if layers != diff_ids {
            let reason = format!("its config has {diff_ids} diff_ids for {layers} layers");
            return Err(Error::NotEditable { digest: raw.descriptor().digest.clone(), reason });
        }
        Ok(Some(config))
    }

    fn layer(
        &mut self,
        layer: &mut Descriptor,
        diff_id: Option<&DiffId>,
        index: usize,
        count: usize,
    ) -> Result<()> {
        let Kind::Layer(said) = layer.media_type.kind() else { return Ok(()) };
        let foreign = matches!(
            layer.media_type,
            MediaType::NondistributableLayer(_) | MediaType::DockerForeignLayer(_)
        );
        let wanted =
            self.options.compressor.filter(|compressor| !foreign && compressor.compression() != said);
        if let Some(compressor) = wanted {
            let made = match self.layers.get(&layer.digest) {
                Some(made) => made.clone(),
                None => {
                    let made = self.recompress(layer, said, diff_id, compressor, index, count)?;
                    self.layers.insert(layer.digest.clone(), made.clone());
                    made
                }
            };
            if made.digest != layer.digest {
                // What these say is of the compressed bytes that were.
                for prefix in ["containerd.io/snapshot/", "io.github.containers.zstd-chunked."] {
                    if let Some(annotations) = &mut layer.annotations {
                        annotations.retain(|key, _| !key.starts_with(prefix));
                    }
                }
                layer.annotations = layer.annotations.take().filter(|annotations| !annotations.is_empty());
                (layer.data, layer.urls) = (None, None);
            }
            (layer.digest, layer.size) = (made.digest, made.size);
            layer.media_type = of_compression(&layer.media_type, made.compression);
        } else {
            self.carrier.blobs([&*layer])?;
        }
        if let Some(family) = self.options.family {
            layer.media_type = of_family(&layer.media_type, family);
        }
        Ok(())
    }

    fn recompress(
        &self,
        layer: &Descriptor,
        said: Compression,
        diff_id: Option<&DiffId>,
        compressor: Compressor,
        index: usize,
        count: usize,
    ) -> Result<Converted> {
        let Carrier { source, sink, progress, cancel, .. } = self.carrier;
        let mut blob = source.open(Role::Blob, layer)?;
        let name = format!("layer {} ({})", index + 1, layer.digest);
        let mut start = Vec::new();
        blob.by_ref()
            .take(4)
            .read_to_end(&mut start)
            .map_err(|error| ocidian_content::Error::from_io(|| format!("read {}", layer.digest), error))?;
        // Docker's types are said of layers that are compressed otherwise, or not at all.
        let docker = matches!(layer.media_type, MediaType::DockerLayer(_));
        let compression = if docker { sniff(&start) } else { said };
        if compression == compressor.compression() {
            self.carrier.blobs([layer])?;
            return Ok(Converted { digest: layer.digest.clone(), size: layer.size, compression });
        }
        let Some(diff_id) = diff_id else {
            let reason = "its config, which a layer has to be checked against, is not there".to_owned();
            return Err(Error::NotEditable { digest: layer.digest.clone(), reason });
        };
        progress.event(Event::Begin { descriptor: layer, index, count });
        let transform =
            Transform { compressor: Some(compressor), threads: self.options.threads, sink, progress, cancel };
        let made = transform.verified(Cursor::new(start).chain(blob), compression, &name, diff_id)?;
        progress.event(Event::End);
        let Descriptor { digest, size, .. } = made.descriptor;
        Ok(Converted { digest, size, compression: made.compression })
    }

    /// The document's type and its descriptor in the family that was asked for.
    fn typed(&self, own: &mut Option<MediaType>, descriptor: &Descriptor) -> Descriptor {
        let mut descriptor = descriptor.clone();
        if let Some(family) = self.options.family {
            descriptor.media_type = match (descriptor.media_type.kind(), family) {
                (Kind::Index, Family::Oci) => MediaType::ImageIndex,
                (Kind::Index, Family::Docker) => MediaType::DockerManifestList,
                (_, Family::Oci) => MediaType::ImageManifest,
                (_, Family::Docker) => MediaType::DockerManifest,
            };
            // An OCI document need not say its type; it goes on not saying it.
            if own.is_some() || family == Family::Docker {
                *own = Some(descriptor.media_type.clone());
            }
        }
        descriptor
    }
}

/// A child's descriptor for what the child became.
fn follow(child: &Descriptor, made: &Descriptor) -> Descriptor {
    if child.digest == made.digest && child.media_type == made.media_type {
        return child.clone();
    }
    let Descriptor { media_type, digest, size, .. } = made.clone();
    Descriptor { media_type, digest, size, data: None, urls: None, ..child.clone() }
}

fn of_compression(media_type: &MediaType, compression: Compression) -> MediaType {
    match media_type {
        MediaType::DockerLayer(_) => MediaType::DockerLayer(compression),
        _ => MediaType::ImageLayer(compression),
    }
}

pub(crate) fn of_family(media_type: &MediaType, family: Family) -> MediaType {
    use MediaType::{DockerForeignLayer, DockerLayer, ImageLayer, NondistributableLayer};
    match (media_type, family) {
        (DockerLayer(compression), Family::Oci) => ImageLayer(*compression),
        (DockerForeignLayer(compression), Family::Oci) => NondistributableLayer(*compression),
        (ImageLayer(compression), Family::Docker) => DockerLayer(*compression),
        (NondistributableLayer(compression), Family::Docker) => DockerForeignLayer(*compression),
        _ => media_type.clone(),
    }
}
