//! What each layer adds to the tree and takes from it, noted while the tree is made.
//!
//! Names are counted by comparing the tree before a layer with the tree after it, whatever the layer did in
//! between: a file that is removed and put again, in either order of the archive, is changed. For that it is
//! enough to remember the names that the layer found and took away, each as a keyed 64-bit fingerprint of its
//! path: some 20 bytes a name, and only until the layer ends.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

use ocidian_layer::EntryPath;

use super::node::Source;

/// The accounts of all layers so far.
#[derive(Debug)]
pub(super) struct Ledger {
    keys: RandomState,
    layers: Vec<Account>,
    /// The names that the present layer found and took away; whether each was a directory.
    gone: HashMap<u64, bool>,
    /// What is stored of files with holes; of all others it is their size.
    stored: HashMap<Source, u64>,
    /// Of how many files a layer the paths are kept.
    top: usize,
}

/// What one layer did.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Names that were not there before, or were of the other kind.
    pub(super) added: Names,
    /// Names that were taken away and put again.
    pub(super) again: Names,
    /// Names that were there before and were taken away, those put again included.
    pub(super) gone: Names,
    /// Bytes of files that it put.
    pub(super) content: u64,
    /// Bytes of it that are no longer in the tree.
    pub(super) hidden: u64,
    /// Bytes of lower layers that it took out of the tree.
    pub(super) hides: u64,
    /// Its largest files, by size and then by place in the tar.
    pub(super) largest: BTreeMap<(u64, Reverse<u64>), Large>,
}

/// Names by what they stand for.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Names {
    pub(super) files: u64,
    pub(super) directories: u64,
}

impl Names {
    fn of(&mut self, directory: bool) -> &mut u64 {
        if directory { &mut self.directories } else { &mut self.files }
    }
}

/// One of a layer's largest files.
#[derive(Debug)]
pub(super) struct Large {
    pub(super) path: EntryPath,
    /// The layer that took it out of the tree, from 0.
    pub(super) hidden_by: Option<usize>,
}

impl Ledger {
    /// An empty one that keeps the paths of `top` files a layer.
    pub(super) fn new(top: usize) -> Self {
        Self {
            keys: RandomState::new(),
            layers: Vec::new(),
            gone: HashMap::new(),
            stored: HashMap::new(),
            top,
        }
    }

    /// Goes on to the next layer.
    pub(super) fn begin_layer(&mut self) {
        self.layers.push(Account::default());
        // Not cleared: what a layer of many removals needed is not kept for the others.
        self.gone = HashMap::new();
    }

    /// The fingerprint of a path, by that of its directory; the root's is 0.
    pub(super) fn place(&self, directory: u64, name: &[u8]) -> u64 {
        self.keys.hash_one((directory, name))
    }

    /// A name came into the tree.
    pub(super) fn name_added(&mut self, place: u64, directory: bool) {
        *self.count(place, directory) += 1;
    }

    /// A name went out of the tree; `own` if the present layer had added it.
    pub(super) fn name_removed(&mut self, place: u64, directory: bool, own: bool) {
        if own {
            let count = self.count(place, directory);
            *count = count.saturating_sub(1);
        } else {
            self.gone.insert(place, directory);
            *self.present().gone.of(directory) += 1;
        }
    }

    /// A file's content came with the entry at `source`: so many bytes of it are stored, of a file so long.
    pub(super) fn content_put(&mut self, source: Source, path: EntryPath, stored: u64, size: u64) {
        if stored != size {
            self.stored.insert(source, stored);
        }
        let top = self.top;
        let account = self.present();
        account.content = account.content.saturating_add(stored);
        let key = (stored, Reverse(source.offset()));
        let fits = account.largest.len() < top
            || account.largest.first_key_value().is_some_and(|(smallest, _)| *smallest < key);
        if fits {
            account.largest.insert(key, Large { path, hidden_by: None });
            if account.largest.len() > top {
                account.largest.pop_first();
            }
        }
    }

    /// The last name of a file went out of the tree, and its content with it.
    pub(super) fn content_gone(&mut self, source: Source, size: u64) {
        let bytes = self.stored.remove(&source).unwrap_or(size);
        let by = self.layers.len().saturating_sub(1);
        if let Some(of) = self.layers.get_mut(source.layer()) {
            of.hidden = of.hidden.saturating_add(bytes);
            if let Some(large) = of.largest.get_mut(&(bytes, Reverse(source.offset()))) {
                large.hidden_by = Some(by);
            }
        }
        if source.layer() != by {
            let account = self.present();
            account.hides = account.hides.saturating_add(bytes);
        }
    }

    /// What came of it, a layer each, from the lowest up.
    pub(super) fn into_accounts(self) -> Vec<Account> {
        self.layers
    }

    /// Where a name that the present layer adds counts: what it took away it put again.
    fn count(&mut self, place: u64, directory: bool) -> &mut u64 {
        let again = self.gone.get(&place) == Some(&directory);
        let account = self.present();
        if again { account.again.of(directory) } else { account.added.of(directory) }
    }

    fn present(&mut self) -> &mut Account {
        let last = self.layers.len().saturating_sub(1);
        if self.layers.is_empty() {
            self.layers.push(Account::default());
        }
        &mut self.layers[last]
    }
}
