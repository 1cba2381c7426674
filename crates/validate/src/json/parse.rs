//! From bytes to a document: what is wrong with the JSON itself. image-spec `considerations.md`, "JSON"; RFC 7493.

use ocidian_spec::json::{self, FaultKind, Limits};

use super::document::{Builder, Document, Kind};
use super::numbers;
use crate::finding::{Place, quote};
use crate::findings::Findings;
use crate::rules::json as rule;

/// Parses a document and reports all that is wrong with it as JSON. `None` where it is none, or one that is too
/// large or too deep to be looked at.
pub fn parse(bytes: Vec<u8>, limits: Limits, findings: &mut Findings) -> Option<Document> {
    let mut builder = Builder::new();
    if let Err(fault) = json::scan_with(&bytes, limits, &mut builder) {
        let rule = match fault.kind {
            FaultKind::Size | FaultKind::Depth => &rule::LIMITS,
            FaultKind::Utf8 => &rule::UTF8,
            FaultKind::Syntax | FaultKind::Duplicate => &rule::SYNTAX,
        };
        findings.add(rule, Place::Byte(fault.at as u64), &fault);
        return None;
    }
    let mut duplicates = std::mem::take(&mut builder.duplicates);
    duplicates.sort_unstable();
    // It was scanned, so it is UTF-8.
    let document = builder.finish(String::from_utf8(bytes).ok()?);
    for at in duplicates {
        match document.named_at(at) {
            Some(value) => {
                let name = value.name().unwrap_or_default();
                let message =
                    format_args!("{} is there twice, and readers differ on which one counts", quote(&name));
                findings.add(&rule::DUPLICATE, value, message);
            }
            None => findings.add(&rule::DUPLICATE, Place::Byte(at.into()), "a name is there twice"),
        }
    }
    if !document.is_complete() {
        let message = format_args!(
            "it has more than {} values; those behind are not looked at",
            super::document::MOST_VALUES
        );
        findings.add(&rule::LIMITS, Place::Whole, message);
    }
    for value in document.values() {
        match value.kind() {
            Kind::Number => {
                if let Some(fault) = numbers::fault(value.raw()) {
                    findings.add(&rule::NUMBER, value, format_args!("{} {fault}", clip(value.raw())));
                }
            }
            Kind::String if may_hold_noncharacters(value.raw()) => {
                if let Some(c) = value.as_str().and_then(|text| text.chars().find(|c| is_noncharacter(*c))) {
                    let message =
                        format_args!("the string holds U+{:04X}, which is no character", u32::from(c));
                    findings.add(&rule::NONCHARACTER, value, message);
                }
            }
            _ => {}
        }
    }
    Some(document)
}

/// All of them are encoded with a byte from 0xEF on, or escaped.
fn may_hold_noncharacters(raw: &str) -> bool {
    raw.bytes().any(|b| b >= 0xef || b == b'\\')
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

fn clip(number: &str) -> String {
    match number.get(..40) {
        Some(start) if number.len() > 40 => format!("{start}…"),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::finding::Subject;
    use crate::findings::Collected;
    use crate::settings::Settings;

    fn broken(bytes: &[u8]) -> Vec<(&'static str, Place)> {
        let mut findings = Findings::new(Arc::new(Settings::default()), Subject::File("f".to_owned()));
        parse(bytes.to_vec(), json::DOCUMENT, &mut findings);
        let mut all = Collected::default();
        all.merge(0, findings);
        all.into_parts().0.into_iter().map(|f| (f.rule.id, f.location.place)).collect()
    }

    #[test]
    fn each_fault_has_its_rule_and_place() {
        let at = |pointer: &str| Place::Pointer(pointer.to_owned());
        assert_eq!(broken(br#"{"a":[1,2.5,"x",{}]}"#), []);
        assert_eq!(broken(br#"{"a":1"#), [("json-syntax", Place::Byte(6))]);
        assert_eq!(broken(b"\xef\xbb\xbf{}"), [("json-syntax", Place::Byte(0))]);
        assert_eq!(broken(b"{} {}"), [("json-syntax", Place::Byte(3))]);
        assert_eq!(broken(b""), [("json-syntax", Place::Byte(0))]);
        assert_eq!(broken(b"{\"a\":\"\xff\"}"), [("json-utf8", Place::Byte(6))]);
        assert_eq!(
            broken(br#"{"a":{"b":1,"b":2,"b":3},"\u0061":0}"#),
            [("json-duplicate", at("/a/b")), ("json-duplicate", at("/a/b")), ("json-duplicate", at("/a"))]
        );
        assert_eq!(broken(br#"{"a":12345678901234567890}"#), [("json-number", at("/a"))]);
        assert_eq!(broken(br#"["\uffff"]"#), [("json-noncharacter", at("/0"))]);
        assert_eq!(broken("[\"\u{fdd0}\"]".as_bytes()), [("json-noncharacter", at("/0"))]);
        assert_eq!(broken("[".repeat(1000).as_bytes()), [("json-limits", Place::Byte(512))]);
    }

    #[test]
    fn a_document_of_duplicates_is_bounded() {
        let many = format!("{{{}\"a\":0}}", r#""a":0,"#.repeat(300_000));
        assert_eq!(broken(many.as_bytes()).len(), crate::findings::MOST);
    }
}
