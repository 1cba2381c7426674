//! Reading a tree through one directory handle at a time.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use ocidian_spec::{Algorithm, Hasher};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::{Kind, Node, Time};

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A directory on the way down: where it was and what is left to do in it.
struct Level {
    identity: (u64, u64),
    left: Vec<CString>,
    path_len: usize,
}

pub(super) fn walk(root: &Path) -> Result<BTreeMap<Vec<u8>, Node>> {
    let mut nodes = BTreeMap::new();
    let mut inodes: HashMap<(u64, u64), Vec<Vec<u8>>> = HashMap::new();
    let mut path: Vec<u8> = Vec::new();

    let mut here = rustix::fs::openat(CWD, root, DIRECTORY - OFlags::NOFOLLOW, Mode::empty())?;
    let stat = rustix::fs::fstat(&here)?;
    nodes.insert(Vec::new(), read_node(here.as_fd(), c".", &stat)?);
    let mut levels = vec![Level { identity: identity(&stat), left: names(&here)?, path_len: 0 }];

    while let Some(level) = levels.last_mut() {
        let Some(name) = level.left.pop() else {
            levels.pop();
            if let Some(parent) = levels.last() {
                here = climb(&here, parent.identity)?;
                path.truncate(parent.path_len);
            }
            continue;
        };
        path.truncate(level.path_len);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_bytes());
        let entry = || String::from_utf8_lossy(&path).into_owned();

        let stat = rustix::fs::statat(&here, &name, AtFlags::SYMLINK_NOFOLLOW).with_context(entry)?;
        let node = read_node(here.as_fd(), &name, &stat).with_context(entry)?;
        let is_directory = matches!(node.kind, Kind::Directory);
        if !is_directory {
            inodes.entry(identity(&stat)).or_default().push(path.clone());
        }
        if is_directory {
            let below = rustix::fs::openat(&here, &name, DIRECTORY, Mode::empty()).with_context(entry)?;
            let left = names(&below).with_context(entry)?;
            levels.push(Level { identity: identity(&stat), left, path_len: path.len() });
            here = below;
        }
        nodes.insert(path.clone(), node);
    }
    group_links(&mut nodes, inodes);
    Ok(nodes)
}

/// The parent of `here`, which must still be the directory that the walk came from.
fn climb(here: &OwnedFd, expected: (u64, u64)) -> Result<OwnedFd> {
    let parent = rustix::fs::openat(here, c"..", DIRECTORY, Mode::empty())?;
    if identity(&rustix::fs::fstat(&parent)?) != expected {
        bail!("the tree was changed while it was read");
    }
    Ok(parent)
}

fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

fn names(directory: &OwnedFd) -> Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}

fn group_links(nodes: &mut BTreeMap<Vec<u8>, Node>, inodes: HashMap<(u64, u64), Vec<Vec<u8>>>) {
    for mut paths in inodes.into_values() {
        paths.sort_unstable();
        let Some(first) = paths.first().cloned() else { continue };
        for path in &paths {
            if let Some(node) = nodes.get_mut(path) {
                node.link_group = Some(first.clone());
            }
        }
    }
}

fn read_node(parent: BorrowedFd<'_>, name: &CStr, stat: &Stat) -> Result<Node> {
    let (major, minor) = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => read_file(parent, name, stat)?,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Symlink(rustix::fs::readlinkat(parent, name, Vec::new())?.into_bytes()),
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice => Kind::CharDevice(major, minor),
        FileType::BlockDevice => Kind::BlockDevice(major, minor),
        FileType::Unknown => bail!("an entry of unknown type, mode {:o}", stat.st_mode),
    };
    Ok(Node {
        kind,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime: Time {
            seconds: stat.st_mtime,
            nanoseconds: u32::try_from(stat.st_mtime_nsec).context("nanoseconds")?,
        },
        xattrs: read_xattrs(parent, name)?,
        link_group: None,
        allocated: u64::try_from(stat.st_blocks).unwrap_or(0) * 512,
    })
}

fn read_file(parent: BorrowedFd<'_>, name: &CStr, stat: &Stat) -> Result<Kind> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let mut file = File::from(rustix::fs::openat(parent, name, flags, Mode::empty())?);
    let mut hasher = Hasher::new(&Algorithm::Sha256).context("sha256")?;
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
        size += n as u64;
    }
    if i64::try_from(size).ok() != Some(stat.st_size) {
        bail!("the file was changed while it was read");
    }
    Ok(Kind::File { size, digest: hasher.finish().to_string() })
}

/// Attributes by way of `/proc/self/fd`: there is no `getxattrat` before Linux 6.13, and an entry
/// that cannot be opened (a FIFO, a device, a symlink) has attributes too.
fn read_xattrs(parent: BorrowedFd<'_>, name: &CStr) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    const MOST: usize = 64 * 1024;
    let mut path = format!("/proc/self/fd/{}/", parent.as_raw_fd()).into_bytes();
    path.extend_from_slice(name.to_bytes());
    let path = CString::new(path)?;

    let mut xattrs = BTreeMap::new();
    let mut list = vec![0_u8; MOST];
    let n = match rustix::fs::llistxattr(&path, list.as_mut_slice()) {
        Ok(0) | Err(Errno::NOTSUP) => return Ok(xattrs),
        Ok(n) => n,
        Err(error) => return Err(error).context("listing extended attributes"),
    };
    let mut value = vec![0_u8; MOST];
    for key in list[..n].split(|b| *b == 0).filter(|key| !key.is_empty()) {
        let name = CString::new(key)?;
        let n = rustix::fs::lgetxattr(&path, &name, value.as_mut_slice())
            .with_context(|| format!("reading {}", String::from_utf8_lossy(key)))?;
        xattrs.insert(key.to_vec(), value[..n].to_vec());
    }
    Ok(xattrs)
}
