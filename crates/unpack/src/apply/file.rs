//! Regular files: created exclusively, written from the stream's own chunks, holes left as holes.
//!
//! The order on a file is owner, xattrs, mode, times: chown clears file capabilities and setuid, an
//! ordinary user cannot set `user.*` on a read-only file, and everything before touches the times.

use std::io::BufRead;

use ocidian_layer::{Changeset, Entry, Metadata};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, Timespec, Timestamps, fchmod, ftruncate, futimens, openat};
use rustix::io::{Errno, pwrite};

use super::Applier;
use super::put::Spot;
use crate::error::{Failure, Tried};
use crate::record::{ContentHash, Kind};

const CREATE: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

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
        let mode = Mode::from_raw_mode(self.creation_mode(&entry.metadata));
        let file =
            self.create(&spot, "cannot make the file", |handle| openat(handle, spot.name, CREATE, mode))?;
        let mut hash = self.recorder.as_ref().map(|recorder| recorder.content_hash(&self.cancel));
        self.write_content(&file, changes, hash.as_mut())?;
        if sparse {
            ftruncate(&file, size).tried("cannot set the size of a sparse file")?;
        }
        self.finish_file(&file, &spot, &entry.metadata)?;
        if let Some(hash) = hash {
            let kind = Kind::File { size, sha256: hash.finish(size)? };
            self.record(&spot.path, &entry.metadata, kind);
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
            let (mut at, mut rest) = (extent.offset, extent.bytes);
            while !rest.is_empty() {
                match pwrite(file, rest, at) {
                    Ok(0) => return Err(Failure::System { what: "cannot write the file", errno: Errno::IO }),
                    Ok(n) => {
                        rest = &rest[n..];
                        at += n as u64;
                    }
                    Err(Errno::INTR) => {}
                    Err(errno) => return Err(Failure::System { what: "cannot write the file", errno }),
                }
            }
            if self.cancel.is_cancelled() {
                return Err(Failure::Cancelled);
            }
        }
        Ok(())
    }

    /// The mode that a file is created with: the one it is to have, where nothing can change it on the way.
    pub(super) fn creation_mode(&self, meta: &Metadata) -> u32 {
        if self.needs_chmod(meta) { (meta.mode & 0o777) | 0o600 } else { meta.mode }
    }

    fn needs_chmod(&self, meta: &Metadata) -> bool {
        let special = meta.mode & 0o7000 != 0;
        let attributed = !meta.xattrs.is_empty() || self.owner.is_rootless();
        special || attributed || !self.owner.exact_creation()
    }

    /// Owner, xattrs, mode and times of a file that was made just now.
    pub(super) fn finish_file(
        &mut self,
        file: &OwnedFd,
        spot: &Spot<'_>,
        meta: &Metadata,
    ) -> Result<(), Failure> {
        self.owner.own_open(file.as_fd(), meta)?;
        self.set_open_xattrs(file.as_fd(), &spot.path, meta)?;
        if self.needs_chmod(meta) {
            fchmod(file, Mode::from_raw_mode(meta.mode)).tried("cannot set the mode")?;
        }
        futimens(file, &times(meta)).tried("cannot set the times")
    }
}

/// The times of an entry; the access time is the modification time where there is none.
pub(super) fn times(meta: &Metadata) -> Timestamps {
    let spec = |time: ocidian_layer::Timestamp| Timespec {
        tv_sec: time.seconds,
        tv_nsec: i64::from(time.nanoseconds),
    };
    Timestamps { last_access: spec(meta.atime.unwrap_or(meta.mtime)), last_modification: spec(meta.mtime) }
}
