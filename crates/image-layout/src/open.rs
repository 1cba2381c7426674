//! From what a person typed to a store: by the prefix, or, for a bare word, by looking.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ocidian_content::{Error, Result, Store};
use ocidian_spec::{Digest, ImageSource, Selector};

use crate::archive::Archive;
use crate::docker_archive::MANIFEST_JSON;
use crate::documents::OCI_LAYOUT;
use crate::files::{io_error, store};
use crate::spool::STDIN;
use crate::{DockerArchive, FlatDir, LayoutDir, OciArchive, Options, flat_dir};

/// A store and which of its images is meant.
pub struct Opened {
    /// The store.
    pub store: Box<dyn Store>,
    /// The image.
    pub selector: Selector,
    /// What the store is.
    pub kind: StoreKind,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened")
            .field("store", &self.store.name())
            .field("selector", &self.selector)
            .field("kind", &self.kind)
            .finish()
    }
}

/// The kinds of store that this crate reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreKind {
    /// An image layout in a directory.
    LayoutDir,
    /// An image layout in a tar.
    OciArchive,
    /// What `docker save` writes.
    DockerArchive,
    /// skopeo's flat directory.
    FlatDir,
}

/// Opens the store that `source` names.
pub fn open(source: &ImageSource) -> Result<Opened> {
    open_with(source, &Options::default())
}

/// As [`open`], with limits.
pub fn open_with(source: &ImageSource, options: &Options) -> Result<Opened> {
    match source {
        ImageSource::Oci { path, select } => {
            if path.is_file() {
                return Err(store(path, "it is a file, not a layout directory; oci-archive: reads those"));
            }
            let layout =
                LayoutDir::open(path).map_err(|error| malformed_digest(path, select).unwrap_or(error))?;
            Ok(opened(layout, select, StoreKind::LayoutDir))
        }
        ImageSource::OciArchive { path, select } => {
            if path.is_dir() {
                return Err(store(path, "it is a directory, not an archive; oci: reads those"));
            }
            Ok(opened(OciArchive::open(path, options)?, select, StoreKind::OciArchive))
        }
        ImageSource::DockerArchive { path, select } => {
            Ok(opened(DockerArchive::open(path, options)?, select, StoreKind::DockerArchive))
        }
        ImageSource::Dir { path } => Ok(opened(FlatDir::open(path)?, &Selector::Sole, StoreKind::FlatDir)),
        ImageSource::Registry(reference) => Err(Error::Store {
            store: format!("docker://{}/{}", reference.registry, reference.repository),
            reason: "registries are not supported yet; save the image to an archive or a layout first"
                .to_owned(),
        }),
        ImageSource::Bare(text) => {
            let (path, selector) = split_bare(text)?;
            look(&path, &selector, options)
        }
    }
}

/// `@` counts only before a digest that parses; what was meant as one and is none became a part of the path.
fn malformed_digest(path: &Path, select: &Selector) -> Option<Error> {
    let Selector::Name(encoded) = select else { return None };
    let (layout, algorithm) = path.to_str()?.rsplit_once('@')?;
    let meant = Path::new(layout).is_dir() && path.symlink_metadata().is_err();
    let reason = format!("@{algorithm}:{encoded} is no digest, such as @sha256: and 64 hex digits");
    meant.then(|| Error::Store { store: layout.to_owned(), reason })
}

fn opened(store: impl Store + 'static, selector: &Selector, kind: StoreKind) -> Opened {
    Opened { store: Box::new(store), selector: selector.clone(), kind }
}

/// A bare word as a path and a selector. A path that exists as it was typed is that path, whatever colons it
/// has; otherwise it ends where one with a prefix would: at the first colon, or at an `@` before a digest.
pub fn split_bare(text: &str) -> Result<(PathBuf, Selector)> {
    if text == STDIN || Path::new(text).symlink_metadata().is_ok() {
        return Ok((PathBuf::from(text), Selector::Sole));
    }
    if let Some((path, digest)) = text.split_once('@')
        && let Ok(digest) = digest.parse::<Digest>()
        && is_path(path)
    {
        return Ok((PathBuf::from(path), Selector::Digest(digest)));
    }
    if let Some((path, tag)) = text.split_once(':')
        && is_path(path)
    {
        return Ok((PathBuf::from(path), Selector::Name(tag.parse()?)));
    }
    if is_path(text) {
        return Ok((PathBuf::from(text), Selector::Sole));
    }
    Err(Error::Io {
        context: format!("open {text} (as a registry's reference it cannot be read yet)"),
        source: std::io::Error::from_raw_os_error(rustix::io::Errno::NOENT.raw_os_error()),
    })
}

fn is_path(text: &str) -> bool {
    text.starts_with(['.', '/']) || (!text.is_empty() && Path::new(text).symlink_metadata().is_ok())
}

/// Finds out what is there.
fn look(path: &Path, selector: &Selector, options: &Options) -> Result<Opened> {
    if path.is_dir() {
        return Ok(match kind_of_directory(path) {
            StoreKind::FlatDir => opened(FlatDir::open(path)?, selector, StoreKind::FlatDir),
            _ => opened(LayoutDir::open(path)?, selector, StoreKind::LayoutDir),
        });
    }
    if path != Path::new(STDIN) {
        path.metadata().map_err(|e| io_error(path, "open", e))?;
    }
    let archive = Archive::open(path, options)?;
    Ok(match kind_of_archive(&archive, path)? {
        StoreKind::OciArchive => opened(OciArchive::of(Arc::new(archive))?, selector, StoreKind::OciArchive),
        _ => opened(DockerArchive::of(archive)?, selector, StoreKind::DockerArchive),
    })
}

fn kind_of_directory(path: &Path) -> StoreKind {
    let flat = !path.join(OCI_LAYOUT).exists() && path.join(flat_dir::VERSION).is_file();
    if flat { StoreKind::FlatDir } else { StoreKind::LayoutDir }
}

fn kind_of_archive(archive: &Archive, path: &Path) -> Result<StoreKind> {
    if archive.has(OCI_LAYOUT) {
        return Ok(StoreKind::OciArchive);
    }
    if archive.has(MANIFEST_JSON) {
        return Ok(StoreKind::DockerArchive);
    }
    Err(store(
        path,
        format!("it has neither {OCI_LAYOUT} nor {MANIFEST_JSON}, so it is no archive of images"),
    ))
}

/// What is there, to be added to. An archive that is both a layout and Docker's is written as Docker's, which keeps
/// both lists.
pub(crate) fn look_at(path: &Path, options: &Options) -> Result<StoreKind> {
    if path.is_dir() {
        return Ok(kind_of_directory(path));
    }
    let archive = Archive::open(path, options)?;
    if archive.has(MANIFEST_JSON) { Ok(StoreKind::DockerArchive) } else { kind_of_archive(&archive, path) }
}
