//! Hard links from a layer to those below it, followed once all of them were read.
//!
//! What layers have is kept as fingerprints of their paths, up to a bound. Beyond it nothing is followed, whichever
//! layers were read first, so that the report does not depend on the clock.

use std::collections::{BTreeMap, HashMap, HashSet};

use ocidian_spec::Digest;

use crate::findings::Findings;
use crate::layer::{Below, LinkBelow, Paths, There};
use crate::source::Source;

/// Most paths that are kept of all lower layers together: at most 43 bytes each.
const MOST_PATHS: usize = 2_000_000;
/// Most look-ups: a hostile image has a hundred thousand layers, and a thousand links in each.
const MOST_LOOKUPS: usize = 10_000_000;

/// What is known of the layers that were read.
pub(super) struct Layers {
    /// Those that some image has below another: of the others nobody asks.
    lower: HashSet<Digest>,
    paths: HashMap<Digest, Paths>,
    count: usize,
    /// In the order of the digests, so that findings are.
    links: BTreeMap<Digest, Vec<LinkBelow>>,
}

impl Layers {
    pub(super) fn new(stacks: &[Vec<Digest>]) -> Self {
        let lower =
            stacks.iter().filter_map(|stack| stack.split_last()).flat_map(|(_, lower)| lower.iter().cloned());
        Self { lower: lower.collect(), paths: HashMap::new(), count: 0, links: BTreeMap::new() }
    }

    /// Takes in what came of a layer.
    pub(super) fn add(&mut self, layer: &Digest, below: Below) {
        if !below.links.is_empty() {
            self.links.insert(layer.clone(), below.links);
        }
        if let Some(paths) = below.paths.filter(|_| self.lower.contains(layer)) {
            self.count = self.count.saturating_add(paths.len());
            if self.count <= MOST_PATHS {
                self.paths.insert(layer.clone(), paths);
            } else {
                self.paths.clear();
            }
        }
    }

    /// Follows the links of every layer in every image that has it, and says of each what became of it.
    pub(super) fn follow(self, stacks: &[Vec<Digest>], mut findings: Findings) -> Findings {
        let mut missing: HashSet<(&Digest, usize)> = HashSet::new();
        let mut lookups = 0;
        for stack in stacks.iter().filter(|_| self.count <= MOST_PATHS) {
            for (at, layer) in stack.iter().enumerate() {
                let links = self.links.get(layer).into_iter().flatten().enumerate();
                for (nth, link) in links {
                    lookups += at;
                    if lookups > MOST_LOOKUPS {
                        break;
                    }
                    if self.is_missing(link, stack.get(..at).unwrap_or_default()) {
                        missing.insert((layer, nth));
                    }
                }
            }
        }
        for (layer, links) in &self.links {
            findings.turn_to(Source::subject(layer));
            for (nth, link) in links.iter().enumerate() {
                if missing.contains(&(layer, nth)) {
                    link.report_missing(&mut findings);
                } else {
                    link.report(&mut findings);
                }
            }
        }
        findings
    }

    /// Whether it is certain that no layer of `below` has the link's target.
    fn is_missing(&self, link: &LinkBelow, below: &[Digest]) -> bool {
        for layer in below.iter().rev() {
            match self.paths.get(layer).map(|paths| paths.there(&link.target)) {
                None | Some(There::Perhaps) => return false,
                Some(There::Hidden) => return true,
                Some(There::Untouched) => {}
            }
        }
        true
    }
}
