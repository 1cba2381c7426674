//! Hard links from one layer to those below it.

use std::collections::BTreeSet;

use ocidian_conformance::tar::{Entry, archive, dir, file, hardlink, symlink};
use ocidian_spec::Digest;
use serde_json::json;

use crate::layouts::{Layout, broken, entry, of, report};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const BELOW: &str = "layer-hardlink-below";
const MISSING: &str = "layer-hardlink-missing";

/// An image of these layers, the lowest first, in a layout that has those before.
fn image(layout: &Layout, layers: &[Vec<Entry>]) -> serde_json::Value {
    let tars: Vec<_> = layers.iter().map(|layer| archive(layer.iter().cloned())).collect();
    let diff_ids: Vec<_> = tars.iter().map(|tar| Digest::sha256(tar).to_string()).collect();
    let layers: Vec<_> = tars.iter().map(|tar| layout.blob(LAYER, tar)).collect();
    layout.image(json!({ "rootfs": { "type": "layers", "diff_ids": diff_ids } }), json!({ "layers": layers }))
}

/// What of the two rules is broken by an image of these layers.
fn of_layers(layers: &[Vec<Entry>]) -> Vec<&'static str> {
    let layout = Layout::new();
    layout.index(json!([entry(&image(&layout, layers), "v1")]));
    said(&layout)
}

/// Which of the two rules a layout breaks.
fn said(layout: &Layout) -> Vec<&'static str> {
    let broken = broken(&report(&layout.path(), &Default::default()).unwrap());
    broken.intersection(&BTreeSet::from([BELOW, MISSING])).copied().collect()
}

#[test]
fn a_link_is_followed_to_the_layers_below() {
    let base = || vec![dir("d"), file("d/a", "x")];
    let link = || vec![hardlink("b", "d/a")];
    let other = || vec![file("c", "y")];
    for (what, layers, rule) in [
        ("just below", vec![base(), link()], BELOW),
        ("two below", vec![base(), other(), link()], BELOW),
        ("nowhere", vec![other(), link()], MISSING),
        ("above", vec![other(), link(), base()], MISSING),
        ("later in the same layer", vec![other(), [link(), base()].concat()], MISSING),
        ("hidden between", vec![base(), vec![file("d/.wh.a", "")], link()], MISSING),
        ("its directory hidden between", vec![base(), vec![file(".wh.d", "")], link()], MISSING),
        ("all of its directory hidden", vec![base(), vec![file("d/.wh..wh..opq", "")], link()], MISSING),
        ("everything hidden", vec![base(), vec![file(".wh..wh..opq", "")], link()], MISSING),
        ("its directory replaced by a file", vec![base(), vec![file("d", "")], link()], MISSING),
        ("hidden, and put anew", vec![base(), vec![file(".wh.d", "")], base(), link()], BELOW),
        ("its sibling hidden", vec![base(), vec![file("d/.wh.b", "")], link()], BELOW),
        ("behind a symbolic link", vec![vec![dir("e"), file("e/a", "x"), symlink("d", "e")], link()], BELOW),
        ("nothing below", vec![link()], MISSING),
    ] {
        assert_eq!(of_layers(&layers), [rule], "{what}");
    }
}

#[test]
fn a_layer_of_two_images_is_followed_in_both() {
    let layout = Layout::new();
    let link = vec![hardlink("b", "a")];
    let good = image(&layout, &[vec![file("a", "x")], link.clone()]);
    layout.index(json!([entry(&good, "good")]));
    assert_eq!(said(&layout), [BELOW]);
    let bad = image(&layout, &[vec![file("c", "x")], link]);
    layout.index(json!([entry(&good, "good"), entry(&bad, "bad")]));
    assert_eq!(said(&layout), [MISSING]);
    let report = report(&layout.path(), &Default::default()).unwrap();
    assert!(
        of(&report, MISSING)[0].contains("no lower layer has its target a"),
        "{:?}",
        of(&report, MISSING)
    );
}

#[test]
fn what_cannot_be_known_is_no_error() {
    let layout = Layout::new();
    let with_layer_below = |below: serde_json::Value| {
        let link = layout.blob(LAYER, &archive([hardlink("b", "a")]));
        let image = layout.image(json!({}), json!({ "layers": [below, link] }));
        layout.index(json!([entry(&image, "v1")]));
        let report = report(&layout.path(), &Default::default()).unwrap();
        assert_eq!(of(&report, BELOW).len(), 1, "{:?}", report.findings);
        assert!(of(&report, MISSING).is_empty(), "{:?}", report.findings);
    };
    let whole = archive([file("c", "x"), file("a", "x")]);
    with_layer_below(layout.blob(LAYER, &whole[..1100]));
    with_layer_below(layout.blob("application/vnd.example.layer", &archive([file("c", "")])));
    let absent = layout.blob(LAYER, &archive([file("e", "")]));
    std::fs::remove_file(layout.blob_path(&absent["digest"].as_str().unwrap().parse().unwrap())).unwrap();
    with_layer_below(absent);
    // The number of diff_ids is wrong, and the layers stand on each other all the same.
    let below = layout.blob(LAYER, &archive([file("a", "z")]));
    let link = layout.blob(LAYER, &archive([hardlink("b", "a")]));
    let image = layout
        .image(json!({ "rootfs": { "type": "layers", "diff_ids": [] } }), json!({ "layers": [below, link] }));
    layout.index(json!([entry(&image, "v1")]));
    let report = report(&layout.path(), &Default::default()).unwrap();
    assert_eq!((of(&report, BELOW).len(), of(&report, MISSING).len()), (1, 0));
}
