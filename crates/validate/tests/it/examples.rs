//! The examples that `--explain` shows do what they say: the bad one breaks its rule, the good one does not.
//!
//! An example is the part of a document that matters. Laid over a valid document of its kind, member by member, it
//! makes a whole one. Examples in words are about more than a document, and are covered by tests of layouts.

use ocidian_validate::{Rule, Type, rules};
use serde_json::Value;

use crate::{bases, broken};

fn overlay(base: &mut Value, patch: &Value) {
    match (base, patch) {
        (Value::Object(base), Value::Object(patch)) => {
            for (name, value) in patch {
                // Maps with free names are replaced, so that an example need not say what to remove.
                match base.get_mut(name) {
                    Some(old)
                        if !matches!(
                            name.as_str(),
                            "annotations" | "ExposedPorts" | "Volumes" | "platform"
                        ) =>
                    {
                        overlay(old, value);
                    }
                    _ => {
                        base.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (base, patch) => *base = patch.clone(),
    }
}

/// The document that an example makes, and its type.
fn whole(area: &str, rule: &Rule, example: &str) -> (Type, String) {
    let (document, mut base) = match area {
        "json" => return (Type::Manifest(None), example.to_owned()),
        "layout" => return (Type::Layout, example.to_owned()),
        "index" if rule.id.starts_with("index-platform") => (Type::Descriptor, bases::descriptor()),
        "descriptor" if rule.id != "descriptor-object" => (Type::Descriptor, bases::descriptor()),
        "index" => (Type::Index(None), bases::index()),
        "manifest" | "annotation" | "descriptor" => (Type::Manifest(None), bases::manifest()),
        "config" => (Type::Config, bases::config()),
        other => panic!("{other}"),
    };
    overlay(&mut base, &serde_json::from_str(example).unwrap());
    (document, base.to_string())
}

#[test]
fn good_examples_keep_their_rule_and_bad_ones_break_it() {
    let mut tried = 0;
    for (area, _, rules) in rules::AREAS.iter().filter(|(area, ..)| !matches!(*area, "layer" | "bundle")) {
        for rule in *rules {
            for (example, bad) in [(rule.good, false), (rule.bad, true)] {
                // What is only said in words.
                if !example.starts_with(['{', '[']) || example.contains("<the byte") {
                    continue;
                }
                let (document, text) = whole(area, rule, example);
                let broken = broken(&text, &document);
                assert_eq!(broken.contains(rule.id), bad, "{}: {example} breaks {broken:?}\n{text}", rule.id);
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn the_values_of_annotations_may_be_empty() {
    for key in ["created", "url", "licenses", "ref.name", "base.digest", "base.name"] {
        let text = format!(r#"{{"annotations": {{"org.opencontainers.image.{key}": ""}}}}"#);
        let broken = broken(&text, &Type::Manifest(None));
        let of_values = broken.iter().filter(|rule| {
            rule.starts_with("annotation-")
                && !["annotation-base-name-digest", "annotation-ref-name-place"].contains(rule)
        });
        assert_eq!(of_values.count(), 0, "{key}: {broken:?}");
    }
}
