//! A directory tree as the sorted entries of a layer, with all that a layer can say of them.
//!
//! What is read is what was there: a file that grows, shrinks, is written to or replaced in between is an
//! error that names it, never a torn layer. Nothing is asked of the host but the tree: no names of owners, no
//! clock. Sockets are left out with a warning, as GNU tar and Docker do: no layer can hold one, and it would
//! mean nothing without the process that listens to it.

mod attributes;
mod chmod;
mod describe;
mod error;
mod options;

use std::collections::HashMap;
use std::path::Path;

use ocidian_content::Cancel;
use ocidian_layer::path::PathError;
use ocidian_layer::{Entry, EntryKind, EntryPath, Timestamp};
use rustix::fs::fstat;
use rustix::io::{Errno, read};

pub use chmod::{Chmod, Clause};
pub use error::ScanError;
pub use options::{Destination, ScanOptions};

pub(crate) use attributes::AttributeReader;
pub(crate) use describe::{Described, OpenFile, describe, image_path};
use ocidian_unpack::walk::{Identity, Node, Walker, identity};

use crate::ignore::{Fate, Matched};

/// Bytes of a file that are read at once.
const READ: usize = 256 << 10;

/// Reads a directory tree, an entry at a time.
#[derive(Debug)]
pub struct Scan<'a> {
    walker: Walker,
    /// Whether it is of one file, whose own name says nothing.
    one: bool,
    options: &'a ScanOptions,
    attributes: AttributeReader,
    cancel: Cancel,
    links: Links,
    /// Which rules matched the directories on the way down, by the length of their paths.
    matched: Vec<(usize, Matched)>,
    /// Directories that are left out unless something below them is taken.
    passed: Vec<(usize, Entry)>,
    /// What waits for the directories above it to come first.
    waiting: Option<(Entry, Option<OpenFile>)>,
    /// The file at hand.
    content: Option<OpenFile>,
    sockets: Sockets,
    newest: Option<Timestamp>,
    buffer: Vec<u8>,
}

#[derive(Debug, Default)]
struct Sockets {
    count: u64,
    first: Option<String>,
}

impl<'a> Scan<'a> {
    /// Begins to read the directory at `source`, which a symlink may lead to.
    ///
    /// # Errors
    /// [`ScanError::System`] where it cannot be opened; [`ScanError::Inside`] where it is the destination.
    pub fn new(source: &Path, options: &'a ScanOptions, cancel: Cancel) -> Result<Self, ScanError> {
        Ok(Self::of(Walker::new(source)?, options, cancel))
    }

    /// Begins to read the one file at `source`, or a symlink itself, which goes to the place of the options.
    ///
    /// # Errors
    /// [`ScanError::System`] where the directory that it is in cannot be opened.
    pub fn one(source: &Path, options: &'a ScanOptions, cancel: Cancel) -> Result<Self, ScanError> {
        Ok(Self { one: true, ..Self::of(Walker::one(source)?, options, cancel) })
    }

    fn of(walker: Walker, options: &'a ScanOptions, cancel: Cancel) -> Self {
        Self {
            walker,
            one: false,
            options,
            attributes: AttributeReader::new(&options.xattrs),
            cancel,
            links: Links::default(),
            matched: Vec::new(),
            passed: Vec::new(),
            waiting: None,
            content: None,
            sockets: Sockets::default(),
            newest: None,
            buffer: Vec::new(),
        }
    }

    /// The next entry, with its path in the image. What was not read of the previous one's content is skipped.
    ///
    /// # Errors
    /// [`ScanError`], of whatever could not be read.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, ScanError> {
        self.content = None;
        loop {
            if let Some(entry) = self.next_waiting() {
                let newest =
                    self.newest.map_or(entry.metadata.mtime, |newest| newest.max(entry.metadata.mtime));
                self.newest = Some(newest);
                return Ok(Some(entry));
            }
            if self.cancel.is_cancelled() {
                return Err(ScanError::Cancelled);
            }
            let Some(node) = self.walker.step()? else { return Ok(None) };
            self.take(&node)?;
        }
    }

    /// What was found last, once the directories above it that only it needs have come.
    fn next_waiting(&mut self) -> Option<Entry> {
        self.waiting.as_ref()?;
        if !self.passed.is_empty() {
            return Some(self.passed.remove(0).1);
        }
        let (entry, content) = self.waiting.take()?;
        self.content = content;
        Some(entry)
    }

    /// Looks at what the walk found; it waits afterwards, unless it is left out.
    fn take(&mut self, node: &Node) -> Result<(), ScanError> {
        let fate = self.fate(node)?;
        if fate == Fate::Left {
            self.walker.skip();
            return Ok(());
        }
        self.refuse_destination(node)?;
        if self.walker.path().is_empty() && !self.options.root {
            return Ok(());
        }
        if fate == Fate::Passed && !node.is_directory() {
            return Ok(());
        }
        let path = match self.one {
            true => self.options.place.clone(),
            false => image_path(&self.walker, &self.options.place)?,
        };
        if path.split().is_some_and(|(_, name)| name.starts_with(b".wh.")) {
            let source = PathError::Reserved;
            return Err(ScanError::Path { path: self.walker.place(), source });
        }
        let described = describe(&self.walker, node, &mut self.attributes, self.options)?;
        let Some(Described { mut kind, metadata, mut content, stat }) = described else {
            self.sockets.count += 1;
            self.sockets.first.get_or_insert_with(|| self.walker.place().display().to_string());
            return Ok(());
        };
        if !node.is_directory()
            && let Some(first) = self.links.first(identity(&stat), stat.st_nlink, &path)
        {
            kind = EntryKind::Hardlink(first);
            content = None;
        }
        let entry = Entry { path, kind, metadata, offset: 0 };
        match fate {
            Fate::Passed => self.passed.push((self.walker.path().len(), entry)),
            _ => self.waiting = Some((entry, content)),
        }
        Ok(())
    }

    fn fate(&mut self, node: &Node) -> Result<Fate, ScanError> {
        let path = self.walker.path();
        if self.options.ignore.is_empty() || path.is_empty() {
            return Ok(Fate::Taken);
        }
        // Of the directories that were matched, those above this entry are left: paths that begin it.
        let parent = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        while self.matched.last().is_some_and(|(length, _)| *length > parent) {
            self.matched.pop();
        }
        while self.passed.last().is_some_and(|(length, _)| *length > parent) {
            self.passed.pop();
        }
        let none = Matched::default();
        let above = self.matched.last().map_or(&none, |(_, matched)| matched);
        let (fate, matched) = self.options.ignore.fate(path, above);
        if node.is_directory() {
            self.matched.push((path.len(), matched));
        }
        Ok(fate)
    }

    /// The image that is being made is not part of itself.
    fn refuse_destination(&self, node: &Node) -> Result<(), ScanError> {
        let Some(destination) = &self.options.destination else { return Ok(()) };
        if !node.is_directory() {
            return Ok(());
        }
        let own = identity(&node.stat);
        let path = [self.walker.path(), destination.name.as_slice()].join(&b'/');
        let path = path.strip_prefix(b"/").unwrap_or(&path);
        let excluded = || {
            let none = Matched::default();
            let matched = self.matched.last().map_or(&none, |(_, matched)| matched);
            self.options.ignore.fate(path, matched).0 == Fate::Left
        };
        if destination.itself == Some(own) || (destination.parent == own && !excluded()) {
            return Err(ScanError::Inside { path: destination.path.clone() });
        }
        Ok(())
    }

    /// Reads the whole content of the file at hand, which must be what it was when it was found.
    ///
    /// # Errors
    /// What `to` returns; [`ScanError`] where the file cannot be read or changed meanwhile.
    pub fn content<E: From<ScanError>>(&mut self, to: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        match self.content.take() {
            Some(file) => read_whole(&file, &self.walker, &mut self.buffer, &self.cancel, to),
            None => Ok(()),
        }
    }

    /// The latest time of all entries so far.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// What a person should know, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let Sockets { count, first: Some(first) } = &self.sockets else { return Vec::new() };
        let what = if *count == 1 { "a socket is".to_owned() } else { format!("{count} sockets are") };
        vec![format!("{what} left out, no layer can hold one: {first}")]
    }
}

/// Hands on all of a file's content, and makes sure that nobody wrote to it meanwhile.
pub(crate) fn read_whole<E: From<ScanError>>(
    opened: &OpenFile,
    walker: &Walker,
    buffer: &mut Vec<u8>,
    cancel: &Cancel,
    mut to: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let OpenFile { file, stat } = opened;
    let changed = || ScanError::Changed { path: walker.place() };
    buffer.resize(READ, 0);
    let mut left = u64::try_from(stat.st_size).unwrap_or_default();
    loop {
        if cancel.is_cancelled() {
            return Err(ScanError::Cancelled.into());
        }
        let length = match read(file, &mut buffer[..]) {
            Ok(0) => break,
            Ok(length) => length,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(ScanError::from(walker.system("read", errno)).into()),
        };
        left = left.checked_sub(length as u64).ok_or_else(changed)?;
        to(buffer.get(..length).unwrap_or_default())?;
    }
    let now = fstat(file).map_err(|errno| ScanError::from(walker.system("look at", errno)))?;
    let times = |stat: &rustix::fs::Stat| {
        (stat.st_size, stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec)
    };
    if left > 0 || times(&now) != times(stat) {
        return Err(changed().into());
    }
    Ok(())
}

/// Which paths are other names of a file that came before.
#[derive(Debug, Default)]
pub(crate) struct Links(HashMap<Identity, (EntryPath, u64)>);

impl Links {
    /// The first path of a file with `count` names, where `path` is not the first. A file is forgotten with its
    /// last name.
    pub(crate) fn first(&mut self, file: Identity, count: u64, path: &EntryPath) -> Option<EntryPath> {
        if count < 2 {
            return None;
        }
        let Some((first, left)) = self.0.get_mut(&file) else {
            self.0.insert(file, (path.clone(), count - 1));
            return None;
        };
        let first = first.clone();
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.0.remove(&file);
        }
        Some(first)
    }
}
