//! `--compress` and `--manifest-type`: another image of what is copied.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ocidian_build::convert::{self, Family};
use ocidian_content::copy::Report;
use ocidian_content::tally::Tally;
use ocidian_content::{self as content, BlobSink, BlobSource, BlobWrite, Cancel, Expect, Progress, Role};
use ocidian_layer::compress::Threads;
use ocidian_spec::{Descriptor, Digest, RawDocument};

use crate::cli::{CopyArgs, ManifestType};

/// What is to be converted, if anything is.
pub(super) fn options(args: &CopyArgs, complete: bool) -> Option<convert::Options> {
    let family = args.manifest_type.map(|family| match family {
        ManifestType::Oci => Family::Oci,
        ManifestType::Docker => Family::Docker,
    });
    let asked = args.compress.is_some() || family.is_some();
    let threads = args.jobs.map_or_else(Threads::available, |jobs| Threads::new(jobs.get()));
    asked.then_some(convert::Options { compressor: args.compress, family, threads, complete })
}

/// Converts what `root` stands for, as a copy asks for it; what that wrote is added to `wrote`.
pub(super) fn image(
    source: &dyn BlobSource,
    root: &Descriptor,
    sink: &dyn BlobSink,
    options: &convert::Options,
    (progress, cancel): (&dyn Progress, &Cancel),
    wrote: &Arc<Mutex<Wrote>>,
) -> content::Result<RawDocument> {
    let counted = Counted { sink, wrote };
    let made = convert::image(source, root, &counted, options, progress, cancel).map_err(|error| {
        let context = || format!("convert {}", root.digest);
        match error {
            ocidian_build::Error::Content(error) => error,
            ocidian_build::Error::Cancelled => content::Error::Cancelled,
            other => content::Error::Io { context: context(), source: io::Error::other(other) },
        }
    })?;
    lock(wrote).roots.add(made.descriptor().size);
    Ok(made)
}

/// What conversions wrote, which a copy cannot know.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wrote {
    copied: Tally,
    present: Tally,
    /// The new root documents, which the copy then finds at the destination.
    roots: Tally,
}

impl Wrote {
    /// What it is by now.
    pub(super) fn of(shared: &Mutex<Self>) -> Self {
        *lock(shared)
    }

    /// Corrects what a copy says of itself.
    pub(super) fn add_to(self, report: &mut Report) {
        report.copied = report.copied.plus(self.copied);
        let present = report.adopted.plus(self.present);
        report.adopted = Tally {
            blobs: present.blobs.saturating_sub(self.roots.blobs),
            bytes: present.bytes.saturating_sub(self.roots.bytes),
        };
    }
}

fn lock(wrote: &Mutex<Wrote>) -> MutexGuard<'_, Wrote> {
    wrote.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A sink whose blobs are counted.
struct Counted<'a> {
    sink: &'a dyn BlobSink,
    wrote: &'a Arc<Mutex<Wrote>>,
}

impl BlobSink for Counted<'_> {
    fn begin(&self, role: Role, expect: Expect) -> content::Result<Box<dyn BlobWrite>> {
        let blob = self.sink.begin(role, expect)?;
        Ok(Box::new(CountedBlob { blob, wrote: Arc::clone(self.wrote) }))
    }

    fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> content::Result<bool> {
        let adopted = self.sink.adopt(role, descriptor, from)?;
        if adopted {
            lock(self.wrote).present.add(descriptor.size);
        }
        Ok(adopted)
    }

    fn finish(self: Box<Self>) -> content::Result<()> {
        Ok(()) // the sink is the copy's to finish
    }
}

struct CountedBlob {
    blob: Box<dyn BlobWrite>,
    wrote: Arc<Mutex<Wrote>>,
}

impl Write for CountedBlob {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.blob.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.blob.flush()
    }
}

impl BlobWrite for CountedBlob {
    fn written(&self) -> u64 {
        self.blob.written()
    }

    fn commit(self: Box<Self>, expected: Option<&Digest>) -> content::Result<Descriptor> {
        let descriptor = self.blob.commit(expected)?;
        lock(&self.wrote).copied.add(descriptor.size);
        Ok(descriptor)
    }
}
