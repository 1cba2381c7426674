//! Documents as values: what changed, by JSON pointer, or that only the bytes did.

use serde_json::Value;

/// How two documents stand to each other.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The same bytes.
    Same,
    /// The same value in other bytes: white space, the order of members, escapes.
    Formatting,
    /// Other values.
    Changed(Vec<DocumentChange>),
}

/// One value that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentChange {
    /// Where: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What the first document has there, if anything.
    pub a: Option<Value>,
    /// What the second one has.
    pub b: Option<Value>,
}

/// Compares two JSON documents. Arrays are compared place by place.
///
/// # Errors
/// Where one of them is no JSON.
pub fn compare(a: &[u8], b: &[u8]) -> Result<Verdict, serde_json::Error> {
    if a == b {
        return Ok(Verdict::Same);
    }
    let (a, b): (Value, Value) = (serde_json::from_slice(a)?, serde_json::from_slice(b)?);
    let mut changes = Vec::new();
    // serde_json bounds the depth of what it parses.
    values(&mut String::new(), &a, &b, &mut changes);
    Ok(if changes.is_empty() { Verdict::Formatting } else { Verdict::Changed(changes) })
}

fn values(pointer: &mut String, a: &Value, b: &Value, changes: &mut Vec<DocumentChange>) {
    match (a, b) {
        (Value::Object(one), Value::Object(other)) => {
            for (name, a) in one {
                below(pointer, name, Some(a), other.get(name), changes);
            }
            for (name, b) in other.iter().filter(|(name, _)| !one.contains_key(*name)) {
                below(pointer, name, None, Some(b), changes);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for place in 0..one.len().max(other.len()) {
                below(pointer, &place.to_string(), one.get(place), other.get(place), changes);
            }
        }
        _ if a == b => {}
        _ => {
            let pointer = pointer.clone();
            changes.push(DocumentChange { pointer, a: Some(a.clone()), b: Some(b.clone()) });
        }
    }
}

fn below(
    pointer: &mut String,
    name: &str,
    a: Option<&Value>,
    b: Option<&Value>,
    changes: &mut Vec<DocumentChange>,
) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    match (a, b) {
        (Some(a), Some(b)) => values(pointer, a, b, changes),
        (a, b) => {
            changes.push(DocumentChange { pointer: pointer.clone(), a: a.cloned(), b: b.cloned() });
        }
    }
    pointer.truncate(length);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_said_by_pointer_and_what_does_not_is_formatting() {
        let change = |pointer: &str, a: Value, b: Value| {
            let there = |value: Value| if value.is_null() { None } else { Some(value) };
            DocumentChange { pointer: pointer.to_owned(), a: there(a), b: there(b) }
        };
        let changed = |changes: &[DocumentChange]| Verdict::Changed(changes.to_vec());
        let table: [(&str, &str, Verdict); 9] = [
            (r#"{"a":1}"#, r#"{"a":1}"#, Verdict::Same),
            (r#"{"a":1}"#, r#"{ "a": 1 }"#, Verdict::Formatting),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, Verdict::Formatting),
            (r#"["a"]"#, r#"["\u0061"]"#, Verdict::Formatting),
            (r#"{"e":["x","a"]}"#, r#"{"e":["x","b"]}"#, changed(&[change("/e/1", json!("a"), json!("b"))])),
            (r#"{"e":["x"]}"#, r#"{"e":["x","b"]}"#, changed(&[change("/e/1", json!(null), json!("b"))])),
            (r#"{"a/b~":1}"#, "{}", changed(&[change("/a~1b~0", json!(1), json!(null))])),
            (r#"{"a":{}}"#, r#"{"a":[]}"#, changed(&[change("/a", json!({}), json!([]))])),
            ("1", "2", changed(&[change("", json!(1), json!(2))])),
        ];
        for (a, b, expected) in table {
            assert_eq!(compare(a.as_bytes(), b.as_bytes()).unwrap(), expected, "{a} {b}");
        }
        assert!(compare(b"{", b"{}").is_err());
    }
}
