//! An entry as the archive has it, before anything is made of it.

use crate::entry::Timestamp;

/// The types of entry that this toolkit knows, as their byte in the header.
pub mod typeflag {
    /// A regular file. `'\0'`, of old archives, is read as this.
    pub const FILE: u8 = b'0';
    /// A hard link.
    pub const HARDLINK: u8 = b'1';
    /// A symbolic link.
    pub const SYMLINK: u8 = b'2';
    /// A character device.
    pub const CHAR_DEVICE: u8 = b'3';
    /// A block device.
    pub const BLOCK_DEVICE: u8 = b'4';
    /// A directory.
    pub const DIRECTORY: u8 = b'5';
    /// A FIFO.
    pub const FIFO: u8 = b'6';
    /// A contiguous file: nowadays a regular one.
    pub const CONTIGUOUS: u8 = b'7';
    /// A sparse file of old GNU tar.
    pub const GNU_SPARSE: u8 = b'S';
    /// The label of a GNU volume: no file.
    pub const GNU_LABEL: u8 = b'V';
    /// A PAX extended header for the entry after it: no entry itself.
    pub const PAX: u8 = b'x';
}

/// An entry as the archive has it: paths are raw bytes, numbers as wide as the format has them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RawEntry {
    /// The path, by the rules of [`crate::tar`]; may be absolute, hold `..`, be empty. Never a NUL.
    pub path: Vec<u8>,
    /// The target of a symbolic or hard link; empty for all others in sane archives.
    pub link: Vec<u8>,
    /// The type's byte (see [`typeflag`]); `'\0'` and `'7'` are read as `'0'`, and a file whose name ends
    /// in `/` as `'5'`.
    pub typeflag: u8,
    /// The size that header or PAX declare, content or not.
    pub declared_size: u64,
    /// Bytes of content in the archive, without a sparse file's map.
    pub stored_size: u64,
    /// Bytes of content with a sparse file's holes.
    pub size: u64,
    /// Whether it is stored with holes.
    pub sparse: bool,
    /// The mode as given, file type bits included where the writer put them.
    pub mode: u64,
    /// The owner's id.
    pub uid: u64,
    /// The group's id.
    pub gid: u64,
    /// The owner's name; may be empty.
    pub uname: Vec<u8>,
    /// The group's name; may be empty.
    pub gname: Vec<u8>,
    /// Modification time.
    pub mtime: Timestamp,
    /// Access time, where there is one.
    pub atime: Option<Timestamp>,
    /// Major and minor device number; of devices only.
    pub device: Option<(u64, u64)>,
    /// Extended attributes in the archive's order; names are not repeated.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Offset of the first header block that belongs to it.
    pub offset: u64,
    /// Offset of the first byte of content, or of the next header where there is none.
    pub data_offset: u64,
}
