//! Findings as they are made: filtered, and bounded however much is wrong.
//!
//! A hostile document can break one rule a million times. Of each rule the first [`MOST`] breaches are kept, by the
//! order of the work that found them and not by the clock, so that the report does not depend on the number of
//! threads; of the others it is said how many there are.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::finding::{Finding, Location, Place, Subject};
use crate::rule::{Level, Rule};
use crate::settings::Settings;

/// Breaches of one rule that are kept.
pub const MOST: usize = 100;

/// Collects what is found in one file or blob.
#[derive(Debug)]
pub struct Findings {
    settings: Arc<Settings>,
    subject: Subject,
    found: BTreeMap<&'static str, Of>,
    next: u64,
}

/// The breaches of one rule.
#[derive(Debug)]
struct Of {
    rule: &'static Rule,
    count: u64,
    /// With the place in the order of all: which piece of work, and when in it.
    kept: Vec<((u64, u64), Finding)>,
}

impl Findings {
    /// Nothing found yet in `subject`.
    pub fn new(settings: Arc<Settings>, subject: Subject) -> Self {
        Self { settings, subject, found: BTreeMap::new(), next: 0 }
    }

    /// An empty collector with the same settings.
    pub(crate) fn apart(&self, subject: Subject) -> Self {
        Self::new(Arc::clone(&self.settings), subject)
    }

    /// The settings, for checks that depend on the version of the specification.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is being looked at.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// From here on findings are in `subject`.
    pub fn turn_to(&mut self, subject: Subject) {
        self.subject = subject;
    }

    /// Adds a breach of `rule`. Nothing is formatted where it would not be kept.
    pub fn add(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl fmt::Display) {
        self.add_at(rule, &self.subject.clone(), place, message);
    }

    /// As [`add`](Self::add), in another file or blob.
    pub fn add_at(
        &mut self,
        rule: &'static Rule,
        subject: &Subject,
        place: impl Into<Place>,
        message: impl fmt::Display,
    ) {
        if !self.settings.wants(rule) {
            return;
        }
        let of = self.found.entry(rule.id).or_insert_with(|| Of { rule, count: 0, kept: Vec::new() });
        of.count += 1;
        if of.kept.len() < MOST {
            let location = Location { subject: subject.clone(), place: place.into() };
            of.kept.push(((0, self.next), Finding { rule, location, message: message.to_string() }));
        }
        self.next += 1;
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether `rule` was broken.
    pub fn broke(&self, rule: &'static Rule) -> bool {
        self.found.contains_key(rule.id)
    }
}

/// The findings of all pieces of work.
#[derive(Debug, Default)]
pub struct Collected(BTreeMap<&'static str, Of>);

impl Collected {
    /// Takes in what a piece of work found; `order` is its place among them.
    pub fn merge(&mut self, order: u64, findings: Findings) {
        for (id, from) in findings.found {
            let of = self.0.entry(id).or_insert_with(|| Of { rule: from.rule, count: 0, kept: Vec::new() });
            of.count += from.count;
            of.kept.extend(from.kept.into_iter().map(|((_, at), finding)| ((order, at), finding)));
            of.kept.sort_by_key(|(key, _)| *key);
            of.kept.truncate(MOST);
        }
    }

    /// All findings in the order in which one thread would have made them, and how many of each rule were left out.
    pub fn into_parts(self) -> (Vec<Finding>, Vec<Omitted>) {
        let mut kept = Vec::new();
        let mut omitted = Vec::new();
        for of in self.0.into_values() {
            let count = of.count - of.kept.len() as u64;
            if count > 0 {
                omitted.push(Omitted { rule: of.rule, count });
            }
            kept.extend(of.kept);
        }
        kept.sort_by_key(|(key, _)| *key);
        (kept.into_iter().map(|(_, finding)| finding).collect(), omitted)
    }
}

/// Breaches of a rule that were counted and not kept.
#[derive(Debug, Clone)]
pub struct Omitted {
    /// Which rule.
    pub rule: &'static Rule,
    /// How many.
    pub count: u64,
}

/// How many breaches there are, those that were not kept included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of rules whose level is error.
    pub errors: u64,
    /// Of rules whose level is warning.
    pub warnings: u64,
    /// Of rules whose level is note.
    pub notes: u64,
}

impl Counts {
    /// Counts `count` more breaches of that level.
    pub fn add(&mut self, level: Level, count: u64) {
        let counter = match level {
            Level::Error => &mut self.errors,
            Level::Warning => &mut self.warnings,
            Level::Note => &mut self.notes,
        };
        *counter += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Section, Spec, V1_0, V1_1};

    const fn rule(id: &'static str, since: crate::rule::Version) -> Rule {
        let section = Section { spec: Spec::Image, place: "a.md#b" };
        Rule { id, level: Level::Error, title: "", section, sentence: "", since, help: "", good: "", bad: "" }
    }

    static OLD: Rule = rule("old", V1_0);
    static NEW: Rule = rule("new", V1_1);

    fn findings(settings: Settings) -> Findings {
        Findings::new(Arc::new(settings), Subject::File("f".to_owned()))
    }

    #[test]
    fn a_million_breaches_are_counted_and_a_hundred_kept() {
        let mut collected = Collected::default();
        let mut many = findings(Settings::default());
        for n in 0..1_000_000 {
            many.add(&OLD, Place::Byte(n), "x");
        }
        collected.merge(0, many);
        let (kept, omitted) = collected.into_parts();
        assert_eq!(kept.len(), MOST);
        assert!(kept.iter().zip(0..).all(|(finding, n)| finding.location.place == Place::Byte(n)));
        assert_eq!(omitted[0].count, 1_000_000 - MOST as u64);
    }

    #[test]
    fn the_order_is_the_works_not_the_clocks() {
        let in_order = |order: [u64; 3]| {
            let mut collected = Collected::default();
            for work in order {
                let mut one = findings(Settings::default());
                for n in 0..60 {
                    one.add(&OLD, Place::Byte(work * 100 + n), "x");
                    one.add(&NEW, Place::Byte(work * 100 + n), "x");
                }
                collected.merge(work, one);
            }
            let (kept, _) = collected.into_parts();
            kept.into_iter().map(|finding| (finding.rule.id, finding.location)).collect::<Vec<_>>()
        };
        assert_eq!(in_order([0, 1, 2]), in_order([2, 0, 1]));
        assert_eq!(in_order([0, 1, 2])[0].0, "old");
    }

    #[test]
    fn settings_choose_the_rules() {
        let broken = |settings: Settings| {
            let mut findings = findings(settings);
            findings.add(&OLD, Place::Whole, "x");
            findings.add(&NEW, Place::Whole, "x");
            [&OLD, &NEW].map(|rule| findings.broke(rule))
        };
        let ids = |id: &str| vec![id.to_owned()];
        assert_eq!(broken(Settings::default()), [true, true]);
        assert_eq!(broken(Settings { spec: V1_0, ..Settings::default() }), [true, false]);
        assert_eq!(broken(Settings { only: ids("new"), ..Settings::default() }), [false, true]);
        assert_eq!(broken(Settings { ignore: ids("new"), ..Settings::default() }), [true, false]);
    }
}
