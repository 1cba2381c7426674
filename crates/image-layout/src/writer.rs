//! Writing into a layout directory: staged in a directory of its own inside the layout, fsynced, and renamed
//! into place, so that a crash or a failure leaves the layout as it was and at most a recognisable leftover.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ocidian_content::entries::Edit;
use ocidian_content::{BlobSink, BlobSource, BlobWrite, Destination, Expect, RefSink, Result, Role, When};
use ocidian_spec::{Descriptor, Digest, Hasher, RawDocument, RefName};
use tempfile::TempDir;

use crate::dir::LayoutDir;
use crate::files::io_error;
use crate::lock::{self, Lock};
use crate::publish::{blob_directory, stage, sync};

/// Blobs and names on their way into a layout directory. Dropped unfinished, it leaves nothing.
#[derive(Debug)]
pub struct LayoutWriter {
    shared: Arc<Shared>,
    _writing: Lock,
}

#[derive(Debug)]
struct Shared {
    layout: LayoutDir,
    stage: TempDir,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    begun: u64,
    committed: Vec<(PathBuf, Digest)>,
    edits: Vec<Edit>,
}

impl LayoutDir {
    /// Where blobs and names can be written; they show once it is finished.
    pub fn writer(&self) -> Result<LayoutWriter> {
        let writing = lock::writers(self.directory())?;
        let stage = stage(self.directory())?;
        let shared = Shared { layout: self.clone(), stage, state: Mutex::default() };
        Ok(LayoutWriter { shared: Arc::new(shared), _writing: writing })
    }
}

impl BlobSink for LayoutWriter {
    fn begin(&self, _: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        let (hasher, known) = expect.hasher()?;
        let path = {
            let mut state = self.shared.state();
            state.begun += 1;
            self.shared.stage.path().join(state.begun.to_string())
        };
        let file = File::create_new(&path).map_err(|e| io_error(&path, "create", e))?;
        let shared = Arc::clone(&self.shared);
        Ok(Box::new(LayoutBlob { shared, path, file, hasher, known, written: 0, committed: false }))
    }

    fn adopt(&self, role: Role, descriptor: &Descriptor, _: &dyn BlobSource) -> Result<bool> {
        // One of the right size counts as there. Hashing it would make each copy read all that it need not write;
        // one of another size is damaged, and writing it again mends it.
        Ok(self.shared.layout.stat(role, descriptor)? == Some(descriptor.size))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let State { committed, edits, .. } = std::mem::take(&mut *self.shared.state());
        let layout = self.shared.layout.directory();
        let mut touched: Vec<(String, OwnedFd)> = Vec::new();
        for (path, digest) in committed {
            let algorithm = digest.algorithm().as_str();
            if !touched.iter().any(|(name, _)| name == algorithm) {
                touched.push((algorithm.to_owned(), blob_directory(layout, algorithm)?));
            }
            let Some((_, directory)) = touched.iter().find(|(name, _)| name == algorithm) else { continue };
            rustix::fs::renameat(rustix::fs::CWD, &path, directory, digest.encoded())
                .map_err(|errno| io_error(&path, "publish", errno.into()))?;
        }
        for (name, directory) in touched {
            sync(&directory, layout, &name)?;
        }
        if edits.is_empty() {
            return Ok(());
        }
        // Last, and on what index.json holds by now: it never names what is not there.
        let name = self.shared.layout.name();
        self.shared.layout.edit(|list| edits.into_iter().try_for_each(|edit| edit.apply(list, &name)))
    }
}

impl RefSink for LayoutWriter {
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        self.write_document(document)?;
        let descriptor = Box::new(document.descriptor().clone());
        self.shared.state().edits.push(Edit::Put { name: name.cloned(), descriptor, when });
        Ok(())
    }

    fn put_entry(&self, document: &RawDocument, beside: bool) -> Result<()> {
        self.write_document(document)?;
        let descriptor = Box::new(document.descriptor().clone());
        self.shared.state().edits.push(Edit::Entry { descriptor, beside });
        Ok(())
    }

    fn remove(&self, name: &RefName, when: When) -> Result<()> {
        self.shared.state().edits.push(Edit::Remove { name: name.clone(), when });
        Ok(())
    }

    fn forget(&self, digest: &Digest) -> Result<()> {
        self.shared.state().edits.push(Edit::Forget(digest.clone()));
        Ok(())
    }
}

impl Destination for LayoutWriter {}

impl LayoutWriter {
    fn write_document(&self, document: &RawDocument) -> Result<()> {
        let descriptor = document.descriptor();
        if self.adopt(Role::Manifest, descriptor, &self.shared.layout)? {
            return Ok(());
        }
        let mut blob = self.begin(Role::Manifest, Expect::Known(descriptor.clone()))?;
        blob.write_all(document.bytes())
            .map_err(|e| io_error(self.shared.stage.path(), "write a document to", e))?;
        blob.commit(None).map(drop)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct LayoutBlob {
    shared: Arc<Shared>,
    path: PathBuf,
    file: File,
    hasher: Hasher,
    known: Option<Descriptor>,
    written: u64,
    committed: bool,
}

impl Write for LayoutBlob {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buf)?;
        self.hasher.update(buf.get(..n).unwrap_or(buf));
        self.written += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWrite for LayoutBlob {
    fn written(&self) -> u64 {
        self.written
    }

    fn commit(mut self: Box<Self>, expected: Option<&Digest>) -> Result<Descriptor> {
        let actual = self.hasher.clone().finish();
        let descriptor = Expect::settle(self.known.take(), actual, self.written, expected)?;
        self.file.sync_all().map_err(|e| io_error(&self.path, "sync", e))?;
        let mut state = self.shared.state();
        state.committed.push((self.path.clone(), descriptor.digest.clone()));
        drop(state);
        self.committed = true;
        Ok(descriptor)
    }
}

impl Drop for LayoutBlob {
    fn drop(&mut self) {
        if !self.committed {
            // The stage goes anyway; this frees the space of an abandoned blob at once.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
