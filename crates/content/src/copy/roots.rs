//! Which entries of a source are copied, and as what.

use std::collections::HashSet;

use ocidian_spec::{Descriptor, Digest, RefName, Selector};

use crate::error::{Error, Result};
use crate::names;
use crate::referrers::{Referrers, about};
use crate::select::{find, unknown_name};
use crate::store::{Store, When};

/// Something to copy, with all that it leads to.
#[derive(Debug, Clone)]
pub struct Root {
    /// What it is at the source.
    pub descriptor: Descriptor,
    /// What it becomes at the destination.
    pub target: Target,
}

/// What a root becomes at the destination.
#[derive(Debug, Clone)]
pub enum Target {
    /// An entry of that name, or without one.
    Name {
        /// The name.
        name: Option<RefName>,
        /// What has to hold there.
        when: When,
    },
    /// An entry as the source lists it, with every name and annotation.
    AsListed,
}

impl Root {
    /// What the descriptor stands for, under a name or without one, whatever was there.
    pub fn named(descriptor: Descriptor, name: Option<RefName>) -> Self {
        Self { descriptor, target: Target::Name { name, when: When::Any } }
    }
}

/// Every entry of the store, named or not, as it is listed.
pub fn listed(store: &dyn Store) -> Result<Vec<Root>> {
    let root = |(_, descriptor)| Root { descriptor, target: Target::AsListed };
    Ok(store.list()?.into_iter().map(root).collect())
}

/// The one entry that a selector means, an index or whatever it is, and its name. Where a name is listed several times, as
/// for several platforms, [`Error::Ambiguous`]. The only one of a store is the one that nothing but referrers stands
/// beside, be it under several names; it has a name only if it has one.
pub fn selected(store: &dyn Store, selector: &Selector) -> Result<(Descriptor, Option<RefName>)> {
    match selector {
        Selector::Digest(digest) => {
            let mut chain = find(store, digest)?;
            let name = chain.first().and_then(names::name_of).filter(|_| chain.len() == 1);
            match chain.pop() {
                Some(descriptor) => Ok((descriptor, name)),
                None => Err(unknown_name(store, format!("@{digest}"))?),
            }
        }
        Selector::Name(name) => {
            let found = store.resolve(name)?;
            match distinct(&found).as_slice() {
                [] => Err(unknown_name(store, name.to_string())?),
                [one] => Ok(((*one).clone(), Some(name.clone()))),
                several => Err(ambiguous(store, several)),
            }
        }
        Selector::Sole => sole(store),
    }
}

fn sole(store: &dyn Store) -> Result<(Descriptor, Option<RefName>)> {
    let entries: Vec<Descriptor> = store.list()?.into_iter().map(|(_, entry)| entry).collect();
    let mut there = distinct(&entries);
    if there.len() > 1 {
        let gone = beside_the_point(store, &entries)?;
        there.retain(|entry| !gone.contains(&entry.digest));
    }
    match there.as_slice() {
        [] if entries.is_empty() => Err(Error::NoImage { store: store.name() }),
        [one] => {
            let same = entries.iter().filter(|entry| entry.digest == one.digest);
            let names: HashSet<RefName> = same.filter_map(names::name_of).collect();
            let name = if names.len() == 1 { names.into_iter().next() } else { None };
            Ok(((*one).clone(), name))
        }
        // Nothing but referrers, to choose from by digest.
        [] => Err(ambiguous(store, &distinct(&entries))),
        several => Err(ambiguous(store, several)),
    }
}

/// The entries without a name that refer to something, and those whose tags name what they are about: what comes along with an image,
/// or with a part of it.
fn beside_the_point(store: &dyn Store, entries: &[Descriptor]) -> Result<HashSet<Digest>> {
    let referrers = Referrers::read(store)?;
    let beside = |entry: &&Descriptor| match names::name_of(entry) {
        Some(name) => about(&name).is_some(),
        None => referrers.has(&entry.digest),
    };
    Ok(entries.iter().filter(beside).map(|entry| entry.digest.clone()).collect())
}

/// The first of each digest.
fn distinct(entries: &[Descriptor]) -> Vec<&Descriptor> {
    let mut seen = HashSet::new();
    entries.iter().filter(|entry| seen.insert(&entry.digest)).collect()
}

fn ambiguous(store: &dyn Store, entries: &[&Descriptor]) -> Error {
    let candidate = |entry: &&Descriptor| {
        let name = names::name_of(entry).map(|name| format!(":{name}"));
        let platform = entry.platform.as_ref().map(ToString::to_string);
        let known: Vec<String> = [name, platform].into_iter().flatten().collect();
        match known.as_slice() {
            [] => format!("@{}", entry.digest),
            known => format!("@{} ({})", entry.digest, known.join(", ")),
        }
    };
    Error::Ambiguous { store: store.name(), candidates: entries.iter().map(candidate).collect() }
}
