//! What `docker save` and `podman save` write: `manifest.json` and what it names.
//!
//! The new form is a layout besides, whose manifests are the images'. Where there is none, one is made for each
//! image, always the same for the same archive. Its media types are OCI's, not Docker's: the document is ours,
//! Docker's configs are valid OCI configs, and layers may be stored in ways (zstd) that Docker has no type for.
//! Layers are described as they are stored. Their digests are computed when an image is first asked for, except
//! where the newer form names blobs by digest: reading verifies those anyway.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ocidian_content::{BlobSource, Error, RefSource, Result, Role, names, referrers};
use ocidian_layer::compress;
use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, REF_NAME};
use ocidian_spec::{
    Algorithm, Annotations, Descriptor, Digest, Hasher, ImageManifest, MediaType, Members, RefName, json,
};
use serde::Deserialize;

use crate::archive::{Archive, Place};
use crate::dir::check_size;
use crate::docker_layout::{self, Original};
use crate::documents;
use crate::spool::Part;
use crate::{OciArchive, Options};

/// The list of its images.
pub(crate) const MANIFEST_JSON: &str = "manifest.json";
/// Most layers of one image; overlayfs takes 500.
const MAX_LAYERS: usize = 10_000;

/// An archive of images as `docker save` writes it. Names are its `RepoTags`.
#[derive(Debug)]
pub struct DockerArchive {
    archive: Arc<Archive>,
    images: Vec<Image>,
    /// The entries of its `index.json`, if it is a layout besides.
    originals: OnceLock<Vec<Original>>,
    made: Mutex<Made>,
}

/// An entry of manifest.json.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// What was found out so far.
#[derive(Debug, Default)]
struct Made {
    manifests: HashMap<usize, Descriptor>,
    hashed: HashMap<Place, Digest>,
    blobs: HashMap<Digest, Blob>,
}

#[derive(Debug, Clone)]
enum Blob {
    Stored(Place),
    Made(Arc<[u8]>),
}

impl DockerArchive {
    /// Opens an archive; `-` is standard input. A compressed one is decompressed to a temporary file first.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        Self::of(Archive::open(path, options)?)
    }

    pub(crate) fn of(archive: Archive) -> Result<Self> {
        let wrong = |reason: String| Error::Store { store: archive.name().to_owned(), reason };
        let Some(bytes) = archive.read(MANIFEST_JSON, json::DOCUMENT.size)? else {
            return Err(wrong(format!("it has no {MANIFEST_JSON}, so it is not what `docker save` writes")));
        };
        json::scan(&bytes, json::DOCUMENT, MANIFEST_JSON).map_err(|e| wrong(e.to_string()))?;
        let images: Vec<Image> =
            serde_json::from_slice(&bytes).map_err(|e| wrong(format!("not a valid {MANIFEST_JSON}: {e}")))?;
        if let Some(image) = images.iter().find(|image| image.layers().len() > MAX_LAYERS) {
            let count = image.layers().len();
            return Err(wrong(format!("{MANIFEST_JSON} lists an image of {count} layers")));
        }
        Ok(Self { archive: Arc::new(archive), images, originals: OnceLock::new(), made: Mutex::default() })
    }

    /// The entries of one image: one for each of its tags, or one without a name.
    fn entries(&self, at: usize, image: &Image) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        let tags = image.repo_tags.as_deref().unwrap_or_default();
        if tags.is_empty() {
            let mut entry = self.entry(at, image, None)?;
            entry.annotations = without_names(entry.annotations);
            return Ok(vec![(None, entry)]);
        }
        let named = |tag: &String| {
            let mut entry = self.entry(at, image, Some(tag))?;
            let mut annotations = without_names(entry.annotations).unwrap_or_default();
            annotations.insert(CONTAINERD_IMAGE_NAME.to_owned(), tag.clone());
            // By which other tools find it, once it is in a layout.
            annotations.insert(REF_NAME.to_owned(), tag.clone());
            entry.annotations = Some(annotations);
            Ok((tag.parse().ok(), entry))
        };
        tags.iter().map(named).collect()
    }

    /// What an image is under that tag: its entry in the layout, else the manifest that is made for it.
    fn entry(&self, at: usize, image: &Image, tag: Option<&str>) -> Result<Descriptor> {
        let layers: Option<Vec<Digest>> = image.layers().iter().map(|name| digest_in(name)).collect();
        if let (Some(config), Some(layers)) = (digest_in(&image.config), layers)
            && let Some(original) = docker_layout::find(self.originals(), tag, &config, &layers)
        {
            return Ok(original.entry.clone());
        }
        self.manifest(at, image)
    }

    fn originals(&self) -> &[Original] {
        self.originals.get_or_init(|| match OciArchive::of(Arc::clone(&self.archive)) {
            Ok(layout) => docker_layout::originals(&layout),
            Err(_) => Vec::new(),
        })
    }

    /// The descriptor of an image's manifest, made when it is first asked for.
    fn manifest(&self, at: usize, image: &Image) -> Result<Descriptor> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(descriptor) = made.manifests.get(&at) {
            return Ok(descriptor.clone());
        }
        let place = self.member(&image.config)?;
        let mut config = Vec::new();
        if place.size > json::DOCUMENT.size as u64 {
            return Err(self.wrong(format!("its config {:?} is {} bytes long", image.config, place.size)));
        }
        self.archive
            .part(place)
            .read_to_end(&mut config)
            .map_err(|e| Error::from_io(|| format!("read {} of {}", image.config, self.name()), e))?;
        // Both forms name the config by its digest: `HEX.json`, and `blobs/sha256/HEX`.
        let said = digest_in(image.config.strip_suffix(".json").unwrap_or(&image.config));
        let mut hasher = Hasher::new(said.as_ref().map_or(&Algorithm::Sha256, Digest::algorithm))
            .ok_or_else(|| self.wrong(format!("its config {:?} is named by no digest", image.config)))?;
        hasher.update(&config);
        let config = Descriptor::new(MediaType::ImageConfig, hasher.finish(), config.len() as u64);
        if let Some(expected) = said
            && expected != config.digest
        {
            let source = ocidian_spec::Error::Mismatch { expected, actual: config.digest.clone() };
            return Err(Error::Blob { descriptor: Box::new(config), source });
        }
        made.blobs.insert(config.digest.clone(), Blob::Stored(place));
        let mut layers = Vec::with_capacity(image.layers().len());
        for name in image.layers() {
            layers.push(self.layer(name, &mut made)?);
        }
        let manifest = ImageManifest {
            schema_version: 2,
            media_type: Some(MediaType::ImageManifest),
            artifact_type: None,
            config,
            layers,
            subject: None,
            annotations: None,
            other: Members::default(),
        };
        let bytes = serde_json::to_vec(&manifest).map_err(|e| self.wrong(format!("no manifest: {e}")))?;
        let descriptor =
            Descriptor::new(MediaType::ImageManifest, Digest::sha256(&bytes), bytes.len() as u64);
        made.blobs.insert(descriptor.digest.clone(), Blob::Made(bytes.into()));
        made.manifests.insert(at, descriptor.clone());
        Ok(descriptor)
    }

    /// The descriptor of a layer as it is stored.
    fn layer(&self, name: &str, made: &mut Made) -> Result<Descriptor> {
        let place = self.member(name)?;
        let failed = |e| Error::from_io(|| format!("read {name} of {}", self.name()), e);
        let mut start = Vec::new();
        self.archive.part(place).take(4).read_to_end(&mut start).map_err(failed)?;
        let media_type = MediaType::ImageLayer(compress::sniff(&start));
        let digest = match digest_in(name).or_else(|| made.hashed.get(&place).cloned()) {
            Some(digest) => digest,
            None => {
                // Kept by place: one member may be named in a thousand ways.
                let digest = hash(self.archive.part(place)).map_err(failed)?;
                made.hashed.insert(place, digest.clone());
                digest
            }
        };
        let descriptor = Descriptor::new(media_type, digest, place.size);
        made.blobs.insert(descriptor.digest.clone(), Blob::Stored(place));
        Ok(descriptor)
    }

    fn member(&self, name: &str) -> Result<Place> {
        let missing = || self.wrong(format!("{MANIFEST_JSON} names {name:?}, which is not in the archive"));
        self.archive.find_through_links(name)?.ok_or_else(missing)
    }

    fn blob(&self, digest: &Digest) -> Result<Option<Blob>> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(blob) = made.blobs.get(digest) {
            return Ok(Some(blob.clone()));
        }
        Ok(self.archive.find(&documents::blob_path(digest).join("/"))?.map(Blob::Stored))
    }

    fn found(&self, descriptor: &Descriptor) -> Result<Blob> {
        let blob = self
            .blob(&descriptor.digest)?
            .ok_or_else(|| Error::BlobNotFound { digest: descriptor.digest.clone(), store: self.name() })?;
        check_size(descriptor, blob.size())?;
        Ok(blob)
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Store { store: self.name(), reason }
    }
}

impl Image {
    fn layers(&self) -> &[String] {
        self.layers.as_deref().unwrap_or_default()
    }
}

impl Blob {
    fn size(&self) -> u64 {
        match self {
            Self::Stored(place) => place.size,
            Self::Made(bytes) => bytes.len() as u64,
        }
    }
}

impl BlobSource for DockerArchive {
    fn stat(&self, _: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        Ok(self.blob(&descriptor.digest)?.map(|blob| blob.size()))
    }

    fn open_range(
        &self,
        _: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        Ok(match self.found(descriptor)? {
            Blob::Stored(place) => Box::new(self.archive.part(place.range(offset, len))),
            Blob::Made(bytes) => {
                let mut bytes = std::io::Cursor::new(bytes);
                bytes.set_position(offset);
                Box::new(bytes.take(len))
            }
        })
    }

    fn name(&self) -> String {
        self.archive.name().to_owned()
    }
}

impl RefSource for DockerArchive {
    fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>> {
        let mut found = Vec::new();
        for (at, image) in self.images.iter().enumerate() {
            // Only the image that is asked for is worth hashing.
            let tags = image.repo_tags.as_deref().unwrap_or_default();
            if let Some(tag) = tags.iter().find(|tag| names::same(tag, name.as_str())) {
                let entries = self.entries(at, image)?;
                let named = entries
                    .into_iter()
                    .find(|(_, entry)| entry.annotation(CONTAINERD_IMAGE_NAME) == Some(tag.as_str()));
                found.extend(named.map(|(_, entry)| entry));
            }
        }
        if found.is_empty() {
            let rest: Vec<Descriptor> = self.list()?.into_iter().map(|(_, entry)| entry).collect();
            return Ok(names::matching(&rest, name));
        }
        Ok(found)
    }

    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        let mut list = Vec::new();
        for (at, image) in self.images.iter().enumerate() {
            list.extend(self.entries(at, image)?);
        }
        let taken: Vec<Descriptor> = list.iter().map(|(_, entry)| entry.clone()).collect();
        let tags: Vec<&str> = self
            .images
            .iter()
            .filter_map(|image| image.repo_tags.as_deref())
            .flatten()
            .map(String::as_str)
            .collect();
        let besides = docker_layout::besides(self.originals(), &taken, &tags);
        list.extend(besides.map(|entry| (names::name_of(&entry), entry)));
        Ok(list)
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.referrers_of(std::slice::from_ref(subject))
    }

    fn referrers_of(&self, subjects: &[Digest]) -> Result<Vec<Descriptor>> {
        referrers::scan(self, subjects)
    }
}

/// Annotations without the names that an entry has in the layout.
fn without_names(annotations: Option<Annotations>) -> Option<Annotations> {
    let mut annotations = annotations?;
    annotations.remove(CONTAINERD_IMAGE_NAME);
    annotations.remove(REF_NAME);
    (!annotations.is_empty()).then_some(annotations)
}

/// The digest in a name of the newer form: `blobs/sha256/<hex>`.
fn digest_in(name: &str) -> Option<Digest> {
    let (algorithm, encoded) = name.strip_prefix("blobs/")?.split_once('/')?;
    let digest: Digest = format!("{algorithm}:{encoded}").parse().ok()?;
    Hasher::for_digest(&digest).is_ok().then_some(digest)
}

fn hash(mut part: Part) -> std::io::Result<Digest> {
    let mut hasher = Hasher::new(&Algorithm::Sha256).ok_or(std::io::ErrorKind::Unsupported)?;
    let mut buffer = vec![0; 128 << 10];
    loop {
        match part.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(n) => hasher.update(buffer.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}
