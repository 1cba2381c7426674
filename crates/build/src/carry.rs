//! What an edited image still needs of the store that it came from: layers and siblings that did not change.

use std::io;

use ocidian_content::walk::{Content, Order};
use ocidian_content::{BlobSink, BlobSource, Cancel, Event, Expect, Progress, Role, Walk};
use ocidian_spec::{Descriptor, RawDocument};

use crate::error::{Error, Result};
use crate::image::put_as_it_is;

/// Brings blobs and whole graphs from one store to another.
pub struct Carrier<'a> {
    /// Where they are.
    pub source: &'a dyn BlobSource,
    /// Where they are needed.
    pub sink: &'a dyn BlobSink,
    /// Whether it is an error that the source does not hold one. Otherwise it is left out: the image was sparse, and
    /// stays so.
    pub complete: bool,
    /// Who watches.
    pub progress: &'a dyn Progress,
    /// Who may stop it.
    pub cancel: &'a Cancel,
}

impl Carrier<'_> {
    /// Brings blobs, each by its descriptor.
    pub fn blobs<'d>(&self, descriptors: impl IntoIterator<Item = &'d Descriptor>) -> Result<()> {
        let descriptors: Vec<&Descriptor> = descriptors.into_iter().collect();
        let count = descriptors.len();
        for (index, descriptor) in descriptors.into_iter().enumerate() {
            self.blob(descriptor, index, count)?;
        }
        Ok(())
    }

    /// Brings all that is below documents, and the documents themselves, children first.
    pub fn graphs(&self, roots: impl IntoIterator<Item = Descriptor>) -> Result<()> {
        for node in Walk::new(self.source, roots, Order::ChildrenFirst).without_subjects() {
            let node = node?;
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if !matches!(node.content, Content::Missing)
                && self.sink.adopt(node.role, &node.descriptor, self.source)?
            {
                continue;
            }
            match &node.content {
                Content::Index(index) => self.document(index.document())?,
                Content::Manifest(manifest) => self.document(manifest.document())?,
                Content::Opaque => self.copy(node.role, &node.descriptor)?,
                Content::Missing => self.missing(node.role, &node.descriptor)?,
            }
        }
        Ok(())
    }

    fn document(&self, document: &RawDocument) -> Result<()> {
        put_as_it_is(self.sink, Role::Manifest, document)
    }

    fn blob(&self, descriptor: &Descriptor, index: usize, count: usize) -> Result<()> {
        if self.source.stat(Role::Blob, descriptor)?.is_none() {
            return self.missing(Role::Blob, descriptor);
        }
        if self.sink.adopt(Role::Blob, descriptor, self.source)? {
            return Ok(());
        }
        self.progress.event(Event::Begin { descriptor, index, count });
        self.copy(Role::Blob, descriptor)?;
        self.progress.event(Event::End);
        Ok(())
    }

    fn copy(&self, role: Role, descriptor: &Descriptor) -> Result<()> {
        let failed = |error| ocidian_content::Error::from_io(|| format!("copy {}", descriptor.digest), error);
        let mut from = Watched {
            inner: self.source.open(role, descriptor)?,
            progress: self.progress,
            cancel: self.cancel,
        };
        let mut to = self.sink.begin(role, Expect::Known(descriptor.clone()))?;
        if let Err(error) = io::copy(&mut from, &mut to) {
            return Err(if self.cancel.is_cancelled() { Error::Cancelled } else { failed(error).into() });
        }
        to.commit(None)?;
        Ok(())
    }

    fn missing(&self, role: Role, descriptor: &Descriptor) -> Result<()> {
        if self.complete {
            // Says which store lacks which blob.
            self.source.open(role, descriptor)?;
        }
        Ok(())
    }
}

/// A reader whose bytes are counted, and that can be stopped.
pub(crate) struct Watched<'a, R> {
    pub(crate) inner: R,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) cancel: &'a Cancel,
}

impl<R: io::Read> io::Read for Watched<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("interrupted"));
        }
        let n = self.inner.read(out)?;
        self.progress.event(Event::Bytes(n as u64));
        Ok(n)
    }
}
