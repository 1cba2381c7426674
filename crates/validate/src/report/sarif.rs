//! SARIF 2.1.0, the format by which code scanners talk to CI systems.

use serde_json::{Value, json};

use super::Report;
use crate::finding::{Finding, Place, Subject};
use crate::rule::Rule;

impl Report {
    /// As SARIF shows it; `version` is that of the program that asks.
    pub fn to_sarif(&self, version: &str) -> Value {
        let mut rules: Vec<&'static Rule> = Vec::new();
        let mut results = Vec::new();
        for finding in &self.findings {
            let index = rules.iter().position(|rule| rule.id == finding.rule.id).unwrap_or_else(|| {
                rules.push(finding.rule);
                rules.len() - 1
            });
            results.push(json!({
                "ruleId": finding.rule.id,
                "ruleIndex": index,
                "level": finding.rule.level.as_str(),
                "message": { "text": finding.message },
                "locations": [self.location(finding)],
            }));
        }
        let notifications: Vec<Value> = self
            .omitted
            .iter()
            .map(|it| {
                json!({
                    "level": "note",
                    "message": { "text": format!("{} more breaches of {} are left out", it.count, it.rule.id) },
                    "associatedRule": { "id": it.rule.id },
                })
            })
            .collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "ocidian validate",
                    "version": version,
                    "informationUri": "https://github.com/ocidian/ocidian",
                    "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
                } },
                "invocations": [{
                    "executionSuccessful": true,
                    "exitCode": if self.passed() { 0 } else { 1 },
                    "toolExecutionNotifications": notifications,
                }],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        })
    }

    fn location(&self, finding: &Finding) -> Value {
        // In a directory the blob is a file that a person can open; in an archive only the archive is.
        let inside = matches!(self.kind, "image layout" | "runtime bundle");
        let (uri, within) = match &finding.location.subject {
            Subject::File(path) if inside && *path != self.target => {
                (format!("{}/{path}", self.target), None)
            }
            Subject::File(path) if *path == self.target => (path.clone(), None),
            Subject::File(path) => (self.target.clone(), Some(path.clone())),
            Subject::Blob(digest) if inside => {
                (format!("{}/blobs/{}/{}", self.target, digest.algorithm(), digest.encoded()), None)
            }
            Subject::Blob(digest) => (self.target.clone(), Some(digest.to_string())),
        };
        let mut physical = json!({ "artifactLocation": { "uri": percent_encoded(&uri) } });
        let place = match &finding.location.place {
            Place::Whole => None,
            Place::Pointer(pointer) => Some(pointer.clone()).filter(|pointer| !pointer.is_empty()),
            Place::Entry { path, .. } => Some(path.clone()),
            // Of a layer it is counted in the uncompressed tar; of anything else in the file.
            Place::Byte(offset) if finding.rule.id.starts_with("json-") => {
                physical["region"] = json!({ "byteOffset": offset, "byteLength": 0 });
                None
            }
            Place::Byte(offset) => Some(format!("byte {offset}")),
        };
        let logical: Vec<String> = within.into_iter().chain(place).collect();
        if logical.is_empty() {
            return json!({ "physicalLocation": physical });
        }
        json!({ "physicalLocation": physical, "logicalLocations": [{ "fullyQualifiedName": logical.join(" ") }] })
    }
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": format!("It is required that {}.", rule.title) },
        "fullDescription": { "text": rule.sentence },
        "helpUri": rule.section.url(),
        "help": { "text": rule.help },
        "defaultConfiguration": { "level": rule.level.as_str() },
    })
}

/// A path as a relative or absolute URI reference.
fn percent_encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
