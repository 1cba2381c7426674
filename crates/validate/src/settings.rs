//! Which rules count, and how deep to look.

use crate::rule::{Level, Rule, Spec, V1_1, Version};

/// How to validate. The default: every rule, image-spec 1.1, down to the layers' entries.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Only rules of these ids; empty: all.
    pub only: Vec<String>,
    /// No rules of these ids.
    pub ignore: Vec<String>,
    /// Warnings fail, too.
    pub strict: bool,
    /// The version of image-spec to hold images to. Bundles say themselves which runtime-spec they follow.
    pub spec: Version,
    /// How deep to look.
    pub depth: Depth,
}

/// How deep to look. Ordered: each does what those before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// The documents and the names and sizes of blobs.
    Documents,
    /// And the digest of every blob.
    Digests,
    /// And what is in the layers, with their diff_ids.
    Layers,
}

impl Default for Settings {
    fn default() -> Self {
        Self { only: Vec::new(), ignore: Vec::new(), strict: false, spec: V1_1, depth: Depth::Layers }
    }
}

impl Settings {
    /// Whether a breach of the rule is to be reported.
    pub fn wants(&self, rule: &Rule) -> bool {
        let listed = |ids: &[String]| ids.iter().any(|id| id == rule.id);
        (self.only.is_empty() || listed(&self.only)) && !listed(&self.ignore) && self.covers(rule)
    }

    /// Whether the version of the specification that counts has this rule.
    pub fn covers(&self, rule: &Rule) -> bool {
        rule.section.spec == Spec::Runtime || rule.since <= self.spec
    }

    /// Whether a breach of that level makes the target fail.
    pub fn fails(&self, level: Level) -> bool {
        level == Level::Error || (self.strict && level == Level::Warning)
    }
}
