//! The PAX records of one entry, in a fixed order: the order of the calls, attributes by name last.

use super::WriteError;
use crate::entry::Timestamp;
use crate::path::EntryPath;
use crate::tar::pax::{MAX_XATTR_NAME, MAX_XATTR_VALUE, MAX_XATTRS};

#[derive(Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
    binary: bool,
}

impl Records {
    /// A record of a name. Records are UTF-8 unless they say otherwise; bsdtar takes that to the letter.
    pub(super) fn text(&mut self, key: &[u8], name: &[u8]) {
        if !self.binary && std::str::from_utf8(name).is_err() {
            self.binary = true;
            self.push(b"hdrcharset", b"BINARY");
        }
        self.push(key, name);
    }

    /// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + digits(rest);
        if digits(length) != length - rest {
            length += 1;
        }
        let parts = [length.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat();
        self.bytes.extend_from_slice(&parts);
    }

    pub(super) fn number(&mut self, key: &[u8], value: u64) {
        self.push(key, value.to_string().as_bytes());
    }

    /// Decimal seconds with as many places as are needed. Before 1970 the fraction counts backwards.
    pub(super) fn time(&mut self, key: &[u8], time: Timestamp) {
        let Timestamp { seconds, nanoseconds } = time;
        let (sign, seconds, nanoseconds) = match (seconds < 0, nanoseconds) {
            (false, _) => ("", seconds.unsigned_abs(), nanoseconds),
            (true, 0) => ("-", seconds.unsigned_abs(), 0),
            (true, _) => ("-", seconds.unsigned_abs() - 1, 1_000_000_000 - nanoseconds),
        };
        let text = format!("{sign}{seconds}.{nanoseconds:09}");
        self.push(key, text.trim_end_matches('0').trim_end_matches('.').as_bytes());
    }

    /// Extended attributes, sorted by name.
    pub(super) fn xattrs(
        &mut self,
        path: &EntryPath,
        xattrs: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(), WriteError> {
        let refused = |reason| WriteError::Xattrs { path: path.clone(), reason };
        let mut sorted: Vec<_> = xattrs.iter().collect();
        sorted.sort_by_key(|(name, _)| name);
        if sorted.len() > MAX_XATTRS {
            return Err(refused(format!("there are {}, and at most {MAX_XATTRS} are read", sorted.len())));
        }
        if let Some([(name, _), _]) = sorted.array_windows().find(|[(one, _), (next, _)]| one == next) {
            return Err(refused(format!("{} is there twice", name.escape_ascii())));
        }
        for (name, value) in sorted {
            // PAX ends a key at the first `=`, and there is no escape that readers agree on.
            if name.is_empty() || name.len() > MAX_XATTR_NAME || name.contains(&0) || name.contains(&b'=') {
                return Err(refused(format!("PAX has no way to say the name \"{}\"", name.escape_ascii())));
            }
            if value.len() > MAX_XATTR_VALUE {
                return Err(refused(format!(
                    "{} is longer than {MAX_XATTR_VALUE} bytes",
                    name.escape_ascii()
                )));
            }
            self.push(&[b"SCHILY.xattr.", name.as_slice()].concat(), value);
        }
        Ok(())
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_records_length_counts_its_own_digits() {
        for (value, expected) in [(1, "8 k=v\n".len()), (3, 8), (4, 9), (5, 11), (93, 99), (94, 101)] {
            let mut records = Records::default();
            records.push(b"k", &vec![b'v'; value]);
            let text = String::from_utf8(records.into_bytes()).unwrap();
            let (length, _) = text.split_once(' ').unwrap();
            assert_eq!(length.parse(), Ok(text.len()), "{text:?}");
            assert_eq!(text.len(), expected, "{text:?}");
        }
    }

    #[test]
    fn times_are_as_short_as_they_can_be() {
        for (seconds, nanoseconds, expected) in [
            (0, 0, "0"),
            (10, 0, "10"),
            (10, 500_000_000, "10.5"),
            (0, 1, "0.000000001"),
            (-1, 0, "-1"),
            (-2, 500_000_000, "-1.5"),
            (-1, 999_999_999, "-0.000000001"),
            (-10, 0, "-10"),
            (i64::MAX, 999_999_999, "9223372036854775807.999999999"),
        ] {
            let mut records = Records::default();
            records.time(b"mtime", Timestamp { seconds, nanoseconds });
            let text = String::from_utf8(records.into_bytes()).unwrap();
            assert_eq!(text.split_once('=').unwrap().1, format!("{expected}\n"));
        }
    }
}
