//! The names that a destination keeps back until its blobs are published.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ocidian_content::entries::Edit;
use ocidian_content::{Result, When};
use ocidian_spec::{Descriptor, Digest, RefName};

/// Edits in the order in which they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Edits(Mutex<Vec<Edit>>);

impl Edits {
    pub(crate) fn put(&self, name: Option<&RefName>, descriptor: &Descriptor, when: When) {
        let (name, descriptor) = (name.cloned(), Box::new(descriptor.clone()));
        self.lock().push(Edit::Put { name, descriptor, when });
    }

    pub(crate) fn put_entry(&self, descriptor: &Descriptor, beside: bool) {
        self.lock().push(Edit::Entry { descriptor: Box::new(descriptor.clone()), beside });
    }

    pub(crate) fn remove(&self, name: &RefName, when: When) {
        self.lock().push(Edit::Remove { name: name.clone(), when });
    }

    pub(crate) fn forget(&self, digest: &Digest) {
        self.lock().push(Edit::Forget(digest.clone()));
    }

    /// Applies them to the list of a store of that name.
    pub(crate) fn apply(&self, entries: &mut Vec<Descriptor>, store: &str) -> Result<()> {
        let edits = self.lock().clone();
        edits.into_iter().try_for_each(|edit| edit.apply(entries, store))
    }

    /// All of them, for a list of another kind.
    pub(crate) fn take(&self) -> Vec<Edit> {
        std::mem::take(&mut *self.lock())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Edit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
