//! What every archive being written has in common: where it goes, the blobs that are staged for it, and the archive
//! of that name that it is added to.
//!
//! That one is read again when it is replaced before we are done: what others added is kept, and blobs that were
//! counted as there already are taken from the one that had them.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ocidian_content::{BlobSource, BlobWrite, Error, Expect, MemoryStore, Result, Role};
use ocidian_spec::{Descriptor, Digest, RawDocument};

use crate::archive::{Archive, Place};
use crate::dir::check_size;
use crate::documents;
use crate::files::io_error;
use crate::spool::Part;
use crate::staging::Staging;
use crate::tarball::{Content, Members};
use crate::target::{Current, Identity, Target};
use crate::{CreateOptions, Options};

/// The names that a blob may have in an archive.
pub(crate) type Names = fn(&Digest) -> Vec<String>;

/// An archive being written.
pub(crate) struct ArchiveSink {
    target: Target,
    names: Names,
    options: CreateOptions,
    pub(crate) staging: Arc<Staging>,
    base: Option<Base>,
    /// What was the base until somebody else replaced it.
    earlier: Option<Archive>,
    adopted: Mutex<HashSet<Digest>>,
}

/// The archive that is added to.
struct Base {
    archive: Archive,
    identity: Identity,
}

/// The name that a layout gives to a blob.
pub(crate) fn layout_names(digest: &Digest) -> Vec<String> {
    vec![documents::blob_path(digest).join("/")]
}

impl ArchiveSink {
    /// Looks at what is at `path`, and stages beside it.
    pub(crate) fn new(path: &Path, names: Names, options: &CreateOptions) -> Result<Self> {
        let target = Target::new(path)?;
        let base = match target.current(&options.cancel)? {
            Some(current) => Base::open(&target, &current, options)?,
            None => None,
        };
        let staging = Staging::new(target.stage()?, &options.cancel);
        let (options, earlier, adopted) = (options.clone(), None, Mutex::default());
        Ok(Self { target, names, options, staging, base, earlier, adopted })
    }

    /// The archive that is added to.
    pub(crate) fn base(&self) -> Option<&Archive> {
        self.base.as_ref().map(|base| &base.archive)
    }

    /// As its user set them.
    pub(crate) fn options(&self) -> &CreateOptions {
        &self.options
    }

    /// An error about the archive.
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> Error {
        Error::Store { store: self.target.name(), reason: reason.into() }
    }

    /// Begins a blob.
    pub(crate) fn begin(&self, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        self.staging.begin(role, expect)
    }

    /// Has the blob already, or takes it over. One of the right size counts as there, as in a layout.
    pub(crate) fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool> {
        if self.held(&descriptor.digest)?.is_some_and(|(_, _, place)| place.size == descriptor.size) {
            self.adopted.lock().unwrap_or_else(PoisonError::into_inner).insert(descriptor.digest.clone());
            return Ok(true);
        }
        self.staging.adopt(role, descriptor, from, self.options.link)
    }

    /// Stages a document, which is verified already, unless it is there.
    pub(crate) fn document(&self, document: &RawDocument) -> Result<()> {
        let nowhere = MemoryStore::new();
        if self.adopt(Role::Manifest, document.descriptor(), &nowhere)? {
            return Ok(());
        }
        self.staging.document(document)
    }

    /// A blob that the archive has already: in which one, under which name and where.
    fn held(&self, digest: &Digest) -> Result<Option<(&Archive, String, Place)>> {
        for name in (self.names)(digest) {
            for archive in self.base().into_iter().chain(&self.earlier) {
                if let Some(place) = archive.find(&name)? {
                    return Ok(Some((archive, name, place)));
                }
            }
        }
        Ok(None)
    }

    /// Locks what is there by now, and calls `assemble` for the members of what takes its place.
    pub(crate) fn publish(mut self, assemble: impl FnOnce(&Self, Members) -> Result<Members>) -> Result<()> {
        let current = self.target.current(&self.options.cancel)?;
        if current.as_ref().map(|current| current.identity) != self.base.as_ref().map(|base| base.identity) {
            let now = match &current {
                Some(current) => Base::open(&self.target, current, &self.options)?,
                None => None,
            };
            self.earlier = std::mem::replace(&mut self.base, now).map(|base| base.archive);
        }
        let mut members = Members::default();
        for digest in self.adopted.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if let Some((archive, name, place)) = self.held(digest)? {
                members.insert_own(&name, Content::Part(archive.part(place), place.size))?;
            }
        }
        if let Some(base) = self.base() {
            members.extend(base.members()?);
        }
        let members = assemble(&self, members)?;
        let (name, cancel) = (self.target.name(), &self.options.cancel);
        self.target
            .replace(self.staging.path(), current.as_ref(), |out| members.write(out, &name, cancel).map(drop))
    }

    /// Puts every staged blob where a layout has it.
    pub(crate) fn insert_blobs(&self, members: &mut Members) -> Result<()> {
        for ((_, digest), staged) in self.staging.all() {
            members.insert_own(&documents::blob_path(&digest).join("/"), Content::Staged(staged))?;
        }
        Ok(())
    }
}

/// What will be in the archive.
impl BlobSource for ArchiveSink {
    fn stat(&self, _: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        if let Some(staged) = self.staging.find(&descriptor.digest) {
            return Ok(Some(staged.size));
        }
        Ok(self.held(&descriptor.digest)?.map(|(_, _, place)| place.size))
    }

    fn open_range(
        &self,
        _: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        if let Some(staged) = self.staging.find(&descriptor.digest) {
            let file = File::open(&staged.path).map_err(|e| io_error(&staged.path, "open", e))?;
            check_size(descriptor, staged.size)?;
            return Ok(Box::new(Part::within(file, staged.size, offset, len)));
        }
        let Some((archive, _, place)) = self.held(&descriptor.digest)? else {
            return Err(Error::BlobNotFound { digest: descriptor.digest.clone(), store: self.name() });
        };
        check_size(descriptor, place.size)?;
        Ok(Box::new(archive.part(place.range(offset, len))))
    }

    fn name(&self) -> String {
        self.target.name()
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
        let metadata = archive.file().metadata().map_err(|e| io_error(path, "stat", e))?;
        if !current.identity.is(metadata.dev(), metadata.ino()) {
            let reason =
                "it is compressed, and only a plain tar can be added to; decompress it, or name another file";
            return Err(Error::Store { store: target.name(), reason: reason.to_owned() });
        }
        Ok(Some(Self { archive, identity: current.identity }))
    }
}
