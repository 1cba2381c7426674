//! Files that travel to a writer together, with all that they need, in one buffer that is used again.

use std::ops::Range;
use std::sync::Arc;

use ocidian_layer::{Entry, EntryPath, Metadata};
use rustix::fd::AsFd;

use crate::apply::owner::Ownership;
use crate::apply::{Stopped, regular};
use crate::error::{Failure, Tried};
use crate::tree::Dir;

/// Bytes from which on a batch is sent.
const BYTES: usize = 256 << 10;
/// Files from which on it is.
const FILES: usize = 64;

/// New regular files, in the order of the archive.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// For each file its path, then its content.
    bytes: Vec<u8>,
    files: Vec<File>,
    dirs: Vec<Arc<Dir>>,
}

#[derive(Debug)]
struct File {
    /// Which of the directories it goes into.
    dir: usize,
    path: Range<usize>,
    /// Where its last component begins.
    name: usize,
    content: Range<usize>,
    /// Without extended attributes.
    meta: Metadata,
    /// Of its entry in the tar.
    offset: u64,
}

impl Batch {
    /// Whether the file that was added last went into `dir`.
    pub(super) fn is_in(&self, dir: &Arc<Dir>) -> bool {
        self.dirs.last().is_some_and(|last| Arc::ptr_eq(last, dir))
    }

    /// How many directories it holds open.
    pub(super) fn dirs(&self) -> usize {
        self.dirs.len()
    }

    /// Begins a file, whose content follows.
    pub(super) fn begin(&mut self, dir: &Arc<Dir>, entry: &Entry) {
        if !self.is_in(dir) {
            self.dirs.push(Arc::clone(dir));
        }
        let start = self.bytes.len();
        let path = entry.path.as_bytes();
        self.bytes.extend_from_slice(path);
        let end = self.bytes.len();
        let name = path.iter().rposition(|b| *b == b'/').map_or(start, |at| start + at + 1);
        let Metadata { mode, uid, gid, mtime, atime, .. } = entry.metadata;
        self.files.push(File {
            dir: self.dirs.len() - 1,
            path: start..end,
            name,
            content: end..end,
            meta: Metadata { mode, uid, gid, mtime, atime, xattrs: Vec::new() },
            offset: entry.offset,
        });
    }

    /// Adds to the content of the file that was begun last.
    pub(super) fn content(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if let Some(file) = self.files.last_mut() {
            file.content.end = self.bytes.len();
        }
    }

    /// Takes back the file that was begun last.
    pub(super) fn abandon(&mut self) {
        if let Some(file) = self.files.pop() {
            self.bytes.truncate(file.path.start);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BYTES || self.files.len() >= FILES
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.files.clear();
        self.dirs.clear();
    }

    /// Makes the files, as long as `goes_on` says so of an offset. The first that fails is the last.
    pub(super) fn write(&self, owner: &Ownership, goes_on: impl Fn(u64) -> bool) -> Result<(), Box<Stopped>> {
        for file in &self.files {
            if !goes_on(file.offset) {
                break;
            }
            self.write_file(file, owner).map_err(|failure| {
                let path = self.bytes.get(file.path.clone()).unwrap_or_default();
                let path = EntryPath::new(path).unwrap_or_default();
                Box::new(Stopped { place: Some((path, file.offset)), failure })
            })?;
        }
        Ok(())
    }

    fn write_file(&self, file: &File, owner: &Ownership) -> Result<(), Failure> {
        let lost = || Failure::Refused("a file was lost on the way to its writer (this is a bug)".to_owned());
        let dir = self.dirs.get(file.dir).ok_or_else(lost)?.handle()?;
        let name = self.bytes.get(file.name..file.path.end).ok_or_else(lost)?;
        let content = self.bytes.get(file.content.clone()).ok_or_else(lost)?;
        #[cfg(test)]
        assert_ne!(name, super::tests::DEADLY, "a test ends this writer");
        let made = regular::create(owner, dir, name, &file.meta).tried(regular::CANNOT_MAKE)?;
        regular::write(made.as_fd(), content, 0)?;
        regular::finish(owner, &made, &file.meta, || Ok(()))
    }
}
