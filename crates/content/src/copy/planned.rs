//! An entry on its way.

use ocidian_spec::{Descriptor, RefName};

use super::options::Options;
use super::report::Why;
use super::roots::Target;
use crate::names;

/// An entry on its way.
pub(super) struct Planned {
    pub(super) source: Descriptor,
    /// What it becomes, conversions aside.
    pub(super) descriptor: Descriptor,
    pub(super) target: Target,
    pub(super) why: Why,
    pub(super) kept: Vec<Descriptor>,
    pub(super) left_out: Vec<Descriptor>,
}

impl Planned {
    pub(super) fn unchanged(descriptor: Descriptor, target: Target, why: Why) -> Self {
        let source = descriptor.clone();
        Self { source, descriptor, target, why, kept: Vec::new(), left_out: Vec::new() }
    }

    /// Whether the caller's conversion makes it another image.
    pub(super) fn is_converted(&self, options: &Options<'_>) -> bool {
        options.convert.is_some() && self.why == Why::Asked
    }

    /// The name at the destination, as far as one name goes.
    pub(super) fn name(&self) -> Option<RefName> {
        match &self.target {
            Target::Name { name, .. } => name.clone(),
            Target::AsListed => names::name_of(&self.source),
        }
    }
}
