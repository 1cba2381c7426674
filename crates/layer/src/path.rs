//! A tar path made relative.
//!
//! A leading `/`, inner `.` and empty components are dropped; a `..` component is an error, never
//! normalised away; no NUL. Bytes, not UTF-8: tar names are bytes.

use std::fmt;

/// A path inside a layer's root, `a/b/c`; empty for the root itself.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EntryPath(Vec<u8>);

/// Why a path cannot stand in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A `..` component.
    #[error("it has a `..` component")]
    Parent,
    /// A NUL byte.
    #[error("it has a NUL byte")]
    Nul,
    /// Longer than any system call takes.
    #[error("it is longer than {MAX_PATH} bytes")]
    TooLong,
    /// A component longer than any file system takes.
    #[error("a component is longer than {MAX_NAME} bytes")]
    NameTooLong,
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// A whiteout that hides nothing, or a directory itself.
    #[error("it is a whiteout of nothing, `.` or `..`")]
    Whiteout,
    /// A whiteout's name above the last component.
    #[error("it lies below a whiteout")]
    BelowWhiteout,
    /// A name that would be read as a whiteout.
    #[error("names that begin with `.wh.` are whiteouts: no layer can hold a file of that name")]
    Reserved,
}

/// Longest path, in bytes: Linux's PATH_MAX without its NUL.
pub const MAX_PATH: usize = 4095;
/// Longest component, in bytes: Linux's NAME_MAX.
pub const MAX_NAME: usize = 255;

/// Most bytes of a name that a message repeats: a hostile one may have a million.
const SHOWN: usize = 100;

/// A name of any bytes as a message shows it: escaped, and cut short.
pub(crate) fn shown(name: &[u8]) -> String {
    match name.get(..SHOWN) {
        Some(start) if name.len() > SHOWN => format!("{}…", start.escape_ascii()),
        _ => name.escape_ascii().to_string(),
    }
}

impl EntryPath {
    /// Makes `raw` relative, or says why it cannot be.
    pub fn new(raw: &[u8]) -> Result<Self, PathError> {
        if raw.contains(&0) {
            return Err(PathError::Nul);
        }
        let mut path = Vec::with_capacity(raw.len());
        for component in raw.split(|b| *b == b'/') {
            match component {
                b"" | b"." => continue,
                b".." => return Err(PathError::Parent),
                _ if component.len() > MAX_NAME => return Err(PathError::NameTooLong),
                _ => {}
            }
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(component);
        }
        if path.len() > MAX_PATH {
            return Err(PathError::TooLong);
        }
        Ok(Self(path))
    }

    /// The root itself.
    pub fn root() -> Self {
        Self(Vec::new())
    }

    /// Whether it is the root itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes, without a leading or trailing `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The parent's path and the last component; `None` for the root.
    pub fn split(&self) -> Option<(&[u8], &[u8])> {
        match self.0.iter().rposition(|b| *b == b'/') {
            Some(at) => Some((&self.0[..at], &self.0[at + 1..])),
            None if self.0.is_empty() => None,
            None => Some((b"", &self.0)),
        }
    }

    /// The components, from the root on.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/').filter(|c| !c.is_empty())
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
