//! What a copy did, for a person or a program to read.

use ocidian_spec::{Descriptor, Digest, RefName};

use crate::store::Role;
use crate::tally::Tally;

/// What a copy did.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What was put at the destination, in the order of the entries there.
    pub roots: Vec<Copied>,
    /// Blobs and documents that were written.
    pub copied: Tally,
    /// Those that the destination had already, or took over without reading their bytes.
    pub adopted: Tally,
    /// What the source names but does not hold, and the destination lacks too.
    pub absent: Vec<Absent>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// One entry at the destination.
#[derive(Debug, Clone)]
pub struct Copied {
    /// Its name there.
    pub name: Option<RefName>,
    /// Why it is there.
    pub why: Why,
    /// What it was at the source.
    pub source: Descriptor,
    /// What it is at the destination; the digest differs from the source's only where a platform was left out, a
    /// conversion was asked for, or two fallback tags were merged.
    pub descriptor: Descriptor,
    /// The images of an index that were kept, where platforms were chosen.
    pub kept: Vec<Descriptor>,
    /// Those that were left out, with what refers to them.
    pub left_out: Vec<Descriptor>,
}

impl Copied {
    /// Whether it is another document than the source's.
    pub fn is_changed(&self) -> bool {
        self.source.digest != self.descriptor.digest
    }
}

/// Why an entry was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was asked for.
    Asked,
    /// It refers to one that was.
    Referrer,
    /// Its tag says that it is about one that was: the list of referrers that registries without a referrers API keep, or
    /// cosign's signatures.
    FallbackTag,
}

/// What the source names and does not hold.
#[derive(Debug, Clone)]
pub struct Absent {
    /// By which it is named.
    pub descriptor: Descriptor,
    /// By its position.
    pub role: Role,
    /// The document that names it; `None` for an entry of the store.
    pub parent: Option<Digest>,
    /// Whether an image is whole without it: it is what something refers to, not a part of it.
    pub dispensable: bool,
}

impl Absent {
    /// An entry of the store.
    pub(super) fn entry(descriptor: Descriptor, dispensable: bool) -> Self {
        Self { descriptor, role: Role::Manifest, parent: None, dispensable }
    }
}
