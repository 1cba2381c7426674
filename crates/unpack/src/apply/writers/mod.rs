//! Writers: threads that make new regular files, while the applying thread reads on.
//!
//! All that needs order stays with the applying thread: it finds parents, makes directories and links,
//! hides, replaces and removes. A writer gets a file only where nothing can be at its name: in a
//! directory that this layer made (or anywhere, in the lowest), under a name that the layer has not put
//! yet. So no writer ever has to make room, and it does not matter when the file comes to be, but for
//! what asks about that very name, which waits for it: the same name put again, a hard link to it, a
//! parent looked for under it. What goes through a directory as a whole (removing it, listing it), and
//! the end of the layer, wait for all. Nothing else does: a name that the layer put is not looked at
//! by whiteouts, and what directories are to be in the end is set in the end.
//!
//! Files go where those of the same directory go, so that two threads seldom wait for each other at
//! one; where every writer has enough to do, the applying thread makes the file itself, as it does
//! large ones, sparse ones and those with extended attributes. So it never waits for room.
//!
//! That pays where making files takes longer than inflating what is in them: then the applying thread is
//! what all wait for. So, unless a caller asked for writers, files are handed over only in layers whose
//! files are small on average ([`Pays`]). Elsewhere the copy and the waking cost what they bring.
//!
//! Of several files that fail the first in the archive is told, as if one thread had made all of them:
//! files after it are made no more, files before it are.

mod batch;
mod begun;
mod pays;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ocidian_content::Cancel;
use ocidian_layer::Entry;

pub(super) use self::begun::Begun;
pub(super) use self::pays::Pays;
use self::writer::{Shared, Writer};
use super::Stopped;
use super::owner::Ownership;
use crate::tree::Dir;

/// Content that is worth its copy on the way to a writer.
pub(super) const CONTENT_MAX: u64 = 64 << 10;
/// Directories that files on their way hold open, all in all: there are few descriptors to be had.
const DIRS: usize = 6;
/// Files that stay where one of their directory went, before it is asked again who has time.
const STRETCH: usize = 32;

/// The writers, and where files go at the moment.
#[derive(Debug)]
pub(super) struct Writers {
    writers: Vec<Writer>,
    /// Where they stop, as they know it.
    end: Arc<AtomicU64>,
    route: Option<Route>,
    pays: Pays,
    /// The first failure that came back.
    failed: Option<Box<Stopped>>,
}

/// Where the files of a directory go.
#[derive(Debug)]
struct Route {
    dir: Arc<Dir>,
    /// Whether only this layer can have put anything there.
    fresh: bool,
    /// Whose they are; the applying thread's own if nobody's.
    writer: Option<usize>,
    left: usize,
}

impl Writers {
    /// Starts so many, which share the file-creation context of the calling thread.
    pub(super) fn start(count: usize, pays: Pays, owner: &Arc<Ownership>, cancel: &Cancel) -> Self {
        let end = Arc::new(AtomicU64::new(u64::MAX));
        let shared = Shared { owner: Arc::clone(owner), cancel: cancel.clone(), end: Arc::clone(&end) };
        let writers = (0..count).map_while(|_| Writer::start(shared.clone())).collect();
        Self { writers, end, route: None, pays, failed: None }
    }

    /// Whether there are any.
    pub(super) fn are_there(&self) -> bool {
        !self.writers.is_empty()
    }

    /// Whether a file failed.
    pub(super) fn have_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Begins a file in `dir`, if a writer is to have it. `fresh` says whether only this layer can have put anything there.
    pub(super) fn begin(
        &mut self,
        dir: &Arc<Dir>,
        entry: &Entry,
        fresh: impl FnOnce() -> bool,
    ) -> Option<Begun<'_>> {
        if !self.pays.at(entry.offset) {
            return None;
        }
        let writer = self.route(dir, fresh)?;
        let dirs: usize = self.writers.iter().map(Writer::dirs).sum();
        let writer = self.writers.get_mut(writer)?;
        if !writer.has_time() {
            return None;
        }
        if dirs >= DIRS && !writer.batch().is_in(dir) {
            earliest(&mut self.failed, writer.send());
            return None;
        }
        writer.batch().begin(dir, entry);
        Some(Begun { writer, failed: &mut self.failed, closed: false })
    }

    /// Who makes the next file of `dir`.
    fn route(&mut self, dir: &Arc<Dir>, fresh: impl FnOnce() -> bool) -> Option<usize> {
        let mut known = self.route.as_mut().filter(|route| Arc::ptr_eq(&route.dir, dir));
        if let Some(route) = known.as_mut().filter(|route| route.left > 0) {
            route.left -= 1;
            return route.writer;
        }
        let fresh = known.map_or_else(fresh, |route| route.fresh);
        let writer = if fresh { self.idlest() } else { None };
        self.route = Some(Route { dir: Arc::clone(dir), fresh, writer, left: STRETCH });
        writer
    }

    /// The writer with the least to do, if one has time.
    fn idlest(&mut self) -> Option<usize> {
        for writer in &mut self.writers {
            earliest(&mut self.failed, writer.reclaim());
        }
        let (at, writer) = self.writers.iter_mut().enumerate().min_by_key(|(_, writer)| writer.load())?;
        writer.has_time().then_some(at)
    }

    /// Waits for the path of that fingerprint, if it may not be made yet; whether that was so.
    pub(super) fn wait_for(&mut self, fingerprint: u64) -> bool {
        let Some(writer) = self.writers.iter_mut().find(|writer| writer.has(fingerprint)) else {
            return false;
        };
        earliest(&mut self.failed, writer.send());
        while writer.has(fingerprint) {
            earliest(&mut self.failed, writer.wait());
        }
        true
    }

    /// Waits for all files.
    pub(super) fn wait_for_all(&mut self) {
        for writer in &mut self.writers {
            earliest(&mut self.failed, writer.send());
        }
        for writer in &mut self.writers {
            while writer.load() > 0 {
                earliest(&mut self.failed, writer.wait());
            }
        }
        self.route = None;
    }

    /// Waits for all files of a layer, and says which failed first.
    pub(super) fn settle(&mut self) -> Result<(), Box<Stopped>> {
        self.wait_for_all();
        // The offsets of the next layer are others.
        self.end.store(u64::MAX, Ordering::Relaxed);
        self.pays.begin_layer();
        self.failed.take().map_or(Ok(()), Err)
    }
}

/// Keeps the failure that comes first in the archive.
fn earliest(failed: &mut Option<Box<Stopped>>, result: Result<(), Box<Stopped>>) {
    let Err(new) = result else { return };
    let offset = |stopped: &Stopped| stopped.place.as_ref().map_or(u64::MAX, |(_, offset)| *offset);
    if failed.as_ref().is_none_or(|old| offset(&new) < offset(old)) {
        *failed = Some(new);
    }
}

#[cfg(test)]
mod tests;
