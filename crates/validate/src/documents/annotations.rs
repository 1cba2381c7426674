//! Annotations: their keys, and the formats of those that the specification defines. image-spec `annotations.md`.
//!
//! Labels follow the same rules (`config.md`), so the same function checks them.

use ocidian_spec::annotations as key;

use crate::finding::quote;
use crate::findings::Findings;
use crate::format::{self, Check};
use crate::json::schema::Shape;
use crate::json::{Kind, Value};
use crate::rule::Rule;
use crate::rules::annotations as rule;

/// A map of strings; [`check`] looks at what they are. Its own rule is [`rule::MAP`].
pub(super) static MAP: Shape = Shape::Map(&Shape::String, &rule::VALUE);

/// A key whose values have a format, and the rule that says so.
type Format = (&'static str, fn(&str) -> Check, &'static Rule);

/// All of them.
static FORMATS: &[Format] = &[
    (key::CREATED, format::rfc3339, &rule::CREATED),
    (key::URL, format::uri, &rule::URL),
    (key::DOCUMENTATION, format::uri, &rule::URL),
    (key::SOURCE, format::uri, &rule::URL),
    (key::LICENSES, format::license, &rule::LICENSES),
    (key::REF_NAME, format::ref_name, &rule::REF_NAME),
    (key::BASE_DIGEST, format::digest, &rule::BASE_DIGEST),
    (key::BASE_NAME, format::image_reference, &rule::BASE_NAME),
];

/// The keys below the reserved prefix that have no format, or are defined by `conversion.md`.
static OTHERS: &[&str] = &[
    key::AUTHORS,
    key::VERSION,
    key::REVISION,
    key::VENDOR,
    key::TITLE,
    key::DESCRIPTION,
    key::OS,
    key::ARCHITECTURE,
    key::VARIANT,
    key::OS_VERSION,
    key::OS_FEATURES,
    key::AUTHOR,
    key::STOP_SIGNAL,
    key::EXPOSED_PORTS,
    // distribution-spec, on what the referrers API answers.
    "org.opencontainers.referrers.filtersApplied",
];

const RESERVED: &str = "org.opencontainers";

/// Checks the keys of a map, and the values whose format is defined; empty ones are legal.
pub(super) fn check(map: Value<'_>, findings: &mut Findings) {
    if map.kind() != Kind::Object {
        return;
    }
    let (mut base_name, mut base_digest) = (None, false);
    for (name, value) in map.members() {
        if let Some((_, format, rule)) = FORMATS.iter().find(|(key, ..)| *key == name) {
            // "While the value MUST be present, it MAY be an empty string", whatever the key.
            if let Some(text) = value.as_str().filter(|text| !text.is_empty())
                && let Err(reason) = format(&text)
            {
                findings.add(rule, value, format_args!("{} {reason}", quote(&text)));
            }
            match &*name {
                key::BASE_NAME => base_name = Some(value),
                key::BASE_DIGEST => base_digest = true,
                _ => {}
            }
            continue;
        }
        let below = name.strip_prefix(RESERVED).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if below && !OTHERS.contains(&&*name) {
            findings.add(
                &rule::RESERVED,
                value,
                format_args!("no specification defines the key {}", quote(&name)),
            );
        } else if let Err(reason) = format::annotation_key(&name) {
            findings.add(&rule::KEY, value, format_args!("the key {} {reason}", quote(&name)));
        }
    }
    if let Some(value) = base_name.filter(|_| !base_digest) {
        findings.add(&rule::BASE_NAME_DIGEST, value, format_args!("there is no {}", key::BASE_DIGEST));
    }
}

/// Notes a `ref.name` where it names nothing.
pub(super) fn note_ref_name(map: Option<Value<'_>>, findings: &mut Findings) {
    if let Some(value) = map.and_then(|map| map.get(key::REF_NAME)) {
        findings.add(
            &rule::REF_NAME_PLACE,
            value,
            format_args!("{} is not on a descriptor in index.json", key::REF_NAME),
        );
    }
}
