//! The layers of every case, one by one: the rules of layers alone.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;

use ocidian_conformance::layout::{Layout, Node, blob_path};
use ocidian_conformance::validation::Build;
use ocidian_conformance::validation_cases;
use ocidian_layer::compress::WindowBudget;
use ocidian_spec::{Compression, DiffId, Digest};
use ocidian_validate::findings::{Collected, Findings};
use ocidian_validate::layer::{Expected, ExpectedDiffId, check};
use ocidian_validate::{Settings, Subject, rules};
use serde_json::Value;

fn blob(layout: &Layout, digest: &Value) -> Vec<u8> {
    match layout.files().get(&blob_path(digest.as_str().unwrap())) {
        Some(Node::File(bytes)) => bytes.clone(),
        other => panic!("{digest}: {other:?}"),
    }
}

/// The rules that the layers of a layout's first image break.
fn broken(layout: &Layout) -> BTreeSet<&'static str> {
    let document = |digest: &Value| serde_json::from_slice::<Value>(&blob(layout, digest)).unwrap();
    let Some(Node::File(index)) = layout.files().get("index.json") else { panic!() };
    let index: Value = serde_json::from_slice(index).unwrap();
    let manifest = document(&index["manifests"][0]["digest"]);
    let config = document(&manifest["config"]["digest"]);
    let mut all = Collected::default();
    for (at, layer) in manifest["layers"].as_array().unwrap().iter().enumerate() {
        let media_type = layer["mediaType"].as_str().unwrap();
        let compression = match media_type.rsplit_once('+') {
            Some((_, "gzip")) => Compression::Gzip,
            Some((_, "zstd")) => Compression::Zstd,
            _ => Compression::None,
        };
        let diff_id = ExpectedDiffId {
            diff_id: DiffId(config["rootfs"]["diff_ids"][at].as_str().unwrap().parse::<Digest>().unwrap()),
            subject: Subject::File("config".to_owned()),
            pointer: format!("/rootfs/diff_ids/{at}"),
        };
        let expected = Expected { compression: Some(compression), diff_ids: vec![diff_id], lowest: at == 0 };
        let subject = Subject::Blob(layer["digest"].as_str().unwrap().parse().unwrap());
        let mut findings = Findings::new(Arc::new(Settings::default()), subject);
        let blob = Cursor::new(blob(layout, &layer["digest"]));
        check(blob, &expected, &WindowBudget::default(), &mut findings).blob.unwrap();
        all.merge(at as u64, findings);
    }
    all.into_parts().0.into_iter().map(|finding| finding.rule.id).collect()
}

#[test]
fn every_case_of_a_layer_breaks_its_rules_and_no_others() {
    let mut wrong = Vec::new();
    for case in validation_cases() {
        let about_layers = case.findings.iter().all(|(rule, _)| rule.starts_with("layer-"));
        if !about_layers || case.findings.is_empty() || matches!(case.build, Build::Bundle(_)) {
            continue;
        }
        let expected: BTreeSet<_> = case.findings.iter().map(|(rule, _)| *rule).collect();
        let broken = broken(&case.files());
        if broken != expected {
            wrong.push(format!("{}: {broken:?}, not {expected:?}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn levels_are_those_of_the_rules() {
    for case in validation_cases() {
        for (id, level) in &case.findings {
            let rule = rules::find(id).unwrap_or_else(|| panic!("{}: there is no rule {id}", case.id));
            assert_eq!(rule.level.as_str(), level.name(), "{}: {id}", case.id);
        }
    }
}

#[test]
fn every_rule_of_layers_is_broken_by_a_case() {
    let cases = validation_cases();
    let broken: BTreeSet<_> = cases.iter().flat_map(|case| &case.findings).map(|(rule, _)| *rule).collect();
    let left: Vec<_> =
        rules::layer::RULES.iter().map(|rule| rule.id).filter(|id| !broken.contains(id)).collect();
    assert!(left.is_empty(), "{left:?}");
}
