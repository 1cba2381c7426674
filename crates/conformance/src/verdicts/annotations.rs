//! Annotations.

use serde_json::json;

use super::image::{digest, simple};
use super::pointer::set;
use crate::layout::{TAG, tagged};
use crate::validation::ValidationCase as Case;

const KEYS: &str = "annotations.md, Pre-Defined Annotation Keys";
const RULES: &str = "annotations.md, Rules";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::valid(["annotations", "annotations", KEYS, "Predefined ones and one's own."], |b| {
            simple(b);
            b.manifest(|x| {
                set(
                    x,
                    "/annotations",
                    json!({
                    "org.opencontainers.image.created": "2023-01-02T03:04:05Z",
                    "org.opencontainers.image.url": "https://example.com/",
                    "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
                    "com.example.key": "",
                    }),
                )
            });
        }),
        Case::invalid(
            ["annotations-null", "annotations that are null", RULES, "They must be a map."],
            "annotation-map",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/annotations", json!(null)));
            },
        ),
        Case::invalid(
            ["annotations-list", "annotations that are a list", RULES, "They must be a map."],
            "annotation-map",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/annotations", json!([])));
            },
        ),
        Case::invalid(
            ["annotation-value", "an annotation that is a number", RULES, "Values must be strings."],
            "annotation-value",
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/annotations", json!({ "com.example.n": 1 })));
            },
        ),
        Case::odd(
            ["annotation-key", "a key without a domain", RULES, "Keys should be in reverse domain notation."],
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/annotations", json!({ "team": "blue" })));
            },
        )
        .warned("annotation-key"),
        Case::odd(
            [
                "annotation-reserved",
                "a key that the specifications keep for themselves",
                RULES,
                "The prefix is reserved.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| set(x, "/annotations", json!({ "org.opencontainers.image.mood": "good" })));
            },
        )
        .warned("annotation-reserved"),
        Case::invalid(
            ["annotation-created", "a time that is not by RFC 3339", KEYS, "created is such a time."],
            "annotation-created",
            |b| {
                simple(b);
                b.manifest(|x| {
                    set(
                        x,
                        "/annotations",
                        json!({ "org.opencontainers.image.created": "2023-01-02 03:04:05" }),
                    )
                });
            },
        ),
        Case::invalid(
            ["annotation-url", "a source that is no URL", KEYS, "source is one."],
            "annotation-url",
            |b| {
                simple(b);
                b.manifest(|x| {
                    set(x, "/annotations", json!({ "org.opencontainers.image.source": "github.com/example" }))
                });
            },
        ),
        Case::invalid(
            ["annotation-licenses", "licences that are no SPDX expression", KEYS, "licenses is one."],
            "annotation-licenses",
            |b| {
                simple(b);
                b.manifest(|x| {
                    set(x, "/annotations", json!({ "org.opencontainers.image.licenses": "MIT, Apache 2.0" }))
                });
            },
        ),
        Case::odd(
            [
                "annotation-ref-name",
                "a name that the grammar does not allow",
                KEYS,
                "It should only consist of what it says.",
            ],
            |b| {
                simple(b);
                b.roots(|_, manifest| vec![tagged(manifest.clone(), TAG), tagged(manifest, "my image")]);
            },
        )
        .warned("annotation-ref-name")
        .beyond_the_image(),
        Case::odd(
            [
                "annotation-ref-name-place",
                "a name on a manifest",
                KEYS,
                "It counts on descriptors in index.json alone.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| {
                    set(x, "/annotations", json!({ "org.opencontainers.image.ref.name": "latest" }))
                });
            },
        )
        .noted("annotation-ref-name-place"),
        Case::invalid(
            ["annotation-base-digest", "a base's digest without an algorithm", KEYS, "It is a digest."],
            "annotation-base-digest",
            |b| {
                simple(b);
                b.manifest(|x| {
                    set(x, "/annotations", json!({ "org.opencontainers.image.base.digest": "5b0bcabd1ed2" }))
                });
            },
        ),
        Case::odd(
            [
                "annotation-base-name",
                "a base's name that is not complete",
                KEYS,
                "It should be a full reference.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| {
                    set(
                        x,
                        "/annotations",
                        json!({
                        "org.opencontainers.image.base.name": "debian:12",
                        "org.opencontainers.image.base.digest": digest('1'),
                        }),
                    )
                });
            },
        )
        .warned("annotation-base-name"),
        Case::odd(
            [
                "annotation-base-name-digest",
                "a base's name without its digest",
                KEYS,
                "The digest should come with it.",
            ],
            |b| {
                simple(b);
                b.manifest(|x| {
                    set(
                        x,
                        "/annotations",
                        json!({ "org.opencontainers.image.base.name": "docker.io/library/debian:12" }),
                    )
                });
            },
        )
        .warned("annotation-base-name-digest"),
    ]
}
