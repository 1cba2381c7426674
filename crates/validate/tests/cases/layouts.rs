//! The layouts among the cases, from their files to the report.

use std::collections::BTreeSet;

use ocidian_conformance::validation::Build;
use ocidian_conformance::{Expectation, Refusal, cases, validation_cases};
use ocidian_content::{Cancel, Silent};
use ocidian_image_layout::Options;
use ocidian_spec::{ImageSource, Selector};

use ocidian_validate::{Environment, Report, Settings, Target, rules, validate};

fn report(path: std::path::PathBuf) -> Report {
    let environment =
        Environment { options: &Options::default(), progress: &Silent, cancel: &Cancel::default() };
    let target = Target::Images(ImageSource::Oci { path, select: Selector::Sole });
    validate(&target, &Settings::default(), environment).unwrap()
}

#[test]
fn every_case_of_a_layout_breaks_its_rules_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for case in validation_cases() {
        let Build::Layout(_) = case.build else { continue };
        let path = dir.path().join(case.id);
        case.files().unwrap().write(&path).unwrap();
        let report = report(path);
        let broken: BTreeSet<_> = report.findings.iter().map(|finding| finding.rule.id).collect();
        let expected: BTreeSet<_> = case.findings.iter().map(|(rule, _)| *rule).collect();
        if broken != expected {
            let found: Vec<_> = report
                .findings
                .iter()
                .map(|f| format!("{} {}: {}", f.rule.id, f.location, f.message))
                .collect();
            wrong.push(format!("{}: {found:#?}, not {expected:?}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_is_broken_by_a_case() {
    let cases = validation_cases();
    assert!(cases.len() >= 300, "{}", cases.len());
    let broken: BTreeSet<_> = cases.iter().flat_map(|case| &case.findings).map(|(rule, _)| *rule).collect();
    // The cases are directories: these rules are about archives.
    let others = ["layout-archive", "descriptor-digest-mismatch"];
    let left: Vec<_> =
        rules::all().map(|rule| rule.id).filter(|id| !broken.contains(id) && !others.contains(id)).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What cannot be unpacked and breaks no MUST: an artifact is no image, what nobody knows cannot be verified or read,
/// and where a link leads in the end is for the tree to say, not for a layer.
const LEGAL: &[&str] = &[
    "artifact-empty-config",
    "digest-unknown-algorithm",
    "hardlink-through-escape",
    "layer-unknown-media-type",
    "manifest-with-manifests",
    "symlink-loop",
    "symlink-loop-of-two",
];

#[test]
fn what_must_not_be_unpacked_is_not_valid() {
    let dir = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for case in cases() {
        let Expectation::Refused { kind, .. } = case.expect else { continue };
        // Limits are the caller's own, and what is not there may be got elsewhere.
        if case.limits.is_some() || kind == Refusal::NotFound {
            continue;
        }
        let path = dir.path().join(case.id);
        case.layout().unwrap().write(&path).unwrap();
        let report = report(path);
        if (report.counts.errors == 0) != LEGAL.contains(&case.id) {
            let found: Vec<_> = report.findings.iter().map(|f| f.rule.id).collect();
            wrong.push(format!("{} ({}): {found:?}", case.id, case.title));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
