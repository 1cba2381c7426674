//! Conformance of OCI images, layouts, layers and runtime bundles: the rules of the specifications, and what breaks them.
//!
//! Nothing stops at the first finding, whatever the target holds costs a bounded amount of memory, and the same
//! target gives the same report whatever the number of threads. A rule is static data with the sentence that it
//! rests on; a finding names its rule and its place.

pub mod documents;
pub mod finding;
pub mod findings;
mod format;
pub mod json;
pub mod layer;
pub mod rule;
pub mod rules;
pub mod settings;

pub use finding::{Finding, Location, Place, Subject, quote};
pub use findings::{Counts, Findings, Omitted};
pub use rule::{Level, Rule, Section, Spec, Version};
pub use settings::{Depth, Settings};
