//! A store in memory: for tests, documentation, and documents made up on the way.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ocidian_spec::{Descriptor, Digest, Hasher, MediaType, RawDocument, RefName};

use crate::entries::Edit;
use crate::error::{Error, Result};
use crate::store::{
    BlobAdmin, BlobSink, BlobSource, BlobWrite, Destination, Expect, RefSink, RefSource, Role, Stored, When,
};
use crate::{entries, names, referrers};

/// Blobs and names in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    content: Mutex<Content>,
    /// Nobody collects any more.
    free: Condvar,
}

#[derive(Debug, Default)]
struct Content {
    blobs: BTreeMap<Digest, Arc<[u8]>>,
    entries: Vec<Descriptor>,
    collected: bool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a blob, named by its sha256.
    pub fn insert(&self, media_type: MediaType, bytes: &[u8]) -> Result<Descriptor> {
        let descriptor = Descriptor::new(media_type, Digest::sha256(bytes), bytes.len() as u64);
        self.lock().blobs.insert(descriptor.digest.clone(), bytes.into());
        Ok(descriptor)
    }

    /// Puts bytes under a digest that need not be theirs, to see what a reader makes of it.
    pub fn insert_as(&self, digest: Digest, bytes: &[u8]) {
        self.lock().blobs.insert(digest, bytes.into());
    }

    /// Adds an entry as it is, as one that another tool wrote would be.
    pub fn push_entry(&self, entry: Descriptor) {
        self.lock().entries.push(entry);
    }

    /// Where blobs can be written; they show once it is finished.
    pub fn sink(&self) -> MemorySink {
        MemorySink { store: self.clone(), staged: Arc::default() }
    }

    fn get(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.lock().blobs.get(digest).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // Every change is one insertion or removal, so a panic elsewhere leaves nothing half done.
        self.0.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no collector is at it: what is published then it has not seen.
    fn publish(&self) -> MutexGuard<'_, Content> {
        let content = self.lock();
        self.0.free.wait_while(content, |content| content.collected).unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, digest: &Digest) -> Result<Arc<[u8]>> {
        self.get(digest).ok_or_else(|| Error::BlobNotFound { digest: digest.clone(), store: self.name() })
    }
}

impl BlobSource for MemoryStore {
    fn stat(&self, _: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        Ok(self.get(&descriptor.digest).map(|bytes| bytes.len() as u64))
    }

    fn open_range(
        &self,
        _: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        let mut bytes = Cursor::new(self.found(&descriptor.digest)?);
        bytes.set_position(offset);
        Ok(Box::new(bytes.take(len)))
    }

    fn name(&self) -> String {
        "memory".to_owned()
    }
}

impl RefSource for MemoryStore {
    fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>> {
        Ok(names::matching(&self.lock().entries, name))
    }

    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        Ok(self.lock().entries.iter().map(|entry| (names::name_of(entry), entry.clone())).collect())
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.referrers_of(std::slice::from_ref(subject))
    }

    fn referrers_of(&self, subjects: &[Digest]) -> Result<Vec<Descriptor>> {
        referrers::scan(self, subjects)
    }
}

impl BlobAdmin for MemoryStore {
    fn exclude_writers(&self) -> Result<Box<dyn Send>> {
        // Nobody has to be waited for: what a sink has staged or adopted it keeps aside until it publishes it.
        self.publish().collected = true;
        Ok(Box::new(Collecting(self.clone())))
    }

    fn blobs(&self) -> Result<Vec<Stored>> {
        let stored = |(digest, bytes): (&Digest, &Arc<[u8]>)| Stored {
            digest: digest.clone(),
            size: bytes.len() as u64,
            modified: None,
        };
        Ok(self.lock().blobs.iter().map(stored).collect())
    }

    fn remove_blob(&self, digest: &Digest) -> Result<()> {
        self.lock().blobs.remove(digest);
        Ok(())
    }
}

/// Writers are kept away while this is held.
struct Collecting(MemoryStore);

impl Drop for Collecting {
    fn drop(&mut self) {
        self.0.lock().collected = false;
        self.0.0.free.notify_all();
    }
}

impl RefSink for MemoryStore {
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        let mut content = self.publish();
        entries::put(&mut content.entries, name, document.descriptor(), &when)?;
        content.blobs.insert(document.descriptor().digest.clone(), document.bytes().into());
        Ok(())
    }

    fn put_entry(&self, document: &RawDocument, beside: bool) -> Result<()> {
        let mut content = self.publish();
        entries::put_entry(&mut content.entries, document.descriptor(), beside);
        content.blobs.insert(document.descriptor().digest.clone(), document.bytes().into());
        Ok(())
    }

    fn remove(&self, name: &RefName, when: When) -> Result<()> {
        let mut content = self.lock();
        let store = self.name();
        entries::remove(&mut content.entries, name, &when, &store)
    }

    fn forget(&self, digest: &Digest) -> Result<()> {
        entries::forget(&mut self.lock().entries, digest, &self.name())
    }
}

/// Blobs and names on their way into a [`MemoryStore`].
#[derive(Debug)]
pub struct MemorySink {
    store: MemoryStore,
    staged: Arc<Mutex<Staged>>,
}

#[derive(Debug, Default)]
struct Staged {
    blobs: BTreeMap<Digest, Arc<[u8]>>,
    edits: Vec<Edit>,
}

impl BlobSink for MemorySink {
    fn begin(&self, _: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        let (hasher, known) = expect.hasher()?;
        Ok(Box::new(MemoryWrite { staged: Arc::clone(&self.staged), bytes: Vec::new(), hasher, known }))
    }

    fn adopt(&self, _: Role, descriptor: &Descriptor, _: &dyn BlobSource) -> Result<bool> {
        // Kept aside, so that a collector cannot take it away before it is finished.
        let Some(bytes) = self.store.get(&descriptor.digest) else { return Ok(false) };
        self.staged().blobs.insert(descriptor.digest.clone(), bytes);
        Ok(true)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Staged { mut blobs, edits } = std::mem::take(&mut *self.staged());
        let mut content = self.store.publish();
        let mut entries = content.entries.clone();
        edits.into_iter().try_for_each(|edit| edit.apply(&mut entries, "memory"))?;
        content.blobs.append(&mut blobs);
        content.entries = entries;
        Ok(())
    }
}

impl RefSink for MemorySink {
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        let descriptor = document.descriptor();
        let mut staged = self.staged();
        staged.blobs.insert(descriptor.digest.clone(), document.bytes().into());
        staged.edits.push(Edit::Put { name: name.cloned(), descriptor: Box::new(descriptor.clone()), when });
        Ok(())
    }

    fn put_entry(&self, document: &RawDocument, beside: bool) -> Result<()> {
        let descriptor = document.descriptor();
        let mut staged = self.staged();
        staged.blobs.insert(descriptor.digest.clone(), document.bytes().into());
        staged.edits.push(Edit::Entry { descriptor: Box::new(descriptor.clone()), beside });
        Ok(())
    }

    fn remove(&self, name: &RefName, when: When) -> Result<()> {
        self.staged().edits.push(Edit::Remove { name: name.clone(), when });
        Ok(())
    }

    fn forget(&self, digest: &Digest) -> Result<()> {
        self.staged().edits.push(Edit::Forget(digest.clone()));
        Ok(())
    }
}

impl Destination for MemorySink {}

impl MemorySink {
    fn staged(&self) -> MutexGuard<'_, Staged> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct MemoryWrite {
    staged: Arc<Mutex<Staged>>,
    bytes: Vec<u8>,
    hasher: Hasher,
    known: Option<Descriptor>,
}

impl Write for MemoryWrite {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.hasher.update(buf);
        self.bytes.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWrite for MemoryWrite {
    fn written(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn commit(self: Box<Self>, expected: Option<&Digest>) -> Result<Descriptor> {
        let written = self.written();
        let descriptor = Expect::settle(self.known, self.hasher.finish(), written, expected)?;
        let mut staged = self.staged.lock().unwrap_or_else(PoisonError::into_inner);
        staged.blobs.insert(descriptor.digest.clone(), self.bytes.into());
        Ok(descriptor)
    }
}
