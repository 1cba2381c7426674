//! One entry of a tree, and how a person reads it.

use std::collections::BTreeMap;
use std::fmt;

/// An entry with everything that a tar layer can say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is, with what only such an entry has.
    pub kind: Kind,
    /// Permission bits with setuid, setgid and sticky.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last change of its content.
    pub mtime: Time,
    /// Extended attributes of all namespaces that the caller may see, by full name.
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The first name, in the order of their bytes, of the names *in this tree* that share the
    /// inode, this entry's own included. `None` for directories.
    pub link_group: Option<Vec<u8>>,
    /// Bytes that the file system gave it. Never compared: it tells sparse files from full ones.
    pub allocated: u64,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File {
        /// Its size in bytes.
        size: u64,
        /// The sha256 digest of its content.
        digest: String,
    },
    /// A directory.
    Directory,
    /// A symbolic link and where it points.
    Symlink(Vec<u8>),
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character device: major and minor number.
    CharDevice(u32, u32),
    /// A block device: major and minor number.
    BlockDevice(u32, u32),
}

impl Kind {
    /// The type alone, as a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Directory => "directory",
            Self::Symlink(_) => "symlink",
            Self::Fifo => "FIFO",
            Self::Socket => "socket",
            Self::CharDevice(..) => "character device",
            Self::BlockDevice(..) => "block device",
        }
    }
}

/// A time to the nanosecond, before 1970 too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Seconds since 1970, rounded down.
    pub seconds: i64,
    /// Nanoseconds after that, below a thousand million.
    pub nanoseconds: u32,
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.seconds, self.nanoseconds)
    }
}
