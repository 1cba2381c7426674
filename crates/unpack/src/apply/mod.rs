//! Changes onto a tree, one after another.
//!
//! An [`Applier`] lives for a whole image. It holds no more than a dozen handles (those of the
//! directories that entries are in at the moment), remembers by fingerprint what the present layer
//! has put, because whiteouts hide only what lower layers brought wherever they stand in the archive,
//! and keeps what directories are to be until [`Applier::finish`]. Small new files it gives to [`writers`],
//! threads that nothing but those files is left to.

mod attributes;
mod by_handle;
mod copy_content;
mod copy_file;
mod copy_up;
mod file;
mod finish;
mod link_names;
mod owner;
mod put;
mod read;
mod regular;
mod resolve;
mod seen;
mod stand_in;
mod whiteout;
mod writers;

use std::io::BufRead;
use std::sync::Arc;

use ocidian_content::Cancel;
use ocidian_layer::{Change, Changeset, Entry, EntryKind, EntryPath, Timestamp};
use rustix::fd::{AsFd, OwnedFd};

use self::attributes::XattrPolicy;
use self::link_names::LinkNames;
pub(crate) use self::owner::Ownership;
pub(crate) use self::read::TreeFiles;
use self::resolve::Chain;
use self::seen::Seen;
pub(crate) use self::stand_in::StandIn;
use self::stand_in::StandIns;
use self::writers::{Pays, Writers};
use crate::error::Failure;
use crate::options::UnpackOptions;
use crate::record::Recorder;
use crate::tree::Tree;
use crate::warnings::Warnings;

/// Which entry of a layer failed, and why; no place where it was none.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) place: Option<(EntryPath, u64)>,
    pub(crate) failure: Failure,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self { place: None, failure }
    }
}

/// Applies layers to a tree.
pub(crate) struct Applier {
    tree: Tree,
    chain: Chain,
    seen: Seen,
    link_names: LinkNames,
    owner: Arc<Ownership>,
    stand_ins: StandIns,
    writers: Writers,
    xattrs: XattrPolicy,
    keep_dirlinks: bool,
    /// Plain form: whose the root is to be in the end, in the image's ids.
    root_owner: (u32, u32),
    max_bytes: Option<u64>,
    /// Bytes that sparse files appear to hold or copies take, which no tar bytes stand for.
    sparse_bytes: u64,
    cancel: Cancel,
    /// What parents that no entry mentions take as their time: that of the entry that needs them.
    time: Timestamp,
    pub(crate) warnings: Warnings,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) entries: u64,
    /// Parents that the present layer needed and no entry mentions, and how many it may need: an entry
    /// can need two thousand.
    implied: u64,
    max_implied: u64,
}

impl Applier {
    /// An applier of layers onto `base`, an empty directory.
    pub(crate) fn new(
        base: OwnedFd,
        options: &UnpackOptions,
        mut owner: Ownership,
        recorder: Option<Recorder>,
        cancel: Cancel,
    ) -> Result<Self, Failure> {
        owner.probe(base.as_fd())?;
        let xattrs = XattrPolicy::new(&options.xattrs, &owner);
        let owner = Arc::new(owner);
        let pays = Pays::new(options.writers.is_some());
        let writers = Writers::start(options.writers_of(), pays, &owner, &cancel);
        Ok(Self {
            tree: Tree::new(base, options.form)?,
            chain: Chain::default(),
            seen: Seen::default(),
            link_names: LinkNames::default(),
            owner,
            stand_ins: StandIns::default(),
            writers,
            xattrs,
            keep_dirlinks: options.keep_dirlinks,
            root_owner: (0, 0),
            max_bytes: options.max_bytes,
            sparse_bytes: 0,
            cancel,
            time: Timestamp::default(),
            warnings: Warnings::default(),
            recorder,
            entries: 0,
            implied: 0,
            max_implied: options.max_entries,
        })
    }

    /// Applies every change of a layer. On an error, says at which entry.
    pub(crate) fn apply_layer<R: BufRead>(
        &mut self,
        layer: usize,
        changes: &mut Changeset<R>,
        mut tick: impl FnMut(),
    ) -> Result<(), Box<Stopped>> {
        self.begin_layer(layer).map_err(|failure| Box::new(Stopped::from(failure)))?;
        let applied = self.apply_changes(changes, &mut tick);
        // Whatever stopped this thread, a file that failed came earlier in the archive.
        self.writers.settle()?;
        applied
    }

    fn apply_changes<R: BufRead>(
        &mut self,
        changes: &mut Changeset<R>,
        tick: &mut impl FnMut(),
    ) -> Result<(), Box<Stopped>> {
        let stopped = |failure| Box::new(Stopped::from(failure));
        while !self.writers.have_failed() {
            if self.cancel.is_cancelled() {
                return Err(stopped(Failure::Cancelled));
            }
            tick();
            let change = changes.next_change().map_err(|error| stopped(Failure::Layer(error)))?;
            let Some(change) = change else { return Ok(()) };
            let offset = changes.offset();
            let result = match &change {
                Change::Put(entry) => self.put(entry, changes),
                Change::Whiteout(path) => self.whiteout(path),
                Change::Opaque(path) => self.opaque(path),
            };
            if let Err(failure) = result {
                let place = match change {
                    Change::Put(Entry { path, offset, .. }) => (path, offset),
                    Change::Whiteout(path) | Change::Opaque(path) => (path, offset),
                };
                return Err(Box::new(Stopped { place: Some(place), failure }));
            }
        }
        Ok(())
    }

    fn begin_layer(&mut self, layer: usize) -> Result<(), Failure> {
        self.chain.clear();
        self.tree.begin_layer(layer)?;
        // Nothing lies below the lowest layer.
        self.seen = Seen::new(layer > 0, self.writers.are_there());
        self.implied = 0;
        self.link_names = LinkNames::default();
        if let Some(recorder) = &mut self.recorder {
            recorder.begin_layer();
        }
        self.begin_root()
    }

    fn put<R: BufRead>(&mut self, entry: &Entry, changes: &mut Changeset<R>) -> Result<(), Failure> {
        self.time = entry.metadata.mtime;
        self.entries += 1;
        match &entry.kind {
            EntryKind::Directory => self.put_directory(entry),
            EntryKind::File { size, sparse } => self.put_file(entry, *size, *sparse, changes),
            EntryKind::Symlink(target) => self.put_symlink(entry, target),
            EntryKind::Hardlink(target) => self.put_hardlink(entry, target),
            EntryKind::CharDevice(_) | EntryKind::BlockDevice(_) | EntryKind::Fifo => self.put_node(entry),
        }
    }
}

impl Applier {
    /// A tree of no layers: a root and nothing in it.
    pub(crate) fn begin_empty(&mut self) -> Result<(), Failure> {
        self.begin_layer(0)
    }
}
