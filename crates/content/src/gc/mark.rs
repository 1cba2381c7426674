//! Which stored blobs are needed.
//!
//! The roots are all entries, named or not. Referrers are entries themselves, or listed under a fallback tag, which is one; what
//! is in neither place nobody finds, so it is not looked for. What an image refers to is kept as its parts are.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::time::{Duration, SystemTime};

use ocidian_spec::{Descriptor, Digest, Hasher, Kind, MediaType, json};

use super::mentions::Index;
use crate::error::{Error, Result};
use crate::progress::Cancel;
use crate::reader::BlobReader;
use crate::store::{BlobAdmin, BlobSource, Role, Stored};
use crate::walk::{Content, Node, Order, Walk};

/// Why a blob stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// An entry leads to it.
    Reached,
    /// It was written just now, or something that was mentions it.
    Young,
}

/// The stored blobs, and why those of them stay that do.
pub(super) struct Marks<'a> {
    store: &'a dyn BlobAdmin,
    stored: &'a [Stored],
    at: HashMap<&'a Digest, usize>,
    why: Vec<Option<Why>>,
    /// Blobs that are needed and not there.
    pub(super) absent: u64,
}

impl<'a> Marks<'a> {
    /// Marks what the entries lead to.
    pub(super) fn reached(store: &'a dyn BlobAdmin, stored: &'a [Stored], cancel: &Cancel) -> Result<Self> {
        let at = stored.iter().enumerate().map(|(at, stored)| (&stored.digest, at)).collect();
        let mut marks = Self { store, stored, at, why: vec![None; stored.len()], absent: 0 };
        let opaque = marks.walk(cancel)?;
        marks.mentioned(opaque, Why::Reached, cancel)?;
        Ok(marks)
    }

    /// Why that blob stays; `None`: nothing needs it.
    pub(super) fn why(&self, at: usize) -> Option<Why> {
        self.why.get(at).copied().flatten()
    }

    /// Marks what is not reached, but younger than `grace`, and what it mentions: a writer that knows nothing of our locks
    /// writes blobs first and the entry for them last.
    pub(super) fn young(&mut self, now: SystemTime, grace: Duration, cancel: &Cancel) -> Result<()> {
        let young = |stored: &Stored| {
            let age = stored.modified.map(|modified| now.duration_since(modified).unwrap_or_default());
            age.is_some_and(|age| age < grace)
        };
        let mut found = Vec::new();
        for (at, stored) in self.stored.iter().enumerate() {
            if self.why(at).is_none() && young(stored) {
                self.mark(&stored.digest, Why::Young);
                found.push((at, false));
            }
        }
        self.mentioned(found, Why::Young, cancel)
    }

    /// Follows the entries; returns what stands where documents do and is of no type that it can look into, and whether it is
    /// a document for all that anyone knows: a layer is none, unless it looks like one.
    fn walk(&mut self, cancel: &Cancel) -> Result<Vec<(usize, bool)>> {
        let entries: Vec<Descriptor> = self.store.list()?.into_iter().map(|(_, entry)| entry).collect();
        let listing = Listing { store: self.store, sizes: self.at.clone(), stored: self.stored };
        let mut opaque = Vec::new();
        for node in Walk::new(&listing, entries, Order::ParentsFirst) {
            cancel.check()?;
            let Node { descriptor, role, content, .. } = node.map_err(|error| self.unreadable(error))?;
            if matches!(content, Content::Missing) {
                self.absent += 1;
                continue;
            }
            self.mark(&descriptor.digest, Why::Reached);
            let layer = matches!(descriptor.media_type.kind(), Kind::Layer(_));
            if role == Role::Manifest && matches!(content, Content::Opaque) {
                opaque.extend(self.at.get(&descriptor.digest).map(|at| (*at, !layer)));
            }
        }
        Ok(opaque)
    }

    /// Marks what these blobs mention, and what is mentioned there. What is not `certainly` a document is read only if it
    /// looks like one.
    fn mentioned(&mut self, mut pending: Vec<(usize, bool)>, why: Why, cancel: &Cancel) -> Result<()> {
        if pending.is_empty() {
            return Ok(());
        }
        let index = Index::new(self.stored.iter().map(|stored| &stored.digest));
        while let Some((at, certainly)) = pending.pop() {
            cancel.check()?;
            let Some(stored) = self.stored.get(at) else { continue };
            let Some(text) = self.text(stored, certainly)? else { continue };
            let read = index
                .mentioned(text)
                .map_err(|e| Error::from_io(|| format!("{}: read {}", self.store.name(), stored.digest), e));
            let found = match read {
                Err(error) if certainly || matches!(error, Error::Io { .. }) => {
                    return Err(self.unreadable(error));
                }
                found => found.unwrap_or_default(),
            };
            for digest in found {
                if self.mark(digest, why) {
                    pending.extend(self.at.get(digest).map(|at| (*at, false)));
                }
            }
        }
        Ok(())
    }

    /// The blob, to look for digests in; `None` where it is no document, unless it `certainly` is one.
    fn text(&self, stored: &Stored, certainly: bool) -> Result<Option<Box<dyn Read + Send>>> {
        let octets = MediaType::Other("application/octet-stream".to_owned());
        let descriptor = Descriptor::new(octets, stored.digest.clone(), stored.size);
        let known = Hasher::for_digest(&stored.digest).is_ok();
        if certainly && known {
            return match self.store.open(Role::Manifest, &descriptor) {
                Ok(reader) => Ok(Some(Box::new(reader))),
                Err(error) => Err(self.unreadable(error)),
            };
        }
        let raw = self.store.open_range(Role::Manifest, &descriptor, 0, u64::MAX);
        let raw = match raw {
            Ok(raw) => raw,
            Err(error) if certainly || matches!(error, Error::Io { .. }) => {
                return Err(self.unreadable(error));
            }
            // Just being written, or just gone.
            Err(_) => return Ok(None),
        };
        if certainly {
            return Ok(Some(raw));
        }
        if stored.size > json::DOCUMENT.size as u64 {
            return Ok(None);
        }
        let mut raw = BufReader::new(raw);
        let context = || format!("{}: read {}", self.store.name(), stored.digest);
        let start = raw.fill_buf().map_err(|e| Error::from_io(context, e))?;
        let document = start.trim_ascii_start().first().is_some_and(|byte| b"{[".contains(byte));
        Ok(document.then(|| Box::new(raw) as Box<dyn Read + Send>))
    }

    /// Marks a stored blob; whether it was not marked before.
    fn mark(&mut self, digest: &Digest, why: Why) -> bool {
        let place = self.at.get(digest).and_then(|at| self.why.get_mut(*at));
        place.is_some_and(|place| place.is_none() && place.replace(why).is_none())
    }

    fn unreadable(&self, source: Error) -> Error {
        if matches!(source, Error::Cancelled | Error::Unreadable { .. }) {
            return source;
        }
        Error::Unreadable {
            store: self.store.name(),
            source: Box::new(source),
            advice: "copy the image again to mend it, or remove its entry",
        }
    }
}

/// The store, asked about what it has listed already without asking it again.
struct Listing<'a> {
    store: &'a dyn BlobAdmin,
    sizes: HashMap<&'a Digest, usize>,
    stored: &'a [Stored],
}

impl BlobSource for Listing<'_> {
    fn open(&self, role: Role, descriptor: &Descriptor) -> Result<BlobReader> {
        self.store.open(role, descriptor)
    }

    fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        match self.sizes.get(&descriptor.digest).and_then(|at| self.stored.get(*at)) {
            Some(stored) => Ok(Some(stored.size)),
            // It may have it somewhere that it does not list.
            None => self.store.stat(role, descriptor),
        }
    }

    fn open_range(
        &self,
        role: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        self.store.open_range(role, descriptor, offset, len)
    }

    fn file(&self, role: Role, descriptor: &Descriptor) -> Result<Option<File>> {
        self.store.file(role, descriptor)
    }

    fn name(&self) -> String {
        self.store.name()
    }
}
