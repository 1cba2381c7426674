//! A tree as a list of paths, wherever it comes from.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::facts::{self, Aspect, Difference, Facts, Rules};

/// All paths of a tree with what is there.
#[derive(Debug, Default)]
pub struct Listing {
    items: BTreeMap<Vec<u8>, Item>,
}

#[derive(Debug)]
struct Item {
    facts: Facts,
    /// The first other name of the same file, where there is one before this.
    same_as: Option<Vec<u8>>,
}

/// A path of which two trees, or two layers, do not have the same.
#[derive(Debug, Clone, PartialEq)]
pub struct PathDiff {
    /// From the root on, without a leading `/`.
    pub path: Vec<u8>,
    /// In what way.
    pub change: PathChange,
}

/// In what way a path differs.
#[derive(Debug, Clone, PartialEq)]
pub enum PathChange {
    /// Only the first has it: what it is, in words with an article.
    OnlyA(&'static str),
    /// Only the second has it.
    OnlyB(&'static str),
    /// Both have it, and differ in this.
    Both(Vec<Difference>),
}

impl Listing {
    /// Of all paths; `K` tells files of several names from each other.
    pub(super) fn new<K: Hash + Eq>(items: impl IntoIterator<Item = (Vec<u8>, Facts, Option<K>)>) -> Self {
        let (mut listed, mut files) = (BTreeMap::new(), HashMap::new());
        for (path, facts, file) in items {
            listed.insert(path, (facts, file));
        }
        let mut all = BTreeMap::new();
        for (path, (facts, file)) in listed {
            let mut same_as = None;
            if let Some(file) = file {
                match files.get(&file) {
                    Some(first) => same_as = Some(Vec::clone(first)),
                    None => drop(files.insert(file, path.clone())),
                }
            }
            all.insert(path, Item { facts, same_as });
        }
        Self { items: all }
    }

    /// How many paths there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// Where two trees differ, in the order of the paths. Of a root that only one of them says anything of, nothing is said.
pub fn compare(a: &Listing, b: &Listing, rules: &Rules) -> Vec<PathDiff> {
    let mut found = Vec::new();
    for (path, item) in &a.items {
        let change = match b.items.get(path) {
            None if path.is_empty() => continue,
            None => PathChange::OnlyA(facts::name(&item.facts.kind)),
            Some(other) => {
                let mut differences = item.facts.differences(&other.facts, rules);
                if item.same_as != other.same_as && !rules.ignore.contains(&Aspect::Links) {
                    let name = |item: &Item| item.same_as.clone().unwrap_or_default();
                    differences.push(Difference { aspect: Aspect::Links, a: name(item), b: name(other) });
                }
                if differences.is_empty() {
                    continue;
                }
                PathChange::Both(differences)
            }
        };
        found.push(PathDiff { path: path.clone(), change });
    }
    for (path, item) in b.items.iter().filter(|(path, _)| !path.is_empty() && !a.items.contains_key(*path)) {
        let change = PathChange::OnlyB(facts::name(&item.facts.kind));
        found.push(PathDiff { path: path.clone(), change });
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}
