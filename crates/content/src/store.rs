//! The traits of a store: one place of images, be it a layout, an archive or a repository.
//!
//! Synchronous and object-safe, so that `copy`, `unpack`, `inspect` and `validate` are written once.

use std::io::{Read, Write};

use ocidian_spec::{Algorithm, Descriptor, Digest, Hasher, MediaType, RawDocument, RefName};

use crate::error::{Error, Result};
use crate::reader::BlobReader;

/// What a descriptor is by its position, never by its media type: what a ref, an index or a subject
/// points to is a manifest; configs and layers are blobs. (Registries keep the two apart.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A manifest or an index.
    Manifest,
    /// A config or a layer.
    Blob,
}

/// Where blobs can be read.
pub trait BlobSource: Send + Sync {
    /// The blob's content, verified in passing.
    fn open(&self, role: Role, descriptor: &Descriptor) -> Result<BlobReader>;

    /// The blob's size as stored, or `None` where it is absent.
    fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>>;

    /// A part of the blob, from `offset` on, *not* verified.
    fn open_range(
        &self,
        role: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>>;

    /// The store as a person would name it, for messages.
    fn name(&self) -> String;
}

/// What is known of a blob before it is written.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one a blob, moved once")]
pub enum Expect {
    /// Its descriptor.
    Known(Descriptor),
    /// Only the algorithm to name it by.
    Hash(Algorithm),
}

impl Expect {
    /// The hasher to write by, and the descriptor where it is known.
    pub fn hasher(self) -> Result<(Hasher, Option<Descriptor>)> {
        match self {
            Self::Known(descriptor) => Ok((Hasher::for_digest(&descriptor.digest)?, Some(descriptor))),
            Self::Hash(algorithm) => {
                let hasher = Hasher::new(&algorithm).ok_or_else(|| ocidian_spec::Error::Digest {
                    text: algorithm.to_string(),
                    reason: "the algorithm is unknown, so nothing can be named by it",
                })?;
                Ok((hasher, None))
            }
        }
    }

    /// What every [`BlobWrite::commit`] checks: the size first, then the digest. Where nothing was known the
    /// descriptor's media type is `application/octet-stream`, for the caller to set.
    pub fn settle(
        known: Option<Descriptor>,
        actual: Digest,
        written: u64,
        expected: Option<&Digest>,
    ) -> Result<Descriptor> {
        let descriptor = known.unwrap_or_else(|| {
            let octets = MediaType::Other("application/octet-stream".to_owned());
            Descriptor::new(octets, expected.unwrap_or(&actual).clone(), written)
        });
        let wrong = |source| Error::Blob { descriptor: Box::new(descriptor.clone()), source };
        if descriptor.size != written {
            let (digest, expected) = (descriptor.digest.clone(), descriptor.size);
            return Err(wrong(ocidian_spec::Error::Size { digest, expected, actual: written }));
        }
        for named in [Some(&descriptor.digest), expected].into_iter().flatten() {
            if *named != actual {
                return Err(wrong(ocidian_spec::Error::Mismatch { expected: named.clone(), actual }));
            }
        }
        Ok(descriptor)
    }
}

/// Where blobs can be written. Nothing is published before [`finish`](Self::finish).
pub trait BlobSink: Send + Sync {
    /// Begins a blob.
    fn begin(&self, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>>;

    /// Takes a blob over without copying it (mount, reflink, hard link); `false`: copy it.
    fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool>;

    /// Publishes what was committed.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// A blob being written. Dropped without [`commit`](Self::commit), it leaves nothing.
pub trait BlobWrite: Write + Send {
    /// Bytes so far.
    fn written(&self) -> u64;

    /// Ends the blob: checks it against what was expected and `expected`, and names it.
    fn commit(self: Box<Self>, expected: Option<&Digest>) -> Result<Descriptor>;
}

/// Where names can be read.
pub trait RefSource: Send + Sync {
    /// Every descriptor of that name; the caller chooses.
    fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>>;

    /// Every entry with the name that it has, in the store's order.
    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>>;
}

/// When a name may be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Always.
    Any,
    /// Only where it does not exist.
    Absent,
    /// Only where it still stands for that digest.
    Is(Digest),
}

/// Where names can be written.
pub trait RefSink: Send + Sync {
    /// Puts a document under a name, or unnamed; [`crate::Error::Conflict`] where `when` does not hold.
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()>;

    /// Removes a name.
    fn remove(&self, name: &RefName, when: When) -> Result<()>;
}

/// A store that images can be read from: blobs and the names for them.
pub trait Store: BlobSource + RefSource {}

impl<T: BlobSource + RefSource + ?Sized> Store for T {}
