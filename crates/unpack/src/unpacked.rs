//! A bundle that was unpacked, opened again: what it remembers, and the tree as it is now.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};

use crate::baseline::{BaselineReader, BaselineWriter};
use crate::error::{Error, Failure, Result, Tried};
use crate::host::{BASELINE_MODE, PendingFile, write_file};
use crate::image::Image;
use crate::state::{BASELINE_NAME, BundleState, FILE_NAME};
use crate::tree::LISTING;

/// As much as the state of a bundle may take: manifest and config are in it.
const STATE_MOST: u64 = 64 << 20;
const BUFFER: usize = 64 << 10;

/// A bundle that was unpacked.
#[derive(Debug)]
pub struct UnpackedBundle {
    path: PathBuf,
    dir: OwnedFd,
    state: BundleState,
}

impl UnpackedBundle {
    /// Opens the bundle at `path`.
    ///
    /// # Errors
    /// [`Error::Target`] where it is none of ours, or its state cannot be used.
    pub fn open(path: &Path) -> Result<Self> {
        let at = |source| Error::Target { path: path.to_owned(), source };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = openat(CWD, path, flags, Mode::empty()).tried("cannot open the bundle").map_err(at)?;
        let state = read_state(&dir).and_then(|text| BundleState::parse(&text)).map_err(at)?;
        Ok(Self { path: path.to_owned(), dir, state })
    }

    /// What it remembers.
    pub fn state(&self) -> &BundleState {
        &self.state
    }

    /// Where its root file system is, as messages call it.
    pub fn rootfs_path(&self) -> PathBuf {
        self.path.join("rootfs")
    }

    /// Its root file system.
    pub fn rootfs(&self) -> Result<OwnedFd> {
        let opened = openat(&self.dir, "rootfs", LISTING, Mode::empty());
        opened.tried("cannot open rootfs").map_err(|source| self.error(source))
    }

    /// What the tree was when it was unpacked.
    pub fn baseline(&self) -> Result<BaselineReader<BufReader<File>>> {
        let file = regular(&self.dir, BASELINE_NAME).map_err(|source| self.error(source))?;
        BaselineReader::new(BufReader::with_capacity(BUFFER, file)).map_err(|error| self.damaged(&error))
    }

    /// An error of reading the baseline.
    pub fn damaged(&self, error: &std::io::Error) -> Error {
        let reason = match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "it is cut off".to_owned(),
            _ => error.to_string(),
        };
        self.error(Failure::Refused(format!("cannot use {BASELINE_NAME}: {reason}; unpack the image again")))
    }

    /// Begins a baseline of the tree as it is now, which replaces the old one when it is published.
    pub fn renew(&self) -> Result<Renewal> {
        let begin = || {
            let name = std::ffi::OsStr::new(BASELINE_NAME);
            let file = PendingFile::beside(crate::host::dup(self.dir.as_fd())?, name)?;
            let quiet = file.next_tick()?;
            let writer = BufWriter::with_capacity(BUFFER, file.writer()?);
            let writer = BaselineWriter::new(writer, Some(quiet)).map_err(|error| unwritten(&error))?;
            Ok(Renewal { writer, file })
        };
        begin().map_err(|source| self.error(source))
    }

    /// Makes the bundle one of `image`, which the caller calls `source`, with the tree that `renewal` was made of.
    ///
    /// The state goes first. Stopped between the two, the bundle has changes that the image has already; the other
    /// way round it would lack some that the image has not.
    pub fn publish(&self, renewal: Renewal, source: &str, image: Image<'_>) -> Result<()> {
        let publish = || {
            let Renewal { writer, file } = renewal;
            drop(writer.finish().map_err(|error| unwritten(&error))?);
            file.settle(BASELINE_MODE)?;
            write_file(self.dir.as_fd(), FILE_NAME, &self.state.of_image(source, image)?, 0o644)?;
            file.publish()
        };
        publish().map_err(|source| self.error(source))
    }

    fn error(&self, source: Failure) -> Error {
        Error::Target { path: self.path.clone(), source }
    }
}

/// A baseline in the making.
#[derive(Debug)]
pub struct Renewal {
    writer: BaselineWriter<BufWriter<File>>,
    file: PendingFile,
}

impl Renewal {
    /// Where entries are added, in the order of a walk.
    pub fn writer(&mut self) -> &mut BaselineWriter<BufWriter<File>> {
        &mut self.writer
    }
}

fn unwritten(error: &std::io::Error) -> Failure {
    Failure::Refused(format!("cannot write {BASELINE_NAME}: {error}"))
}

fn read_state(dir: &OwnedFd) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let read = regular(dir, FILE_NAME)?.take(STATE_MOST + 1).read_to_end(&mut text);
    read.map_err(|error| Failure::Refused(format!("cannot read {FILE_NAME}: {error}")))?;
    if text.len() as u64 > STATE_MOST {
        return Err(Failure::Refused(format!("{FILE_NAME} is longer than {STATE_MOST} bytes")));
    }
    Ok(text)
}

/// Opens a regular file of the bundle; nothing else holds us up.
fn regular(dir: &OwnedFd, name: &str) -> Result<File, Failure> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(dir, name, flags, Mode::empty()).map_err(|errno| match errno {
        rustix::io::Errno::NOENT => {
            Failure::Refused(format!("it has no {name}, so it is no bundle that this version unpacked"))
        }
        errno => Failure::System { what: "cannot open what the bundle remembers", errno },
    })?;
    let stat = fstat(&file).tried("cannot look at what the bundle remembers")?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Failure::Refused(format!("{name} is no regular file")));
    }
    Ok(File::from(file))
}
