//! One entry of a layer's tar, typed.

use crate::path::EntryPath;

/// An entry: where, what, with which attributes, and where in the tar it began.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it goes.
    pub path: EntryPath,
    /// What it is.
    pub kind: EntryKind,
    /// Its attributes.
    pub metadata: Metadata,
    /// Byte offset of its first header block in the uncompressed tar.
    pub offset: u64,
}

/// What an entry is, with the data that only this kind has.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryKind {
    /// A regular file; its content is read from the stream.
    File {
        /// Logical size in bytes, holes included.
        size: u64,
        /// Whether it is stored with holes: its data then comes in several extents.
        sparse: bool,
    },
    /// A directory.
    Directory,
    /// A symbolic link; its target is raw bytes, never resolved here.
    Symlink(Vec<u8>),
    /// A hard link to another entry, of this layer or a lower one.
    Hardlink(EntryPath),
    /// A character device.
    CharDevice(Device),
    /// A block device.
    BlockDevice(Device),
    /// A FIFO.
    Fifo,
}

/// A device's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// Major number.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
}

/// Seconds and nanoseconds since the epoch; the nanoseconds always count forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp {
    /// Seconds; negative before 1970.
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// The attributes of an entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// Permission bits, with setuid, setgid and sticky: 0 to 0o7777.
    pub mode: u32,
    /// Owner; never `u32::MAX`.
    pub uid: u32,
    /// Group; never `u32::MAX`.
    pub gid: u32,
    /// Modification time.
    pub mtime: Timestamp,
    /// Access time, where PAX gives one.
    pub atime: Option<Timestamp>,
    /// Extended attributes in the order of the archive, without repeated names (the last wins).
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}
