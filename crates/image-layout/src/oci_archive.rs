//! An image layout in a tar, read in place. Plain, gzip'd or zstd'd.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ocidian_content::{BlobSource, Error, RefSource, Result, Role, names, referrers};
use ocidian_spec::{Descriptor, Digest, ImageIndex, RefName, json};

use crate::Options;
use crate::archive::{Archive, Place};
use crate::dir::check_size;
use crate::documents::{self, INDEX_JSON, OCI_LAYOUT};

/// An image layout in a tar. Only members of exactly the names that a layout has are looked at, links among
/// them are not followed.
#[derive(Debug)]
pub struct OciArchive {
    archive: Arc<Archive>,
    index: ImageIndex,
}

impl OciArchive {
    /// Opens an archive; `-` is standard input. A compressed one is decompressed to a temporary file first.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        Self::of(Arc::new(Archive::open(path, options)?))
    }

    pub(crate) fn of(archive: Arc<Archive>) -> Result<Self> {
        let index = index_of(&archive)?;
        Ok(Self { archive, index })
    }

    /// Its `index.json`.
    pub fn index(&self) -> &ImageIndex {
        &self.index
    }

    fn blob(&self, digest: &Digest) -> Result<Option<Place>> {
        self.archive.find(&documents::blob_path(digest).join("/"))
    }

    fn found(&self, descriptor: &Descriptor) -> Result<Place> {
        let place = self
            .blob(&descriptor.digest)?
            .ok_or_else(|| Error::BlobNotFound { digest: descriptor.digest.clone(), store: self.name() })?;
        check_size(descriptor, place.size)?;
        Ok(place)
    }
}

impl BlobSource for OciArchive {
    fn stat(&self, _: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        Ok(self.blob(&descriptor.digest)?.map(|place| place.size))
    }

    fn open_range(
        &self,
        _: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        let place = self.found(descriptor)?;
        Ok(Box::new(self.archive.part(place.range(offset, len))))
    }

    fn name(&self) -> String {
        self.archive.name().to_owned()
    }
}

impl RefSource for OciArchive {
    fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>> {
        Ok(names::matching(&self.index.manifests, name))
    }

    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        let entries = &self.index.manifests;
        Ok(entries.iter().map(|entry| (names::name_of(entry), entry.clone())).collect())
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.referrers_of(std::slice::from_ref(subject))
    }

    fn referrers_of(&self, subjects: &[Digest]) -> Result<Vec<Descriptor>> {
        referrers::scan(self, subjects)
    }
}

/// The `index.json` of an archive that is a layout.
pub(crate) fn index_of(archive: &Archive) -> Result<ImageIndex> {
    let lacks = |what: &str| Error::Store {
        store: archive.name().to_owned(),
        reason: format!("it has no {what}, so it is not an image layout in a tar"),
    };
    let layout = archive.read(OCI_LAYOUT, documents::OCI_LAYOUT_LIMIT)?.ok_or_else(|| lacks(OCI_LAYOUT))?;
    documents::check_layout(&layout, archive.name())?;
    let index = archive.read(INDEX_JSON, json::INDEX_JSON.size)?.ok_or_else(|| lacks(INDEX_JSON))?;
    documents::parse_index(&index, archive.name())
}
