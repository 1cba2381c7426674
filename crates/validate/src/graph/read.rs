//! A document's bytes, hashed in passing and within the budget of the whole walk.

use std::io::Read;

use ocidian_spec::{Hasher, json};

use super::Walk;
use super::reference::Reference;
use crate::blobs;
use crate::error::{Error, Result};
use crate::finding::Place;
use crate::rules;
use crate::source::{Blob, Source};

impl Walk<'_> {
    /// Reads a whole document. `None` where it is not held, is too large (which is a finding), or would exceed what
    /// is read of all documents together (which ends the walk).
    pub(super) fn bytes(&mut self, reference: &Reference) -> Result<Option<Vec<u8>>> {
        let digest = &reference.digest;
        let Blob::Held(reader, size) = self.source.open(reference.part.role(), digest)? else {
            return Ok(None);
        };
        let limit = json::DOCUMENT.size as u64;
        if size > limit {
            let message = format_args!("it is {size} bytes long, and at most {limit} are read of a document");
            self.findings.add_at(&rules::json::LIMITS, &Source::subject(digest), Place::Whole, message);
            return Ok(None);
        }
        self.documents = self.documents.saturating_add(size);
        if self.documents > self.limits.documents {
            self.stop(&format!("the graph has more than {} bytes of documents", self.limits.documents));
            return Ok(None);
        }
        let mut bytes = Vec::new();
        // One more than there should be: the file may be growing, and then its digest is wrong.
        reader
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| Error::io(|| format!("{}: read {digest}", self.source.name()), e))?;
        if self.verified.insert(digest.clone()) {
            let actual = Hasher::for_digest(digest).ok().map(|mut hasher| {
                hasher.update(&bytes);
                hasher.finish()
            });
            blobs::compare(digest, actual.as_ref(), self.source, &mut self.findings);
        }
        Ok(Some(bytes))
    }
}
