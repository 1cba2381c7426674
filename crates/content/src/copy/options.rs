//! How to copy.

use std::num::NonZeroUsize;

use ocidian_spec::{Descriptor, RawDocument};

use super::platforms::Platforms;
use crate::error::Result;
use crate::progress::{Cancel, Progress, Silent};
use crate::store::{BlobSink, BlobSource, Store};

/// Makes another image of what a descriptor stands for: writes all blobs that the new one needs, and returns its document,
/// which the copy puts. The source has the narrowed index too, where platforms were chosen.
pub type Convert<'a> = dyn Fn(&dyn BlobSource, &Descriptor, &dyn BlobSink) -> Result<RawDocument> + 'a;

/// How to copy.
pub struct Options<'a> {
    /// Which platforms of an index.
    pub platforms: Platforms,
    /// Whether what refers to the images comes along, unnamed, and what refers to that; and what has a tag that names them:
    /// lists of referrers under fallback tags, and cosign's signatures.
    pub referrers: bool,
    /// Another image instead of each root.
    pub convert: Option<&'a Convert<'a>>,
    /// The destination as it is now, where it can be read: lists under fallback tags are joined with its own.
    /// Where such a list changes meanwhile, finishing is [`Error::Conflict`](crate::Error::Conflict), and copying once more will do.
    pub existing: Option<&'a dyn Store>,
    /// How many blobs are brought over at a time.
    pub threads: NonZeroUsize,
    /// Where events go, from several threads.
    pub progress: &'a dyn Progress,
    /// Stops the copy.
    pub cancel: Cancel,
}

impl Default for Options<'_> {
    /// Everything kept as it is, nothing that was not asked for; a thread a processor, but no more than four.
    fn default() -> Self {
        let most = NonZeroUsize::MIN.saturating_add(3);
        Self {
            platforms: Platforms::All,
            referrers: false,
            convert: None,
            existing: None,
            threads: std::thread::available_parallelism().map_or(NonZeroUsize::MIN, |n| n.min(most)),
            progress: &Silent,
            cancel: Cancel::new(),
        }
    }
}
