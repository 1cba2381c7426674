//! What a person should know though nothing failed: each kind once, with its first case and a count.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// How many kinds are told that carry a word of the image's, an xattr's name for instance: an image can
/// make up as many as it likes.
const WORDED_MAX: usize = 20;

/// Warnings, gathered. A hundred thousand files on a file system without xattrs are one line.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    kinds: BTreeMap<Cow<'static, str>, (String, u64)>,
    /// How many of the kinds carry a word of the image's.
    worded: usize,
    /// Cases of kinds that are not told.
    others: u64,
}

impl Warnings {
    /// Adds a case of `kind`, which happened at `path`. A kind that is no literal is taken for one that
    /// carries a word of the image's.
    pub(crate) fn add(&mut self, kind: impl Into<Cow<'static, str>>, path: &[u8]) {
        let kind = kind.into();
        if let Some((_, count)) = self.kinds.get_mut(&kind) {
            *count += 1;
            return;
        }
        if matches!(kind, Cow::Owned(_)) {
            if self.worded == WORDED_MAX {
                self.others += 1;
                return;
            }
            self.worded += 1;
        }
        self.kinds.insert(kind, (path.escape_ascii().to_string(), 1));
    }

    /// One line a kind, and one for all that are too many.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(kind, (path, count)): (&Cow<'static, str>, &(String, u64))| match count {
            1 => format!("{kind} ({path})"),
            _ => format!("{kind} ({path} and {} more)", count - 1),
        };
        let others = (self.others > 0).then(|| format!("and {} more of other kinds", self.others));
        self.kinds.iter().map(line).chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_one_line() {
        let mut warnings = Warnings::default();
        for path in ["a\n", "b", "c"] {
            warnings.add("something is left out", path.as_bytes());
        }
        warnings.add(String::from("another thing"), b"d");
        assert_eq!(warnings.lines(), ["another thing (d)", "something is left out (a\\n and 2 more)"]);
    }

    #[test]
    fn kinds_that_an_image_makes_up_are_bounded_and_hide_no_others() {
        let mut warnings = Warnings::default();
        for n in 0..20_000 {
            warnings.add(format!("no xattr user.{n:05}"), b"f");
        }
        warnings.add(String::from("no xattr user.00000"), b"g");
        warnings.add("worth knowing", b"h");
        let lines = warnings.lines();
        assert_eq!(lines.len(), WORDED_MAX + 2);
        assert_eq!(lines[0], "no xattr user.00000 (f and 1 more)");
        assert_eq!(lines[WORDED_MAX..], ["worth knowing (h)", "and 19980 more of other kinds"]);
    }
}
