//! The cases, by what they are about. Each names the heading of image-spec that it rests on.

mod blobs;
mod bombs;
mod compression;
mod confusion;
mod descriptors;
mod hard_links;
mod headers;
mod json;
mod layout_files;
mod members;
mod metadata;
mod names;
mod opaque;
mod paths;
mod pax;
mod pax_scope;
mod replaced;
mod roots;
mod sparse;
mod symlinks;
mod truncation;
mod whiteouts;

use crate::case::Case;
use crate::layout::LayoutBuilder;
use crate::tar::file;
use crate::tree::{self, ExpectedEntry};

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

/// Where the runner keeps a sentinel, seen from an unpacked tree's root.
const OUTSIDE: &str = "../../outside";
/// Where it keeps the other one.
const OUTSIDE_ABSOLUTE: &str = crate::runner::ABSOLUTE_OUTSIDE;

/// The image of a case that is about something else.
fn simple(b: &mut LayoutBuilder) {
    b.layer([file("a", "x")]);
}

/// What [`simple`] is unpacked to.
fn simple_tree() -> [ExpectedEntry; 1] {
    [tree::file("a", "x")]
}

/// All cases, sorted by id.
pub fn cases() -> Vec<Case> {
    let mut all: Vec<Case> = [
        blobs::cases(),
        bombs::cases(),
        compression::cases(),
        confusion::cases(),
        descriptors::cases(),
        hard_links::cases(),
        headers::cases(),
        json::cases(),
        layout_files::cases(),
        members::cases(),
        metadata::cases(),
        names::cases(),
        opaque::cases(),
        paths::cases(),
        pax::cases(),
        pax_scope::cases(),
        replaced::cases(),
        roots::cases(),
        sparse::cases(),
        symlinks::cases(),
        truncation::cases(),
        whiteouts::cases(),
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|case| case.id);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::case::Expectation;

    #[test]
    fn there_are_as_many_as_we_say() {
        let refused = cases().iter().filter(|c| matches!(c.expect, Expectation::Refused { .. })).count();
        assert!(cases().len() >= 400, "{}", cases().len());
        assert!(refused >= 220, "{refused}");
    }

    #[test]
    fn ids_are_unique_sorted_and_file_names() {
        let ids: Vec<_> = cases().iter().map(|case| case.id).collect();
        let sorted: Vec<_> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        assert_eq!(ids, sorted);
        for id in ids {
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
        }
    }

    #[test]
    fn every_case_says_what_it_is_and_what_it_rests_on() {
        for case in cases() {
            assert!(!case.title.is_empty(), "{}", case.id);
            assert!(case.section.contains(".md, "), "{}", case.id);
            assert!(case.about.ends_with('.'), "{}", case.id);
        }
    }

    #[test]
    fn every_path_of_a_tree_has_its_parents() {
        for case in cases() {
            let Expectation::Tree(tree) = &case.expect else { continue };
            let paths: BTreeSet<_> = tree.iter().map(|entry| entry.path.as_slice()).collect();
            assert_eq!(paths.len(), tree.len(), "{}: a path twice", case.id);
            for path in &paths {
                if let Some(at) = path.iter().rposition(|b| *b == b'/') {
                    assert!(paths.contains(&path[..at]), "{}: {}", case.id, path.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn layouts_are_the_same_each_time_and_have_what_errors_name() {
        for case in cases() {
            let layout = case.layout().unwrap();
            assert!(layout == case.layout().unwrap(), "{}", case.id);
            for needle in case.needles(&layout) {
                assert!(!needle.contains('{') && !needle.is_empty(), "{}: {needle}", case.id);
            }
        }
    }
}
