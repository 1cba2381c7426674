//! The files of a layout as they are, for those who judge it: nothing is parsed, nothing verified.
//!
//! A [`LayoutDir`](crate::LayoutDir) exists only where there is a layout that can be read. Whoever is to say what is wrong with one
//! needs its parts all the same, and finds them here behind the same guards: below a directory handle, without
//! blocking, regular files alone.

use std::collections::VecDeque;
use std::io::Read;
use std::path::Path;

use ocidian_content::{Error, Result};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::Options;
use crate::archive::Archive;
use crate::documents::{INDEX_JSON, OCI_LAYOUT};
use crate::files::{Directory, io_error, name_of};
pub use crate::spool::stdin;

/// The files of a layout in a directory or an archive.
#[derive(Debug)]
pub struct LayoutFiles(Place);

#[derive(Debug)]
enum Place {
    Directory(Directory),
    Archive(Archive),
}

/// What is below `blobs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobFile {
    /// Its path from `blobs/` on; what is not UTF-8 is replaced.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file of that size, be it behind a symlink.
    Regular(u64),
    /// A directory.
    Directory,
    /// Anything else, in words.
    Other(&'static str),
}

/// What was found where a file was asked for.
pub enum File {
    /// Nothing.
    Absent,
    /// A regular file with its size, read from its beginning.
    Regular(Box<dyn Read + Send>, u64),
    /// Something that is not read, in words.
    Other(&'static str),
}

impl LayoutFiles {
    /// The files of the directory, whatever there is in it.
    pub fn of_directory(path: &Path) -> Result<Self> {
        Directory::open(path).map(|directory| Self(Place::Directory(directory)))
    }

    /// The files of the archive. [`Error::Store`] where it cannot be read to its end or contradicts itself.
    pub fn of_archive(path: &Path, options: &Options) -> Result<Self> {
        Archive::open(path, options).map(|archive| Self(Place::Archive(archive)))
    }

    /// The layout as a person named it.
    pub fn name(&self) -> String {
        match &self.0 {
            Place::Directory(directory) => directory.path().display().to_string(),
            Place::Archive(archive) => archive.name().to_owned(),
        }
    }

    /// Whether it is in a directory.
    pub fn is_directory(&self) -> bool {
        matches!(self.0, Place::Directory(_))
    }

    /// Whether anything in it says that it is meant to be a layout.
    pub fn looks_like_a_layout(&self) -> bool {
        [OCI_LAYOUT, INDEX_JSON].iter().any(|name| !matches!(self.open(&[name]), Ok(File::Absent)))
    }

    /// Opens the file at `components`.
    pub fn open(&self, components: &[&str]) -> Result<File> {
        match &self.0 {
            Place::Directory(directory) => open_in(directory, components),
            Place::Archive(archive) => {
                let name = components.join("/");
                Ok(match archive.kind(&name) {
                    None => File::Absent,
                    Some(FileKind::Regular(size)) => match archive.find(&name)? {
                        Some(place) => File::Regular(Box::new(archive.part(place)), size),
                        None => File::Absent,
                    },
                    Some(FileKind::Directory) => File::Other("a directory"),
                    Some(FileKind::Other(what)) => File::Other(what),
                })
            }
        }
    }

    /// What `blobs` is; `None` where it is not there.
    pub fn blobs_directory(&self) -> Result<Option<FileKind>> {
        match &self.0 {
            Place::Directory(directory) => kind_at(directory, "blobs"),
            Place::Archive(archive) => {
                // Archives need not list directories.
                let implied =
                    || archive.names().any(|name| name.starts_with("blobs/")).then_some(FileKind::Directory);
                Ok(archive.kind("blobs").or_else(implied))
            }
        }
    }

    /// All that is in `blobs` and in the directories there, sorted; at most `limit`, `None` where there are more.
    pub fn blobs(&self, limit: usize) -> Result<Option<Vec<BlobFile>>> {
        let mut found = Vec::new();
        match &self.0 {
            Place::Directory(directory) => {
                let mut pending = VecDeque::from([(String::new(), 0)]);
                while let Some((below, depth)) = pending.pop_front() {
                    for name in names_in(directory, &format!("blobs{below}"))? {
                        let path = format!("{below}/{name}");
                        let Some(kind) = kind_at(directory, &format!("blobs{path}"))? else { continue };
                        if kind == FileKind::Directory && depth == 0 {
                            pending.push_back((path.clone(), 1));
                        }
                        found.push(BlobFile { path: path.trim_start_matches('/').to_owned(), kind });
                        if found.len() > limit {
                            return Ok(None);
                        }
                    }
                }
            }
            Place::Archive(archive) => {
                for name in archive.names() {
                    let Some(path) = name.strip_prefix("blobs/") else { continue };
                    let Some(kind) = archive.kind(&name) else { continue };
                    found.push(BlobFile { path: path.to_owned(), kind });
                    if found.len() > limit {
                        return Ok(None);
                    }
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Some(found))
    }
}

fn open_in(directory: &Directory, components: &[&str]) -> Result<File> {
    let path = components.join("/");
    match kind_at(directory, &path)? {
        None => Ok(File::Absent),
        Some(FileKind::Directory) => Ok(File::Other("a directory")),
        Some(FileKind::Other(what)) => Ok(File::Other(what)),
        Some(FileKind::Regular(_)) => Ok(match directory.file(components)? {
            Some((file, size)) => File::Regular(Box::new(file), size),
            None => File::Absent,
        }),
    }
}

/// What is at a path, symlinks followed.
fn kind_at(directory: &Directory, path: &str) -> Result<Option<FileKind>> {
    let stat = match rustix::fs::statat(directory.handle(), path, AtFlags::empty()) {
        Ok(stat) => stat,
        Err(Errno::LOOP) => return Ok(Some(FileKind::Other("a symlink that leads to itself"))),
        Err(Errno::NOENT) => {
            return Ok(rustix::fs::statat(directory.handle(), path, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok()
                .then_some(FileKind::Other("a symlink to nothing")));
        }
        // A component of the path is no directory, or no file can have that name.
        Err(Errno::NOTDIR | Errno::NAMETOOLONG) => return Ok(None),
        Err(errno) => return Err(io_error(&directory.path().join(path), "open", errno.into())),
    };
    Ok(Some(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => FileKind::Regular(u64::try_from(stat.st_size).unwrap_or(0)),
        FileType::Directory => FileKind::Directory,
        other => FileKind::Other(name_of(other)),
    }))
}

fn names_in(directory: &Directory, path: &str) -> Result<Vec<String>> {
    let error = |errno: Errno| io_error(&directory.path().join(path), "list", errno.into());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = match rustix::fs::openat(directory.handle(), path, flags, Mode::empty()) {
        Ok(handle) => handle,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Vec::new()),
        Err(errno) => return Err(error(errno)),
    };
    let mut names = Vec::new();
    for entry in Dir::read_from(handle).map_err(error)? {
        let entry = entry.map_err(error)?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    Ok(names)
}

impl From<File> for Option<(Box<dyn Read + Send>, u64)> {
    fn from(file: File) -> Self {
        match file {
            File::Regular(reader, size) => Some((reader, size)),
            File::Absent | File::Other(_) => None,
        }
    }
}

/// Whether an error is about the archive and not about the system.
pub fn is_about_content(error: &Error) -> bool {
    matches!(error, Error::Store { .. })
}
