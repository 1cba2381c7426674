//! Every blob read once: hashed, and where it is a layer looked into, several at a time.

mod below;
mod hashed;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ocidian_content::{Cancel, Event, Progress, Role};
use ocidian_layer::compress::WindowBudget;
use ocidian_spec::{Compression, Digest, Hasher};

use self::hashed::{Hashed, Read as WasRead};
use crate::error::{Error, Result};
use crate::finding::{Place, Subject};
use crate::findings::{Collected, Findings};
use crate::layer::{self, Below, ExpectedDiffId};
use crate::rules;
use crate::settings::Settings;
use crate::source::{Blob, Source};

/// Most blobs that are read at once: each needs some memory and three open files.
const MOST_THREADS: usize = 8;

/// A blob to read.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) digest: Digest,
    pub(crate) role: Role,
    pub(crate) size: u64,
    /// How it is compressed, by the media types that it goes under; empty where it is no layer.
    pub(crate) compressions: Vec<Compression>,
    pub(crate) diff_ids: Vec<ExpectedDiffId>,
    pub(crate) lowest: bool,
}

/// What all jobs share.
pub(crate) struct Shared<'a> {
    pub(crate) source: &'a Source,
    pub(crate) settings: &'a Arc<Settings>,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) cancel: &'a Cancel,
    pub(crate) windows: WindowBudget,
    /// To how many bytes a layer may decompress.
    pub(crate) max_bytes: Option<u64>,
}

/// Reads the blobs, the largest first so that no thread is left with one of them at the end. Findings are merged in
/// the order of `jobs`, after those of rank `first`.
///
/// `stacks` are the images' layers, the lowest first: once all are read, links from one to another are followed.
pub(crate) fn read(
    jobs: &[Job],
    stacks: &[Vec<Digest>],
    first: u64,
    shared: &Shared<'_>,
    collected: &mut Collected,
) -> Result<()> {
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(jobs.get(*at).map_or(0, |job| job.size)));
    shared.progress.event(Event::Total { blobs: jobs.len(), bytes: jobs.iter().map(|job| job.size).sum() });
    let next = AtomicUsize::new(0);
    let all = Mutex::new((std::mem::take(collected), None));
    let layers = Mutex::new(below::Layers::new(stacks));
    let work = || {
        while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
            let Some(job) = jobs.get(at) else { break };
            let done = one(job, shared);
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            match done {
                Ok((findings, below)) => {
                    all.0.merge(first + at as u64, findings);
                    layers.lock().unwrap_or_else(PoisonError::into_inner).add(&job.digest, below);
                }
                // The error of the smallest blob, so that it does not depend on who was first.
                Err(error) => {
                    if all.1.as_ref().is_none_or(|(other, _)| at < *other) {
                        all.1 = Some((at, error));
                    }
                    break;
                }
            }
            if all.1.is_some() {
                break;
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(jobs.len());
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let (merged, failed) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    *collected = merged;
    if let Some((_, error)) = failed {
        return Err(error);
    }
    let layers = layers.into_inner().unwrap_or_else(PoisonError::into_inner);
    let findings = Findings::new(Arc::clone(shared.settings), Subject::File(shared.source.name()));
    collected.merge(first + jobs.len() as u64, layers.follow(stacks, findings));
    Ok(())
}

/// Reads one blob.
fn one(job: &Job, shared: &Shared<'_>) -> Result<(Findings, Below)> {
    let mut below = Below::default();
    let mut findings = Findings::new(Arc::clone(shared.settings), Source::subject(&job.digest));
    let mut first = true;
    // A blob that goes under two media types is read under each.
    for compression in
        job.compressions.iter().copied().map(Some).chain(job.compressions.is_empty().then_some(None))
    {
        let context = || format!("{}: read {}", shared.source.name(), job.digest);
        let blob = match shared.source.open(job.role, &job.digest)? {
            Blob::Held(blob, _) => blob,
            // Gone, or not a file after all: whoever looked at the names has said so.
            Blob::Absent | Blob::Other(_) => return Ok((findings, below)),
        };
        let (blob, end) = Hashed::new(blob, Hasher::for_digest(&job.digest).ok(), shared.cancel.clone());
        match compression {
            Some(compression) => {
                let expected = layer::Expected {
                    compression: Some(compression),
                    diff_ids: if first { job.diff_ids.clone() } else { Vec::new() },
                    max_bytes: shared.max_bytes,
                    lowest: job.lowest,
                };
                let (read, looked) = layer::look(blob, &expected, &shared.windows, &mut findings);
                if first {
                    below = looked;
                }
                read
            }
            None => blob.drain(),
        }
        .map_err(|error| Error::io(context, error))?;
        let read = end.wait().map_err(|error| Error::io(context, error))?;
        if first {
            verified(job, &read, shared, &mut findings);
            shared.progress.event(Event::Bytes(read.bytes));
        }
        first = false;
    }
    Ok((findings, below))
}

/// Compares a blob that was read to its end with its digest.
fn verified(job: &Job, read: &WasRead, shared: &Shared<'_>, findings: &mut Findings) {
    compare(&job.digest, read.digest.as_ref(), shared.source, findings);
}

/// What a blob's digest has to say about its content.
pub(crate) fn compare(expected: &Digest, actual: Option<&Digest>, source: &Source, findings: &mut Findings) {
    let subject = Source::subject(expected);
    match actual {
        Some(actual) if actual == expected => {}
        Some(actual) => {
            let message = format_args!("its content has the digest {actual}");
            findings.add_at(source.digest_rule(), &subject, Place::Whole, message);
        }
        None => {
            let message = format_args!("{} cannot be computed here", expected.algorithm());
            findings.add_at(&rules::layout::BLOB_UNVERIFIED, &subject, Place::Whole, message);
        }
    }
}
