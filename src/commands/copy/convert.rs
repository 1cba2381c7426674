//! `--compress` and `--manifest-type`: another image of what is copied.

use std::io;

use ocidian_build::convert::{self, Family};
use ocidian_content::{self as content, BlobSink, BlobSource, Cancel, Progress};
use ocidian_layer::compress::Threads;
use ocidian_spec::{Descriptor, RawDocument};

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

/// Converts what `root` stands for, as a copy asks for it.
pub(super) fn image(
    source: &dyn BlobSource,
    root: &Descriptor,
    sink: &dyn BlobSink,
    options: &convert::Options,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> content::Result<RawDocument> {
    convert::image(source, root, sink, options, progress, cancel).map_err(|error| match error {
        ocidian_build::Error::Content(error) => error,
        ocidian_build::Error::Cancelled => content::Error::Cancelled,
        other => content::Error::Io {
            context: format!("convert {}", root.digest),
            source: io::Error::other(other),
        },
    })
}
