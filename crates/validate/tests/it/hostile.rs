//! Layouts that are meant to cost more than they should. Each ends, soon, with a finding.

use std::time::{Duration, Instant};

use ocidian_validate::{Report, Settings};
use serde_json::{Value, json};

use crate::layouts::{Layout, report};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn timed(layout: &Layout) -> Report {
    let start = Instant::now();
    let report = report(&layout.path(), &Settings::default()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    report
}

fn broke(report: &Report, rule: &str) -> bool {
    report.findings.iter().any(|finding| finding.rule.id == rule)
}

fn index(manifests: Value) -> Value {
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests })
}

#[test]
fn a_graph_that_doubles_at_each_level_costs_what_its_documents_cost() {
    let layout = Layout::new();
    let mut below = layout.document(INDEX, &index(json!([])));
    for _ in 0..60 {
        below = layout.document(INDEX, &index(json!([below, below])));
    }
    layout.index(json!([below, below]));
    let report = timed(&layout);
    assert!(report.passed(), "{:?}", report.findings);
    assert_eq!(report.checked.documents, 63);
}

#[test]
fn a_graph_that_is_too_deep_is_an_error() {
    let layout = Layout::new();
    let mut below = layout.document(INDEX, &index(json!([])));
    for _ in 0..100 {
        below = layout.document(INDEX, &index(json!([below])));
    }
    layout.index(json!([below]));
    let report = timed(&layout);
    assert!(broke(&report, "layout-limits") && !report.passed());
}

/// Descriptors of one blob that is not there.
fn absent(count: usize) -> Value {
    let one = json!({ "mediaType": "a/b", "digest": format!("sha256:{}", "a".repeat(64)), "size": 1 });
    Value::Array(vec![one; count])
}

#[test]
fn an_index_that_leads_to_too_many_descriptors_is_an_error() {
    // With the index in index.json and those in that index: 11, and no index is met twice.
    for (more, limits) in [(0, false), (1, true)] {
        let layout = Layout::new();
        let below = |n: usize| layout.document(INDEX, &index(absent(10_000 - n)));
        let filled: usize = (0..10).map(|n| 10_000 - n).sum();
        let mut indexes: Vec<Value> = (0..10).map(below).collect();
        indexes.push(layout.document(INDEX, &index(absent(100_000 - filled - 12 + more))));
        layout.index(json!([layout.document(INDEX, &index(Value::Array(indexes)))]));
        assert_eq!(broke(&timed(&layout), "layout-limits"), limits, "{more}");
    }
}

#[test]
fn a_layout_of_many_images_is_no_hostile_image() {
    let layout = Layout::new();
    layout.index(absent(100_001));
    assert!(!broke(&timed(&layout), "layout-limits"));
}

#[test]
fn an_index_json_of_64_mib_is_read_and_one_byte_more_is_not() {
    for (extra, limits) in [(0, false), (1, true)] {
        let layout = Layout::new();
        let mut text =
            br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#
                .to_vec();
        text.resize((64 << 20) + extra, b' ');
        std::fs::write(layout.path().join("index.json"), text).unwrap();
        assert_eq!(broke(&timed(&layout), "json-limits"), limits, "{extra}");
    }
}

#[test]
fn a_document_of_nothing_but_faults_is_looked_at_to_its_end() {
    let layout = Layout::new();
    // Every name there a million times, every value of the wrong type.
    let text =
        format!(r#"{{"schemaVersion":2,"manifests":[{}0]}}"#, r#"{"digest":0,"digest":0},"#.repeat(300_000));
    std::fs::write(layout.path().join("index.json"), text).unwrap();
    let report = timed(&layout);
    let omitted = |rule: &str| {
        report.omitted.iter().find(|omitted| omitted.rule.id == rule).map(|omitted| omitted.count)
    };
    assert_eq!(omitted("descriptor-size"), Some(300_000 - 100));
    assert!(broke(&report, "json-duplicate"));
    assert!(report.findings.len() < 2000);
}

#[test]
fn a_hundred_thousand_names_for_one_image_do_not_compare_with_each_other() {
    let layout = Layout::new();
    let entries = (0..90_000).map(|n| {
        json!({
            "mediaType": "a/b", "digest": format!("sha256:{n:064x}"), "size": 1,
            "annotations": { "org.opencontainers.image.ref.name": "v1" },
        })
    });
    layout.index(entries.collect());
    assert!(broke(&timed(&layout), "layout-ref-duplicate"));
}
