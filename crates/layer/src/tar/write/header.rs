//! A ustar header block, filled in field by field; what a field cannot hold becomes a PAX record.

use super::records::Records;
use crate::entry::{Device, Metadata, Timestamp};
use crate::tar::BLOCK;

/// Bytes of the fields `name` and `linkname`.
const NAME: usize = 100;
/// Bytes of the field `prefix`.
const PREFIX: usize = 155;
/// Largest number in a field of 8 bytes: 7 octal digits and a NUL.
const MAX_8: u64 = 0o777_7777;
/// Largest number in a field of 12 bytes.
const MAX_12: u64 = 0o777_7777_7777;

pub(super) struct Header([u8; BLOCK]);

impl Header {
    pub(super) fn new(typeflag: u8) -> Self {
        let mut block = [0; BLOCK];
        block[156] = typeflag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        let mut this = Self(block);
        this.device(None);
        this
    }

    /// The name: whole, or split at a `/` between prefix and name. Else a start of it stands there, for readers
    /// that know no PAX to show something.
    pub(super) fn name(&mut self, name: &[u8], records: &mut Records) {
        match split(name).filter(|_| !needs_record(name)) {
            Some((prefix, name)) => {
                self.put(0, name);
                self.put(345, prefix);
            }
            None => {
                self.put(0, start(name));
                records.text(b"path", name);
            }
        }
    }

    pub(super) fn link(&mut self, link: &[u8], records: &mut Records) {
        self.put(157, start(link));
        if link.len() > NAME || needs_record(link) {
            records.text(b"linkpath", link);
        }
    }

    pub(super) fn size(&mut self, size: u64, records: &mut Records) {
        self.long(124, size, || records.number(b"size", size));
    }

    pub(super) fn metadata(&mut self, metadata: &Metadata, records: &mut Records) {
        self.short(100, u64::from(metadata.mode & 0o7777), || {});
        self.short(108, metadata.uid.into(), || records.number(b"uid", metadata.uid.into()));
        self.short(116, metadata.gid.into(), || records.number(b"gid", metadata.gid.into()));
        let Timestamp { seconds, nanoseconds } = metadata.mtime;
        let mut in_records = nanoseconds != 0;
        self.long(136, u64::try_from(seconds).unwrap_or(u64::MAX), || in_records = true);
        if in_records {
            records.time(b"mtime", metadata.mtime);
        }
    }

    /// Device numbers; Linux's have 20 bits at most, so they fit. Zeros where there is none, as POSIX has it.
    pub(super) fn device(&mut self, device: Option<Device>) {
        let Device { major, minor } = device.unwrap_or(Device { major: 0, minor: 0 });
        self.short(329, major.into(), || {});
        self.short(337, minor.into(), || {});
    }

    /// With its checksum, which counts its own field as spaces.
    pub(super) fn into_block(mut self) -> [u8; BLOCK] {
        self.put(148, b"        ");
        let sum: u32 = self.0.iter().map(|b| u32::from(*b)).sum();
        self.put(148, format!("{sum:06o}\0 ").as_bytes());
        self.0
    }

    fn short(&mut self, at: usize, value: u64, beyond: impl FnOnce()) {
        let fits = self.number(at, 7, value, MAX_8);
        if !fits {
            beyond();
        }
    }

    fn long(&mut self, at: usize, value: u64, beyond: impl FnOnce()) {
        let fits = self.number(at, 11, value, MAX_12);
        if !fits {
            beyond();
        }
    }

    /// Octal digits and a NUL; 0 where the number does not fit.
    fn number(&mut self, at: usize, digits: usize, value: u64, max: u64) -> bool {
        let fits = value <= max;
        let shown = if fits { value } else { 0 };
        self.put(at, format!("{shown:0digits$o}\0").as_bytes());
        fits
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        // Every caller's bytes fit their field.
        if let Some(field) = self.0.get_mut(at..at + bytes.len()) {
            field.copy_from_slice(bytes);
        }
    }
}

/// Whether a name is text beyond ASCII, which ustar has no encoding for and PAX has. Bytes that are no text
/// in any case are taken as they are from a ustar header by every reader, but not from a record.
fn needs_record(name: &[u8]) -> bool {
    !name.is_ascii() && std::str::from_utf8(name).is_ok()
}

fn start(name: &[u8]) -> &[u8] {
    name.get(..NAME).unwrap_or(name)
}

/// Prefix and name, at the last `/` that leaves both short enough. A directory's own last `/` is no place.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= NAME {
        return Some((b"", name));
    }
    let inner = name.strip_suffix(b"/").unwrap_or(name);
    let within = inner.get(..=PREFIX).unwrap_or(inner);
    let at = within.iter().rposition(|b| *b == b'/')?;
    let (prefix, rest) = (name.get(..at)?, name.get(at + 1..)?);
    (!prefix.is_empty() && rest.len() <= NAME).then_some((prefix, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_where_both_parts_fit() {
        let (hundred, d) = ("n".repeat(100), "d".repeat(155));
        for (name, expected) in [
            (hundred.clone(), Some(("".to_owned(), hundred.clone()))),
            (format!("{hundred}n"), None),
            (format!("{d}/{hundred}"), Some((d.clone(), hundred.clone()))),
            (format!("{d}/{hundred}n"), None),
            (format!("{d}d/{hundred}"), None),
            (format!("a/b/{hundred}"), Some(("a/b".to_owned(), hundred.clone()))),
            (format!("a/{}/", "n".repeat(99)), Some(("a".to_owned(), format!("{}/", "n".repeat(99))))),
            (format!("a/{}/", "n".repeat(100)), None),
            (format!("{}/", "n".repeat(100)), None),
            (format!("{d}/"), None),
            (format!("{}/", "n".repeat(99)), Some(("".to_owned(), format!("{}/", "n".repeat(99))))),
        ] {
            let expected = expected.as_ref().map(|(prefix, name)| (prefix.as_bytes(), name.as_bytes()));
            assert_eq!(split(name.as_bytes()), expected, "{name}");
        }
    }
}
