//! Every rule, a table for each area.

pub mod annotations;
pub mod bundle;
pub mod config;
pub mod descriptor;
pub mod index;
pub mod json;
pub mod layer;
pub mod layout;
pub mod manifest;

use crate::rule::Rule;

/// Declares the rules of an area: a constant for each, and `RULES`, the list of them in this order.
macro_rules! rules {
    ($($name:ident: $level:ident $id:literal $spec:ident $place:literal $since:ident {
        title: $title:expr, says: $says:expr, help: $help:expr, good: $good:expr, bad: $bad:expr $(,)?
    })*) => {
        $(
            #[doc = concat!("Requires that ", $title, ".")]
            pub static $name: $crate::rule::Rule = $crate::rule::Rule {
                id: $id,
                level: $crate::rule::Level::$level,
                title: $title,
                section: $crate::rule::Section { spec: $crate::rule::Spec::$spec, place: $place },
                sentence: $says,
                since: $crate::rule::$since,
                help: $help,
                good: $good,
                bad: $bad,
            };
        )*

        /// All of them.
        pub static RULES: &[&$crate::rule::Rule] = &[$(&$name),*];
    };
}
pub(crate) use rules;

/// The areas in the order in which they are shown: the name, a line about it, and the rules.
pub static AREAS: &[(&str, &str, &[&Rule])] = &[
    ("json", "JSON, whatever the document", json::RULES),
    ("layout", "The files of an image layout", layout::RULES),
    ("descriptor", "Descriptors, wherever they stand", descriptor::RULES),
    ("index", "Image indexes, index.json among them", index::RULES),
    ("manifest", "Image manifests, those of artifacts among them", manifest::RULES),
    ("config", "Image configs", config::RULES),
    ("annotation", "Annotations and labels", annotations::RULES),
    ("layer", "The tar of a layer and how it is compressed", layer::RULES),
    ("bundle", "A runtime bundle", bundle::RULES),
];

/// All rules, area by area.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    AREAS.iter().flat_map(|(_, _, rules)| rules.iter().copied())
}

/// The rule of that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// The ids most like one that there is not, for whoever slipped.
pub fn near(id: &str) -> Vec<&'static str> {
    let mut near: Vec<(usize, &'static str)> = all()
        .map(|rule| (distance(id, rule.id), rule.id))
        .filter(|(distance, known)| *distance <= 3 || (id.len() > 3 && known.contains(id)))
        .collect();
    near.sort();
    near.into_iter().map(|(_, id)| id).take(5).collect()
}

/// Letters to add, remove or exchange to get from one to the other.
fn distance(a: &str, b: &str) -> usize {
    // An id is short; what is far longer is far away.
    if a.len() > 100 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let next = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = next;
            left = next;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_words_that_begin_with_their_area() {
        let mut seen = HashSet::new();
        for (area, _, rules) in AREAS {
            for rule in *rules {
                let id = rule.id;
                assert!(seen.insert(id), "{id} twice");
                assert!(id.starts_with(&format!("{area}-")), "{id} is no rule of {area}");
                let legal = |word: &str| {
                    !word.is_empty() && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9'))
                };
                assert!(id.split('-').all(legal), "{id}");
            }
        }
    }

    #[test]
    fn slips_are_near_what_was_meant() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(near("descriptor-sise"), ["descriptor-size"]);
        assert!(near("size-mismatch").contains(&"descriptor-size-mismatch"));
        assert!(near("x").is_empty());
    }

    #[test]
    fn every_rule_says_all_that_it_has_to_say() {
        for rule in all() {
            let id = rule.id;
            for (what, text) in [
                ("title", rule.title),
                ("sentence", rule.sentence),
                ("help", rule.help),
                ("good", rule.good),
                ("bad", rule.bad),
            ] {
                assert!(!text.trim().is_empty(), "{id} has no {what}");
            }
            assert!(!rule.title.ends_with('.'), "{id}: {}", rule.title);
            assert!(rule.help.trim_end_matches(')').ends_with('.'), "{id}: {}", rule.help);
            assert!(rule.section.place.contains(".md#"), "{id}: {}", rule.section.place);
            assert_ne!(rule.good, rule.bad, "{id}");
        }
    }
}
