//! Hashing of the content beside its compression, in a thread of its own from the first full block on.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

use ocidian_spec::Hasher;

use super::block::Block;

/// Blocks that may wait to be hashed.
const AHEAD: usize = 2;

pub(super) enum Hashing {
    Here(Hasher),
    Thread { blocks: SyncSender<Block>, thread: JoinHandle<Hasher> },
}

impl Hashing {
    pub(super) fn new(hasher: Hasher) -> Self {
        Self::Here(hasher)
    }

    /// Takes the next block; `parallel` where a thread may do it.
    pub(super) fn update(&mut self, block: &Block, parallel: bool) -> io::Result<()> {
        if let (Self::Here(hasher), true) = (&*self, parallel) {
            *self = Self::spawn(hasher.clone())?;
        }
        match self {
            Self::Here(hasher) => hasher.update(block),
            Self::Thread { blocks, .. } => blocks.send(Arc::clone(block)).map_err(|_| died())?,
        }
        Ok(())
    }

    fn spawn(mut hasher: Hasher) -> io::Result<Self> {
        let (blocks, receiver) = mpsc::sync_channel::<Block>(AHEAD);
        let thread = thread::Builder::new().name("diff_id".to_owned()).spawn(move || {
            for block in receiver {
                hasher.update(&block);
            }
            hasher
        })?;
        Ok(Self::Thread { blocks, thread })
    }

    /// The hasher after all blocks.
    pub(super) fn finish(self) -> io::Result<Hasher> {
        match self {
            Self::Here(hasher) => Ok(hasher),
            Self::Thread { blocks, thread } => {
                drop(blocks);
                thread.join().map_err(|_| died())
            }
        }
    }
}

fn died() -> io::Error {
    io::Error::other("the thread that hashes the layer died")
}
