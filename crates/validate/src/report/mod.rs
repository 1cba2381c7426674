//! What came of validating a target.

pub mod json;
mod junit;
mod sarif;

use crate::finding::Finding;
use crate::findings::{Collected, Counts, Omitted};
use crate::settings::Settings;

/// What came of validating a target.
#[derive(Debug)]
pub struct Report {
    /// The target as a person named it.
    pub target: String,
    /// What it turned out to be: "image layout", "docker archive", "image manifest".
    pub kind: &'static str,
    /// What was found, in the order of the documents. Of each rule, [`crate::findings::MOST`] findings at most.
    pub findings: Vec<Finding>,
    /// How many more there are of each rule.
    pub omitted: Vec<Omitted>,
    /// All of them, by level.
    pub counts: Counts,
    /// What was looked at.
    pub checked: Checked,
    /// The settings that counted.
    pub settings: Settings,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Documents that were looked into.
    pub documents: u64,
    /// Blobs that were hashed, documents among them.
    pub blobs: u64,
    /// Layers that were looked into.
    pub layers: u64,
    /// Bytes of blobs, as stored.
    pub bytes: u64,
}

impl Report {
    pub(crate) fn new(
        target: String,
        kind: &'static str,
        settings: &Settings,
        checked: Checked,
        collected: Collected,
    ) -> Self {
        let (findings, omitted) = collected.into_parts();
        let mut counts = Counts::default();
        findings.iter().for_each(|finding| counts.add(finding.rule.level, 1));
        omitted.iter().for_each(|omitted| counts.add(omitted.rule.level, omitted.count));
        Self { target, kind, findings, omitted, counts, checked, settings: settings.clone() }
    }

    /// Whether the target holds to the rules: no errors, and under `strict` no warnings either.
    pub fn passed(&self) -> bool {
        self.counts.errors == 0 && !(self.settings.strict && self.counts.warnings > 0)
    }
}
