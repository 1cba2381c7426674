use std::io::Write;

use ocidian_content::{
    BlobSink, BlobSource, Class, Error, Expect, MemoryStore, RefSink, RefSource, Role, When, document,
};
use ocidian_spec::{Algorithm, Descriptor, Digest, MediaType, RefName};

use crate::image;

fn name(text: &str) -> RefName {
    text.parse().unwrap()
}

#[test]
fn nothing_shows_before_the_sink_is_finished() {
    let store = MemoryStore::new();
    let sink = Box::new(store.sink());
    let mut blob = sink.begin(Role::Blob, Expect::Hash(Algorithm::Sha256)).unwrap();
    blob.write_all(b"hello").unwrap();
    let descriptor = blob.commit(None).unwrap();
    assert_eq!((descriptor.size, &descriptor.digest), (5, &Digest::sha256(b"hello")));
    assert_eq!(store.stat(Role::Blob, &descriptor).unwrap(), None);
    sink.finish().unwrap();
    assert_eq!(store.stat(Role::Blob, &descriptor).unwrap(), Some(5));
}

#[test]
fn a_blob_other_than_expected_is_not_committed() {
    let store = MemoryStore::new();
    let sink = store.sink();
    let expect = |size| Expect::Known(Descriptor::new(MediaType::Empty, Digest::sha256(b"hello"), size));
    for (expect, text, also) in [
        (expect(5), &b"hellO"[..], None),
        (expect(5), b"hello!", None),
        (expect(6), b"hello", None),
        (expect(5), b"hello", Some(Digest::sha256(b"other"))),
        (Expect::Hash(Algorithm::Sha256), b"hello", Some(Digest::sha256(b"other"))),
    ] {
        let mut blob = sink.begin(Role::Blob, expect).unwrap();
        blob.write_all(text).unwrap();
        let error = blob.commit(also.as_ref()).unwrap_err();
        assert_eq!(error.class(), Class::Verification, "{error}");
    }
    let unknown = Expect::Hash("md5".parse().unwrap());
    assert!(sink.begin(Role::Blob, unknown).is_err());
}

#[test]
fn a_put_changes_its_own_name_and_nothing_else() {
    let store = MemoryStore::new();
    let raw = |platform| document::raw(&store, Role::Manifest, &image(&store, platform)).unwrap();
    let (a, b) = (raw("linux/amd64"), raw("linux/arm64"));
    store.put(Some(&name("one")), &a, When::Absent).unwrap();
    store.put(Some(&name("two")), &a, When::Any).unwrap();
    store.put(None, &b, When::Any).unwrap();
    store.put(None, &b, When::Any).unwrap();
    assert_eq!(store.list().unwrap().len(), 3, "an unnamed one is listed once");

    let conflicts = [
        store.put(Some(&name("one")), &b, When::Absent),
        store.put(Some(&name("one")), &b, When::Is(b.descriptor().digest.clone())),
        store.put(Some(&name("three")), &b, When::Is(b.descriptor().digest.clone())),
        store.remove(&name("one"), When::Is(b.descriptor().digest.clone())),
    ];
    for outcome in conflicts {
        assert!(matches!(outcome, Err(Error::Conflict { .. })), "{outcome:?}");
    }
    store.put(Some(&name("one")), &b, When::Is(a.descriptor().digest.clone())).unwrap();
    let names: Vec<_> =
        store.list().unwrap().into_iter().map(|(name, d)| (name.map(|n| n.to_string()), d.digest)).collect();
    let (a, b) = (a.descriptor().digest.clone(), b.descriptor().digest.clone());
    assert_eq!(names, [(Some("one".into()), b.clone()), (Some("two".into()), a), (None, b)]);

    store.remove(&name("one"), When::Any).unwrap();
    let error = store.remove(&name("one"), When::Any).unwrap_err();
    assert_eq!(error.to_string(), "memory has no image \"one\"; it has: two");
}
