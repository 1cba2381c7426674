//! What is to be validated, and how a bare path is recognised.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use ocidian_image_layout::{LayoutFiles, open};
use ocidian_layer::compress::{self, Decoder};
use ocidian_layer::tar::{Limits, Reader};
use ocidian_spec::{Compression, ImageSource, Selector};
use rustix::fs::{Mode, OFlags};

use crate::documents::Type;
use crate::error::{Error, Result};

/// What is to be validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Images: a layout, an archive of any form, skopeo's flat directory; all of it or one image.
    Images(ImageSource),
    /// One document in a file.
    Document(PathBuf, Type),
    /// One layer in a file.
    Layer(PathBuf),
    /// A runtime bundle.
    Bundle(PathBuf),
}

/// Entries of a tar that are looked at to find out whether it is an archive of images.
const LOOKED_AT: usize = 10_000;

impl Target {
    /// What a person meant by a word: a bundle, a layer, or, where it is neither, images. To tell an archive from a layer it
    /// is decompressed, to `max_bytes` at most.
    ///
    /// # Errors
    /// [`Error::Target`] for what has to be told apart by the person, [`Error::Io`] for what cannot be looked at.
    pub fn recognise(source: ImageSource, max_bytes: Option<u64>) -> Result<Self> {
        let ImageSource::Bare(text) = &source else { return Ok(Self::Images(source)) };
        let path = Path::new(text);
        if path.is_dir() {
            // skopeo's flat directory and a layout have no config.json, and a bundle has nothing that those have.
            let bundle =
                path.join("config.json").exists() && !LayoutFiles::of_directory(path)?.looks_like_a_layout();
            return Ok(if bundle { Self::Bundle(path.to_owned()) } else { Self::Images(source) });
        }
        // A device or a pipe; a damaged archive is a finding, but this is none.
        if text != "-" && path.exists() && !path.is_file() {
            regular(path)?;
        }
        if path.is_file() && text != "-" {
            Self::file(path, &source, max_bytes)
        } else {
            Ok(Self::Images(source))
        }
    }

    /// A file: an archive of images if it names what such archives have, else a layer if it is a tar at all.
    fn file(path: &Path, source: &ImageSource, max_bytes: Option<u64>) -> Result<Self> {
        let error = |e| Error::io(|| format!("open {}", path.display()), e);
        let mut start = Vec::new();
        regular(path)?.take(512).read_to_end(&mut start).map_err(error)?;
        let compression = compress::sniff(&start);
        let is_tar = start.get(257..262) == Some(b"ustar");
        if start.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{') && !is_tar {
            let reason = "it looks like JSON: say which document with --as manifest, index, config, descriptor or layout";
            return Err(Error::Target { target: path.display().to_string(), reason: reason.to_owned() });
        }
        if compression == Compression::None && !is_tar {
            // A damaged archive, perhaps: what reads archives says so.
            return Ok(Self::Images(source.clone()));
        }
        let file = BufReader::with_capacity(256 << 10, regular(path)?);
        let Ok(decoder) = Decoder::new(file, compression) else { return Ok(Self::Layer(path.to_owned())) };
        let mut reader = Reader::new(BufReader::new(decoder), Limits { max_bytes, ..Limits::default() });
        for _ in 0..LOOKED_AT {
            match reader.next_entry() {
                Ok(Some(entry)) => {
                    let name = entry.path.strip_prefix(b"./").unwrap_or(&entry.path);
                    if matches!(name, b"oci-layout" | b"index.json" | b"manifest.json")
                        || name.starts_with(b"blobs/sha256/")
                    {
                        return Ok(Self::Images(source.clone()));
                    }
                }
                Ok(None) | Err(_) => break,
            }
        }
        Ok(Self::Layer(path.to_owned()))
    }
}

/// Opens a file that a person named, if it is a regular one; never waits for a FIFO.
pub(crate) fn regular(path: &Path) -> Result<File> {
    let error = |e| Error::io(|| format!("open {}", path.display()), e);
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file =
        rustix::fs::open(path, flags, Mode::empty()).map(File::from).map_err(|errno| error(errno.into()))?;
    if file.metadata().map_err(error)?.is_file() {
        return Ok(file);
    }
    Err(Error::Target { target: path.display().to_string(), reason: "it is not a regular file".to_owned() })
}

/// The path and the image that a source of a layout names; `None` for other forms.
pub(crate) fn layout_of(source: &ImageSource) -> Result<Option<Layout>> {
    let (path, select, form) = match source {
        ImageSource::Oci { path, select } => (path.clone(), select.clone(), Some(true)),
        ImageSource::OciArchive { path, select } => (path.clone(), select.clone(), Some(false)),
        ImageSource::Bare(text) => {
            let (path, select) = open::split_bare(text)?;
            (path, select, None)
        }
        _ => return Ok(None),
    };
    let is_directory = path.is_dir();
    if let Some(directory) = form
        && directory != is_directory
        && path != Path::new("-")
        && path.exists()
    {
        let reason = match directory {
            true => "it is a file, not a layout directory; oci-archive: reads those",
            false => "it is a directory, not an archive; oci: reads those",
        };
        return Err(Error::Target { target: path.display().to_string(), reason: reason.to_owned() });
    }
    Ok(Some(Layout { path, select, is_directory, bare: form.is_none() }))
}

/// Where a layout is, or may be.
pub(crate) struct Layout {
    pub(crate) path: PathBuf,
    pub(crate) select: Selector,
    pub(crate) is_directory: bool,
    /// Whether nothing says that it is a layout.
    pub(crate) bare: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_of_a_file_is_looked_at_than_it_may_decompress_to() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file.tar");
        let mut tar = tar::Builder::new(File::create(&path).unwrap());
        for (name, size) in [("large", 10_000), ("oci-layout", 2)] {
            let mut header = tar::Header::new_ustar();
            header.set_size(size);
            tar.append_data(&mut header, name, std::io::repeat(b'{').take(size)).unwrap();
        }
        tar.into_inner().unwrap();
        let source = || ImageSource::Bare(path.display().to_string());
        let recognised = |max_bytes| Target::recognise(source(), max_bytes).unwrap();
        assert_eq!(recognised(None), Target::Images(source()));
        assert_eq!(recognised(Some(20_000)), Target::Images(source()));
        assert_eq!(recognised(Some(4096)), Target::Layer(path.clone()));
    }
}
