//! Whether a copy would write into what it reads.
//!
//! Compared are the files themselves, not their names: a bind mount, a symlink and `x/../x` are the same place.
//! Within one layout a copy is another tag, and an archive is read to its end before it is replaced, so the same
//! place under the same form is fine there. Everything else would change, or remove, its own source.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ocidian_content::Result;
use ocidian_spec::ImageSource;

use crate::files::{io_error, store};

/// Refuses a destination that is inside the source, or the source itself where that cannot be. Bare words are told
/// apart by [`explicit`](crate::create::explicit) first.
pub fn refuse_overlap(source: &ImageSource, destination: &ImageSource) -> Result<()> {
    let (Some(from), Some(to)) = (place(source), place(destination)) else { return Ok(()) };
    let Some(source_id) = identity(from)? else { return Ok(()) };
    let said = |reason: &str| Err(store(to, reason));
    if identity(to)? == Some(source_id) {
        return match (source, destination) {
            (ImageSource::Oci { .. }, ImageSource::Oci { .. })
            | (ImageSource::OciArchive { .. }, ImageSource::OciArchive { .. })
            | (ImageSource::DockerArchive { .. }, ImageSource::DockerArchive { .. }) => Ok(()),
            _ => said("it is both what is read and what would be written; name another destination"),
        };
    }
    if is_below(to, source_id)? {
        return said(&format!(
            "it is inside what is read, {}; name a destination outside of it",
            from.display()
        ));
    }
    if let Some(to_id) = identity(to)?
        && is_below(from, to_id)?
        && matches!(destination, ImageSource::Dir { .. })
    {
        return said(&format!(
            "what is read, {}, is inside of it and would go; name another",
            from.display()
        ));
    }
    Ok(())
}

fn place(image: &ImageSource) -> Option<&Path> {
    match image {
        ImageSource::Oci { path, .. }
        | ImageSource::OciArchive { path, .. }
        | ImageSource::DockerArchive { path, .. }
        | ImageSource::Dir { path } => {
            Some(path).filter(|path| *path != Path::new("-")).map(PathBuf::as_path)
        }
        ImageSource::Bare(text) if text != "-" => Some(Path::new(text)),
        ImageSource::Registry(_) | ImageSource::Bare(_) => None,
    }
}

/// Device and inode; `None` where there is nothing.
fn identity(path: &Path) -> Result<Option<(u64, u64)>> {
    match path.metadata() {
        Ok(metadata) => Ok(Some((metadata.dev(), metadata.ino()))),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(io_error(path, "stat", e)),
    }
}

/// Whether one of the directories above is that one. Of a path that is not there yet, its parent has to be.
fn is_below(path: &Path, directory: (u64, u64)) -> Result<bool> {
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let above = match path.canonicalize() {
        Ok(real) => real.parent().map(Path::to_owned),
        Err(_) => parent.canonicalize().ok(), // what makes it will say that its parent is missing
    };
    for ancestor in above.iter().flat_map(|above| above.ancestors()) {
        if identity(ancestor)? == Some(directory) {
            return Ok(true);
        }
    }
    Ok(false)
}
