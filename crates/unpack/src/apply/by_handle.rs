//! What has no call of its own for "this name here, whatever it is, and not what it points to".
//!
//! Linux takes a mode only of an open file or of a path whose last link it follows, and extended
//! attributes of a name only by a path that it resolves from the root. Both are reached through
//! `/proc/self/fd`: the kernel takes an entry there for the very thing the handle holds, so no planted
//! link between the root and the name has a say.

use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::fs::{Mode, OFlags, chmod, openat};

use crate::error::{Failure, Tried};

/// The path of `name` in the directory that `dir` holds, for calls that do not follow a last link.
pub(super) fn path_below(dir: BorrowedFd<'_>, name: &[u8]) -> Vec<u8> {
    let mut path = path_of(dir);
    path.push(b'/');
    path.extend_from_slice(name);
    path
}

/// The path of what a handle holds.
fn path_of(handle: BorrowedFd<'_>) -> Vec<u8> {
    format!("/proc/self/fd/{}", handle.as_raw_fd()).into_bytes()
}

/// Sets the mode of a device, FIFO or file by name. A symlink there is refused, never followed.
pub(super) fn chmod_leaf(dir: BorrowedFd<'_>, name: &[u8], mode: Mode) -> Result<(), Failure> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let leaf = openat(dir, name, flags, Mode::empty()).tried("cannot open it to set its mode")?;
    chmod(path_of(leaf.as_fd()).as_slice(), mode).tried("cannot set the mode")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests' own directories")]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    fn mode_of(path: &std::path::Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_mode_of_a_leaf_is_set_and_no_link_is_followed() {
        let temp = tempfile::tempdir().unwrap();
        let victim = temp.path().join("victim");
        File::create(&victim).unwrap().set_permissions(fs::Permissions::from_mode(0o600)).unwrap();
        let fifo = temp.path().join("fifo");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        symlink("victim", temp.path().join("link")).unwrap();

        let dir = File::open(temp.path()).unwrap();
        chmod_leaf(dir.as_fd(), b"fifo", Mode::from_raw_mode(0o4741)).unwrap();
        assert_eq!(mode_of(&fifo), 0o4741);
        chmod_leaf(dir.as_fd(), b"link", Mode::from_raw_mode(0o777)).unwrap_err();
        assert_eq!(mode_of(&victim), 0o600);
        chmod_leaf(dir.as_fd(), b"missing", Mode::from_raw_mode(0o777)).unwrap_err();
    }

    #[test]
    fn a_name_below_a_handle_is_that_name() {
        let temp = tempfile::tempdir().unwrap();
        symlink("nowhere", temp.path().join("link")).unwrap();
        let dir = File::open(temp.path()).unwrap();
        let path = path_below(dir.as_fd(), b"link");
        let target = rustix::fs::readlink(path.as_slice(), Vec::new()).unwrap();
        assert_eq!(target.to_bytes(), b"nowhere");
    }
}
