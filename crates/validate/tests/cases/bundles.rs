//! The bundles among the cases.

use std::collections::BTreeSet;

use ocidian_conformance::validation::Build;
use ocidian_conformance::validation_cases;
use ocidian_validate::findings::Collected;
use ocidian_validate::{Settings, bundle, rules};

#[test]
fn every_case_of_a_bundle_breaks_its_rules_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for case in validation_cases() {
        let Build::Bundle(_) = case.build else { continue };
        let path = dir.path().join(case.id);
        case.files().unwrap().write(&path).unwrap();
        let mut all = Collected::default();
        all.merge(0, bundle::check(&path, &Settings::default()).unwrap());
        let (found, _) = all.into_parts();
        let broken: BTreeSet<_> = found.iter().map(|finding| finding.rule.id).collect();
        let expected: BTreeSet<_> = case.findings.iter().map(|(rule, _)| *rule).collect();
        if broken != expected || found.len() > expected.len() {
            let found: Vec<_> =
                found.iter().map(|f| format!("{} {}: {}", f.rule.id, f.location, f.message)).collect();
            wrong.push(format!("{}: {found:#?}, not {expected:?}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_of_bundles_is_broken_by_a_case() {
    let cases = validation_cases();
    let broken: BTreeSet<_> = cases.iter().flat_map(|case| &case.findings).map(|(rule, _)| *rule).collect();
    let left: Vec<_> =
        rules::bundle::RULES.iter().map(|rule| rule.id).filter(|id| !broken.contains(id)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_no_directory_cannot_be_checked() {
    let dir = tempfile::tempdir().unwrap();
    assert!(bundle::check(&dir.path().join("none"), &Settings::default()).is_err());
    std::fs::write(dir.path().join("file"), "").unwrap();
    assert!(bundle::check(&dir.path().join("file"), &Settings::default()).is_err());
}
