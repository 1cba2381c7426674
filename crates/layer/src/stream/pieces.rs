//! A gzip layer made of independent pieces, inflated by both threads.
//!
//! The decoding thread finds the pieces, a few ahead of the one whose turn it is, and inflates; the thread that uses
//! the layer inflates too, where it would otherwise wait (module `shared`). What is one is known only when it was
//! inflated (module `compress::piece`); the first that is none ends this for good, and costs no more than having
//! tried it. Then, and for the end of the member, whatever is left is decoded as ever.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Crc;

use super::input::Input;
use super::shared::Shared;
use crate::compress::GZIP_WINDOW;
use crate::compress::piece::{LEAST, MARK, MOST, Outcome, Piece, after_mark, plain_header};

/// How many pieces are found ahead: one for each thread, and one that is next.
const AHEAD: usize = 3;
/// Marks that are none, at most so many within a piece.
const ACCIDENTS: usize = 2;
/// Pieces are worth it if they are that large on the average; each mark that was none takes so many pieces' gain away.
const LARGE: u64 = 64 << 10;
const LOST: u64 = 16;

/// Layers that may be inflated so at a time, in the whole process: each takes some 6 MB more than others, and where
/// there are many at a time no thread of theirs waits for want of work.
const LAYERS: usize = 2;
static LAYERS_NOW: AtomicUsize = AtomicUsize::new(0);

/// What was inflated of a member.
pub(super) struct Start {
    pub(super) crc: Crc,
    /// How long the content is.
    pub(super) size: u64,
    /// The end of it.
    pub(super) window: Vec<u8>,
}

/// Inflates pieces, and takes them from `input`. `None` where there are none, and nothing was taken.
pub(super) fn inflate(shared: &Shared, input: &mut Input) -> Option<Start> {
    let header = plain_header(input.look())?;
    input.looked(header);
    let _turn = Turn::take()?;
    let mut pieces = Pieces { shared, spare: Vec::new(), offered: 0, ended: false };
    // A single one is not worth it.
    let first: VecDeque<_> = (0..2).map_while(|_| pieces.find(input)).collect();
    if first.len() < 2 {
        return None;
    }
    for piece in first {
        pieces.offer(piece)?;
    }
    let mut start = Start { crc: Crc::new(), size: 0, window: Vec::new() };
    let (mut taken, mut accidents) = (0, 0);
    while let Some(mut piece) = pieces.next_whole(input, &mut accidents) {
        if taken == 0 {
            input.take(header);
        }
        taken += 1;
        input.take(piece.bytes.len());
        start.add(&piece);
        if !piece.content.is_empty() {
            shared.put(std::mem::take(&mut piece.content));
        }
        pieces.spare.push(piece);
        if start.size < (taken + LOST * accidents).saturating_sub(LOST) * LARGE {
            break;
        }
    }
    drop(pieces);
    (taken > 0).then_some(start)
}

/// One of [`LAYERS`].
struct Turn;

impl Turn {
    fn take() -> Option<Self> {
        let before = LAYERS_NOW.fetch_add(1, Ordering::Relaxed);
        let turn = Self;
        // Refused, it is given back at once.
        (before < LAYERS).then_some(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        LAYERS_NOW.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Start {
    fn add(&mut self, piece: &Piece) {
        self.crc.combine(&piece.crc);
        self.size += piece.content.len() as u64;
        let tail = piece.content.get(piece.content.len().saturating_sub(GZIP_WINDOW)..).unwrap_or_default();
        let keep = GZIP_WINDOW - tail.len();
        self.window.drain(..self.window.len().saturating_sub(keep));
        self.window.extend_from_slice(tail);
    }
}

/// The pieces on their way.
struct Pieces<'a> {
    shared: &'a Shared,
    spare: Vec<Piece>,
    /// How many are offered to be inflated.
    offered: usize,
    /// No more are found.
    ended: bool,
}

impl Pieces<'_> {
    /// The next piece, inflated; `None` where there is none that is whole.
    fn next_whole(&mut self, input: &mut Input, accidents: &mut u64) -> Option<Piece> {
        let (mut piece, mut outcome) = self.next(input)?;
        for _ in 0..ACCIDENTS {
            if outcome != Outcome::Unfinished {
                break;
            }
            // It may go on after a mark that is none.
            let Some((more, _)) = self.next(input) else { break };
            *accidents += 1;
            piece.bytes.extend_from_slice(&more.bytes);
            self.spare.push(more);
            outcome = piece.inflate();
        }
        if outcome == Outcome::Whole {
            return Some(piece);
        }
        self.spare.push(piece);
        None
    }

    fn next(&mut self, input: &mut Input) -> Option<(Piece, Outcome)> {
        while self.offered < AHEAD && !self.ended {
            match self.find(input) {
                Some(piece) => self.offer(piece)?,
                None => self.ended = true,
            }
        }
        if self.offered == 0 {
            return None;
        }
        self.offered -= 1;
        self.shared.inflated()
    }

    fn offer(&mut self, mut piece: Piece) -> Option<()> {
        if piece.content.capacity() == 0 {
            piece.content = self.shared.empty()?;
        }
        self.offered += 1;
        self.shared.offer(piece);
        Some(())
    }

    /// The bytes up to the next mark, which may be a piece.
    fn find(&mut self, input: &mut Input) -> Option<Piece> {
        let mut piece = self.spare.pop().unwrap_or_else(Piece::new);
        let bytes = &mut piece.bytes;
        bytes.clear();
        loop {
            let next = input.look();
            let next = next.get(..next.len().min(MOST - bytes.len())).unwrap_or_default();
            if next.is_empty() {
                self.spare.push(piece);
                return None;
            }
            let end = end(bytes, next);
            let now = next.get(..end.unwrap_or(next.len())).unwrap_or_default();
            bytes.extend_from_slice(now);
            let len = now.len();
            input.looked(len);
            if end.is_some() {
                return Some(piece);
            }
        }
    }
}

impl Drop for Pieces<'_> {
    /// Gives back the chunks that were to be filled.
    fn drop(&mut self) {
        // One that was never offered has none.
        let unused = self.spare.drain(..).map(|piece| piece.content).filter(|content| content.capacity() > 0);
        self.shared.withdraw(unused);
    }
}

/// Where in `next` the first mark ends that is not too near to the start of `before`, which `next` follows.
fn end(before: &[u8], next: &[u8]) -> Option<usize> {
    let ahead = MARK.len() - 1;
    let (start, _) = next.split_at(next.len().min(ahead));
    let tail = before.get(before.len().saturating_sub(ahead)..).unwrap_or_default();
    let across = after_mark(&[tail, start].concat()).and_then(|end| end.checked_sub(tail.len()));
    if let Some(end) = across.filter(|end| before.len() + end >= LEAST) {
        return Some(end);
    }
    let from = (LEAST - MARK.len()).saturating_sub(before.len()).min(next.len());
    after_mark(next.get(from..)?).map(|end| from + end)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};
    use std::sync::Arc;

    use flate2::write::GzEncoder;
    use ocidian_spec::{Algorithm, Hasher};

    use super::*;
    use crate::compress::{Compressor, Encoder, Threads};

    /// How much of a blob comes in pieces.
    fn taken(blob: Vec<u8>) -> Option<u64> {
        let hasher = Hasher::new(&Algorithm::Sha256).unwrap();
        let shared = Arc::new(Shared::new(Box::new(Cursor::new(blob)), hasher));
        let mut input = Input::new(Arc::clone(&shared));
        inflate(&shared, &mut input).map(|start| start.size)
    }

    #[test]
    fn what_is_made_of_pieces_is_inflated_so() {
        let content: Vec<u8> =
            (0..1_000_000_u32).flat_map(|n| (n.wrapping_mul(n) >> 9).to_le_bytes()).collect();
        for len in [3 << 20, 520 << 10] {
            let mut ours = Encoder::new(Vec::new(), Compressor::GZIP, Threads::ONE).unwrap();
            ours.write_all(&content[..len]).unwrap();
            assert_eq!(taken(ours.finish().unwrap()), Some(len as u64));
        }
        let mut other = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        other.write_all(&content[..1 << 20]).unwrap();
        // A sync flush: what follows refers to what was before.
        other.flush().unwrap();
        other.write_all(&content[..1 << 20]).unwrap();
        other.flush().unwrap();
        assert_eq!(taken(other.finish().unwrap()), None);
        let mut small = Encoder::new(Vec::new(), Compressor::GZIP, Threads::ONE).unwrap();
        small.write_all(&content[..400_000]).unwrap();
        assert_eq!(taken(small.finish().unwrap()), None, "one piece alone is not worth it");
        assert_eq!(taken(Vec::new()), None);
    }

    #[test]
    fn marks_are_found_wherever_they_are() {
        for before in 0..600 {
            let bytes = [&vec![0xff; before][..], &[0, 0, 0, 0xff, 0xff, 0xff, 0]].concat();
            assert_eq!(after_mark(&bytes), Some(before + 5), "{before}");
            assert_eq!(after_mark(&bytes[..before + 4]), None);
            for cut in 0..=bytes.len() {
                let (one, other) = bytes.split_at(cut);
                let expected =
                    (cut < before + 5 && before + 5 >= LEAST).then(|| (before + 5).wrapping_sub(cut));
                assert_eq!(end(one, other), expected, "{before} {cut}");
            }
        }
    }
}
