//! The cases, by what they are about. Each names the heading of image-spec that it rests on.

mod bombs;
mod compression;
mod documents;
mod headers;
mod layouts;
mod links;
mod metadata;
mod paths;
mod pax;
mod sparse;
mod truncation;
mod whiteouts;

use crate::case::Case;

/// Headings of image-spec, as [`Case::section`] names them.
mod section {
    pub(super) const APPLYING: &str = "layer.md, Applying Changesets";
    pub(super) const ATTRIBUTES: &str = "layer.md, File Attributes";
    pub(super) const BLOBS: &str = "image-layout.md, Blobs";
    pub(super) const CONFIG: &str = "config.md, Properties";
    pub(super) const CONTENT: &str = "image-layout.md, Content";
    pub(super) const DESCRIPTOR: &str = "descriptor.md, Properties";
    pub(super) const DIFF_ID: &str = "config.md, Layer DiffID";
    pub(super) const DIGESTS: &str = "descriptor.md, Digests";
    pub(super) const EMPTY: &str = "manifest.md, Guidance for an Empty Descriptor";
    pub(super) const EXISTING: &str = "layer.md, Changeset over existing files";
    pub(super) const EXTENSIBILITY: &str = "considerations.md, Extensibility";
    pub(super) const FORMAT: &str = "layer.md, Distributable Format";
    pub(super) const GZIP: &str = "layer.md, +gzip Media Types";
    pub(super) const HARDLINKS: &str = "layer.md, Hardlinks";
    pub(super) const INDEX: &str = "image-index.md, Image Index Property Descriptions";
    pub(super) const INDEX_JSON: &str = "image-layout.md, index.json file";
    pub(super) const JSON: &str = "considerations.md, JSON";
    pub(super) const MANIFEST: &str = "manifest.md, Image Manifest Property Descriptions";
    pub(super) const NONDISTRIBUTABLE: &str = "layer.md, Non-Distributable Layers";
    pub(super) const OCI_LAYOUT: &str = "image-layout.md, oci-layout file";
    pub(super) const OPAQUE: &str = "layer.md, Opaque Whiteout";
    pub(super) const TYPES: &str = "layer.md, File Types";
    pub(super) const VERIFICATION: &str = "descriptor.md, Verification";
    pub(super) const WHITEOUTS: &str = "layer.md, Whiteouts";
    pub(super) const ZSTD: &str = "layer.md, +zstd Media Types";
}

/// All cases, sorted by id.
pub fn cases() -> Vec<Case> {
    let mut all: Vec<Case> = [
        bombs::cases(),
        compression::cases(),
        documents::cases(),
        headers::cases(),
        layouts::cases(),
        links::cases(),
        metadata::cases(),
        paths::cases(),
        pax::cases(),
        sparse::cases(),
        truncation::cases(),
        whiteouts::cases(),
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|case| case.id);
    all
}
