//! A store that fails when it is told to: for the promise that a command which fails leaves
//! nothing half-made.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ocidian_content::{
    BlobAdmin, BlobReader, BlobSink, BlobSource, BlobWrite, Demands, Destination, Error, Expect, Leftover,
    RefSink, RefSource, Result, Role, Stored, When,
};
use ocidian_spec::{Descriptor, Digest, RawDocument, RefName};

/// Wraps a store and fails on one call. Every call of a trait's method counts, and so does every
/// `read` of a blob that it opened and every `write` to one that it began.
pub struct FailingStore<S> {
    inner: S,
    fuse: Fuse,
}

/// Counts down to the failure; shared with the readers and writers handed out.
#[derive(Debug, Clone)]
struct Fuse {
    calls: Arc<AtomicUsize>,
    fails_at: usize,
}

impl Fuse {
    fn step(&self) -> io::Result<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if call == self.fails_at {
            Err(io::Error::other(format!("told to fail at call {call}")))
        } else {
            Ok(())
        }
    }

    fn call(&self, what: &str) -> Result<()> {
        self.step().map_err(|source| Error::Io { context: what.to_owned(), source })
    }
}

impl<S> FailingStore<S> {
    /// Fails the `n`-th call, counted from 1. With 0 it never fails and only counts.
    pub fn new(inner: S, n: usize) -> Self {
        Self { inner, fuse: Fuse { calls: Arc::default(), fails_at: n } }
    }

    /// How many calls there were: a test runs once with 0, then once for each number up to this.
    pub fn calls(&self) -> usize {
        self.fuse.calls.load(Ordering::SeqCst)
    }

    /// The store inside.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: BlobSource> BlobSource for FailingStore<S> {
    fn open(&self, role: Role, descriptor: &Descriptor) -> Result<BlobReader> {
        self.fuse.call("open")?;
        let reader = Fused { inner: self.inner.open(role, descriptor)?, fuse: self.fuse.clone() };
        BlobReader::new(Box::new(reader), descriptor)
    }

    fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        self.fuse.call("stat")?;
        self.inner.stat(role, descriptor)
    }

    fn open_range(
        &self,
        role: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        self.fuse.call("open_range")?;
        let inner = self.inner.open_range(role, descriptor, offset, len)?;
        Ok(Box::new(Fused { inner, fuse: self.fuse.clone() }))
    }

    fn name(&self) -> String {
        self.inner.name()
    }
}

impl<S: BlobSink> BlobSink for FailingStore<S> {
    fn begin(&self, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        self.fuse.call("begin")?;
        Ok(Box::new(Fused { inner: self.inner.begin(role, expect)?, fuse: self.fuse.clone() }))
    }

    fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool> {
        self.fuse.call("adopt")?;
        self.inner.adopt(role, descriptor, from)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.fuse.call("finish")?;
        Box::new(self.inner).finish()
    }
}

impl<S: RefSource> RefSource for FailingStore<S> {
    fn resolve(&self, name: &RefName) -> Result<Vec<Descriptor>> {
        self.fuse.call("resolve")?;
        self.inner.resolve(name)
    }

    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        self.fuse.call("list")?;
        self.inner.list()
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.fuse.call("referrers")?;
        self.inner.referrers(subject)
    }

    fn referrers_of(&self, subjects: &[Digest]) -> Result<Vec<Descriptor>> {
        self.fuse.call("referrers_of")?;
        self.inner.referrers_of(subjects)
    }
}

impl<S: RefSink> RefSink for FailingStore<S> {
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        self.fuse.call("put")?;
        self.inner.put(name, document, when)
    }

    fn put_entry(&self, document: &RawDocument, beside: bool) -> Result<()> {
        self.fuse.call("put_entry")?;
        self.inner.put_entry(document, beside)
    }

    fn remove(&self, name: &RefName, when: When) -> Result<()> {
        self.fuse.call("remove")?;
        self.inner.remove(name, when)
    }

    fn forget(&self, digest: &Digest) -> Result<()> {
        self.fuse.call("forget")?;
        self.inner.forget(digest)
    }
}

impl<S: BlobAdmin> BlobAdmin for FailingStore<S> {
    fn exclude_writers(&self) -> Result<Box<dyn Send>> {
        self.fuse.call("exclude_writers")?;
        self.inner.exclude_writers()
    }

    fn blobs(&self) -> Result<Vec<Stored>> {
        self.fuse.call("blobs")?;
        self.inner.blobs()
    }

    fn remove_blob(&self, digest: &Digest) -> Result<()> {
        self.fuse.call("remove_blob")?;
        self.inner.remove_blob(digest)
    }

    fn leftovers(&self) -> Result<Vec<Leftover>> {
        self.fuse.call("leftovers")?;
        self.inner.leftovers()
    }

    fn remove_leftover(&self, leftover: &Leftover) -> Result<()> {
        self.fuse.call("remove_leftover")?;
        self.inner.remove_leftover(leftover)
    }
}

impl<S: Destination> Destination for FailingStore<S> {
    fn accepts(&self, name: &RefName) -> Result<()> {
        self.inner.accepts(name)
    }

    fn accepts_entry(&self, entry: &Descriptor) -> Result<()> {
        self.inner.accepts_entry(entry)
    }

    fn demands(&self) -> Demands {
        self.inner.demands()
    }
}

/// A reader or writer on the same fuse.
struct Fused<T> {
    inner: T,
    fuse: Fuse,
}

impl<T: Read> Read for Fused<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.fuse.step()?;
        self.inner.read(buf)
    }
}

impl Write for Fused<Box<dyn BlobWrite>> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.fuse.step()?;
        self.inner.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl BlobWrite for Fused<Box<dyn BlobWrite>> {
    fn written(&self) -> u64 {
        self.inner.written()
    }

    fn commit(self: Box<Self>, expected: Option<&Digest>) -> Result<Descriptor> {
        self.fuse.call("commit")?;
        self.inner.commit(expected)
    }
}

#[cfg(test)]
mod tests {
    use ocidian_spec::MediaType;

    use super::*;

    struct One(&'static [u8]);

    impl BlobSource for One {
        fn open(&self, _: Role, descriptor: &Descriptor) -> Result<BlobReader> {
            BlobReader::new(Box::new(self.0), descriptor)
        }

        fn stat(&self, _: Role, _: &Descriptor) -> Result<Option<u64>> {
            Ok(Some(self.0.len() as u64))
        }

        fn open_range(&self, _: Role, _: &Descriptor, _: u64, _: u64) -> Result<Box<dyn Read + Send>> {
            Ok(Box::new(self.0))
        }

        fn name(&self) -> String {
            "one".to_owned()
        }
    }

    fn use_it(store: &FailingStore<One>) -> Result<String> {
        let descriptor = Descriptor::new(MediaType::ImageConfig, Digest::sha256(b"content"), 7);
        store.stat(Role::Blob, &descriptor)?;
        let mut text = String::new();
        let mut reader = store.open(Role::Blob, &descriptor)?;
        reader.read_to_string(&mut text).map_err(|error| Error::from_io(|| "reading".to_owned(), error))?;
        Ok(text)
    }

    #[test]
    fn each_call_can_be_made_to_fail() {
        let counting = FailingStore::new(One(b"content"), 0);
        assert_eq!(use_it(&counting).unwrap(), "content");
        let calls = counting.calls();
        assert!(calls >= 3);
        for n in 1..=calls {
            let error = use_it(&FailingStore::new(One(b"content"), n)).unwrap_err();
            assert!(error.to_string().contains(&format!("told to fail at call {n}")), "{error}");
        }
        assert!(use_it(&FailingStore::new(One(b"content"), calls + 1)).is_ok());
    }
}
