//! Copies of images, from any store to any destination, bytes and digests kept.
//!
//! What a copy does is found out from documents alone, before a byte is written: what there is to bring over, each
//! (digest, role) once; what the source names without holding it, which is reported, and refused only where the
//! destination [demands](crate::Demands) it. Then blobs are brought over, several at a time, then documents, children
//! first, then the entries. What the destination has is not written again. Nothing shows there before it is finished, and
//! an error leaves it as it was.
//!
//! Only three things change a digest, and the [`Report`] tells each: platforms that were left out of an index, a conversion that
//! the caller brings, and the list under a fallback tag, where the destination has one too.

mod fallback;
mod mentioned;
mod options;
mod overlay;
mod plan;
mod planned;
pub mod platforms;
pub mod report;
pub mod roots;
mod subjects;
mod transfer;

use std::collections::HashSet;
use std::num::NonZeroUsize;

use ocidian_spec::{Digest, RawDocument, RefName};

use crate::document;
use crate::error::Result;
use crate::names::Seen;
use crate::progress::Event;
use crate::store::{BlobSource, Destination, Role, Store};
pub use options::{Convert, Options};
use plan::Plan;
use planned::Planned;
pub use platforms::Platforms;
use platforms::replaced;
pub use report::{Absent, Copied, Report, Why};
pub use roots::{Root, Target, listed, selected};
use transfer::{Task, Transfer};

/// Copies the roots and all that they lead to, and finishes the destination.
///
/// # Errors
/// [`Error::BlobNotFound`](crate::Error::BlobNotFound) where the only root, or what the destination demands, is absent; [`Error::PlatformNotFound`](crate::Error::PlatformNotFound);
/// what reading, verifying and writing give. The destination is then dropped, and is what it was.
pub fn copy(
    source: &dyn Store,
    roots: Vec<Root>,
    to: Box<dyn Destination + '_>,
    options: &Options<'_>,
) -> Result<Report> {
    let report = copy_into(source, roots, &*to, options)?;
    to.finish()?;
    Ok(report)
}

/// As [`copy()`], but leaves it to the caller to finish the destination, or to put more there first.
pub fn copy_into(
    source: &dyn Store,
    roots: Vec<Root>,
    to: &dyn Destination,
    options: &Options<'_>,
) -> Result<Report> {
    let plan = Plan::make(source, roots, to, options)?;
    let count = plan.blobs.len() + plan.documents.len();
    let bytes = |tasks: &[Task]| tasks.iter().map(|task| task.descriptor.size).fold(0, u64::saturating_add);
    let total = bytes(&plan.blobs).saturating_add(bytes(&plan.documents));
    options.progress.event(Event::Total { blobs: count, bytes: total });

    let transfer =
        Transfer { source: &plan.source, to, progress: options.progress, cancel: &options.cancel, count };
    let blobs = transfer.all(&plan.blobs, 0, options.threads)?;
    let documents = transfer.all(&plan.documents, plan.blobs.len(), NonZeroUsize::MIN)?;
    let mut report = Report {
        copied: blobs.copied.plus(documents.copied),
        adopted: blobs.adopted.plus(documents.adopted),
        absent: plan.absent,
        notes: plan.notes,
        roots: Vec::with_capacity(plan.roots.len()),
    };
    let mut seen = Seen::default();
    // One document may be put under several names, and be part of another one too.
    let mut counted: HashSet<Digest> =
        plan.documents.iter().map(|task| task.descriptor.digest.clone()).collect();
    for root in plan.roots {
        options.cancel.check()?;
        let (put, there) = put(root, &plan.source, to, options, &mut seen)?;
        if counted.insert(put.descriptor.digest.clone()) {
            if there { &mut report.adopted } else { &mut report.copied }.add(put.descriptor.size);
        }
        report.roots.push(put);
    }
    Ok(report)
}

/// Puts an entry, converted where that was asked for; whether its document was there.
fn put(
    root: Planned,
    source: &dyn BlobSource,
    to: &dyn Destination,
    options: &Options<'_>,
    seen: &mut Seen,
) -> Result<(Copied, bool)> {
    let document = match options.convert.filter(|_| root.is_converted(options)) {
        Some(convert) => {
            let made = convert(source, &root.descriptor, to)?;
            let descriptor = replaced(&root.descriptor, made.descriptor());
            RawDocument::verify(made.bytes().to_vec(), descriptor)?
        }
        None => document::raw(source, Role::Manifest, &root.descriptor)?,
    };
    let descriptor = document.descriptor().clone();
    let there = to.adopt(Role::Manifest, &descriptor, source)?;
    let mut name: Option<RefName> = root.name();
    if to.demands().single {
        name = None;
    }
    match root.target {
        Target::Name { when, .. } => to.put(name.as_ref(), &document, when)?,
        Target::AsListed if to.demands().single => to.put(None, &document, crate::When::Any)?,
        Target::AsListed => to.put_entry(&document, seen.meet(&descriptor))?,
    }
    let Planned { source, why, kept, left_out, .. } = root;
    Ok((Copied { name, why, source, descriptor, kept, left_out }, there))
}
