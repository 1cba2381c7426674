//! A file on its way to a writer, while its content comes.

use crate::apply::Stopped;

use super::earliest;
use super::writer::Writer;

/// Dropped before it is closed, it is never made.
#[derive(Debug)]
pub(in crate::apply) struct Begun<'a> {
    pub(super) writer: &'a mut Writer,
    pub(super) failed: &'a mut Option<Box<Stopped>>,
    pub(super) closed: bool,
}

impl Begun<'_> {
    /// The next bytes of its content.
    pub(in crate::apply) fn content(&mut self, bytes: &[u8]) {
        self.writer.batch().content(bytes);
    }

    /// All of it is there. `fingerprint` is its path's.
    pub(in crate::apply) fn close(mut self, fingerprint: u64) {
        self.closed = true;
        earliest(self.failed, self.writer.add(fingerprint));
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.closed {
            self.writer.batch().abandon();
        }
    }
}
