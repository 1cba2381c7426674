//! A source with the documents in front of it that a copy made up on the way, so that all that follows reads both
//! alike.

use std::fs::File;
use std::io::Read;

use ocidian_spec::{Descriptor, RawDocument};

use crate::error::Result;
use crate::memory::MemoryStore;
use crate::reader::BlobReader;
use crate::store::{BlobSource, Role};

pub(super) struct Overlay<'a> {
    base: &'a dyn BlobSource,
    made: MemoryStore,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(base: &'a dyn BlobSource) -> Self {
        Self { base, made: MemoryStore::new() }
    }

    pub(super) fn add(&self, document: &RawDocument) {
        self.made.insert_as(document.descriptor().digest.clone(), document.bytes());
    }

    /// Whoever has the blob. A digest stands for the same content in both.
    fn holder(&self, role: Role, descriptor: &Descriptor) -> Result<&dyn BlobSource> {
        Ok(if self.made.stat(role, descriptor)?.is_some() { &self.made } else { self.base })
    }
}

impl BlobSource for Overlay<'_> {
    fn open(&self, role: Role, descriptor: &Descriptor) -> Result<BlobReader> {
        self.holder(role, descriptor)?.open(role, descriptor)
    }

    fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        self.holder(role, descriptor)?.stat(role, descriptor)
    }

    fn open_range(
        &self,
        role: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        self.holder(role, descriptor)?.open_range(role, descriptor, offset, len)
    }

    fn file(&self, role: Role, descriptor: &Descriptor) -> Result<Option<File>> {
        self.holder(role, descriptor)?.file(role, descriptor)
    }

    fn name(&self) -> String {
        self.base.name()
    }
}
