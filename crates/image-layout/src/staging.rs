//! Blobs on their way: files in a directory of their own, hashed as they are written, counted only once they are
//! verified. Every form of store is written through this and differs in how it publishes.
//!
//! A blob of a file system that can share storage is cloned instead of copied, or hard linked where that was asked
//! for. Either way what is hashed is the file that will be published, so nothing unverified gets in. Nothing is
//! fsynced blob by blob: [`Staging::settle`] does it for all of them before the first is published.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ocidian_content::{BlobSource, BlobWrite, Cancel, Error, Expect, Result, Role};
use ocidian_spec::{Descriptor, Digest, Hasher, RawDocument};
use rustix::fs::{AtFlags, CWD};
use tempfile::TempDir;

use crate::files::io_error;

/// Up to so many files are fsynced one by one; beyond, the whole file system is, once. For thousands of small files on
/// ext4 that takes a fraction of the time; but it waits for what others have written too,
/// which a copy of one image should not. (Since Linux 5.8 it tells of errors as fsync does.)
const ONE_BY_ONE: usize = 32;

/// Verified blobs that nobody else sees yet. Dropped, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Staging {
    place: TempDir,
    begun: AtomicU64,
    /// Set once the file system turned out not to clone what the source has.
    copies: AtomicBool,
    held: Mutex<HashMap<(Role, Digest), Staged>>,
    cancel: Cancel,
}

/// A verified blob.
#[derive(Debug, Clone)]
pub(crate) struct Staged {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
}

impl Staging {
    /// Stages in that directory.
    pub(crate) fn new(place: TempDir, cancel: &Cancel) -> Arc<Self> {
        let (begun, copies, held) = (AtomicU64::default(), AtomicBool::default(), Mutex::default());
        Arc::new(Self { place, begun, copies, held, cancel: cancel.clone() })
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// A name that nothing has yet.
    pub(crate) fn fresh_path(&self) -> PathBuf {
        self.path().join(self.begun.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Begins a blob.
    pub(crate) fn begin(self: &Arc<Self>, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        let (hasher, known) = expect.hasher()?;
        let path = self.fresh_path();
        let file = File::create_new(&path).map_err(|e| io_error(&path, "create", e))?;
        let staging = Arc::clone(self);
        Ok(Box::new(StagedBlob { staging, role, path, file, hasher, known, written: 0, kept: false }))
    }

    /// Stages a document, which is verified already.
    pub(crate) fn document(self: &Arc<Self>, document: &RawDocument) -> Result<()> {
        let descriptor = document.descriptor();
        if self.get(Role::Manifest, &descriptor.digest).is_some() {
            return Ok(());
        }
        let mut blob = self.begin(Role::Manifest, Expect::Known(descriptor.clone()))?;
        blob.write_all(document.bytes()).map_err(|e| io_error(self.path(), "write a document to", e))?;
        blob.commit(None).map(drop)
    }

    /// Takes the blob over from a file of the source without copying it. `false`: copy it. So it is where what
    /// the source has turns out wrong, since copying says better what is wrong with it.
    pub(crate) fn adopt(
        &self,
        role: Role,
        descriptor: &Descriptor,
        from: &dyn BlobSource,
        link: bool,
    ) -> Result<bool> {
        if self.get(role, &descriptor.digest).is_some() {
            return Ok(true);
        }
        if self.copies.load(Ordering::Relaxed) && !link {
            return Ok(false);
        }
        let Ok(mut hasher) = Hasher::for_digest(&descriptor.digest) else { return Ok(false) };
        let Some(source) = from.file(role, descriptor)? else { return Ok(false) };
        if source.metadata().map_or(0, |metadata| metadata.len()) != descriptor.size {
            return Ok(false);
        }
        let path = self.fresh_path();
        let taken = (link && hard_link(&source, &path)) || self.clone_file(&source, &path)?;
        if !taken {
            return Ok(false);
        }
        let size = self.hash(&path, &mut hasher)?;
        if size != descriptor.size || hasher.finish() != descriptor.digest {
            std::fs::remove_file(&path).map_err(|e| io_error(&path, "remove", e))?;
            return Ok(false);
        }
        self.keep(role, descriptor.digest.clone(), Staged { path, size });
        Ok(true)
    }

    /// The blob, where it is staged under that role.
    pub(crate) fn get(&self, role: Role, digest: &Digest) -> Option<Staged> {
        self.held().get(&(role, digest.clone())).cloned()
    }

    /// The blob, whatever it was staged as.
    pub(crate) fn find(&self, digest: &Digest) -> Option<Staged> {
        self.get(Role::Blob, digest).or_else(|| self.get(Role::Manifest, digest))
    }

    /// Every blob, to publish, sorted.
    pub(crate) fn all(&self) -> Vec<((Role, Digest), Staged)> {
        let mut all: Vec<_> = self.held().iter().map(|(key, staged)| (key.clone(), staged.clone())).collect();
        all.sort_by(|((_, a), _), ((_, b), _)| a.cmp(b));
        all
    }

    /// Makes the content of all of them last. Their names do once their directory is fsynced.
    pub(crate) fn settle(&self) -> Result<()> {
        let all = self.all();
        let open = |path: &Path| File::open(path).map_err(|e| io_error(path, "open", e));
        if all.len() > ONE_BY_ONE {
            let directory = open(self.path())?;
            return rustix::fs::syncfs(&directory).map_err(|e| io_error(self.path(), "sync", e.into()));
        }
        for (_, Staged { path, .. }) in all {
            open(&path)?.sync_all().map_err(|e| io_error(&path, "sync", e))?;
        }
        Ok(())
    }

    fn keep(&self, role: Role, digest: Digest, staged: Staged) {
        if let Some(same) = self.held().insert((role, digest), staged) {
            // Two wrote the same at once; this frees the space at once.
            let _ = std::fs::remove_file(same.path);
        }
    }

    fn clone_file(&self, source: &File, path: &Path) -> Result<bool> {
        let file = File::create_new(path).map_err(|e| io_error(path, "create", e))?;
        if rustix::fs::ioctl_ficlone(&file, source).is_ok() {
            return Ok(true);
        }
        self.copies.store(true, Ordering::Relaxed);
        std::fs::remove_file(path).map_err(|e| io_error(path, "remove", e))?;
        Ok(false)
    }

    /// Hashes a file; how large it is.
    fn hash(&self, path: &Path, hasher: &mut Hasher) -> Result<u64> {
        let failed = |e| io_error(path, "read", e);
        let mut file = File::open(path).map_err(failed)?;
        let mut buffer = vec![0; 256 << 10];
        let mut size = 0;
        loop {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            match file.read(&mut buffer) {
                Ok(0) => return Ok(size),
                Ok(n) => {
                    hasher.update(buffer.get(..n).unwrap_or_default());
                    size += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(failed(e)),
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<(Role, Digest), Staged>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A second name for the very file that is open, wherever its first name leads by now.
fn hard_link(source: &File, path: &Path) -> bool {
    let open = format!("/proc/self/fd/{}", source.as_raw_fd());
    rustix::fs::linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW).is_ok()
}

struct StagedBlob {
    staging: Arc<Staging>,
    role: Role,
    path: PathBuf,
    file: File,
    hasher: Hasher,
    known: Option<Descriptor>,
    written: u64,
    kept: bool,
}

impl StagedBlob {
    /// With the place, which who only holds a writer cannot tell.
    fn said(&self, error: io::Error) -> io::Error {
        let place = self.staging.path();
        io::Error::new(error.kind(), format!("{}: {error}", place.parent().unwrap_or(place).display()))
    }
}

impl Write for StagedBlob {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buf).map_err(|e| self.said(e))?;
        self.hasher.update(buf.get(..n).unwrap_or(buf));
        self.written += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWrite for StagedBlob {
    fn written(&self) -> u64 {
        self.written
    }

    fn commit(mut self: Box<Self>, expected: Option<&Digest>) -> Result<Descriptor> {
        let actual = self.hasher.clone().finish();
        let descriptor = Expect::settle(self.known.take(), actual, self.written, expected)?;
        let staged = Staged { path: self.path.clone(), size: self.written };
        self.staging.keep(self.role, descriptor.digest.clone(), staged);
        self.kept = true;
        Ok(descriptor)
    }
}

impl Drop for StagedBlob {
    fn drop(&mut self) {
        if !self.kept {
            // The directory goes anyway; this frees the space of an abandoned blob at once.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
