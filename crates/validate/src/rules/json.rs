//! Rules about JSON, whatever the document. image-spec `considerations.md`; RFC 7493.

super::rules! {
    SYNTAX: Error "json-syntax" Image "considerations.md#json" V1_0 {
        title: "a document is one JSON value and nothing else",
        says: "Of the [OCI Image Format Specification media types](media-types.md), all the types ending in `+json` contain JSON content.",
        help: "Write the document with a JSON library; look at the byte that is named.",
        good: r#"{"schemaVersion": 2}"#,
        bad: r#"{"schemaVersion": 2,}"#,
    }
    UTF8: Error "json-utf8" Image "considerations.md#json" V1_0 {
        title: "a document is encoded in UTF-8",
        says: "The encoding MUST be [UTF-8][rfc3629]",
        help: "Encode the document in UTF-8, without a byte order mark.",
        good: r#"{"author": "Zoë"}"#,
        bad: r#"{"author": "Zo<the byte 0xEB of Latin-1>"}"#,
    }
    DUPLICATE: Error "json-duplicate" Image "considerations.md#json" V1_0 {
        title: "no object has two members of one name",
        says: "Objects MUST NOT contain duplicate names",
        help: "Remove one of the two: readers differ on which one counts, so two of them see two documents.",
        good: r#"{"schemaVersion": 2}"#,
        bad: r#"{"schemaVersion": 2, "schemaVersion": 1}"#,
    }
    NUMBER: Warning "json-number" Image "considerations.md#json" V1_1 {
        title: "numbers are those that a double holds exactly",
        says: "Numbers SHOULD be limited to IEEE 754 double precision",
        help: "Use a smaller number, or a string: many readers round this one.",
        good: r#"{"size": 9007199254740991}"#,
        bad: r#"{"size": 9007199254740993}"#,
    }
    NONCHARACTER: Error "json-noncharacter" Image "considerations.md#json" V1_1 {
        title: "strings are made of characters",
        says: "All [JSON][JSON] content MUST follow the I-JSON limitations in [RFC 7493][rfc7493]:",
        help: "Remove the code point: RFC 7493, section 2.1 forbids surrogates and noncharacters in I-JSON.",
        good: r#"{"author": "A"}"#,
        bad: r#"{"author": "\uffff"}"#,
    }
    NAME_CASE: Warning "json-name-case" Image "considerations.md#extensibility" V1_0 {
        title: "no name differs from a known one in nothing but case",
        says: "Implementations processing content SHOULD NOT generate an error if they encounter an unknown property in a known media type.",
        help: "Write the name as the specification has it, or choose another: readers in Go take it for the known one, all others pass over it.",
        good: r#"{"mediaType": "application/vnd.oci.image.manifest.v1+json"}"#,
        bad: r#"{"mediatype": "application/vnd.oci.image.manifest.v1+json"}"#,
    }
    LIMITS: Error "json-limits" Image "descriptor.md#embedded-content" V1_0 {
        title: "a document is small enough to be read: 16 MiB (index.json 64 MiB), 512 levels, two million values",
        says: "Implementations SHOULD consider portability when deciding whether to embed data, as some providers are known to refuse to accept or parse manifests that exceed a certain size.",
        help: "Split the document, or move what is embedded in it into blobs. Nothing behind the limit was checked, so this is an error.",
        good: "a manifest of 2 KiB",
        bad: "a manifest of 17 MiB",
    }
}
