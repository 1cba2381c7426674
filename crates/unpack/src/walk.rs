//! A tree in the order of its names, through two handles at most.
//!
//! A directory comes before what is in it, what is in it sorted by bytes. Every step is relative to the
//! handle of the directory at hand and follows no symlink; back up it goes by `..`, and makes sure that this
//! is where it came from. So no link and no rename leads it astray, a loop cannot be, and neither the depth
//! of a tree nor the number of its entries takes more than the names that are still to come.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, fstat, openat, statat};
use rustix::io::Errno;

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const HANDLE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Bytes of names that are asked for at once.
const LISTING: usize = 32 << 10;

/// What a file is, whatever it is called: device and inode.
pub type Identity = (u64, u64);

/// Why a tree could not be gone through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// The operating system said no.
    #[error("cannot {what} {}: {}", .path.display(), std::io::Error::from(*.errno))]
    System {
        /// What was tried, as a verb.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        errno: Errno,
    },
    /// Something else is there than was a moment before.
    #[error("{} changed while it was being read", .path.display())]
    Changed {
        /// What changed.
        path: PathBuf,
    },
    /// It was there a moment before.
    #[error("{} vanished while its directory was being read", .path.display())]
    Vanished {
        /// What vanished.
        path: PathBuf,
    },
}

/// Goes through a tree.
#[derive(Debug)]
pub struct Walker {
    source: PathBuf,
    /// The directory at hand.
    here: OwnedFd,
    levels: Vec<Level>,
    /// The path of the entry at hand, from the source on.
    path: Vec<u8>,
    /// The directory that was found last and is entered next, unless it is skipped.
    found: Option<(OwnedFd, Identity)>,
    root: Option<Stat>,
    lenient: bool,
}

/// A directory on the way down, and what is left to do in it.
#[derive(Debug)]
struct Level {
    identity: Identity,
    /// Sorted, the next one last.
    names: Vec<Name>,
    path_len: usize,
}

type Name = (CString, FileType);

/// An entry of the tree.
#[derive(Debug, Clone)]
pub struct Node {
    /// What the kernel says of it; of a link itself.
    pub stat: Stat,
    /// What it is.
    pub file_type: FileType,
}

impl Node {
    fn new(stat: Stat) -> Self {
        Self { stat, file_type: FileType::from_raw_mode(stat.st_mode) }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.file_type == FileType::Directory
    }
}

/// The identity of what has this stat.
pub fn identity(stat: &Stat) -> Identity {
    (stat.st_dev, stat.st_ino)
}

impl Walker {
    /// A walk from the directory `source`, which a symlink may lead to.
    pub fn new(source: &Path) -> Result<Self, WalkError> {
        let system = |what, errno| WalkError::System { what, path: source.to_owned(), errno };
        let here = openat(CWD, source, DIRECTORY - OFlags::NOFOLLOW, Mode::empty())
            .map_err(|errno| system("open the directory", errno))?;
        Self::within(here, source)
    }

    /// A walk of what is at `path` and nothing else, which no symlink leads to: a file, or a link itself. Its
    /// path in the walk is its name.
    pub fn one(path: &Path) -> Result<Self, WalkError> {
        let system = |what, errno| WalkError::System { what, path: path.to_owned(), errno };
        let name = path.file_name().and_then(|name| CString::new(name.as_bytes()).ok());
        let name = name.ok_or_else(|| system("find the name of", Errno::INVAL))?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut walker = Self::new(parent)?;
        let identity = walker.found.take().map(|(_, identity)| identity).unwrap_or_default();
        walker.root = None;
        walker.levels.push(Level { identity, names: vec![(name, FileType::Unknown)], path_len: 0 });
        Ok(walker)
    }

    /// A walk from an open directory, which messages call `source`.
    pub fn within(here: OwnedFd, source: &Path) -> Result<Self, WalkError> {
        let system = |what, errno| WalkError::System { what, path: source.to_owned(), errno };
        let stat = fstat(&here).map_err(|errno| system("look at", errno))?;
        let again = openat(&here, c".", DIRECTORY, Mode::empty()).map_err(|errno| system("open", errno))?;
        Ok(Self {
            source: source.to_owned(),
            here,
            levels: Vec::new(),
            path: Vec::new(),
            found: Some((again, identity(&stat))),
            root: Some(stat),
            lenient: false,
        })
    }

    /// Directories that the caller may not list are entries like others, with nothing below them and no handle.
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// The next entry; the first is the source itself, of an empty path. A directory is entered by the
    /// call after it.
    pub fn step(&mut self) -> Result<Option<Node>, WalkError> {
        if let Some(stat) = self.root.take() {
            return Ok(Some(Node::new(stat)));
        }
        if let Some((directory, identity)) = self.found.take() {
            let names = self.list(directory.as_fd())?;
            self.levels.push(Level { identity, names, path_len: self.path.len() });
            self.here = directory;
        }
        loop {
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            let Some((name, said)) = level.names.pop() else {
                self.leave()?;
                continue;
            };
            self.path.truncate(level.path_len);
            if !self.path.is_empty() {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(name.to_bytes());
            return self.look(&name, said).map(Some);
        }
    }

    fn look(&mut self, name: &CStr, said: FileType) -> Result<Node, WalkError> {
        if matches!(said, FileType::Directory) {
            return self.open_directory(name);
        }
        let stat = statat(&self.here, name, AtFlags::SYMLINK_NOFOLLOW);
        let node = stat.map(Node::new).map_err(|errno| self.gone("look at", errno))?;
        if node.is_directory() { self.open_directory(name) } else { Ok(node) }
    }

    fn open_directory(&mut self, name: &CStr) -> Result<Node, WalkError> {
        let directory = match openat(&self.here, name, DIRECTORY, Mode::empty()) {
            Ok(directory) => directory,
            Err(Errno::ACCESS) if self.lenient => {
                let stat = statat(&self.here, name, AtFlags::SYMLINK_NOFOLLOW);
                return stat.map(Node::new).map_err(|errno| self.gone("look at", errno));
            }
            Err(errno) => return Err(self.gone("open the directory", errno)),
        };
        let stat = fstat(&directory).map_err(|errno| self.system("look at", errno))?;
        self.found = Some((directory, identity(&stat)));
        Ok(Node::new(stat))
    }

    /// Back to the directory above, which must be the one that was come from.
    fn leave(&mut self) -> Result<(), WalkError> {
        let left = self.levels.pop();
        if let (Some(above), Some(left)) = (self.levels.last(), left) {
            self.path.truncate(left.path_len);
            let parent = openat(&self.here, c"..", HANDLE, Mode::empty());
            let parent = parent.map_err(|errno| self.system("go back up from", errno))?;
            let stat = fstat(&parent).map_err(|errno| self.system("go back up from", errno))?;
            if identity(&stat) != above.identity {
                return Err(WalkError::Changed { path: self.place() });
            }
            self.here = parent;
        }
        Ok(())
    }

    fn list(&self, directory: BorrowedFd<'_>) -> Result<Vec<Name>, WalkError> {
        let mut buffer = Vec::with_capacity(LISTING);
        let mut listing = RawDir::new(directory, buffer.spare_capacity_mut());
        let mut names = Vec::new();
        while let Some(entry) = listing.next() {
            let entry = entry.map_err(|errno| self.system("list", errno))?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push((entry.file_name().to_owned(), entry.file_type()));
            }
        }
        names.sort_unstable_by(|(one, _), (other, _)| other.cmp(one));
        Ok(names)
    }

    /// Does not enter the directory that was found last.
    pub fn skip(&mut self) {
        self.found = None;
    }

    /// The path of the entry at hand, from the source on; empty for the source itself.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// The entry at hand as a person finds it.
    pub fn place(&self) -> PathBuf {
        if self.path.is_empty() {
            self.source.clone()
        } else {
            self.source.join(OsStr::from_bytes(&self.path))
        }
    }

    /// What to open the entry at hand by: a directory, and its name there.
    pub fn at(&self) -> (BorrowedFd<'_>, CString) {
        let start = self.levels.last().map_or(0, |level| level.path_len);
        let name = self.path.get(start..).unwrap_or_default();
        let name = name.strip_prefix(b"/").unwrap_or(name);
        // It was a name of the kernel's, so it has no NUL.
        (self.here.as_fd(), CString::new(name).unwrap_or_default())
    }

    /// The directory that was found last.
    pub fn directory(&self) -> Option<BorrowedFd<'_>> {
        self.found.as_ref().map(|(directory, _)| directory.as_fd())
    }

    /// An error of the operating system about the entry at hand.
    pub fn system(&self, what: &'static str, errno: Errno) -> WalkError {
        WalkError::System { what, path: self.place(), errno }
    }

    /// As [`system`](Self::system), where the error may be that the entry is another by now, or none.
    pub fn gone(&self, what: &'static str, errno: Errno) -> WalkError {
        match errno {
            Errno::NOENT => WalkError::Vanished { path: self.place() },
            Errno::NOTDIR | Errno::LOOP | Errno::NXIO => WalkError::Changed { path: self.place() },
            errno => self.system(what, errno),
        }
    }
}
