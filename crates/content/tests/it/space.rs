//! The room that images take, against sums made by hand and over hostile graphs.

use std::collections::{BTreeMap, BTreeSet};

use ocidian_content::{BlobAdmin, Error, MemoryStore, Space};
use ocidian_spec::{Descriptor, Digest, ImageIndex, ImageManifest, MediaType};
use proptest::prelude::*;

use crate::named;

fn blob(store: &MemoryStore, bytes: &[u8]) -> Descriptor {
    store.insert(MediaType::Other("application/octet-stream".to_owned()), bytes).unwrap()
}

fn manifest(store: &MemoryStore, layers: Vec<Descriptor>) -> Descriptor {
    let config = store.insert(MediaType::Empty, b"{}").unwrap();
    let bytes = serde_json::to_vec(&ImageManifest::new(config, layers)).unwrap();
    store.insert(MediaType::ImageManifest, &bytes).unwrap()
}

fn index(store: &MemoryStore, children: Vec<Descriptor>) -> Descriptor {
    let bytes = serde_json::to_vec(&ImageIndex::new(children)).unwrap();
    store.insert(MediaType::ImageIndex, &bytes).unwrap()
}

#[test]
fn what_is_shared_counts_once_and_what_is_absent_not_at_all() {
    let store = MemoryStore::new();
    let base = blob(&store, &[b'b'; 1000]);
    let absent = Descriptor::new(base.media_type.clone(), Digest::sha256(b"absent"), 5000);
    let one = manifest(&store, vec![base.clone(), blob(&store, &[b'1'; 10]), absent]);
    let two = manifest(&store, vec![base.clone(), base.clone(), blob(&store, &[b'2'; 20])]);
    store.push_entry(named(one.clone(), "one"));
    store.push_entry(named(two.clone(), "two"));
    store.push_entry(named(one.clone(), "uno"));
    let space = Space::of(&store, None).unwrap();
    let figures: Vec<_> = space
        .images
        .iter()
        .map(|image| {
            let names: Vec<_> = image.names.iter().map(|name| name.as_str()).collect();
            (names, image.blobs, image.size, image.own, image.shared(), image.absent)
        })
        .collect();
    let (one, two) = (one.size, two.size);
    assert_eq!(
        figures,
        [
            (vec!["one", "uno"], 4, 1012 + one, 10 + one, 1002, 1),
            (vec!["two"], 4, 1022 + two, 20 + two, 1002, 0)
        ]
    );
    assert_eq!((space.blobs, space.size), (6, 1032 + one + two));
    assert!(space.damaged.is_none());
}

#[test]
fn an_index_has_the_room_of_its_children_and_shares_it_with_their_own_tags() {
    let store = MemoryStore::new();
    let child = manifest(&store, vec![blob(&store, &[b'c'; 100])]);
    let both = index(&store, vec![child.clone(), manifest(&store, vec![])]);
    store.push_entry(named(both, "both"));
    store.push_entry(named(child.clone(), "child"));
    let space = Space::of(&store, None).unwrap();
    assert_eq!(space.images[0].size, space.size);
    assert_eq!((space.images[1].own, space.images[1].shared()), (0, child.size + 102));
}

#[test]
fn a_damaged_document_hides_only_what_is_below_it() {
    let store = MemoryStore::new();
    let (wrong, digest) = (b"{\"wrong\": 1}", Digest::sha256(b"something else"));
    store.insert_as(digest.clone(), wrong);
    store.push_entry(Descriptor::new(MediaType::ImageManifest, digest, wrong.len() as u64));
    store.push_entry(manifest(&store, vec![blob(&store, b"fine")]));
    let space = Space::of(&store, None).unwrap();
    assert!(matches!(space.damaged, Some((1, Error::Blob { .. }))));
    assert_eq!((space.images[0].blobs, space.images[1].blobs), (1, 3));
}

#[test]
fn a_graph_that_doubles_at_each_level_costs_its_documents_only() {
    let store = MemoryStore::new();
    let mut top = manifest(&store, vec![]);
    for _ in 0..60 {
        top = index(&store, vec![top.clone(), top.clone()]);
    }
    store.push_entry(top);
    assert_eq!(Space::of(&store, None).unwrap().images[0].blobs, 62);
}

#[test]
fn levels_without_end_are_an_error() {
    let store = MemoryStore::new();
    let mut top = manifest(&store, vec![]);
    for _ in 0..70 {
        top = index(&store, vec![top]);
    }
    store.push_entry(top);
    assert!(matches!(Space::of(&store, None), Err(Error::Limit { what: "levels", .. })));
}

#[test]
fn many_entries_that_all_lead_to_one_large_index_end_in_an_error_not_in_hours() {
    let store = MemoryStore::new();
    let children = (0..20_000_u32)
        .map(|n| Descriptor::new(MediaType::ImageManifest, Digest::sha256(&n.to_be_bytes()), 1));
    let large = index(&store, children.collect());
    for n in 0..5_000_u32 {
        let mut entry = ImageIndex::new(vec![large.clone()]);
        entry.annotations = Some([("n".to_owned(), n.to_string())].into());
        let bytes = serde_json::to_vec(&entry).unwrap();
        store.push_entry(store.insert(MediaType::ImageIndex, &bytes).unwrap());
    }
    assert!(matches!(Space::of(&store, None), Err(Error::Limit { .. })));
}

proptest! {
    /// Images over a few layers, some in indexes: the figures are what sets of digests come to.
    #[test]
    fn figures_are_those_of_sets(
        images in prop::collection::vec(prop::collection::vec(0..12_u8, 0..6), 1..8),
        indexes in prop::collection::vec(prop::collection::vec(0..8_usize, 0..4), 0..4),
    ) {
        let store = MemoryStore::new();
        let config = store.insert(MediaType::Empty, b"{}").unwrap();
        let mut sets: BTreeMap<Digest, BTreeSet<(Digest, u64)>> = BTreeMap::new();
        let key = |descriptor: &Descriptor| (descriptor.digest.clone(), descriptor.size);
        let mut manifests = Vec::new();
        for layers in &images {
            let layers: Vec<_> = layers.iter().map(|n| blob(&store, &vec![*n; 10 + usize::from(*n)])).collect();
            let made = manifest(&store, layers.clone());
            let mut set: BTreeSet<_> = layers.iter().map(key).collect();
            set.extend([key(&made), key(&config)]);
            sets.insert(made.digest.clone(), set);
            store.push_entry(made.clone());
            manifests.push(made);
        }
        for children in &indexes {
            let children: Vec<_> = children.iter().filter_map(|n| manifests.get(*n)).cloned().collect();
            let made = index(&store, children.clone());
            let mut set: BTreeSet<_> =
                children.iter().flat_map(|child| sets[&child.digest].clone()).collect();
            set.insert(key(&made));
            sets.insert(made.digest.clone(), set);
            store.push_entry(made);
        }
        let space = Space::of(&store, None).unwrap();
        prop_assert_eq!(space.images.len(), sets.len());
        for image in &space.images {
            let set = &sets[&image.descriptor.digest];
            let others: BTreeSet<_> = sets
                .iter()
                .filter(|(digest, _)| **digest != image.descriptor.digest)
                .flat_map(|(_, set)| set.clone())
                .collect();
            let size: u64 = set.iter().map(|(_, size)| size).sum();
            let own: u64 = set.difference(&others).map(|(_, size)| size).sum();
            prop_assert_eq!((image.blobs, image.size, image.own), (set.len() as u64, size, own));
        }
        let all: BTreeSet<_> = sets.into_values().flatten().collect();
        prop_assert_eq!(space.size, all.iter().map(|(_, size)| size).sum::<u64>());
    }
}

proptest! {
    #[test]
    fn each_image_has_what_it_leads_to(recipe in crate::graph::recipe()) {
        let graph = crate::graph::Graph::make(&recipe);
        // What is mentioned in a format that nobody knows is not seen to be a part.
        prop_assume!(graph.unknown.is_empty());
        let stored = graph.store.blobs().unwrap();
        let bytes = |digests: &BTreeSet<Digest>| -> u64 {
            stored.iter().filter(|stored| digests.contains(&stored.digest)).map(|stored| stored.size).sum()
        };
        let space = Space::of(&graph.store, Some(&stored)).unwrap();
        let roots: BTreeSet<Digest> = graph.roots().into_iter().collect();
        prop_assert_eq!(space.images.len(), roots.len());
        for image in &space.images {
            let root = &image.descriptor.digest;
            let has = graph.below([root.clone()], false);
            let others = graph.below(roots.iter().filter(|other| *other != root).cloned(), false);
            prop_assert_eq!((image.blobs, image.size), (has.len() as u64, bytes(&has)));
            prop_assert_eq!(image.own, bytes(&has.difference(&others).cloned().collect()));
            let names = graph.entries.iter().filter(|entry| entry.digest == *root && entry.annotations.is_some());
            prop_assert_eq!(image.names.len(), names.count());
        }
        let reached = graph.below(roots, false);
        prop_assert_eq!((space.blobs, space.size), (reached.len() as u64, bytes(&reached)));
    }
}
