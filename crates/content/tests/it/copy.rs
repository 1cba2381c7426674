use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ocidian_content::copy::{Options, Platforms, Root, Target, Why, listed, selected};
use ocidian_content::referrers::fallback_tag;
use ocidian_content::{
    BlobAdmin, BlobSink, BlobSource, BlobWrite, Cancel, Class, Demands, Destination, Error, Event, Expect,
    MemoryStore, Progress, RefSink, RefSource, Result, Role, Walk, When, copy, document, walk,
};
use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, DOCKER_REFERENCE_DIGEST, DOCKER_REFERENCE_TYPE};
use ocidian_spec::{
    Algorithm, Descriptor, Digest, Document, Hasher, ImageIndex, ImageManifest, MediaType, Platform,
    RawDocument, RefName, Selector,
};
use ocidian_testkit::store::FailingStore;

use proptest::prelude::*;

use crate::graph::{Graph, recipe};
use crate::{image, index, named, on};

fn to(store: &MemoryStore) -> Box<dyn Destination> {
    Box::new(store.sink())
}

fn name(text: &str) -> RefName {
    text.parse().unwrap()
}

fn root(descriptor: &Descriptor, tag: &str) -> Vec<Root> {
    vec![Root::named(descriptor.clone(), Some(name(tag)))]
}

/// An artifact about `subject`.
fn referrer(store: &MemoryStore, subject: &Descriptor, kind: &str) -> Descriptor {
    let blob = store.insert(MediaType::Other("text/plain".to_owned()), kind.as_bytes()).unwrap();
    store.insert(MediaType::Empty, b"{}").unwrap();
    let mut manifest = ImageManifest::new(Descriptor::empty(), vec![blob]);
    manifest.artifact_type = Some(MediaType::Other(kind.to_owned()));
    manifest.subject = Some(Descriptor { annotations: None, platform: None, ..subject.clone() });
    store.insert(MediaType::ImageManifest, &manifest.to_json().unwrap()).unwrap()
}

/// What BuildKit puts beside an image.
fn attestation(store: &MemoryStore, of: &Descriptor) -> Descriptor {
    let mut made = on(referrer(store, of, "in-toto"), "unknown/unknown");
    made.annotations = Some(
        [
            (DOCKER_REFERENCE_TYPE, "attestation-manifest".to_owned()),
            (DOCKER_REFERENCE_DIGEST, of.digest.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into(),
    );
    made
}

/// Every (digest, role) that the descriptors lead to and the store holds.
fn reachable(store: &MemoryStore, roots: Vec<Descriptor>) -> BTreeSet<Digest> {
    let held = |node: &walk::Node| !matches!(node.content, walk::Content::Missing);
    let walk = Walk::new(store, roots, walk::Order::ParentsFirst).map(|node| node.unwrap());
    walk.filter(held).map(|node| node.descriptor.digest).collect()
}

fn digests(store: &MemoryStore) -> BTreeSet<Digest> {
    store.blobs().unwrap().into_iter().map(|stored| stored.digest).collect()
}

fn entries(store: &MemoryStore) -> Vec<(Option<String>, Digest)> {
    let entry = |(name, entry): (Option<RefName>, Descriptor)| (name.map(|n| n.to_string()), entry.digest);
    store.list().unwrap().into_iter().map(entry).collect()
}

fn only(platforms: &[&str]) -> Options<'static> {
    let wanted = platforms.iter().map(|text| text.parse::<Platform>().unwrap()).collect();
    Options { platforms: Platforms::Only(wanted), ..Options::default() }
}

#[test]
fn an_index_comes_over_with_all_below_it_and_nothing_else() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let root_index =
        index(&from, &[on(image(&from, "linux/amd64"), "linux/amd64"), image(&from, "linux/arm64")]);
    from.push_entry(named(root_index.clone(), "a"));
    image(&from, "linux/s390x");

    let (found, as_name) = selected(&from, &Selector::Sole).unwrap();
    assert_eq!((&found.digest, as_name), (&root_index.digest, Some(name("a"))));
    let report = copy(&from, root(&found, "b"), to(&there), &Options::default()).unwrap();

    assert_eq!(digests(&there), reachable(&from, vec![root_index.clone()]));
    assert_eq!(entries(&there), [(Some("b".to_owned()), root_index.digest.clone())]);
    assert!(report.absent.is_empty() && report.notes.is_empty() && !report.roots[0].is_changed());
    // Two manifests, two configs, one layer that both have, the index.
    assert_eq!((report.copied.blobs, report.adopted.blobs), (6, 0));

    let again = copy(&from, root(&found, "c"), to(&there), &Options::default()).unwrap();
    assert_eq!((again.copied.blobs, again.adopted), (0, report.copied));
    assert_eq!(entries(&there).len(), 2);

    // What is put under several names, or is part of what is put too, counts once.
    let index: ImageIndex = document::read(&from, Role::Manifest, &root_index).unwrap().into_value();
    let mut twice = root(&found, "b");
    twice.extend(root(&found, "c"));
    twice.extend(root(&index.manifests[0], "d"));
    let elsewhere = MemoryStore::new();
    let report = copy(&from, twice, to(&elsewhere), &Options::default()).unwrap();
    assert_eq!((report.copied.blobs, report.adopted.blobs), (6, 0));
}

#[test]
fn a_whole_store_keeps_every_entry_as_it_is_listed() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let [a, b] = ["linux/amd64", "linux/arm64"].map(|platform| image(&from, platform));
    let docker = |entry: &Descriptor, full: &str| {
        let mut entry = named(entry.clone(), "latest");
        entry.annotations.as_mut().unwrap().insert(CONTAINERD_IMAGE_NAME.to_owned(), full.to_owned());
        entry
    };
    let listing = [
        docker(&a, "docker.io/library/alpine:latest"),
        docker(&b, "docker.io/library/busybox:latest"),
        named(on(a.clone(), "linux/amd64"), "both"),
        named(on(b.clone(), "linux/arm64"), "both"),
        referrer(&from, &a, "application/x-signature"),
    ];
    listing.iter().for_each(|entry| from.push_entry(entry.clone()));
    for old in ["both", "other"] {
        there.push_entry(named(image(&there, "linux/s390x"), old));
    }

    copy(&from, listed(&from).unwrap(), to(&there), &Options::default()).unwrap();
    let listed_there: Vec<_> = there.list().unwrap().into_iter().map(|(_, entry)| entry).collect();
    let other = named(image(&there, "linux/s390x"), "other");
    let expected = [
        listing[2].clone(), // where the old one of its name was
        other,
        listing[0].clone(),
        listing[1].clone(),
        listing[3].clone(),
        listing[4].clone(),
    ];
    assert_eq!(listed_there, expected);

    copy(&from, listed(&from).unwrap(), to(&there), &Options::default()).unwrap();
    let mut again: Vec<_> = there.list().unwrap().into_iter().map(|(_, entry)| entry.digest).collect();
    let mut before: Vec<_> = expected.into_iter().map(|entry| entry.digest).collect();
    again.sort();
    before.sort();
    assert_eq!(again, before, "a second copy lists nothing twice");
}

#[test]
fn platforms_make_a_new_index_of_what_was_kept() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let children: Vec<Descriptor> = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64"]
        .map(|platform| on(image(&from, platform), platform))
        .into();
    let attested: Vec<Descriptor> = children.iter().map(|child| attestation(&from, child)).collect();
    let about_arm64 = referrer(&from, &children[3], "application/x-sbom");
    let mut all = children.clone();
    all.extend(attested.clone());
    all.push(about_arm64.clone());
    let text = format!(
        r#"{{"schemaVersion":2,"x":1.10,"manifests":{},"annotations":{{"k":"v"}}}}"#,
        serde_json::to_string(&all).unwrap()
    );
    let whole = from.insert(MediaType::ImageIndex, text.as_bytes()).unwrap();

    for (wanted, kept) in [
        (&["linux/amd64"][..], &[0, 4][..]),
        (&["linux/arm"], &[2, 6]), // v7, as everywhere
        (&["linux/arm64", "linux/amd64"], &[0, 3, 4, 7, 8]),
    ] {
        let report = copy(&from, root(&whole, "x"), to(&there), &only(wanted)).unwrap();
        let entry = there.resolve(&name("x")).unwrap().pop().unwrap();
        let made = document::read::<ImageIndex>(&there, Role::Manifest, &entry).unwrap();
        let expected: Vec<_> = kept.iter().map(|at| all[*at].clone()).collect();
        assert_eq!(made.value().manifests, expected, "{wanted:?}");
        assert_eq!(made.value().other["x"].get(), "1.10");
        assert_eq!(made.value().annotations.as_ref().unwrap()["k"], "v");
        assert_eq!(report.roots[0].kept.len() + report.roots[0].left_out.len(), all.len());
        assert!(report.roots[0].is_changed());
    }
    let all_of_them = only(&["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64"]);
    let report = copy(&from, root(&whole, "y"), to(&there), &all_of_them).unwrap();
    assert!(!report.roots[0].is_changed(), "nothing was left out");

    let error =
        copy(&from, root(&whole, "z"), to(&there), &only(&["linux/amd64", "linux/s390x"])).unwrap_err();
    assert_eq!(error.class(), Class::NotFound);
    assert!(
        error.to_string().starts_with("no image for platform linux/s390x; there is linux/amd64, linux/arm"),
        "{error}"
    );
}

#[test]
fn nested_indexes_are_narrowed_too() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let [amd, arm, s390] =
        ["linux/amd64", "linux/arm64", "linux/s390x"].map(|platform| image(&from, platform));
    let mixed = index(&from, &[amd.clone(), arm.clone()]);
    let none = index(&from, std::slice::from_ref(&s390));
    let whole = index(&from, std::slice::from_ref(&amd));
    let top = index(&from, &[mixed, none, whole.clone(), arm]);
    copy(&from, root(&top, "x"), to(&there), &only(&["linux/amd64"])).unwrap();
    // What is left of `mixed` is what `whole` is, but for how it is written.
    let entry = there.resolve(&name("x")).unwrap().pop().unwrap();
    let made = document::read::<ImageIndex>(&there, Role::Manifest, &entry).unwrap().into_value();
    assert_eq!(made.manifests.len(), 2);
    assert_eq!(made.manifests[1], whole);
    let nested = document::read::<ImageIndex>(&there, Role::Manifest, &made.manifests[0]).unwrap();
    assert_eq!(nested.value().manifests, [amd]);
    assert!(!digests(&there).contains(&s390.digest));
}

#[test]
fn of_a_whole_store_what_refers_to_what_is_left_out_is_left_out() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let [amd, arm] = ["linux/amd64", "linux/arm64"].map(|platform| on(image(&from, platform), platform));
    let both = index(&from, &[amd.clone(), arm.clone()]);
    let signature = referrer(&from, &arm, "application/x-signature");
    let of_signature = referrer(&from, &signature, "application/x-signature");
    let kept = referrer(&from, &amd, "application/x-signature");
    let list = index(&from, std::slice::from_ref(&signature));
    from.push_entry(named(both.clone(), "both"));
    from.push_entry(named(arm.clone(), "arm"));
    from.push_entry(named(list, fallback_tag(&arm.digest).unwrap().as_str()));
    for entry in [&signature, &of_signature, &kept] {
        from.push_entry(entry.clone());
    }
    let report = copy(&from, listed(&from).unwrap(), to(&there), &only(&["linux/amd64"])).unwrap();
    let there: Vec<_> = entries(&there).into_iter().map(|(name, _)| name).collect();
    assert_eq!(there, [Some("both".to_owned()), None]);
    assert_eq!(report.roots[1].source.digest, kept.digest);
    assert_eq!(report.notes.len(), 4, "{:?}", report.notes);
}

#[test]
fn of_a_whole_store_each_platform_has_to_be_somewhere() {
    let from = MemoryStore::new();
    let absent = Descriptor::new(MediaType::ImageManifest, Digest::sha256(b"absent"), 6);
    for (tag, platform) in [("a", "linux/amd64"), ("b", "linux/arm64")] {
        from.push_entry(named(image(&from, platform), tag));
    }
    let whole = |wanted: &[&str]| {
        let there = MemoryStore::new();
        let report = copy(&from, listed(&from).unwrap(), to(&there), &only(wanted))?;
        Ok::<_, Error>((entries(&there).len(), report.notes))
    };
    assert_eq!(whole(&["linux/amd64", "linux/arm64"]).unwrap(), (2, Vec::new()));
    let (listed, notes) = whole(&["linux/arm64"]).unwrap();
    assert_eq!(listed, 1);
    assert!(notes[0].ends_with("(a) was left out: it is for linux/amd64"), "{notes:?}");
    let error = whole(&["linux/amd64", "linux/s390x"]).unwrap_err();
    assert_eq!(error.to_string(), "no image for platform linux/s390x; there is linux/amd64, linux/arm64");
    from.push_entry(named(absent, "c"));
    assert_eq!(whole(&["linux/amd64", "linux/s390x"]).unwrap().1.len(), 2);
    assert_eq!(whole(&["linux/s390x"]).unwrap_err().class(), Class::NotFound);
}

#[test]
fn referrers_come_along_with_theirs_and_with_the_lists_under_fallback_tags() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let child = image(&from, "linux/amd64");
    let top = index(&from, std::slice::from_ref(&child));
    let signature = referrer(&from, &child, "application/x-signature");
    let of_signature = referrer(&from, &signature, "application/x-timestamp");
    let sbom = referrer(&from, &top, "application/x-sbom");
    let stranger = referrer(&from, &image(&from, "linux/s390x"), "application/x-sbom");
    let gone = Descriptor::new(MediaType::ImageManifest, Digest::sha256(b"gone"), 4);
    let list = index(&from, &[sbom.clone(), gone.clone()]);
    let tag = fallback_tag(&top.digest).unwrap();
    from.push_entry(named(top.clone(), "x"));
    from.push_entry(named(list.clone(), tag.as_str()));
    for entry in [&signature, &of_signature, &stranger] {
        from.push_entry(entry.clone());
    }
    // The destination knows of another one.
    let other = referrer(&there, &top, "application/x-other");
    let list_there = index(&there, std::slice::from_ref(&other));
    there.push_entry(named(list_there.clone(), tag.as_str()));

    let (found, _) = selected(&from, &Selector::Sole).unwrap();
    let cosign = image(&from, "linux/cosign");
    from.push_entry(named(cosign.clone(), &format!("{tag}.sig")));
    let options = Options { referrers: true, existing: Some(&there), ..Options::default() };
    let report = copy(&from, root(&found, "x"), to(&there), &options).unwrap();
    let whys: Vec<Why> = report.roots.iter().map(|root| root.why).collect();
    assert_eq!(
        whys,
        [Why::Asked, Why::Referrer, Why::Referrer, Why::Referrer, Why::FallbackTag, Why::FallbackTag]
    );
    assert_eq!(report.absent.len(), 1);
    assert_eq!(&report.absent[0].descriptor, &gone);

    let of = |subject: &Descriptor| -> BTreeSet<Digest> {
        there.referrers(&subject.digest).unwrap().into_iter().map(|found| found.digest).collect()
    };
    assert_eq!(of(&top), [&sbom, &gone, &other].map(|found| found.digest.clone()).into());
    assert_eq!(of(&child), [signature.digest.clone()].into());
    assert_eq!(of(&signature), [of_signature.digest.clone()].into());
    let listed: Vec<_> = there.resolve(&tag).unwrap();
    let list = document::read::<ImageIndex>(&there, Role::Manifest, &listed[0]).unwrap().into_value();
    assert_eq!(list.manifests, [other, sbom, gone]);
    let options = Options { referrers: true, existing: Some(&there), ..Options::default() };
    let again = copy(&from, root(&found, "x"), to(&there), &options).unwrap();
    assert_eq!(again.copied.blobs, 0);
    assert_eq!(there.resolve(&tag).unwrap(), listed, "a list that lacks nothing is left as it is");
    assert!(!digests(&there).contains(&stranger.digest));
    assert_eq!(there.resolve(&name(&format!("{tag}.sig"))).unwrap()[0].digest, cosign.digest);
}

#[test]
fn the_only_image_is_the_one_that_all_else_refers_to() {
    let store = MemoryStore::new();
    assert!(matches!(selected(&store, &Selector::Sole), Err(Error::NoImage { .. })));
    let top = image(&store, "linux/amd64");
    store.push_entry(named(top.clone(), "1"));
    let signature = referrer(&store, &top, "application/x-signature");
    store.push_entry(signature.clone());
    store.push_entry(named(
        index(&store, std::slice::from_ref(&signature)),
        fallback_tag(&top.digest).unwrap().as_str(),
    ));
    assert_eq!(selected(&store, &Selector::Sole).unwrap().1, Some(name("1")));
    store.push_entry(named(top.clone(), "2"));
    let (found, as_name) = selected(&store, &Selector::Sole).unwrap();
    assert_eq!((found.digest, as_name), (top.digest.clone(), None), "it has two names");
    assert_eq!(selected(&store, &Selector::Digest(signature.digest.clone())).unwrap().0, signature);
    let error = selected(&store, &Selector::Name(name("3"))).unwrap_err();
    assert!(error.to_string().contains("it has: 1, "), "{error}");
    store.push_entry(named(image(&store, "linux/arm64"), "2"));
    let error = selected(&store, &Selector::Name(name("2"))).unwrap_err();
    assert!(matches!(error, Error::Ambiguous { .. }), "{error}");
}

/// A destination that demands whole images.
struct Strict(Box<dyn Destination>, Demands);

impl BlobSink for Strict {
    fn begin(&self, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        self.0.begin(role, expect)
    }
    fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool> {
        self.0.adopt(role, descriptor, from)
    }
    fn finish(self: Box<Self>) -> Result<()> {
        self.0.finish()
    }
}

impl RefSink for Strict {
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        self.0.put(name, document, when)
    }
    fn remove(&self, name: &RefName, when: When) -> Result<()> {
        self.0.remove(name, when)
    }
    fn forget(&self, digest: &Digest) -> Result<()> {
        self.0.forget(digest)
    }
}

impl Destination for Strict {
    fn demands(&self) -> Demands {
        self.1
    }
}

#[test]
fn what_is_absent_is_reported_and_refused_only_on_demand() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let held = image(&from, "linux/amd64");
    let absent = Descriptor::new(MediaType::ImageManifest, Digest::sha256(b"absent"), 6);
    let sparse = index(&from, &[held.clone(), on(absent.clone(), "linux/arm64")]);
    let report = copy(&from, root(&sparse, "x"), to(&there), &Options::default()).unwrap();
    let found: Vec<_> =
        report.absent.iter().map(|absent| (&absent.descriptor.digest, &absent.parent)).collect();
    assert_eq!(found, [(&absent.digest, &Some(sparse.digest.clone()))]);

    let strict = || Box::new(Strict(to(&MemoryStore::new()), Demands { complete: true, single: false }));
    let error = copy(&from, root(&sparse, "x"), strict(), &Options::default()).unwrap_err();
    assert!(matches!(&error, Error::BlobNotFound { digest, .. } if *digest == absent.digest), "{error}");
    let narrowed = copy(&from, root(&sparse, "x"), strict(), &only(&["linux/amd64"])).unwrap();
    assert!(narrowed.absent.is_empty());
    // An image is whole without what it refers to.
    let about = referrer(&from, &absent, "application/x-sbom");
    assert_eq!(copy(&from, root(&about, "x"), strict(), &Options::default()).unwrap().absent.len(), 1);

    let error = copy(&from, root(&sparse, "x"), to(&there), &only(&["linux/arm64"])).unwrap_err();
    assert!(matches!(&error, Error::BlobNotFound { digest, .. } if *digest == absent.digest), "{error}");
    let error = copy(&from, root(&absent, "x"), to(&there), &Options::default()).unwrap_err();
    assert_eq!(error.class(), Class::NotFound);

    let single = Box::new(Strict(to(&there), Demands { complete: false, single: true }));
    let two = vec![Root::named(held.clone(), None), Root::named(sparse, None)];
    let error = copy(&from, two, single, &Options::default()).unwrap_err();
    assert!(error.to_string().contains("it holds one image, and 2 entries"), "{error}");
}

#[test]
fn what_a_descriptor_carries_is_brought_over_though_the_source_lacks_the_blob() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let manifest = ImageManifest::new(Descriptor::empty(), Vec::new());
    let descriptor = from.insert(MediaType::ImageManifest, &manifest.to_json().unwrap()).unwrap();
    let report = copy(&from, root(&descriptor, "x"), to(&there), &Options::default()).unwrap();
    assert!(report.absent.is_empty());
    assert_eq!(there.stat(Role::Blob, &Descriptor::empty()).unwrap(), Some(2));
}

#[test]
fn a_source_that_lies_stops_the_copy_and_leaves_the_destination() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    for (size, bytes) in [(5, &b"evil!"[..]), (4, b"good?"), (6, b"good")] {
        let layer = Descriptor::new(MediaType::Other("a/b".to_owned()), Digest::sha256(b"good"), size);
        from.insert_as(layer.digest.clone(), bytes);
        let manifest = ImageManifest::new(Descriptor::empty(), vec![layer]);
        let descriptor = from.insert(MediaType::ImageManifest, &manifest.to_json().unwrap()).unwrap();
        let error = copy(&from, root(&descriptor, "x"), to(&there), &Options::default()).unwrap_err();
        assert_eq!(error.class(), Class::Verification, "{error}");
        assert!(digests(&there).is_empty() && entries(&there).is_empty());
    }
}

#[test]
fn a_conversion_takes_the_place_of_the_root() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let one = on(image(&from, "linux/amd64"), "linux/amd64");
    let top = index(&from, &[one.clone(), on(image(&from, "linux/arm64"), "linux/arm64")]);
    let entry = Descriptor { annotations: Some([("k".to_owned(), "v".to_owned())].into()), ..top };
    let convert = |source: &dyn BlobSource, root: &Descriptor, _: &dyn BlobSink| {
        let mut index = document::read::<ImageIndex>(source, Role::Manifest, root)?.into_value();
        assert_eq!(index.manifests, std::slice::from_ref(&one), "the narrowed one");
        index.manifests.clear();
        let bytes = index.to_json()?;
        let descriptor = Descriptor::of(MediaType::ImageIndex, &bytes);
        Ok(RawDocument::verify(bytes, descriptor)?)
    };
    let options = Options { convert: Some(&convert), ..only(&["linux/amd64"]) };
    let report = copy(&from, root(&entry, "x"), to(&there), &options).unwrap();
    let listed = there.resolve(&name("x")).unwrap().pop().unwrap();
    assert_eq!(listed.annotation("k"), Some("v"));
    assert_eq!(digests(&there), [listed.digest.clone()].into(), "nothing but what the conversion wrote");
    assert_eq!(report.roots[0].descriptor.digest, listed.digest);

    let failing = |_: &dyn BlobSource, _: &Descriptor, _: &dyn BlobSink| {
        Err(Error::Other { class: Class::Verification, error: "no such codec".into() })
    };
    let options = Options { convert: Some(&failing), ..Options::default() };
    let error = copy(&from, root(&entry, "y"), to(&there), &options).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.class()), ("no such codec", Class::Verification));
    assert_eq!(entries(&there).len(), 1);
}

#[test]
fn whatever_call_fails_the_destination_is_what_it_was() {
    let from = MemoryStore::new();
    let child = image(&from, "linux/amd64");
    let top =
        index(&from, &[on(child.clone(), "linux/amd64"), on(image(&from, "linux/arm64"), "linux/arm64")]);
    from.push_entry(named(top.clone(), "x"));
    from.push_entry(referrer(&from, &child, "application/x-signature"));
    let options = |threads| Options {
        referrers: true,
        threads: NonZeroUsize::new(threads).unwrap(),
        ..only(&["linux/amd64"])
    };
    let before = || {
        let there = MemoryStore::new();
        there.push_entry(named(image(&there, "linux/s390x"), "x"));
        there
    };
    for threads in [1, 3] {
        let counted = FailingStore::new(from.clone(), 0);
        copy(&counted, root(&top, "x"), to(&before()), &options(threads)).unwrap();
        for n in 1..=counted.calls() {
            let there = before();
            let source = FailingStore::new(from.clone(), n);
            let outcome = copy(&source, root(&top, "x"), to(&there), &options(threads));
            let error = outcome.expect_err(&format!("call {n} of the source"));
            assert!(error.to_string().contains("told to fail"), "{error}");
            assert_eq!((entries(&there), digests(&there)), (entries(&before()), digests(&before())));
        }
        let mut n = 1;
        loop {
            let there = before();
            let sink = Box::new(FailingStore::new(there.sink(), n));
            match copy(&from, root(&top, "x"), sink, &options(threads)) {
                Ok(_) => break,
                Err(error) => assert!(error.to_string().contains("told to fail"), "{error}"),
            }
            assert_eq!(
                (entries(&there), digests(&there)),
                (entries(&before()), digests(&before())),
                "call {n}"
            );
            n += 1;
        }
        assert!(n > 15, "{n}");
    }
}

#[derive(Default)]
struct Counted {
    total: Mutex<(usize, u64)>,
    seen: Mutex<(usize, u64)>,
    stop: Option<Cancel>,
}

impl Progress for Counted {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Total { blobs, bytes } => *self.total.lock().unwrap() = (blobs, bytes),
            Event::Bytes(n) => self.seen.lock().unwrap().1 += n,
            Event::End => {
                self.seen.lock().unwrap().0 += 1;
                self.stop.iter().for_each(Cancel::cancel);
            }
            _ => {}
        }
    }
}

#[test]
fn progress_reaches_its_total_and_a_cancelled_copy_leaves_nothing() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let top = index(&from, &[image(&from, "linux/amd64"), image(&from, "linux/arm64")]);
    for _ in 0..2 {
        let counted = Counted::default();
        let options = Options { progress: &counted, ..Options::default() };
        copy(&from, root(&top, "x"), to(&there), &options).unwrap();
        assert_eq!(*counted.seen.lock().unwrap(), *counted.total.lock().unwrap());
        assert_eq!(counted.total.lock().unwrap().0, 5);
    }
    let cancel = Cancel::new();
    let counted = Counted { stop: Some(cancel.clone()), ..Counted::default() };
    let there = MemoryStore::new();
    let options = Options { progress: &counted, cancel, ..Options::default() };
    let error = copy(&from, root(&top, "x"), to(&there), &options).unwrap_err();
    assert!(matches!(error, Error::Cancelled));
    assert!(digests(&there).is_empty());
}

#[test]
fn a_condition_that_does_not_hold_fails_the_copy() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let top = image(&from, "linux/amd64");
    there.push_entry(named(image(&there, "linux/arm64"), "x"));
    let before = digests(&there);
    let target = Target::Name { name: Some(name("x")), when: When::Absent };
    let roots = vec![Root { descriptor: top, target }];
    let error = copy(&from, roots, to(&there), &Options::default()).unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(digests(&there), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn all_that_the_entries_lead_to_is_there_byte_for_byte(recipe in recipe(), threads in 1_usize..4) {
        let graph = Graph::make(&recipe);
        let there = MemoryStore::new();
        let roots = listed(&graph.store).unwrap();
        let held: Vec<_> = roots.iter().filter(|root| graph.held.contains(&root.descriptor.digest)).collect();
        let expected = graph.below(graph.roots(), true);
        let options = Options { threads: NonZeroUsize::new(threads).unwrap(), ..Options::default() };
        let outcome = copy(&graph.store, roots.clone(), to(&there), &options);
        if held.is_empty() && !roots.is_empty() {
            prop_assert_eq!(outcome.unwrap_err().class(), Class::NotFound);
            return Ok(());
        }
        let report = outcome.unwrap();
        prop_assert_eq!(report.roots.len(), held.len());
        prop_assert_eq!(digests(&there), expected.clone());
        for stored in there.blobs().unwrap() {
            let octets = MediaType::Other("application/octet-stream".to_owned());
            let mut bytes = Vec::new();
            there.open(Role::Blob, &Descriptor::new(octets, stored.digest, stored.size)).unwrap().read_to_end(&mut bytes).unwrap();
        }
        let listed_there: Vec<_> = there.list().unwrap().into_iter().map(|(_, entry)| entry).collect();
        let mut known = BTreeSet::new();
        let kept = |entry: &&Descriptor| graph.held.contains(&entry.digest)
            && (entry.annotations.is_some() || known.insert(entry.digest.clone()));
        let entries: Vec<_> = graph.entries.iter().filter(kept).cloned().collect();
        let unnamed = |entry: &Descriptor| entry.annotations.is_none();
        // An unnamed one is not listed beside a named one of its digest that came first.
        for entry in &listed_there {
            prop_assert!(entries.contains(entry));
        }
        for entry in &entries {
            let there = listed_there.contains(entry)
                || unnamed(entry) && listed_there.iter().any(|other| other.digest == entry.digest);
            prop_assert!(there, "{:?}", entry);
        }
        // Once more, and nothing has to be written.
        let again = copy(&graph.store, roots, to(&there), &options).unwrap();
        prop_assert_eq!(again.copied.blobs, 0);
        prop_assert_eq!(again.adopted.blobs, report.copied.blobs + report.adopted.blobs);
    }
}

#[test]
fn hostile_graphs_cost_their_documents_or_are_refused() {
    let from = MemoryStore::new();
    let there = MemoryStore::new();
    let mut doubling = image(&from, "linux/amd64");
    for _ in 0..60 {
        doubling = index(&from, &[doubling.clone(), doubling]);
    }
    for options in [Options::default(), Options { referrers: true, ..only(&["linux/amd64"]) }] {
        let report = copy(&from, root(&doubling, "x"), to(&there), &options).unwrap();
        assert_eq!(report.copied.blobs + report.adopted.blobs, 63);
    }
    let deep = (0..5).fold(doubling, |inner, _| index(&from, &[inner]));
    let wide = index(&from, &vec![image(&from, "linux/arm64"); 100_001]);
    for (top, what) in [(deep, "64 levels"), (wide, "100000 descriptors")] {
        let there = MemoryStore::new();
        for options in
            [Options::default(), only(&["linux/arm64"]), Options { referrers: true, ..Options::default() }]
        {
            let error = copy(&from, root(&top, "x"), to(&there), &options).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
        }
        assert!(digests(&there).is_empty());
    }
}

#[test]
fn referrers_that_hold_what_they_refer_to_are_copied_once() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let one = image(&from, "linux/amd64");
    let mut around = ImageIndex::new(vec![one.clone()]);
    around.subject = Some(one.clone());
    let around = from.insert(MediaType::ImageIndex, &around.to_json().unwrap()).unwrap();
    let of_around = referrer(&from, &around, "application/x-signature");
    // Each is listed twice, and the list of who refers to the image names the image itself.
    let list = index(&from, &[one.clone(), around.clone()]);
    from.push_entry(named(list, fallback_tag(&one.digest).unwrap().as_str()));
    for entry in [&one, &around, &around, &of_around] {
        from.push_entry(entry.clone());
    }
    let options = Options { referrers: true, ..Options::default() };
    let report = copy(&from, root(&one, "x"), to(&there), &options).unwrap();
    let copied: Vec<&Digest> = report.roots.iter().map(|root| &root.descriptor.digest).collect();
    assert_eq!(copied[..3], [&one.digest, &around.digest, &of_around.digest]);
    assert_eq!(copied.len(), 4, "and the list");
}

#[test]
fn a_chain_of_referrers_without_end_is_refused() {
    let (from, there) = (MemoryStore::new(), MemoryStore::new());
    let first = image(&from, "linux/amd64");
    let mut last = first.clone();
    for n in 0..70 {
        last = referrer(&from, &last, &format!("application/x-{n}"));
        from.push_entry(last.clone());
    }
    let options = Options { referrers: true, ..Options::default() };
    let error = copy(&from, root(&first, "x"), to(&there), &options).unwrap_err();
    assert!(error.to_string().contains("64 levels"), "{error}");
}

#[test]
fn what_is_not_read_in_time_is_not_in_memory() {
    /// A source of blobs of zeros, as long as anyone wants.
    struct Zeros(MemoryStore, u64);
    impl BlobSource for Zeros {
        fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
            if role == Role::Blob { Ok(Some(self.1)) } else { self.0.stat(role, descriptor) }
        }
        fn open_range(
            &self,
            role: Role,
            descriptor: &Descriptor,
            offset: u64,
            len: u64,
        ) -> Result<Box<dyn Read + Send>> {
            match role {
                Role::Blob => Ok(Box::new(std::io::repeat(0).take(self.1))),
                Role::Manifest => self.0.open_range(role, descriptor, offset, len),
            }
        }
        fn name(&self) -> String {
            "zeros".to_owned()
        }
    }
    impl RefSource for Zeros {
        fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>> {
            self.0.resolve(name)
        }
        fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
            self.0.list()
        }
        fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
            self.0.referrers(subject)
        }
    }
    /// Takes note of the longest write, and drops what is written.
    struct Hole(Arc<AtomicUsize>, Hasher);
    impl Write for Hole {
        fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
            self.0.fetch_max(buf.len(), Ordering::Relaxed);
            self.1.update(buf);
            Ok(buf.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl BlobWrite for Hole {
        fn written(&self) -> u64 {
            0
        }
        fn commit(self: Box<Self>, expected: Option<&Digest>) -> Result<Descriptor> {
            let actual = self.1.finish();
            assert_eq!(Some(&actual), expected);
            Ok(Descriptor::new(MediaType::Empty, actual, 0))
        }
    }
    struct Holes(Arc<AtomicUsize>);
    impl BlobSink for Holes {
        fn begin(&self, _: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
            Ok(Box::new(Hole(Arc::clone(&self.0), expect.hasher()?.0)))
        }
        fn adopt(&self, _: Role, _: &Descriptor, _: &dyn BlobSource) -> Result<bool> {
            Ok(false)
        }
        fn finish(self: Box<Self>) -> Result<()> {
            Ok(())
        }
    }
    impl RefSink for Holes {
        fn put(&self, _: Option<&RefName>, _: &RawDocument, _: When) -> Result<()> {
            Ok(())
        }
        fn remove(&self, _: &RefName, _: When) -> Result<()> {
            Ok(())
        }
        fn forget(&self, _: &Digest) -> Result<()> {
            Ok(())
        }
    }
    impl Destination for Holes {}

    const SIZE: u64 = 64 << 20;
    let mut hasher = Hasher::new(&Algorithm::Sha256).unwrap();
    (0..64).for_each(|_| hasher.update(&vec![0; 1 << 20]));
    let layer = Descriptor::new(MediaType::Other("a/b".to_owned()), hasher.finish(), SIZE);
    let store = MemoryStore::new();
    let manifest = ImageManifest::new(layer.clone(), vec![layer]);
    let top = store.insert(MediaType::ImageManifest, &manifest.to_json().unwrap()).unwrap();
    let longest = Arc::new(AtomicUsize::new(0));
    let report = copy(
        &Zeros(store, SIZE),
        root(&top, "x"),
        Box::new(Holes(Arc::clone(&longest))),
        &Options::default(),
    );
    assert_eq!(report.unwrap().copied.blobs, 2);
    assert!(longest.load(Ordering::Relaxed) <= 1 << 20);
}
