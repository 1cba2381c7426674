//! A tar writer that can write anything, wrong things above all.
//!
//! A header is 512 bytes of which every field can be set raw; only the checksum is computed, and
//! even that can be overridden. What a good writer would do for a long name happens by itself (a
//! PAX record), everything else is as the case says. ustar is the dialect unless a header asks
//! for GNU's.

/// The size of a tar block.
pub const BLOCK: usize = 512;

/// The time that every entry has unless it says otherwise, in seconds since the epoch.
pub const MTIME: i64 = 1_000_000_000;

/// A field of the header, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    start: usize,
    len: usize,
}

/// Entry name.
pub const NAME: Field = Field { start: 0, len: 100 };
/// Permission bits.
pub const MODE: Field = Field { start: 100, len: 8 };
/// Owner.
pub const UID: Field = Field { start: 108, len: 8 };
/// Group.
pub const GID: Field = Field { start: 116, len: 8 };
/// Bytes of data that follow.
pub const SIZE: Field = Field { start: 124, len: 12 };
/// Modification time.
pub const TIME: Field = Field { start: 136, len: 12 };
/// Checksum.
pub const CHECKSUM: Field = Field { start: 148, len: 8 };
/// Type of the entry, one byte.
pub const TYPE: Field = Field { start: 156, len: 1 };
/// Target of a link.
pub const LINK: Field = Field { start: 157, len: 100 };
/// Magic and version together: `ustar\0` `00`, or GNU's `ustar  \0`.
pub const MAGIC: Field = Field { start: 257, len: 8 };
/// A device's major number.
pub const MAJOR: Field = Field { start: 329, len: 8 };
/// A device's minor number.
pub const MINOR: Field = Field { start: 337, len: 8 };
/// What stands before the name, in ustar.
pub const PREFIX: Field = Field { start: 345, len: 155 };
/// The four extents of old GNU's sparse map, 24 bytes each.
pub const SPARSE: Field = Field { start: 386, len: 96 };
/// Whether more sparse maps follow, one byte.
pub const EXTENDED: Field = Field { start: 482, len: 1 };
/// A sparse file's logical size.
pub const REAL_SIZE: Field = Field { start: 483, len: 12 };

/// One header block.
#[derive(Debug, Clone)]
pub struct Header {
    block: [u8; BLOCK],
    checksum: Option<[u8; 8]>,
}

impl Header {
    /// A ustar header: root's, 0644, of size 0 and of time [`MTIME`]. A name that does not fit
    /// is cut off.
    pub fn new(name: &[u8], typeflag: u8) -> Self {
        Self { block: [0; BLOCK], checksum: None }
            .raw(NAME, name)
            .octal(MODE, 0o644)
            .octal(UID, 0)
            .octal(GID, 0)
            .octal(SIZE, 0)
            .octal(TIME, MTIME.unsigned_abs())
            .raw(TYPE, &[typeflag])
            .raw(MAGIC, b"ustar\x0000")
    }

    /// The same in GNU's dialect.
    pub fn gnu(self) -> Self {
        self.raw(MAGIC, b"ustar  \0")
    }

    /// Sets a field: `bytes`, cut off or filled up with NULs.
    pub fn raw(mut self, field: Field, bytes: &[u8]) -> Self {
        let place = &mut self.block[field.start..field.start + field.len];
        place.fill(0);
        let len = bytes.len().min(field.len);
        place[..len].copy_from_slice(&bytes[..len]);
        self
    }

    /// Sets a number the way ustar writes it: octal digits and a NUL.
    pub fn octal(self, field: Field, value: u64) -> Self {
        self.raw(field, &octal(value, field.len))
    }

    /// Sets a number the way GNU writes one that octal cannot: two's complement, top bit set.
    pub fn base256(self, field: Field, value: i128) -> Self {
        self.raw(field, &base256(value, field.len))
    }

    /// Overrides the checksum.
    pub fn checksum(mut self, bytes: [u8; 8]) -> Self {
        self.checksum = Some(bytes);
        self
    }

    /// The finished block.
    pub fn bytes(&self) -> [u8; BLOCK] {
        let place = CHECKSUM.start..CHECKSUM.start + CHECKSUM.len;
        let mut block = self.block;
        block[place.clone()].fill(b' ');
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        let right = format!("{sum:06o}\0 ").into_bytes();
        block[place].copy_from_slice(self.checksum.as_ref().map_or(&right[..], |wrong| &wrong[..]));
        block
    }
}

/// `value` in octal for a field of `len` bytes, the last a NUL.
pub fn octal(value: u64, len: usize) -> Vec<u8> {
    let mut text = format!("{value:0width$o}", width = len - 1).into_bytes();
    text.push(0);
    text
}

/// `value` in GNU's base-256 for a field of `len` bytes.
pub fn base256(value: i128, len: usize) -> Vec<u8> {
    let all = value.to_be_bytes();
    let mut bytes = all[all.len() - len..].to_vec();
    bytes[0] |= 0x80;
    bytes
}

/// One PAX record, its length right.
pub fn record(key: &[u8], value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    // The length counts its own digits; at most one more digit makes it settle.
    let mut len = rest + rest.to_string().len();
    len = rest + len.to_string().len();
    let mut bytes = format!("{len} ").into_bytes();
    bytes.extend_from_slice(key);
    bytes.push(b'=');
    bytes.extend_from_slice(value);
    bytes.push(b'\n');
    bytes
}

/// A header of that type with its data, padded: how `x`, `g`, `L` and `K` entries are made.
pub fn member(name: &str, typeflag: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = Header::new(name.as_bytes(), typeflag).octal(SIZE, data.len() as u64).bytes().to_vec();
    bytes.extend_from_slice(data);
    pad(&mut bytes);
    bytes
}

/// A PAX header for the next entry, of records as they are given.
pub fn pax(records: &[u8]) -> Vec<u8> {
    member("PaxHeaders/x", b'x', records)
}

/// A PAX header for all entries that follow.
pub fn global(records: &[u8]) -> Vec<u8> {
    member("PaxHeaders/g", b'g', records)
}

/// GNU's long name (`L`) or long link target (`K`) for the next entry.
pub fn gnu_long(typeflag: u8, value: &[u8]) -> Vec<u8> {
    let mut data = value.to_vec();
    data.push(0);
    let header = Header::new(b"././@LongLink", typeflag).gnu().octal(SIZE, data.len() as u64);
    let mut bytes = header.bytes().to_vec();
    bytes.extend_from_slice(&data);
    pad(&mut bytes);
    bytes
}

/// Fills up to the next block with zeros.
pub fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
}

/// One entry: what stands before its header, the header, and its data.
#[derive(Debug, Clone)]
pub struct Entry {
    before: Vec<u8>,
    records: Vec<u8>,
    header: Header,
    data: Vec<u8>,
}

impl Entry {
    fn new(name: impl AsRef<[u8]>, typeflag: u8, mode: u64) -> Self {
        let name = name.as_ref();
        let header = Header::new(name, typeflag).octal(MODE, mode);
        let entry = Self { before: Vec::new(), records: Vec::new(), header, data: Vec::new() };
        if name.len() > NAME.len { entry.pax("path", name) } else { entry }
    }

    /// Changes the header.
    pub fn header(mut self, change: impl FnOnce(Header) -> Header) -> Self {
        self.header = change(self.header);
        self
    }

    /// Sets the mode.
    pub fn mode(self, mode: u64) -> Self {
        self.header(|h| h.octal(MODE, mode))
    }

    /// Sets owner and group; base-256 where octal does not suffice.
    pub fn owner(self, uid: u32, gid: u32) -> Self {
        let set = |header: Header, field, id: u32| match id {
            0..0o10_000_000 => header.octal(field, id.into()),
            _ => header.gnu().base256(field, id.into()),
        };
        self.header(|h| set(set(h, UID, uid), GID, gid))
    }

    /// Sets the time, in seconds since the epoch; base-256 where octal does not suffice.
    pub fn mtime(self, seconds: i64) -> Self {
        self.header(|h| match u64::try_from(seconds) {
            Ok(positive) if positive < 1 << 33 => h.octal(TIME, positive),
            _ => h.gnu().base256(TIME, seconds.into()),
        })
    }

    /// Adds a PAX record for this entry.
    pub fn pax(mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.records.extend_from_slice(&record(key.as_ref(), value.as_ref()));
        self
    }

    /// Adds PAX records as they are given.
    pub fn raw_pax(mut self, records: impl AsRef<[u8]>) -> Self {
        self.records.extend_from_slice(records.as_ref());
        self
    }

    /// Adds an extended attribute.
    pub fn xattr(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.pax(format!("SCHILY.xattr.{name}"), value)
    }

    /// Puts bytes before the entry's own headers.
    pub fn after(mut self, bytes: Vec<u8>) -> Self {
        self.before.extend(bytes);
        self
    }

    /// Appends the entry to a tar.
    pub fn write(&self, tar: &mut Vec<u8>) {
        tar.extend_from_slice(&self.before);
        if !self.records.is_empty() {
            tar.extend(pax(&self.records));
        }
        tar.extend_from_slice(&self.header.bytes());
        tar.extend_from_slice(&self.data);
        pad(tar);
    }
}

/// A regular file, 0644.
pub fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    with_data(name, b'0', content)
}

/// An entry of any type with data.
pub fn with_data(name: impl AsRef<[u8]>, typeflag: u8, data: impl AsRef<[u8]>) -> Entry {
    let mut entry = Entry::new(name, typeflag, 0o644);
    entry.data = data.as_ref().to_vec();
    entry.header = entry.header.octal(SIZE, entry.data.len() as u64);
    entry
}

/// A directory, 0755.
pub fn dir(name: impl AsRef<[u8]>) -> Entry {
    Entry::new(name, b'5', 0o755)
}

/// A symbolic link.
pub fn symlink(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Entry {
    link(name, b'2', 0o777, target)
}

/// A hard link.
pub fn hardlink(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Entry {
    link(name, b'1', 0o644, target)
}

fn link(name: impl AsRef<[u8]>, typeflag: u8, mode: u64, target: impl AsRef<[u8]>) -> Entry {
    let target = target.as_ref();
    let entry = Entry::new(name, typeflag, mode).header(|h| h.raw(LINK, target));
    if target.len() > LINK.len { entry.pax("linkpath", target) } else { entry }
}

/// A FIFO, 0644.
pub fn fifo(name: impl AsRef<[u8]>) -> Entry {
    Entry::new(name, b'6', 0o644)
}

/// A character device, 0644.
pub fn char_device(name: impl AsRef<[u8]>, major: u64, minor: u64) -> Entry {
    device(name, b'3', major, minor)
}

/// A block device, 0644.
pub fn block_device(name: impl AsRef<[u8]>, major: u64, minor: u64) -> Entry {
    device(name, b'4', major, minor)
}

fn device(name: impl AsRef<[u8]>, typeflag: u8, major: u64, minor: u64) -> Entry {
    Entry::new(name, typeflag, 0o644).header(|h| h.octal(MAJOR, major).octal(MINOR, minor))
}

/// An empty file: what a whiteout is.
pub fn whiteout(name: impl AsRef<[u8]>) -> Entry {
    file(name, "")
}

/// The entries as a tar without end-of-archive blocks.
pub fn unended(entries: impl IntoIterator<Item = Entry>) -> Vec<u8> {
    let mut tar = Vec::new();
    for entry in entries {
        entry.write(&mut tar);
    }
    tar
}

/// The entries as a whole tar.
pub fn archive(entries: impl IntoIterator<Item = Entry>) -> Vec<u8> {
    end(unended(entries))
}

/// Adds the two blocks of zeros that end an archive.
pub fn end(mut tar: Vec<u8>) -> Vec<u8> {
    tar.resize(tar.len() + 2 * BLOCK, 0);
    tar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_digits() {
        assert_eq!(record(b"a", b"b"), b"6 a=b\n");
        for len in [1, 4, 5, 6, 92, 93, 94, 95, 990, 991, 992, 993] {
            let made = record(b"k", &vec![b'v'; len]);
            let text = String::from_utf8(made.clone()).unwrap();
            assert_eq!(text.split_once(' ').unwrap().0.parse::<usize>().unwrap(), made.len());
        }
    }

    #[test]
    fn numbers_are_as_the_dialects_write_them() {
        assert_eq!(octal(0o644, 8), b"0000644\0");
        assert_eq!(base256(-1, 12), [0xff; 12]);
        assert_eq!(base256(1 << 33, 8), [0x80, 0, 0, 2, 0, 0, 0, 0]);
    }
}
