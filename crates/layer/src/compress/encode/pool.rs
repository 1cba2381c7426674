//! Threads that compress blocks, whose results come out in the order in which the blocks went in.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::block::{BlockCodec, Piece, Task};
use crate::compress::{Compressor, Threads};

/// The threads. Dropped, it stops them and waits: as long as one block takes.
pub(super) struct Pool {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    waiting: VecDeque<Receiver<io::Result<Piece>>>,
}

struct Job {
    task: Task,
    reply: Sender<io::Result<Piece>>,
}

impl Pool {
    /// Starts the threads; fewer than asked for where the system gives no more, and none at all is an
    /// error.
    pub(super) fn start(compressor: Compressor, count: Threads) -> io::Result<Self> {
        let (jobs, receiver) = mpsc::channel::<Job>();
        let receiver = Arc::new(Mutex::new(receiver));
        let stop = Arc::new(AtomicBool::new(false));
        let mut pool = Self { jobs: Some(jobs), threads: Vec::new(), stop, waiting: VecDeque::new() };
        for _ in 0..count.get() {
            let Some(codec) = BlockCodec::new(compressor)? else { break };
            let (receiver, stop) = (Arc::clone(&receiver), Arc::clone(&pool.stop));
            let thread = thread::Builder::new()
                .name("compress".to_owned())
                .spawn(move || work(codec, &receiver, &stop));
            match thread {
                Ok(thread) => pool.threads.push(thread),
                Err(error) if pool.threads.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(pool)
    }

    /// How many blocks are under way.
    pub(super) fn under_way(&self) -> usize {
        self.waiting.len()
    }

    /// Hands a block to the threads.
    pub(super) fn submit(&mut self, task: Task) -> io::Result<()> {
        let (reply, result) = mpsc::channel();
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(Job { task, reply }));
        match sent {
            Some(Ok(())) => self.waiting.push_back(result),
            _ => return Err(died()),
        }
        Ok(())
    }

    /// The result of the earliest block under way, when it is there; `None` where none is under way.
    pub(super) fn next(&mut self) -> Option<io::Result<Piece>> {
        let result = self.waiting.pop_front()?;
        Some(result.recv().unwrap_or_else(|_| Err(died())))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // What it panicked with was printed; whoever waited for it was told.
            let _ = thread.join();
        }
    }
}

fn work(mut codec: BlockCodec, jobs: &Mutex<Receiver<Job>>, stop: &AtomicBool) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { task, reply }) = job else { return };
        if stop.load(Ordering::Relaxed) {
            return;
        }
        // Nobody waits for it where the encoder was dropped.
        let _ = reply.send(codec.encode(task));
    }
}

fn died() -> io::Error {
    io::Error::other("a thread that compresses died")
}
