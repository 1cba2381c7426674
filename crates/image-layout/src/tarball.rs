//! Writing an archive of images: members sorted by name, directories before what is in them, without times and
//! owners, so that the same content gives the same bytes whoever writes it and in whatever order it came.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use ocidian_content::{Cancel, Error, Result};
use ocidian_layer::tar::{WriteError, Writer};
use ocidian_layer::{Change, Entry, EntryKind, EntryPath, Metadata};

use crate::files::io_error;
use crate::spool::Part;
use crate::staging::Staged;

/// Bytes copied at once.
const CHUNK: usize = 256 << 10;

/// What a member holds.
pub(crate) enum Content {
    /// Nothing: it is there for what is in it.
    Directory,
    /// Text of ours.
    Bytes(Vec<u8>),
    /// A file of ours, removed once it is in the archive, so that the two need not have room together.
    Staged(Staged),
    /// A part of the archive that is added to.
    Part(Part, u64),
    /// A link, counted from the directory that it is in.
    Symlink(Vec<u8>),
    /// A link to another member.
    Hardlink(EntryPath),
}

/// The members of an archive to be, by name.
#[derive(Default)]
pub(crate) struct Members(BTreeMap<EntryPath, Content>);

impl Members {
    /// Puts a member in; one of that name is replaced.
    pub(crate) fn insert(&mut self, path: EntryPath, content: Content) {
        if !path.is_root() {
            self.0.insert(path, content);
        }
    }

    /// Whether there is one of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        EntryPath::new(name.as_bytes()).is_ok_and(|path| self.0.contains_key(&path))
    }

    /// Puts in all of those, over what is there.
    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// As [`insert`](Self::insert), of a name that this crate made up.
    pub(crate) fn insert_own(&mut self, name: &str, content: Content) -> Result<()> {
        let path = EntryPath::new(name.as_bytes()).map_err(|e| Error::Store {
            store: name.to_owned(),
            reason: format!("it cannot be a member: {e}"),
        })?;
        self.insert(path, content);
        Ok(())
    }

    /// Writes the archive.
    pub(crate) fn write<W: Write>(mut self, to: W, name: &str, cancel: &Cancel) -> Result<W> {
        self.add_parents(name)?;
        let mut tar = Writer::new(to);
        let mut links = Vec::new();
        for (path, content) in self.0 {
            if let Content::Hardlink(target) = content {
                links.push((path, target)); // after what they are links to
                continue;
            }
            put(&mut tar, path, content, cancel).map_err(|e| failed(name, e))?;
        }
        for (path, target) in links {
            header(&mut tar, path, EntryKind::Hardlink(target)).map_err(|e| failed(name, e))?;
        }
        tar.finish().map_err(|e| failed(name, e.into()))
    }

    fn add_parents(&mut self, name: &str) -> Result<()> {
        let mut parents = Vec::new();
        for path in self.0.keys() {
            let mut below = path.clone();
            while let Some(parent) = below.split().and_then(|(parent, _)| EntryPath::new(parent).ok()) {
                below = parent.clone();
                parents.push(parent);
            }
        }
        for parent in parents.into_iter().filter(|parent| !parent.is_root()) {
            let shown = parent.to_string();
            if !matches!(self.0.entry(parent).or_insert(Content::Directory), Content::Directory) {
                let reason = format!("its member {shown} is no directory, but something has to go into it");
                return Err(Error::Store { store: name.to_owned(), reason });
            }
        }
        Ok(())
    }
}

enum Failure {
    Tar(WriteError),
    Own(Error),
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::Tar(error)
    }
}

fn failed(name: &str, failure: Failure) -> Error {
    match failure {
        Failure::Own(error) => error,
        Failure::Tar(WriteError::Io(error)) => Error::from_io(|| format!("write {name}"), error),
        Failure::Tar(error) => Error::Store { store: name.to_owned(), reason: error.to_string() },
    }
}

fn put<W: Write>(
    tar: &mut Writer<W>,
    path: EntryPath,
    content: Content,
    cancel: &Cancel,
) -> Result<(), Failure> {
    match content {
        Content::Directory => header(tar, path, EntryKind::Directory),
        Content::Symlink(target) => header(tar, path, EntryKind::Symlink(target)),
        Content::Hardlink(target) => header(tar, path, EntryKind::Hardlink(target)),
        Content::Bytes(bytes) => {
            let size = bytes.len() as u64;
            header(tar, path, EntryKind::File { size, sparse: false })?;
            Ok(tar.data(&bytes)?)
        }
        Content::Part(part, size) => {
            header(tar, path, EntryKind::File { size, sparse: false })?;
            copy(tar, part, cancel)
        }
        Content::Staged(Staged { path: file, size }) => {
            header(tar, path, EntryKind::File { size, sparse: false })?;
            let open = File::open(&file).map_err(|e| Failure::Own(io_error(&file, "open", e)))?;
            copy(tar, open, cancel)?;
            remove(file)
        }
    }
}

fn remove(file: PathBuf) -> Result<(), Failure> {
    std::fs::remove_file(&file).map_err(|e| Failure::Own(io_error(&file, "remove", e)))
}

fn header<W: Write>(tar: &mut Writer<W>, path: EntryPath, kind: EntryKind) -> Result<(), Failure> {
    let mode = match kind {
        EntryKind::Directory => 0o755,
        EntryKind::Symlink(_) => 0o777,
        _ => 0o644,
    };
    let metadata = Metadata { mode, ..Metadata::default() };
    Ok(tar.put(&Change::Put(Entry { path, kind, metadata, offset: 0 }))?)
}

/// Copies to the end; that it is as long as the header says, the writer checks.
fn copy<W: Write>(tar: &mut Writer<W>, mut from: impl Read, cancel: &Cancel) -> Result<(), Failure> {
    let mut buffer = vec![0; CHUNK];
    loop {
        if cancel.is_cancelled() {
            return Err(Failure::Own(Error::Cancelled));
        }
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => tar.data(buffer.get(..n).unwrap_or_default())?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(WriteError::Io(e).into()),
        }
    }
}
