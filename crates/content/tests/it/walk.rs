use ocidian_content::walk::{Content, Edge, Limits, Order};
use ocidian_content::{Error, MemoryStore, Walk};
use ocidian_spec::{Descriptor, Digest, MediaType};

use crate::{image, index};

fn edges(store: &MemoryStore, root: &Descriptor, order: Order) -> Vec<Edge> {
    Walk::new(store, [root.clone()], order).map(|node| node.unwrap().edge).collect()
}

#[test]
fn both_orders_visit_each_once() {
    let store = MemoryStore::new();
    let (a, b) = (image(&store, "linux/amd64"), image(&store, "linux/arm64"));
    let root = index(&store, &[a.clone(), b.clone(), a]);
    use Edge::{Child, Config, Layer, Root};
    // The layer is the same in both.
    assert_eq!(edges(&store, &root, Order::ParentsFirst), [Root, Child, Config, Layer, Child, Config]);
    assert_eq!(edges(&store, &root, Order::ChildrenFirst), [Config, Layer, Child, Config, Child, Root]);
}

#[test]
fn a_graph_that_doubles_at_each_level_costs_its_documents_only() {
    let store = MemoryStore::new();
    let mut top = image(&store, "linux/amd64");
    for _ in 0..40 {
        top = index(&store, &[top.clone(), top]);
    }
    let nodes: Result<Vec<_>, Error> = Walk::new(&store, [top], Order::ChildrenFirst).collect();
    assert_eq!(nodes.unwrap().len(), 40 + 3);
}

#[test]
fn limits_end_the_walk_with_an_error() {
    let store = MemoryStore::new();
    let mut top = image(&store, "linux/amd64");
    for _ in 0..65 {
        top = index(&store, &[top]);
    }
    let limited = |limits: Limits, what: &str| {
        let mut walk = Walk::new(&store, [top.clone()], Order::ChildrenFirst).limits(limits);
        let errors: Vec<Error> = walk.by_ref().filter_map(Result::err).collect();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].to_string().contains(what), "{}", errors[0]);
        assert!(walk.next().is_none());
    };
    limited(Limits::default(), "more than 64 levels");
    let wide = Limits { depth: 1000, ..Limits::default() };
    limited(Limits { descriptors: 10, ..wide }, "more than 10 descriptors");
    limited(Limits { bytes: 1000, ..wide }, "more than 1000 bytes");
    limited(Limits { documents: 1000, ..wide }, "more than 1000 bytes of documents");
    assert_eq!(Walk::new(&store, [top.clone()], Order::ParentsFirst).limits(wide).count(), 65 + 3);
}

#[test]
fn what_is_absent_or_unknown_is_reported_and_what_is_damaged_does_not_stop_the_rest() {
    let store = MemoryStore::new();
    let absent = Descriptor::new(MediaType::ImageManifest, Digest::sha256(b"absent"), 6);
    let foreign = store.insert(MediaType::Other("application/x-foreign".into()), b"?").unwrap();
    let broken = Descriptor::new(MediaType::ImageIndex, Digest::sha256(b"good"), 4);
    store.insert_as(broken.digest.clone(), b"evil");
    let root = index(&store, &[absent, broken, foreign, image(&store, "linux/amd64")]);

    let steps: Vec<_> = Walk::new(&store, [root], Order::ParentsFirst).collect();
    let kinds: Vec<&str> = steps
        .iter()
        .map(|step| match step {
            Err(_) => "error",
            Ok(node) => match node.content {
                Content::Index(_) => "index",
                Content::Manifest(_) => "manifest",
                Content::Opaque => "opaque",
                Content::Missing => "missing",
            },
        })
        .collect();
    assert_eq!(kinds, ["index", "missing", "error", "opaque", "manifest", "opaque", "opaque"]);
}

#[test]
fn a_digest_that_is_manifest_and_blob_is_visited_as_both() {
    let store = MemoryStore::new();
    let inner = image(&store, "linux/amd64");
    let text = format!(
        r#"{{"schemaVersion":2,"config":{0},"layers":[{0}]}}"#,
        serde_json::to_string(&inner).unwrap()
    );
    let outer = store.insert(MediaType::ImageManifest, text.as_bytes()).unwrap();
    let root = index(&store, &[inner.clone(), outer]);
    let seen = Walk::new(&store, [root], Order::ParentsFirst)
        .map(|node| node.unwrap())
        .filter(|node| node.descriptor.digest == inner.digest)
        .count();
    assert_eq!(seen, 2);
}

#[test]
fn subjects_are_followed_unless_told_otherwise() {
    let store = MemoryStore::new();
    let subject = image(&store, "linux/amd64");
    let text = format!(
        r#"{{"schemaVersion":2,"manifests":[],"subject":{}}}"#,
        serde_json::to_string(&subject).unwrap()
    );
    let root = store.insert(MediaType::ImageIndex, text.as_bytes()).unwrap();
    assert_eq!(edges(&store, &root, Order::ParentsFirst)[..2], [Edge::Root, Edge::Subject]);
    assert_eq!(Walk::new(&store, [root], Order::ParentsFirst).without_subjects().count(), 1);
}

#[test]
fn a_manifest_that_is_called_something_else_first_is_looked_into_all_the_same() {
    let store = MemoryStore::new();
    let image = image(&store, "linux/amd64");
    let layer = "application/vnd.oci.image.layer.v1.tar".parse().unwrap();
    let called = |media_type| Descriptor { media_type, ..image.clone() };
    let other = MediaType::Other("application/x-other".to_owned());
    for others in [vec![called(layer)], vec![called(other.clone()), called(other)], Vec::new()] {
        let first = others.len().min(1);
        let roots = [others, vec![image.clone()]].concat();
        let root = index(&store, &roots);
        assert_eq!(edges(&store, &root, Order::ParentsFirst).len(), 1 + first + 3);
        let root = index(&store, &roots.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(
            edges(&store, &root, Order::ParentsFirst).len(),
            1 + 3,
            "the other way round nothing is new"
        );
    }
}
