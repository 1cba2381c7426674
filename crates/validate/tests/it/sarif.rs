//! What is written as SARIF, held against SARIF 2.1.0's description of each object that is in it (OASIS, sections
//! 3.13 to 3.58): members that it does not have, that it requires, and what their values may be.

use ocidian_conformance::validation::Build;
use ocidian_conformance::validation_cases;
use ocidian_validate::{Settings, Target, Type};
use serde_json::{Value, json};

use crate::layouts::report_of;

/// What a value may be.
enum Is {
    Text,
    /// An absolute URI.
    Uri,
    /// A URI or a relative reference (RFC 3986).
    Reference,
    Truth,
    /// At least that.
    Number(i64),
    OneOf(&'static [&'static str]),
    Object(&'static Object),
    List(&'static Object),
}

/// An object: the section that describes it, what it requires, and the members that we write.
struct Object {
    section: &'static str,
    requires: &'static [&'static str],
    members: &'static [(&'static str, Is)],
}

const LEVEL: Is = Is::OneOf(&["none", "note", "warning", "error"]);

static LOG: Object = Object {
    section: "3.13 sarifLog",
    requires: &["version", "runs"],
    members: &[("$schema", Is::Uri), ("version", Is::OneOf(&["2.1.0"])), ("runs", Is::List(&RUN))],
};
static RUN: Object = Object {
    section: "3.14 run",
    requires: &["tool"],
    members: &[
        ("tool", Is::Object(&TOOL)),
        ("invocations", Is::List(&INVOCATION)),
        ("columnKind", Is::OneOf(&["utf16CodeUnits", "unicodeCodePoints"])),
        ("results", Is::List(&RESULT)),
    ],
};
static TOOL: Object =
    Object { section: "3.18 tool", requires: &["driver"], members: &[("driver", Is::Object(&COMPONENT))] };
static COMPONENT: Object = Object {
    section: "3.19 toolComponent",
    requires: &["name"],
    members: &[
        ("name", Is::Text),
        ("version", Is::Text),
        ("informationUri", Is::Uri),
        ("rules", Is::List(&DESCRIPTOR)),
    ],
};
static DESCRIPTOR: Object = Object {
    section: "3.49 reportingDescriptor",
    requires: &["id"],
    members: &[
        ("id", Is::Text),
        ("shortDescription", Is::Object(&TEXT)),
        ("fullDescription", Is::Object(&TEXT)),
        ("helpUri", Is::Uri),
        ("help", Is::Object(&TEXT)),
        ("defaultConfiguration", Is::Object(&CONFIGURATION)),
    ],
};
/// Also 3.11 message, which requires `text` or `id`, of which we write the former.
static TEXT: Object =
    Object { section: "3.12 multiformatMessageString", requires: &["text"], members: &[("text", Is::Text)] };
static CONFIGURATION: Object =
    Object { section: "3.50 reportingConfiguration", requires: &[], members: &[("level", LEVEL)] };
static INVOCATION: Object = Object {
    section: "3.20 invocation",
    requires: &["executionSuccessful"],
    members: &[
        ("executionSuccessful", Is::Truth),
        ("exitCode", Is::Number(0)),
        ("toolExecutionNotifications", Is::List(&NOTIFICATION)),
    ],
};
static NOTIFICATION: Object = Object {
    section: "3.58 notification",
    requires: &["message"],
    members: &[("level", LEVEL), ("message", Is::Object(&TEXT)), ("associatedRule", Is::Object(&RULE))],
};
/// It requires one of `index`, `guid` and `id`.
static RULE: Object =
    Object { section: "3.52 reportingDescriptorReference", requires: &["id"], members: &[("id", Is::Text)] };
static RESULT: Object = Object {
    section: "3.27 result",
    requires: &["message"],
    members: &[
        ("ruleId", Is::Text),
        ("ruleIndex", Is::Number(0)),
        ("level", LEVEL),
        ("message", Is::Object(&TEXT)),
        ("locations", Is::List(&LOCATION)),
    ],
};
static LOCATION: Object = Object {
    section: "3.28 location",
    requires: &[],
    members: &[("physicalLocation", Is::Object(&PHYSICAL)), ("logicalLocations", Is::List(&LOGICAL))],
};
/// It requires `address` or `artifactLocation`.
static PHYSICAL: Object = Object {
    section: "3.29 physicalLocation",
    requires: &["artifactLocation"],
    members: &[("artifactLocation", Is::Object(&ARTIFACT)), ("region", Is::Object(&REGION))],
};
static ARTIFACT: Object =
    Object { section: "3.4 artifactLocation", requires: &[], members: &[("uri", Is::Reference)] };
/// It requires one of `startLine`, `charOffset` and `byteOffset`.
static REGION: Object = Object {
    section: "3.30 region",
    requires: &["byteOffset"],
    members: &[("byteOffset", Is::Number(0)), ("byteLength", Is::Number(0))],
};
static LOGICAL: Object =
    Object { section: "3.33 logicalLocation", requires: &[], members: &[("fullyQualifiedName", Is::Text)] };

fn check(value: &Value, object: &Object, at: &str, wrong: &mut Vec<String>) {
    let section = object.section;
    let Some(members) = value.as_object() else {
        wrong.push(format!("{at}: it is no object ({section})"));
        return;
    };
    for required in object.requires {
        if !members.contains_key(*required) {
            wrong.push(format!("{at}: it has no {required} ({section})"));
        }
    }
    for (name, value) in members {
        let at = format!("{at}/{name}");
        let Some((_, is)) = object.members.iter().find(|(known, _)| known == name) else {
            wrong.push(format!("{at}: it is not in the table ({section})"));
            continue;
        };
        let text = |fits: fn(&str) -> bool| value.as_str().is_some_and(fits);
        let fits = match is {
            Is::Text => value.is_string(),
            Is::Uri => text(|uri| uri.starts_with("https://") && reference(uri)),
            Is::Reference => text(reference),
            Is::Truth => value.is_boolean(),
            Is::Number(least) => value.as_i64().is_some_and(|number| number >= *least),
            Is::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Is::Object(object) => {
                check(value, object, &at, wrong);
                true
            }
            Is::List(object) => value.as_array().is_some_and(|elements| {
                let element = |(n, element)| check(element, object, &format!("{at}/{n}"), wrong);
                elements.iter().enumerate().for_each(element);
                true
            }),
        };
        if !fits {
            wrong.push(format!("{at}: {value} ({section})"));
        }
    }
}

/// Characters of a URI reference, percent-encoding whole; no colon in the first segment of a relative one.
fn reference(uri: &str) -> bool {
    let mut rest = uri.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'%' if after.len() >= 2 && after[..2].iter().all(u8::is_ascii_hexdigit) => &after[2..],
            b if b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(b) => after,
            _ => return false,
        };
    }
    let segment = uri.split(['/', '?', '#']).next().unwrap_or_default();
    uri.starts_with("https://") || !segment.contains(':')
}

/// What the sections say of several members together.
fn agrees(log: &Value, wrong: &mut Vec<String>) {
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for (n, result) in run["results"].as_array().unwrap().iter().enumerate() {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        if rule["id"] != result["ruleId"] {
            wrong.push(format!("result {n}: ruleIndex is another rule's than ruleId (3.27.5)"));
        }
    }
    for (n, rule) in rules.iter().enumerate() {
        if rules[..n].iter().any(|other| other["id"] == rule["id"]) {
            wrong.push(format!("rule {n}: it is there twice (3.19.23)"));
        }
    }
}

fn wrong(log: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    check(log, &LOG, "", &mut wrong);
    agrees(log, &mut wrong);
    wrong
}

#[test]
fn what_is_found_in_every_case_is_sarif() {
    let place = tempfile::tempdir().unwrap();
    let mut results = 0;
    for case in validation_cases() {
        // A name that a URI cannot have as it is.
        let dir = place.path().join(format!("{} 100% ü", case.id));
        case.files().unwrap().write(&dir).unwrap();
        let target = match case.build {
            Build::Layout(_) => Target::Images(format!("oci:{}", dir.display()).parse().unwrap()),
            Build::Bundle(_) => Target::Bundle(dir.clone()),
        };
        let Ok(report) = report_of(&target, &Settings::default()) else { continue };
        let log = report.to_sarif("1.0.0");
        assert_eq!(wrong(&log), Vec::<String>::new(), "{}: {log:#}", case.id);
        results += log["runs"][0]["results"].as_array().unwrap().len();
    }
    assert!(results > 300, "only {results} results were looked at");
}

#[test]
fn what_is_left_out_is_told_as_sarif() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("index.json");
    let entries = vec![json!({ "mediaType": 1, "digest": "x", "size": -1 }); 300];
    std::fs::write(&path, json!({ "schemaVersion": 2, "manifests": entries }).to_string()).unwrap();
    let report = report_of(&Target::Document(path, Type::Index(None)), &Settings::default()).unwrap();
    let log = report.to_sarif("1.0.0");
    assert_eq!(wrong(&log), Vec::<String>::new());
    assert!(!log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().is_empty());
}

#[test]
fn what_is_no_sarif_is_seen() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("x"), "{").unwrap();
    let target = Target::Document(place.path().join("x"), Type::Index(None));
    let log = report_of(&target, &Settings::default()).unwrap().to_sarif("1.0.0");
    assert_eq!(wrong(&log), Vec::<String>::new());
    for (pointer, value) in [
        ("/version", json!("2.2")),
        ("/runs/0/tool/driver/informationUri", json!("ocidian")),
        ("/runs/0/results/0/level", json!("fatal")),
        ("/runs/0/results/0/message", json!({})),
        ("/runs/0/results/0/ruleId", json!("another")),
        ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", json!("a b")),
        ("/runs/0/results/0/locations/0", json!({ "unknown": 1 })),
    ] {
        let mut log = log.clone();
        *log.pointer_mut(pointer).unwrap() = value;
        assert!(!wrong(&log).is_empty(), "{pointer}");
    }
}
