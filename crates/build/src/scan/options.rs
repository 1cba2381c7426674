//! How what is found becomes what is stored: whose it is, its mode, its time, and what is left out.

use std::path::PathBuf;

use ocidian_layer::{EntryPath, Timestamp};
use ocidian_unpack::IdMap;
use ocidian_unpack::walk::Identity;

use super::chmod::Chmod;
use crate::ignore::Ignore;

/// How a directory is read. The default keeps everything as it is.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Where the directory goes in the image.
    pub place: EntryPath,
    /// Whether the directory itself is an entry, not only what is in it.
    pub root: bool,
    /// What is left out.
    pub ignore: Ignore,
    /// Owners on the host for owners in the image; they are mapped back.
    pub ids: IdMap,
    /// The tree belongs to an ordinary user, for want of a better: what has no other owner written down is root's.
    pub rootless: bool,
    /// The owner of everything, whatever it was.
    pub owner: Option<(u32, u32)>,
    /// A change of every mode but those of links.
    pub chmod: Option<Chmod>,
    /// The time of everything.
    pub mtime: Option<Timestamp>,
    /// The latest time, in seconds: `SOURCE_DATE_EPOCH`.
    pub epoch: Option<i64>,
    /// Extended attributes that belong to the host and are read all the same.
    pub xattrs: Vec<String>,
    /// Where the image goes, which cannot be part of itself.
    pub destination: Option<Destination>,
}

/// A name in a directory, whether or not anything is there yet.
#[derive(Debug, Clone)]
pub struct Destination {
    pub(crate) parent: Identity,
    pub(crate) name: Vec<u8>,
    pub(crate) itself: Option<Identity>,
    pub(crate) path: PathBuf,
}

impl Destination {
    /// The file or directory at `path`. `None` where the directory that it would be in does not exist.
    pub fn of(path: &std::path::Path) -> Option<Self> {
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::MetadataExt;
        let identity = |path: &std::path::Path| path.metadata().ok().map(|stat| (stat.dev(), stat.ino()));
        // What is there may be reached by a link; only its real name can be met.
        let real = path.canonicalize().or_else(|_| std::path::absolute(path)).ok()?;
        let parent = identity(real.parent()?)?;
        let name = real.file_name()?.as_bytes().to_vec();
        Some(Self { parent, name, itself: identity(&real), path: path.to_owned() })
    }
}

impl ScanOptions {
    pub(crate) fn time(&self, own: Timestamp) -> Timestamp {
        clamp(self.mtime.unwrap_or(own), self.epoch)
    }
}

/// A time that is not later than `epoch`.
pub(crate) fn clamp(time: Timestamp, epoch: Option<i64>) -> Timestamp {
    match epoch {
        Some(epoch) => time.min(Timestamp { seconds: epoch, nanoseconds: 0 }),
        None => time,
    }
}
