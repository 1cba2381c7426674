//! What an unpacked tree must be: one entry a path, and only what the specification decides.
//!
//! What it leaves open (an implied parent's time, the mode of a symlink, the root of an image that
//! does not mention it) is `None` and not compared. Entries that no list mentions must not exist.

use std::fmt::Write as _;

use ocidian_spec::Digest;
use serde_json::{Value, json};

use crate::tar::MTIME;

/// What must be found at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedEntry {
    /// Relative to the root, without a leading `/`; empty for the root itself.
    pub path: Vec<u8>,
    /// Its type, with what only this type has.
    pub kind: ExpectedKind,
    /// Permission bits, setuid, setgid and sticky; `None`: not compared.
    pub mode: Option<u32>,
    /// Owner; `None`: not compared.
    pub uid: Option<u32>,
    /// Group; `None`: not compared.
    pub gid: Option<u32>,
    /// Seconds since the epoch, and nanoseconds that count forward; `None`: not compared.
    pub mtime: Option<(i64, u32)>,
    /// Entries of the same name here are names of one inode, and it has no others.
    pub link_group: Option<&'static str>,
    /// All extended attributes, sorted by name.
    pub xattrs: Vec<(String, Vec<u8>)>,
}

/// The type of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedKind {
    /// A regular file, its content.
    File(Vec<u8>),
    /// A directory.
    Directory,
    /// A symbolic link, its target.
    Symlink(Vec<u8>),
    /// A character device: major, minor.
    CharDevice(u32, u32),
    /// A block device: major, minor.
    BlockDevice(u32, u32),
    /// A FIFO.
    Fifo,
}

fn entry(path: impl AsRef<[u8]>, kind: ExpectedKind, mode: Option<u32>) -> ExpectedEntry {
    ExpectedEntry {
        path: path.as_ref().to_vec(),
        kind,
        mode,
        uid: Some(0),
        gid: Some(0),
        mtime: Some((MTIME, 0)),
        link_group: None,
        xattrs: Vec::new(),
    }
}

/// A regular file with the attributes that [`crate::tar::file`] gives.
pub fn file(path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> ExpectedEntry {
    entry(path, ExpectedKind::File(content.as_ref().to_vec()), Some(0o644))
}

/// A directory with the attributes that [`crate::tar::dir`] gives.
pub fn dir(path: impl AsRef<[u8]>) -> ExpectedEntry {
    entry(path, ExpectedKind::Directory, Some(0o755))
}

/// A directory that no layer mentions: 0755, root's, of whatever time.
pub fn implied(path: impl AsRef<[u8]>) -> ExpectedEntry {
    ExpectedEntry { mtime: None, ..dir(path) }
}

/// A symbolic link; its mode is not compared.
pub fn symlink(path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> ExpectedEntry {
    entry(path, ExpectedKind::Symlink(target.as_ref().to_vec()), None)
}

/// A FIFO, 0644.
pub fn fifo(path: impl AsRef<[u8]>) -> ExpectedEntry {
    entry(path, ExpectedKind::Fifo, Some(0o644))
}

/// A character device, 0644.
pub fn char_device(path: impl AsRef<[u8]>, major: u32, minor: u32) -> ExpectedEntry {
    entry(path, ExpectedKind::CharDevice(major, minor), Some(0o644))
}

/// A block device, 0644.
pub fn block_device(path: impl AsRef<[u8]>, major: u32, minor: u32) -> ExpectedEntry {
    entry(path, ExpectedKind::BlockDevice(major, minor), Some(0o644))
}

impl ExpectedEntry {
    /// With that mode.
    pub fn mode(self, mode: u32) -> Self {
        Self { mode: Some(mode), ..self }
    }

    /// With that owner and group.
    pub fn owner(self, uid: u32, gid: u32) -> Self {
        Self { uid: Some(uid), gid: Some(gid), ..self }
    }

    /// With that time.
    pub fn mtime(self, seconds: i64, nanoseconds: u32) -> Self {
        Self { mtime: Some((seconds, nanoseconds)), ..self }
    }

    /// With whatever time.
    pub fn any_mtime(self) -> Self {
        Self { mtime: None, ..self }
    }

    /// With whatever owner, mode and time.
    pub fn any_attributes(self) -> Self {
        Self { mode: None, uid: None, gid: None, mtime: None, ..self }
    }

    /// As one name of an inode with several.
    pub fn linked(self, group: &'static str) -> Self {
        Self { link_group: Some(group), ..self }
    }

    /// With one more extended attribute.
    pub fn xattr(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.xattrs.push((name.to_owned(), value.as_ref().to_vec()));
        self.xattrs.sort();
        self
    }

    /// The entry as `cases.json` has it. Members that are not compared are null.
    pub fn to_json(&self) -> Value {
        let mut json = json!({
            "path": escape(&self.path),
            "type": self.kind.name(),
            "mode": self.mode.map(|mode| format!("{mode:04o}")),
            "uid": self.uid,
            "gid": self.gid,
            "mtime": self.mtime.map(|(seconds, nanoseconds)| json!({ "seconds": seconds, "nanoseconds": nanoseconds })),
            "linkGroup": self.link_group,
            "xattrs": self.xattrs.iter().map(|(name, value)| (name.clone(), Value::from(escape(value)))).collect::<serde_json::Map<_, _>>(),
        });
        match &self.kind {
            ExpectedKind::File(content) => {
                json["size"] = content.len().into();
                json["sha256"] = Digest::sha256(content).encoded().into();
                if content.len() <= 256 {
                    json["content"] = escape(content).into();
                }
            }
            ExpectedKind::Symlink(target) => json["target"] = escape(target).into(),
            ExpectedKind::CharDevice(major, minor) | ExpectedKind::BlockDevice(major, minor) => {
                json["device"] = json!([major, minor]);
            }
            ExpectedKind::Directory | ExpectedKind::Fifo => {}
        }
        json
    }
}

impl ExpectedKind {
    /// The type's name in `cases.json`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Directory => "directory",
            Self::Symlink(_) => "symlink",
            Self::CharDevice(..) => "char",
            Self::BlockDevice(..) => "block",
            Self::Fifo => "fifo",
        }
    }
}

/// Bytes as text: printable ASCII stands for itself, a backslash is `\\`, every other byte is
/// `\xNN` with two lower-case hex digits.
pub fn escape(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len()), |mut text, byte| {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_can_be_undone() {
        assert_eq!(escape(b"a\\b\n\xff~"), r"a\\b\x0a\xff~");
    }

    #[test]
    fn what_is_not_compared_is_null() {
        let json = implied("a").to_json();
        assert!(json["mtime"].is_null());
        assert_eq!(json["mode"], "0755");
        assert_eq!(file("f", "hi").to_json()["content"], "hi");
    }
}
