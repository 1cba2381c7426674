//! Hard links: to what they lead, and whether that is there when the link is made.
//!
//! A target that no entry before the link has may come later (then plain extraction fails), or be in a lower
//! layer. Both show only at the end, the second only when the lower layers were read, so the links are kept until
//! then, the first thousand of them.

use ocidian_layer::EntryPath;
use ocidian_layer::tar::RawEntry;

use super::entries::at;
use super::seen::{Kind, Seen};
use crate::finding::Place;
use crate::findings::Findings;
use crate::rules::layer as rules;

/// Most links that are kept.
const MOST: usize = 1000;

/// A hard link to something that its own layer does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBelow {
    /// What it leads to.
    pub target: EntryPath,
    /// The link itself.
    pub place: Place,
}

impl LinkBelow {
    /// Adds what there is to say where some lower layer has the target, or may have it.
    pub(crate) fn report(&self, findings: &mut Findings) {
        let message = format_args!("its target {} is in a lower layer, if it exists", self.target);
        findings.add(&rules::HARDLINK_BELOW, self.place.clone(), message);
    }

    /// As [`report`](Self::report), where no layer below has it.
    pub(crate) fn report_missing(&self, findings: &mut Findings) {
        let message =
            format_args!("no lower layer has its target {}, and no entry before it is that", self.target);
        findings.add(&rules::HARDLINK_MISSING, self.place.clone(), message);
    }
}

#[derive(Default)]
pub(super) struct Links {
    open: Vec<LinkBelow>,
}

impl Links {
    /// The link's target, if it is a path that can stand in a layer and not the link's own.
    pub(super) fn target(
        &self,
        raw: &RawEntry,
        path: &EntryPath,
        findings: &mut Findings,
    ) -> Option<EntryPath> {
        let named = |wrong: String, findings: &mut Findings| {
            findings.add(&rules::HARDLINK_NAME, at(raw), wrong);
            None
        };
        match EntryPath::new(&raw.link) {
            Err(wrong) => named(format!("its target is not allowed: {wrong}"), findings),
            Ok(_) if raw.link.is_empty() => named("its target is empty".to_owned(), findings),
            Ok(target) if target == *path => named("its target is itself".to_owned(), findings),
            Ok(target) => Some(target),
        }
    }

    /// Looks for the target among the entries so far.
    pub(super) fn to(&mut self, raw: &RawEntry, target: EntryPath, seen: &Seen, findings: &mut Findings) {
        match seen.get(target.as_bytes()).kind {
            Kind::Symlink | Kind::Other => {}
            Kind::None if !target.is_root() => {
                if self.open.len() < MOST {
                    self.open.push(LinkBelow { target, place: at(raw) });
                }
            }
            _ => {
                let message = format!("its target {target} is a directory");
                findings.add(&rules::HARDLINK_DIRECTORY, at(raw), message);
            }
        }
    }

    /// What became of the links whose target was not there. `lowest`: there is nothing below; else all of them lead there.
    pub(super) fn finish(self, seen: &Seen, lowest: bool, findings: &mut Findings) -> Vec<LinkBelow> {
        if !lowest {
            return self.open;
        }
        for link in self.open {
            let comes_later = seen.get(link.target.as_bytes()).kind != Kind::None;
            let why = if comes_later { "comes later in the archive" } else { "does not exist" };
            let message = format!("its target {} {why}", link.target);
            findings.add(&rules::HARDLINK_MISSING, link.place, message);
        }
        Vec::new()
    }
}
