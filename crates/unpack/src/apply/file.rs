//! Regular files: written from the stream's own chunks, holes left as holes, or handed to a writer.

use std::io::BufRead;

use ocidian_layer::{Changeset, Entry, Metadata};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::ftruncate;

use super::Applier;
use super::put::Spot;
use super::regular;
use super::writers::CONTENT_MAX;
use crate::error::{Failure, Tried};
use crate::record::{ContentHash, Kind};

impl Applier {
    pub(super) fn put_file<R: BufRead>(
        &mut self,
        entry: &Entry,
        size: u64,
        sparse: bool,
        changes: &mut Changeset<R>,
    ) -> Result<(), Failure> {
        if sparse {
            self.count_sparse(size)?;
        }
        let spot = self.spot(&entry.path)?;
        let meta = &entry.metadata;
        let mut hash = self.recorder.as_ref().map(|recorder| recorder.content_hash(&self.cancel));
        let small = size <= CONTENT_MAX && !sparse && !self.sets_xattrs(meta);
        if !(small && self.hand_over(entry, &spot, changes, hash.as_mut())?) {
            let file = self.create(&spot, regular::CANNOT_MAKE, |owner, handle| {
                regular::create(owner, handle, spot.name, meta)
            })?;
            self.write_content(&file, changes, hash.as_mut())?;
            if sparse {
                ftruncate(&file, size).tried("cannot set the size of a sparse file")?;
            }
            self.finish_file(&file, &spot, meta)?;
        }
        if let Some(hash) = hash {
            let kind = Kind::File { size, sha256: hash.finish(size)? };
            self.record(&spot.path, meta, kind);
        }
        Ok(())
    }

    /// A file of eight exbibytes takes a few hundred bytes of tar; whoever set a limit meant it too.
    fn count_sparse(&mut self, size: u64) -> Result<(), Failure> {
        self.sparse_bytes = self.sparse_bytes.saturating_add(size);
        match self.max_bytes {
            Some(max) if self.sparse_bytes > max => Err(Failure::Refused(format!(
                "with this sparse file the image has more than {max} bytes (--max-bytes)"
            ))),
            _ => Ok(()),
        }
    }

    /// Gives a file to a writer, if one is to have it.
    fn hand_over<R: BufRead>(
        &mut self,
        entry: &Entry,
        spot: &Spot<'_>,
        changes: &mut Changeset<R>,
        mut hash: Option<&mut ContentHash>,
    ) -> Result<bool, Failure> {
        // What the layer put under that name is in the way.
        if spot.mark.again {
            return Ok(false);
        }
        let tree = &self.tree;
        let Some(mut begun) = self.writers.begin(&spot.dir, entry, || tree.is_fresh(&spot.dir.path)) else {
            return Ok(false);
        };
        while let Some(extent) = changes.data()? {
            if let Some(hash) = &mut hash {
                hash.extent(extent.offset, extent.bytes)?;
            }
            begun.content(extent.bytes);
        }
        begun.close(spot.mark.fingerprint);
        Ok(true)
    }

    fn write_content<R: BufRead>(
        &mut self,
        file: &OwnedFd,
        changes: &mut Changeset<R>,
        mut hash: Option<&mut ContentHash>,
    ) -> Result<(), Failure> {
        while let Some(extent) = changes.data()? {
            if let Some(hash) = &mut hash {
                hash.extent(extent.offset, extent.bytes)?;
            }
            regular::write(file.as_fd(), extent.bytes, extent.offset)?;
            if self.cancel.is_cancelled() {
                return Err(Failure::Cancelled);
            }
        }
        Ok(())
    }

    /// Owner, xattrs, mode and times of a file that was made just now.
    pub(super) fn finish_file(
        &mut self,
        file: &OwnedFd,
        spot: &Spot<'_>,
        meta: &Metadata,
    ) -> Result<(), Failure> {
        let owner = std::sync::Arc::clone(&self.owner);
        regular::finish(&owner, file, meta, || self.set_open_xattrs(file.as_fd(), &spot.path, meta))
    }
}
