//! The bytes of a lower layer's file into its copy: what is a hole stays one.
//!
//! A copy has no tar bytes behind it, so a few bytes of archive (a hard link) can ask for gigabytes.
//! What is written counts against the caller's limit before it is written, and goes in pieces between
//! which the caller can stop it.

use ocidian_content::Cancel;
use rustix::fd::OwnedFd;
use rustix::fs::{SeekFrom, copy_file_range, ftruncate, seek};
use rustix::io::{Errno, pread, pwrite};

use crate::error::{Failure, Tried};

/// How much the kernel is asked to copy at once.
const PIECE: usize = 64 << 20;
/// How much is copied at once where the kernel cannot.
const BUFFER: usize = 1 << 20;

/// What a copy may take, and whether to go on with it.
#[derive(Debug)]
pub(super) struct Allowance<'a> {
    pub(super) cancel: &'a Cancel,
    /// Bytes written so far that no tar bytes stand for.
    pub(super) taken: &'a mut u64,
    /// As many as there may be.
    pub(super) max: Option<u64>,
}

impl Allowance<'_> {
    fn take(&mut self, bytes: u64) -> Result<(), Failure> {
        *self.taken = self.taken.saturating_add(bytes);
        match self.max {
            Some(max) if *self.taken > max => Err(Failure::Refused(format!(
                "with the copy of a lower layer's file that it links to, the image has more than {max} bytes (--max-bytes)"
            ))),
            _ => Ok(()),
        }
    }

    fn go_on(&self) -> Result<(), Failure> {
        if self.cancel.is_cancelled() { Err(Failure::Cancelled) } else { Ok(()) }
    }
}

/// Copies the first `size` bytes, which are all there are, into an empty file.
pub(super) fn copy_content(
    source: &OwnedFd,
    copy: &OwnedFd,
    size: u64,
    allowance: &mut Allowance<'_>,
) -> Result<(), Failure> {
    copy_extents(source, copy, size, allowance, &mut Means::Kernel)
}

/// How bytes are copied: by the kernel, until it says that it cannot.
enum Means {
    Kernel,
    Buffer(Vec<u8>),
}

fn copy_extents(
    source: &OwnedFd,
    copy: &OwnedFd,
    size: u64,
    allowance: &mut Allowance<'_>,
    means: &mut Means,
) -> Result<(), Failure> {
    ftruncate(copy, size).tried("cannot set the size of a copy")?;
    let mut at = 0;
    while let Some((from, to)) = next_extent(source, at, size)? {
        allowance.take(to - from)?;
        at = from;
        while at < to {
            allowance.go_on()?;
            at += copy_piece(source, copy, at, to - at, means)?;
        }
    }
    Ok(())
}

/// The next stretch of data, from `at` on. A file system that tells no holes has one stretch.
fn next_extent(source: &OwnedFd, at: u64, size: u64) -> Result<Option<(u64, u64)>, Failure> {
    if at >= size {
        return Ok(None);
    }
    let from = match seek(source, SeekFrom::Data(at)) {
        Ok(from) => from.max(at),
        Err(Errno::NXIO) => return Ok(None),
        Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Some((at, size))),
        Err(errno) => return Err(Failure::System { what: "cannot look for data in a lower file", errno }),
    };
    if from >= size {
        return Ok(None);
    }
    let to = seek(source, SeekFrom::Hole(from)).tried("cannot look for holes in a lower file")?;
    Ok(Some((from, if to > from { to.min(size) } else { size })))
}

/// Copies some of the `len` bytes at `at`; how many, at least one.
fn copy_piece(
    source: &OwnedFd,
    copy: &OwnedFd,
    at: u64,
    len: u64,
    means: &mut Means,
) -> Result<u64, Failure> {
    loop {
        match means {
            Means::Kernel => {
                let len = usize::try_from(len).unwrap_or(PIECE).min(PIECE);
                let (mut from, mut to) = (at, at);
                match copy_file_range(source, Some(&mut from), copy, Some(&mut to), len) {
                    // Some file systems say "nothing" where they mean "cannot".
                    Ok(0) | Err(Errno::XDEV | Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => {
                        *means = Means::Buffer(vec![0; BUFFER]);
                    }
                    Ok(n) => return Ok(n as u64),
                    Err(Errno::INTR) => {}
                    Err(errno) => return Err(Failure::System { what: "cannot copy a lower file", errno }),
                }
            }
            Means::Buffer(buffer) => {
                let len = usize::try_from(len).unwrap_or(BUFFER).min(BUFFER);
                return copy_buffer(source, copy, at, &mut buffer[..len]);
            }
        }
    }
}

fn copy_buffer(source: &OwnedFd, copy: &OwnedFd, at: u64, buffer: &mut [u8]) -> Result<u64, Failure> {
    let some = |result: Result<usize, Errno>, what| match result {
        Ok(0) => Err(Failure::System { what, errno: Errno::IO }),
        done => done.tried(what),
    };
    let read = rustix::io::retry_on_intr(|| pread(source, &mut *buffer, at));
    let read = some(read, "cannot read a lower file")?;
    let written = rustix::io::retry_on_intr(|| pwrite(copy, &buffer[..read], at));
    // What was not written is read again.
    Ok(some(written, "cannot write a copy")? as u64)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests' own directories")]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::{FileExt, MetadataExt};

    use super::*;

    const HOLE: u64 = 256 << 20;

    /// Data at the start, in the middle, and a hole at the end.
    fn sparse() -> (tempfile::TempDir, OwnedFd, u64) {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("source");
        let file = File::create(&path).unwrap();
        file.write_all_at(b"start", 0).unwrap();
        file.write_all_at(&[7; 3 * BUFFER / 2], HOLE / 2).unwrap();
        file.set_len(HOLE).unwrap();
        (temp, File::open(path).unwrap().into(), HOLE)
    }

    fn means() -> [Means; 2] {
        [Means::Kernel, Means::Buffer(vec![0; BUFFER])]
    }

    #[test]
    fn holes_stay_holes_and_count_for_nothing() {
        let (temp, source, size) = sparse();
        let path = temp.path().join("copy");
        for mut means in means() {
            let copy: OwnedFd = File::create(&path).unwrap().into();
            let (cancel, mut taken) = (Cancel::new(), 0);
            let mut allowance = Allowance { cancel: &cancel, taken: &mut taken, max: Some(HOLE / 8) };
            copy_extents(&source, &copy, size, &mut allowance, &mut means).unwrap();

            let (metadata, read) = (fs::metadata(&path).unwrap(), File::open(&path).unwrap());
            assert_eq!(metadata.len(), size);
            assert!(metadata.blocks() * 512 < HOLE / 8, "{} blocks", metadata.blocks());
            assert!(taken >= 5 + 3 * BUFFER as u64 / 2, "{taken}");
            let mut found = vec![0; 3 * BUFFER / 2 + 2];
            read.read_exact_at(&mut found, HOLE / 2 - 1).unwrap();
            assert_eq!((found[0], found[3 * BUFFER / 2 + 1]), (0, 0));
            assert!(found[1..=3 * BUFFER / 2].iter().all(|byte| *byte == 7));
            read.read_exact_at(&mut found[..6], 0).unwrap();
            assert_eq!(&found[..6], b"start\0");
        }
    }

    #[test]
    fn a_copy_over_the_limit_is_refused_and_a_cancelled_one_ends() {
        let (temp, source, size) = sparse();
        let path = temp.path().join("copy");
        for mut means in means() {
            let copy: OwnedFd = File::create(&path).unwrap().into();
            let (cancel, mut taken) = (Cancel::new(), 90);
            let mut allowance = Allowance { cancel: &cancel, taken: &mut taken, max: Some(94) };
            let error = copy_extents(&source, &copy, size, &mut allowance, &mut means).unwrap_err();
            assert!(error.to_string().contains("--max-bytes"), "{error}");
            assert_eq!(fs::metadata(&path).unwrap().blocks(), 0);

            cancel.cancel();
            let mut allowance = Allowance { cancel: &cancel, taken: &mut taken, max: None };
            let error = copy_extents(&source, &copy, size, &mut allowance, &mut means).unwrap_err();
            assert!(matches!(error, Failure::Cancelled), "{error}");
        }
    }

    #[test]
    fn a_file_shorter_than_it_was_is_an_error_and_no_endless_loop() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("source");
        fs::write(&path, b"short").unwrap();
        let source: OwnedFd = File::open(&path).unwrap().into();
        let copy: OwnedFd = File::create(temp.path().join("copy")).unwrap().into();
        for mut means in means() {
            copy_piece(&source, &copy, 5, 1, &mut means).unwrap_err();
        }
    }
}
