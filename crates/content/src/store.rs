//! The traits of a store: one place of images, be it a layout, an archive or a repository.
//!
//! Synchronous and object-safe, so that `copy`, `unpack`, `inspect` and `validate` are written once.

use std::fs::File;
use std::io::{Read, Write};
use std::time::SystemTime;

use ocidian_spec::{Algorithm, Descriptor, Digest, Hasher, MediaType, RawDocument, RefName};

use crate::error::{Error, Result};
use crate::names;
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
    fn open(&self, role: Role, descriptor: &Descriptor) -> Result<BlobReader> {
        BlobReader::new(self.open_range(role, descriptor, 0, u64::MAX)?, descriptor)
    }

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

    /// A regular file that holds this blob and nothing else, *not* verified, for a sink that can share its
    /// storage. `None` where there is no such file.
    fn file(&self, _: Role, _: &Descriptor) -> Result<Option<File>> {
        Ok(None)
    }

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

    /// Has the blob without its bytes being copied: it is there already, or could be taken over (mount, reflink,
    /// hard link), verified where it was not written here before. `false`: copy it.
    fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool>;

    /// Publishes what was committed and adopted and then, at a [`Destination`], the names that were put.
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

    /// The manifests whose `subject` is that digest: those that are listed, and those that the fallback tag of
    /// distribution-spec ("Referrers Tag Schema") names. Each once, with `artifactType` and annotations set.
    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>>;

    /// [`referrers`](Self::referrers) of several subjects at once, all of them in one list. A store that has to read
    /// every document for an answer does so once, with [`crate::referrers::scan`].
    fn referrers_of(&self, subjects: &[Digest]) -> Result<Vec<Descriptor>> {
        let mut found = Vec::new();
        for subject in subjects {
            found.extend(self.referrers(subject)?);
        }
        Ok(found)
    }
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

    /// Puts an entry as its own store lists it, with every name and annotation that it has there, as a copy of a
    /// whole store does. Entries that [have the same name](crate::names::collide) are replaced, or, with `beside`, kept: a
    /// layout may list one name several times, for several platforms. What is listed already is left alone.
    ///
    /// Unless it is overridden: a place that has one image a name, which refuses `beside`.
    fn put_entry(&self, document: &RawDocument, beside: bool) -> Result<()> {
        let name = names::name_of(document.descriptor());
        match name.as_ref().filter(|_| beside) {
            Some(name) => Err(Error::Store {
                store: "the destination".to_owned(),
                reason: format!(
                    "it holds one image of a name, and there are several {name:?}; copy one at a time"
                ),
            }),
            None => self.put(name.as_ref(), document, When::Any),
        }
    }

    /// Removes a name with its entry.
    fn remove(&self, name: &RefName, when: When) -> Result<()>;

    /// Removes every entry, named or not, of that digest; [`crate::Error::RefNotFound`] where there is none.
    fn forget(&self, digest: &Digest) -> Result<()>;
}

/// Where whole images can be written: blobs first, then the names for them. Names are kept back until
/// [`finish`](BlobSink::finish) has published the blobs, and a `When` that does not hold by then is its error.
/// Dropped without it, the place is what it was before.
pub trait Destination: BlobSink + RefSink {
    /// What it cannot do without.
    fn demands(&self) -> Demands {
        Demands::default()
    }

    /// Refuses a name that it cannot have, before anything is read for it.
    ///
    /// # Errors
    /// One that says which name, and what to do. Unless it is overridden none: any name will do.
    fn accepts(&self, name: &RefName) -> Result<()> {
        let _ = name;
        Ok(())
    }

    /// The same of an entry that is put as it is listed: where it has several names, of the one that counts here.
    ///
    /// # Errors
    /// As [`accepts`](Self::accepts).
    fn accepts_entry(&self, entry: &Descriptor) -> Result<()> {
        names::name_of(entry).map_or(Ok(()), |name| self.accepts(&name))
    }
}

/// What a destination cannot do without. The default is a place that takes everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Demands {
    /// It cannot hold an image parts of which are absent.
    pub complete: bool,
    /// It holds one image, without a name.
    pub single: bool,
}

/// A blob that a store has, whether or not anything names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// By its name; the content is not looked at.
    pub digest: Digest,
    /// In bytes, as stored.
    pub size: u64,
    /// When it was last written.
    pub modified: Option<SystemTime>,
}

/// What a writer that was killed left behind: a staging directory, with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Its name in the store.
    pub name: String,
    /// In bytes.
    pub size: u64,
}

/// A store that blobs can be removed from: what a collector needs. Its [`list`](RefSource::list) has every
/// referrer that it knows, so that what is listed is all that anyone can reach.
pub trait BlobAdmin: BlobSource + RefSource {
    /// Waits until nobody writes, and keeps writers away until what is returned is dropped.
    fn exclude_writers(&self) -> Result<Box<dyn Send>>;

    /// Every blob that is stored.
    fn blobs(&self) -> Result<Vec<Stored>>;

    /// Removes a blob; one that is gone already is none to remove.
    fn remove_blob(&self, digest: &Digest) -> Result<()>;

    /// What writers have staged. Only while [writers are excluded](Self::exclude_writers) is that what killed ones left;
    /// before, it may be what living ones are at.
    fn leftovers(&self) -> Result<Vec<Leftover>> {
        Ok(Vec::new())
    }

    /// Removes a leftover; only while writers are excluded. One that is gone already is none to remove.
    fn remove_leftover(&self, leftover: &Leftover) -> Result<()> {
        Err(Error::Store {
            store: self.name(),
            reason: format!("it has nothing like {:?} to remove", leftover.name),
        })
    }
}

/// A store that images can be read from: blobs and the names for them.
pub trait Store: BlobSource + RefSource {}

impl<T: BlobSource + RefSource + ?Sized> Store for T {}
