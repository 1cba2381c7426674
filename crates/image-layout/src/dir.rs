//! An image layout in a directory. image-spec `image-layout.md`.
//!
//! Held by a handle: blobs are found below it by parsed digests alone. Symlinks are followed to read, so that
//! layouts may share blobs, and never to write: a file that is one is replaced by a file, and a directory of blobs
//! that is one is not written to. `index.json` is read anew each time, because others may be writing.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ocidian_content::{
    BlobSource, Cancel, Error, RefSink, RefSource, Result, Role, When, entries, names, referrers,
};
use ocidian_spec::{Descriptor, Digest, ImageIndex, RawDocument, RefName, json};

use crate::documents::{self, INDEX_JSON, OCI_LAYOUT};
use crate::files::{Directory, io_error, store};
use crate::publish::{self, publish_after};
use crate::spool::Part;
use crate::{fresh, lock};

/// How often a change is made anew because somebody who knows no lock made another.
const FOREIGN: u32 = 10;

/// An image layout in a directory.
#[derive(Debug, Clone)]
pub struct LayoutDir {
    directory: Arc<Directory>,
    cancel: Cancel,
}

impl LayoutDir {
    /// Opens a layout: a directory with an `oci-layout` of the version that this crate reads.
    pub fn open(path: &Path) -> Result<Self> {
        match Self::of(Directory::open(path)?)? {
            Some(layout) => Ok(layout),
            None => Err(store(path, "it has no oci-layout file, so it is not an image layout")),
        }
    }

    /// The layout in a directory, if it is one.
    pub(crate) fn of(directory: Directory) -> Result<Option<Self>> {
        let Some(bytes) = directory.read(OCI_LAYOUT, documents::OCI_LAYOUT_LIMIT)? else { return Ok(None) };
        documents::check_layout(&bytes, &directory.path().join(OCI_LAYOUT).display().to_string())?;
        Ok(Some(Self { directory: Arc::new(directory), cancel: Cancel::new() }))
    }

    /// Makes an empty layout in a new or an empty directory. A layout that is there already is opened: of two
    /// who create the same one, both have it.
    pub fn create(path: &Path) -> Result<Self> {
        Self::create_with_cancel(path, &Cancel::new())
    }

    /// The same, but whoever waits for others that make it too stops once asked to; as [`with_cancel`](Self::with_cancel) from then
    /// on.
    pub fn create_with_cancel(path: &Path, cancel: &Cancel) -> Result<Self> {
        fresh::create(path, cancel)
    }

    /// The same, but whoever waits for other writers, or for a collector, stops once asked to.
    #[must_use]
    pub fn with_cancel(self, cancel: Cancel) -> Self {
        Self { cancel, ..self }
    }

    /// The path that it was opened by.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// `index.json` as it is now.
    pub fn index(&self) -> Result<ImageIndex> {
        documents::parse_index(&self.index_json()?, &self.name())
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    fn blob(&self, digest: &Digest) -> Result<Option<(File, u64)>> {
        self.directory.blob(digest, &documents::blob_path(digest))
    }

    fn found(&self, digest: &Digest) -> Result<(File, u64)> {
        self.blob(digest)?.ok_or_else(|| Error::BlobNotFound { digest: digest.clone(), store: self.name() })
    }

    /// Changes the list of images under the lock, on what `index.json` holds by then.
    pub(crate) fn edit(&self, change: impl Fn(&mut Vec<Descriptor>) -> Result<()>) -> Result<()> {
        self.edit_after(change, || Ok(()))
    }

    /// As [`edit`](Self::edit), with something to be done when the new list is on the disk, and before it shows.
    ///
    /// Tools that know no lock may write meanwhile. So it is looked at once more just before the new list shows, and
    /// where it is another one by then, the change is made on that.
    pub(crate) fn edit_after(
        &self,
        change: impl Fn(&mut Vec<Descriptor>) -> Result<()>,
        first: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let _lock = lock::index(&self.directory, &self.cancel)?;
        let mut first = Some(first);
        // Somebody who never stops writing is not waited for.
        for last in (0..FOREIGN).map(|tried| tried + 1 == FOREIGN) {
            let before = self.index_json()?;
            let mut index = documents::parse_index(&before, &self.name())?;
            change(&mut index.manifests)?;
            let bytes = documents::write_index(&index, &self.name())?;
            let ready = || {
                first.take().map_or(Ok(()), |first| first())?;
                Ok(last || self.index_json()? == before)
            };
            if publish_after(&self.directory, INDEX_JSON, &bytes, ready)? {
                break;
            }
        }
        Ok(())
    }

    /// Puts a document, and changes the list to name it.
    fn put_with(
        &self,
        document: &RawDocument,
        change: impl Fn(&mut Vec<Descriptor>) -> Result<()>,
    ) -> Result<()> {
        // Held together, so that no collector comes between blob and list. The list is written first, so that a
        // conflict or a full disk leaves no blob behind, and shown last, so that it never names what is not there.
        let _writing = lock::writers(&self.directory, &self.cancel)?;
        self.edit_after(change, || publish::put_blob(&self.directory, document))
    }

    fn index_json(&self) -> Result<Vec<u8>> {
        self.directory
            .read(INDEX_JSON, json::INDEX_JSON.size)?
            .ok_or_else(|| store(self.path(), "it has no index.json, so it is not an image layout"))
    }
}

impl BlobSource for LayoutDir {
    fn stat(&self, _: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        Ok(self.blob(&descriptor.digest)?.map(|(_, size)| size))
    }

    fn file(&self, _: Role, descriptor: &Descriptor) -> Result<Option<File>> {
        Ok(self.blob(&descriptor.digest)?.map(|(file, _)| file))
    }

    fn open_range(
        &self,
        _: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        let (file, size) = self.found(&descriptor.digest)?;
        check_size(descriptor, size)?;
        Ok(Box::new(Part::within(file, size, offset, len)))
    }

    fn name(&self) -> String {
        self.path().display().to_string()
    }
}

impl RefSource for LayoutDir {
    fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>> {
        Ok(names::matching(&self.index()?.manifests, name))
    }

    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        Ok(self.index()?.manifests.into_iter().map(|entry| (names::name_of(&entry), entry)).collect())
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.referrers_of(std::slice::from_ref(subject))
    }

    fn referrers_of(&self, subjects: &[Digest]) -> Result<Vec<Descriptor>> {
        referrers::scan(self, subjects)
    }
}

impl RefSink for LayoutDir {
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        self.put_with(document, |list| entries::put(list, name, document.descriptor(), &when))
    }

    fn put_entry(&self, document: &RawDocument, beside: bool) -> Result<()> {
        self.put_with(document, |list| {
            entries::put_entry(list, document.descriptor(), beside);
            Ok(())
        })
    }

    fn remove(&self, name: &RefName, when: When) -> Result<()> {
        self.edit(|list| entries::remove(list, name, &when, &self.name()))
    }

    fn forget(&self, digest: &Digest) -> Result<()> {
        self.edit(|list| entries::forget(list, digest, &self.name()))
    }
}

/// A wrong size shows before anything is read.
pub(crate) fn check_size(descriptor: &Descriptor, actual: u64) -> Result<()> {
    if descriptor.size == actual {
        return Ok(());
    }
    let (digest, expected) = (descriptor.digest.clone(), descriptor.size);
    let source = ocidian_spec::Error::Size { digest, expected, actual };
    Err(Error::Blob { descriptor: Box::new(descriptor.clone()), source })
}

/// Only what this crate itself may have left on the way to a layout may be in the directory.
pub(crate) fn refuse_foreign(directory: &Directory) -> Result<()> {
    let path = directory.path();
    for entry in std::fs::read_dir(path).map_err(|e| io_error(path, "list", e))? {
        let name = entry.map_err(|e| io_error(path, "list", e))?.file_name();
        let name = name.to_string_lossy();
        let own =
            name.starts_with(publish::OWN_PREFIX) || [INDEX_JSON, OCI_LAYOUT, "blobs"].contains(&&*name);
        if !own {
            let reason =
                format!("it is not empty (it has {name:?}) and no image layout; name a new directory");
            return Err(store(path, reason));
        }
    }
    // One that is not as we begin it is somebody's, whatever became of the rest of that layout.
    let begun = directory.read(INDEX_JSON, documents::EMPTY_INDEX.len());
    if begun.map_or(true, |bytes| bytes.is_some_and(|bytes| bytes != documents::EMPTY_INDEX)) {
        let reason = "it has an index.json of its own and no oci-layout file, so it is not an image layout";
        return Err(store(path, reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
