//! The whole validator over the conformance cases: each breaks what it says, and nothing else.

use std::collections::BTreeSet;

use ocidian_conformance::validation::Build;
use ocidian_conformance::validation_cases;
use ocidian_validate::{Settings, Target, rules};

use crate::layouts::report_of;

#[test]
fn every_case_breaks_its_rules_and_no_others() {
    let place = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for case in validation_cases() {
        let dir = place.path().join(case.id);
        case.files().unwrap().write(&dir).unwrap();
        let target = match case.build {
            Build::Layout(_) => Target::Images(format!("oci:{}", dir.display()).parse().unwrap()),
            Build::Bundle(_) => Target::Bundle(dir.clone()),
        };
        let report = report_of(&target, &Settings::default()).unwrap();
        let expected: BTreeSet<&str> = case.findings.iter().map(|(rule, _)| *rule).collect();
        let found: BTreeSet<&str> = report.findings.iter().map(|finding| finding.rule.id).collect();
        if found != expected {
            wrong.push(format!("{}: {found:?} instead of {expected:?}", case.id));
        }
        for (rule, level) in &case.findings {
            assert_eq!(rules::find(rule).unwrap().level.as_str(), level.name(), "{}: {rule}", case.id);
        }
        let code = i32::from(!report.passed());
        if code != case.verdict.exit_code() {
            wrong.push(format!("{}: exit {code}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What no case can break by being one layout or bundle.
const NOT_CASES: [&str; 3] = ["layout-archive", "layout-blob-file", "descriptor-digest-mismatch"];

#[test]
fn every_rule_is_broken_by_a_case() {
    let broken: BTreeSet<&str> =
        validation_cases().iter().flat_map(|case| case.findings.iter().map(|(rule, _)| *rule)).collect();
    let left: Vec<&str> = rules::all()
        .map(|rule| rule.id)
        .filter(|id| !broken.contains(id) && !NOT_CASES.contains(id))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
