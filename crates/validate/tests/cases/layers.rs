//! The layers of every case, one by one: the rules of layers alone.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;

use ocidian_conformance::layout::{Layout, Node, blob_path};
use ocidian_conformance::validation::Build;
use ocidian_conformance::{cases, validation_cases};
use ocidian_layer::Changeset;
use ocidian_layer::compress::WindowBudget;
use ocidian_layer::tar::Limits;
use ocidian_spec::{Compression, DiffId, Digest};
use ocidian_validate::findings::{Collected, Findings};
use ocidian_validate::layer::{Expected, ExpectedDiffId, check};
use ocidian_validate::{Level, Settings, Subject, rules};
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
        let expected = Expected {
            compression: Some(compression),
            diff_ids: vec![diff_id],
            lowest: at == 0,
            ..Expected::default()
        };
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
        let broken = broken(&case.files().unwrap());
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

/// All that was found in a plain tar, as (rule, is it an error).
fn found_in(tar: Vec<u8>) -> Vec<(&'static str, bool)> {
    let mut findings = Findings::new(Arc::new(Settings::default()), Subject::File("layer".to_owned()));
    let expected = Expected { lowest: true, ..Expected::default() };
    check(Cursor::new(tar), &expected, &WindowBudget::default(), &mut findings).blob.unwrap();
    let mut all = Collected::default();
    all.merge(0, findings);
    let (found, _) = all.into_parts();
    found.iter().map(|finding| (finding.rule.id, finding.rule.level == Level::Error)).collect()
}

/// Whether what unpacks layers reads a plain tar to its end.
fn is_read(tar: &[u8]) -> bool {
    let mut changes = Changeset::new(tar, Limits::default());
    loop {
        match changes.next_change() {
            Ok(Some(_)) => {}
            Ok(None) => return changes.finish().is_ok(),
            Err(_) => return false,
        }
    }
}

/// A header's checksum made right again, so that what was changed is looked at.
fn resummed(tar: &mut [u8], block: usize) {
    let Some(header) = tar.get_mut(block * 512..(block + 1) * 512) else { return };
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

#[test]
fn a_layer_without_errors_can_be_read_whatever_was_changed_in_it() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let (mut refused, mut read) = (0, 0);
    for case in cases().iter().step_by(3) {
        let layout = case.layout().unwrap();
        let tars = layout.files().values().filter_map(|node| match node {
            Node::File(bytes) if bytes.get(257..262) == Some(b"ustar") && bytes.len() < 64 << 10 => {
                Some(bytes)
            }
            _ => None,
        });
        for tar in tars {
            for _ in 0..12 {
                let mut tar = tar.clone();
                for _ in 0..=random(2) {
                    let at = random(tar.len());
                    tar[at] =
                        [0, b' ', b'0', b'7', b'/', b'.', 0x80, 0xff, b'x', b'g', b'L', b'1'][random(12)];
                    resummed(&mut tar, at / 512);
                }
                if random(8) == 0 {
                    tar.truncate(random(tar.len()));
                }
                let errors = found_in(tar.clone()).iter().any(|(_, error)| *error);
                let is_read = is_read(&tar);
                assert!(is_read || errors, "{}: refused, and no error: {}", case.id, tar.escape_ascii());
                if is_read { read += 1 } else { refused += 1 }
            }
        }
    }
    assert!(refused > 500 && read > 200, "{refused} refused, {read} read");
}
