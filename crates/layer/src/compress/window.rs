//! Memory for zstd windows: how much a frame asks for, and a budget that decoders share.
//!
//! A frame may ask for 128 MiB ([`WINDOW_MAX`]), and decoders run side by side. A decoder that shares a budget
//! takes what a frame asks for before it begins the frame, and holds nothing while it waits: so two that each
//! need all of it take turns, and none waits for ever.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Windows beyond that many bytes are refused: that is the most memory that a blob can claim.
pub const WINDOW_MAX: u64 = 1 << WINDOW_LOG_MAX;
pub(super) const WINDOW_LOG_MAX: u32 = 27;

/// Bytes of windows that several decoders may hold together.
#[derive(Debug, Clone)]
pub struct WindowBudget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    left: Mutex<u64>,
    given_back: Condvar,
}

impl Shared {
    fn left(&self) -> MutexGuard<'_, u64> {
        // A number is whole whoever panicked.
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for WindowBudget {
    /// As much as the largest window.
    fn default() -> Self {
        Self(Arc::new(Shared { left: Mutex::new(WINDOW_MAX), given_back: Condvar::new() }))
    }
}

impl WindowBudget {
    /// Takes so many bytes, at most [`WINDOW_MAX`]; waits until there are as many.
    pub(super) fn take(&self, bytes: u64) -> Lease {
        let bytes = bytes.min(WINDOW_MAX);
        let mut left = self.0.left();
        while *left < bytes {
            left = self.0.given_back.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
        *left -= bytes;
        Lease { bytes, budget: self.clone() }
    }
}

/// A part of the budget, given back when dropped.
pub(super) struct Lease {
    bytes: u64,
    budget: WindowBudget,
}

impl Lease {
    pub(super) fn covers(&self, bytes: u64) -> bool {
        bytes.min(WINDOW_MAX) <= self.bytes
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self.budget.0.left() += self.bytes;
        self.budget.0.given_back.notify_all();
    }
}

/// How many bytes a frame's header has at most: RFC 8878, section 3.1.1, with its magic.
pub(super) const HEADER_MAX: usize = 18;

/// The window that the zstd frame which begins with `start` asks for, in bytes; `None` where that is no header
/// of a frame with content. RFC 8878, section 3.1.1.1.
pub fn zstd_window(start: &[u8]) -> Option<u64> {
    let rest = start.strip_prefix(&[0x28, 0xb5, 0x2f, 0xfd])?;
    let (descriptor, rest) = rest.split_first()?;
    let single_segment = descriptor & 0x20 != 0;
    if !single_segment {
        let window = rest.first()?;
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size: usize = [1, 2, 4, 8][usize::from(descriptor >> 6)];
    let field = rest.get(dictionary..dictionary + size)?;
    let value = field.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    // Two bytes count from 256 on.
    Some(if size == 2 { value + 256 } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_as_the_rfc_has_them() {
        let frame = |bytes: &[u8]| zstd_window(&[&[0x28, 0xb5, 0x2f, 0xfd], bytes].concat());
        assert_eq!(frame(&[0, 0]), Some(1024));
        assert_eq!(frame(&[0, 10 << 3]), Some(1 << 20));
        assert_eq!(frame(&[0, 17 << 3 | 7]), Some((1 << 27) + (1 << 27) / 8 * 7));
        assert_eq!(frame(&[0x20, 5]), Some(5));
        assert_eq!(frame(&[0x21, 9, 5]), Some(5));
        assert_eq!(frame(&[0x60, 1, 1]), Some(257 + 256));
        assert_eq!(frame(&[0xe0, 0, 0, 0, 0, 1, 0, 0, 0]), Some(1 << 32));
        assert_eq!(frame(&[0]), None);
        assert_eq!(zstd_window(&[0x50, 0x2a, 0x4d, 0x18, 0, 0]), None);
    }

    #[test]
    fn who_needs_more_than_is_left_waits_for_it() {
        let budget = WindowBudget::default();
        let first = budget.take(WINDOW_MAX);
        let waiting = std::thread::spawn({
            let budget = budget.clone();
            move || budget.take(u64::MAX).covers(WINDOW_MAX)
        });
        assert!(!waiting.is_finished());
        drop(first);
        assert!(waiting.join().unwrap());
        assert_eq!(*budget.0.left(), WINDOW_MAX);
    }
}
