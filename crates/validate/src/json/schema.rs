//! What a document is made of, as tables: each member with its type, whether it must be there, and its rule.
//!
//! serde's types stop at the first member that they cannot read; here every fault is found. Tables nest as deep as
//! the specification does, so going down them is bounded by the tables and not by the document.

use super::document::{Kind, Value};
use crate::finding::quote;
use crate::findings::Findings;
use crate::rule::Rule;
use crate::rules;

/// An object whose members are known. Others are legal everywhere.
#[derive(Debug)]
pub struct Object {
    /// What it is, with its article: "an image manifest".
    pub what: &'static str,
    /// Its members.
    pub members: &'static [Member],
    /// What is left to check once its members were.
    pub check: Option<fn(Value<'_>, &mut Findings)>,
}

/// A member of an object.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub presence: Presence,
    /// What its value must be.
    pub shape: Shape,
    /// The rule that is broken where it is missing or its value is something else. A member of a later version of the
    /// specification than the one that counts is unknown.
    pub rule: &'static Rule,
}

/// A member of a table.
pub const fn member(name: &'static str, presence: Presence, shape: Shape, rule: &'static Rule) -> Member {
    Member { name, presence, shape, rule }
}

/// Whether a member must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It may be absent.
    Optional,
    /// It may be absent or null.
    Nullable,
}

/// What a value must be.
#[derive(Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// A string.
    String,
    /// A string of a format; the function says what is wrong with it.
    Format(fn(&str) -> Result<(), String>),
    /// An integer in a range.
    Integer(i128, i128),
    /// `true` or `false`.
    Bool,
    /// An object.
    Object(&'static Object),
    /// An array, each element of that shape. A fault of an element breaks that rule.
    Array(&'static Shape, &'static Rule),
    /// An object whose names are free. A fault of a value breaks that rule.
    Map(&'static Shape, &'static Rule),
    /// Of that shape; then, if it is, looked at more closely.
    Also(&'static Shape, fn(Value<'_>, &mut Findings)),
}

/// Checks a value. `rule` is broken where it is not of that shape at all.
pub fn check(value: Value<'_>, shape: &'static Shape, rule: &'static Rule, findings: &mut Findings) {
    let wrong = |expected: &str, findings: &mut Findings| {
        let message = format_args!("it is {}, not {expected}", value.kind().as_str());
        findings.add(rule, value, message);
    };
    match shape {
        Shape::Any => {}
        Shape::String if value.kind() == Kind::String => {}
        Shape::String => wrong("a string", findings),
        Shape::Format(format) => match value.as_str() {
            Some(text) => {
                if let Err(reason) = format(&text) {
                    findings.add(rule, value, format_args!("{} {reason}", quote(&text)));
                }
            }
            None => wrong("a string", findings),
        },
        Shape::Integer(least, most) => match value.as_i128() {
            Some(n) if (*least..=*most).contains(&n) => {}
            _ if value.kind() != Kind::Number => wrong("an integer", findings),
            _ => {
                let message =
                    format_args!("it is {}, not an integer from {least} to {most}", short(value.raw()));
                findings.add(rule, value, message);
            }
        },
        Shape::Bool if value.kind() == Kind::Bool => {}
        Shape::Bool => wrong("a boolean", findings),
        Shape::Object(object) if value.kind() == Kind::Object => members(value, object, findings),
        Shape::Object(object) => wrong(object.what, findings),
        Shape::Array(item, item_rule) if value.kind() == Kind::Array => {
            value.elements().for_each(|element| check(element, item, item_rule, findings));
        }
        Shape::Array(..) => wrong("an array", findings),
        Shape::Map(item, item_rule) if value.kind() == Kind::Object => {
            value.children().for_each(|member| check(member, item, item_rule, findings));
        }
        Shape::Map(..) => wrong("an object", findings),
        Shape::Also(shape, further) => {
            check(value, shape, rule, findings);
            if shape.admits(value.kind()) {
                further(value, findings);
            }
        }
    }
}

impl Shape {
    /// Whether a value of that kind can be of this shape.
    fn admits(&self, kind: Kind) -> bool {
        match self {
            Self::Any => true,
            Self::String | Self::Format(_) => kind == Kind::String,
            Self::Integer(..) => kind == Kind::Number,
            Self::Bool => kind == Kind::Bool,
            Self::Object(_) | Self::Map(..) => kind == Kind::Object,
            Self::Array(..) => kind == Kind::Array,
            Self::Also(shape, _) => shape.admits(kind),
        }
    }
}

fn members(value: Value<'_>, object: &'static Object, findings: &mut Findings) {
    let known = |member: &&Member| findings.settings().covers(member.rule);
    let table: Vec<&Member> = object.members.iter().filter(known).collect();
    let mut there = vec![false; table.len()];
    for (name, child) in value.members() {
        let Some(at) = table.iter().position(|member| member.name == name) else {
            if let Some(meant) = table.iter().find(|member| differ_in_case(member.name, &name)) {
                let message = format_args!("{} is unknown; did you mean {:?}?", quote(&name), meant.name);
                findings.add(&rules::json::NAME_CASE, child, message);
            }
            continue;
        };
        if let (Some(member), Some(there)) = (table.get(at), there.get_mut(at)) {
            *there = true;
            if !(child.is_null() && member.presence == Presence::Nullable) {
                check(child, &member.shape, member.rule, findings);
            }
        }
    }
    for (member, there) in table.iter().zip(there) {
        if !there && member.presence == Presence::Required {
            let message = format_args!("{} has no {:?}", object.what, member.name);
            findings.add(member.rule, value, message);
        }
    }
    if let Some(check) = object.check {
        check(value, findings);
    }
}

/// Whether readers that ignore the case of names take one for the other.
fn differ_in_case(known: &str, name: &str) -> bool {
    // Unicode has letters (the Kelvin sign, the long s) that fold to ASCII ones, and Go's reader folds them.
    let folded = |c: char| c.to_uppercase().flat_map(char::to_lowercase);
    known != name
        && name.len() <= 3 * known.len()
        && name.chars().flat_map(folded).eq(known.chars().flat_map(folded))
}

fn short(raw: &str) -> String {
    match raw.get(..40) {
        Some(start) if raw.len() > 40 => format!("{start}…"),
        _ => raw.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_go_would_take_for_others() {
        for (name, takes) in [
            ("mediaType", false),
            ("mediatype", true),
            ("MEDIATYPE", true),
            ("mediaTypes", false),
            ("media\u{3c4}ype", false),
        ] {
            assert_eq!(differ_in_case("mediaType", name), takes, "{name}");
        }
        assert!(differ_in_case("digest", "dige\u{17f}t"));
        assert!(differ_in_case("platform", "Platform"));
    }
}
