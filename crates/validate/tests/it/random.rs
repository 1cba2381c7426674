//! Documents with random damage: the validator ends, and what it finds to be without an error can be read.

use ocidian_spec::{Document, ImageConfig, ImageIndex, ImageLayout, ImageManifest, json};
use ocidian_validate::{Level, Type, rules};
use proptest::prelude::*;

use crate::{bases, broken};

fn reads(text: &str, document: &Type) -> bool {
    let bytes = text.as_bytes();
    match document {
        Type::Manifest(_) => ImageManifest::parse(bytes, json::DOCUMENT).is_ok(),
        Type::Index(_) | Type::IndexJson => ImageIndex::parse(bytes, json::DOCUMENT).is_ok(),
        Type::Config => ImageConfig::parse(bytes, json::DOCUMENT).is_ok(),
        Type::Layout => ImageLayout::parse(bytes, json::DOCUMENT).is_ok(),
        Type::Descriptor => true,
    }
}

/// What a text is damaged with: the marks that JSON is made of, and values.
const PIECES: [&str; 16] = [
    "{", "}", "[", "]", ",", ":", "\"", "null", "0", "-1", "1e9", "\"\"", "true", "\\u0000", "\u{1}",
    "\"a\":0,",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_has_no_error_can_be_read(
        which in 0..7_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, 0..PIECES.len()), 0..4),
    ) {
        let (document, base) = bases::all().swap_remove(which);
        let mut text = base.to_string();
        for (at, removed, piece) in edits {
            let at = at.index(text.len());
            let end = (at + removed).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, PIECES[piece]);
            }
        }
        let broken = broken(&text, &document);
        let refused = |id: &&&str| rules::find(id).unwrap().level == Level::Error || id.ends_with("-ambiguous");
        if broken.iter().find(refused).is_none() {
            prop_assert!(reads(&text, &document), "{document:?} {text}");
        }
    }
}
