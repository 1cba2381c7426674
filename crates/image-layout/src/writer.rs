//! Writing into a layout directory: staged in a directory of its own inside the layout, fsynced, and renamed
//! into place, so that a crash or a failure leaves the layout as it was and at most a recognisable leftover.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ocidian_content::{BlobSink, BlobSource, BlobWrite, Expect, Result, Role};
use ocidian_spec::{Descriptor, Digest, Hasher, RawDocument};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::documents::blob_path;
use crate::files::{Directory, io_error, store};
use crate::lock::{self, Lock};

/// What every file of ours in a layout begins with: locks, and leftovers of a killed writer.
pub(crate) const OWN_PREFIX: &str = ".ocidian-";
const STAGE: &str = ".ocidian-stage-";

/// Blobs on their way into a layout directory. Dropped unfinished, it leaves nothing.
#[derive(Debug)]
pub struct LayoutWriter {
    shared: Arc<Shared>,
    _writing: Lock,
}

#[derive(Debug)]
struct Shared {
    layout: Arc<Directory>,
    stage: TempDir,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    begun: u64,
    committed: Vec<(PathBuf, Digest)>,
}

impl LayoutWriter {
    pub(crate) fn new(layout: Arc<Directory>) -> Result<Self> {
        let writing = lock::writers(&layout)?;
        let stage = stage(&layout)?;
        let state = Mutex::default();
        Ok(Self { shared: Arc::new(Shared { layout, stage, state }), _writing: writing })
    }
}

impl BlobSink for LayoutWriter {
    fn begin(&self, _: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        let (hasher, known) = expect.hasher()?;
        let path = {
            let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.begun += 1;
            self.shared.stage.path().join(state.begun.to_string())
        };
        let file = File::create_new(&path).map_err(|e| io_error(&path, "create", e))?;
        let shared = Arc::clone(&self.shared);
        Ok(Box::new(LayoutBlob { shared, path, file, hasher, known, written: 0, committed: false }))
    }

    fn adopt(&self, _: Role, _: &Descriptor, _: &dyn BlobSource) -> Result<bool> {
        // A blob of that name that is there already may be damaged; writing it again mends it.
        Ok(false)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let layout = &self.shared.layout;
        let mut touched: Vec<(String, OwnedFd)> = Vec::new();
        for (path, digest) in state.committed.drain(..) {
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
        Ok(())
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
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
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

/// Writes a document's blob, unless a file of its size is there. Atomic.
pub(crate) fn put_blob(layout: &Directory, document: &RawDocument) -> Result<()> {
    let digest = &document.descriptor().digest;
    if let Some((file, size)) = layout.blob(digest, &blob_path(digest))? {
        let bytes = document.bytes();
        let same = size == bytes.len() as u64
            && crate::files::read_bounded(file, size, bytes.len(), || digest.to_string())? == bytes;
        if same {
            return Ok(());
        }
    }
    let directory = blob_directory(layout, digest.algorithm().as_str())?;
    replace(layout, &directory, digest.encoded(), document.bytes())?;
    sync(&directory, layout, digest.algorithm().as_str())
}

/// Replaces a file of the layout's root: written beside it, fsynced, renamed over it, the directory fsynced.
pub(crate) fn publish(layout: &Directory, name: &str, bytes: &[u8]) -> Result<()> {
    replace(layout, layout.handle(), name, bytes)?;
    sync(layout.handle(), layout, name)
}

/// Makes a directory of the layout, and those above it, where they are not there. Each is made and opened below
/// the handle of the one before, so that a symlink among them leads nowhere.
pub(crate) fn make_directory(layout: &Directory, components: &[&str]) -> Result<OwnedFd> {
    let mut path = layout.path().to_owned();
    let mut made = None;
    for name in components {
        path.push(name);
        let within = made.as_ref().map_or(layout.handle().as_fd(), OwnedFd::as_fd);
        match rustix::fs::mkdirat(within, *name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(io_error(&path, "create", errno.into())),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        made = match rustix::fs::openat(within, *name, flags, Mode::empty()) {
            Ok(handle) => Some(handle),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(store(&path, "it is not a directory (a symlink is not followed to write)"));
            }
            Err(errno) => return Err(io_error(&path, "open", errno.into())),
        };
    }
    made.ok_or_else(|| store(&path, "it is the layout itself"))
}

fn stage(layout: &Directory) -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix(STAGE)
        .tempdir_in(layout.path())
        .map_err(|e| io_error(layout.path(), "make a staging directory in", e))
}

fn replace(layout: &Directory, directory: &impl AsFd, name: &str, bytes: &[u8]) -> Result<()> {
    let stage = stage(layout)?;
    let path = stage.path().join("file");
    let mut file = File::create_new(&path).map_err(|e| io_error(&path, "create", e))?;
    let keep_mode = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW);
    // A symlink is replaced too, but has no mode to keep.
    if let Some(stat) = keep_mode.ok().filter(|stat| FileType::from_raw_mode(stat.st_mode).is_file()) {
        let mode = Mode::from_raw_mode(stat.st_mode & 0o777);
        rustix::fs::fchmod(&file, mode).map_err(|errno| io_error(&path, "set the mode of", errno.into()))?;
    }
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| io_error(&layout.path().join(name), "write", e))?;
    rustix::fs::renameat(rustix::fs::CWD, &path, directory, name)
        .map_err(|errno| io_error(&layout.path().join(name), "replace", errno.into()))
}

fn blob_directory(layout: &Directory, algorithm: &str) -> Result<OwnedFd> {
    make_directory(layout, &["blobs", algorithm])
}

/// Makes renames in the directory last.
fn sync(directory: &impl AsFd, layout: &Directory, name: &str) -> Result<()> {
    rustix::fs::fsync(directory).map_err(|errno| io_error(&layout.path().join(name), "sync", errno.into()))
}
