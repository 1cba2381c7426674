//! JSON, whatever it says.

use serde_json::json;

use super::image::simple;
use super::pointer::set;
use crate::validation::ValidationCase as Case;

const MANIFEST: &str = "manifest.md, Image Manifest Property Descriptions";
const EXT: &str = "considerations.md, Extensibility";
const JSON: &str = "considerations.md, JSON";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::valid(["image", "an image of one layer", MANIFEST, "As plain as an image can be."], |b| {
            simple(b);
        }),
        Case::valid(
            [
                "document-unknown-members",
                "members that nobody knows",
                EXT,
                "In every document; implementations must not fail on them.",
            ],
            |b| {
                simple(b);
                b.config(|x| set(x, "/example", json!([null, 1.5])));
                b.manifest(|x| set(x, "/example", json!({ "a": "b" })));
                b.index(|x| set(x, "/example", true));
            },
        ),
        Case::invalid(
            ["json-syntax", "a manifest with a comma too many", JSON, "It is no JSON."],
            "json-syntax",
            |b| {
                simple(b);
                b.manifest_bytes(|text| text.replacen("}", ",}", 1).into_bytes());
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(["json-empty", "a config of no bytes", JSON, "It is no JSON."], "json-syntax", |b| {
            simple(b);
            b.config_bytes(|_| Vec::new());
        }),
        Case::invalid(
            [
                "json-mark",
                "a manifest that begins with a byte order mark",
                JSON,
                "JSON must not begin with one.",
            ],
            "json-syntax",
            |b| {
                simple(b);
                b.manifest_bytes(|text| ["\u{feff}", &text].concat().into_bytes());
            },
        )
        .noted("layout-blob-unreferenced"),
        Case::invalid(
            ["json-latin-1", "an author in Latin-1", JSON, "JSON must be encoded in UTF-8."],
            "json-utf8",
            |b| {
                simple(b);
                b.config_bytes(|text| [&b"{\"author\":\"Zo\xeb\","[..], &text.as_bytes()[1..]].concat());
            },
        ),
        Case::invalid(
            ["json-duplicate", "one name twice in a manifest", JSON, "Readers differ on which counts."],
            "json-duplicate",
            |b| {
                simple(b);
                b.manifest_bytes(|text| [r#"{"layers":[],"#, &text[1..]].concat().into_bytes());
            },
        ),
        Case::invalid(
            [
                "json-duplicate-deep",
                "one name twice inside a member that nobody knows",
                JSON,
                "Names must be unique at any depth.",
            ],
            "json-duplicate",
            |b| {
                simple(b);
                b.config_bytes(|text| {
                    [r#"{"example":[{"a":1,"\u0061":2}],"#, &text[1..]].concat().into_bytes()
                });
            },
        ),
        Case::odd(
            [
                "json-number",
                "a number that a double does not hold",
                JSON,
                "Numbers should be limited to double precision.",
            ],
            |b| {
                simple(b);
                b.config_bytes(|text| [r#"{"example":9007199254740993,"#, &text[1..]].concat().into_bytes());
            },
        )
        .warned("json-number"),
        Case::invalid(
            ["json-noncharacter", "a string with U+FFFF", JSON, "I-JSON forbids what is no character."],
            "json-noncharacter",
            |b| {
                simple(b);
                b.config(|x| set(x, "/author", "\u{ffff}"));
            },
        ),
        Case::odd(
            [
                "json-name-case",
                "a member in another case than the specification's",
                EXT,
                "Readers in Go take it for the one that it is not.",
            ],
            |b| {
                simple(b);
                b.config(|x| set(x, "/Author", "x"));
            },
        )
        .warned("json-name-case"),
        Case::invalid(
            ["json-depth", "a config of 600 levels", JSON, "Beyond what readers put up with."],
            "json-limits",
            |b| {
                simple(b);
                b.config_bytes(|text| {
                    [r#"{"example":"#, &"[".repeat(600), &"]".repeat(600), ",", &text[1..]]
                        .concat()
                        .into_bytes()
                });
            },
        ),
        Case::valid(
            ["json-depth-100", "a config of 100 levels", JSON, "Deep, but no deeper than readers go."],
            |b| {
                simple(b);
                b.config_bytes(|text| {
                    [r#"{"example":"#, &"[".repeat(100), &"]".repeat(100), ",", &text[1..]]
                        .concat()
                        .into_bytes()
                });
            },
        ),
    ]
}
