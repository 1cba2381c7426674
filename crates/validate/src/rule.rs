//! What must hold: a rule, its level, and the sentence of a specification that it rests on.
//!
//! Rules are static data, so that `--rules`, `--explain` and the documentation show the very thing that is
//! checked. An id is for ever: people write it into the settings of their CI.

use std::fmt;

/// A rule. It is broken by a [`Finding`](crate::Finding) that names it.
#[derive(Debug)]
pub struct Rule {
    /// Lower-case words with hyphens, the first of which is the area: `manifest-config`. Never changes its meaning.
    pub id: &'static str,
    /// How bad a breach is.
    pub level: Level,
    /// What must hold, in a few words that go on from "requires that": "a manifest has a config".
    pub title: &'static str,
    /// Where the specification says so.
    pub section: Section,
    /// What it says there, word for word.
    pub sentence: &'static str,
    /// The version of that specification that first says so. Older targets are not held to it.
    pub since: Version,
    /// What to do about a breach.
    pub help: &'static str,
    /// An example that keeps the rule.
    pub good: &'static str,
    /// One that breaks it.
    pub bad: &'static str,
}

/// How bad a breach is. Ordered: a note is less than an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Legal, and worth knowing.
    Note,
    /// What the specification says SHOULD hold, or what readers are known to disagree about.
    Warning,
    /// What MUST hold: a keyword, a definition, a REQUIRED member, the schema, or verification.
    Error,
}

impl Level {
    /// The level as one word in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A place in a specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Which specification.
    pub spec: Spec,
    /// The file and the anchor of the heading: `manifest.md#image-manifest-property-descriptions`.
    pub place: &'static str,
}

impl Section {
    /// Where to read it.
    pub fn url(self) -> String {
        format!("https://github.com/opencontainers/{}/blob/main/{}", self.spec, self.place)
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.spec, self.place)
    }
}

/// A specification of the Open Container Initiative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spec {
    /// The image format.
    Image,
    /// The runtime: bundles.
    Runtime,
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "image-spec",
            Self::Runtime => "runtime-spec",
        })
    }
}

/// A version of a specification: major and minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u8, pub u8);

/// The first one.
pub const V1_0: Version = Version(1, 0);
/// image-spec 1.1: artifacts, subjects, embedded data, the empty descriptor, zstd.
pub const V1_1: Version = Version(1, 1);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}
