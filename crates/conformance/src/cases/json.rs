//! JSON as such: what is no JSON, or too deep, and wrong types.

use serde_json::json;

use super::section::{DIGESTS, INDEX, INDEX_JSON, JSON, MANIFEST};
use super::simple;
use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    let mut all = syntax();
    all.extend(index_syntax());
    all
}

fn deep() -> String {
    format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))
}

/// Puts members before all others of a JSON object.
fn prepend(members: &str, object: &str) -> Vec<u8> {
    object.replacen('{', &format!("{{{members},"), 1).into_bytes()
}

fn syntax() -> Vec<Case> {
    vec![
        Case::refused(
            "json-deep-config",
            "a config nested 10,000 deep in a member that nobody knows",
            JSON,
            "A reader that calls itself for each level runs out of stack.",
            |b| {
                simple(b);
                b.config_bytes(|text| prepend(&format!("\"x\":{}", deep()), &text));
            },
            &["{config}"],
        ),
        Case::refused(
            "json-deep-manifest",
            "a manifest nested 10,000 deep in a member that nobody knows",
            JSON,
            "A reader that calls itself for each level runs out of stack.",
            |b| {
                simple(b);
                b.manifest_bytes(|text| prepend(&format!("\"x\":{}", deep()), &text));
            },
            &["{manifest}"],
        ),
        Case::refused(
            "json-deep-index",
            "an index.json of 10,000 brackets that never close",
            JSON,
            "A reader that calls itself for each level runs out of stack.",
            |b| {
                simple(b);
                b.index_bytes(|text| prepend(&format!("\"x\":{}", "[{\"x\":".repeat(10_000)), &text));
            },
            &["index.json"],
        ),
        Case::refused(
            "json-byte-order-mark",
            "a manifest that begins with a byte order mark",
            JSON,
            "RFC 8259, section 8.1: it must not be there.",
            |b| {
                simple(b);
                b.manifest_bytes(|text| [b"\xef\xbb\xbf".to_vec(), text.into_bytes()].concat());
            },
            &["{manifest}"],
        ),
        Case::refused(
            "json-trailing-garbage",
            "a manifest with another document after it",
            JSON,
            "A reader that stops at the first sees one document, another sees the second.",
            |b| {
                simple(b);
                b.manifest_bytes(|text| format!("{text}{{}}").into_bytes());
            },
            &["{manifest}"],
        ),
        Case::refused(
            "json-cut",
            "a config that is cut off",
            JSON,
            "Its digest is right, but it is no JSON.",
            |b| {
                simple(b);
                b.config_bytes(|text| text.as_bytes()[..text.len() - 1].to_vec());
            },
            &["{config}"],
        ),
        Case::refused(
            "json-not-utf8",
            "a config with a string that is not UTF-8",
            JSON,
            "RFC 8259, section 8.1: JSON is UTF-8.",
            |b| {
                simple(b);
                b.config_bytes(|text| {
                    let mut bytes = prepend("\"author\":\"?\"", &text);
                    if let Some(byte) = bytes.iter_mut().find(|byte| **byte == b'?') {
                        *byte = 0xff;
                    }
                    bytes
                });
            },
            &["{config}"],
        ),
        Case::refused(
            "json-empty-config",
            "a config of no bytes",
            JSON,
            "Its digest is right, but it is no JSON.",
            |b| {
                simple(b);
                b.config_bytes(|_| Vec::new());
            },
            &["{config}"],
        ),
        Case::refused(
            "json-array-manifest",
            "a manifest that is an array",
            MANIFEST,
            "A manifest is an object.",
            |b| {
                simple(b);
                b.manifest_bytes(|text| format!("[{text}]").into_bytes());
            },
            &["{manifest}"],
        ),
    ]
}

fn index_syntax() -> Vec<Case> {
    vec![
        Case::refused(
            "index-json-cut",
            "an index.json that is cut off",
            INDEX_JSON,
            "As a writer that died would leave it.",
            |b| {
                simple(b);
                b.index_bytes(|text| text.as_bytes()[..text.len() / 2].to_vec());
            },
            &["index.json"],
        ),
        Case::refused(
            "index-json-empty",
            "an index.json of no bytes",
            INDEX_JSON,
            "As a full disk would leave it.",
            |b| {
                simple(b);
                b.index_bytes(|_| Vec::new());
            },
            &["index.json"],
        ),
        Case::refused(
            "index-json-manifests-object",
            "an index.json whose manifests are no array",
            INDEX,
            "The member must be an array of descriptors.",
            |b| {
                simple(b);
                b.index(|index| index["manifests"] = json!({}));
            },
            &["index.json"],
        ),
        Case::refused(
            "index-json-digest-path",
            "a digest in index.json that is a path",
            DIGESTS,
            "It must be parsed before it is made into a path.",
            |b| {
                simple(b);
                b.index(|index| index["manifests"][0]["digest"] = "sha256:../../../outside/sentinel".into());
            },
            &["../../../outside/sentinel"],
        ),
    ]
}
