//! One thread that makes files, and what the applying thread knows of its work.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use ocidian_content::Cancel;

use super::batch::Batch;
use crate::apply::Stopped;
use crate::apply::owner::Ownership;
use crate::error::Failure;

/// Batches that are under way to a writer or being written.
const AHEAD: usize = 2;

/// What all writers know.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) owner: Arc<Ownership>,
    pub(super) cancel: Cancel,
    /// Entries from this offset on are not to be made any more: one at it failed.
    pub(super) end: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Done {
    batch: Batch,
    result: Result<(), Box<Stopped>>,
}

/// A writer.
#[derive(Debug)]
pub(super) struct Writer {
    send: Option<Sender<Batch>>,
    done: Receiver<Done>,
    thread: Option<JoinHandle<()>>,
    /// Being filled, and the fingerprints of its paths.
    open: Batch,
    open_paths: Vec<u64>,
    /// Of each batch under way the fingerprints, and how many directories it holds open.
    sent: VecDeque<(Vec<u64>, usize)>,
    spare: Vec<(Batch, Vec<u64>)>,
}

impl Writer {
    /// Starts one; none where the system gives no thread.
    pub(super) fn start(shared: Shared) -> Option<Self> {
        let (send, batches) = mpsc::channel();
        let (give_back, done) = mpsc::channel();
        let thread = std::thread::Builder::new().name("write".to_owned());
        let thread = thread.spawn(move || work(&batches, &give_back, &shared)).ok()?;
        Some(Self {
            send: Some(send),
            done,
            thread: Some(thread),
            open: Batch::default(),
            open_paths: Vec::new(),
            sent: VecDeque::with_capacity(AHEAD),
            spare: Vec::with_capacity(AHEAD),
        })
    }

    /// How many batches wait for it or are in its hands.
    pub(super) fn load(&self) -> usize {
        self.sent.len()
    }

    /// Whether it is to get more.
    pub(super) fn has_time(&self) -> bool {
        self.sent.len() < AHEAD
    }

    /// How many directories its work holds open.
    pub(super) fn dirs(&self) -> usize {
        self.open.dirs() + self.sent.iter().map(|(_, dirs)| dirs).sum::<usize>()
    }

    /// The batch to add to.
    pub(super) fn batch(&mut self) -> &mut Batch {
        &mut self.open
    }

    /// The file that the batch got last is whole; its path has that fingerprint.
    pub(super) fn add(&mut self, fingerprint: u64) -> Result<(), Box<Stopped>> {
        self.open_paths.push(fingerprint);
        if self.open.is_full() { self.send() } else { Ok(()) }
    }

    /// Whether the path of that fingerprint may not be made yet.
    pub(super) fn has(&self, fingerprint: u64) -> bool {
        let sent = || self.sent.iter().any(|(paths, _)| paths.contains(&fingerprint));
        self.open_paths.contains(&fingerprint) || sent()
    }

    /// Sends what is there.
    pub(super) fn send(&mut self) -> Result<(), Box<Stopped>> {
        if self.open.is_empty() {
            return Ok(());
        }
        let (batch, paths) = self.spare.pop().unwrap_or_default();
        let batch = std::mem::replace(&mut self.open, batch);
        self.sent.push_back((std::mem::replace(&mut self.open_paths, paths), batch.dirs()));
        let sent = self.send.as_ref().is_some_and(|send| send.send(batch).is_ok());
        if sent { Ok(()) } else { Err(died()) }
    }

    /// Takes back a batch that is done, if there is one.
    pub(super) fn reclaim(&mut self) -> Result<(), Box<Stopped>> {
        match self.done.try_recv() {
            Ok(done) => self.take(done),
            Err(_) => Ok(()),
        }
    }

    /// Waits for a batch, if any is under way.
    pub(super) fn wait(&mut self) -> Result<(), Box<Stopped>> {
        if self.sent.is_empty() {
            return Ok(());
        }
        match self.done.recv() {
            Ok(done) => self.take(done),
            Err(_) => {
                self.sent.clear();
                Err(died())
            }
        }
    }

    fn take(&mut self, Done { mut batch, result }: Done) -> Result<(), Box<Stopped>> {
        batch.clear();
        let (mut paths, _) = self.sent.pop_front().unwrap_or_default();
        paths.clear();
        self.spare.push((batch, paths));
        result
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.send = None;
        if let Some(thread) = self.thread.take() {
            // What it panicked with was printed, and noticed where its work was waited for.
            let _ = thread.join();
        }
    }
}

fn died() -> Box<Stopped> {
    Box::new(Failure::Refused("a thread that writes files died (this is a bug)".to_owned()).into())
}

/// The thread's work.
fn work(batches: &Receiver<Batch>, done: &Sender<Done>, shared: &Shared) {
    let Shared { owner, cancel, end } = shared;
    while let Ok(batch) = batches.recv() {
        let goes_on = |offset| offset < end.load(Ordering::Relaxed) && !cancel.is_cancelled();
        let mut result = batch.write(owner, goes_on);
        if let Some((_, offset)) = result.as_ref().err().and_then(|stopped| stopped.place.as_ref()) {
            end.fetch_min(*offset, Ordering::Relaxed);
        }
        if cancel.is_cancelled() {
            result = Err(Box::new(Failure::Cancelled.into()));
        }
        if done.send(Done { batch, result }).is_err() {
            break;
        }
    }
}
