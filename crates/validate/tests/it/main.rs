//! Documents and layouts against the rules. One binary, one module a subject.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics, in its helpers too")]

mod bases;
mod cases;
mod examples;
mod hostile;
mod layouts;
mod links;
mod mutations;
mod random;
mod sarif;
mod specification;

use std::collections::BTreeSet;
use std::sync::Arc;

use ocidian_validate::documents::check;
use ocidian_validate::{Findings, Settings, Subject, Type};

/// The rules that a text breaks as a document of that type.
fn broken(text: &str, document: &Type) -> BTreeSet<&'static str> {
    broken_under(text, document, Settings::default())
}

fn broken_under(text: &str, document: &Type, settings: Settings) -> BTreeSet<&'static str> {
    let mut findings = Findings::new(Arc::new(settings), Subject::File("document".to_owned()));
    check(text.as_bytes().to_vec(), document, &mut findings);
    ocidian_validate::rules::all().filter(|rule| findings.broke(rule)).map(|rule| rule.id).collect()
}
