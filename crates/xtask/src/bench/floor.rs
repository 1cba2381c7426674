//! What unpacking cannot do without, each half alone: inflating with both hashes, and creating the files.
//!
//! As little as there can be: one thread, one loop, the libraries that Ocidian uses, nothing checked. What an unpacker
//! takes beyond the sum of both is its own.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use flate2::bufread::MultiGzDecoder;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, UtimensatFlags, futimens, mkdirat, umask, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, LinkatFlags, Uid, UnlinkatFlags, fchown, linkat, symlinkat, unlinkat};
use ring::digest::{Context, SHA256};

/// Bytes that are moved at a time.
const CHUNK: usize = 128 << 10;

#[derive(Subcommand)]
pub(crate) enum Part {
    /// Inflate layers; hash what they are and what they hold
    Inflate { layers: Vec<PathBuf> },
    /// Create what a list says
    Create { list: PathBuf, directory: PathBuf },
}

pub(crate) fn run(part: &Part) -> Result<()> {
    match part {
        Part::Inflate { layers } => {
            for layer in layers {
                let (blob, content) = inflate(layer)?;
                println!("{blob} {content}");
            }
            Ok(())
        }
        Part::Create { list, directory } => create(list, directory),
    }
}

/// Passes on what it reads, hashed.
struct Hashed<R> {
    inner: R,
    hash: Context,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.hash.update(&buf[..n]);
        Ok(n)
    }
}

/// Both hashes of a layer, in hexadecimal.
fn inflate(layer: &Path) -> Result<(String, String)> {
    let file = File::open(layer).with_context(|| layer.display().to_string())?;
    let blob = Hashed { inner: file, hash: Context::new(&SHA256) };
    let mut blob = BufReader::with_capacity(CHUNK, blob);
    let gzip = blob.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let content = if gzip {
        drain(MultiGzDecoder::new(&mut blob))?
    } else {
        drain(zstd::stream::read::Decoder::with_buffer(&mut blob)?)?
    };
    io::copy(&mut blob, &mut io::sink())?;
    Ok((hex(blob.into_inner().hash), content))
}

fn drain(mut stream: impl Read) -> Result<String> {
    let (mut hash, mut chunk) = (Context::new(&SHA256), vec![0; CHUNK]);
    loop {
        match stream.read(&mut chunk)? {
            0 => return Ok(hex(hash)),
            n => hash.update(&chunk[..n]),
        }
    }
}

fn hex(hash: Context) -> String {
    hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the list of what layers have for [`create`]: a letter, mode, owner, group, time, size, the target of a link
/// and the path, each ended by a NUL.
pub(super) fn list(layers: &[PathBuf], to: &Path) -> Result<()> {
    let mut out = io::BufWriter::new(File::create(to)?);
    for layer in layers {
        let mut blob = BufReader::new(File::open(layer)?);
        let gzip = blob.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let content: Box<dyn Read> = if gzip {
            Box::new(MultiGzDecoder::new(blob))
        } else {
            Box::new(zstd::stream::read::Decoder::with_buffer(blob)?)
        };
        for entry in tar::Archive::new(content).entries()? {
            let entry = entry?;
            let header = entry.header();
            let kind = match header.entry_type() {
                tar::EntryType::Directory => 'd',
                tar::EntryType::Symlink => 's',
                tar::EntryType::Link => 'h',
                tar::EntryType::Char | tar::EntryType::Block | tar::EntryType::Fifo => 'n',
                _ => 'f',
            };
            let numbers =
                [header.mode()?.into(), header.uid()?, header.gid()?, header.mtime()?, entry.size()];
            write!(out, "{kind}\0")?;
            for number in numbers {
                write!(out, "{number}\0")?;
            }
            for name in [entry.link_name_bytes().unwrap_or_default(), entry.path_bytes()] {
                out.write_all(trimmed(&name))?;
                out.write_all(&[0])?;
            }
        }
    }
    Ok(out.flush()?)
}

/// Without what is around a path in an archive.
fn trimmed(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    name.strip_suffix(b"/").unwrap_or(name)
}

/// Creates what the list says, with content that is always the same.
fn create(list: &Path, directory: &Path) -> Result<()> {
    let list = fs::read_to_string(list).context("a list of paths that are UTF-8")?;
    fs::create_dir(directory)?;
    std::env::set_current_dir(directory)?;
    umask(Mode::empty());
    let content = vec![0x5a; CHUNK];
    let mut parent = Parent::default();
    let mut times: Vec<(&str, TimeSpec)> = Vec::new();
    let mut fields = list.split_terminator('\0');
    while let Some(kind) = fields.next() {
        let mut number = || -> Result<u64> { Ok(fields.next().context("a number")?.parse()?) };
        let mode = Mode::from_bits_truncate(u32::try_from(number()?)?);
        let owner = (u32::try_from(number()?)?, u32::try_from(number()?)?);
        let time = TimeSpec::new(i64::try_from(number()?)?, 0);
        let mut left = usize::try_from(number()?)?;
        let (target, path) = (fields.next().context("a target")?, fields.next().context("a path")?);
        if path.is_empty() || kind == "n" {
            continue;
        }
        let name = parent.enter(path)?;
        let Some(within) = &parent.handle else { bail!("no parent") };
        if let Some(hidden) = name.strip_prefix(".wh.") {
            remove(Path::new(path), hidden)?;
            parent = Parent::default();
            continue;
        }
        match kind {
            "d" => {
                if mkdirat(within, name, mode).is_ok() {
                    own(&openat(within, name, OFlag::O_RDONLY | OFlag::O_DIRECTORY, Mode::empty())?, owner)?;
                }
                times.push((path, time));
            }
            "f" => {
                let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
                let file = openat(within, name, flags, mode).or_else(|_| {
                    unlinkat(within, name, UnlinkatFlags::NoRemoveDir)?;
                    openat(within, name, flags, mode)
                })?;
                while left > 0 {
                    left -= nix::unistd::write(&file, &content[..left.min(CHUNK)])?;
                }
                own(&file, owner)?;
                futimens(&file, &time, &time)?;
            }
            "s" => {
                if symlinkat(target, within, name).is_err() {
                    unlinkat(within, name, UnlinkatFlags::NoRemoveDir)?;
                    symlinkat(target, within, name)?;
                }
                utimensat(within, name, &time, &time, UtimensatFlags::NoFollowSymlink)?;
            }
            _ => {
                let here = nix::fcntl::AT_FDCWD;
                if linkat(here, target, within, name, LinkatFlags::empty()).is_err() {
                    unlinkat(within, name, UnlinkatFlags::NoRemoveDir)?;
                    linkat(here, target, within, name, LinkatFlags::empty())?;
                }
            }
        }
    }
    for (path, time) in times.iter().rev() {
        // One that a later layer removed is not there any more.
        let _ = utimensat(nix::fcntl::AT_FDCWD, *path, time, time, UtimensatFlags::NoFollowSymlink);
    }
    Ok(())
}

/// Files come to be with the caller as owner.
fn own(file: &OwnedFd, (uid, gid): (u32, u32)) -> Result<()> {
    let root = nix::unistd::geteuid().is_root();
    if root && (uid, gid) != (0, 0) {
        fchown(file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?;
    }
    Ok(())
}

/// The directory that the last entry was in.
#[derive(Default)]
struct Parent<'a> {
    path: &'a str,
    handle: Option<OwnedFd>,
}

impl<'a> Parent<'a> {
    /// Makes it that of `path`; the name in it.
    fn enter(&mut self, path: &'a str) -> Result<&'a str> {
        let (directory, name) = path.rsplit_once('/').unwrap_or((".", path));
        if self.handle.is_none() || self.path != directory {
            let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
            let handle = open(directory, flags, Mode::empty()).with_context(|| directory.to_owned())?;
            (self.path, self.handle) = (directory, Some(handle));
        }
        Ok(name)
    }
}

/// What a whiteout hides: a name, or all that a directory holds. The tree is the benchmark's own.
fn remove(path: &Path, hidden: &str) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new(""));
    if hidden == ".wh..opq" {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        for entry in fs::read_dir(parent)? {
            gone(&entry?.path())?;
        }
        return Ok(());
    }
    gone(&parent.join(hidden))
}

fn gone(path: &Path) -> Result<()> {
    let Ok(meta) = fs::symlink_metadata(path) else { return Ok(()) };
    let removed = if meta.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ocidian_spec::Digest;
    use ocidian_testkit::layout::{Entry, Layer};

    #[test]
    fn a_layer_is_hashed_and_created() {
        let entries = [
            Entry::directory("a"),
            Entry::file("a/b", "four"),
            Entry::symlink("a/c", "b"),
            Entry::file("d", ""),
        ];
        let layer = Layer::gzip(&entries).unwrap();
        let work = tempfile::tempdir().unwrap();
        let blob = work.path().join("blob");
        fs::write(&blob, &layer.blob).unwrap();

        let (compressed, plain) = inflate(&blob).unwrap();
        assert_eq!(compressed, Digest::sha256(&layer.blob).encoded());
        assert_eq!(plain, layer.diff_id.encoded());

        let text = work.path().join("list");
        list(&[blob], &text).unwrap();
        let text = fs::read_to_string(&text).unwrap();
        let paths: Vec<&str> = text.split('\0').skip(7).step_by(8).collect();
        assert_eq!(paths, ["a", "a/b", "a/c", "d"]);
    }
}
