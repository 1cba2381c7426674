//! Where decoded symbols go.

/// Symbols of one turn of the fast loop: three literals and the longest match, and what a copy may write beyond it.
pub(super) const TURN: usize = 3 + 258 + STRIDE;
/// The longest match.
pub(super) const MATCH_MAX: usize = 258;
/// How far back a match may reach.
pub(crate) const WINDOW: usize = 32 << 10;
/// Symbols that are copied at once.
const STRIDE: usize = 16;

/// Takes literals and matches as they are decoded.
pub(crate) trait Sink {
    /// How many symbols more it can take, `usize::MAX` if any number.
    fn room(&self) -> usize;
    /// One byte; there is room for it.
    fn literal(&mut self, byte: u8);
    /// What came `distance` before, `length` symbols of it; there is room for them. `false`, and nothing taken, if
    /// that is before the beginning.
    fn repeat(&mut self, distance: usize, length: usize) -> bool;
    /// Bytes as they are; there is room for them.
    fn stored(&mut self, bytes: &[u8]);
}

/// Keeps symbols in a buffer: bytes, or whatever else a byte can be turned into.
pub(crate) struct Output<'a, T> {
    buffer: &'a mut [T],
    /// What can be referred to begins there.
    floor: usize,
    at: usize,
}

impl<'a, T: Copy + From<u8>> Output<'a, T> {
    /// Appends to what stands in `buffer` from `floor` up to `at`, which matches may refer to.
    pub(crate) fn new(buffer: &'a mut [T], floor: usize, at: usize) -> Self {
        Self { floor: floor.min(at), at: at.min(buffer.len()), buffer }
    }

    /// Where the next symbol goes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }
}

impl<T: Copy + From<u8>> Sink for Output<'_, T> {
    #[inline(always)]
    fn room(&self) -> usize {
        self.buffer.len() - self.at
    }

    #[inline(always)]
    fn literal(&mut self, byte: u8) {
        if let Some(slot) = self.buffer.get_mut(self.at) {
            *slot = T::from(byte);
            self.at += 1;
        }
    }

    #[inline(always)]
    fn repeat(&mut self, distance: usize, length: usize) -> bool {
        if distance > self.at - self.floor {
            return false;
        }
        let end = self.at + length;
        if end + STRIDE > self.buffer.len() {
            for at in self.at..end {
                self.buffer[at] = self.buffer[at - distance];
            }
        } else {
            copy(self.buffer, self.at, distance, end);
        }
        self.at = end;
        true
    }

    fn stored(&mut self, bytes: &[u8]) {
        let slots = self.buffer.get_mut(self.at..).unwrap_or_default();
        for (slot, byte) in slots.iter_mut().zip(bytes) {
            *slot = T::from(*byte);
        }
        self.at += bytes.len();
    }
}

/// Copies from `distance` before `at` up to `end`, and up to a stride of anything beyond it, which is within `buffer`.
#[inline(always)]
fn copy<T: Copy>(buffer: &mut [T], mut at: usize, distance: usize, end: usize) {
    let mut from = at - distance;
    // A stride that overlaps its own source repeats `distance` symbols of it rightly. With them, what can be
    // copied from reaches twice as far back.
    let mut period = distance;
    while period < STRIDE {
        stride(buffer, from, at);
        at += period;
        if at >= end {
            return;
        }
        period *= 2;
    }
    loop {
        stride(buffer, from, at);
        at += STRIDE;
        from += STRIDE;
        if at >= end {
            return;
        }
    }
}

#[inline(always)]
fn stride<T: Copy>(buffer: &mut [T], from: usize, to: usize) {
    let Some(source) = buffer.get(from..from + STRIDE).and_then(|slice| slice.first_chunk::<STRIDE>()) else {
        return;
    };
    let symbols = *source;
    if let Some(target) = buffer.get_mut(to..to + STRIDE) {
        target.copy_from_slice(&symbols);
    }
}

/// Keeps nothing but the number of symbols.
#[derive(Debug, Default)]
pub(crate) struct Skim {
    total: usize,
}

impl Sink for Skim {
    #[inline(always)]
    fn room(&self) -> usize {
        usize::MAX
    }

    #[inline(always)]
    fn literal(&mut self, _: u8) {
        self.total += 1;
    }

    #[inline(always)]
    fn repeat(&mut self, distance: usize, length: usize) -> bool {
        let fits = distance <= self.total;
        self.total += if fits { length } else { 0 };
        fits
    }

    fn stored(&mut self, bytes: &[u8]) {
        self.total += bytes.len();
    }
}
