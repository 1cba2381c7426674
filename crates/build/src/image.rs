//! An image opened for editing: its manifest, its config, and the indexes that led to it.
//!
//! What comes out differs from what went in by what was named, and by the digests and sizes that follow from it. A
//! document whose value did not change keeps its bytes. An image that was reached through an index stays in it: its
//! entry there is replaced, and the other platforms are left as they are.

use std::io::Write as _;

use ocidian_content::{BlobSink, BlobSource, Expect, Role, Selection, Store, document};
use ocidian_spec::{
    Annotations, Descriptor, DiffId, Digest, Document, Hasher, History, ImageConfig, ImageIndex,
    ImageManifest, Kind, MediaType, Platform, Raw, RawDocument, RootFs, annotations,
};

use crate::error::{Error, Result};
use crate::history;
use crate::mutate::set_platform;

/// An image, to be edited.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its manifest. Its `config` is set when the image is written.
    pub manifest: ImageManifest,
    /// Its config.
    pub config: ImageConfig,
    /// What stands for the manifest in the index above it or in the store, but for digest and size.
    pub descriptor: Descriptor,
    /// What a person should know of the edit.
    pub notes: Vec<String>,
    opened: Opened,
}

#[derive(Debug, Clone)]
struct Opened {
    manifest: Raw<ImageManifest>,
    config: Raw<ImageConfig>,
    /// The indexes above the manifest, the outermost first.
    above: Vec<Above>,
}

/// An index above the manifest.
#[derive(Debug, Clone)]
struct Above {
    raw: Raw<ImageIndex>,
    value: ImageIndex,
    /// Its entry on the way to the manifest.
    child: Descriptor,
}

/// A layer to put on top.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLayer {
    /// The blob, with its media type.
    pub descriptor: Descriptor,
    /// Of its uncompressed tar.
    pub diff_id: DiffId,
}

/// An image that was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// What a name is to stand for: the manifest, or the outermost index above it.
    pub root: RawDocument,
    /// The image's manifest.
    pub manifest: Descriptor,
    /// Its config.
    pub config: Descriptor,
    /// Children of the indexes above it that were left as they are.
    pub siblings: Vec<Descriptor>,
}

impl Image {
    /// Opens the image that was selected, with the indexes of the selection's chain.
    ///
    /// # Errors
    /// [`Error::NotEditable`] where it is no image of layers, where config and manifest disagree on their
    /// number; [`Error::Content`] where a document cannot be read.
    pub fn open(store: &dyn Store, selection: &Selection) -> Result<Self> {
        let manifest = selection.manifest.clone();
        let digest = &manifest.descriptor().digest;
        let config = document::config(store, manifest.value())?;
        check(digest, manifest.value(), config.value())?;
        let mut above = Vec::new();
        let (descriptor, indexes) = match selection.chain.split_last() {
            Some((last, indexes)) => (last.clone(), indexes),
            None => (manifest.descriptor().clone(), &[][..]),
        };
        for (index, child) in indexes.iter().zip(selection.chain.iter().skip(1)) {
            let raw: Raw<ImageIndex> = document::read(store, Role::Manifest, index)?;
            let value = raw.value().clone();
            above.push(Above { raw, value, child: child.clone() });
        }
        Ok(Self {
            manifest: manifest.value().clone(),
            config: config.value().clone(),
            descriptor,
            notes: Vec::new(),
            opened: Opened { manifest, config, above },
        })
    }

    /// An image of nothing, for that platform.
    ///
    /// # Errors
    /// None that a platform can cause.
    pub fn scratch(platform: &Platform) -> Result<Self> {
        let mut config = ImageConfig {
            created: None,
            author: None,
            architecture: String::new(),
            os: String::new(),
            os_version: None,
            os_features: None,
            variant: None,
            config: None,
            rootfs: RootFs::new(Vec::new()),
            history: None,
            other: Default::default(),
        };
        set_platform(&mut config, platform);
        let config: Raw<ImageConfig> = raw(MediaType::ImageConfig, &config)?;
        let manifest = ImageManifest::new(config.descriptor().clone(), Vec::new());
        let manifest: Raw<ImageManifest> = raw(MediaType::ImageManifest, &manifest)?;
        Ok(Self {
            manifest: manifest.value().clone(),
            config: config.value().clone(),
            descriptor: manifest.descriptor().clone(),
            notes: Vec::new(),
            opened: Opened { manifest, config, above: Vec::new() },
        })
    }

    /// The manifest as it was opened.
    pub fn original(&self) -> &Raw<ImageManifest> {
        &self.opened.manifest
    }

    /// The config as it was opened.
    pub fn original_config(&self) -> &Raw<ImageConfig> {
        &self.opened.config
    }

    /// The outermost index above the image, where there is one.
    pub fn index_mut(&mut self) -> Option<&mut ImageIndex> {
        self.opened.above.first_mut().map(|above| &mut above.value)
    }

    /// How many images the indexes above it lead to, itself included: those that the store holds, attestations
    /// aside. More than one: a person has to say which is meant.
    pub fn siblings(&self, store: &dyn BlobSource) -> Result<usize> {
        let mut count = 1;
        for above in &self.opened.above {
            for child in above.value.manifests.iter().filter(|child| **child != above.child) {
                let attests = child.annotation(annotations::DOCKER_REFERENCE_TYPE).is_some()
                    || child
                        .platform
                        .as_ref()
                        .is_some_and(|p| p.os == "unknown" && p.architecture == "unknown");
                let leads = matches!(child.media_type.kind(), Kind::Manifest | Kind::Index) && !attests;
                if leads && store.stat(Role::Manifest, child)?.is_some() {
                    count += 1;
                }
            }
        }
        Ok(count)
    }

    /// Leaves out the indexes above: what is written is the image alone.
    pub fn alone(mut self) -> Self {
        self.opened.above.clear();
        self
    }

    /// Whether it is of Docker's media types rather than OCI's.
    pub fn is_docker(&self) -> bool {
        self.opened.manifest.descriptor().media_type == MediaType::DockerManifest
    }

    /// Puts a layer on top, with its line of history.
    pub fn push_layer(&mut self, layer: NewLayer, line: History) {
        self.manifest.layers.push(layer.descriptor);
        self.config.rootfs.diff_ids.push(layer.diff_id);
        self.push_history(line);
    }

    /// Adds a line of history, where the history adds up.
    pub fn push_history(&mut self, line: History) {
        if !history::push(&mut self.config, line) {
            let note = "its history does not have a line for each layer, so none was added";
            self.notes.push(format!("{}: {note}", self.opened.config.descriptor().digest));
        }
    }

    /// Writes config, manifest and indexes, as far as they changed. Layers are the caller's.
    pub fn write(self, sink: &dyn BlobSink) -> Result<Written> {
        let Self { mut manifest, config, mut descriptor, opened, .. } = self;
        check(&opened.manifest.descriptor().digest, &manifest, &config)?;
        if config != *opened.config.value() {
            // Not the original's: a config descriptor may have been given annotations meanwhile.
            let described = &manifest.config;
            manifest.config = put(sink, Role::Blob, &config, described)?.descriptor().clone();
        } else {
            put_as_it_is(sink, Role::Blob, opened.config.document())?;
        }
        let config_descriptor = manifest.config.clone();
        if config.platform() != opened.config.value().platform()
            && let Some(platform) = &mut descriptor.platform
        {
            let other = std::mem::take(&mut platform.other);
            *platform = config.platform();
            platform.other = other;
        }
        let mut child = match manifest == *opened.manifest.value() {
            true => RawDocument::verify(opened.manifest.bytes().to_vec(), descriptor)?,
            false => make(&manifest, &descriptor)?,
        };
        let manifest = child.descriptor().clone();
        let mut siblings = Vec::new();
        for Above { raw, mut value, child: replaced } in opened.above.into_iter().rev() {
            put_as_it_is(sink, Role::Manifest, &child)?;
            // One entry, though others may be of the same manifest for other platforms.
            let at = value.manifests.iter().position(|entry| *entry == replaced);
            for (place, entry) in value.manifests.iter_mut().enumerate() {
                if Some(place) == at {
                    *entry = child.descriptor().clone();
                } else {
                    siblings.push(entry.clone());
                }
            }
            child = match value == *raw.value() {
                true => raw.document().clone(),
                false => make(&value, raw.descriptor())?,
            };
        }
        put_as_it_is(sink, Role::Manifest, &child)?;
        Ok(Written { root: child, manifest, config: config_descriptor, siblings })
    }
}

fn raw<T: Document>(media_type: MediaType, value: &T) -> Result<Raw<T>> {
    let bytes = value.to_json()?;
    let descriptor = Descriptor::of(media_type, &bytes);
    Ok(Raw::verify(bytes, descriptor)?)
}

/// Refuses what is no image of layers.
fn check(digest: &Digest, manifest: &ImageManifest, config: &ImageConfig) -> Result<()> {
    let refuse = |reason| Err(Error::NotEditable { digest: digest.clone(), reason });
    if config.rootfs.kind != "layers" {
        return refuse(format!("its rootfs is of the type {:?}, not of layers", config.rootfs.kind));
    }
    let (layers, diff_ids) = (manifest.layers.len(), config.rootfs.diff_ids.len());
    if layers != diff_ids {
        return refuse(format!("its config has {diff_ids} diff_ids for {layers} layers"));
    }
    Ok(())
}

/// The document of `value`, described as `like` but for digest and size.
pub(crate) fn make<T: Document>(value: &T, like: &Descriptor) -> Result<RawDocument> {
    let bytes = value.to_json()?;
    // A digest of an algorithm that nobody here computes could not have been read.
    let mut hasher = Hasher::for_digest(&like.digest)?;
    hasher.update(&bytes);
    let descriptor = Descriptor {
        digest: hasher.finish(),
        size: bytes.len() as u64,
        // Where to download or read the document that this one replaces.
        data: None,
        urls: None,
        ..like.clone()
    };
    Ok(RawDocument::verify(bytes, descriptor)?)
}

/// Writes the document of `value`.
pub(crate) fn put<T: Document>(
    sink: &dyn BlobSink,
    role: Role,
    value: &T,
    like: &Descriptor,
) -> Result<RawDocument> {
    let document = make(value, like)?;
    put_as_it_is(sink, role, &document)?;
    Ok(document)
}

/// Writes a document.
pub(crate) fn put_as_it_is(sink: &dyn BlobSink, role: Role, document: &RawDocument) -> Result<()> {
    let mut blob = sink.begin(role, Expect::Known(document.descriptor().clone()))?;
    blob.write_all(document.bytes()).map_err(|error| {
        ocidian_content::Error::from_io(|| format!("write {}", document.descriptor().digest), error)
    })?;
    blob.commit(None)?;
    Ok(())
}

/// Sets an annotation, or removes it where there is no value; an empty map goes.
pub(crate) fn annotate(annotations: &mut Option<Annotations>, key: &str, value: Option<&str>) {
    match value {
        Some(value) => {
            annotations.get_or_insert_default().insert(key.to_owned(), value.to_owned());
        }
        None => {
            if let Some(map) = annotations
                && map.remove(key).is_some()
                && map.is_empty()
            {
                *annotations = None;
            }
        }
    }
}
