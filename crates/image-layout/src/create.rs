//! From what a person typed to a place that images can be written to: the twin of [`open`](crate::open()).
//!
//! Whatever the form, what was there before is there until `finish`, and nothing is left by a destination that is
//! dropped without.

use std::path::Path;

use ocidian_content::{Cancel, Destination, Error, Result};
use ocidian_spec::ImageSource;

use crate::files::store;
use crate::open::{look_at, split_bare};
use crate::{DockerArchiveWriter, FlatDirWriter, LayoutWriter, OciArchiveWriter, Options, StoreKind};

/// How a destination is written.
#[derive(Debug, Clone, Default)]
pub struct CreateOptions {
    /// Hard link blobs of the same file system instead of copying them. Whoever changes the one file changes the
    /// other, so it is for layouts that nobody writes to in place. (Storage is shared without asking where the
    /// file system can do so safely.)
    pub link: bool,
    /// Write a `docker-archive:` in the old form, of uncompressed layers.
    pub uncompressed: bool,
    /// Most bytes of an archive that is added to.
    pub max_bytes: Option<u64>,
    /// Stops what takes long where no blob is being copied: `finish` of an archive, hashing what is taken over.
    pub cancel: Cancel,
}

/// Makes the destination that `source` names, where there is nothing yet, or opens what is there to add to it.
pub fn create(source: &ImageSource, options: &CreateOptions) -> Result<Box<dyn Destination>> {
    Ok(match explicit(source, options.max_bytes)? {
        ImageSource::Oci { path, .. } => Box::new(create_layout(&path, options)?),
        ImageSource::OciArchive { path, .. } => Box::new(OciArchiveWriter::create(&path, options)?),
        ImageSource::Dir { path } => Box::new(FlatDirWriter::create(&path, options)?),
        ImageSource::DockerArchive { path, .. } => Box::new(DockerArchiveWriter::create(&path, options)?),
        other => {
            let reason = "registries are not supported yet; name a layout, an archive or a directory";
            return Err(Error::Store { store: other.to_string(), reason: reason.to_owned() });
        }
    })
}

fn create_layout(path: &Path, options: &CreateOptions) -> Result<LayoutWriter> {
    if path.is_file() {
        return Err(store(path, "it is a file, not a layout directory; oci-archive: writes those"));
    }
    LayoutWriter::create(path, options)
}

/// What a bare word stands for, found out by looking; anything else is what it says. A word where nothing is says
/// nothing of the form that is to be made, so it is an error.
pub fn explicit(source: &ImageSource, max_bytes: Option<u64>) -> Result<ImageSource> {
    let ImageSource::Bare(text) = source else { return Ok(source.clone()) };
    let unknown = || Error::Store {
        store: text.clone(),
        reason: format!(
            "there is nothing yet, so say what to make: oci:{text}, oci-archive:{text}, docker-archive:{text} or \
             dir:{text}"
        ),
    };
    let Ok((path, select)) = split_bare(text) else { return Err(unknown()) };
    if path == Path::new("-") || path.symlink_metadata().is_err() {
        return Err(unknown());
    }
    Ok(match look_at(&path, &Options { max_bytes })? {
        StoreKind::LayoutDir => ImageSource::Oci { path, select },
        StoreKind::OciArchive => ImageSource::OciArchive { path, select },
        StoreKind::DockerArchive => ImageSource::DockerArchive { path, select },
        StoreKind::FlatDir => ImageSource::Dir { path },
    })
}
