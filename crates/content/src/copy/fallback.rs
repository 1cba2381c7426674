//! What names by its tag what it is about. The lists of referrers for registries that keep none (distribution-spec
//! "Referrers Tag Schema") are copied with that, and joined with a list that the destination has; cosign's signatures,
//! which are no referrers, are copied.

use std::collections::HashSet;

use ocidian_spec::{Descriptor, Digest, Document, ImageIndex, Kind, Raw, RefName};

use super::Options;
use super::plan::{Plan, Planned};
use super::platforms::made;
use super::report::Why;
use super::roots::Target;
use crate::document;
use crate::error::Result;
use crate::names;
use crate::referrers::{fallback_tag, is_fallback_tag, tagged};
use crate::store::{Role, Store, When};

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

/// Joins each list with the one that the destination has under its tag, so that neither loses a referrer.
pub(super) fn merge(plan: &mut Plan<'_>, options: &Options<'_>) -> Result<()> {
    let Some(existing) = options.existing else { return Ok(()) };
    for at in 0..plan.roots.len() {
        let Some(root) = plan.roots.get(at).filter(|root| !root.is_converted(options)) else { continue };
        let Some(tag) = root.name().filter(is_fallback_tag) else { continue };
        if root.descriptor.media_type.kind() != Kind::Index {
            continue;
        }
        let there = existing.resolve(&tag)?;
        let [there] = there.as_slice() else { continue };
        if there.media_type.kind() != Kind::Index || there.digest == root.descriptor.digest {
            continue;
        }
        let ours: Raw<ImageIndex> = document::read(&plan.source, Role::Manifest, &root.descriptor)?;
        let theirs: Raw<ImageIndex> = document::read(existing, Role::Manifest, there)?;
        let target = Target::Name { name: Some(tag), when: When::Is(there.digest.clone()) };
        let by = theirs.descriptor().clone();
        let merged = made(&by, join(theirs, ours.into_value().manifests).to_json()?)?;
        // What only the destination's list names is there, and counts as that.
        plan.replace(at, &merged, target)?;
    }
    Ok(())
}

/// The list with those added that it lacks.
fn join(list: Raw<ImageIndex>, more: Vec<Descriptor>) -> ImageIndex {
    let mut list = list.into_value();
    let known: HashSet<Digest> = list.manifests.iter().map(|referrer| referrer.digest.clone()).collect();
    list.manifests.extend(more.into_iter().filter(|referrer| !known.contains(&referrer.digest)));
    list
}
