//! Removing what nothing needs.
//!
//! Kept is what the entries lead to, all of them, named or not; what a document of an unknown type mentions; and what
//! was written just now, with what it mentions. Where a document cannot be read nothing is removed, for nobody knows what it needs;
//! one that is absent is no such document, or no sparse layout could ever be collected.
//!
//! All of it happens while writers are kept away: what they put before is seen, and what they adopt afterwards is what was
//! left. Only documents are read, never layers.

mod mark;
mod mentions;

use std::time::{Duration, SystemTime};

use crate::error::Result;
use crate::progress::Cancel;
use crate::store::{BlobAdmin, Leftover, Stored};
use crate::tally::Tally;
use mark::{Marks, Why};

/// How to collect.
#[derive(Debug, Clone)]
pub struct Options {
    /// Blobs younger than this stay, for writers that know nothing of our locks.
    pub grace: Duration,
    /// By which their age is told.
    pub now: SystemTime,
    /// Only say what would be removed. Writers are not kept away, and nothing has to be writable; what was staged may be what
    /// living writers are at.
    pub dry_run: bool,
    /// Stops it. What was removed by then was not needed.
    pub cancel: Cancel,
}

impl Default for Options {
    /// An hour's grace.
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(60 * 60),
            now: SystemTime::now(),
            dry_run: false,
            cancel: Cancel::new(),
        }
    }
}

/// What was collected, or would be.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Blobs that are needed.
    pub kept: Tally,
    /// Blobs that nothing needs, but that are too young, or mentioned by one that is; in the order of their digests.
    pub young: Vec<Stored>,
    /// Blobs that were removed, in the order of their digests.
    pub freed: Vec<Stored>,
    /// What killed writers had left, removed too.
    pub leftovers: Vec<Leftover>,
    /// Descriptors whose blobs are needed and not there.
    pub absent: u64,
}

impl Report {
    /// Blobs that were removed, and their bytes.
    pub fn freed_tally(&self) -> Tally {
        self.freed.iter().map(|stored| stored.size).collect()
    }
}

/// Removes from the store what nothing needs.
///
/// # Errors
/// [`Error::Unreadable`](crate::Error::Unreadable) where a document that is needed cannot be read, or leads to more than the limits of every walk allow:
/// nothing was removed. Else what the store gives.
pub fn gc(store: &dyn BlobAdmin, options: &Options) -> Result<Report> {
    let _alone = if options.dry_run { None } else { Some(store.exclude_writers()?) };
    let report = plan(store, options)?;
    if !options.dry_run {
        sweep(store, &report, &options.cancel)?;
    }
    Ok(report)
}

fn plan(store: &dyn BlobAdmin, options: &Options) -> Result<Report> {
    // The blobs first: what is put after they were listed is not among them.
    let mut stored = store.blobs()?;
    stored.sort_by(|a, b| a.digest.cmp(&b.digest));
    let mut report = Report { leftovers: store.leftovers()?, ..Report::default() };
    let mut marks = Marks::reached(store, &stored, &options.cancel)?;
    marks.young(options.now, options.grace, &options.cancel)?;
    report.absent = marks.absent;
    for (at, stored) in stored.iter().enumerate() {
        match marks.why(at) {
            Some(Why::Reached) => report.kept.add(stored.size),
            Some(Why::Young) => report.young.push(stored.clone()),
            None => report.freed.push(stored.clone()),
        }
    }
    Ok(report)
}

fn sweep(store: &dyn BlobAdmin, plan: &Report, cancel: &Cancel) -> Result<()> {
    for stored in &plan.freed {
        cancel.check()?;
        store.remove_blob(&stored.digest)?;
    }
    for leftover in &plan.leftovers {
        cancel.check()?;
        store.remove_leftover(leftover)?;
    }
    Ok(())
}
