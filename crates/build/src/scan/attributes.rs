//! Extended attributes of what is open, without those that belong to the host.

use ocidian_unpack::xattrs::{ROOTLESS, decode_owner, is_host_owned};
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::fs::{fgetxattr, flistxattr, getxattr, listxattr};
use rustix::io::Errno;

/// As much as Linux lets a list of names, or a value, be.
const MOST: usize = 64 << 10;

/// Attributes as an entry has them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Attributes {
    /// Sorted by name.
    pub(crate) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// The owner that an ordinary user could not give.
    pub(crate) owner: Option<(u32, u32)>,
}

/// Reads attributes through two buffers that live as long as it does.
#[derive(Debug)]
pub(crate) struct AttributeReader {
    wanted: Vec<Vec<u8>>,
    list: Vec<u8>,
    value: Vec<u8>,
}

impl AttributeReader {
    /// Leaves out what belongs to the host, but for those that are `wanted` by name.
    pub(crate) fn new(wanted: &[String]) -> Self {
        let wanted = wanted.iter().map(|name| name.clone().into_bytes()).collect();
        Self { wanted, list: vec![0; MOST], value: vec![0; MOST] }
    }

    /// The attributes of an open file or directory.
    pub(crate) fn of_open(&mut self, file: BorrowedFd<'_>) -> Result<Attributes, Errno> {
        let listed = flistxattr(file, &mut self.list[..]);
        self.read(listed, |name, value| fgetxattr(file, name, value))
    }

    /// The attributes of what a handle holds that serves only to find it again: a link, a device, a FIFO. The
    /// kernel takes such a handle's entry in /proc for the very thing.
    pub(crate) fn of_handle(&mut self, handle: BorrowedFd<'_>) -> Result<Attributes, Errno> {
        let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
        let listed = listxattr(path.as_str(), &mut self.list[..]);
        self.read(listed, |name, value| getxattr(path.as_str(), name, value))
    }

    fn read(
        &mut self,
        listed: Result<usize, Errno>,
        get: impl Fn(&[u8], &mut [u8]) -> Result<usize, Errno>,
    ) -> Result<Attributes, Errno> {
        let mut attributes = Attributes::default();
        let length = match listed {
            Ok(length) => length,
            Err(Errno::OPNOTSUPP) => return Ok(attributes),
            Err(errno) => return Err(errno),
        };
        let list = self.list.get(..length).unwrap_or_default();
        for name in list.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            if is_host_owned(name) && !self.wanted.iter().any(|wanted| wanted == name) {
                continue;
            }
            let length = match get(name, &mut self.value) {
                Ok(length) => length,
                // Listed, but not for the likes of the caller: as if it were not there, as `listxattr` has it.
                Err(Errno::NODATA) => continue,
                Err(errno) => return Err(errno),
            };
            let value = self.value.get(..length).unwrap_or_default();
            match decode_owner(value).filter(|_| name == ROOTLESS) {
                Some(owner) => attributes.owner = Some(owner),
                None => attributes.xattrs.push((name.to_vec(), value.to_vec())),
            }
        }
        attributes.xattrs.sort_unstable();
        Ok(attributes)
    }
}
