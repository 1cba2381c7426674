//! A tar as a layer: read as the changes that it makes, and passed on byte for byte.
//!
//! What cannot be unpacked is refused before it is in an image. What can is not written anew, so that the
//! diff_id of a tar is that tar's digest; only its compression is ours.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use ocidian_content::Event;
use ocidian_layer::tar::Limits;

use super::{MadeLayer, Maker};
use crate::blob::Transform;
use crate::error::{Error, Result};

/// Where a tar is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TarSource {
    /// In a file, or a pipe.
    File(PathBuf),
    /// On standard input.
    Stdin,
}

impl TarSource {
    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".to_owned(),
        }
    }

    fn open(&self) -> Result<Box<dyn Read + Send>> {
        match self {
            Self::File(path) => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(source) => Err(Error::Io { path: path.clone(), what: "cannot open it", source }),
            },
            Self::Stdin => Ok(Box::new(io::stdin())),
        }
    }
}

/// Makes a layer of a tar, plain, gzip'd or zstd'd; the `index`th of `count` that are made.
///
/// # Errors
/// [`Error::Layer`] where it is no layer.
pub fn tar_layer(maker: &Maker<'_>, source: &TarSource, index: usize, count: usize) -> Result<MadeLayer> {
    let name = source.name();
    let input = source.open()?;
    maker.progress.event(Event::Make { name: &name, index, count });
    let transform = Transform {
        compressor: Some(maker.compressor),
        threads: maker.threads,
        sink: maker.sink,
        progress: maker.progress,
        cancel: maker.cancel,
    };
    let made = transform.checked(input, &name, Limits::default(), maker.docker)?;
    maker.progress.event(Event::End);
    Ok(made)
}
