//! What refers to what is copied: found level by level, because signatures are signed too.

use std::collections::{HashMap, HashSet};

use ocidian_spec::{Descriptor, Digest, RefName};

use super::planned::Planned;
use crate::error::{Error, Result};
use crate::names;
use crate::referrers::{Referrers, about, fallback_tag};
use crate::store::{BlobSource, Role, Store};
use crate::walk::{Limits, Order, Walk};

/// All that refers to the documents below `roots`, to the documents below that, and so on; and those documents' digests.
pub(super) fn referrers(
    store: &dyn Store,
    source: &dyn BlobSource,
    roots: Vec<Descriptor>,
) -> Result<(Vec<Digest>, Vec<Descriptor>)> {
    let limits = Limits::default();
    let mut subjects = Vec::new();
    let mut found: Vec<Descriptor> = Vec::new();
    let mut seen: HashSet<Digest> = HashSet::new();
    let mut level = roots;
    let mut levels = 0;
    while !level.is_empty() {
        let mut new = Vec::new();
        for node in Walk::new(source, level, Order::ParentsFirst).without_blobs() {
            let node = node?;
            if node.role == Role::Manifest && seen.insert(node.descriptor.digest.clone()) {
                new.push(node.descriptor.digest);
            }
        }
        // One that was met as a part of something before is here as a part of that.
        let unseen = |referrer: &Descriptor| !seen.contains(&referrer.digest);
        level = store.referrers_of(&new)?.into_iter().filter(unseen).collect();
        let mut listed = HashSet::new();
        level.retain(|referrer| listed.insert(referrer.digest.clone()));
        subjects.append(&mut new);
        found.extend(level.iter().cloned());
        if found.len() as u64 > limits.descriptors {
            return Err(Error::Limit { what: "referrers", limit: limits.descriptors });
        }
        levels += 1;
        if levels > limits.depth {
            return Err(Error::Limit { what: "levels of referrers", limit: limits.depth as u64 });
        }
    }
    Ok((subjects, found))
}

/// The digests of those roots that refer to `gone`, or list who does, and of what refers to these.
pub(super) fn below(store: &dyn Store, roots: &[Planned], gone: HashSet<Digest>) -> Result<HashSet<Digest>> {
    let referrers = Referrers::read(store)?;
    let mut tagged: HashMap<RefName, Vec<Digest>> = HashMap::new();
    for root in roots {
        if let Some(tag) = names::name_of(&root.source).as_ref().and_then(about) {
            tagged.entry(tag).or_default().push(root.source.digest.clone());
        }
    }
    let mut dropped = HashSet::new();
    let mut pending: Vec<Digest> = gone.into_iter().collect();
    while let Some(digest) = pending.pop() {
        let next = referrers.of(&digest).iter().map(|referrer| referrer.digest.clone());
        let lists = fallback_tag(&digest).and_then(|tag| tagged.remove(&tag)).unwrap_or_default();
        pending.extend(next.chain(lists).filter(|digest| dropped.insert(digest.clone())));
    }
    Ok(dropped)
}
