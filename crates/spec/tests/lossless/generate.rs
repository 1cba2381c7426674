//! Texts of any object: members that are known, in any combination, among others that are not.

use proptest::prelude::*;

use crate::tree::Tree;

pub(crate) type Member = (&'static str, BoxedStrategy<Tree>);

pub(crate) fn word(text: &'static str) -> BoxedStrategy<Tree> {
    Just(Tree::Word(text.to_owned())).boxed()
}

pub(crate) fn string(pattern: &'static str) -> BoxedStrategy<Tree> {
    pattern.prop_map(Tree::String).boxed()
}

fn anything() -> BoxedStrategy<Tree> {
    let leaf = prop_oneof![
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?".prop_map(Tree::Word),
        prop::sample::select(vec!["null", "true", "false"]).prop_map(|w| Tree::Word(w.to_owned())),
        any::<String>().prop_map(Tree::String),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Tree::Object),
        ]
    })
    .boxed()
}

pub(crate) fn array(of: BoxedStrategy<Tree>) -> BoxedStrategy<Tree> {
    prop::collection::vec(of, 0..3).prop_map(Tree::Array).boxed()
}

pub(crate) fn strings() -> BoxedStrategy<Tree> {
    prop::collection::btree_map(any::<String>(), string("\\PC{0,8}"), 0..3).prop_map(Tree::Object).boxed()
}

/// An object of whatever values.
pub(crate) fn raw() -> BoxedStrategy<Tree> {
    prop::collection::btree_map(any::<String>(), anything(), 0..3).prop_map(Tree::Object).boxed()
}

fn or_null(of: BoxedStrategy<Tree>) -> BoxedStrategy<Tree> {
    prop_oneof![4 => of, 1 => word("null")].boxed()
}

/// An object of required members, of lists that may be null, of optional members, and of others.
pub(crate) fn object(
    required: Vec<Member>,
    lists: Vec<Member>,
    optional: Vec<Member>,
) -> BoxedStrategy<Tree> {
    let known: Vec<_> =
        required.iter().chain(&lists).chain(&optional).map(|(name, _)| name.to_string()).collect();
    let mut members = Vec::new();
    for (name, of) in required {
        members.push(of.prop_map(move |value| Some((name.to_owned(), value))).boxed());
    }
    for (name, of) in lists {
        members.push(or_null(of).prop_map(move |value| Some((name.to_owned(), value))).boxed());
    }
    for (name, of) in optional {
        let there = or_null(of).prop_map(move |value| (name.to_owned(), value));
        members.push(prop::option::of(there).boxed());
    }
    let extra = prop_oneof![
        "[A-Za-z.]{0,6}",
        any::<String>(),
        // Wrong case: unknown members.
        prop::sample::select(known.clone()).prop_map(|name| name.to_uppercase()),
    ];
    let extra = prop::collection::btree_map(extra, anything(), 0..3);
    (members, extra)
        .prop_map(move |(members, mut extra)| {
            extra.retain(|name, _| !known.contains(name));
            extra.extend(members.into_iter().flatten());
            Tree::Object(extra)
        })
        .boxed()
}
