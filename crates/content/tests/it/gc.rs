use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use ocidian_content::copy::{Options as CopyOptions, Root};
use ocidian_content::gc::Options;
use ocidian_content::{
    BlobAdmin, BlobSource, Cancel, Class, Error, Leftover, MemoryStore, RefSink, RefSource, Result, Role,
    Stored, Walk, When, copy, gc, walk,
};
use ocidian_spec::{Descriptor, Digest, Document, ImageManifest, MediaType, RefName};
use ocidian_testkit::store::FailingStore;
use proptest::prelude::*;

use crate::graph::{Graph, recipe};
use crate::{image, index, named};

fn digests(store: &dyn BlobAdmin) -> BTreeSet<Digest> {
    store.blobs().unwrap().into_iter().map(|stored| stored.digest).collect()
}

fn now() -> Options {
    Options { grace: Duration::ZERO, ..Options::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn exactly_what_the_entries_lead_to_stays(recipe in recipe()) {
        let graph = Graph::make(&recipe);
        let expected = graph.below(graph.roots(), true);
        let dry = gc(&graph.store, &Options { dry_run: true, ..now() }).unwrap();
        prop_assert_eq!(digests(&graph.store), graph.held.clone());
        let report = gc(&graph.store, &now()).unwrap();
        prop_assert_eq!(digests(&graph.store), expected.clone());
        prop_assert_eq!(report.kept.blobs, expected.len() as u64);
        prop_assert_eq!(report.freed.len(), graph.held.len() - expected.len());
        prop_assert_eq!(dry.freed, report.freed);
        prop_assert!(gc(&graph.store, &now()).unwrap().freed.is_empty());
    }

    #[test]
    fn whichever_call_fails_nothing_needed_is_gone(recipe in recipe()) {
        let expected = |graph: &Graph| graph.below(graph.roots(), true);
        let counted = FailingStore::new(Graph::make(&recipe).store, 0);
        gc(&counted, &now()).unwrap();
        for n in 1..=counted.calls() {
            let graph = Graph::make(&recipe);
            let store = FailingStore::new(graph.store.clone(), n);
            prop_assert!(gc(&store, &now()).is_err(), "call {}", n);
            prop_assert!(digests(&graph.store).is_superset(&expected(&graph)), "call {}", n);
            gc(&graph.store, &now()).unwrap();
            prop_assert_eq!(digests(&graph.store), expected(&graph));
        }
    }
}

#[test]
fn a_document_that_cannot_be_read_keeps_everything() {
    let damaged = |bytes: &[u8], kind: MediaType| {
        let store = MemoryStore::new();
        let child = Descriptor::new(kind, Digest::sha256(b"what it should be"), bytes.len() as u64);
        store.insert_as(child.digest.clone(), bytes);
        store.push_entry(named(index(&store, &[child]), "x"));
        image(&store, "linux/amd64");
        store
    };
    for (store, class) in [
        (damaged(b"what it is", MediaType::ImageManifest), Class::Verification),
        (damaged(b"what it is", MediaType::Other("a/b".to_owned())), Class::Verification),
    ] {
        let before = digests(&store);
        let error = gc(&store, &now()).unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(error.to_string().contains("nothing was removed"), "{error}");
        assert!(
            error.to_string().contains("(copy the image again to mend it, or remove its entry): "),
            "{error}"
        );
        assert_eq!(digests(&store), before);
    }
    // Intact, but not to be parsed: two readers may see two manifests in it.
    for text in [&br#"{"schemaVersion":2,"schemaVersion":2}"#[..], b"[]", b"{", b"", b"\xff"] {
        let store = MemoryStore::new();
        let entry = store.insert(MediaType::ImageManifest, text).unwrap();
        store.push_entry(named(entry, "x"));
        store.insert(MediaType::Empty, b"stray").unwrap();
        assert!(matches!(gc(&store, &now()), Err(Error::Unreadable { .. })));
        assert_eq!(digests(&store).len(), 2);
    }
}

#[test]
fn a_manifest_that_is_called_a_layer_keeps_what_it_mentions() {
    let store = MemoryStore::new();
    let kept = image(&store, "linux/amd64");
    let layer = "application/vnd.oci.image.layer.v1.tar".parse().unwrap();
    store.push_entry(Descriptor { media_type: layer, ..kept });
    assert!(gc(&store, &now()).unwrap().freed.is_empty());
}

#[test]
fn graphs_beyond_the_limits_are_refused_and_many_images_are_not() {
    let store = MemoryStore::new();
    let mut deep = image(&store, "linux/amd64");
    for _ in 0..65 {
        deep = index(&store, &[deep]);
    }
    store.push_entry(deep);
    let error = gc(&store, &now()).unwrap_err();
    assert!(error.to_string().contains("more than 64 levels"), "{error}");

    let store = MemoryStore::new();
    let child = image(&store, "linux/amd64");
    let wide = index(&store, &vec![child.clone(); 50_000]);
    let also_wide = index(&store, &[vec![child; 50_000], vec![wide.clone()]].concat());
    for entry in [wide, also_wide.clone()] {
        store.push_entry(entry);
    }
    assert_eq!(gc(&store, &now()).unwrap().kept.blobs, 5, "each has the limit to itself");
    let too_wide = index(&store, &vec![also_wide; 100_000]);
    store.push_entry(too_wide);
    let error = gc(&store, &now()).unwrap_err();
    assert!(error.to_string().contains("more than 100000 descriptors"), "{error}");
}

#[test]
fn what_a_descriptor_carries_leads_on_though_it_is_not_stored() {
    let store = MemoryStore::new();
    let layer = store.insert(MediaType::Other("a/b".to_owned()), b"layer").unwrap();
    let manifest = ImageManifest::new(Descriptor::empty(), vec![layer.clone()]).to_json().unwrap();
    let mut child = store.insert(MediaType::ImageManifest, &manifest).unwrap();
    store.remove_blob(&child.digest).unwrap();
    child.data = Some(base64(&manifest));
    let top = index(&store, &[child]);
    store.push_entry(named(top.clone(), "x"));
    gc(&store, &now()).unwrap();
    assert_eq!(digests(&store), [layer.digest, top.digest].into());
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[test]
fn an_entry_of_an_unknown_algorithm_keeps_what_it_mentions_if_its_type_is_unknown_too() {
    let store = MemoryStore::new();
    let kept = image(&store, "linux/amd64");
    let text = kept.digest.to_string();
    let digest: Digest = "x:y".parse().unwrap();
    store.insert_as(digest.clone(), text.as_bytes());
    let kind = MediaType::Other("application/x-unknown".to_owned());
    store.push_entry(Descriptor::new(kind, digest.clone(), text.len() as u64));
    assert!(gc(&store, &now()).unwrap().freed.is_empty(), "and what is below that");
    // As a manifest it has to be read, and cannot be verified.
    store.push_entry(Descriptor::new(MediaType::ImageManifest, digest, text.len() as u64));
    assert!(matches!(gc(&store, &now()), Err(Error::Unreadable { .. })));
}

/// A store whose blobs have ages, and that has leftovers.
struct Aged {
    store: MemoryStore,
    ages: Vec<(Digest, Duration)>,
    leftovers: std::sync::Mutex<Vec<Leftover>>,
    now: SystemTime,
}

impl BlobSource for Aged {
    fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        self.store.stat(role, descriptor)
    }
    fn open_range(
        &self,
        role: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn std::io::Read + Send>> {
        self.store.open_range(role, descriptor, offset, len)
    }
    fn name(&self) -> String {
        self.store.name()
    }
}

impl RefSource for Aged {
    fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>> {
        self.store.resolve(name)
    }
    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        self.store.list()
    }
    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.store.referrers(subject)
    }
}

impl BlobAdmin for Aged {
    fn exclude_writers(&self) -> Result<Box<dyn Send>> {
        self.store.exclude_writers()
    }
    fn blobs(&self) -> Result<Vec<Stored>> {
        let age = |stored: &Stored| {
            let found = self.ages.iter().find(|(digest, _)| *digest == stored.digest);
            found.map_or(Duration::from_secs(7200), |(_, age)| *age)
        };
        let aged = |stored: Stored| Stored { modified: self.now.checked_sub(age(&stored)), ..stored };
        Ok(self.store.blobs()?.into_iter().map(aged).collect())
    }
    fn remove_blob(&self, digest: &Digest) -> Result<()> {
        self.store.remove_blob(digest)
    }
    fn leftovers(&self) -> Result<Vec<Leftover>> {
        Ok(self.leftovers.lock().unwrap().clone())
    }
    fn remove_leftover(&self, leftover: &Leftover) -> Result<()> {
        self.leftovers.lock().unwrap().retain(|there| there != leftover);
        Ok(())
    }
}

#[test]
fn the_young_stay_with_what_they_mention_and_leftovers_go() {
    let store = MemoryStore::new();
    let young = image(&store, "linux/amd64");
    let other = store.insert(MediaType::Empty, b"old and stray").unwrap();
    // A layer may hold any text; only documents are looked into.
    let layer = store.insert(MediaType::Empty, format!("layer {}", other.digest).as_bytes()).unwrap();
    let ages =
        vec![(young.digest.clone(), Duration::from_secs(3599)), (layer.digest.clone(), Duration::ZERO)];
    let leftovers = vec![Leftover { name: ".stage".to_owned(), size: 7 }].into();
    let now = SystemTime::now();
    let store = Aged { store, ages, leftovers, now };
    let hour = Options { now, ..Options::default() };

    let dry = gc(&store, &Options { dry_run: true, ..hour.clone() }).unwrap();
    assert_eq!((dry.freed.len(), dry.leftovers.len()), (1, 1));
    assert_eq!(store.leftovers().unwrap().len(), 1);
    let report = gc(&store, &hour).unwrap();
    assert_eq!(report.freed.iter().map(|freed| &freed.digest).collect::<Vec<_>>(), [&other.digest]);
    assert_eq!(report.young.len(), 4, "the manifest, its config and layer, the other layer");
    assert!(store.leftovers().unwrap().is_empty());

    let second = Options { now: now + Duration::from_secs(1), ..hour.clone() };
    assert_eq!(gc(&store, &second).unwrap().freed.len(), 3);
    // A clock that was set back makes nothing old.
    let back = Options { now: now - Duration::from_secs(86400), ..hour.clone() };
    assert_eq!(gc(&store, &back).unwrap().young.len(), 1);
    assert_eq!(gc(&store, &Options { grace: Duration::ZERO, ..hour }).unwrap().freed.len(), 1);
}

#[test]
fn a_cancelled_collection_stops_where_it_is() {
    let store = MemoryStore::new();
    let top = image(&store, "linux/amd64");
    store.push_entry(top);
    store.insert(MediaType::Empty, b"stray").unwrap();
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(gc(&store, &Options { cancel, ..now() }), Err(Error::Cancelled)));
    assert_eq!(digests(&store).len(), 4);
}

#[test]
fn beside_writers_nothing_that_was_finished_is_lost() {
    let from = MemoryStore::new();
    let images: Vec<Descriptor> = (0..40).map(|n| image(&from, &format!("linux/arch{n}"))).collect();
    let store = MemoryStore::new();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                gc(&store, &now()).unwrap();
            }
        });
        let writers: Vec<_> = images
            .chunks(10)
            .map(|images| {
                let (from, store) = (&from, &store);
                scope.spawn(move || {
                    for image in images {
                        // Put, removed and put again, so that what was there is taken over while it is collected.
                        for round in 0..3 {
                            let name: RefName = image.digest.encoded().parse().unwrap();
                            let roots = vec![Root::named(image.clone(), Some(name.clone()))];
                            copy(from, roots, Box::new(store.sink()), &CopyOptions::default()).unwrap();
                            if round < 2 {
                                store.remove(&name, When::Any).unwrap();
                            }
                        }
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        over.store(true, Ordering::Relaxed);
    });
    gc(&store, &now()).unwrap();
    assert_eq!(store.list().unwrap().len(), images.len());
    for node in Walk::new(&store, images, walk::Order::ParentsFirst) {
        assert!(!matches!(node.unwrap().content, walk::Content::Missing));
    }
}

/// A store that is written to just after its entries were read.
struct Met {
    store: MemoryStore,
    write: std::sync::Mutex<Option<Box<dyn FnOnce() + Send>>>,
    writer: std::sync::Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl BlobSource for Met {
    fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        self.store.stat(role, descriptor)
    }
    fn open_range(
        &self,
        role: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn std::io::Read + Send>> {
        self.store.open_range(role, descriptor, offset, len)
    }
    fn name(&self) -> String {
        self.store.name()
    }
}

impl RefSource for Met {
    fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>> {
        self.store.resolve(name)
    }
    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        let listed = self.store.list();
        if let Some(write) = self.write.lock().unwrap().take() {
            let (done, wait) = std::sync::mpsc::channel();
            let writer = std::thread::spawn(move || {
                write();
                let _ = done.send(());
            });
            // It gets through at once, or not before the collector is done.
            let _ = wait.recv_timeout(Duration::from_millis(300));
            *self.writer.lock().unwrap() = Some(writer);
        }
        listed
    }
    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.store.referrers(subject)
    }
}

impl BlobAdmin for Met {
    fn exclude_writers(&self) -> Result<Box<dyn Send>> {
        self.store.exclude_writers()
    }
    fn blobs(&self) -> Result<Vec<Stored>> {
        self.store.blobs()
    }
    fn remove_blob(&self, digest: &Digest) -> Result<()> {
        self.store.remove_blob(digest)
    }
}

#[test]
fn a_writer_that_comes_between_waits_and_has_all_that_it_took_over() {
    let (from, store) = (MemoryStore::new(), MemoryStore::new());
    let there = image(&store, "linux/amd64");
    let image = image(&from, "linux/amd64");
    assert_eq!(image, there, "nothing names it yet");
    let sink = store.clone();
    let write = move || {
        let roots = vec![Root::named(image, Some("x".parse().unwrap()))];
        copy(&from, roots, Box::new(sink.sink()), &CopyOptions::default()).unwrap();
    };
    let met = Met { store, write: std::sync::Mutex::new(Some(Box::new(write))), writer: Default::default() };
    assert_eq!(gc(&met, &now()).unwrap().freed.len(), 3);
    met.writer.lock().unwrap().take().unwrap().join().unwrap();
    for node in Walk::new(&met.store, [there], walk::Order::ParentsFirst) {
        assert!(!matches!(node.unwrap().content, walk::Content::Missing));
    }
    assert_eq!(gc(&met.store, &now()).unwrap().kept.blobs, 3);
}
