//! What manifests and indexes have in common, each under rules of its own.

use ocidian_spec::{Kind, MediaType};

use crate::finding::quote;
use crate::findings::Findings;
use crate::json::Value;
use crate::rule::Rule;

/// A document's own media type: there, and what its descriptor says.
pub(super) fn own_media_type(
    document: Value<'_>,
    said: Option<&MediaType>,
    usual: &MediaType,
    [wrong, missing]: [&'static Rule; 2],
    findings: &mut Findings,
) {
    let expected = said.unwrap_or(usual);
    match document.get("mediaType") {
        None => findings.add(missing, document, "there is no mediaType"),
        Some(value) => {
            if let Some(text) = value.as_str().filter(|text| text != expected.as_str()) {
                let by = if said.is_some() { "its descriptor says" } else { "it should be" };
                findings.add(
                    wrong,
                    value,
                    format_args!("it is {}, and {by} {}", quote(&text), quote(expected.as_str())),
                );
            }
        }
    }
}

/// A subject: some manifest. Types that nobody knows may be manifests.
pub(super) fn subject(subject: Value<'_>, rule: &'static Rule, findings: &mut Findings) {
    if let Some(media_type) = media_type(subject)
        && matches!(media_type.kind(), Kind::Config | Kind::Layer(_) | Kind::Empty)
    {
        findings.add(
            rule,
            subject,
            format_args!("it names something of type {media_type}, which is no manifest"),
        );
    }
}

/// The media type that a descriptor says, where it is one by its grammar.
pub(super) fn media_type(descriptor: Value<'_>) -> Option<MediaType> {
    descriptor.text("mediaType")?.parse().ok()
}
