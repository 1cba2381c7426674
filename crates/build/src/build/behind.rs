//! A blob that is written by a thread of its own, while what comes next is being read.
//!
//! For layers that are not compressed: hashing and storing them takes as long as finding and reading what is in
//! them. What is small is written where it comes from, and so is all with one thread.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use ocidian_layer::Threads;

/// Bytes that are handed over at once.
const PIECE: usize = 256 << 10;
/// Pieces that may wait.
const AHEAD: usize = 3;

/// Writes to `W`. Dropped unfinished, it drops `W` before it returns, so that nothing of a blob is left.
pub(crate) struct Behind<W> {
    place: Place<W>,
    threads: Threads,
    current: Vec<u8>,
}

enum Place<W> {
    Here(W),
    There {
        pieces: Option<SyncSender<Vec<u8>>>,
        written: Receiver<Vec<u8>>,
        thread: JoinHandle<io::Result<W>>,
    },
    Gone,
}

impl<W: Write + Send + 'static> Behind<W> {
    pub(crate) fn new(inner: W, threads: Threads) -> Self {
        Self { place: Place::Here(inner), threads, current: Vec::new() }
    }

    /// All that was written, in `W`.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.hand_over(true)?;
        self.end()
    }

    fn hand_over(&mut self, last: bool) -> io::Result<()> {
        if !last && self.threads != Threads::ONE {
            self.start()?;
        }
        match &mut self.place {
            Place::Here(inner) => {
                inner.write_all(&self.current)?;
                self.current.clear();
                Ok(())
            }
            Place::There { pieces, written, .. } => {
                let next = written.try_recv().unwrap_or_default();
                let piece = std::mem::replace(&mut self.current, next);
                match pieces.as_ref().map(|pieces| pieces.send(piece)) {
                    Some(Ok(())) => Ok(()),
                    // It ends before its time only where writing failed.
                    _ => Err(self.end().err().unwrap_or_else(gone)),
                }
            }
            Place::Gone => Err(gone()),
        }
    }

    fn start(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.place, Place::Gone) {
            Place::Here(mut inner) => {
                let (pieces, to_write) = mpsc::sync_channel::<Vec<u8>>(AHEAD);
                let (back, written) = mpsc::channel();
                let thread = thread::Builder::new().name("blob".to_owned()).spawn(move || {
                    for mut piece in to_write {
                        inner.write_all(&piece)?;
                        piece.clear();
                        // Nobody fills it again once all is handed over.
                        let _ = back.send(piece);
                    }
                    Ok(inner)
                })?;
                self.place = Place::There { pieces: Some(pieces), written, thread };
            }
            place => self.place = place,
        }
        Ok(())
    }
}

impl<W> Behind<W> {
    fn end(&mut self) -> io::Result<W> {
        match std::mem::replace(&mut self.place, Place::Gone) {
            Place::Here(inner) => Ok(inner),
            Place::There { pieces, thread, .. } => {
                drop(pieces);
                thread
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("the thread that writes the layer died")))
            }
            Place::Gone => Err(gone()),
        }
    }
}

impl<W: Write + Send + 'static> Write for Behind<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.current.capacity() < PIECE {
            self.current.reserve_exact(PIECE - self.current.len());
        }
        let (now, _) = bytes.split_at(bytes.len().min(PIECE - self.current.len()));
        self.current.extend_from_slice(now);
        if self.current.len() == PIECE {
            self.hand_over(false)?;
        }
        Ok(now.len())
    }

    /// What fills no piece yet stays here.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W> Drop for Behind<W> {
    fn drop(&mut self) {
        // Whoever drops it unfinished has an error of its own.
        let _ = self.end();
    }
}

fn gone() -> io::Error {
    io::Error::other("writing the layer already failed")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Fails after so many bytes, and says when it is dropped.
    struct Sink {
        room: usize,
        bytes: Vec<u8>,
        dropped: Arc<Mutex<bool>>,
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.bytes.len() + bytes.len() > self.room {
                return Err(io::Error::new(io::ErrorKind::StorageFull, "full"));
            }
            self.bytes.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Drop for Sink {
        fn drop(&mut self) {
            *self.dropped.lock().unwrap() = true;
        }
    }

    fn sink(room: usize) -> (Sink, Arc<Mutex<bool>>) {
        let dropped = Arc::new(Mutex::new(false));
        (Sink { room, bytes: Vec::new(), dropped: Arc::clone(&dropped) }, dropped)
    }

    #[test]
    fn all_arrives_in_order() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| (at / 7) as u8).collect();
        for threads in [1, 2] {
            for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 9 * PIECE, bytes.len()] {
                let mut behind = Behind::new(sink(usize::MAX).0, Threads::new(threads));
                for chunk in bytes[..len].chunks(100_003) {
                    behind.write_all(chunk).unwrap();
                }
                assert!(behind.finish().unwrap().bytes == bytes[..len], "{threads} {len}");
            }
        }
    }

    #[test]
    fn a_full_disk_is_told_and_stays_told() {
        for threads in [1, 2] {
            for room in [0, 1, 5 * PIECE] {
                let mut behind = Behind::new(sink(room).0, Threads::new(threads));
                let failed = (0..40).find_map(|_| behind.write_all(&[7; PIECE]).err());
                assert_eq!(failed.unwrap().kind(), io::ErrorKind::StorageFull, "{threads} {room}");
                assert!(behind.finish().is_err());
            }
        }
    }

    #[test]
    fn dropping_it_drops_the_blob_first() {
        for len in [1, 5 * PIECE] {
            let (sink, dropped) = sink(usize::MAX);
            let mut behind = Behind::new(sink, Threads::new(2));
            behind.write_all(&vec![1; len]).unwrap();
            drop(behind);
            assert!(*dropped.lock().unwrap());
        }
    }
}
