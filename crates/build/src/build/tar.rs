//! A tar as a layer: read as the changes that it makes, and passed on byte for byte.
//!
//! What cannot be unpacked is refused before it is in an image. What can is not written anew, so that the
//! diff_id of a tar is that tar's digest; only its compression is ours.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use ocidian_content::{Cancel, Event};
use ocidian_layer::tar::Limits;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

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

    fn open(&self, cancel: &Cancel) -> Result<Impatient> {
        let opened = match self {
            Self::File(path) => File::open(path).map_err(|source| (path.clone(), source)),
            Self::Stdin => {
                let stdin = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3);
                stdin.map(File::from).map_err(|errno| (PathBuf::from("standard input"), errno.into()))
            }
        };
        match opened {
            Ok(file) => Ok(Impatient { file, cancel: cancel.clone() }),
            Err((path, source)) => Err(Error::Io { path, what: "cannot open it", source }),
        }
    }
}

/// A file that may be a pipe, on which one does not wait longer than one is wanted.
struct Impatient {
    file: File,
    cancel: Cancel,
}

impl Read for Impatient {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let a_while = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        loop {
            if self.cancel.is_cancelled() {
                return Err(io::Error::other("interrupted"));
            }
            match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&a_while)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return self.file.read(out),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

/// Makes a layer of a tar, plain, gzip'd or zstd'd; the `index`th of `count` that are made.
///
/// # Errors
/// [`Error::Layer`] where it is no layer.
pub fn tar_layer(maker: &Maker<'_>, source: &TarSource, index: usize, count: usize) -> Result<MadeLayer> {
    let name = source.name();
    let input = source.open(maker.cancel)?;
    maker.progress.event(Event::Make { name: &name, index, count });
    let transform = Transform {
        compressor: Some(maker.compressor),
        threads: maker.threads,
        sink: maker.sink,
        progress: maker.progress,
        cancel: maker.cancel,
    };
    let made = transform.checked(input, &name, Limits::default(), maker.docker);
    // Whatever it failed of: reading was stopped by the same wish.
    let made = made.map_err(|error| if maker.cancel.is_cancelled() { Error::Cancelled } else { error })?;
    maker.progress.event(Event::End);
    Ok(made)
}
