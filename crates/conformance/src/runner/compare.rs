//! Reads a tree and compares it with what is expected, entry by entry.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{major, minor};
use rustix::process::geteuid;

use crate::tree::{ExpectedEntry, ExpectedKind, escape};

/// Attributes that belong to the host or to a tool's bookkeeping, not to the image.
const HOST_XATTRS: &[&str] =
    &["security.selinux", "security.ima", "security.evm", "system.nfs4_acl", "user.rootlesscontainers"];

/// How many faults of one tree are worth telling.
const FAULTS_MAX: usize = 20;

/// What this user cannot make, and so is not compared.
pub(super) fn not_compared() -> &'static [&'static str] {
    if geteuid().is_root() { &[] } else { &["owners", "devices", "extended attributes other than user.*"] }
}

/// What is at a path.
struct Found {
    kind: ExpectedKind,
    metadata: fs::Metadata,
    xattrs: Vec<(String, Vec<u8>)>,
}

/// How the tree at `root` differs from `expected`; empty if it does not.
pub(super) fn tree(root: &Path, expected: &[ExpectedEntry]) -> io::Result<Vec<String>> {
    let mut found = BTreeMap::new();
    match root.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Ok(vec!["the tree's root is no directory".into()]),
        Err(_) => return Ok(vec!["there is no tree".into()]),
    }
    walk(root, &mut Vec::new(), &mut found)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", root.display())))?;

    let mut faults = Vec::new();
    let privileged = geteuid().is_root();
    for entry in expected {
        match found.get(&entry.path) {
            None => faults.push(format!("{}: is missing", escape(&entry.path))),
            Some(found) => compare(entry, found, privileged, &mut faults),
        }
    }
    for path in found.keys() {
        if !path.is_empty() && !expected.iter().any(|entry| entry.path == *path) {
            faults.push(format!("{}: should not exist", escape(path)));
        }
    }
    link_groups(expected, &found, &mut faults);
    faults.truncate(FAULTS_MAX);
    Ok(faults)
}

/// Takes down `path` and everything below. By path: no case makes a tree too deep for that, and
/// handles kept on the way down would run out first.
fn walk(path: &Path, name: &mut Vec<u8>, found: &mut BTreeMap<Vec<u8>, Found>) -> io::Result<()> {
    let metadata = path.symlink_metadata()?;
    let opened = Opened::new(path, &metadata)?;
    let kind = kind(path, &metadata)?;
    found.insert(name.clone(), Found { kind, metadata: metadata.clone(), xattrs: xattrs(path)? });
    if metadata.is_dir() {
        let names =
            fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        for child in names {
            let length = name.len();
            if !name.is_empty() {
                name.push(b'/');
            }
            name.extend_from_slice(child.as_bytes());
            walk(&path.join(&child), name, found)?;
            name.truncate(length);
        }
    }
    drop(opened);
    Ok(())
}

/// A file or directory that its owner may read for now. The mode comes back afterwards: another
/// name of the file is still to be looked at.
struct Opened<'a>(Option<(&'a Path, fs::Permissions)>);

impl<'a> Opened<'a> {
    fn new(path: &'a Path, metadata: &fs::Metadata) -> io::Result<Self> {
        let needed = if metadata.is_dir() { 0o500 } else { 0o400 };
        let closed = metadata.mode() & needed != needed && (metadata.is_dir() || metadata.is_file());
        if !closed {
            return Ok(Self(None));
        }
        fs::set_permissions(path, fs::Permissions::from_mode(metadata.mode() | needed))?;
        Ok(Self(Some((path, metadata.permissions()))))
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        if let Some((path, mode)) = self.0.take() {
            let _ = fs::set_permissions(path, mode);
        }
    }
}

fn kind(path: &Path, metadata: &fs::Metadata) -> io::Result<ExpectedKind> {
    let file_type = metadata.file_type();
    let device = (major(metadata.rdev()), minor(metadata.rdev()));
    Ok(if file_type.is_dir() {
        ExpectedKind::Directory
    } else if file_type.is_symlink() {
        ExpectedKind::Symlink(fs::read_link(path)?.into_os_string().into_encoded_bytes())
    } else if file_type.is_char_device() {
        ExpectedKind::CharDevice(device.0, device.1)
    } else if file_type.is_block_device() {
        ExpectedKind::BlockDevice(device.0, device.1)
    } else if file_type.is_fifo() {
        ExpectedKind::Fifo
    } else {
        ExpectedKind::File(fs::read(path)?)
    })
}

fn compare(expected: &ExpectedEntry, found: &Found, privileged: bool, faults: &mut Vec<String>) {
    let path = if expected.path.is_empty() { "the root".to_owned() } else { escape(&expected.path) };
    let mut fault = |what: &str, wanted: String, got: String| {
        if wanted != got {
            faults.push(format!("{path}: {what} is {got} instead of {wanted}"));
        }
    };
    let device = matches!(expected.kind, ExpectedKind::CharDevice(..) | ExpectedKind::BlockDevice(..));
    if privileged || !device {
        fault("type", expected.kind.name().into(), found.kind.name().into());
        if expected.kind.name() == found.kind.name() {
            fault("content", describe(&expected.kind), describe(&found.kind));
        }
    }
    let metadata = &found.metadata;
    if let Some(mode) = expected.mode {
        fault("mode", format!("{mode:04o}"), format!("{:04o}", metadata.mode() & 0o7777));
    }
    if privileged {
        if let Some(uid) = expected.uid {
            fault("uid", uid.to_string(), metadata.uid().to_string());
        }
        if let Some(gid) = expected.gid {
            fault("gid", gid.to_string(), metadata.gid().to_string());
        }
    }
    if let Some((seconds, nanoseconds)) = expected.mtime {
        let got = format!("{}.{:09}", metadata.mtime(), metadata.mtime_nsec());
        fault("mtime", format!("{seconds}.{nanoseconds:09}"), got);
    }
    let list = |xattrs: &[(String, Vec<u8>)]| {
        let shown = xattrs.iter().filter(|(name, _)| {
            !HOST_XATTRS.contains(&name.as_str()) && (privileged || name.starts_with("user."))
        });
        format!("{:?}", shown.map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>())
    };
    fault("list of xattrs", list(&expected.xattrs), list(&found.xattrs));
}

/// What a kind carries, short enough for a message.
fn describe(kind: &ExpectedKind) -> String {
    match kind {
        ExpectedKind::File(content) | ExpectedKind::Symlink(content) if content.len() <= 100 => {
            format!("\"{}\"", escape(content))
        }
        ExpectedKind::File(content) | ExpectedKind::Symlink(content) => {
            format!("{} bytes ({})", content.len(), ocidian_spec::Digest::sha256(content))
        }
        ExpectedKind::CharDevice(major, minor) | ExpectedKind::BlockDevice(major, minor) => {
            format!("{major}:{minor}")
        }
        ExpectedKind::Directory | ExpectedKind::Fifo => String::new(),
    }
}

/// Names of one group must be one inode with as many links as names; all others have one link.
fn link_groups(expected: &[ExpectedEntry], found: &BTreeMap<Vec<u8>, Found>, faults: &mut Vec<String>) {
    let mut groups: BTreeMap<&str, Vec<&ExpectedEntry>> = BTreeMap::new();
    for entry in expected {
        match entry.link_group {
            Some(group) => groups.entry(group).or_default().push(entry),
            None => {
                let links =
                    found.get(&entry.path).filter(|f| !f.metadata.is_dir()).map(|f| f.metadata.nlink());
                if links.is_some_and(|links| links != 1) {
                    faults.push(format!("{}: should have no other name", escape(&entry.path)));
                }
            }
        }
    }
    for names in groups.values() {
        let inodes: Vec<_> = names
            .iter()
            .filter_map(|entry| found.get(&entry.path))
            .map(|f| (f.metadata.dev(), f.metadata.ino(), f.metadata.nlink()))
            .collect();
        let right = inodes.first().map(|(dev, ino, _)| (*dev, *ino, names.len() as u64));
        if inodes.iter().any(|inode| Some(*inode) != right) {
            let list: Vec<_> = names.iter().map(|entry| escape(&entry.path)).collect();
            faults.push(format!("{}: should be names of one file, and its only ones", list.join(", ")));
        }
    }
}

/// The extended attributes of what `path` names itself, sorted.
pub(super) fn xattrs(path: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    use rustix::fs::{lgetxattr, llistxattr};
    const MAX: usize = 1 << 16;
    let mut names = vec![0; MAX];
    let len = match llistxattr(path, &mut names[..]) {
        Ok(len) => len,
        Err(rustix::io::Errno::OPNOTSUPP) => 0,
        Err(error) => return Err(error.into()),
    };
    let mut all = Vec::new();
    for name in names[..len].split(|b| *b == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; MAX];
        let len = lgetxattr(path, name, &mut value[..])?;
        value.truncate(len);
        all.push((String::from_utf8_lossy(name).into_owned(), value));
    }
    all.sort();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{dir, file};

    #[test]
    fn what_its_owner_may_not_read_is_compared_and_left_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let (closed, a, b) = (root.path().join("d"), root.path().join("d/a"), root.path().join("b"));
        fs::create_dir(&closed).unwrap();
        fs::write(&a, "x").unwrap();
        fs::hard_link(&a, &b).unwrap();
        for path in [&a, &closed] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        }
        let owned = |entry: ExpectedEntry| ExpectedEntry { uid: None, gid: None, mtime: None, ..entry };
        let name = |path| owned(file(path, "x").mode(0).linked("a"));
        let mut expected = vec![name("b"), owned(dir("d").mode(0)), name("d/a")];
        for _ in 0..2 {
            assert_eq!(tree(root.path(), &expected).unwrap(), Vec::<String>::new());
        }
        expected[2].mode = Some(0o400);
        assert_eq!(tree(root.path(), &expected).unwrap().len(), 1);
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
