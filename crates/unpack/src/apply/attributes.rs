//! Extended attributes and times.
//!
//! Attributes that belong to the host, not to the image, are not set unless they are asked for by
//! name. What the kernel refuses an ordinary user is left out with a warning; what it refuses root is
//! an error, unless the file system has no such attributes at all.

use ocidian_layer::{Metadata, Timestamp};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{
    AtFlags, FileType, Mode, XattrFlags, flistxattr, fremovexattr, fsetxattr, lsetxattr, openat, utimensat,
};
use rustix::io::Errno;

use super::Applier;
use super::by_handle::path_below;
use super::owner::Ownership;
use super::regular::times;
use crate::error::{Failure, Tried};
use crate::tree::LISTING;
use crate::xattrs::{ROOTLESS as ROOTLESS_XATTR, is_host_owned};

const ACCESS_ACL: &[u8] = b"system.posix_acl_access";
const DEFAULT_ACL: &[u8] = b"system.posix_acl_default";
/// As much as Linux lets a list of names be.
const LIST_MAX: usize = 65_536;

/// Which attributes are set, and which refusals are forgiven.
#[derive(Debug)]
pub(super) struct XattrPolicy {
    wanted: Vec<Vec<u8>>,
    limited: bool,
    /// The prefix of overlayfs's own attributes.
    overlay: &'static str,
}

impl XattrPolicy {
    pub(super) fn new(wanted: &[String], owner: &Ownership) -> Self {
        let limited = owner.is_limited();
        Self {
            wanted: wanted.iter().map(|name| name.clone().into_bytes()).collect(),
            limited,
            overlay: if limited { "user.overlay.opaque" } else { "trusted.overlay.opaque" },
        }
    }

    fn sets(&self, name: &[u8]) -> bool {
        !is_host_owned(name) || self.wanted.iter().any(|wanted| wanted == name)
    }

    /// A warning instead of an error, where the refusal is one to live with.
    fn forgives(&self, name: &[u8], errno: Errno, file_type: FileType) -> Option<String> {
        let name_text = name.escape_ascii();
        let user_on_leaf =
            name.starts_with(b"user.") && !matches!(file_type, FileType::RegularFile | FileType::Directory);
        match errno {
            Errno::OPNOTSUPP => {
                Some(format!("the file system does not take the xattr {name_text}; left out"))
            }
            Errno::PERM | Errno::ACCESS if user_on_leaf => {
                Some(format!("Linux keeps no {name_text} on links, devices and FIFOs; left out"))
            }
            Errno::PERM | Errno::ACCESS | Errno::INVAL if self.limited => {
                Some(format!("only root may set the xattr {name_text}; left out"))
            }
            _ => None,
        }
    }
}

impl Applier {
    /// Whether a file gets any attributes, or a warning instead.
    pub(super) fn sets_xattrs(&self, meta: &Metadata) -> bool {
        !meta.xattrs.is_empty() || self.owner.rootless_xattr(meta).is_some()
    }

    /// Sets an entry's attributes on a regular file that was made just now.
    pub(super) fn set_open_xattrs(
        &mut self,
        file: BorrowedFd<'_>,
        path: &[u8],
        meta: &Metadata,
    ) -> Result<(), Failure> {
        if let Some(value) = self.owner.rootless_xattr(meta) {
            let set = fsetxattr(file, ROOTLESS_XATTR, &value, XattrFlags::empty());
            self.judge(ROOTLESS_XATTR, set, path, FileType::RegularFile)?;
        }
        for (name, value) in &meta.xattrs {
            if self.xattrs.sets(name) {
                let set = fsetxattr(file, name.as_slice(), value, XattrFlags::empty());
                self.judge(name, set, path, FileType::RegularFile)?;
            }
        }
        Ok(())
    }

    /// Sets a directory's attributes; those that are there and not wanted go. Returns the default ACL,
    /// which has to wait until all below is written.
    pub(super) fn set_directory_xattrs(
        &mut self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        path: &[u8],
        meta: &Metadata,
        fresh: bool,
    ) -> Result<Option<Box<[u8]>>, Failure> {
        let rootless = self.owner.rootless_xattr(meta);
        if fresh && meta.xattrs.is_empty() && rootless.is_none() {
            return Ok(None);
        }
        let dir = openat(parent, name, LISTING, Mode::empty()).tried("cannot open the directory")?;
        if !fresh {
            remove_xattrs(dir.as_fd(), |present| {
                !is_host_owned(present) && !meta.xattrs.iter().any(|(wanted, _)| wanted == present)
            })?;
        }
        if let Some(value) = rootless {
            let set = fsetxattr(&dir, ROOTLESS_XATTR, &value, XattrFlags::empty());
            self.judge(ROOTLESS_XATTR, set, path, FileType::Directory)?;
        }
        let mut default_acl = None;
        for (name, value) in &meta.xattrs {
            if name == DEFAULT_ACL {
                default_acl = Some(value.as_slice().into());
            } else if self.xattrs.sets(name) {
                let open = (name == ACCESS_ACL).then(|| open_to_owner(value));
                let value = open.as_ref().unwrap_or(value);
                let set = fsetxattr(&dir, name.as_slice(), value, XattrFlags::empty());
                self.judge(name, set, path, FileType::Directory)?;
            }
        }
        Ok(default_acl)
    }

    /// Sets the attributes of a link, a device or a FIFO, which cannot be opened for it.
    pub(super) fn set_leaf_xattrs(
        &mut self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        path: &[u8],
        meta: &Metadata,
        file_type: FileType,
    ) -> Result<(), Failure> {
        let names: Vec<_> = meta.xattrs.iter().filter(|(name, _)| self.xattrs.sets(name)).collect();
        if names.is_empty() {
            return Ok(());
        }
        let at = path_below(parent, name);
        for (name, value) in names {
            let set = lsetxattr(at.as_slice(), name.as_slice(), value, XattrFlags::empty());
            self.judge(name, set, path, file_type)?;
        }
        Ok(())
    }

    fn judge(
        &mut self,
        name: &[u8],
        set: Result<(), Errno>,
        path: &[u8],
        file_type: FileType,
    ) -> Result<(), Failure> {
        let Err(errno) = set else { return Ok(()) };
        match self.xattrs.forgives(name, errno, file_type) {
            Some(warning) => {
                self.warnings.add(warning, path);
                Ok(())
            }
            None => Err(Failure::Refused(format!(
                "cannot set the xattr {}: {}",
                name.escape_ascii(),
                std::io::Error::from(errno)
            ))),
        }
    }

    /// Sets the times of what is no regular file.
    pub(super) fn set_times(&self, dir: BorrowedFd<'_>, name: &[u8], meta: &Metadata) -> Result<(), Failure> {
        utimensat(dir, name, &times(meta), AtFlags::SYMLINK_NOFOLLOW).tried("cannot set the times")
    }

    /// Takes from the root what it inherited from the directory that it was made in.
    pub(super) fn clear_acls(&self, root: BorrowedFd<'_>) -> Result<(), Failure> {
        let dir = openat(root, ".", LISTING, Mode::empty()).tried("cannot open the target")?;
        remove_xattrs(dir.as_fd(), |name| name == ACCESS_ACL || name == DEFAULT_ACL)?;
        rustix::fs::fchmod(&dir, Mode::RWXU).tried("cannot set the mode of the target")
    }

    /// Whether overlayfs's marks are where an ordinary user can set them.
    pub(crate) fn marks_in_user_xattrs(&self) -> bool {
        self.xattrs.overlay.starts_with("user.")
    }

    /// Marks a directory as hiding what lower layers have below it.
    pub(super) fn make_opaque(
        &mut self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        path: &[u8],
    ) -> Result<(), Failure> {
        let dir = openat(parent, name, LISTING, Mode::empty()).tried("cannot open the directory")?;
        fsetxattr(&dir, self.xattrs.overlay, b"y", XattrFlags::empty())
            .tried("cannot mark the directory as opaque (does this file system keep xattrs?)")?;
        if let Some(state) = self.tree.dirs_mut().get_mut(path) {
            state.opaque = true;
        }
        self.chain.forget(path);
        Ok(())
    }
}

/// An access ACL that lets a directory's owner in, who has yet to fill it. What the owner may in the end
/// the mode says, which is set in the end.
fn open_to_owner(acl: &[u8]) -> Vec<u8> {
    const HEADER: usize = 4;
    const ENTRY: usize = 8;
    let mut open = acl.to_vec();
    for entry in open.get_mut(HEADER..).unwrap_or_default().chunks_exact_mut(ENTRY) {
        // Tag and permissions, little-endian: `ACL_USER_OBJ` may do everything.
        if let [0x01, 0, permissions, ..] = entry {
            *permissions = 0x07;
        }
    }
    open
}

/// The names of a file's attributes.
pub(super) fn list_xattrs(file: BorrowedFd<'_>) -> Result<Vec<Vec<u8>>, Failure> {
    let mut buffer = vec![0; LIST_MAX];
    match flistxattr(file, &mut buffer[..]) {
        Ok(len) => {
            Ok(buffer[..len].split(|b| *b == 0).filter(|n| !n.is_empty()).map(<[u8]>::to_vec).collect())
        }
        Err(Errno::OPNOTSUPP) => Ok(Vec::new()),
        Err(errno) => Err(Failure::System { what: "cannot list the xattrs", errno }),
    }
}

fn remove_xattrs(file: BorrowedFd<'_>, unwanted: impl Fn(&[u8]) -> bool) -> Result<(), Failure> {
    for name in list_xattrs(file)? {
        if unwanted(&name) {
            match fremovexattr(file, name.as_slice()) {
                Ok(()) | Err(Errno::NODATA | Errno::PERM | Errno::ACCESS) => {}
                Err(errno) => return Err(Failure::System { what: "cannot remove an xattr", errno }),
            }
        }
    }
    Ok(())
}

/// A time for `utimensat`, used where there is no entry at hand.
pub(super) fn directory_times(mtime: Timestamp, atime: Option<Timestamp>) -> rustix::fs::Timestamps {
    times(&Metadata { mtime, atime, ..Metadata::default() })
}
