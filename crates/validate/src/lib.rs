//! Conformance of OCI images, layouts, layers and runtime bundles: the rules of the specifications, and what breaks them.
//!
//! Nothing stops at the first finding, whatever the target holds costs a bounded amount of memory, and the same
//! target gives the same report whatever the number of threads. A rule is static data with the sentence that it
//! rests on; a finding names its rule and its place.

mod blobs;
pub mod bundle;
pub mod documents;
pub mod error;
pub mod finding;
pub mod findings;
mod format;
mod graph;
pub mod json;
pub mod layer;
mod layout;
pub mod report;
pub mod rule;
pub mod rules;
pub mod settings;
mod source;
pub mod target;
mod validate;

pub use documents::Type;
pub use error::{Error, Result};
pub use finding::{Finding, Location, Place, Subject, quote};
pub use findings::{Counts, Findings, Omitted};
pub use report::{Checked, Report};
pub use rule::{Level, Rule, Section, Spec, Version};
pub use settings::{Depth, Settings};
pub use target::Target;
pub use validate::{Environment, validate};
