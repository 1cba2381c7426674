//! Any bytes as any document: the validator ends, and what it finds to be without an error can be read.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ocidian_spec::{Document, ImageConfig, ImageIndex, ImageLayout, ImageManifest, json};
use ocidian_validate::{Findings, Settings, Subject, Type, documents, rules};

fuzz_target!(|bytes: &[u8]| {
    sound::<ImageManifest>(bytes, &Type::Manifest(None));
    sound::<ImageIndex>(bytes, &Type::Index(None));
    sound::<ImageConfig>(bytes, &Type::Config);
    sound::<ImageLayout>(bytes, &Type::Layout);
    errors(bytes, &Type::IndexJson);
    errors(bytes, &Type::Descriptor);
});

fn sound<T: Document + std::fmt::Debug>(bytes: &[u8], document: &Type) {
    if !errors(bytes, document) {
        T::parse(bytes, json::DOCUMENT).expect("nothing was found to be wrong with it");
    }
}

/// Whether there are errors, or what careful readers refuse.
fn errors(bytes: &[u8], document: &Type) -> bool {
    let mut findings = Findings::new(Arc::new(Settings::default()), Subject::File("document".to_owned()));
    documents::check(bytes.to_vec(), document, &mut findings);
    rules::all().any(|rule| {
        findings.broke(rule) && (rule.level == ocidian_validate::Level::Error || rule.id.ends_with("-ambiguous"))
    })
}
