//! Writing into a layout directory: staged in a directory of its own inside the layout, fsynced, and renamed
//! into place, so that a crash or a failure leaves the layout as it was and at most a recognisable leftover.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use ocidian_content::{BlobSink, BlobSource, BlobWrite, Destination, Expect, RefSink, Result, Role, When};
use ocidian_spec::{Descriptor, Digest, RawDocument, RefName};

use crate::CreateOptions;
use crate::dir::LayoutDir;
use crate::edits::Edits;
use crate::files::io_error;
use crate::fresh::{self, Made};
use crate::lock::{self, Lock};
use crate::publish::{blob_directory, stage, sync};
use crate::staging::{Staged, Staging};

/// Blobs and names on their way into a layout directory. Dropped unfinished, it leaves nothing.
#[derive(Debug)]
pub struct LayoutWriter {
    staging: Arc<Staging>,
    edits: Edits,
    link: bool,
    /// Last, because it goes last.
    joined: Joined,
}

/// A layout that this writer has joined, and may have made.
#[derive(Debug)]
struct Joined {
    layout: LayoutDir,
    writing: Option<Lock>,
    made: Option<Made>,
}

impl LayoutDir {
    /// Where blobs and names can be written; they show once it is finished. It stops as the layout does
    /// ([`with_cancel`](Self::with_cancel)).
    pub fn writer(&self) -> Result<LayoutWriter> {
        let writing = lock::writers(self.directory(), self.cancel())?;
        LayoutWriter::of(
            Joined { layout: self.clone(), writing: Some(writing), made: None },
            &CreateOptions { cancel: self.cancel().clone(), ..CreateOptions::default() },
        )
    }
}

impl LayoutWriter {
    /// Writes to the layout at `path`, which is made if it is not there, and removed again where it was made and
    /// nothing is published.
    pub fn create(path: &Path, options: &CreateOptions) -> Result<Self> {
        let (layout, writing, made) = fresh::join(path, &options.cancel)?;
        Self::of(Joined { layout, writing: Some(writing), made: Some(made) }, options)
    }

    fn of(joined: Joined, options: &CreateOptions) -> Result<Self> {
        let staging = Staging::new(stage(joined.layout.directory())?, &options.cancel);
        Ok(Self { staging, edits: Edits::default(), link: options.link, joined })
    }

    fn layout(&self) -> &LayoutDir {
        &self.joined.layout
    }

    fn document(&self, document: &RawDocument) -> Result<()> {
        let descriptor = document.descriptor();
        if self.layout().stat(Role::Manifest, descriptor)? == Some(descriptor.size) {
            return Ok(());
        }
        self.staging.document(document)
    }

    /// Renames every blob to its place.
    fn publish_blobs(&self) -> Result<()> {
        let directory = self.layout().directory();
        let mut touched: Vec<(String, OwnedFd)> = Vec::new();
        for ((_, digest), Staged { path, .. }) in self.staging.all() {
            let algorithm = digest.algorithm().as_str();
            if !touched.iter().any(|(name, _)| name == algorithm) {
                touched.push((algorithm.to_owned(), blob_directory(directory, algorithm)?));
            }
            let Some((_, place)) = touched.iter().find(|(name, _)| name == algorithm) else { continue };
            rustix::fs::renameat(rustix::fs::CWD, &path, place, digest.encoded())
                .map_err(|errno| io_error(&path, "publish", errno.into()))?;
        }
        touched.iter().try_for_each(|(name, place)| sync(place, directory, name))
    }
}

impl BlobSink for LayoutWriter {
    fn begin(&self, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        self.staging.begin(role, expect)
    }

    fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool> {
        // One of the right size counts as there. Hashing it would make each copy read all that it need not write;
        // one of another size is damaged, and writing it again mends it.
        if self.layout().stat(role, descriptor)? == Some(descriptor.size) {
            return Ok(true);
        }
        self.staging.adopt(role, descriptor, from, self.link)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let name = self.layout().name();
        self.staging.settle()?;
        if self.edits.is_empty() {
            self.publish_blobs()?;
        } else {
            // On what index.json holds by now. The list is written first, so that a conflict or a full disk leaves
            // no blobs behind, and shown last, so that it never names what is not there.
            self.layout().edit_after(|list| self.edits.apply(list, &name), || self.publish_blobs())?;
        }
        self.joined.made = None;
        Ok(())
    }
}

impl RefSink for LayoutWriter {
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        self.document(document)?;
        self.edits.put(name, document.descriptor(), when);
        Ok(())
    }

    fn put_entry(&self, document: &RawDocument, beside: bool) -> Result<()> {
        self.document(document)?;
        self.edits.put_entry(document.descriptor(), beside);
        Ok(())
    }

    fn remove(&self, name: &RefName, when: When) -> Result<()> {
        self.edits.remove(name, when);
        Ok(())
    }

    fn forget(&self, digest: &Digest) -> Result<()> {
        self.edits.forget(digest);
        Ok(())
    }
}

impl Destination for LayoutWriter {}

impl Drop for Joined {
    fn drop(&mut self) {
        drop(self.writing.take());
        if let Some(made) = self.made.take() {
            fresh::unmake(&self.layout, made);
        }
    }
}
