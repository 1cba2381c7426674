//! The report for programs: members are added, never renamed or removed.

use serde::Serialize;

use super::Report;
use crate::finding::{Finding, Place, Subject};
use crate::rule::Rule;
use crate::rules;
use crate::settings::Depth;

/// A report as JSON shows it.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    target: &'a str,
    kind: &'a str,
    spec: String,
    depth: Depth,
    strict: bool,
    passed: bool,
    errors: u64,
    warnings: u64,
    notes: u64,
    checked: Checked,
    findings: Vec<Found<'a>>,
    omitted: Vec<Omitted>,
}

#[derive(Debug, Serialize)]
struct Checked {
    documents: u64,
    blobs: u64,
    layers: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct Found<'a> {
    rule: &'static str,
    level: &'static str,
    message: &'a str,
    file: Option<&'a str>,
    digest: Option<String>,
    pointer: Option<&'a str>,
    entry: Option<&'a str>,
    offset: Option<u64>,
    section: Section,
    help: &'static str,
}

#[derive(Debug, Serialize)]
struct Section {
    spec: String,
    place: &'static str,
    url: String,
    sentence: &'static str,
}

#[derive(Debug, Serialize)]
struct Omitted {
    rule: &'static str,
    count: u64,
}

impl Report {
    /// As JSON shows it.
    pub fn to_json(&self) -> Json<'_> {
        let checked = &self.checked;
        Json {
            target: &self.target,
            kind: self.kind,
            spec: self.settings.spec.to_string(),
            depth: self.settings.depth,
            strict: self.settings.strict,
            passed: self.passed(),
            errors: self.counts.errors,
            warnings: self.counts.warnings,
            notes: self.counts.notes,
            checked: Checked {
                documents: checked.documents,
                blobs: checked.blobs,
                layers: checked.layers,
                bytes: checked.bytes,
            },
            findings: self.findings.iter().map(found).collect(),
            omitted: self.omitted.iter().map(|it| Omitted { rule: it.rule.id, count: it.count }).collect(),
        }
    }
}

fn found(finding: &Finding) -> Found<'_> {
    let (file, digest) = match &finding.location.subject {
        Subject::File(path) => (Some(path.as_str()), None),
        Subject::Blob(digest) => (None, Some(digest.to_string())),
    };
    let (pointer, entry, offset) = match &finding.location.place {
        Place::Whole => (None, None, None),
        Place::Byte(offset) => (None, None, Some(*offset)),
        Place::Pointer(pointer) => (Some(pointer.as_str()), None, None),
        Place::Entry { path, offset } => (None, Some(path.as_str()), Some(*offset)),
    };
    Found {
        rule: finding.rule.id,
        level: finding.rule.level.as_str(),
        message: &finding.message,
        file,
        digest,
        pointer,
        entry,
        offset,
        section: section(finding.rule),
        help: finding.rule.help,
    }
}

fn section(rule: &Rule) -> Section {
    Section {
        spec: rule.section.spec.to_string(),
        place: rule.section.place,
        url: rule.section.url(),
        sentence: rule.sentence,
    }
}

/// A rule as JSON shows it.
#[derive(Debug, Serialize)]
pub struct RuleJson {
    id: &'static str,
    area: &'static str,
    level: &'static str,
    title: &'static str,
    section: Section,
    since: String,
    help: &'static str,
    good: &'static str,
    bad: &'static str,
}

/// All rules, or those of these ids, as JSON shows them.
pub fn rules(only: &[String]) -> Vec<RuleJson> {
    let wanted = |rule: &&Rule| only.is_empty() || only.iter().any(|id| id == rule.id);
    let of = |area: &'static str, rule: &'static Rule| RuleJson {
        id: rule.id,
        area,
        level: rule.level.as_str(),
        title: rule.title,
        section: section(rule),
        since: rule.since.to_string(),
        help: rule.help,
        good: rule.good,
        bad: rule.bad,
    };
    rules::AREAS
        .iter()
        .flat_map(|(area, _, rules)| rules.iter().copied().filter(wanted).map(|rule| of(area, rule)))
        .collect()
}
