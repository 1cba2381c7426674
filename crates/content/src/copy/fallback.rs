//! What names by its tag what it is about. The lists of referrers for registries that keep none (distribution-spec
//! "Referrers Tag Schema") are copied with that, and joined with a list that the destination has; cosign's signatures,
//! which are no referrers, are copied.

use std::collections::HashSet;

use ocidian_spec::{Descriptor, Digest, Document, ImageIndex, Kind, Raw, RawDocument, RefName};

use super::planned::Planned;
use super::platforms::made;
use super::report::Why;
use super::roots::Target;
use crate::document;
use crate::error::Result;
use crate::names;
use crate::referrers::{fallback_tag, is_fallback_tag, tagged};
use crate::store::{BlobSource, Role, Store, When};

/// The entries under the tags that name these subjects, but for those that are copied anyway.
pub(super) fn tags(store: &dyn Store, subjects: &[Digest], roots: &[Planned]) -> Result<Vec<Planned>> {
    let known: HashSet<RefName> = roots.iter().filter_map(Planned::name).collect();
    let mut tagged = tagged(store)?;
    let mut found = Vec::new();
    for entry in subjects.iter().filter_map(fallback_tag).filter_map(|tag| tagged.remove(&tag)).flatten() {
        let Some(name) = names::name_of(&entry).filter(|name| !known.contains(name)) else { continue };
        if store.stat(Role::Manifest, &entry)?.is_some() {
            let target = Target::Name { name: Some(name), when: When::Any };
            found.push(Planned::unchanged(entry, target, Why::FallbackTag));
        }
    }
    Ok(found)
}

/// A list that is another one at the destination.
pub(super) struct Joined {
    /// Whose root.
    pub(super) at: usize,
    /// The list of both.
    pub(super) document: RawDocument,
    /// Where it is put, if the destination's is what it was.
    pub(super) target: Target,
}

/// Joins each list among the roots with the one that the destination has under its tag, so that neither loses a
/// referrer. What only the destination's names is there, and counts as that.
pub(super) fn join(source: &dyn BlobSource, roots: &[Planned], existing: &dyn Store) -> Result<Vec<Joined>> {
    let is_index = |entry: &Descriptor| entry.media_type.kind() == Kind::Index;
    let list = |root: &Planned| root.name().filter(is_fallback_tag).filter(|_| is_index(&root.descriptor));
    let lists: Vec<(usize, &Planned, RefName)> =
        roots.iter().enumerate().filter_map(|(at, root)| Some((at, root, list(root)?))).collect();
    let mut joined = Vec::new();
    if lists.is_empty() {
        return Ok(joined);
    }
    let there = tagged(existing)?;
    for (at, root, tag) in lists {
        let named = |entry: &&Descriptor| names::name_of(entry).as_ref() == Some(&tag);
        let same: Vec<&Descriptor> = there.get(&tag).into_iter().flatten().filter(named).collect();
        let [theirs] = same.as_slice() else { continue };
        if !is_index(theirs) || theirs.digest == root.descriptor.digest {
            continue;
        }
        let ours: Raw<ImageIndex> = document::read(source, Role::Manifest, &root.descriptor)?;
        let target = Target::Name { when: When::Is(theirs.digest.clone()), name: Some(tag) };
        let document = both(document::read(existing, Role::Manifest, theirs)?, ours.into_value())?;
        joined.push(Joined { at, document, target });
    }
    Ok(joined)
}

/// The list with what it lacks of another one; itself where it lacks nothing.
fn both(list: Raw<ImageIndex>, other: ImageIndex) -> Result<RawDocument> {
    let known: HashSet<&Digest> = list.value().manifests.iter().map(|referrer| &referrer.digest).collect();
    let new = |referrer: &Descriptor| !known.contains(&referrer.digest);
    let new: Vec<Descriptor> = other.manifests.into_iter().filter(new).collect();
    if new.is_empty() {
        return Ok(list.document().clone());
    }
    let old = list.descriptor().clone();
    let mut list = list.into_value();
    list.manifests.extend(new);
    made(&old, list.to_json()?)
}
