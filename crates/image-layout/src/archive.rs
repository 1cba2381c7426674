//! The members of a tar, by name, read in place.
//!
//! Two readers must never see two archives in one file: names are compared after the normalisation that
//! unpacking would do, and a name that occurs twice must stand for the same thing. Nothing is ever extracted.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use ocidian_content::{Error, Result};
use ocidian_layer::EntryPath;
use ocidian_layer::tar::{EndOfArchive, Limits, RawEntry, Reader, typeflag};

use crate::Options;
use crate::files::{read_bounded, store};
use crate::raw::FileKind;
use crate::spool::{self, Part};
use crate::tarball::{Content, Members};

/// The memory that names may take; archives of images have few members, with short names.
const NAMES: usize = 64 << 20;
/// What a member costs besides its name.
const MEMBER: usize = 96;
/// Symlinks on the way to one member. `docker save` writes one.
const HOPS: usize = 8;

/// A tar with the place of each member.
#[derive(Debug)]
pub(crate) struct Archive {
    file: Arc<File>,
    name: String,
    members: HashMap<EntryPath, Member>,
}

#[derive(Debug, Clone, PartialEq)]
enum Member {
    File(Place),
    Link(Link),
    Directory,
    /// What it is instead of something that can be read.
    Other(&'static str),
}

/// A link to another member.
#[derive(Debug, Clone, PartialEq)]
enum Link {
    /// Counted from the directory that it is in.
    Symbolic(Vec<u8>),
    /// Counted from the archive's root.
    Hard(Vec<u8>),
}

/// Where the content of a member is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

impl Place {
    /// The part of it from `offset` on, at most `len` bytes long.
    pub(crate) fn range(self, offset: u64, len: u64) -> Self {
        let offset = offset.min(self.size);
        Self { offset: self.offset.saturating_add(offset), size: len.min(self.size - offset) }
    }
}

impl Archive {
    /// Opens the archive at `path`, plain or compressed, `-` for standard input, and looks at every header.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self> {
        let file = Arc::new(spool::plain(path, options)?);
        let size = file.metadata().map_err(|e| crate::files::io_error(path, "stat", e))?.len();
        if size == 0 {
            return Err(store(path, "it is empty"));
        }
        let mut archive = Self { file, name: path.display().to_string(), members: HashMap::new() };
        let whole = BufReader::with_capacity(128 << 10, Part::new(Arc::clone(&archive.file), 0, size));
        let mut reader = Reader::new(whole, Limits { max_bytes: options.max_bytes, ..Limits::default() });
        let wrong = |e: ocidian_layer::Error| match e {
            ocidian_layer::Error::Io(e) => crate::files::io_error(path, "read", e),
            e => store(path, format!("it is not an archive that can be read: {e}")),
        };
        let mut room = NAMES;
        while let Some(entry) = reader.next_entry().map_err(wrong)? {
            room = room
                .checked_sub(entry.path.len() + entry.link.len() + MEMBER)
                .ok_or_else(|| store(path, format!("its list of members takes more than {NAMES} bytes")))?;
            archive.add(entry)?;
        }
        // Every writer of such archives ends them; one that just stops was cut off, if only between two members.
        let (_, trailer) = reader.finish().map_err(wrong)?;
        if trailer.end_of_archive == EndOfArchive::Missing {
            return Err(store(path, "it is cut off: the end of the archive is missing"));
        }
        Ok(archive)
    }

    /// The archive as a person named it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Every member, to be written to another archive. What a tar can hold besides files, directories and links
    /// has no place among images, and is refused instead of being lost.
    pub(crate) fn members(&self) -> Result<Members> {
        let mut all = Members::default();
        for (path, member) in &self.members {
            let content = match member {
                Member::File(place) => Content::Part(self.part(*place), place.size),
                Member::Directory => Content::Directory,
                Member::Link(Link::Symbolic(target)) => Content::Symlink(target.clone()),
                Member::Link(Link::Hard(target)) => match EntryPath::new(target) {
                    Ok(target) => Content::Hardlink(target),
                    Err(_) => return Err(self.unkept(path, "a hard link that leads out of it")),
                },
                Member::Other(what) => return Err(self.unkept(path, what)),
            };
            all.insert(path.clone(), content);
        }
        Ok(all)
    }

    /// The file that is read: the archive itself where that is plain, else what it was spooled to.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Whether there is a member of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        EntryPath::new(name.as_bytes()).is_ok_and(|path| self.members.contains_key(&path))
    }

    /// The names of all members, in no order; those that are not UTF-8 are left out.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.members.keys().filter_map(|path| String::from_utf8(path.as_bytes().to_vec()).ok())
    }

    /// What the member of that name is.
    pub(crate) fn kind(&self, name: &str) -> Option<FileKind> {
        let path = EntryPath::new(name.as_bytes()).ok()?;
        Some(match self.members.get(&path)? {
            Member::File(place) => FileKind::Regular(place.size),
            Member::Link(_) => FileKind::Other("a link, which is not followed in an archive"),
            Member::Directory => FileKind::Directory,
            Member::Other(what) => FileKind::Other(what),
        })
    }

    /// The place of a regular file; `None` where there is no such member. Links are not followed.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Place>> {
        let Ok(path) = EntryPath::new(name.as_bytes()) else { return Ok(None) };
        match self.members.get(&path) {
            None => Ok(None),
            Some(Member::File(place)) => Ok(Some(*place)),
            Some(Member::Link(_)) => Err(self.unreadable(&path, "a link, which is not followed here")),
            Some(Member::Directory) => Err(self.unreadable(&path, "a directory")),
            Some(Member::Other(what)) => Err(self.unreadable(&path, what)),
        }
    }

    /// As [`find`](Self::find), but links to other members are followed.
    pub(crate) fn find_through_links(&self, name: &str) -> Result<Option<Place>> {
        let refused = |reason: String| Error::Store { store: self.name.clone(), reason };
        let Ok(mut path) = EntryPath::new(name.as_bytes()) else {
            return Err(refused(format!("manifest.json names {name:?}, which cannot be a member's name")));
        };
        for _ in 0..=HOPS {
            let Some(Member::Link(link)) = self.members.get(&path) else { return self.find_path(&path) };
            path = link
                .followed(&path)
                .ok_or_else(|| refused(format!("its member {path} is a link that leads out of it")))?;
        }
        Err(refused(format!("its member {name:?} is behind more than {HOPS} links")))
    }

    fn find_path(&self, path: &EntryPath) -> Result<Option<Place>> {
        match std::str::from_utf8(path.as_bytes()) {
            Ok(name) => self.find(name),
            Err(_) => Ok(None),
        }
    }

    /// The content of a place.
    pub(crate) fn part(&self, place: Place) -> Part {
        Part::new(Arc::clone(&self.file), place.offset, place.size)
    }

    /// Reads a whole member of at most `limit` bytes; `None` where there is none.
    pub(crate) fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>> {
        let Some(place) = self.find(name)? else { return Ok(None) };
        read_bounded(self.part(place), place.size, limit, || format!("{}: {name}", self.name)).map(Some)
    }

    fn add(&mut self, entry: RawEntry) -> Result<()> {
        let offset = entry.offset;
        let path = EntryPath::new(&entry.path).map_err(|e| {
            let name = entry.path.escape_ascii();
            store(Path::new(&self.name), format!("entry \"{name}\" at byte {offset}: {e}"))
        })?;
        let member = match entry.typeflag {
            typeflag::FILE | typeflag::GNU_SPARSE if entry.sparse => Member::Other("a sparse file"),
            typeflag::FILE => Member::File(Place { offset: entry.data_offset, size: entry.stored_size }),
            typeflag::DIRECTORY => Member::Directory,
            typeflag::SYMLINK => Member::Link(Link::Symbolic(entry.link)),
            typeflag::HARDLINK => Member::Link(Link::Hard(entry.link)),
            _ => Member::Other("not a regular file"),
        };
        let known = match self.members.entry(path.clone()) {
            Slot::Vacant(slot) => {
                slot.insert(member);
                return Ok(());
            }
            Slot::Occupied(slot) => slot.get().clone(),
        };
        let same = match (&known, &member) {
            (Member::File(a), Member::File(b)) => {
                self.equal(*a, *b).map_err(|e| crate::files::io_error(Path::new(&self.name), "read", e))?
            }
            _ => known == member,
        };
        if same {
            return Ok(());
        }
        let reason = format!("it has {path} twice, and the two differ (the second is at byte {offset})");
        Err(store(Path::new(&self.name), reason))
    }

    fn equal(&self, a: Place, b: Place) -> io::Result<bool> {
        if a.size != b.size {
            return Ok(false);
        }
        let mut parts = (BufReader::new(self.part(a)), BufReader::new(self.part(b)));
        let (mut x, mut y) = (vec![0; 16 << 10], vec![0; 16 << 10]);
        let mut left = a.size;
        while left > 0 {
            let n = usize::try_from(left).unwrap_or(usize::MAX).min(x.len());
            let (Some(x), Some(y)) = (x.get_mut(..n), y.get_mut(..n)) else { return Ok(false) };
            parts.0.read_exact(x)?;
            parts.1.read_exact(y)?;
            if x != y {
                return Ok(false);
            }
            left -= n as u64;
        }
        Ok(true)
    }

    fn unkept(&self, path: &EntryPath, what: &str) -> Error {
        let reason = format!("its member {path} is {what}, which cannot be kept; write to a new archive");
        Error::Store { store: self.name.clone(), reason }
    }

    fn unreadable(&self, path: &EntryPath, what: &str) -> Error {
        Error::Store {
            store: self.name.clone(),
            reason: format!("its member {path} is {what}, and only a regular file can be read"),
        }
    }
}

impl Link {
    /// The member that it leads to from `place`; `None` where that is outside the archive.
    fn followed(&self, place: &EntryPath) -> Option<EntryPath> {
        let target = match self {
            Self::Hard(target) => return EntryPath::new(target).ok(),
            Self::Symbolic(target) if target.starts_with(b"/") => return None,
            Self::Symbolic(target) => target,
        };
        let (parent, _) = place.split()?;
        let mut path: Vec<&[u8]> = parent.split(|b| *b == b'/').filter(|part| !part.is_empty()).collect();
        for component in target.split(|b| *b == b'/') {
            match component {
                b"" | b"." => {}
                b".." => {
                    path.pop()?;
                }
                name => path.push(name),
            }
        }
        EntryPath::new(&path.join(&b'/')).ok()
    }
}
