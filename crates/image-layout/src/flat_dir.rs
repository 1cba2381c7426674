//! skopeo's `dir:`: one image as flat files. `manifest.json` is the manifest (or an index, whose children are
//! `HEX.manifest.json`), and every other blob is a file named by the hex of its digest.

use std::io::Read;
use std::path::Path;

use ocidian_content::{BlobSource, Error, RefSource, Result, Role, referrers};
use ocidian_spec::{Algorithm, Descriptor, Digest, MediaType, RefName, json};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::dir::check_size;
use crate::files::{Directory, store};
use crate::spool::Part;

pub(crate) const MANIFEST: &str = "manifest.json";
/// The file whose presence tells such a directory from any other with a manifest.json.
pub(crate) const VERSION: &str = "version";

/// One image as flat files. It has no name.
#[derive(Debug)]
pub struct FlatDir {
    directory: Directory,
    entry: Descriptor,
}

/// As much of a manifest as tells which one it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe {
    media_type: Option<MediaType>,
    manifests: Option<IgnoredAny>,
}

impl FlatDir {
    /// Opens the directory and takes its manifest's digest.
    pub fn open(path: &Path) -> Result<Self> {
        let directory = Directory::open(path)?;
        let Some(bytes) = directory.read(MANIFEST, json::DOCUMENT.size)? else {
            return Err(store(path, format!("it has no {MANIFEST}, so it is not what skopeo's dir: writes")));
        };
        let file = path.join(MANIFEST);
        json::scan(&bytes, json::DOCUMENT, MANIFEST).map_err(|e| store(&file, e.to_string()))?;
        let probe: Probe = serde_json::from_slice(&bytes).map_err(|e| store(&file, e.to_string()))?;
        let media_type = match (probe.media_type, probe.manifests) {
            (Some(said), _) => said,
            (None, Some(_)) => MediaType::ImageIndex,
            (None, None) => MediaType::ImageManifest,
        };
        let entry = Descriptor::new(media_type, Digest::sha256(&bytes), bytes.len() as u64);
        Ok(Self { directory, entry })
    }

    /// What its manifest is.
    pub(crate) fn entry(&self) -> &Descriptor {
        &self.entry
    }

    fn blob(&self, role: Role, digest: &Digest) -> Result<Option<(std::fs::File, u64)>> {
        if role == Role::Manifest && *digest == self.entry.digest {
            return self.directory.blob(digest, &[MANIFEST]);
        }
        // Only hex can be the name of a file here; what other algorithms write may be `version`.
        if matches!(digest.algorithm(), Algorithm::Other(_)) {
            return Ok(None);
        }
        match role {
            Role::Manifest => self.directory.blob(digest, &[&format!("{}.{MANIFEST}", digest.encoded())]),
            Role::Blob => self.directory.blob(digest, &[digest.encoded()]),
        }
    }

    fn found(&self, role: Role, descriptor: &Descriptor) -> Result<std::fs::File> {
        let (file, size) = self
            .blob(role, &descriptor.digest)?
            .ok_or_else(|| Error::BlobNotFound { digest: descriptor.digest.clone(), store: self.name() })?;
        check_size(descriptor, size)?;
        Ok(file)
    }
}

impl BlobSource for FlatDir {
    fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        Ok(self.blob(role, &descriptor.digest)?.map(|(_, size)| size))
    }

    fn file(&self, role: Role, descriptor: &Descriptor) -> Result<Option<std::fs::File>> {
        Ok(self.blob(role, &descriptor.digest)?.map(|(file, _)| file))
    }

    fn open_range(
        &self,
        role: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        let file = self.found(role, descriptor)?;
        Ok(Box::new(Part::within(file, descriptor.size, offset, len)))
    }

    fn name(&self) -> String {
        self.directory.path().display().to_string()
    }
}

impl RefSource for FlatDir {
    fn resolve(&self, _: &RefName) -> Result<Vec<Descriptor>> {
        Ok(Vec::new())
    }

    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        Ok(vec![(None, self.entry.clone())])
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.referrers_of(std::slice::from_ref(subject))
    }

    fn referrers_of(&self, subjects: &[Digest]) -> Result<Vec<Descriptor>> {
        referrers::scan(self, subjects)
    }
}
