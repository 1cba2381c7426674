//! The scan accepts what serde_json accepts, less duplicate names, lone surrogates and what is
//! beyond the limits; and no text makes it slow.

use std::time::{Duration, Instant};

use ocidian_spec::json::{self, Limits};
use proptest::prelude::*;
use serde::de::IgnoredAny;

fn scan(text: &[u8]) -> Result<(), String> {
    json::scan(text, json::DOCUMENT, "text").map_err(|e| e.to_string())
}

fn serde(text: &[u8]) -> bool {
    // IgnoredAny looks at bytes only; serde_json checks UTF-8 where it makes strings.
    std::str::from_utf8(text).is_ok() && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

#[test]
fn what_is_json() {
    for good in [
        "{}",
        "[]",
        " \t\r\n1 ",
        "0",
        "-0",
        "-0.0e-0",
        "1E+9",
        "10.01e10",
        "1e999999",
        "123456789012345678901234567890",
        "true",
        "false",
        "null",
        r#""""#,
        r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#,
        "\"\u{7f}é😀\u{feff}\"",
        "[[],{},[1,2]]",
        r#"{"":0}"#,
        r#"{"a":{"a":{"a":[{"a":1},{"a":2}]}}}"#,
        r#"{"a":1,"A":2,"\u00e4":3,"a\u0308":4}"#,
    ] {
        assert_eq!(scan(good.as_bytes()), Ok(()), "{good}");
        assert!(serde(good.as_bytes()), "{good}");
    }
}

#[test]
fn what_is_not_and_where() {
    for (bad, wrong) in [
        ("", "the text ends too early at line 1 column 1"),
        (" \n ", "line 2 column 2"),
        ("\u{feff}{}", "expected a value at line 1 column 1"),
        ("{", "expected a name at line 1 column 2"),
        ("[", "too early"),
        ("[1", "too early"),
        ("[1,", "too early"),
        ("[1,]", "expected a value at line 1 column 4"),
        ("[,1]", "expected a value"),
        ("[1 2]", "expected `,` or `]`"),
        ("[1}", "expected `,` or `]`"),
        ("{\"a\":1]", "expected `,` or `}`"),
        ("{\"a\"}", "expected `:`"),
        ("{\"a\":}", "expected a value"),
        ("{\"a\":1,}", "expected a name"),
        ("{a:1}", "expected a name"),
        ("{'a':1}", "expected a name"),
        ("]", "expected a value"),
        ("{}{}", "text after the end at line 1 column 3"),
        ("{}\0", "text after the end"),
        ("1 // x", "text after the end"),
        ("tru", "expected a value"),
        ("nulL", "expected a value"),
        ("truer", "text after the end"),
        ("NaN", "expected a value"),
        ("01", "a bad number"),
        ("-", "a bad number"),
        ("+1", "expected a value"),
        ("1.", "a bad number"),
        (".1", "expected a value"),
        ("1e", "a bad number"),
        ("1e+", "a bad number"),
        ("0x1", "text after the end"),
        ("\"", "ends within a string"),
        ("\"a\\", "a bad escape"),
        ("\"\n\"", "a control character"),
        ("\"\\x\"", "a bad escape"),
        ("\"\\u12g4\"", "a bad escape"),
        ("\"\\u12", "a bad escape"),
        ("\"\\ud800\"", "a lone surrogate"),
        ("\"\\ud800\\n\"", "a lone surrogate"),
        ("\"\\ud800\\ud800\"", "a lone surrogate"),
        ("\"\\udc00\"", "a lone surrogate"),
        (r#"{"a":1,"a":1}"#, "duplicate name \"a\" at line 1 column 8"),
        (r#"{"a":1,"\u0061":1}"#, "duplicate name \"a\" at line 1 column 8"),
        (r#"{"😀":1,"b":1,"\ud83d\ude00":1}"#, "duplicate name \"😀\""),
        (r#"{"":1,"":1}"#, "duplicate name \"\""),
        (
            "{\"x\":[0,\n {\"c\":1,\"b\":2,\"c\":3,\"b\":4}]}",
            "duplicate name \"c\" at line 2 column 15, in /x/1",
        ),
        (r#"{"a/b":{"~":[0,[?]]}}"#, "expected a value at line 1 column 17, in /a~1b/~0/1/0"),
    ] {
        let error = scan(bad.as_bytes()).unwrap_err();
        assert!(error.contains(wrong), "{bad}: {error}");
    }
    let error = scan(b"{\"a\":\n\"\xff\"}").unwrap_err();
    assert!(error.contains("not UTF-8 at line 2 column 2"), "{error}");
}

#[test]
fn limits_hold() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let objects = |levels: usize| format!("{}0{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    assert_eq!(scan(nested(512).as_bytes()), Ok(()));
    assert_eq!(scan(objects(512).as_bytes()), Ok(()));
    for deep in [nested(513), nested(10_000), objects(10_000), "[".repeat(1 << 20), "{\"\":".repeat(1 << 20)]
    {
        let error = scan(deep.as_bytes()).unwrap_err();
        assert!(error.contains("more than 512 levels") && error.len() < 1000, "{error}");
    }
    let small = Limits { size: 4, depth: 0 };
    assert!(json::scan(b"1234", small, "text").is_ok());
    assert!(json::scan(b"12345", small, "text").is_err());
    assert!(json::scan(b"[]", small, "text").is_err());
}

/// The worst texts known, 1 MiB each, are done in a moment, where anything quadratic would take
/// minutes.
#[test]
fn no_text_is_slow() {
    const SIZE: usize = 1 << 20;
    let many = |name: &dyn Fn(usize) -> String| {
        let mut text = String::from("{");
        for i in 0.. {
            let member = format!("\"{}\":0,", name(i));
            if text.len() + member.len() > SIZE {
                break;
            }
            text.push_str(&member);
        }
        text.pop();
        text.push('}');
        text
    };
    let prefix = "p".repeat(1000);
    for (what, text) in [
        ("short names", many(&|i| format!("{i:x}"))),
        ("long names that begin alike", many(&|i| format!("{prefix}{i:x}"))),
        ("escaped names that begin alike", many(&|i| format!("\\u0070\\u0070\\u0070{i:x}"))),
        ("empty objects", format!("[{}{{}}]", "{},".repeat(SIZE / 3 - 2))),
        ("one string", format!("\"{}\"", "x".repeat(SIZE - 2))),
    ] {
        let begun = Instant::now();
        let limits = Limits { size: SIZE, ..json::DOCUMENT };
        assert_eq!(json::scan(text.as_bytes(), limits, "text"), Ok(()), "{what}");
        // Far more than it takes unoptimised on a busy machine, far less than anything quadratic.
        assert!(begun.elapsed() < Duration::from_secs(10), "{what}: {:?}", begun.elapsed());
    }
}

/// Texts that are nearly JSON: tokens in any order, then whole values with one byte changed.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"\\u0061\"",
        "\"\\ud83d\\ude00\"",
        "1",
        "-",
        ".5",
        "e3",
        "true",
        "null",
        " ",
        "\n",
        "\"",
        "\\",
    ]);
    let tokens = prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat().into_bytes());
    let leaf = prop::sample::select(vec!["1", "-0.5e7", "true", "null", "\"\\n\"", "\"é\"", "[]", "{}"]);
    let value = leaf.prop_map(str::to_owned).prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(" ,"))),
            prop::collection::vec(("[a-d]", inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(name, v)| format!("\"{name}\" :{v}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    let changed =
        (value, any::<prop::sample::Index>(), prop::option::of(any::<u8>())).prop_map(|(text, at, byte)| {
            let mut bytes = text.into_bytes();
            if let Some(byte) = byte {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        });
    prop_oneof![tokens, changed, prop::collection::vec(any::<u8>(), 0..8)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn agrees_with_serde_json(text in nearly()) {
        match scan(&text) {
            Ok(()) => prop_assert!(serde(&text), "serde_json refuses {:?}", String::from_utf8_lossy(&text)),
            Err(e) if e.contains("duplicate name") || e.contains("surrogate") => {}
            Err(e) => prop_assert!(!serde(&text), "{} in {:?}", e, String::from_utf8_lossy(&text)),
        }
    }
}

#[test]
fn an_object_of_nothing_but_names_takes_bounded_memory() {
    let text = format!("{{{}\"a\":0}}", "\"a\":0,".repeat(5 << 20));
    let error = json::scan(text.as_bytes(), json::INDEX_JSON, "index").unwrap_err();
    assert!(error.to_string().contains("names"), "{error}");
}
