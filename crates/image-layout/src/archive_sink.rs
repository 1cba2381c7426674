//! What every archive being written has in common: where it goes, the blobs that are staged for it, and the archive
//! of that name that it is added to.
//!
//! That one is read again when it is replaced before we are done: what others added is kept, and our own blobs that
//! were counted as there already are taken from the one that had them.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ocidian_content::{BlobSource, BlobWrite, Error, Expect, MemoryStore, Result, Role};
use ocidian_spec::{Descriptor, Digest, RawDocument};

use crate::archive::Archive;
use crate::documents;
use crate::staging::Staging;
use crate::tarball::{Content, Members};
use crate::target::{Current, Identity, Target};
use crate::{CreateOptions, Options};

/// An archive being written.
pub(crate) struct ArchiveSink {
    target: Target,
    options: CreateOptions,
    pub(crate) staging: Arc<Staging>,
    base: Option<Base>,
    adopted: Mutex<HashSet<Digest>>,
}

/// The archive that is added to.
struct Base {
    archive: Archive,
    identity: Identity,
}

impl ArchiveSink {
    /// Looks at what is at `path`, and stages beside it.
    pub(crate) fn new(path: &Path, options: &CreateOptions) -> Result<Self> {
        let target = Target::new(path)?;
        let base = match target.current()? {
            Some(current) => Base::open(&target, &current, options)?,
            None => None,
        };
        let staging = Staging::new(target.stage()?);
        Ok(Self { target, options: options.clone(), staging, base, adopted: Mutex::default() })
    }

    /// The archive that is added to.
    pub(crate) fn base(&self) -> Option<&Archive> {
        self.base.as_ref().map(|base| &base.archive)
    }

    /// As a person would name it.
    pub(crate) fn name(&self) -> String {
        self.target.name()
    }

    /// Begins a blob.
    pub(crate) fn begin(&self, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        self.staging.begin(role, expect)
    }

    /// Has the blob already, or takes it over. One of the right size counts as there, as in a layout.
    pub(crate) fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool> {
        if self.held(&descriptor.digest)? == Some(descriptor.size) {
            self.adopted.lock().unwrap_or_else(PoisonError::into_inner).insert(descriptor.digest.clone());
            return Ok(true);
        }
        self.staging.adopt(role, descriptor, from, self.options.link)
    }

    /// Stages a document, which is verified already, unless it is there.
    pub(crate) fn document(&self, document: &RawDocument) -> Result<()> {
        let descriptor = document.descriptor();
        if self.adopt(Role::Manifest, descriptor, &MemoryStore::new())? {
            return Ok(());
        }
        self.staging.document(document)
    }

    /// The size of a blob that the archive has already.
    pub(crate) fn held(&self, digest: &Digest) -> Result<Option<u64>> {
        let Some(base) = &self.base else { return Ok(None) };
        Ok(base.archive.find(&documents::blob_path(digest).join("/"))?.map(|place| place.size))
    }

    /// Locks what is there by now, and calls `assemble` for the members of what takes its place.
    pub(crate) fn publish(mut self, assemble: impl FnOnce(&Self, Members) -> Result<Members>) -> Result<()> {
        let current = self.target.current()?;
        let mut members = Members::default();
        if current.as_ref().map(|current| current.identity) != self.base.as_ref().map(|base| base.identity) {
            let now = match &current {
                Some(current) => Base::open(&self.target, current, &self.options)?,
                None => None,
            };
            if let Some(before) = std::mem::replace(&mut self.base, now) {
                self.rescue(&before.archive, &mut members)?;
            }
        }
        if let Some(base) = &self.base {
            members.extend(base.archive.members()?);
        }
        let members = assemble(&self, members)?;
        let (name, cancel) = (self.name(), &self.options.cancel);
        self.target
            .replace(self.staging.path(), current.as_ref(), |out| members.write(out, &name, cancel).map(drop))
    }

    /// The blobs that were counted as there, from the archive that had them.
    fn rescue(&self, before: &Archive, members: &mut Members) -> Result<()> {
        for digest in self.adopted.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let name = documents::blob_path(digest).join("/");
            if let Some(place) = before.find(&name)? {
                members.insert_own(&name, Content::Part(before.part(place), place.size))?;
            }
        }
        Ok(())
    }

    /// Puts every staged blob where a layout has it.
    pub(crate) fn insert_blobs(&self, members: &mut Members) -> Result<()> {
        for ((_, digest), staged) in self.staging.all() {
            members.insert_own(&documents::blob_path(&digest).join("/"), Content::Staged(staged))?;
        }
        Ok(())
    }
}

impl Base {
    /// Opens what is there; an empty file counts as nothing.
    fn open(target: &Target, current: &Current, options: &CreateOptions) -> Result<Option<Self>> {
        let Target::File(path) = target else { return Ok(None) };
        if current.empty {
            return Ok(None);
        }
        let archive = Archive::open(path, &Options { max_bytes: options.max_bytes })?;
        let metadata = archive.file().metadata().map_err(|e| crate::files::io_error(path, "stat", e))?;
        if !current.identity.is(metadata.dev(), metadata.ino()) {
            let reason = "it is compressed, and can only be added to as a plain tar; decompress it, or name \
                          another file";
            return Err(Error::Store { store: target.name(), reason: reason.to_owned() });
        }
        Ok(Some(Self { archive, identity: current.identity }))
    }
}
